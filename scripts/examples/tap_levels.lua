-- A tap copies what a node plays into blocks and hands them over: here to print the music's level.
local perilune = require "perilune"

local ctx = perilune.context()
local tap = ctx:createTap(ctx.destination)

local start = perilune.now() + 0.1
perilune.load("assets/music.ogg"):play { at = start, duration = 6, volume = 0.7 }

-- The loudest sample of the blocks that have come since the last call. A block is ours until we release it.
local function level()
  local loudest, time = 0, 0
  local block = tap:receive()
  while block do
    loudest, time = math.max(loudest, block:peak()), block.time
    block:release()
    block = tap:receive()
  end
  return 20 * math.log(math.max(loudest, 1e-3), 10), time   -- decibels, down to -60
end

-- Hats on the quavers; when one has ended, its onended shows the level and sets the next.
local click = perilune.load("assets/click.ogg", { volume = 0.3, pitch = { 1.5, 2 } })
local function beat(i)
  if i == 24 then return end
  click:play {
    at = start + i * 0.25,
    onended = function()
      local decibels, time = level()
      print(("%5.2f s %6.1f dB  %s"):format(time, decibels, ("#"):rep(math.floor(60 + decibels))))
      beat(i + 1)
    end,
  }
end
beat(0)

perilune.run()
