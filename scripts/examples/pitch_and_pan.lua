-- One sound, many pitches and places: a scale climbs from left to right and comes back, then somebody walks past.
local perilune = require "perilune"

local jump = perilune.load("assets/jump.ogg", { volume = 0.6 })
local scale = { 0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0 } -- semitones above the first note
local start = perilune.now() + 0.1

for i, semitones in ipairs(scale) do
  jump:play {
    at = start + (i - 1) * 0.2,
    pitch = 2 ^ (semitones / 12),                   -- 1 is as recorded, 2 an octave higher
    pan = semitones / 6 - 1,                        -- -1 is left, 0 the middle, 1 right
  }
end

-- Each step picks one of four files, a volume and a pitch at random.
local steps = perilune.load(
  { "assets/footstep1.ogg", "assets/footstep2.ogg", "assets/footstep3.ogg", "assets/footstep4.ogg" },
  { volume = { 0.5, 0.8 }, pitch = { 0.9, 1.1 } })
local walk = start + #scale * 0.2 + 0.3

-- What sounds can still be changed: with every step the motor goes further to the left, and faster.
local motor = perilune.load("assets/engine.ogg"):play { at = walk, loop = true, volume = 0.3, pan = 1, fadeIn = 0.3 }
motor:stop(0.6, walk + 3)

for i = 0, 11 do
  local pan = i / 5.5 - 1
  steps:play {
    at = walk + i * 0.25, pan = pan,
    onended = function() motor.pan, motor.pitch = -pan, 1 + i / 20 end,
  }
end

perilune.run()
