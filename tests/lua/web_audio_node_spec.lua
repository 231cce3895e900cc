-- Web Audio 1.1, sections 1.5, 1.10 and 1.11, clause by clause: AudioNode, AudioDestinationNode, AudioListener. What
-- other specs show, and where perilune differs, says docs/web-audio.md.
local perilune = require "perilune"
local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source
local signal = support.signal

-- What each channel of the destination gets in frame 200 of what `build` makes.
local function heard(channels, build)
  local ctx = offline(256, channels)
  build(ctx, ctx.destination)
  local out, values = ctx:startRendering(), {}
  for c = 1, channels do values[c] = out:getSample(c, 201) end
  return channels == 1 and values[1] or values
end

describe("AudioNode (Web Audio 1.1, section 1.5)", function()
  it("1.5 fan-out and fan-in: an output feeds many inputs, and an input takes many outputs", function()
    assert.equal(31, heard(1, function(ctx, to)
      local from = signal(ctx, 1)
      for k = 0, 4 do from:connect(ctx:createGain { gain = 2 ^ k }):connect(to) end
    end))
  end)

  it("1.5 an input without connections is one silent channel", function()
    assert.equal(0, heard(1, function(ctx, to) ctx:createGain():connect(to) end))
    -- A merger shows it: its inputs count whether anything is connected or not.
    assert.same({ 0, 1 }, heard(2, function(ctx, to)
      local merger = ctx:createChannelMerger(2)
      signal(ctx, 1):connect(merger, 1, 2)
      merger:connect(to)
    end))
  end)

  it("1.5 nodes process whether or not their outputs reach the destination", function()
    local ctx = offline(1024)
    local delay = ctx:createDelay { delayTime = 200 / 48000 }
    signal(ctx, 1):connect(delay)
    ctx:suspend(512 / 48000, function() delay:connect(ctx.destination) end)
    local out = ctx:startRendering()
    assert.same({ 0, 1 }, { out:getSample(1, 512), out:getSample(1, 513) }) -- it was full already
  end)

  it("1.5.1 creation: options set parameters and attributes, and a wrong one makes no node", function()
    local ctx = offline(1)
    local delay = ctx:createDelay { maxDelayTime = 2, delayTime = 1.5, channelCount = 3, channelCountMode = "explicit" }
    assert.same({ 1.5, 3, "explicit" }, { delay.delayTime.value, delay.channelCount, delay.channelCountMode })
    for _, options in ipairs { { gian = 1 }, { gain = "x" }, { gain = 0 / 0 }, { channelCount = 0 }, { channelCountMode = "x" } } do
      message(ctx.createGain, ctx, options)
    end
    message(ctx.createStereoPanner, ctx, { channelCount = 3 })
    message(ctx.createStereoPanner, ctx, { channelCountMode = "max" })
  end)

  it("1.5.3 a node that is not actively processing gives one silent channel", function()
    -- Quad and mono are added at a `max` input: when the quad source has ended, mono is no longer mixed up to quad.
    local ctx = offline(512, 4)
    local sum, splitter, merger = ctx:createGain(), ctx:createChannelSplitter(2), ctx:createChannelMerger(4)
    local quad = signal(ctx, 0, 0, 0, 0)
    quad:connect(ctx:createGain()):connect(sum)
    quad:stop(128 / 48000)
    signal(ctx, 1):connect(sum):connect(splitter)
    splitter:connect(merger, 1, 1)
    splitter:connect(merger, 2, 2)
    merger:connect(ctx.destination)
    local out = ctx:startRendering()
    assert.same({ 1, 1 }, { out:getSample(1, 100), out:getSample(2, 100) }) -- mono as quad: left and right
    assert.same({ 1, 0 }, { out:getSample(1, 400), out:getSample(2, 400) }) -- mono as such, split discretely
  end)

  it("1.5.4 channelCount: 0, and more than 32, are errors", function()
    local gain = offline(1):createGain()
    for _, count in ipairs { 0, 33, -1, 1.5 } do message(function() gain.channelCount = count end) end
    gain.channelCount = 32
    assert.equal(32, gain.channelCount)
  end)

  it("1.5.4 channelCountMode: max ignores channelCount, clamped-max bounds it, explicit is it", function()
    local function through(mode, count)
      return heard(4, function(ctx, to)
        local gain = ctx:createGain { channelCount = count, channelCountMode = mode, channelInterpretation = "discrete" }
        to.channelInterpretation = "discrete"
        signal(ctx, 1, 2, 3):connect(gain):connect(to)
      end)
    end
    assert.same({ 1, 2, 3, 0 }, through("max", 1))
    assert.same({ 1, 2, 0, 0 }, through("clamped-max", 2))
    assert.same({ 1, 2, 3, 0 }, through("clamped-max", 4))
    assert.same({ 1, 0, 0, 0 }, through("explicit", 1))
    assert.same({ 1, 2, 3, 0 }, through("explicit", 4))
  end)

  it("1.5.4 constraints: each kind refuses what the text forbids it, and takes what it has", function()
    local ctx = offline(1)
    local two = { count = 3, mode = "max" }
    local kinds = {
      ChannelMerger = { count = 2, mode = "max" }, ChannelSplitter = { count = 2, mode = "max", interpretation = "speakers" },
      Convolver = two, DynamicsCompressor = two, Panner = two, StereoPanner = two,
    }
    for kind, wrong in pairs(kinds) do
      local node = ctx["create" .. kind](ctx)
      assert.matches("channelCount", message(function() node.channelCount = wrong.count end))
      assert.matches("channelCountMode", message(function() node.channelCountMode = wrong.mode end))
      if wrong.interpretation then
        assert.matches("channelInterpretation", message(function() node.channelInterpretation = wrong.interpretation end))
      end
      node.channelCount, node.channelCountMode = node.channelCount, node.channelCountMode
      node.channelInterpretation = node.channelInterpretation
    end
    local panner = ctx:createPanner { channelCount = 1, channelCountMode = "explicit" }
    assert.same({ 1, "explicit" }, { panner.channelCount, panner.channelCountMode })
  end)

  it("1.5.4 numberOfInputs, numberOfOutputs, context: are read-only", function()
    local gain = offline(1):createGain()
    for _, name in ipairs { "numberOfInputs", "numberOfOutputs", "context" } do
      assert.matches("read%-only", message(function() gain[name] = 1 end))
    end
  end)

  it("1.5.5 connect(node): a second connection of the same ends is ignored; others are not", function()
    assert.same({ 1, 1 }, heard(2, function(ctx, to)
      local merger = ctx:createChannelMerger(2)
      local from = signal(ctx, 1)
      for _ = 1, 3 do
        from:connect(merger, 1, 1)
        from:connect(merger, 1, 2)
        merger:connect(to)
      end
    end))
  end)

  it("1.5.5 connect(node, output, input): ends that are not there are errors, and a node of another context", function()
    local ctx = offline(1)
    local splitter, merger, other = ctx:createChannelSplitter(3), ctx:createChannelMerger(2), offline(1)
    assert.matches("1 to 3 expected, got 4", message(splitter.connect, splitter, merger, 4, 1))
    assert.matches("1 to 2 expected, got 3", message(splitter.connect, splitter, merger, 1, 3))
    assert.matches("has no input", message(splitter.connect, splitter, ctx:createConstantSource(), 1, 1))
    assert.matches("no input", message(splitter.connect, splitter, ctx:createConstantSource()))
    assert.matches("another context", message(splitter.connect, splitter, other.destination))
    assert.matches("another context", message(splitter.connect, splitter, other:createGain().gain))
  end)

  it("1.5.5 connect(param): is added to the value, mixed down to mono, once for each output", function()
    assert.equal(1 + 0.5 * (2 + 4) + 8, heard(1, function(ctx, to)
      local gain = ctx:createGain { gain = 1 }
      local stereo, mono = signal(ctx, 2, 4), signal(ctx, 8)
      for _ = 1, 2 do
        assert.is_nil(stereo:connect(gain.gain))
        mono:connect(gain.gain)
      end
      signal(ctx, 1):connect(gain):connect(to)
    end))
    assert.matches("1 to 1 expected, got 2", message(function()
      local ctx = offline(1)
      ctx:createGain():connect(ctx:createGain().gain, 2)
    end))
  end)

  it("1.5.5 connect(param): one output of several counts alone", function()
    assert.equal(2, heard(1, function(ctx, to)
      local splitter, gain = ctx:createChannelSplitter(2), ctx:createGain { gain = 0 }
      signal(ctx, 1, 2):connect(splitter):connect(gain.gain, 2)
      signal(ctx, 1):connect(gain):connect(to)
    end))
  end)

  describe("1.5.5 disconnect", function()
    -- A splitter's outputs (1 and 2) go to the inputs of a merger (1 and 2 each to both, so 3 and 3), and to a gain.
    local function left(undo)
      return heard(2, function(ctx, to)
        local splitter, merger, gain = ctx:createChannelSplitter(2), ctx:createChannelMerger(2), ctx:createGain { gain = 0 }
        signal(ctx, 1, 2):connect(splitter)
        for output = 1, 2 do
          for input = 1, 2 do splitter:connect(merger, output, input) end
          splitter:connect(gain.gain, output)
        end
        merger:connect(to)
        signal(ctx, 100):connect(gain):connect(to)
        undo(splitter, merger, gain, ctx)
      end)
    end

    it("nothing undone, for comparison", function() assert.same({ 303, 303 }, left(function() end)) end)

    it("(): all outputs, nodes and parameters", function()
      assert.same({ 0, 0 }, left(function(s) s:disconnect(); s:disconnect() end)) -- and again is no error
    end)

    it("(output): all of it", function()
      assert.same({ 202, 202 }, left(function(s) s:disconnect(1) end))
      assert.same({ 101, 101 }, left(function(s) s:disconnect(2) end))
    end)

    it("(node): all outputs to all its inputs, not to its parameters", function()
      assert.same({ 300, 300 }, left(function(s, m) s:disconnect(m) end))
    end)

    it("(node, output): that output to all its inputs", function()
      assert.same({ 302, 302 }, left(function(s, m) s:disconnect(m, 1) end))
    end)

    it("(node, output, input): just that one", function()
      assert.same({ 302, 303 }, left(function(s, m) s:disconnect(m, 1, 1) end))
      assert.same({ 303, 301 }, left(function(s, m) s:disconnect(m, 2, 2) end))
    end)

    it("(param), (param, output): all outputs, or that one; the value stays", function()
      assert.same({ 3, 3 }, left(function(s, _, g) s:disconnect(g.gain) end))
      assert.same({ 103, 103 }, left(function(s, _, g) s:disconnect(g.gain, 2) end))
      assert.same({ 603, 603 }, left(function(s, _, g) g.gain.value = 6; s:disconnect(g.gain) end))
    end)

    it("of what is not connected is an error and changes nothing", function()
      assert.same({ 303, 303 }, left(function(s, m, g, ctx)
        assert.matches("not connected", message(s.disconnect, s, g)) -- only its parameter is
        assert.matches("not connected", message(s.disconnect, s, ctx.destination))
        assert.matches("not connected", message(s.disconnect, s, ctx.destination, 1))
        assert.matches("not connected", message(s.disconnect, s, ctx.destination, 1, 1))
        assert.matches("not connected", message(m.disconnect, m, g.gain))
        assert.matches("not connected", message(m.disconnect, m, g.gain, 1))
        assert.matches("not connected", message(s.disconnect, s, s))
      end))
    end)

    it("twice is an error the second time", function()
      left(function(s, m)
        s:disconnect(m, 1, 1)
        assert.matches("not connected", message(s.disconnect, s, m, 1, 1))
        s:disconnect(m, 1)
        assert.matches("not connected", message(s.disconnect, s, m, 1))
        s:disconnect(m)
        assert.matches("not connected", message(s.disconnect, s, m))
      end)
    end)

    it("of ends that are not there is an error", function()
      left(function(s, m, g)
        assert.matches("1 to 2 expected, got 3", message(s.disconnect, s, 3))
        assert.matches("1 to 2 expected, got 0", message(s.disconnect, s, 0))
        assert.matches("1 to 2 expected, got 3", message(s.disconnect, s, m, 3))
        assert.matches("1 to 2 expected, got 3", message(s.disconnect, s, m, 1, 3))
        assert.matches("1 to 2 expected, got 3", message(s.disconnect, s, g.gain, 3))
      end)
    end)

    it("of a node of another context is an error", function()
      left(function(s) assert.matches("another context", message(s.disconnect, s, offline(1).destination)) end)
    end)
  end)
end)

