-- A car drives by. Its parameters follow curves that are laid out ahead and hold to the sample.
-- Nodes and names are Web Audio's: source -> gain -> panner -> destination.
local perilune = require "perilune"

local ctx = perilune.context()
local motor = ctx:createBufferSource { loop = true, buffer = ctx:decodeAudioData "assets/engine.ogg" }
local gain, panner = ctx:createGain { gain = 0 }, ctx:createStereoPanner { pan = -1 }
motor:connect(gain):connect(panner):connect(ctx.destination)

local start = ctx.currentTime + 0.1
local passing, gone = start + 4, start + 7

gain.gain:setValueAtTime(0.02, start)
  :exponentialRampToValueAtTime(0.8, passing)       -- nearer: every second louder by the same factor
  :setTargetAtTime(0, passing, 0.5)                 -- away: towards silence, ever more slowly

panner.pan:setValueAtTime(-1, start)
  :linearRampToValueAtTime(-0.8, passing - 1)
  :linearRampToValueAtTime(0.8, passing + 1)        -- fastest where it is nearest
  :linearRampToValueAtTime(1, gone)

motor.playbackRate:setValueCurveAtTime({ 1, 1.6, 1.1, 1.8, 1.3, 2 }, start, 3.5) -- up through the gears
motor.detune:setValueAtTime(100, passing - 0.3)
  :linearRampToValueAtTime(-200, passing + 0.3)     -- in cents: Doppler's drop

motor.onended = function() print(("the car was there for %.1f s"):format(ctx.currentTime - start)) end
motor:start(start)
motor:stop(gone)

perilune.run()
