-- Web Audio 1.1, sections 1.26 and 1.28, clause by clause: OscillatorNode, PeriodicWave. What other specs show, and where
-- perilune differs, says docs/web-audio.md.
local support = require "tests.lua.support"
local message, offline = support.message, support.offline
local function at(frame) return frame / 48000 end
local TAU = 2 * math.pi

-- Frames from 0 of an oscillator of options that `setUp(osc, ctx)` has seen.
local function played(length, options, setUp)
  local ctx = offline(length)
  local osc = ctx:createOscillator(options)
  if setUp then setUp(osc, ctx) end
  osc:connect(ctx.destination)
  osc:start()
  local out = ctx:startRendering():copyFromChannel(1)
  return function(frame) return out[frame + 1] end
end

-- Of a wave of terms, at 100 Hz: 480 frames are a period.
local function wave(real, imag, options)
  return played(480, { frequency = 100 }, function(osc, ctx)
    osc:setPeriodicWave(ctx:createPeriodicWave(real, imag, options))
  end)
end

-- The sum of the text. The k-th partial's terms are at k + 1.
local function sum(real, imag, t)
  local x = 0
  for k = 1, #real - 1 do x = x + real[k + 1] * math.cos(TAU * k * t) + imag[k + 1] * math.sin(TAU * k * t) end
  return x
end

local PLAIN = { disableNormalization = true }

