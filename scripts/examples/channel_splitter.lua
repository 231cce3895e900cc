-- The band without its middle: a splitter takes the song's two channels apart, and left minus right leaves what stands
-- at the sides. Bass and drums, which are as loud on either side, cancel themselves to the last sample.
local perilune = require "perilune"
local ctx = perilune.context()

local start = ctx.currentTime + 0.1
local song = ctx:createBufferSource { loop = true }
song.buffer = ctx:decodeAudioData "assets/music.ogg"
song:start(start, 2)                                    -- behind the intro
song:stop(start + 9)

local whole, sides = ctx:createGain { gain = 0.8 }, ctx:createGain { gain = 0 }
whole:connect(ctx.destination)
sides:connect(ctx.destination)                          -- one channel, heard in the middle
song:connect(whole)

local splitter, minus = ctx:createChannelSplitter { numberOfOutputs = 2 }, ctx:createGain { gain = -1 }
song:connect(splitter)
splitter:connect(sides, 1)                              -- left, its first output
splitter:connect(minus, 2):connect(sides)               -- right, turned over

-- Three seconds of all, three of the sides, three of all.
for i, middle in ipairs { true, false, true } do
  local time = start + (i - 1) * 3
  whole.gain:setTargetAtTime(middle and 0.8 or 0, time, 0.01)
  sides.gain:setTargetAtTime(middle and 0 or 0.8, time, 0.01)
end
whole.gain:setTargetAtTime(0, start + 8, 0.15)

perilune.run()
