-- What an update costs while nothing is saved, beside one without perilune.reload.
local live = require "live"
local perilune = require "perilune"

return function()
  for i = 1, 50 do
    live.write(("module%d.lua"):format(i), "return {}")
    require("module" .. i)
  end
  perilune.load "sounds/laser.wav"
  local function measure(update)
    local best = math.huge
    for _ = 1, 20 do
      local began = love.timer.getTime()
      for _ = 1, 500 do update() end
      best = math.min(best, (love.timer.getTime() - began) / 500)
    end
    return best * 1e6
  end
  -- A module that computes takes no longer because it is reloaded: LuaJIT compiles it as ever.
  live.write("heavy.lua", [[
    local function wave(x) return math.sin(x) + math.cos(x) end
    local sum = 0
    for i = 1, 3e6 do sum = sum + wave(i) end
    return { sum = sum, wave = wave }]])
  local function time(load)
    local began = love.timer.getTime()
    load()
    return love.timer.getTime() - began
  end
  local plain = time(love.filesystem.load "heavy.lua")
  local reloadable = time(function() require "heavy" end)
  live.check(reloadable < 4 * plain + .05, ("%.3f s to load a module, %.3f s without perilune.reload"):format(reloadable, plain))
  print(("to load a module: %.3f s, %.3f s without perilune.reload"):format(reloadable, plain))

  live.frames(10)
  local cost = measure(perilune.update)
  print(("an update with perilune.reload: %.2f µs"):format(cost))
  live.check(cost < 100, ("an update takes %.1f µs"):format(cost))
  live.done()
end
