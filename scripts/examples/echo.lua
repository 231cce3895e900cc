-- A feedback echo: each sound comes back after three eighths of a second, softer each time, from side to side. A cycle
-- of nodes needs a delay in it; this one has two, so that the echoes change sides.
local perilune = require "perilune"
local ctx = perilune.context()

local near, far = ctx:createDelay { delayTime = 3 / 8 }, ctx:createDelay { delayTime = 3 / 8 }
local feedback = ctx:createGain { gain = 0.45 }
near:connect(far):connect(feedback):connect(near)
near:connect(ctx:createStereoPanner { pan = -0.8 }):connect(ctx.destination)
far:connect(ctx:createStereoPanner { pan = 0.8 }):connect(ctx.destination)

local laser = ctx:decodeAudioData("assets/laser.ogg")
local start = ctx.currentTime + 0.1
for i, pitch in ipairs { 1, 1.5, 0.75 } do
  local source, level = ctx:createBufferSource(), ctx:createGain { gain = 0.5 }
  source.buffer = laser
  source.playbackRate.value = pitch
  source:connect(level):connect(ctx.destination)
  level:connect(near)
  source:start(start + (i - 1) * 0.75)
end
feedback.gain:setValueAtTime(0, start + 6)

perilune.run()
