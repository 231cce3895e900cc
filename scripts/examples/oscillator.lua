-- Three voices of a chord, each with a wave of its own; the bass is an organ drawn by its partials.
local perilune = require "perilune"

local ctx = perilune.context()
local organ = ctx:createPeriodicWave({ 0, 0, 0, 0, 0, 0, 0, 0, 0 }, { 0, 8, 8, 6, 3, 0, 2, 0, 1 }) -- drawbars
local out = ctx:createGain { gain = 0.15 }
out:connect(ctx.destination)

local start = ctx.currentTime + 0.1
local function voice(frequency, shape)
  local osc = ctx:createOscillator { frequency = frequency, type = shape or "sine" }
  if not shape then osc:setPeriodicWave(organ) end
  osc:connect(out)
  osc:start(start)
  osc:stop(start + 4)
  return osc
end

voice(110)
voice(277.18, "triangle").detune:setValueAtTime(-20, start):linearRampToValueAtTime(0, start + 1) -- slides into tune
local lead = voice(440, "sawtooth")
lead.frequency:setValueAtTime(440, start + 1):exponentialRampToValueAtTime(659.26, start + 2)

-- Six oscillations a second, connected to a parameter, is vibrato.
local vibrato, depth = ctx:createOscillator { frequency = 6 }, ctx:createGain { gain = 15 }
vibrato:connect(depth):connect(lead.detune)
vibrato:start(start + 2)
vibrato:stop(start + 4)

out.gain:setValueAtTime(0.15, start + 3):linearRampToValueAtTime(0, start + 4)
lead.onended = function() print "the chord has ended" end

perilune.run()
