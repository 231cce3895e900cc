local support = require "tests.lua.support"
local message, offline = support.message, support.offline

describe("a biquad filter", function()
  it("has Web Audio's properties", function()
    local filter = offline(128):createBiquadFilter()
    assert.same({ "lowpass", 350, 0, 1, 0 },
      { filter.type, filter.frequency.value, filter.detune.value, filter.Q.value, filter.gain.value })
    assert.same({ 0, 24000, -153600, 153600 }, { filter.frequency.minValue, filter.frequency.maxValue,
      filter.detune.minValue, filter.detune.maxValue })
    assert.near(1541, filter.gain.maxValue, 1)
    assert.is_true(filter.gain.minValue < -3e38 and filter.Q.minValue < -3e38 and filter.Q.maxValue > 3e38)
    for _, name in ipairs { "frequency", "detune", "Q", "gain" } do
      assert.equal("a-rate", filter[name].automationRate)
    end
    assert.same({ 1, 1, 2, "max", "speakers" }, { filter.numberOfInputs, filter.numberOfOutputs, filter.channelCount,
      filter.channelCountMode, filter.channelInterpretation })
  end)

  it("takes its properties as options of the factory", function()
    local filter = offline(128):createBiquadFilter { type = "peaking", frequency = 100, detune = -5, Q = 2, gain = 3 }
    assert.same({ "peaking", 100, -5, 2, 3 },
      { filter.type, filter.frequency.value, filter.detune.value, filter.Q.value, filter.gain.value })
  end)

  it("is one of eight types", function()
    local filter = offline(128):createBiquadFilter()
    for _, kind in ipairs { "lowpass", "highpass", "bandpass", "lowshelf", "highshelf", "peaking", "notch", "allpass" } do
      filter.type = kind
      assert.equal(kind, filter.type)
    end
    assert.matches("bad value for 'type'", message(function() filter.type = "band-pass" end))
    assert.equal("allpass", filter.type)
  end)

  it("lets through what its response says", function()
    local ctx = offline(48000)
    local filter = ctx:createBiquadFilter { frequency = 1000, Q = 3 }
    local osc = ctx:createOscillator { frequency = 2000 }
    osc:connect(filter):connect(ctx.destination)
    osc:start()
    local magnitude, phase = filter:getFrequencyResponse { 2000 }
    local out = ctx:startRendering():copyFromChannel(1)
    for i = 24001, 24100 do
      assert.near(magnitude[1] * math.sin(2 * math.pi * 2000 * (i - 1) / 48000 + phase[1]), out[i], 1e-5)
    end
  end)

  it("gives its response as new tables, or fills those it is given", function()
    local filter = offline(128):createBiquadFilter { type = "highshelf", gain = 20 }
    local magnitude, phase = filter:getFrequencyResponse { 0, 24000, 24001 }
    assert.same({ 3, 3 }, { #magnitude, #phase })
    assert.near(1, magnitude[1], 1e-6)
    assert.near(10, magnitude[2], 1e-5)
    assert.is_true(magnitude[3] ~= magnitude[3] and phase[3] ~= phase[3])
    local mine, other = { 9, 9 }, {}
    local a, b = filter:getFrequencyResponse(support.floats(0, 24000), mine, other)
    assert.is_true(a == mine and b == other)
    assert.near(10, mine[2], 1e-5)
    assert.equal(2, #other)
    assert.same({}, (filter:getFrequencyResponse {}))
  end)

  it("says what is wrong with a call for its response", function()
    local filter = offline(128):createBiquadFilter()
    local function wrong(...) return message(filter.getFrequencyResponse, filter, ...) end
    assert.matches("bad value for 'frequencies' %(table or string of float32 expected, got number%)", wrong(1))
    assert.matches("frequency 2 of 'frequencies' must be a number, not a boolean", wrong { 1, true })
    assert.matches("'magnitudes' must be empty or as long as the frequencies, 2, got 1", wrong({ 1, 2 }, { 1 }, {}))
    assert.matches("'phases' must be empty or as long as the frequencies, 2, got 3", wrong({ 1, 2 }, {}, { 1, 2, 3 }))
    assert.matches("bad value for 'phases' %(table expected, got nil%)", wrong({ 1, 2 }, {}))
    assert.matches("BiquadFilterNode expected", message(filter.getFrequencyResponse, offline(128):createGain(), {}))
  end)
end)