describe("AudioDestinationNode (Web Audio 1.1, section 1.10)", function()
  it("1.10 its output is what it gets, and may be connected on", function()
    local ctx = offline(512)
    local delay = ctx:createDelay { delayTime = 200 / 48000 }
    ctx.destination:connect(delay):connect(ctx:createGain { gain = 0.5 }):connect(ctx.destination)
    source(ctx, constant(ctx, 1, 1)):start()
    local out = ctx:startRendering()
    assert.same({ 1, 0, 0.5, 0.25 }, { out:getSample(1, 1), out:getSample(1, 2), out:getSample(1, 201), out:getSample(1, 401) })
  end)

  it("1.10 of an OfflineAudioContext: its channels cannot be changed", function()
    local to = offline(1, 4).destination
    assert.matches("channelCount of the destination", message(function() to.channelCount = 2 end))
    assert.matches("channelCountMode of the destination", message(function() to.channelCountMode = "max" end))
    to.channelCount, to.channelCountMode, to.channelInterpretation = 4, "explicit", "discrete"
    assert.same({ 4, "explicit", "discrete" }, { to.channelCount, to.channelCountMode, to.channelInterpretation })
  end)

  it("1.10.1 maxChannelCount: bounds the channelCount of an AudioContext", function()
    local ctx = perilune.newContext { device = "null", channels = 6 }
    local to = ctx.destination
    assert.equal(6, to.maxChannelCount)
    for _, count in ipairs { 1, 2, 6 } do
      to.channelCount = count
      assert.equal(count, to.channelCount)
    end
    assert.matches("1 to 6, got 7", message(function() to.channelCount = 7 end))
    message(function() to.channelCount = 0 end)
    assert.equal(6, to.channelCount)
    assert.matches("read%-only", message(function() to.maxChannelCount = 8 end))
    ctx:close()
  end)
end)

