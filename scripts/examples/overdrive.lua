-- Overdrive: a curve bends the wave of each note a little more than the last one's. What the bends add above half the
-- sample rate would fold back as whistles; oversampling keeps it out.
local perilune = require "perilune"
local ctx = perilune.context()

local function soft_clip(drive)
  local curve = {}
  for i = 1, 513 do
    local x = (i - 257) / 256
    curve[i] = drive * x / (1 + (drive - 1) * math.abs(x))
  end
  return curve
end

-- Two strings a fifth apart, plucked.
local function chord(frequency, seconds)
  local length = math.floor(seconds * ctx.sampleRate)
  local samples = {}
  for i = 1, length do
    local t = (i - 1) / ctx.sampleRate
    local fade = math.exp(-2 * t) * math.min(1, (length - i) / 1000)
    local phase = 2 * math.pi * frequency * t
    samples[i] = fade * (0.5 * math.sin(phase) + 0.4 * math.sin(1.5 * phase))
  end
  local buffer = ctx:createBuffer(1, length, ctx.sampleRate)
  buffer:copyToChannel(samples, 1)
  return buffer
end

local note, level = chord(110, 1.4), ctx:createGain { gain = 0.5 }
level:connect(ctx.destination)
local start = ctx.currentTime + 0.1
for i, drive in ipairs { 1, 4, 16, 64 } do
  local source = ctx:createBufferSource()
  source.buffer = note
  source:connect(ctx:createWaveShaper { curve = soft_clip(drive), oversample = "4x" }):connect(level)
  source:start(start + (i - 1) * 1.5)
end

perilune.run()
