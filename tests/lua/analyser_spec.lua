local support = require "tests.lua.support"
local message, offline, source = support.message, support.offline, support.source

-- A sine of amplitude 1 on a bin of an analyser of `size`.
local function tone(ctx, bin, size)
  local samples = {}
  for i = 1, 4096 do samples[i] = math.sin(2 * math.pi * bin * (i - 1) / size) end
  local buffer = ctx:createBuffer(1, 4096, ctx.sampleRate)
  buffer:copyToChannel(samples, 1)
  return buffer
end

describe("an analyser", function()
  it("has Web Audio's defaults", function()
    local analyser = offline(128):createAnalyser()
    assert.same({ 2048, 1024, -100, -30, 0.8 }, {
      analyser.fftSize, analyser.frequencyBinCount, analyser.minDecibels, analyser.maxDecibels,
      analyser.smoothingTimeConstant,
    })
    assert.same({ 1, 1, 2, "max", "speakers" }, {
      analyser.numberOfInputs, analyser.numberOfOutputs, analyser.channelCount, analyser.channelCountMode,
      analyser.channelInterpretation,
    })
  end)

  it("takes its options in any order", function()
    local ctx = offline(128)
    for _, range in ipairs { { -20, 0 }, { -200, -150 }, { -90, -10 }, { -100, -99 }, { -31, -30 } } do
      local analyser = ctx:createAnalyser { minDecibels = range[1], maxDecibels = range[2], fftSize = 64 }
      assert.same({ range[1], range[2], 32 }, { analyser.minDecibels, analyser.maxDecibels, analyser.frequencyBinCount })
    end
    assert.equal(-50, ctx:createAnalyser({ minDecibels = -50 }).minDecibels)
    assert.truthy(message(ctx.createAnalyser, ctx, { minDecibels = 0, maxDecibels = -10 }):find("below maxDecibels", 1, true))
    assert.truthy(message(ctx.createAnalyser, ctx, { minDecibels = "x" }):find("'minDecibels' (number expected", 1, true))
  end)

  it("refuses wrong values, and keeps what it has", function()
    local analyser = offline(128):createAnalyser()
    local function refused(name, value)
      return message(function() analyser[name] = value end)
    end
    assert.truthy(refused("fftSize", 1000):find("fftSize must be a power of two from 32 to 32768, got 1000", 1, true))
    for _, size in ipairs { 16, 65536, 100.5 } do assert.truthy(refused("fftSize", size):find("fftSize", 1, true)) end
    assert.truthy(refused("minDecibels", -30):find("minDecibels must be below maxDecibels", 1, true))
    assert.truthy(refused("smoothingTimeConstant", 1.5):find("from 0 to 1", 1, true))
    assert.truthy(refused("frequencyBinCount", 3):find("read-only", 1, true))
    assert.equal(2048, analyser.fftSize)
  end)

  it("shows what passes, at a moment of the rendering", function()
    local ctx = offline(4096)
    local analyser = ctx:createAnalyser { fftSize = 256, smoothingTimeConstant = 0 }
    source(ctx, tone(ctx, 16, 256), analyser):start()
    local time, levels, bytes, time_bytes
    ctx:suspend(1024 / 48000, function()
      time, levels = analyser:getFloatTimeDomainData(), analyser:getFloatFrequencyData()
      bytes, time_bytes = analyser:getByteFrequencyData(), analyser:getByteTimeDomainData()
    end)
    ctx:startRendering()
    assert.same({ 256, 128, 128, 256 }, { #time, #levels, #bytes, #time_bytes })
    for i = 1, 256 do
      local sample = math.sin(2 * math.pi * 16 * (i - 1) / 256)
      assert.is_true(math.abs(time[i] - sample) < 1e-6)
      assert.is_true(math.abs(time_bytes[i] - math.min(255, math.floor(128 * (1 + sample)))) <= 1)
    end
    assert.is_true(math.abs(levels[17] - 20 * math.log(0.21) / math.log(10)) < 0.001) -- half of the window's mean
    assert.is_true(levels[40] < -100)
    assert.same({ 255, 0 }, { bytes[17], bytes[40] })
    for i = 1, 128 do assert.equal(math.floor(bytes[i]), bytes[i]) end
  end)

  it("fills the table that it is given", function()
    local analyser = offline(128):createAnalyser { fftSize = 32 }
    local kept = { "old" }
    assert.is_true(analyser:getByteTimeDomainData(kept) == kept)
    assert.same({ 32, 128 }, { #kept, kept[1] })
    assert.is_true(analyser:getFloatFrequencyData(kept) == kept)
    assert.equal(-math.huge, kept[1])
    assert.truthy(message(analyser.getFloatTimeDomainData, analyser, 3):find("table expected, got number", 1, true))
  end)
end)
