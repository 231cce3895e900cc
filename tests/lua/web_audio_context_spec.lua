-- Web Audio 1.1, sections 1.1 to 1.4, clause by clause: contexts and buffers. Each test names its section; what other
-- specs show, and where perilune differs, says docs/web-audio.md.
local perilune = require "perilune"
local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source
local function nothing() end

describe("BaseAudioContext (Web Audio 1.1, section 1.1)", function()
  it("1.1.1 currentTime: counts whole quanta, from 0, and is the earliest time of any change", function()
    local ctx, times = offline(1000), {}
    assert.equal(0, ctx.currentTime)
    for frame = 128, 896, 128 do
      ctx:suspend(frame / 48000, function() times[#times + 1] = math.floor(ctx.currentTime * 48000 + 1e-6) end)
    end
    ctx:startRendering()
    assert.same({ 128, 256, 384, 512, 640, 768, 896 }, times)
  end)

  it("1.1.1 sampleRate: all rates from 3 to 768 kHz render, also fractions", function()
    for _, rate in ipairs { 3000, 8000, 11025, 22050, 44100, 47999.5, 96000, 192000, 768000 } do
      local ctx = perilune.newOfflineContext { channels = 1, length = 300, sampleRate = rate }
      assert.equal(rate, ctx.sampleRate)
      local from = ctx:createConstantSource()
      from:connect(ctx.destination)
      from:start(100 / rate)
      from:stop(200 / rate)
      local out = ctx:startRendering()
      assert.equal(rate, out.sampleRate)
      assert.same({ 0, 1, 1, 0 }, { out:getSample(1, 100), out:getSample(1, 101), out:getSample(1, 200), out:getSample(1, 201) })
    end
    local new = perilune.newOfflineContext
    assert.matches("sampleRate", message(new, { length = 1, sampleRate = 2999.9 }))
    assert.matches("sampleRate", message(new, { length = 1, sampleRate = 768000.1 }))
  end)

  it("1.1.1 renderQuantumSize: is 128", function()
    assert.equal(128, offline(1).renderQuantumSize)
    assert.equal(128, support.default().renderQuantumSize)
  end)

  it("1.1.1 destination and listener: are one each, and read-only", function()
    local ctx = offline(1)
    assert.is_true(ctx.destination == ctx.destination and ctx.listener == ctx.listener)
    for _, name in ipairs { "destination", "listener", "sampleRate", "currentTime", "state", "renderQuantumSize" } do
      assert.matches("read%-only", message(function() ctx[name] = 1 end))
    end
  end)

  it("1.1.1 state: is suspended until it renders, running between quanta, closed behind them", function()
    local ctx, states = offline(256), {}
    local from = source(ctx, constant(ctx, 10, 1))
    from.onended = function() states[#states + 1] = ctx.state end
    from:start()
    states[1] = ctx.state
    ctx:suspend(128 / 48000, function() states[#states + 1] = ctx.state end)
    ctx:startRendering()
    assert.equal("suspended", states[1])
    assert.equal("closed", ctx.state)
    assert.equal(3, #states)
  end)

  it("1.1.2 factories: make what they are called, with the text's defaults", function()
    local ctx = offline(1)
    local made = {
      Analyser = { 1, 1, 2, "max" }, BiquadFilter = { 1, 1, 2, "max" }, BufferSource = { 0, 1, 2, "max" },
      ChannelMerger = { 6, 1, 1, "explicit" }, ChannelSplitter = { 1, 6, 6, "explicit", "discrete" },
      ConstantSource = { 0, 1, 2, "max" }, Convolver = { 1, 1, 2, "clamped-max" }, Delay = { 1, 1, 2, "max" },
      DynamicsCompressor = { 1, 1, 2, "clamped-max" }, Gain = { 1, 1, 2, "max" }, Oscillator = { 0, 1, 2, "max" },
      Panner = { 1, 1, 2, "clamped-max" }, StereoPanner = { 1, 1, 2, "clamped-max" }, WaveShaper = { 1, 1, 2, "max" },
    }
    for name, is in pairs(made) do
      local node = ctx["create" .. name](ctx)
      assert.same({ is[1], is[2], is[3], is[4], is[5] or "speakers" },
        { node.numberOfInputs, node.numberOfOutputs, node.channelCount, node.channelCountMode, node.channelInterpretation })
      assert.is_true(node.context == ctx)
    end
    local iir = ctx:createIIRFilter({ 1 }, { 1 })
    assert.same({ 1, 1, 2, "max" }, { iir.numberOfInputs, iir.numberOfOutputs, iir.channelCount, iir.channelCountMode })
  end)

  it("1.1.2 createChannelSplitter, createChannelMerger: 1 to 32 ports", function()
    local ctx = offline(1)
    assert.equal(32, ctx:createChannelSplitter(32).numberOfOutputs)
    assert.equal(32, ctx:createChannelMerger(32).numberOfInputs)
    assert.equal(1, ctx:createChannelSplitter(1).numberOfOutputs)
    for _, count in ipairs { 0, 33, -1, 1.5 } do
      assert.matches("1 to 32", message(ctx.createChannelSplitter, ctx, count))
      assert.matches("1 to 32", message(ctx.createChannelMerger, ctx, count))
    end
  end)

  it("1.1.2 createDelay: above 0 and below three minutes", function()
    local ctx = offline(1)
    assert.near(179.9, ctx:createDelay(179.9).delayTime.maxValue, 1e-4)
    for _, time in ipairs { 0, -1, 180, 1000 } do message(ctx.createDelay, ctx, time) end
  end)

  it("1.1.2 createBuffer: silent; no part negative, zero or out of its range", function()
    local ctx = offline(1)
    local buffer = ctx:createBuffer(32, 2, 3000)
    assert.same({ 32, 2, 3000, 0 }, { buffer.numberOfChannels, buffer.length, buffer.sampleRate, buffer:getSample(32, 2) })
    assert.equal(768000, ctx:createBuffer(1, 1, 768000).sampleRate)
    for _, wrong in ipairs { { 0, 1, 48000 }, { 33, 1, 48000 }, { -1, 1, 48000 }, { 1, 0, 48000 }, { 1, -1, 48000 },
      { 1, 1, 2999 }, { 1, 1, 768001 }, { 1, 1, -48000 } } do
      message(ctx.createBuffer, ctx, wrong[1], wrong[2], wrong[3])
    end
  end)
end)

describe("AudioContext (Web Audio 1.1, section 1.2)", function()
  local function context() return perilune.newContext { device = "null", blockSize = 256 } end

  it("1.2.2 baseLatency: is a callback of the device", function()
    local ctx = context()
    assert.equal(256 / 48000, ctx.baseLatency)
    ctx:close()
    assert.equal(0, ctx.baseLatency)
  end)

  it("1.2.3 suspend, resume: time stands still, and goes on where it stood", function()
    local ctx = context()
    assert.is_true(support.wait(function() return ctx.currentTime > 0 end))
    ctx:suspend()
    ctx:suspend() -- again: no other effect
    assert.equal("suspended", ctx.state)
    local before, start = ctx.currentTime, os.clock()
    while os.clock() < start + 0.02 do end
    assert.equal(before, ctx.currentTime)
    ctx:resume()
    ctx:resume()
    assert.equal("running", ctx.state)
    assert.is_true(support.wait(function() return ctx.currentTime > before end))
    ctx:close()
  end)

  it("1.2.3 suspend: an analyser gives the same data as long as it lasts", function()
    local ctx = context()
    local analyser, from = ctx:createAnalyser { fftSize = 32 }, ctx:createOscillator()
    from:connect(analyser):connect(ctx.destination)
    from:start()
    assert.is_true(support.wait(function() return analyser:getFloatTimeDomainData()[32] ~= 0 end))
    ctx:suspend()
    local time, levels = analyser:getFloatTimeDomainData(), analyser:getFloatFrequencyData()
    assert.same(time, analyser:getFloatTimeDomainData())
    assert.same(levels, analyser:getFloatFrequencyData())
    ctx:close()
  end)

  it("1.2.3 close: once; then suspend, resume and close are errors, and time stands", function()
    local ctx = context()
    ctx:close()
    assert.equal("closed", ctx.state)
    local time = ctx.currentTime
    for _, name in ipairs { "suspend", "resume", "close" } do
      assert.matches("closed", message(ctx[name], ctx))
    end
    assert.equal(time, ctx.currentTime)
  end)

  it("1.2.5 sampleRate: an error where it is not supported", function()
    assert.matches("sampleRate", message(perilune.newContext, { device = "null", sampleRate = 2999 }))
    assert.matches("sampleRate", message(perilune.newContext, { device = "null", sampleRate = 768001 }))
  end)
end)

describe("OfflineAudioContext (Web Audio 1.1, section 1.3)", function()
  it("1.3.1 constructor: no part negative, zero or out of its range; the destination has its channels", function()
    local new = perilune.newOfflineContext
    for _, wrong in ipairs { { channels = 0 }, { channels = 33 }, { channels = -1 }, { length = 0 }, { length = -5 },
      { sampleRate = 0 }, { sampleRate = -48000 } } do
      wrong.length = wrong.length or 1
      message(new, wrong)
    end
    for _, channels in ipairs { 1, 2, 6, 32 } do
      local to = offline(1, channels).destination
      assert.same({ channels, "explicit", "speakers" }, { to.channelCount, to.channelCountMode, to.channelInterpretation })
    end
  end)

  it("1.3.2 length: is what was asked for, also when no whole quanta fill it", function()
    for _, length in ipairs { 1, 127, 128, 129, 1000 } do
      local ctx = offline(length)
      source(ctx, constant(ctx, 2000, 1)):start()
      local out = ctx:startRendering()
      assert.same({ length, length, 1 }, { ctx.length, out.length, out:getSample(1, length) })
    end
  end)

  it("1.3.3 startRendering: once, also from within itself", function()
    local ctx, inner = offline(256)
    ctx:suspend(128 / 48000, function() inner = message(ctx.startRendering, ctx) end)
    ctx:startRendering()
    assert.matches("rendering already", inner)
    assert.matches("has been rendered", message(ctx.startRendering, ctx))
  end)

  it("1.3.3 resume: is an error before it renders and after", function()
    local ctx = offline(256)
    message(ctx.resume, ctx)
    ctx:startRendering()
    message(ctx.resume, ctx)
  end)

  it("1.3.3 suspend: the time is rounded up to a quantum", function()
    local ctx, at = offline(1024), {}
    for _, frame in ipairs { 1, 128.5, 384, 511.9 } do
      ctx:suspend(frame / 48000, function() at[#at + 1] = math.floor(ctx.currentTime * 48000 + 1e-6) end)
    end
    ctx:startRendering()
    assert.same({ 128, 256, 384, 512 }, at)
  end)

  it("1.3.3 suspend: not before 0, not now, not at the end or behind it, not twice in a quantum", function()
    local ctx = offline(1000)
    message(ctx.suspend, ctx, -1, nothing)
    message(ctx.suspend, ctx, 0, nothing)
    message(ctx.suspend, ctx, 1000 / 48000, nothing)
    message(ctx.suspend, ctx, 1024 / 48000, nothing)
    assert.matches("frame 1024", message(ctx.suspend, ctx, 900 / 48000, nothing)) -- before the end, but rounded up to behind it
    ctx:suspend(896 / 48000, nothing)
    message(ctx.suspend, ctx, 800 / 48000, nothing)
    local past
    ctx:suspend(512 / 48000, function() past = message(ctx.suspend, ctx, 512 / 48000, nothing) end)
    ctx:startRendering()
    assert.matches("rendering is at", past)
  end)

  it("1.3.3 suspend: all that its function does is heard from its quantum on, and nothing before", function()
    local ctx = offline(512)
    ctx:suspend(256 / 48000, function()
      local gain = ctx:createGain { gain = 0.5 }
      source(ctx, constant(ctx, 512, 1), gain):start()
      gain:connect(ctx.destination)
    end)
    local out = ctx:startRendering()
    assert.same({ 0, 0.5 }, { out:getSample(1, 256), out:getSample(1, 257) })
  end)
end)

describe("AudioBuffer (Web Audio 1.1, section 1.4)", function()
  local ctx = offline(1)

  it("1.4.2 duration: is the length over the rate", function()
    assert.equal(1001 / 44100, ctx:createBuffer(1, 1001, 44100).duration)
  end)

  it("1.4.2 attributes: are read-only", function()
    local buffer = ctx:createBuffer(1, 1, 48000)
    for _, name in ipairs { "duration", "length", "numberOfChannels", "sampleRate" } do
      message(function() buffer[name] = 1 end)
    end
  end)

  it("1.4.3 getChannelData, copyFromChannel, copyToChannel: a channel that it does not have is an error", function()
    local buffer = ctx:createBuffer(2, 4, 48000)
    for _, channel in ipairs { 0, 3 } do
      assert.matches("1 to 2 expected", message(buffer.getChannelData, buffer, channel))
      assert.matches("1 to 2 expected", message(buffer.copyFromChannel, buffer, channel))
      assert.matches("1 to 2 expected", message(buffer.copyToChannel, buffer, { 1 }, channel))
    end
  end)

  it("1.4.3 copyToChannel: leaves what it does not write, and keeps values beyond 1", function()
    local buffer = ctx:createBuffer(1, 4, 48000)
    buffer:copyToChannel({ 1, 2, 3, 4 }, 1)
    buffer:copyToChannel({ -70 }, 1, 2)
    assert.same({ 1, -70, 3, 4 }, buffer:copyFromChannel(1))
    assert.same({ -70, 3 }, buffer:copyFromChannel(1, 2, 2))
  end)

  it("1.4.3 acquire the content: a source keeps what it was started with, or given when it had started", function()
    local render = offline(512)
    local early, late = constant(render, 512, 1), constant(render, 512, 2)
    source(render, early):start()
    local waiting = render:createBufferSource()
    waiting:connect(render.destination)
    waiting:start()
    waiting.buffer = late
    early:setSample(1, 300, 9)
    late:setSample(1, 300, 9)
    assert.equal(3, render:startRendering():getSample(1, 300))
  end)

  it("1.4.3 acquire the content: what is written before the start is heard", function()
    local render = offline(128)
    local buffer = constant(render, 128, 1)
    local from = source(render, buffer)
    buffer:setSample(1, 5, 4)
    from:start()
    assert.equal(4, render:startRendering():getSample(1, 5))
  end)

  it("1.4 sharing: contexts of any rate play one buffer", function()
    local buffer = constant(ctx, 4800, 0.5)
    for _, rate in ipairs { 48000, 24000, 96000 } do
      local render = perilune.newOfflineContext { channels = 1, length = 128, sampleRate = rate }
      local from = render:createBufferSource { buffer = buffer }
      from:connect(render.destination)
      from:start()
      assert.near(0.5, render:startRendering():getSample(1, 64), 1e-6)
    end
  end)
end)
