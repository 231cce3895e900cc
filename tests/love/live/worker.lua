-- A love.thread that reloads the modules that it has required itself.
package.cpath = os.getenv "PERI_CPATH" .. ";" .. package.cpath
require "perilune.reload"
require "love.timer"
local perilune, Enemy = require "perilune", require "entities.enemy"
require("perilune.reload").report(function(kind, text) love.thread.getChannel("reports"):push(kind .. ": " .. text) end)
local loop = perilune.load("sounds/laser.wav"):play { loop = true }
local enemy, last = Enemy.new(), nil
while not love.thread.getChannel("stop"):pop() do
  perilune.update()
  if enemy:name() ~= last then
    last = enemy:name()
    love.thread.getChannel("names"):push(last)
  end
  love.timer.sleep(.005)
end
assert(loop.playing, "the loop has stopped")
