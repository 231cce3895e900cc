-- A rotating loudspeaker: an organ's chord swings between left and right, slowly, then the motor speeds up. An
-- oscillator connected to a panner's parameter turns it; left and right together stay equally loud.
local perilune = require "perilune"
local ctx = perilune.context()

local start, faster, finish = ctx.currentTime + 0.1, ctx.currentTime + 4.1, ctx.currentTime + 8.1
local panner, out = ctx:createStereoPanner(), ctx:createGain { gain = 0 }
panner:connect(out):connect(ctx.destination)

-- Turns a second: the lever goes from slow to fast, and the rotor needs a second to follow.
local rotor, swing = ctx:createOscillator { frequency = 0.75 }, ctx:createGain { gain = 0.9 }
rotor:connect(swing):connect(panner.pan)
rotor.frequency:setValueAtTime(0.75, faster):linearRampToValueAtTime(6.5, faster + 1)
rotor:start(start)
rotor:stop(finish)

local organ = ctx:createPeriodicWave({ 0, 0, 0, 0, 0 }, { 0, 8, 5, 4, 2 })
for _, frequency in ipairs { 110, 164.81, 220, 277.18 } do
  local pipe = ctx:createOscillator { frequency = frequency }
  pipe:setPeriodicWave(organ)
  pipe:connect(panner)
  pipe:start(start)
  pipe:stop(finish)
end

out.gain:setValueAtTime(0, start):linearRampToValueAtTime(0.15, start + 0.2)
  :setValueAtTime(0.15, finish - 1):linearRampToValueAtTime(0, finish)

perilune.run()