describe("OscillatorNode (Web Audio 1.1, section 1.26)", function()
  it("1.26 frequency and detune: the phase is the integral of both, from 0 at the start", function()
    for seed = 1, 40 do
      local random = support.random(seed)
      local from, to = random.between(-4000, 4000), random.between(-4000, 4000)
      local cents, until_cents = random.pick { 0, 1200, -600 }, random.pick { 0, 700, -1200 }
      local v = played(512, {}, function(osc)
        osc.frequency:setValueAtTime(from, 0)
        osc.frequency:linearRampToValueAtTime(to, at(500))
        osc.detune:setValueAtTime(cents, 0)
        osc.detune:linearRampToValueAtTime(until_cents, at(300))
      end)
      local phase = 0
      for frame = 0, 511 do
        assert.near(math.sin(TAU * phase), v(frame), 2e-3)
        local frequency = from + (to - from) * math.min(1, frame / 500)
        local detune = cents + (until_cents - cents) * math.min(1, frame / 300)
        phase = phase + frequency * 2 ^ (detune / 1200) / 48000
      end
    end
  end)

  it("1.26 the computed frequency is clamped to half the sample rate, not its parts", function()
    local far = played(128, { frequency = 20000, detune = -2400 })
    for frame = 0, 127 do assert.near(math.sin(TAU * 5000 * frame / 48000), far(frame), 1e-5) end
    local beyond = played(128, { frequency = 20000, detune = 1200 })
    for frame = 0, 127 do assert.equal(0, beyond(frame)) end -- of half the sample rate there is nothing left
  end)

  it("1.26 a frequency below 0 goes backwards, one of 0 stands", function()
    local v, still = played(480, { frequency = -1000 }), played(480, { frequency = 0, type = "square" })
    for frame = 0, 479 do
      assert.near(-math.sin(TAU * frame / 48), v(frame), 1e-5)
      assert.equal(0, still(frame))
    end
  end)

  it("1.26 partials of half the sample rate and above are left out, and the others have their sizes", function()
    local function amplitudes(kind) -- at 3000 Hz: 16 frames are a period, partials 1 to 7 are below 24 kHz
      local v, found = played(256, { type = kind, frequency = 3000 }), {}
      for k = 1, 8 do
        local re, im = 0, 0
        for n = 0, 15 do
          re, im = re + v(128 + n) * math.cos(TAU * k * n / 16), im + v(128 + n) * math.sin(TAU * k * n / 16)
        end
        assert.near(0, re, 1e-4) -- odd functions
        found[k] = im / 8
      end
      return found
    end
    for kind, b in pairs {
      sine = function(n) return n == 1 and 1 or 0 end,
      square = function(n) return 2 / (n * math.pi) * (1 - (-1) ^ n) end,
      sawtooth = function(n) return (-1) ^ (n + 1) * 2 / (n * math.pi) end,
      triangle = function(n) return 8 * math.sin(n * math.pi / 2) / (math.pi * n) ^ 2 end,
    } do
      local found = amplitudes(kind)
      for k = 1, 8 do assert.near(k < 8 and found[1] * b(k) / b(1) or 0, found[k], 1e-4) end
      assert.is_true(found[1] > 0) -- rising at 0
    end
  end)

  it("1.26.5 each type is the normalised wave of its coefficients", function()
    for kind, b in pairs {
      square = function(n) return 2 / (n * math.pi) * (1 - (-1) ^ n) end,
      sawtooth = function(n) return (-1) ^ (n + 1) * 2 / (n * math.pi) end,
      triangle = function(n) return 8 * math.sin(n * math.pi / 2) / (math.pi * n) ^ 2 end,
    } do
      local imag, real = { 0 }, { 0 }
      for n = 1, 8191 do imag[n + 1], real[n + 1] = b(n), 0 end
      local own, built = wave(real, imag), played(480, { frequency = 100, type = kind })
      for frame = 0, 479 do assert.near(own(frame), built(frame), 2e-3) end
    end
  end)

  it("1.26.2 type: custom cannot be set, but after setPeriodicWave it is what the type says", function()
    local ctx = offline(128)
    local osc = ctx:createOscillator()
    assert.equal("sine", osc.type)
    message(function() osc.type = "custom" end)
    osc:setPeriodicWave(ctx:createPeriodicWave({ 0, 1 }, { 0, 0 }))
    assert.equal("custom", osc.type)
    message(function() osc.type = "pulse" end)
    assert.equal("custom", osc.type)
    osc.type = "square"
    assert.equal("square", osc.type)
  end)

  it("1.26.2 type: the phase stays when it is set, and when a wave is", function()
    local ctx = offline(512)
    local osc = ctx:createOscillator { frequency = 1000 }
    ctx:suspend(at(128), function() osc:setPeriodicWave(ctx:createPeriodicWave({ 0, 1 }, { 0, 0 })) end)
    ctx:suspend(at(256), function() osc.type = "sine" end)
    osc:connect(ctx.destination)
    osc:start()
    local out = ctx:startRendering()
    for frame = 0, 511 do
      local angle = TAU * frame / 48
      local custom = frame >= 128 and frame < 256
      assert.near(custom and math.cos(angle) or math.sin(angle), out:getSample(1, frame + 1), 1e-4)
    end
  end)

  it("1.26.4 options: custom needs a wave; with one, any valid type is ignored", function()
    local ctx = offline(1)
    local own = ctx:createPeriodicWave({ 0, 1 }, { 0, 0 })
    message(ctx.createOscillator, ctx, { type = "custom" })
    for _, kind in ipairs { "sine", "square", "custom" } do
      assert.equal("custom", ctx:createOscillator({ type = kind, periodicWave = own }).type)
    end
    assert.equal("custom", ctx:createOscillator({ periodicWave = own }).type)
    message(ctx.createOscillator, ctx, { type = "pulse", periodicWave = own })
  end)

  it("1.26.2 frequency and detune: a-rate, may be k-rate", function()
    local osc = offline(1):createOscillator()
    for _, name in ipairs { "frequency", "detune" } do
      assert.equal("a-rate", osc[name].automationRate)
      osc[name].automationRate = "k-rate"
      assert.equal("k-rate", osc[name].automationRate)
    end
    local v = played(256, { frequency = 1000 }, function(o)
      o.frequency.automationRate = "k-rate"
      o.frequency:setValueAtTime(6000, at(10))
    end)
    for frame = 0, 255 do
      local phase = math.min(frame, 128) / 48 + math.max(frame - 128, 0) / 8
      assert.near(math.sin(TAU * phase), v(frame), 1e-4)
    end
  end)

  it("1.26 its output has one channel", function()
    assert.same({ 1, 0 }, support.heard(2, function(ctx, to)
      local osc = ctx:createOscillator { frequency = 0 }
      osc:setPeriodicWave(ctx:createPeriodicWave({ 0, 1 }, { 0, 0 }))
      osc:connect(to)
      to.channelInterpretation = "discrete"
      osc:start()
    end))
  end)
end)

