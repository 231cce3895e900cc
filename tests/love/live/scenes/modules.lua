-- Modules of the game's folder and those below it, found by love.filesystem.
local live = require "live"
local Enemy, lib = require "entities.enemy", require "lib"

return function()
  local enemy, answer = Enemy.new(), lib.answer
  local text = live.read "entities/enemy.lua"
  local report = live.reloaded("entities/enemy.lua", (text:gsub('"old"', '"new"'):gsub("lives = 3", "lives = 5")))
  live.check(report:find "^reloaded entities/enemy%.lua", report)
  live.same("new", enemy:name())
  live.same(3, enemy.lives)
  live.same(5, Enemy.new().lives)
  live.same(Enemy, require "entities.enemy")
  live.same(Enemy, getmetatable(enemy))

  live.check(live.reloaded("lib/init.lua", "return { answer = function() return 2 end, more = 1 }"))
  live.same(2, answer())
  live.same(1, lib.more)

  -- One that comes into being while the game runs, and one in the save folder, which hides the game's own.
  live.write("late.lua", "return { 1 }")
  local late = require "late"
  live.reloaded("late.lua", "return { 2 }")
  live.same(2, late[1])
  assert(love.filesystem.write("hidden.lua", "return { 'saved' }"))
  live.write("hidden.lua", "return { 'game' }")
  local hidden = require "hidden"
  live.same("saved", hidden[1])
  local before = #live.reports
  assert(love.filesystem.write("hidden.lua", "return { 'saved again' }"))
  live.waitUntil("the save folder's was taken", function() return #live.reports > before end)
  live.same("saved again", hidden[1])
  live.done()
end
