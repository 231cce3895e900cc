-- ConstantSourceNode, ChannelSplitterNode and ChannelMergerNode from Lua.
local support = require "support"

local function samples(buffer, channel, from, to)
  local result = {}
  for i = from, to do result[#result + 1] = buffer:getSample(channel, i) end
  return result
end

describe("a ConstantSourceNode", function()
  it("sounds between start and stop, and calls onended once", function()
    local ctx = support.offline(512)
    local source, ended = ctx:createConstantSource { offset = .5 }, 0
    source.onended = function() ended = ended + 1 end
    source:connect(ctx.destination)
    source:start(2 / 48000)
    source:stop(5 / 48000)
    local out = ctx:startRendering()
    assert.same({ 0, 0, .5, .5, .5, 0 }, samples(out, 1, 1, 6))
    assert.equals(1, ended)
    assert.equals(0, source.numberOfInputs)
    assert.equals(1, source.numberOfOutputs)
    assert.equals("ConstantSourceNode", tostring(source):match "^%w+")
  end)

  it("has an offset that is automated", function()
    local ctx = support.offline(256)
    local source = ctx:createConstantSource()
    source.offset:setValueAtTime(0, 0):linearRampToValueAtTime(1, 64 / 48000)
    source:connect(ctx.destination)
    source:start()
    local out = ctx:startRendering()
    assert.near(.5, out:getSample(1, 33), 1e-6)
    assert.equals(1, out:getSample(1, 100))
  end)

  it("is started once, and stopped after that", function()
    local ctx = support.offline(128)
    local source = ctx:createConstantSource()
    assert.matches("ConstantSourceNode has not been started: call start before stop",
      support.message(source.stop, source), 1, true)
    source:start()
    assert.matches("ConstantSourceNode has been started already", support.message(source.start, source), 1, true)
    assert.matches("bad argument #1 to 'start'", support.message(source.start, source, -1), 1, true)
    assert.matches("no more than 1 expected", support.message(source.start, source, 0, 1), 1, true)
    assert.matches("has no property 'ofset' (did you mean 'offset'?)",
      support.message(ctx.createConstantSource, ctx, { ofset = 1 }), 1, true)
  end)

  it("drives a parameter", function()
    local ctx = support.offline(128)
    local one, two, gain = ctx:createConstantSource(), ctx:createConstantSource { offset = .25 }, ctx:createGain { gain = .5 }
    one:connect(gain):connect(ctx.destination)
    two:connect(gain.gain)
    one:start()
    two:start(64 / 48000)
    local out = ctx:startRendering()
    assert.equals(.5, out:getSample(1, 64))
    assert.equals(.75, out:getSample(1, 65))
  end)

  it("plays on without its handle", function()
    local ctx = support.offline(1024)
    local heard
    do
      local source = ctx:createConstantSource { offset = .5 }
      source.onended = function() heard = true end
      source:connect(ctx.destination)
      source:start()
      source:stop(600 / 48000)
    end
    support.collect()
    local out = ctx:startRendering()
    assert.equals(.5, out:getSample(1, 600))
    assert.equals(0, out:getSample(1, 601))
    assert.is_true(heard)
  end)
end)

describe("a splitter and a merger", function()
  it("have ports by number, argument or option, and connect from 1 on", function()
    local ctx = support.offline(128, 2)
    local left, right = ctx:createConstantSource { offset = .25 }, ctx:createConstantSource { offset = .5 }
    local merger, splitter = ctx:createChannelMerger(2), ctx:createChannelSplitter { numberOfOutputs = 2 }
    local swapped = ctx:createChannelMerger { numberOfInputs = 2, channelInterpretation = "discrete" }
    left:connect(merger, 1, 1)
    right:connect(merger, 1, 2)
    merger:connect(splitter)
    splitter:connect(swapped, 1, 2)
    splitter:connect(swapped, 2, 1)
    swapped:connect(ctx.destination)
    left:start()
    right:start()
    local out = ctx:startRendering()
    assert.same({ .5, .25 }, { out:getSample(1, 1), out:getSample(2, 1) })
    assert.equals(2, splitter.numberOfOutputs)
    assert.equals(1, splitter.numberOfInputs)
    assert.equals(2, merger.numberOfInputs)
    assert.equals(6, ctx:createChannelSplitter().numberOfOutputs)
    assert.matches("whole number from 1 to 2 expected, got 3", support.message(splitter.connect, splitter, merger, 3), 1, true)
    assert.matches("whole number from 1 to 32 expected, got 0", support.message(ctx.createChannelMerger, ctx, 0), 1, true)
    assert.matches("channelCount of ChannelSplitterNode cannot be changed",
      support.message(function() splitter.channelCount = 1 end), 1, true)
  end)
end)
