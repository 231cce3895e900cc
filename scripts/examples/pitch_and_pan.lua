-- One sound, many pitches and places: a scale climbs from left to right and comes back.
local perilune = require "perilune"

local jump = perilune.load("assets/jump.ogg", { volume = 0.6 })
local steps = perilune.load(                                -- each play picks a file, a volume and a pitch at random
  { "assets/footstep1.ogg", "assets/footstep2.ogg", "assets/footstep3.ogg", "assets/footstep4.ogg" },
  { volume = { 0.5, 0.8 }, pitch = { 0.9, 1.1 } })

local scale = { 0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0 } -- semitones above the first note
local start = perilune.now() + 0.1

for i, semitones in ipairs(scale) do
  jump:play {
    at = start + (i - 1) * 0.2,
    pitch = 2 ^ (semitones / 12),                           -- 1 is as recorded, 2 an octave higher
    pan = semitones / 6 - 1,                                -- -1 is left, 0 the middle, 1 right
  }
end

local walk = start + #scale * 0.2 + 0.3
for i = 0, 9 do
  steps:play { at = walk + i * 0.25, pan = i / 4.5 - 1 }    -- somebody walks past
end

-- What sounds can still be changed: this engine is sent away to the right as soon as the walk is over.
local engine = perilune.load("assets/engine.ogg")
steps:play {
  at = walk + 2.5, pan = 1,
  onended = function()
    local car = engine:play { loop = true, pan = 0.5, volume = 0.5 }
    car.pan, car.pitch = 1, 1.3
    car:stop(1.2)
  end,
}

perilune.run()
