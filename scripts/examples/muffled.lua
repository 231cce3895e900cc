-- A room with a wall: every sound behind it is muffled by a filter of its own, which needs no nodes. The door opens
-- after three seconds, and closes again.
local perilune = require "perilune"

local start = perilune.now() + 0.1
local steps = perilune.load(
  { "assets/footstep1.ogg", "assets/footstep2.ogg", "assets/footstep3.ogg", "assets/footstep4.ogg" },
  { volume = { 0.6, 0.9 }, pitch = { 0.95, 1.05 } })

local function behind(distance) return { type = "lowpass", frequency = 900 / distance, Q = 0.7 } end

-- Music is resampled best by the sinc.
local song = perilune.load("assets/music.ogg"):play {
  at = start, loop = true, volume = 0.7, pitch = 0.97, interpolation = "sinc", filter = behind(2), fadeIn = 0.3,
}
song:stop(0.5, start + 8)

-- Somebody walks about in the same room; the last step is where the time is taken from.
for i = 0, 15 do
  local open = i >= 6 and i < 12
  steps:play {
    at = start + i / 2, pan = math.sin(i / 3),
    filter = not open and behind(1) or nil,
    onended = function() song.filter = not open and behind(2) or nil end,
  }
end

perilune.run()
