-- Ducking: the music steps back while the bells speak, so that they are heard without being loud, and returns after
-- them. A gain is a fader, and its parameter moves it by itself.
local perilune = require "perilune"
local ctx = perilune.context()

local start = ctx.currentTime + 0.1
local song, fader = ctx:createBufferSource { loop = true }, ctx:createGain { gain = 0.8 }
song.buffer = ctx:decodeAudioData "assets/music.ogg"
song:connect(fader):connect(ctx.destination)
song:start(start)
song:stop(start + 8)

-- setTargetAtTime comes nearer and nearer: after three times its last number a twentieth of the way is left.
local function duck(from, to)
  fader.gain:setTargetAtTime(0.1, from - 0.15, 0.05)    -- quickly away, just ahead of the bell
  fader.gain:setTargetAtTime(0.8, to, 0.3)              -- and slowly back
end

local coin = ctx:decodeAudioData "assets/coin.ogg"
local function bells(at, pitches)
  for i, pitch in ipairs(pitches) do
    local bell, level = ctx:createBufferSource { buffer = coin }, ctx:createGain { gain = 0.3 }
    bell.playbackRate.value = pitch
    bell:connect(level):connect(ctx.destination)
    bell:start(at + (i - 1) * 0.3)
  end
  duck(at, at + #pitches * 0.3 + 0.2)
end
bells(start + 2, { 1, 1.25, 1.5 })
bells(start + 5, { 1.5, 1.25, 1 })

fader.gain:setTargetAtTime(0, start + 7, 0.15)          -- out
song.onended = function() print(("the music has ended, %.1f s long"):format(ctx.currentTime - start)) end

perilune.run()
