local support = require "tests.lua.support"
local message, offline = support.message, support.offline

-- What an oscillator made by `build(ctx)` sounds like.
local function heard(length, build)
  local ctx = offline(length)
  local osc = build(ctx)
  osc:connect(ctx.destination)
  osc:start()
  return ctx:startRendering():copyFromChannel(1)
end

describe("an oscillator", function()
  it("is a sine of 440 Hz unless told otherwise", function()
    local out = heard(256, function(ctx) return ctx:createOscillator() end)
    for i, y in ipairs(out) do assert.near(math.sin(2 * math.pi * 440 * (i - 1) / 48000), y, 1e-6) end
  end)

  it("has Web Audio's properties", function()
    local osc = offline(128):createOscillator()
    assert.same({ "sine", 440, 0, "a-rate", "a-rate" }, { osc.type, osc.frequency.value, osc.detune.value,
      osc.frequency.automationRate, osc.detune.automationRate })
    assert.same({ -24000, 24000 }, { osc.frequency.minValue, osc.frequency.maxValue })
    assert.same({ -153600, 153600 }, { osc.detune.minValue, osc.detune.maxValue })
    assert.same({ 0, 1, 2, "max", "speakers" }, { osc.numberOfInputs, osc.numberOfOutputs, osc.channelCount,
      osc.channelCountMode, osc.channelInterpretation })
  end)

  it("takes its properties as options of the factory", function()
    local osc = offline(128):createOscillator { type = "square", frequency = 100, detune = -5 }
    assert.same({ "square", 100, -5 }, { osc.type, osc.frequency.value, osc.detune.value })
  end)

  it("cannot have the type custom set, and keeps the one it has", function()
    local ctx = offline(128)
    local osc = ctx:createOscillator { type = "triangle" }
    assert.matches("cannot be set to custom: give it a wave by setPeriodicWave",
      message(function() osc.type = "custom" end))
    assert.matches("setPeriodicWave", message(ctx.createOscillator, ctx, { type = "custom" }))
    assert.matches('"sine", "square", "sawtooth", "triangle" or "custom" expected',
      message(function() osc.type = "saw" end))
    assert.equal("triangle", osc.type)
  end)

  it("starts once, stops, and tells its end", function()
    local ctx, ended = offline(512), 0
    local osc = ctx:createOscillator { frequency = 6000 }
    osc.onended = function() ended = ended + 1 end
    osc:connect(ctx.destination)
    osc:start(64 / 48000)
    osc:stop(72 / 48000)
    assert.matches("has been started already", message(osc.start, osc))
    local out = ctx:startRendering():copyFromChannel(1)
    require "perilune".update()
    for i = 1, 512 do
      local sounds = i > 64 and i <= 72
      assert.near(sounds and math.sin(2 * math.pi * (i - 65) / 8) or 0, out[i], 1e-6)
    end
    assert.equal(1, ended)
  end)
end)

describe("a PeriodicWave", function()
  local function wave_of(...)
    local arguments, n = { ... }, select("#", ...)
    return heard(480, function(ctx)
      local osc = ctx:createOscillator { frequency = 100 }
      osc:setPeriodicWave(ctx:createPeriodicWave((table.unpack or unpack)(arguments, 1, n)))
      assert.equal("custom", osc.type)
      return osc
    end)
  end
  local function check(out, f)
    for i, y in ipairs(out) do assert.near(f(2 * math.pi * (i - 1) / 480), y, 5e-6) end
  end

  it("is the sum of its terms, the first of which do not count", function()
    check(wave_of({ 5, 0.25, 0 }, { 5, 0, 0.5 }, { disableNormalization = true }),
      function(t) return 0.25 * math.cos(t) + 0.5 * math.sin(2 * t) end)
  end)

  it("is normalised unless told otherwise", function()
    check(wave_of({ 0, 0.25 }, { 0, 0 }), math.cos)
    check(wave_of({ 0, 0.25 }, { 0, 0 }, { disableNormalization = false }), math.cos)
  end)

  it("takes either kind of terms alone, and is a sine without any", function()
    check(wave_of({ 0, 3 }), math.cos)
    check(wave_of(nil, { 0, 0, 3 }), function(t) return math.sin(2 * t) end)
    check(wave_of(), math.sin)
  end)

  it("takes strings of float32", function()
    check(wave_of(support.floats(0, 0, 1), support.floats(0, 0, 0)), function(t) return math.cos(2 * t) end)
  end)

  it("goes before the type among the options of an oscillator", function()
    check(heard(480, function(ctx)
      local wave = ctx:createPeriodicWave({ 0, 0 }, { 0, -1 })
      local options = { type = "square", periodicWave = wave, frequency = 100 }
      local osc = ctx:createOscillator(options)
      assert.same({ type = "square", periodicWave = wave, frequency = 100 }, options)
      assert.equal("custom", osc.type)
      return osc
    end), function(t) return -math.sin(t) end)
  end)

  it("says what is wrong with it", function()
    local ctx = offline(128)
    local function wrong(...) return message(ctx.createPeriodicWave, ctx, ...) end
    assert.matches("must be of one length, got 2 and 3 terms", wrong({ 0, 1 }, { 0, 1, 0 }))
    assert.matches("2 to 8192 terms", wrong({ 0 }, { 0 }))
    assert.matches("2 to 8192 terms", wrong({}, {}))
    assert.matches("term 2 of 'imag' must be a number, not a string", wrong({ 0, 1 }, { 0, "x" }))
    assert.matches("real%[1%] is not", wrong({ 0, 0 / 0 }, { 0, 0 }))
    assert.matches("table or string of float32 expected, got number", wrong(1, { 0, 0 }))
    assert.matches("unknown option 'normalize'", wrong({ 0, 1 }, { 0, 1 }, { normalize = true }))
    assert.matches("boolean expected", wrong({ 0, 1 }, { 0, 1 }, { disableNormalization = 1 }))
    local osc = ctx:createOscillator()
    assert.matches("PeriodicWave expected, got table", message(osc.setPeriodicWave, osc, {}))
    assert.matches("bad value for 'periodicWave'", message(ctx.createOscillator, ctx, { periodicWave = {} }))
    assert.matches("expected", message(ctx.createOscillator, ctx,
      { periodicWave = ctx:createPeriodicWave(), type = "saw" }))
    assert.equal("sine", osc.type)
  end)

  it("is kept by the oscillators that have it", function()
    check(heard(480, function(ctx)
      local osc = ctx:createOscillator { frequency = 100 }
      osc:setPeriodicWave(ctx:createPeriodicWave({ 0, 1 }, { 0, 0 }))
      support.collect()
      return osc
    end), math.cos)
  end)
end)
