-- Web Audio 1.1, sections 1.17 to 1.20 and 1.31, clause by clause: ConvolverNode, DelayNode, DynamicsCompressorNode,
-- GainNode, WaveShaperNode. What other specs show, and where perilune differs, says docs/web-audio.md.
local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source
local signal, heard = support.signal, support.heard
local unpack = table.unpack or unpack -- luacheck: ignore
local function at(frame) return frame / 48000 end

local function noise(random, count)
  local x = {}
  for i = 1, count do x[i] = random.between(-1, 1) end
  return x
end

local function impulse(ctx, count)
  local samples = {}
  for c = 1, count do samples[c] = { 1 } end
  return support.buffer(ctx, unpack(samples))
end

-- ---- ConvolverNode ---------------------------------------------------------------------------------------------

describe("ConvolverNode (Web Audio 1.1, section 1.17)", function()
  -- The text's calculateNormalizationScale.
  local function scaleOf(response, rate)
    local power, count, length = 0, #response, #response[1]
    for c = 1, count do
      for i = 1, length do power = power + response[c][i] ^ 2 end
    end
    power = math.max(math.sqrt(power / (count * length)), 0.000125)
    return 0.00125 / power * 44100 / rate * (count == 4 and 0.5 or 1)
  end

  local function add(out, x, response, scale)
    for i = 1, #out do
      for k = 1, math.min(i, #response) do out[i] = out[i] + scale * (x[i - k + 1] or 0) * response[k] end
    end
  end

  it("1.17.2, 1.17.4 every configuration of channels, normalised or not, at any rate", function()
    for seed = 1, 36 do
      local random = support.random(seed)
      local inputs, count, normal = seed % 2 + 1, ({ 1, 2, 4 })[seed % 3 + 1], random.below(2) == 0
      local rate, length = random.pick { 48000, 44100, 8000 }, random.pick { 1, 5, 130 }
      local ctx = require "perilune".newOfflineContext { channels = 2, length = 256, sampleRate = rate }
      local x, response = {}, {}
      for c = 1, inputs do x[c] = noise(random, 100) end
      for c = 1, count do response[c] = noise(random, length) end
      local node = ctx:createConvolver { normalize = normal, buffer = support.buffer(ctx, unpack(response)) }
      source(ctx, support.buffer(ctx, unpack(x)), node):start()
      node:connect(ctx.destination)
      local out, wanted, scale = ctx:startRendering(), { {}, {} }, normal and scaleOf(response, rate) or 1
      for i = 1, 256 do wanted[1][i], wanted[2][i] = 0, 0 end
      local left, right = x[1], x[2] or x[1]
      if count < 4 then
        add(wanted[1], left, response[1], scale)
        add(wanted[2], right, response[2] or response[1], scale)
      else
        add(wanted[1], left, response[1], scale)
        add(wanted[2], left, response[2], scale)
        add(wanted[1], right, response[3], scale)
        add(wanted[2], right, response[4], scale)
      end
      for c = 1, 2 do
        local got = out:copyFromChannel(c)
        for i = 1, 256 do assert.near(wanted[c][i], got[i], 2e-5 * (1 + math.abs(wanted[c][i]))) end
      end
    end
  end)

  it("1.17 more than two channels are mixed down to two", function()
    local values = heard(2, function(ctx, to)
      local node = ctx:createConvolver { normalize = false, buffer = impulse(ctx, 1) }
      signal(ctx, 1, 2, 3, 4):connect(node):connect(to)
    end)
    assert.near(2, values[1], 1e-5)
    assert.near(3, values[2], 1e-5)
  end)

  it("1.17.2 buffer: of 1, 2 or 4 channels at the context's rate, else an error; nil is silence", function()
    local ctx = offline(1)
    local node = ctx:createConvolver()
    assert.is_nil(node.buffer)
    for count = 1, 6 do
      local good = count == 1 or count == 2 or count == 4
      assert.equal(good, (pcall(function() node.buffer = ctx:createBuffer(count, 3, 48000) end)))
      assert.equal(good, (pcall(ctx.createConvolver, ctx, { buffer = ctx:createBuffer(count, 3, 48000) })))
    end
    message(function() node.buffer = ctx:createBuffer(1, 3, 44100) end)
    assert.equal(4, node.buffer.numberOfChannels)
    assert.equal(0, heard(1, function(c, to) signal(c, 1):connect(c:createConvolver()):connect(to) end))
  end)

  it("1.17.2 buffer: what is written to it later is not heard", function()
    assert.near(1, heard(1, function(ctx, to)
      local node, buffer = ctx:createConvolver { normalize = false }, impulse(ctx, 1)
      node.buffer = buffer
      buffer:setSample(1, 1, 5)
      signal(ctx, 1):connect(node):connect(to)
    end), 1e-5)
  end)

  it("1.17.2 normalize: counts when the buffer is set, not afterwards", function()
    local function through(build)
      return heard(1, function(ctx, to)
        local node = ctx:createConvolver()
        build(node, impulse(ctx, 1))
        signal(ctx, 1):connect(node):connect(to)
      end)
    end
    local normal = 0.00125 * 44100 / 48000
    assert.near(normal, through(function(node, buffer) node.buffer = buffer; node.normalize = false end), 1e-7)
    assert.near(1, through(function(node, buffer)
      node.buffer = buffer
      node.normalize = false
      node.buffer = buffer
    end), 1e-5)
  end)

  it("1.17.3 disableNormalization: the opposite of normalize, before the buffer is set", function()
    local ctx = offline(1)
    assert.same({ true, false, true }, { ctx:createConvolver().normalize,
      ctx:createConvolver({ disableNormalization = true }).normalize,
      ctx:createConvolver({ disableNormalization = false }).normalize })
  end)

  it("1.17 tail: as long as the response, and then nothing", function()
    local ctx = offline(1024)
    local node = ctx:createConvolver { normalize = false, buffer = constant(ctx, 300, 0.5) }
    source(ctx, constant(ctx, 1, 1), node):start()
    node:connect(ctx.destination)
    local out = ctx:startRendering()
    assert.near(0.5, out:getSample(1, 300), 1e-5)
    for i = 301, 1024 do assert.near(0, out:getSample(1, i), 1e-6) end
    assert.equal(0, out:getSample(1, 700))
  end)
end)

-- ---- DelayNode -------------------------------------------------------------------------------------------------

describe("DelayNode (Web Audio 1.1, section 1.18)", function()
  it("1.18 output(t) is input(t - delayTime(t)), whatever delayTime does; between frames on a straight line", function()
    for seed = 1, 40 do
      local random = support.random(seed)
      local ctx = offline(1024)
      local delay, x = ctx:createDelay(0.01), noise(random, 900)
      local from, to, last = random.between(0, 400), random.between(0, 520), random.pick { 1, 300, 900 }
      delay.delayTime:setValueAtTime(at(from), 0)
      delay.delayTime:linearRampToValueAtTime(at(to), at(last))
      source(ctx, support.buffer(ctx, x), delay):start()
      delay:connect(ctx.destination)
      local out = ctx:startRendering():copyFromChannel(1)
      for frame = 0, 1023 do
        local frames = math.min(480, from + (to - from) * math.min(1, frame / last)) -- maxDelayTime is 480
        local place = frame - frames
        local whole = math.floor(place)
        local a, b = x[whole + 1] or 0, x[whole + 2] or 0
        assert.near(a + (b - a) * (place - whole), out[frame + 1], 1e-3)
      end
    end
  end)

  it("1.18.2 delayTime: 0 unless set, from 0 to maxDelayTime, which is 1 unless told otherwise", function()
    local ctx = offline(1)
    local time = ctx:createDelay().delayTime
    assert.same({ 0, 0, 1, "a-rate" }, { time.defaultValue, time.minValue, time.maxValue, time.automationRate })
    assert.equal(2, ctx:createDelay({ maxDelayTime = 2 }).delayTime.maxValue)
    for _, longest in ipairs { 0, -1, 180, 0 / 0, math.huge } do message(ctx.createDelay, ctx, { maxDelayTime = longest }) end
  end)

  it("1.18.2 delayTime: at least a quantum in a cycle, and exact from there on", function()
    for frames, wanted in pairs { [0] = 128, [20] = 128, [128] = 128, [200] = 200 } do
      local ctx = offline(1024)
      local delay, back = ctx:createDelay { delayTime = at(frames) }, ctx:createGain { gain = 0.5 }
      source(ctx, constant(ctx, 1, 1), delay):start()
      delay:connect(back):connect(delay)
      delay:connect(ctx.destination)
      local out = ctx:startRendering()
      for frame = 0, 1023 do
        local echo = frame > 0 and frame % wanted == 0
        assert.near(echo and 0.5 ^ (frame / wanted - 1) or 0, out:getSample(1, frame + 1), 1e-6)
      end
    end
  end)

  it("1.18 a change of channels is heard when the delay has passed, in silence too", function()
    local ctx = offline(1024, 2)
    local delay, splitter, merger = ctx:createDelay { delayTime = at(200) }, ctx:createChannelSplitter(2), ctx:createChannelMerger(2)
    local sum = ctx:createGain()
    local stereo = signal(ctx, 0, 0)
    signal(ctx, 0):connect(delay)
    stereo:connect(delay)
    stereo:stop(at(256))
    delay:connect(sum)
    signal(ctx, 1):connect(sum):connect(splitter)
    for c = 1, 2 do splitter:connect(merger, c, c) end
    merger:connect(ctx.destination)
    local out = ctx:startRendering()
    -- Stereo zeros from 200 to 456: mono is mixed up to two in each quantum that has some of them.
    for quantum, wanted in ipairs { 0, 1, 1, 1, 0, 0 } do assert.equal(wanted, out:getSample(2, quantum * 128 - 64)) end
  end)

  it("1.18 tail: what is in it comes out when the input has ended", function()
    local ctx = offline(1024)
    local delay = ctx:createDelay { delayTime = at(500) }
    source(ctx, constant(ctx, 100, 1), delay):start()
    delay:connect(ctx.destination)
    local out = ctx:startRendering()
    assert.same({ 0, 1, 1, 0 }, { out:getSample(1, 500), out:getSample(1, 501), out:getSample(1, 600), out:getSample(1, 601) })
  end)
end)

-- ---- DynamicsCompressorNode ------------------------------------------------------------------------------------

describe("DynamicsCompressorNode (Web Audio 1.1, section 1.19)", function()
  -- The level that ones times `level` settle at, and the reduction then.
  local function settled(level, options, build)
    local ctx = offline(48000)
    local node, reduction = ctx:createDynamicsCompressor(options), nil
    signal(ctx, level):connect(node):connect(ctx.destination)
    if build then build(node) end
    ctx:suspend(at(47872), function() reduction = node.reduction end)
    return ctx:startRendering():getSample(1, 47900), reduction
  end

  local function decibels(x) return 20 * math.log(x) / math.log(10) end

  it("1.19.2 five k-rate parameters whose rate is fixed, with their ranges", function()
    local node = offline(1):createDynamicsCompressor()
    for name, range in pairs { attack = { 0.003, 0, 1 }, knee = { 30, 0, 40 }, ratio = { 12, 1, 20 },
      release = { 0.25, 0, 1 }, threshold = { -24, -100, 0 } } do
      local param = node[name]
      assert.near(range[1], param.defaultValue, 1e-6)
      assert.same({ range[2], range[3], "k-rate" }, { param.minValue, param.maxValue, param.automationRate })
      message(function() param.automationRate = "a-rate" end)
      assert.equal("k-rate", param.automationRate)
    end
  end)

  it("1.19.4 the curve is the identity to the threshold, and has the slope of the ratio from the knee's end on", function()
    local hard = { threshold = -40, knee = 0, ratio = 4, release = 0, attack = 0 }
    local makeup = 0.6 * (0 - (-40 + 40 / 4)) -- dB: the inverse of what becomes of 1, to the power of 0.6
    for input, shaped in pairs { [-60] = -60, [-45] = -45, [-40] = -40, [-20] = -35, [0] = -30 } do
      local out = decibels((settled(10 ^ (input / 20), hard)))
      assert.near(shaped + makeup, out, 0.05)
    end
    local soft = { threshold = -50, knee = 20, ratio = 5, release = 0, attack = 0 }
    local above = decibels((settled(10 ^ (-25 / 20), soft)))
    assert.near(20 / 5, decibels((settled(10 ^ (-5 / 20), soft))) - above, 0.05)
  end)

  it("1.19.4 the knee rises all the way, and has no jumps", function()
    local soft, last = { threshold = -40, knee = 30, ratio = 20, attack = 0, release = 0 }, nil
    for input = -44, -4, 2 do
      local out = decibels((settled(10 ^ (input / 20), soft)))
      if last then assert.is_true(out > last - 0.01 and out < last + 2.05) end
      last = out
    end
  end)

  it("1.19.4 values beyond the ranges count as their ends", function()
    local function of(options) return (settled(0.5, options)) end
    assert.near(of { ratio = 20, knee = 0, threshold = 0 }, of { ratio = 100, knee = -5, threshold = 20 }, 1e-6)
    assert.near(of { ratio = 1 }, of { ratio = 0.25 }, 1e-6)
  end)

  it("1.19.2 reduction: 0 without a signal, dB of the compression without the makeup gain, and read-only", function()
    local options = { threshold = -40, knee = 0, ratio = 4 }
    local _, reduction = settled(1, options)
    assert.near(-30, reduction, 0.1)
    _, reduction = settled(0.001, options)
    assert.near(0, reduction, 0.01)
    local node = offline(1):createDynamicsCompressor()
    assert.equal(0, node.reduction)
    message(function() node.reduction = 1 end)
  end)

  it("1.19.2 reduction: changes once a quantum, and is 0 again when the signal has ended", function()
    local ctx = offline(4096)
    local node, values, from = ctx:createDynamicsCompressor { release = 1 }, {}, signal(ctx, 1)
    from:connect(node)
    from:stop(at(1024))
    for frame = 128, 3968, 128 do ctx:suspend(at(frame), function() values[frame / 128] = node.reduction end) end
    ctx:startRendering()
    for quantum = 2, 8 do assert.is_true(values[quantum] < 0 and values[quantum] ~= values[quantum - 1]) end
    for quantum = 12, 31 do assert.equal(0, values[quantum]) end
  end)

  it("1.19.4 a look-ahead of 6 ms: the sound comes so much later, and what is left of it when the input has ended", function()
    local ctx = offline(1024)
    local node = ctx:createDynamicsCompressor { ratio = 1 }
    source(ctx, constant(ctx, 100, 0.25), node):start()
    node:connect(ctx.destination)
    local out = ctx:startRendering()
    assert.same({ 0, 0 }, { out:getSample(1, 288), out:getSample(1, 389) })
    assert.is_true(out:getSample(1, 289) > 0 and out:getSample(1, 388) > 0)
  end)

  it("1.19.4 a ratio of 1 changes nothing, once the detector's average has come from 0 to 1", function()
    assert.near(0.25, (settled(0.25, { ratio = 1 })), 1e-6)
  end)

  it("1.19.4 both channels get one gain, of the louder one", function()
    local ctx = offline(4096, 2)
    local node = ctx:createDynamicsCompressor { threshold = -40 }
    signal(ctx, 1, 0.125):connect(node):connect(ctx.destination)
    local out = ctx:startRendering()
    for frame = 400, 4000, 400 do assert.near(out:getSample(1, frame) / 8, out:getSample(2, frame), 1e-6) end
  end)
end)

-- ---- GainNode --------------------------------------------------------------------------------------------------

describe("GainNode (Web Audio 1.1, section 1.20)", function()
  it("1.20 each sample of each channel times the gain of its frame", function()
    local ctx, random = offline(512, 2), support.random(3)
    local x, y = noise(random, 512), noise(random, 512)
    local gain = ctx:createGain()
    gain.gain:setValueAtTime(-1, 0)
    gain.gain:linearRampToValueAtTime(3, at(500))
    source(ctx, support.buffer(ctx, x, y), gain):start()
    gain:connect(ctx.destination)
    local out = ctx:startRendering()
    for frame = 0, 511 do
      local factor = -1 + 4 * math.min(1, frame / 500)
      assert.near(x[frame + 1] * factor, out:getSample(1, frame + 1), 1e-6)
      assert.near(y[frame + 1] * factor, out:getSample(2, frame + 1), 1e-6)
    end
  end)

  it("1.20.2 gain: 1 unless set, any number, at once and without smoothing; a-rate, or k-rate", function()
    local param = offline(1):createGain().gain
    assert.same({ 1, "a-rate" }, { param.defaultValue, param.automationRate })
    assert.is_true(param.minValue < -3e38 and param.maxValue > 3e38)
    for rate, wanted in pairs { ["a-rate"] = { 1, 5, 5 }, ["k-rate"] = { 1, 1, 5 } } do
      local ctx = offline(512)
      local gain = ctx:createGain()
      gain.gain.automationRate = rate
      gain.gain:setValueAtTime(5, at(200))
      signal(ctx, 1):connect(gain):connect(ctx.destination)
      local out = ctx:startRendering()
      assert.same(wanted, { out:getSample(1, 200), out:getSample(1, 201), out:getSample(1, 257) })
    end
  end)
end)

-- ---- WaveShaperNode --------------------------------------------------------------------------------------------

describe("WaveShaperNode (Web Audio 1.1, section 1.31)", function()
  it("1.31.2 curve: the text's formula, for curves of any length and any sample", function()
    for seed = 1, 40 do
      local random = support.random(seed)
      local ctx, curve, x = offline(256), noise(random, random.pick { 2, 3, 4, 5, 17, 256 }), {}
      for i = 1, 256 do x[i] = random.between(-1.5, 1.5) end
      x[1], x[2], x[3] = -1, 1, 0
      local shaper = ctx:createWaveShaper { curve = curve }
      source(ctx, support.buffer(ctx, x), shaper):start()
      shaper:connect(ctx.destination)
      local out, N = ctx:startRendering():copyFromChannel(1), #curve
      for i = 1, 256 do
        local v = (N - 1) / 2 * (x[i] + 1)
        local k = math.floor(v)
        local y = v < 0 and curve[1] or v >= N - 1 and curve[N] or (1 - (v - k)) * curve[k + 1] + (v - k) * curve[k + 2]
        assert.near(y, out[i], 1e-5)
      end
    end
  end)

  it("1.31.2 curve: none passes the input unchanged, and nil takes one away", function()
    assert.same({ 5, -3 }, heard(2, function(ctx, to)
      local shaper = ctx:createWaveShaper { curve = { 0, 0 } }
      shaper.curve = nil
      signal(ctx, 5, -3):connect(shaper):connect(to)
    end))
  end)

  it("1.31.2 curve: fewer than two values are an error; it is copied", function()
    local ctx, mine = offline(1), { -1, 0.5 }
    local shaper = ctx:createWaveShaper { curve = mine }
    mine[2] = 9
    assert.same({ -1, 0.5 }, shaper.curve)
    for _, wrong in ipairs { {}, { 1 } } do
      message(function() shaper.curve = wrong end)
      message(ctx.createWaveShaper, ctx, { curve = wrong })
    end
    assert.same({ -1, 0.5 }, shaper.curve)
  end)

  it("1.31.2 curve: another one takes the place of the first", function()
    assert.equal(0.75, heard(1, function(ctx, to)
      local shaper = ctx:createWaveShaper { curve = { 0, 0 } }
      shaper.curve = { 0.75, 0.75 }
      signal(ctx, 1):connect(shaper):connect(to)
    end))
  end)

  it("1.31.2 curve: what it makes of 0 sounds without any input, in every oversampling", function()
    for _, oversample in ipairs { "none", "2x", "4x" } do
      for wanted, curve in pairs { [0.5] = { -1, 0.5, 1 }, [0.25] = { 0, 0, 0.5, 1 } } do -- an even number: in between
        local ctx = offline(512)
        local shaper = ctx:createWaveShaper { curve = curve, oversample = oversample }
        shaper:connect(ctx.destination)
        ctx:suspend(at(256), function() shaper:disconnect() end)
        local out = ctx:startRendering()
        assert.near(wanted, out:getSample(1, 1), 1e-6)
        assert.near(wanted, out:getSample(1, 256), 1e-6)
        assert.equal(0, out:getSample(1, 257))
      end
    end
  end)

  it("1.31.2 oversample: none, 2x or 4x, else an error; a tail only with one", function()
    local ctx = offline(1)
    local shaper = ctx:createWaveShaper()
    assert.equal("none", shaper.oversample)
    for _, wrong in ipairs { "8x", "2X", "", 2 } do message(function() shaper.oversample = wrong end) end
    for _, oversample in ipairs { "none", "2x", "4x" } do
      local length, late = 1024, 0
      local other = offline(length)
      local node = other:createWaveShaper { curve = { -1, 1 }, oversample = oversample }
      source(other, constant(other, 128, 1), node):start()
      node:connect(other.destination)
      local out = other:startRendering()
      for i = 129, length do late = math.max(late, math.abs(out:getSample(1, i))) end
      assert.equal(oversample ~= "none", late > 0.1)
    end
  end)

  it("1.31.2 oversample: what the curve adds above half the sample rate does not fold back", function()
    local function folded(oversample) -- x squared of 15 kHz has 30 kHz, which would come back as 18 kHz
      local ctx, curve = offline(4096), {}
      for i = 0, 1024 do curve[i + 1] = (i / 512 - 1) ^ 2 end
      local shaper, osc = ctx:createWaveShaper { curve = curve, oversample = oversample }, ctx:createOscillator { frequency = 15000 }
      osc:connect(shaper):connect(ctx.destination)
      osc:start()
      local out, re, im = ctx:startRendering():copyFromChannel(1), 0, 0
      for i = 1024, 4095 do
        local angle = 2 * math.pi * 18000 * i / 48000
        re, im = re + out[i + 1] * math.cos(angle), im + out[i + 1] * math.sin(angle)
      end
      return math.sqrt(re * re + im * im) / 1536
    end
    assert.near(0.5, folded "none", 0.01)
    assert.is_true(folded "2x" < 0.005)
    assert.is_true(folded "4x" < 0.005)
  end)

  it("1.31 channels: as many come out as come in", function()
    assert.same({ 0.5, -0.5, 0.25 }, heard(3, function(ctx, to)
      signal(ctx, 1, -1, 0.5):connect(ctx:createWaveShaper { curve = { -0.5, 0.5 } }):connect(to)
    end))
  end)
end)
