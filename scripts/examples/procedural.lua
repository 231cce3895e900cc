-- A sound without a file: a plucked string, computed in Lua (the algorithm of Karplus and Strong).
local perilune = require "perilune"

local RATE, PITCH, SECONDS = 48000, 220, 2.5

local function pluck()
  local samples = {}
  local period = RATE // PITCH
  for i = 1, period do samples[i] = 2 * math.random() - 1 end       -- the string is torn out of shape,
  for i = period + 1, SECONDS * RATE // 1 do                        -- and smooths itself as it swings
    samples[i] = 0.4985 * (samples[i - period] + (samples[i - period - 1] or 0))
  end
  for i = 1, #samples do samples[i] = samples[i] * (1 - i / #samples) end
  return samples
end

local ctx = perilune.context()
local buffer = ctx:createBuffer(1, SECONDS * RATE // 1, RATE)       -- channels, frames, rate
buffer:copyToChannel(pluck(), 1)

local string = perilune.load(buffer)                                -- a buffer plays like a file
local chords = { { 0, 7, 12, 16, 19, 24 }, { -3, 4, 9, 12, 16, 21 }, { -7, 5, 9, 12, 17, 21 }, { 0, 7, 12, 16, 19, 24 } }

local start = perilune.now() + 0.1
for c, chord in ipairs(chords) do
  for i, semitones in ipairs(chord) do
    string:play {
      at = start + (c - 1) * 1.5 + (i - 1) * 0.09,
      pitch = 2 ^ (semitones / 12), pan = i / 5 - 0.7, volume = 0.25,
    }
  end
end

perilune.run()