describe("PeriodicWave (Web Audio 1.1, section 1.28)", function()
  it("1.28.4 without normalisation it is the sum of its terms", function()
    for seed = 1, 30 do
      local random, real, imag = support.random(seed), {}, {}
      for k = 1, random.below(30) + 2 do real[k], imag[k] = random.between(-1, 1), random.between(-1, 1) end
      local v = wave(real, imag, PLAIN)
      for frame = 0, 479 do assert.near(sum(real, imag, frame / 480), v(frame), 2e-4) end
    end
  end)

  it("1.28.5 normalised, the largest magnitude of the whole wave is 1", function()
    for seed = 1, 15 do
      local random, real, imag = support.random(seed), {}, {}
      for k = 1, random.below(8) + 2 do real[k], imag[k] = random.between(-1, 1), random.between(-1, 1) end
      real[2] = 0.5
      local most = 0
      for n = 0, 4095 do most = math.max(most, math.abs(sum(real, imag, n / 4096))) end
      local v = wave(real, imag)
      for frame = 0, 479 do assert.near(sum(real, imag, frame / 480) / most, v(frame), 1e-3) end
    end
  end)

  it("1.28.5 one factor for all frequencies: what is left below half the sample rate is not raised", function()
    local real, imag = { 0, 0, 0, 0, 0 }, { 0, 1, 0, 0, 1 } -- partials 1 and 4
    local most = 0
    for n = 0, 4095 do most = math.max(most, math.abs(sum(real, imag, n / 4096))) end
    local v = played(480, { frequency = 8000 }, function(osc, ctx) osc:setPeriodicWave(ctx:createPeriodicWave(real, imag)) end)
    for frame = 0, 479 do assert.near(math.sin(TAU * frame / 6) / most, v(frame), 1e-3) end
  end)

  it("1.28.1 the first terms do not count", function()
    local with, without = wave({ 9, 0.5 }, { -3, 0 }), wave({ 0, 0.5 }, { 0, 0 })
    for frame = 0, 479 do assert.equal(without(frame), with(frame)) end
  end)

  it("1.28.1 one of both alone: the other is zeros; without both a sine", function()
    local cosine, sine, none = wave({ 0, 1 }), wave(nil, { 0, 1 }), wave()
    for frame = 0, 479 do
      assert.near(math.cos(TAU * frame / 480), cosine(frame), 1e-5)
      assert.near(math.sin(TAU * frame / 480), sine(frame), 1e-5)
      assert.near(math.sin(TAU * frame / 480), none(frame), 1e-5)
    end
  end)

  it("1.28.1 lengths: at least 2, both the same, and 8192 will do", function()
    local ctx = offline(1)
    for _, case in ipairs { { { 0 }, { 0 } }, { {}, {} }, { { 0, 1 }, { 0, 1, 2 } }, { { 0, 1, 2 }, { 0, 1 } }, { { 0 } } } do
      message(ctx.createPeriodicWave, ctx, case[1], case[2])
    end
    message(ctx.createPeriodicWave, ctx, nil, { 0 })
    local many = {}
    for k = 1, 8192 do many[k] = k == 8192 and 1 or 0 end
    ctx:createPeriodicWave(many, many)
    local v = played(480, { frequency = 1 / 8 }, function(osc, other) -- its last partial is at 1023.875 Hz
      osc:setPeriodicWave(other:createPeriodicWave(many, nil, PLAIN))
    end)
    for frame = 0, 479 do assert.near(math.cos(TAU * 8191 / 8 * frame / 48000), v(frame), 2e-3) end
  end)

  it("1.28.1 the terms are copied", function()
    local real = { 0, 1 }
    local v = played(128, { frequency = 1000 }, function(osc, ctx)
      local own = ctx:createPeriodicWave(real, { 0, 0 })
      real[2] = 0
      osc:setPeriodicWave(own)
    end)
    assert.near(1, v(48), 1e-5)
  end)

  it("1.28 one wave is for all oscillators, of other contexts too", function()
    local own = offline(1):createPeriodicWave({ 0, 1 }, { 0, 0 })
    for _ = 1, 2 do
      local v = played(128, { frequency = 1000 }, function(osc) osc:setPeriodicWave(own) end)
      assert.near(1, v(0), 1e-5)
    end
  end)

  it("1.28.5 a wave of zeros is silent", function()
    local v = wave({ 0, 0 }, { 0, 0 })
    for frame = 0, 479 do assert.equal(0, v(frame)) end
  end)
end)
