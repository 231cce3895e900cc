-- LÖVE's own loop updates perilune by love.event.pump: callbacks come though the game never asks for them.
-- luacheck: ignore 122
local event, pumped = love.event, false
local below = event.pump

-- What perilune finds in its place: it must be called first, with all arguments, and its results must come back.
function event.pump(...)
  pumped = true
  below()
  return select("#", ...), nil, ..., nil
end

local perilune = require "where"
local game = require "game"
local joined = event.pump
local cases = {}

local function play()
  local ended = { count = 0 }
  perilune.load("sounds/click.wav"):play{ onended = function()
    game.check(pumped, "perilune was updated before LÖVE")
    ended.count = ended.count + 1
  end }
  return ended
end

local function waitUntilEnded(...)
  for _, ended in ipairs{ ... } do
    game.waitUntil("onended came", function() return ended.count > 0 end)
    game.check(ended.count == 1, "onended came more than once")
  end
end

function cases.alone()
  function event.pump(...)
    pumped = false
    return joined(...)
  end
  waitUntilEnded(play(), play())
  local loaded
  perilune.loadAsync("sounds/laser.ogg", function(sound) loaded = sound end)
  game.waitUntil("a load came", function() return loaded end)
  local results = { n = select("#", joined("a", nil)), joined("a", nil) }
  game.check(results.n == 4 and results[1] == 2 and results[3] == "a", "the results are not those of LÖVE's own")
  package.loaded.perilune, package.loaded["perilune.joining_love"] = nil, nil
  event.pump = joined
  game.check(require "perilune" == perilune and event.pump == joined, "perilune joined twice")
end

-- A game that updates it as well, as in another loop.
function cases.also()
  local update = love.update
  function love.update()
    perilune.update()
    perilune.update()
    update()
  end
  waitUntilEnded(play(), play())
end

-- Required and opened in conf.lua, before there is a love.event.
function cases.early()
  game.check(_G.early and _G.early.sound.playing, "conf.lua has played nothing")
  game.waitUntil("the onended of conf.lua came", function() return _G.early.ended == 1 end)
  pumped = true
  waitUntilEnded(play(), play())
  game.check(_G.early.ended == 1 and _G.early.sound.playing, "what conf.lua played does not go on")
end

return game.scene(cases)
