-- A car drives by: parameters follow curves that are laid out ahead, exact to the sample.
-- Nodes and names are Web Audio's: source -> gain -> panner -> destination.
local perilune = require "perilune"

local ctx = perilune.context()
local engine = ctx:createBufferSource()
engine.buffer = ctx:decodeAudioData "assets/engine.ogg"
engine.loop = true

local gain, panner = ctx:createGain { gain = 0 }, ctx:createStereoPanner { pan = -1 }
engine:connect(gain):connect(panner):connect(ctx.destination)

local start = ctx.currentTime + 0.1
local passing, gone = start + 4, start + 7

gain.gain:setValueAtTime(0.02, start)
  :exponentialRampToValueAtTime(0.8, passing)               -- nearer: louder by the same factor each second
  :setTargetAtTime(0, passing, 0.7)                         -- away: towards silence, ever slower

panner.pan:setValueAtTime(-1, start)
  :linearRampToValueAtTime(-0.8, passing - 1)
  :linearRampToValueAtTime(0.8, passing + 1)                -- quick while it passes
  :linearRampToValueAtTime(1, gone)

engine.playbackRate:setValueCurveAtTime({ 1, 1.6, 1.1, 1.8, 1.3, 2 }, start, 3.5) -- through the gears
engine.detune:setValueAtTime(100, passing - 0.3)
  :linearRampToValueAtTime(-200, passing + 0.3)             -- cents: Doppler's drop

engine.onended = function() print(("gone after %.1f s"):format(ctx.currentTime - start)) end
engine:start(start)
engine:stop(gone)

perilune.run()
