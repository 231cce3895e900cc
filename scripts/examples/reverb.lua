-- A room: what is sent to a convolver comes back as if it had sounded there. Its response is computed here; a recorded
-- one would be loaded by ctx:decodeAudioData.
local perilune = require "perilune"

local ctx = perilune.context()
local RATE, SECONDS = ctx.sampleRate, 2.5
math.randomseed(4)

local function room()                                   -- noise that dies away is what echoes without number sound like
  local frames = RATE * SECONDS
  local buffer = ctx:createBuffer(2, frames, RATE)
  for channel = 1, 2 do                                 -- two walls: the room is wide
    local samples = {}
    for i = 1, frames do
      local t = i / frames
      samples[i] = (math.random() * 2 - 1) * math.exp(-6 * t) * (1 - t)
    end
    buffer:copyToChannel(samples, channel)
  end
  return buffer
end

local reverb = ctx:createConvolver { buffer = room() }
reverb:connect(ctx.destination)

local dry, send = ctx:createGain { gain = 0.6 }, ctx:createGain { gain = 0 }
dry:connect(ctx.destination)
send:connect(reverb)

local coin = ctx:decodeAudioData "assets/coin.ogg"
local start = ctx.currentTime + 0.1
for step = 0, 5 do                                      -- each one is farther away
  local source = ctx:createBufferSource()
  source.buffer = coin
  source:connect(dry)
  source:connect(send)
  source:start(start + step * 0.7)
  dry.gain:setValueAtTime(0.6 * (1 - step / 6), start + step * 0.7)
  send.gain:setValueAtTime(step / 5, start + step * 0.7)
end

perilune.run()
