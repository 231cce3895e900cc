-- A game that starts anew: the new Lua state reloads, and nothing of the old one's watches.
local ffi = require "ffi"
local live = require "live"
local perilune = require "perilune"
local Enemy = require "entities.enemy"

ffi.cdef [[ int setenv(const char *name, const char *value, int overwrite); ]]

-- What the process watches with: such a descriptor tells of each folder, once there is one.
local function watchers()
  local count = 0
  for descriptor = 0, 255 do
    local file = io.open("/proc/self/fdinfo/" .. descriptor)
    if file and file:read "*a":find "inotify" then count = count + 1 end
    if file then file:close() end
  end
  return count
end

return function()
  local round = tonumber(os.getenv "PERI_ROUND" or 1)
  local enemy = Enemy.new()
  _G.loop = perilune.load("sounds/laser.wav"):play { loop = true }
  live.waitUntil("only the new game's loop played", function() return perilune.stats().sourcesPlaying == 1 end)
  live.same(1, watchers())
  live.reloaded("entities/enemy.lua", (live.read "entities/enemy.lua":gsub('return "[^"]*"', ("return %q"):format("round " .. round))))
  live.same("round " .. round, enemy:name())
  live.reloaded("main.lua", live.main("function love.update() _G.round = " .. round .. " end"))
  live.waitUntil("the new main.lua runs", function() return _G.round == round end)
  live.same(2, #live.reports)
  live.write("main.lua", live.main "")
  live.waitUntil("the old main.lua is back", function() return #live.reports == 3 and not love.update end)
  print("round " .. round)
  if round == 3 then live.done() end
  ffi.C.setenv("PERI_ROUND", tostring(round + 1), 1)
  love.event.quit "restart"
  while true do coroutine.yield() end
end
