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
  live.frames(10)
  local cost = measure(perilune.update)
  print(("an update with perilune.reload: %.2f µs"):format(cost))
  live.check(cost < 100, ("an update takes %.1f µs"):format(cost))
  live.done()
end
