-- One throttle for the whole engine: a constant source is a number that can be connected. Pitch, tone and loudness of
-- three oscillators all follow it, each by as much as the gain in between says.
local perilune = require "perilune"
local ctx = perilune.context()

local start = ctx.currentTime + 0.1
local throttle = ctx:createConstantSource { offset = 1 }
local function follow(param, amount)                    -- is added to the value that the parameter has itself
  throttle:connect(ctx:createGain { gain = amount }):connect(param)
end

local exhaust = ctx:createBiquadFilter { type = "lowpass", frequency = 0, Q = 4 }
local out = ctx:createGain { gain = 0 }
exhaust:connect(out):connect(ctx.destination)
follow(exhaust.frequency, 300)
follow(out.gain, 0.035)

for cylinder, ratio in ipairs { 1, 1.5, 2.01 } do
  local osc, share = ctx:createOscillator { type = "sawtooth", frequency = 0 }, ctx:createGain { gain = 1 / cylinder }
  osc:connect(share):connect(exhaust)
  follow(osc.frequency, 40 * ratio)                     -- 40 Hz for each of the throttle's ones
  osc:start(start)
  osc:stop(start + 6.5)
end

-- Idle, two blips, then away through three gears. Nothing else is automated.
local offset = throttle.offset
offset:setValueAtTime(1, start)
for _, blip in ipairs { 1, 1.7 } do
  offset:setTargetAtTime(4, start + blip, 0.08)
  offset:setTargetAtTime(1, start + blip + 0.25, 0.12)
end
offset:setValueAtTime(1, start + 2.8)
for gear, top in ipairs { 4, 5, 6 } do
  offset:linearRampToValueAtTime(top, start + 2.8 + gear)
  offset:linearRampToValueAtTime(0.7 * top, start + 2.85 + gear)
end
offset:linearRampToValueAtTime(0, start + 6.5)          -- and stands still
throttle:start(start)
throttle:stop(start + 6.5)

perilune.run()
