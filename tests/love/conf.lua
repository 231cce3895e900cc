function love.conf(t)
  t.identity = "perilune-test"
  t.window.width, t.window.height, t.window.vsync = 64, 64, 0
end
