-- A drone behind a door: a low-pass that opens and closes, and a narrow peak that wanders over it.
local perilune = require "perilune"

local ctx = perilune.context()
local door = ctx:createBiquadFilter { type = "lowpass", frequency = 150, Q = 3 }
local peak = ctx:createBiquadFilter { type = "peaking", frequency = 300, Q = 8, gain = 15 }
local out = ctx:createGain { gain = 0.12 }
door:connect(peak):connect(out):connect(ctx.destination)

local start, finish = ctx.currentTime + 0.1, ctx.currentTime + 6
for _, frequency in ipairs { 55, 55.4, 82.5, 110.3 } do
  local osc = ctx:createOscillator { type = "sawtooth", frequency = frequency }
  osc:connect(door)
  osc:start(start)
  osc:stop(finish)
end

door.frequency:setValueAtTime(150, start)
  :exponentialRampToValueAtTime(5000, start + 2.5) -- the door opens
  :exponentialRampToValueAtTime(150, finish - 0.5)
peak.frequency:setValueAtTime(300, start):exponentialRampToValueAtTime(3000, finish)
out.gain:setValueAtTime(0.12, finish - 0.5):linearRampToValueAtTime(0, finish)

local magnitude = door:getFrequencyResponse { 100, 1000 }
print(("closed, the door lets through %.0f %% at 100 Hz and %.1f %% at 1 kHz"):format(
  100 * magnitude[1], 100 * magnitude[2]))

perilune.run()
