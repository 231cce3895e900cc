-- A tap copies what a node plays into blocks and hands them over, here to print the level of the music.
local perilune = require "perilune"

local ctx = perilune.context()
local tap = ctx:createTap(ctx.destination, { blocks = 64 }) -- room for 0.7 s of stereo

-- The peak since the last call, in decibels, and when that was. A block is ours until we release it.
local function level()
  local peak, time = 0.01, 0
  for block in tap.receive, tap do
    peak, time = math.max(peak, block:peak()), block.time
    block:release()
  end
  return 20 * math.log(peak) / math.log(10), time
end

local start = perilune.now() + 0.1
perilune.load("assets/music.ogg"):play { at = start, duration = 6, volume = 0.7 }

-- A hat on each quaver. When it has ended, it shows the level and sets the next one.
local hat = perilune.load("assets/click.ogg", { volume = 0.3, pitch = { 1.5, 2 } })
local function beat(i)
  hat:play {
    at = start + i * 0.25,
    onended = function()
      local decibels, time = level()
      print(("%5.2f s %6.1f dB  %s"):format(time, decibels, ("#"):rep(math.floor(40 + decibels))))
      if i < 23 then beat(i + 1) else print(("%d blocks dropped"):format(tap.stats.dropped)) end
    end,
  }
end
beat(0)

perilune.run()
