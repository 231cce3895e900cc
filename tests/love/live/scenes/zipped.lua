-- A zipped game has no files to watch, though the same lie in the folder that it is run from.
local live = require "live"
local perilune = require "perilune"
local Enemy = require "entities.enemy"

return function()
  live.check(live.folder:find "%.love$", "not a zipped game")
  live.folder = love.filesystem.getWorkingDirectory()
  local sound = perilune.load "sounds/laser.wav"
  local duration, update = sound.duration, love.update
  local text = live.read "entities/enemy.lua"
  live.write("entities/enemy.lua", (text:gsub("old", "new")))
  live.write("main.lua", live.read "main.lua" .. "function love.update() end")
  live.write("sounds/laser.wav", live.read "sounds/click.wav")
  local finish = love.timer.getTime() + .5
  live.waitUntil("time went on", function() return love.timer.getTime() > finish end)
  live.same(0, #live.reports)
  live.same("old", Enemy.new():name())
  live.check(sound.duration == duration and love.update == update, "something was reloaded")
  live.check(sound:play { loop = true }.playing, "it is silent")
  live.done()
end
