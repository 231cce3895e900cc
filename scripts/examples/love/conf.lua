function love.conf(t)
  t.identity = "perilune-bells"
  t.window.title = "perilune: bells in orbit"
  t.window.width, t.window.height = 960, 600
  t.window.msaa = 4
  t.modules.audio, t.modules.sound, t.modules.physics, t.modules.joystick = false, false, false, false
end
