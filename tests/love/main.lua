-- One game of many scenes, run without a screen by tests/sh/love.sh: love GAME SCENE [CASE].
io.stdout:setvbuf "line" -- the test reads along
local scene, case = unpack(love.arg.parseGameArguments(arg))
require("scenes." .. scene)(case)
