-- Web Audio 1.1, sections 1.5.3, 1.14 and 1.15, clause by clause: how many channels each kind of node puts out,
-- ChannelMergerNode, ChannelSplitterNode. What other specs show, and where perilune differs, says docs/web-audio.md.
local support = require "tests.lua.support"
local message, offline, signal, heard = support.message, support.offline, support.signal, support.heard
local unpack = table.unpack or unpack -- luacheck: ignore
local function at(frame) return frame / 48000 end

-- The channels of what `node`, of an input from `feed(ctx)`, puts out in frame 900, of a sound or not: a mono 1 beside
-- it is mixed up to as many. 1 and 2 are told apart.
local function channels(make, feed)
  local values = heard(2, function(ctx, to)
    local sum, splitter, merger = ctx:createGain(), ctx:createChannelSplitter(2), ctx:createChannelMerger(2)
    local node, mute = make(ctx), ctx:createGain { gain = 2 ^ -60 }
    if feed then feed(ctx):connect(node) end
    node:connect(mute):connect(sum)
    signal(ctx, 1):connect(sum):connect(splitter)
    for c = 1, 2 do splitter:connect(merger, c, c) end
    merger:connect(to)
  end, 900)
  assert.near(1, values[1], 1e-6)
  return values[2] > 0.5 and 2 or 1
end

local function impulse(ctx, count)
  local samples = {}
  for c = 1, count do samples[c] = { 1 } end
  return support.buffer(ctx, unpack(samples))
end

local KINDS = {
  Analyser = function(ctx) return ctx:createAnalyser() end,
  BiquadFilter = function(ctx) return ctx:createBiquadFilter() end,
  Convolver = function(ctx) return ctx:createConvolver { buffer = impulse(ctx, 1) } end,
  Delay = function(ctx) return ctx:createDelay { delayTime = at(200) } end,
  ["Delay that varies"] = function(ctx)
    local delay = ctx:createDelay()
    delay.delayTime:linearRampToValueAtTime(at(500), at(1000))
    return delay
  end,
  DynamicsCompressor = function(ctx) return ctx:createDynamicsCompressor() end,
  Gain = function(ctx) return ctx:createGain() end,
  IIRFilter = function(ctx) return ctx:createIIRFilter({ 1 }, { 1 }) end,
  WaveShaper = function(ctx) return ctx:createWaveShaper { curve = { -1, 0, 1 } } end,
  ["WaveShaper at 2x"] = function(ctx) return ctx:createWaveShaper { curve = { -1, 0, 1 }, oversample = "2x" } end,
}

-- Whose output has two channels, whatever comes in.
local STEREO = {
  ["Convolver of two"] = function(ctx) return ctx:createConvolver { buffer = impulse(ctx, 2) } end,
  ["Convolver of four"] = function(ctx) return ctx:createConvolver { buffer = impulse(ctx, 4) } end,
  ["Gain of two"] = function(ctx) return ctx:createGain { channelCount = 2, channelCountMode = "explicit" } end,
  Panner = function(ctx) return ctx:createPanner() end,
  StereoPanner = function(ctx) return ctx:createStereoPanner() end,
  ChannelMerger = function(ctx) return ctx:createChannelMerger(2) end,
}

-- Sound, zeros, and what is silent but active: a gain of 0.
local function feeds(count)
  local function all(value)
    local values = {}
    for c = 1, count do values[c] = value end
    return unpack(values)
  end
  return {
    function(ctx) return signal(ctx, all(2 ^ -30)) end,
    function(ctx) return signal(ctx, all(0)) end,
    function(ctx)
      local gain = ctx:createGain { gain = 0 }
      signal(ctx, all(1)):connect(gain)
      return gain
    end,
  }
end

local function ended(ctx)
  local gain, from = ctx:createGain(), signal(ctx, 0, 0)
  from:connect(gain)
  from:stop(at(128))
  return gain
end

