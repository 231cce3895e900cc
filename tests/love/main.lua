-- One game of many scenes, run without a screen by tests/sh/love.sh: love GAME SCENE [CASE].
io.stdout:setvbuf "line" -- the test reads along

function love.load(arguments)
  local scene, case = unpack(arguments)
  require("scenes." .. scene)(case)
end
