function love.conf(t)
  t.identity = "perilune-test"
  t.window.width, t.window.height, t.window.vsync = 64, 64, 0
end

-- Where told to: perilune opens and plays before LÖVE has loaded its modules, and SDL's events.
if os.getenv "PERI_EARLY" then
  love.filesystem.setIdentity "perilune-test" -- its module may lie there
  local perilune = require "where"
  assert(not love.event, "LÖVE loads love.event before conf.lua")
  local early = { ended = 0, sound = perilune.load("sounds/laser.ogg"):play{ loop = true } }
  perilune.load("sounds/click.wav"):play{ onended = function() early.ended = early.ended + 1 end }
  _G.early = early
end
