-- Required in conf.lua already, it reloads what comes later; conf.lua too, though LÖVE asks love.conf only once.
local live = require "live"
require "entities.enemy"

return function()
  local conf, size = love.conf, love.graphics.getWidth()
  live.reloaded("conf.lua", "function love.conf(t) t.window.width = 999 end")
  live.check(love.conf == conf and love.graphics.getWidth() == size, "conf.lua did more than be run")
  local graphics, load = love.graphics, love.load
  live.reloaded("main.lua", live.main "function love.update() _G.updated = true end")
  live.waitUntil("the new main.lua runs", function() return _G.updated end)
  live.reloaded("conf.lua", "-- nothing")
  live.check(love.conf == nil, "love.conf is there still")
  live.check(love.graphics == graphics and love.load == load, "conf.lua has taken others' functions")
  live.done()
end