describe("Channels of all kinds (Web Audio 1.1, section 1.5.3)", function()
  it("1.5.3 as many come out as come in, of silence too", function()
    for name, make in pairs(KINDS) do
      for count = 1, 2 do
        for _, feed in ipairs(feeds(count)) do assert.equal(count, channels(make, feed), name) end
      end
    end
  end)

  it("1.5.3 those with a count of their own have it while anything active comes in", function()
    for name, make in pairs(STEREO) do
      for count = 1, 2 do
        for _, feed in ipairs(feeds(count)) do assert.equal(2, channels(make, feed), name) end
      end
    end
  end)

  it("1.17 one channel comes out of one alone, and a response of one", function()
    for count, wanted in pairs { [1] = { 1, 2 }, [2] = { 2, 2 }, [4] = { 2, 2 } } do
      for inputs = 1, 2 do
        assert.equal(wanted[inputs], channels(
          function(ctx) return ctx:createConvolver { buffer = impulse(ctx, count) } end, feeds(inputs)[1]))
      end
    end
  end)

  it("1.5.3 one silent channel when nothing active comes in", function()
    for _, kinds in ipairs { KINDS, STEREO } do
      for name, make in pairs(kinds) do
        assert.equal(1, channels(make), name)
        assert.equal(1, channels(make, ended), name)
      end
    end
  end)

  it("1.5.3 a mono sound is panned as mono though a panner beside it has nothing to do any more", function()
    assert.near(math.sqrt(0.5), heard(1, function(ctx, to)
      local sum, dead = ctx:createGain(), ctx:createStereoPanner()
      ended(ctx):connect(dead):connect(sum)
      signal(ctx, 1):connect(sum):connect(ctx:createStereoPanner()):connect(to)
    end, 900), 1e-6)
  end)
end)

-- ---- ChannelMergerNode, ChannelSplitterNode --------------------------------------------------------------------

describe("ChannelMergerNode (Web Audio 1.1, section 1.14)", function()
  it("1.14 six inputs unless told otherwise, each mixed to one channel of the output in their order", function()
    assert.equal(6, offline(1):createChannelMerger().numberOfInputs)
    assert.same({ 2, 0, 3 }, heard(3, function(ctx, to)
      local merger = ctx:createChannelMerger(3)
      signal(ctx, 1, 3):connect(merger, 1, 1)
      signal(ctx, 3):connect(merger, 1, 3)
      merger:connect(to)
    end))
  end)

  it("1.14 mixed discretely, only the first channel of each input counts", function()
    assert.same({ 1, 3 }, heard(2, function(ctx, to)
      local merger = ctx:createChannelMerger { numberOfInputs = 2, channelInterpretation = "discrete" }
      signal(ctx, 1, 3):connect(merger, 1, 1)
      signal(ctx, 3):connect(merger, 1, 2)
      merger:connect(to)
    end))
  end)

  it("1.14 inputs that come and go do not move the others", function()
    local ctx = offline(512, 2)
    local merger, first = ctx:createChannelMerger(2), signal(ctx, 1)
    first:connect(merger, 1, 1)
    signal(ctx, 2):connect(merger, 1, 2)
    merger:connect(ctx.destination)
    ctx:suspend(at(256), function() first:disconnect() end)
    local out = ctx:startRendering()
    assert.same({ 1, 2, 0, 2 }, { out:getSample(1, 200), out:getSample(2, 200), out:getSample(1, 400), out:getSample(2, 400) })
  end)
end)

describe("ChannelSplitterNode (Web Audio 1.1, section 1.15)", function()
  local function split(outputs, ...)
    local values = { ... }
    return heard(outputs, function(ctx, to)
      local splitter, merger = ctx:createChannelSplitter(outputs), ctx:createChannelMerger(outputs)
      signal(ctx, unpack(values)):connect(splitter)
      for c = 1, outputs do splitter:connect(merger, c, c) end
      merger:connect(to)
    end)
  end

  it("1.15 six outputs unless told otherwise, of one channel of the input each; the others are silent", function()
    assert.equal(6, offline(1):createChannelSplitter().numberOfOutputs)
    assert.same({ 1, 2, 0, 0 }, split(4, 1, 2))
    assert.same({ 1, 0, 0 }, split(3, 1))
    assert.same({ 1, 2, 3, 4, 5, 6 }, split(6, 1, 2, 3, 4, 5, 6))
  end)

  it("1.15 channels beyond its outputs are left out, not mixed in", function()
    assert.same({ 1, 2 }, split(2, 1, 2, 3, 4))
  end)

  it("1.15 channelCount, channelCountMode and channelInterpretation cannot be changed", function()
    local ctx = offline(1)
    local splitter = ctx:createChannelSplitter(3)
    assert.same({ 3, "explicit", "discrete" },
      { splitter.channelCount, splitter.channelCountMode, splitter.channelInterpretation })
    for _, options in ipairs { { channelCount = 4 }, { channelCountMode = "max" }, { channelInterpretation = "speakers" } } do
      options.numberOfOutputs = 3
      message(ctx.createChannelSplitter, ctx, options)
    end
  end)
end)