describe("AudioListener (Web Audio 1.1, section 1.11)", function()
  local NAMES = { "positionX", "positionY", "positionZ", "forwardX", "forwardY", "forwardZ", "upX", "upY", "upZ" }

  it("1.11.1 nine parameters, a-rate, of any value", function()
    local listener, values = offline(1).listener, {}
    for i, name in ipairs(NAMES) do
      local param = listener[name]
      values[i] = param.value
      assert.same({ param.value, "a-rate" }, { param.defaultValue, param.automationRate })
      assert.is_true(param.maxValue > 3.4e38 and param.minValue == -param.maxValue)
    end
    assert.same({ 0, 0, 0, 0, 0, -1, 0, 1, 0 }, values)
  end)

  it("1.11.2 setPosition, setOrientation: are assignments to the values", function()
    local listener, values = offline(1).listener, {}
    listener:setPosition(1, 2, 3)
    listener:setOrientation(4, 5, 6, 7, 8, 9)
    for i, name in ipairs(NAMES) do values[i] = listener[name].value end
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, values)
  end)

  it("1.11.2 setPosition, setOrientation: an error during a value curve of any of them, and nothing changes", function()
    local listener = offline(1).listener
    listener.positionY:setValueCurveAtTime({ 0, 1 }, 0, 1)
    listener.upZ:setValueCurveAtTime({ 0, 1 }, 0, 1)
    assert.matches("value curve", message(listener.setPosition, listener, 1, 2, 3))
    assert.matches("value curve", message(listener.setOrientation, listener, 1, 2, 3, 4, 5, 6))
    for _, name in ipairs { "positionX", "positionZ", "forwardX", "forwardY", "upX" } do
      assert.equal(0, listener[name].value)
    end
  end)

  it("1.11.3 what is connected to its parameters is heard by every panner", function()
    assert.near(0.5, heard(1, function(ctx, to)
      local panner = ctx:createPanner { positionZ = 0, channelCount = 2, channelCountMode = "explicit" }
      signal(ctx, -2):connect(ctx.listener.positionZ) -- the distance is 2, and so the gain a half
      signal(ctx, 1, 1):connect(panner):connect(to)
    end) / heard(1, function(ctx, to)
      signal(ctx, 1, 1):connect(ctx:createPanner()):connect(to)
    end), 1e-5)
  end)
end)
