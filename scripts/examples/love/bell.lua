-- The sound of a small bell, computed: its partials are no whole multiples, and the high ones die first.
local perilune = require "perilune"

local RATE, SECONDS, PITCH = 48000, 4, 261.6
local partials = { -- multiple of the pitch, amplitude, decay a second
  { .5, .12, 1 }, { 1, .3, 1.3 }, { 1.19, .1, 2 }, { 1.5, .07, 2.4 }, { 2, .22, 2.2 }, { 2.51, .06, 3.2 },
  { 2.66, .06, 3.6 }, { 3.01, .1, 4 }, { 4.17, .05, 7 }, { 5.43, .03, 11 },
}

local samples, frames = {}, RATE * SECONDS
for i = 1, frames do
  local t, sum = (i - 1) / RATE, 0
  for _, partial in ipairs(partials) do
    sum = sum + partial[2] * math.exp(-partial[3] * t) * math.sin(2 * math.pi * PITCH * partial[1] * t)
  end
  samples[i] = sum * math.min(i / 40, 1) * (1 - i / frames) -- struck softly, and silent in the end
end

local buffer = perilune.context():createBuffer(1, frames, RATE)
buffer:copyToChannel(samples, 1)
return { sound = perilune.load(buffer) }
