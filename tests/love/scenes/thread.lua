-- A love.thread that required perilune too: its Lua state closes before the game's, or never.
local game = require "game"
local perilune = require "where"
local cases = {}

local function goesOn(loop)
  game.check(game.hasAudio(), "the thread's end has closed the device")
  game.waitForClock(0.2)
  game.check(loop.playing, "the thread's end has stopped the game's sound")
  game.waitUntil("the thread's sound stopped", function() return perilune.stats().sourcesPlaying == 1 end)
end

function cases.ends()
  local loop = game.loop()
  local worker = game.start "ends"
  game.waitUntil("both played", function() return perilune.stats().sourcesPlaying == 2 end)
  worker:wait()
  game.check(not worker:getError(), worker:getError())
  goesOn(loop)
end

-- The thread opens the device, the game joins.
function cases.opens()
  local worker = game.start "ends"
  game.waitUntil("the worker opened the device", game.hasAudio)
  local loop = game.loop()
  worker:wait()
  game.check(not worker:getError(), worker:getError())
  goesOn(loop)
end

function cases.fails()
  local failed
  function love.threaderror(_, message) failed = message end
  local loop = game.loop()
  game.start "fails"
  game.waitUntil("the worker failed", function() return failed end)
  game.check(failed:find "on purpose", failed)
  goesOn(loop)
end

function cases.outlives()
  game.loop()
  game.start "stays"
  game.waitUntil("the worker played", function() return love.thread.getChannel("ready"):pop() end)
end

return game.scene(cases)
