-- Web Audio 1.1, sections 1.8, 1.13 and 1.21, clause by clause: AnalyserNode, BiquadFilterNode, IIRFilterNode. What other
-- specs show, and where perilune differs, says docs/web-audio.md.
local support = require "tests.lua.support"
local message, offline, signal, heard, source = support.message, support.offline, support.signal, support.heard, support.source
local function at(frame) return frame / 48000 end

local function isNan(x) return x ~= x end

-- ---- AnalyserNode ----------------------------------------------------------------------------------------------

-- Frames 1, 2, … of something that is no period of anything.
local function wild(frame) return 0.5 * math.sin(frame * frame * 0.001) + 0.25 * math.sin(frame * 0.7) end

-- Calls fn(analyser, ctx, frame) at the frames, of an analyser that gets `wild` in its only channel.
local function analysed(options, frames, fn)
  local ctx = offline(frames[#frames] + 128)
  local analyser, samples = ctx:createAnalyser(options), {}
  for i = 1, frames[#frames] + 128 do samples[i] = wild(i) end
  source(ctx, support.buffer(ctx, samples), analyser):start()
  for _, frame in ipairs(frames) do ctx:suspend(at(frame), function() fn(analyser, ctx, frame) end) end
  ctx:startRendering()
end

-- |X[k]| of the text for the last `size` frames before `frame`.
local function spectrum(frame, size)
  local magnitudes = {}
  for k = 0, size / 2 - 1 do
    local re, im = 0, 0
    for n = 0, size - 1 do
      local window = 0.42 - 0.5 * math.cos(2 * math.pi * n / size) + 0.08 * math.cos(4 * math.pi * n / size)
      local x = frame - size + n >= 0 and wild(frame - size + n + 1) * window or 0
      re, im = re + x * math.cos(2 * math.pi * k * n / size), im - x * math.sin(2 * math.pi * k * n / size)
    end
    magnitudes[k + 1] = math.sqrt(re * re + im * im) / size
  end
  return magnitudes
end

-- Magnitudes agree: what lies 120 dB down is rounding of the samples.
local function sameLevel(wanted, decibels) assert.near(wanted, 10 ^ (decibels / 20), 1e-7 + 1e-5 * wanted) end

describe("AnalyserNode (Web Audio 1.1, section 1.8)", function()
  it("1.8 passes its input on unchanged, and works without an output", function()
    assert.same({ 1, 2, 3 }, heard(3, function(ctx, to) signal(ctx, 1, 2, 3):connect(ctx:createAnalyser()):connect(to) end))
    analysed({ fftSize = 32 }, { 256 }, function(analyser)
      assert.near(wild(256), analyser:getFloatTimeDomainData()[32], 1e-6)
    end)
  end)

  it("1.8.2 fftSize: a power of two from 32 to 32768, and frequencyBinCount its half", function()
    local ctx = offline(1)
    local analyser = ctx:createAnalyser()
    for exponent = 5, 15 do
      analyser.fftSize = 2 ^ exponent
      assert.same({ 2 ^ exponent, 2 ^ (exponent - 1) }, { analyser.fftSize, analyser.frequencyBinCount })
    end
    for _, size in ipairs { 0, 16, 31, 33, 48, 1000, 65536, -64 } do
      message(function() analyser.fftSize = size end)
      message(ctx.createAnalyser, ctx, { fftSize = size })
    end
    assert.equal(32768, analyser.fftSize)
  end)

  it("1.8.2 fftSize: a larger one has the frames that went before, up to 32768", function()
    analysed({ fftSize = 32 }, { 1024 }, function(analyser)
      analyser.fftSize = 512
      local now = analyser:getFloatTimeDomainData()
      for i = 1, 512 do assert.near(wild(512 + i), now[i], 1e-6) end
    end)
    analysed({ fftSize = 32 }, { 33280 }, function(analyser)
      analyser.fftSize = 32768
      local now = analyser:getFloatTimeDomainData()
      for i = 1, 32768, 97 do assert.near(wild(512 + i), now[i], 1e-6) end
    end)
  end)

  it("1.8.2 fftSize: frames before the beginning are 0", function()
    analysed({ fftSize = 256 }, { 128 }, function(analyser)
      local now = analyser:getFloatTimeDomainData()
      assert.same({ 0, 0 }, { now[1], now[128] })
      assert.near(wild(1), now[129], 1e-6)
    end)
  end)

  it("1.8.2 fftSize: another one forgets what was smoothed, the same one does not", function()
    local size = 64
    analysed({ fftSize = size, smoothingTimeConstant = 0.5 }, { 256, 512, 768 }, function(analyser, _, frame)
      if frame == 256 then return analyser:getFloatFrequencyData() end
      if frame == 512 then analyser.fftSize = size end
      if frame == 768 then
        analyser.fftSize = 128
        analyser.fftSize = size
      end
      local now, before, got = spectrum(frame, size), spectrum(256, size), analyser:getFloatFrequencyData()
      for k = 1, size / 2 do
        local smoothed = (frame == 512 and 0.25 * before[k] or 0) + 0.5 * now[k]
        sameLevel(smoothed, got[k])
      end
    end)
  end)

  it("1.8.2 minDecibels, maxDecibels: the one stays below the other", function()
    local ctx = offline(1)
    local analyser = ctx:createAnalyser()
    for _, value in ipairs { -30, -29, 0 } do message(function() analyser.minDecibels = value end) end
    for _, value in ipairs { -100, -101 } do message(function() analyser.maxDecibels = value end) end
    analyser.maxDecibels = 10
    analyser.minDecibels = -10
    assert.same({ -10, 10 }, { analyser.minDecibels, analyser.maxDecibels })
    message(ctx.createAnalyser, ctx, { minDecibels = -20 })
    message(ctx.createAnalyser, ctx, { maxDecibels = -100 })
    message(ctx.createAnalyser, ctx, { minDecibels = -50, maxDecibels = -50 })
  end)

  it("1.8.2 smoothingTimeConstant: from 0 to 1", function()
    local ctx = offline(1)
    local analyser = ctx:createAnalyser { smoothingTimeConstant = 0 }
    for _, value in ipairs { -0.01, 1.01, 0 / 0 } do
      message(function() analyser.smoothingTimeConstant = value end)
      message(ctx.createAnalyser, ctx, { smoothingTimeConstant = value })
    end
    analyser.smoothingTimeConstant = 1
    assert.equal(1, analyser.smoothingTimeConstant)
  end)

  it("1.8.3 getByteTimeDomainData: floor(128 (1 + x)), from 0 to 255", function()
    for value, byte in pairs { [0] = 128, [1] = 255, [-1] = 0, [2] = 255, [-3] = 0, [0.5] = 192, [-0.001] = 127,
      [0.0078] = 128, [0.0079] = 129 } do
      local ctx = offline(256)
      local analyser = ctx:createAnalyser { fftSize = 32 }
      signal(ctx, value):connect(analyser)
      ctx:suspend(at(128), function() assert.equal(byte, analyser:getByteTimeDomainData()[7]) end)
      ctx:startRendering()
    end
  end)

  it("1.8.3 getByteFrequencyData: the floor between minDecibels and maxDecibels, from 0 to 255", function()
    local options = { fftSize = 64, smoothingTimeConstant = 0, minDecibels = -40, maxDecibels = -10 }
    analysed(options, { 512 }, function(analyser)
      local floats, bytes, ends = analyser:getFloatFrequencyData(), analyser:getByteFrequencyData(), {}
      for k = 1, 32 do
        assert.equal(math.max(0, math.min(255, math.floor(255 / 30 * (floats[k] + 40)))), bytes[k])
        ends[bytes[k]] = true
      end
      assert.is_true(ends[0])
      analyser.maxDecibels = -38 -- the range is that of the call
      assert.equal(255, math.max((table.unpack or unpack)(analyser:getByteFrequencyData())))
    end)
  end)

  it("1.8.3 within a quantum the data is not computed again, whichever of both asks", function()
    analysed({ fftSize = 64, smoothingTimeConstant = 0.5 }, { 256, 384 }, function(analyser, _, frame)
      local first = analyser:getFloatFrequencyData()
      assert.same(first, analyser:getFloatFrequencyData())
      analyser:getByteFrequencyData()
      assert.same(first, analyser:getFloatFrequencyData())
      if frame == 384 then
        local before, now = spectrum(256, 64), spectrum(384, 64)
        for k = 1, 32 do sameLevel(0.25 * before[k] + 0.5 * now[k], first[k]) end
      end
    end)
  end)

  it("1.8.3 arrays: longer ones keep what is behind", function()
    local analyser, mine = offline(1):createAnalyser { fftSize = 32 }, {}
    for i = 1, 40 do mine[i] = "x" end
    for name, count in pairs { getFloatFrequencyData = 16, getByteFrequencyData = 16, getFloatTimeDomainData = 32,
      getByteTimeDomainData = 32 } do
      for i = 1, 40 do mine[i] = "x" end
      analyser[name](analyser, mine)
      assert.same({ "number", "x" }, { type(mine[count]), mine[count + 1] })
    end
  end)

  it("1.8.5 channels are mixed down as speakers, whatever the node's interpretation is", function()
    for _, interpretation in ipairs { "speakers", "discrete" } do
      for _, case in ipairs { { { 1, 3 }, 2 }, { { 1, 2, 3, 6 }, 3 }, { { 1 }, 1 } } do
        local ctx = offline(256)
        local analyser = ctx:createAnalyser { fftSize = 32, channelInterpretation = interpretation }
        signal(ctx, (table.unpack or unpack)(case[1])):connect(analyser)
        ctx:suspend(at(128), function() assert.near(case[2], analyser:getFloatTimeDomainData()[1], 1e-6) end)
        ctx:startRendering()
      end
    end
  end)

  it("1.8.6 window, transform, smoothing and decibels: as the text's formulas have them", function()
    local size, smoothed = 128, {}
    analysed({ fftSize = size }, { 128, 256, 640 }, function(analyser, _, frame) -- smoothing is 0.8
      local now, got = spectrum(frame, size), analyser:getFloatFrequencyData()
      for k = 1, size / 2 do
        smoothed[k] = 0.8 * (smoothed[k] or 0) + 0.2 * now[k]
        sameLevel(smoothed[k], got[k])
      end
    end)
  end)

  it("1.8.6 silence is minus infinity, 0 in bytes; what was too loud is forgotten again", function()
    local ctx = offline(1024)
    local analyser = ctx:createAnalyser { fftSize = 32 }
    local loud = signal(ctx, 3e38, 3e38)
    loud:connect(analyser)
    loud:stop(at(128))
    assert.same({ -math.huge, 0 }, { analyser:getFloatFrequencyData()[1], analyser:getByteFrequencyData()[1] })
    for frame = 128, 512, 128 do
      ctx:suspend(at(frame), function()
        local level = analyser:getFloatFrequencyData()[1]
        assert.is_true(level < math.huge)
      end)
    end
    ctx:startRendering()
  end)
end)

-- ---- BiquadFilterNode ------------------------------------------------------------------------------------------

local TYPES = { "lowpass", "highpass", "bandpass", "lowshelf", "highshelf", "peaking", "notch", "allpass" }

-- The six coefficients of the text: b0 b1 b2 a0 a1 a2.
local function coefficients(kind, f0, q, gain)
  local A, w = 10 ^ (gain / 40), 2 * math.pi * f0 / 48000
  local sine, cosine = math.sin(w), math.cos(w)
  local aQ, aQdb, aS = sine / (2 * q), sine / (2 * 10 ^ (q / 20)), sine / 2 * math.sqrt(2)
  if kind == "lowpass" then
    return { (1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, 1 + aQdb, -2 * cosine, 1 - aQdb }
  elseif kind == "highpass" then
    return { (1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + aQdb, -2 * cosine, 1 - aQdb }
  elseif kind == "bandpass" then
    return { aQ, 0, -aQ, 1 + aQ, -2 * cosine, 1 - aQ }
  elseif kind == "notch" then
    return { 1, -2 * cosine, 1, 1 + aQ, -2 * cosine, 1 - aQ }
  elseif kind == "allpass" then
    return { 1 - aQ, -2 * cosine, 1 + aQ, 1 + aQ, -2 * cosine, 1 - aQ }
  elseif kind == "peaking" then
    return { 1 + aQ * A, -2 * cosine, 1 - aQ * A, 1 + aQ / A, -2 * cosine, 1 - aQ / A }
  end
  local s, root = kind == "lowshelf" and 1 or -1, 2 * aS * math.sqrt(A)
  return { A * ((A + 1) - s * (A - 1) * cosine + root), s * 2 * A * ((A - 1) - s * (A + 1) * cosine),
    A * ((A + 1) - s * (A - 1) * cosine - root), (A + 1) + s * (A - 1) * cosine + root,
    -s * 2 * ((A - 1) + s * (A + 1) * cosine), (A + 1) + s * (A - 1) * cosine - root }
end

-- Magnitude and phase of a transfer function: b and a from the 0th power on.
local function response(b, a, frequency)
  local w = 2 * math.pi * frequency / 48000
  local function at_unit(c)
    local re, im = 0, 0
    for k = 1, #c do re, im = re + c[k] * math.cos(w * (k - 1)), im - c[k] * math.sin(w * (k - 1)) end
    return re, im
  end
  local br, bi = at_unit(b)
  local ar, ai = at_unit(a)
  local re, im = br * ar + bi * ai, bi * ar - br * ai
  return math.sqrt((br * br + bi * bi) / (ar * ar + ai * ai)), (math.atan2 or math.atan)(im, re)
end

-- y of the equation in time for x.
local function equation(b, a, x)
  local y = {}
  for n = 1, #x do
    local sum = 0
    for k = 1, #b do sum = sum + b[k] * (x[n - k + 1] or 0) end
    for k = 2, #a do sum = sum - a[k] * (y[n - k + 1] or 0) end
    y[n] = sum / a[1]
  end
  return y
end

local function noise(random, count)
  local x = {}
  for i = 1, count do x[i] = random.between(-1, 1) end
  return x
end

-- What `node` makes of the samples.
local function filtered(ctx, node, x)
  source(ctx, support.buffer(ctx, x), node):start()
  node:connect(ctx.destination)
  return ctx:startRendering():copyFromChannel(1)
end

local function sameAngle(wanted, got)
  local off = math.abs(wanted - got) % (2 * math.pi)
  assert.is_true(math.min(off, 2 * math.pi - off) < 1e-3)
end

describe("BiquadFilterNode (Web Audio 1.1, section 1.13)", function()
  it("1.13.2, 1.13.5 each type is the text's filter, in its response and in time, whatever its parameters are", function()
    for seed = 1, 96 do
      local random = support.random(seed)
      local kind = TYPES[seed % 8 + 1]
      local frequency, cents = random.pick { 100, 350, 1000, 5000, 20000 }, random.pick { 0, 0, 1200, -700 }
      local q, gain = random.pick { 0.125, 1, 4, 12 }, random.pick { 0, -12, 6, 24 }
      local f0 = math.min(24000, frequency * 2 ^ (cents / 1200))
      local c = f0 < 24000 and coefficients(kind, f0, q, gain) or nil
      local ctx = offline(256)
      local node = ctx:createBiquadFilter { type = kind, frequency = frequency, detune = cents, Q = q, gain = gain }
      local points = { 10, 300, 1000, 4500, 12000, 23000 }
      local magnitudes, phases = node:getFrequencyResponse(points)
      local x = noise(random, 256)
      local out = filtered(ctx, node, x)
      if c then
        local b, a = { c[1], c[2], c[3] }, { c[4], c[5], c[6] }
        for i, point in ipairs(points) do
          local magnitude, phase = response(b, a, point)
          assert.near(magnitude, magnitudes[i], 1e-5 + 1e-4 * magnitude)
          if magnitude > 1e-3 then sameAngle(phase, phases[i]) end
        end
        local y = equation(b, a, x)
        for n = 1, 256 do assert.near(y[n], out[n], 2e-5 * 10 ^ (math.max(0, gain) / 20)) end
      end
    end
  end)

  it("1.13 computedFrequency: clamped to half the sample rate, however far it is detuned", function()
    for _, kind in ipairs(TYPES) do
      local ctx = offline(1)
      local far = ctx:createBiquadFilter { type = kind, frequency = 20000, detune = 9600, gain = 6 }
      local edge = ctx:createBiquadFilter { type = kind, frequency = 24000, gain = 6 }
      local a, b = far:getFrequencyResponse { 0, 1000, 20000 }, edge:getFrequencyResponse { 0, 1000, 20000 }
      for i = 1, 3 do assert.near(b[i], a[i], 1e-6) end
    end
  end)

  it("1.13.2 Q: nominal ranges of lowpass and highpass, and of those where it is linear", function()
    local ctx = offline(1)
    local function magnitude(kind, q, frequency)
      return ctx:createBiquadFilter({ type = kind, Q = q }):getFrequencyResponse({ frequency })[1]
    end
    for _, kind in ipairs { "lowpass", "highpass" } do
      assert.near(magnitude(kind, -770.63678, 350), magnitude(kind, -5000, 350), 1e-12)
      assert.is_true(magnitude(kind, 770, 1000) < math.huge)
      assert.near(10 ^ (-20 / 20), magnitude(kind, -20, 350), 1e-5) -- in dB: the gain at its frequency
    end
    for _, kind in ipairs { "bandpass", "notch", "allpass", "peaking" } do
      for _, frequency in ipairs { 100, 350, 1000 } do
        assert.near(magnitude(kind, 0, frequency), magnitude(kind, -3, frequency), 1e-9)
      end
    end
    for _, kind in ipairs { "lowshelf", "highshelf" } do
      assert.equal(magnitude(kind, 1, 300), magnitude(kind, 30, 300)) -- Q is not used
    end
  end)

  it("1.13.2 gain: is used by shelves and peaking alone", function()
    local ctx = offline(1)
    for _, kind in ipairs(TYPES) do
      local function magnitude(gain)
        return ctx:createBiquadFilter({ type = kind, gain = gain }):getFrequencyResponse({ 350 })[1]
      end
      local uses = kind == "lowshelf" or kind == "highshelf" or kind == "peaking"
      assert.equal(not uses, magnitude(0) == magnitude(12))
    end
  end)

  it("1.13.2 type: one that is none is an error, and what the filter has stays", function()
    local ctx = offline(1)
    local node = ctx:createBiquadFilter { type = "notch" }
    for _, kind in ipairs { "Lowpass", "", "low-pass", 3 } do
      message(function() node.type = kind end)
      message(ctx.createBiquadFilter, ctx, { type = kind })
    end
    assert.equal("notch", node.type)
  end)

  it("1.13.2 its four parameters are a-rate, and may be k-rate", function()
    for _, name in ipairs { "frequency", "detune", "Q", "gain" } do
      local function jumped(rate)
        return heard(1, function(ctx, to)
          local node = ctx:createBiquadFilter { type = "peaking", frequency = 1000, gain = 12 }
          local value = ({ frequency = 4000, detune = 2400, Q = 8, gain = -12 })[name]
          node[name].automationRate = rate
          node[name]:setValueAtTime(value, at(150))
          local osc = ctx:createOscillator { frequency = 1500 }
          osc:connect(node):connect(to)
          osc:start()
        end, 160)
      end
      local function still()
        return heard(1, function(ctx, to)
          local osc = ctx:createOscillator { frequency = 1500 }
          osc:connect(ctx:createBiquadFilter { type = "peaking", frequency = 1000, gain = 12 }):connect(to)
          osc:start()
        end, 160)
      end
      assert.is_true(math.abs(jumped "a-rate" - still()) > 1e-4, name)
      assert.near(still(), jumped "k-rate", 1e-6)
    end
  end)

  it("1.13.3 getFrequencyResponse: NaN for frequencies out of range, which the ends are not", function()
    local ctx = offline(1)
    for _, node in ipairs { ctx:createBiquadFilter(), ctx:createIIRFilter({ 1 }, { 1, 0.5 }) } do
      local magnitudes, phases = node:getFrequencyResponse { -0.01, 0, 24000, 24000.01, math.huge, -math.huge, 0 / 0 }
      for i = 1, 7 do
        assert.equal(i ~= 2 and i ~= 3, isNan(magnitudes[i]))
        assert.equal(i ~= 2 and i ~= 3, isNan(phases[i]))
      end
    end
  end)

  it("1.13.3 getFrequencyResponse: arrays of other lengths are an error", function()
    local ctx = offline(1)
    for _, node in ipairs { ctx:createBiquadFilter(), ctx:createIIRFilter({ 1 }, { 1 }) } do
      message(node.getFrequencyResponse, node, { 1, 2 }, { 0 }, { 0, 0 })
      message(node.getFrequencyResponse, node, { 1, 2 }, { 0, 0 }, { 0, 0, 0 })
      message(node.getFrequencyResponse, node)
    end
  end)

  it("1.13.3 getFrequencyResponse: is of the values at the quantum that is rendered", function()
    local ctx = offline(512)
    local node = ctx:createBiquadFilter { type = "lowpass" }
    node.frequency:setValueAtTime(8000, at(200))
    node.frequency:setValueAtTime(2000, at(300))
    node:connect(ctx.destination)
    local function magnitude() return node:getFrequencyResponse({ 1000 })[1] end
    local function of(frequency) return (response({ (table.unpack or unpack)(coefficients("lowpass", frequency, 1, 0), 1, 3) },
      { (table.unpack or unpack)(coefficients("lowpass", frequency, 1, 0), 4, 6) }, 1000)) end
    assert.near(of(350), magnitude(), 1e-5)
    ctx:suspend(at(384), function() assert.near(of(8000), magnitude(), 1e-5) end) -- of the one that began at 256
    ctx:suspend(at(256), function() assert.near(of(350), magnitude(), 1e-5) end)
    ctx:startRendering()
    assert.near(of(2000), magnitude(), 1e-5)
  end)

  it("1.13 channels: as many come out as come in, each filtered by itself", function()
    local values = heard(3, function(ctx, to)
      signal(ctx, 1, 2, -1):connect(ctx:createBiquadFilter { type = "lowshelf", gain = 6.0206, frequency = 24000 }):connect(to)
    end)
    for c, value in ipairs { 2, 4, -2 } do assert.near(value, values[c], 1e-4) end
  end)

  it("1.13, 1.21 tail: they ring on when the input has ended", function()
    for _, make in ipairs { function(ctx) return ctx:createBiquadFilter { Q = 20, frequency = 1000 } end,
      function(ctx) return ctx:createIIRFilter({ 1 }, { 1, -0.99 }) end } do
      local ctx = offline(1024)
      local node = make(ctx)
      local out = filtered(ctx, node, { 1 })
      local energy = 0
      for i = 257, 384 do energy = energy + out[i] ^ 2 end
      assert.is_true(energy > 1e-6)
    end
  end)
end)

-- ---- IIRFilterNode ---------------------------------------------------------------------------------------------

describe("IIRFilterNode (Web Audio 1.1, section 1.21)", function()
  it("1.21.2, 1.21.4 the response and the equation in time are the text's, with 1 to 20 coefficients", function()
    for seed = 1, 40 do
      local random = support.random(seed)
      local b, a = {}, { random.pick { 1, 2, -0.5 } }
      for k = 1, random.below(20) + 1 do b[k] = random.between(-1, 1) end
      b[1] = b[1] == 0 and 1 or b[1]
      local order = random.below(20)
      for k = 1, order do a[k + 1] = a[1] * random.between(-1, 1) / (order + 1) end -- stable
      local ctx = offline(512)
      local node = ctx:createIIRFilter(b, a)
      local magnitudes, phases = node:getFrequencyResponse { 0, 440, 6000, 24000 }
      for i, point in ipairs { 0, 440, 6000, 24000 } do
        local magnitude, phase = response(b, a, point)
        assert.near(magnitude, magnitudes[i], 1e-5 + 1e-5 * magnitude)
        if magnitude > 1e-3 then sameAngle(phase, phases[i]) end
      end
      local x = noise(random, 512)
      local y, out = equation(b, a, x), filtered(ctx, node, x)
      for n = 1, 512 do assert.near(y[n], out[n], 1e-5 * (1 + math.abs(y[n]))) end
    end
  end)

  it("1.21 both are needed: errors of the constructor", function()
    local ctx = offline(1)
    for _, wrong in ipairs { {}, { feedforward = { 1 } }, { feedback = { 1 } }, { feedforward = { 0, 0 }, feedback = { 1 } },
      { feedforward = { 1 }, feedback = { 0, 1 } }, { feedforward = {}, feedback = { 1 } }, { feedforward = { 1 }, feedback = {} },
      { feedforward = { math.huge }, feedback = { 1 } }, { feedforward = { 1 }, feedback = { 1, 0 / 0 } } } do
      message(ctx.createIIRFilter, ctx, wrong)
    end
    message(ctx.createIIRFilter, ctx)
    message(ctx.createIIRFilter, ctx, { 1 })
  end)

  it("1.21 the coefficients cannot be changed", function()
    local ctx, b, a = offline(256), { 1 }, { 2 }
    local node = ctx:createIIRFilter(b, a)
    b[1], a[1] = 9, 9
    message(function() node.feedforward = { 2 } end)
    signal(ctx, 1):connect(node):connect(ctx.destination)
    assert.equal(0.5, ctx:startRendering():getSample(1, 200))
  end)

  it("1.21 channels: as many come out as come in, each filtered by itself", function()
    assert.same({ 0.5, 1, -0.5 }, heard(3, function(ctx, to)
      signal(ctx, 1, 2, -1):connect(ctx:createIIRFilter({ 1 }, { 2 })):connect(to)
    end))
  end)
end)
