-- Left and right by time alone, for headphones: steps cross from ear to ear, though both hear them equally loud. What
-- reaches one ear half a millisecond earlier seems to come from there. A merger puts the two ears' sounds side by side.
local perilune = require "perilune"
local ctx = perilune.context()

local ears = ctx:createChannelMerger { numberOfInputs = 2 }
ears:connect(ctx.destination)
local walker = ctx:createGain { gain = 0.7 }            -- one channel
local left, right = ctx:createDelay { maxDelayTime = 0.01 }, ctx:createDelay { maxDelayTime = 0.01 }
walker:connect(left):connect(ears, 1, 1)                -- the merger's first input becomes the left channel
walker:connect(right):connect(ears, 1, 2)

local step = {}
for i = 1, 4 do step[i] = ctx:decodeAudioData(("assets/footstep%d.ogg"):format(i)) end

local FAR = 0.0005                                      -- seconds by which the far ear is later
local start = ctx.currentTime + 0.1
for i = 0, 16 do
  local at, place = start + i * 0.35, i / 8 - 1         -- from -1, at the left, to 1
  left.delayTime:setValueAtTime(FAR * (1 + place) / 2, at)
  right.delayTime:setValueAtTime(FAR * (1 - place) / 2, at)
  local source = ctx:createBufferSource { buffer = step[i % 4 + 1] }
  source:connect(walker)
  source:start(at)
end

perilune.run()
