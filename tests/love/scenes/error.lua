-- LÖVE's error screen: what sounds goes on behind it, and the player ends it.
local game = require "game"
local perilune = require "where"

local shown = love.errorhandler or love.errhand
function love.errorhandler(message)
  if not message:find "on purpose" then game.fail(message) end
  love.thread.getChannel("shown"):push(true)
  return shown(message)
end

return function(case)
  _G.loop = game.loop{ onended = function() game.fail "a callback ran behind the error screen" end }
  if case ~= "signal" then _G.worker = game.start "watches" end
  if case == "load" then error "on purpose" end
  game.run(function()
    game.waitForClock(0.1)
    -- An error in a callback of perilune's is reported and shows no error screen.
    local reported
    perilune.onError(function(message) reported = message end)
    perilune.load("sounds/click.wav"):play{ onended = function() error "in a callback" end }
    game.waitUntil("the callback's error was reported", function() return reported end)
    game.check(reported:find "in a callback", reported)
    function love.draw() error "on purpose" end
    while true do coroutine.yield() end
  end)
end
