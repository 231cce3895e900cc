-- SDL turns SIGTERM into LÖVE's quit event. It still does when perilune has opened SDL's audio and closed it.
local game = require "game"
local perilune = require "where"

return function()
  function love.quit() print "asked to quit" end
  game.run(function()
    local context = perilune.newContext()
    context:close()
    _G.loop = game.loop()
    game.waitForClock(0.1)
    print "ready"
    while true do coroutine.yield() end
  end)
end
