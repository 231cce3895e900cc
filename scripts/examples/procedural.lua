-- A sound without a file: a plucked string, computed in Lua (the algorithm of Karplus and Strong).
local perilune = require "perilune"

local RATE, PITCH, SECONDS = 48000, 220, 2.5
local FRAMES = RATE * SECONDS
math.randomseed(220)                                                -- the same string each time

local function pluck()
  local samples, mean = {}, 0
  local period = math.floor(RATE / PITCH)
  for i = 1, period do                                              -- torn out of its shape
    samples[i] = math.random()
    mean = mean + samples[i] / period
  end
  for i = 1, period do samples[i] = samples[i] - mean end
  for i = period + 1, FRAMES do                                     -- it smooths itself as it swings
    samples[i] = 0.497 * (samples[i - period] + (samples[i - period - 1] or 0))
  end
  for i = 1, FRAMES do                                              -- and comes to rest
    samples[i] = samples[i] * (1 - i / FRAMES)
  end
  return samples
end

local buffer = perilune.context():createBuffer(1, FRAMES, RATE)     -- channels, frames, rate
buffer:copyToChannel(pluck(), 1)
local note = perilune.load(buffer)                                  -- a buffer plays like a file

local chords = { -- in semitones
  { 0, 7, 12, 16, 19, 24 },
  { -3, 4, 9, 12, 16, 21 },
  { -7, 5, 9, 12, 17, 21 },
  { 0, 7, 12, 16, 19, 24 },
}
local start = perilune.now() + 0.1

for c, chord in ipairs(chords) do
  for i, semitones in ipairs(chord) do
    note:play {
      at = start + (c - 1) * 1.5 + i * 0.09,
      pitch = 2 ^ (semitones / 12),
      pan = i / 5 - 0.7,
      volume = 0.6,
    }
  end
end

perilune.run()
