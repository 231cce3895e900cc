-- A love.thread that requires perilune.reload, too, reloads for itself, and ends before the game.
local live = require "live"
local perilune = require "perilune"
local Enemy = require "entities.enemy"

return function()
  local enemy, text = Enemy.new(), live.read "entities/enemy.lua"
  local names, reports = love.thread.getChannel "names", love.thread.getChannel "reports"
  local worker = love.thread.newThread "worker.lua"
  worker:start()
  local function named(name)
    live.waitUntil("the worker has " .. name, function()
      live.check(not worker:getError(), worker:getError())
      return names:pop() == name
    end)
  end
  named "old"
  live.reloaded("entities/enemy.lua", (text:gsub("old", "new")))
  live.same("new", enemy:name())
  named "new"
  local report
  live.waitUntil("the worker reports", function() report = reports:pop() return report end)
  live.check(report:find "^reloaded: reloaded entities/enemy%.lua", report)
  live.refused("entities/enemy.lua", "return nothing()")
  live.waitUntil("the worker reports", function() report = reports:pop() return report end)
  live.check(report:find "^error: " and report:find("enemy.lua:1:", 1, true), report)

  -- Its main chunk is a loop, which cannot be run anew.
  live.write("worker.lua", live.read "worker.lua" .. "\n")
  live.waitUntil("the worker reports", function() report = reports:pop() return report end)
  live.check(report:find("worker.lua has a loop of its own", 1, true), report)

  love.thread.getChannel("stop"):push(true)
  worker:wait()
  live.check(not worker:getError(), worker:getError())
  live.waitUntil("the worker's loop ended", function() return perilune.stats().sourcesPlaying == 0 end)
  live.reloaded("entities/enemy.lua", (text:gsub("old", "newer")))
  live.same("newer", enemy:name())
  live.done()
end
