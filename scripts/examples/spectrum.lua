-- An analyser shows what is heard: on every beat a row of bars, an octave each, from the low ones to the high ones.
local perilune = require "perilune"
local ctx = perilune.context()

local analyser = ctx:createAnalyser { fftSize = 2048, minDecibels = -90, maxDecibels = -20 }
local level = ctx:createGain { gain = 0.7 }
level:connect(analyser):connect(ctx.destination)

local start = ctx.currentTime + 0.1
local song = ctx:createBufferSource()
song.buffer = ctx:decodeAudioData("assets/music.ogg")
song.loop = true
song:connect(level)
song:start(start)
song:stop(start + 6)

-- The loudest bin of each octave, as a mark. The same table is filled again each time.
local bytes, marks = {}, { ".", ":", "-", "=", "+", "*", "%", "#", "@" }
local function show(time)
  analyser:getByteFrequencyData(bytes)
  local row, bin = {}, 1
  while bin < analyser.frequencyBinCount do
    local loudest = 0
    for k = bin, 2 * bin - 1 do loudest = math.max(loudest, bytes[k + 1]) end
    row[#row + 1] = marks[1 + math.floor(loudest / 256 * #marks)]
    bin = 2 * bin
  end
  print(("%5.2f s   %s"):format(time, table.concat(row, "  ")))
end

-- A hat on each beat. When it has ended, it shows the bars and sets the next one.
local hat = ctx:decodeAudioData("assets/click.ogg")
local function beat(i)
  local click = ctx:createBufferSource()
  click.buffer = hat
  click:connect(level)
  click.onended = function()
    show(ctx.currentTime)
    if i < 11 then beat(i + 1) end
  end
  click:start(start + i * 0.5)
end
beat(0)

perilune.run()
