-- Nodes of the kinds that a host adds, those of tests/unit/kinds.h. tests/sh/custom_kinds.sh runs this in each Lua, with
-- a module that has them.
local perilune = require "perilune"
local support = require "support"

local message = support.message

local function samples(buffer, channel, from, to)
  local result = {}
  for i = from, to do result[#result + 1] = buffer:getSample(channel, i) end
  return result
end

-- A constant source that sounds from the beginning.
local function steady(ctx, value)
  local source = ctx:createConstantSource { offset = value }
  source:start()
  return source
end

describe("a node of a scheduled kind", function()
  it("sounds between start and stop, and calls onended once", function()
    local ctx, ended = support.offline(512), 0
    local tone = ctx:createNode("TestTone", { level = .5, onended = function() ended = ended + 1 end })
    tone:connect(ctx.destination)
    tone:start(2.5 / 48000)
    tone:stop(6 / 48000)
    local out = ctx:startRendering()
    assert.same({ 0, 0, 0, 1.5 / 2048, 2.5 / 2048, 3.5 / 2048, 0 }, samples(out, 1, 1, 7))
    assert.equals(1, ended)
    assert.equals(0, tone.numberOfInputs)
    assert.equals("CustomSourceNode", tostring(tone):match "^%w+")
  end)

  it("is started once, and stopped after that", function()
    local ctx = support.offline(128)
    local tone = ctx:createNode "TestTone"
    assert.matches("TestTone has not been started: call start before stop", message(tone.stop, tone), 1, true)
    tone:start()
    assert.matches("TestTone has been started already", message(tone.start, tone), 1, true)
    assert.matches("bad argument #1 to 'start'", message(tone.start, tone, -1), 1, true)
    assert.matches("'start' of CustomSourceNode is a method", message(function() tone.start = 1 end), 1, true)
    assert.matches("TestTone has no input", message(tone.connect, steady(ctx, 1), tone, 1, 1), 1, true)
  end)

  it("has an onended that is read, replaced and taken back", function()
    local ctx, called = support.offline(256), {}
    local tone = ctx:createNode "TestTone"
    local function first() called[#called + 1] = "first" end
    tone.onended = first
    assert.equals(first, tone.onended)
    tone:start()
    tone:stop(.001)
    tone.onended = function() called[#called + 1] = "second" end
    ctx:startRendering()
    assert.same({ "second" }, called)
    assert.is_nil(tone.onended)
  end)

  it("plays on without its handle", function()
    local ctx, ended = support.offline(1024), false
    do
      local tone = ctx:createNode("TestTone", { onended = function() ended = true end })
      tone:connect(ctx.destination)
      tone:start()
      tone:stop(600 / 48000)
    end
    collectgarbage()
    collectgarbage()
    local out = ctx:startRendering()
    assert.near(600 / 1024, out:getSample(1, 600), 1e-6)
    assert.equals(0, out:getSample(1, 601))
    assert.is_true(ended)
  end)

  it("has ranges of its own at each sample rate", function()
    for _, rate in ipairs { 8000, 44100 } do
      local ctx = perilune.newOfflineContext { channels = 1, length = 128, sampleRate = rate }
      local frequency = ctx:createNode("TestTone").frequency
      assert.equals(rate / 2, frequency.maxValue)
      assert.equals(-rate / 2, frequency.minValue)
    end
    local ctx = perilune.newOfflineContext { channels = 1, length = 128, sampleRate = 3000 }
    assert.matches("frequency of TestTone: its range at 3000 Hz", message(ctx.createNode, ctx, "TestTone"), 1, true)
  end)
end)

describe("a node of a kind that breaks cycles", function()
  it("takes the quanta that it says in a loop", function()
    local ctx = support.offline(1024)
    local echo, half = ctx:createNode("TestEcho", { quanta = 2 }), ctx:createGain { gain = .5 }
    support.source(ctx, support.constant(ctx, 128, 1), echo):start()
    echo:connect(half):connect(echo)
    echo:connect(ctx.destination)
    local out = ctx:startRendering()
    local got = {}
    for quantum = 0, 7 do got[#got + 1] = out:getSample(1, 128 * quantum + 1) end
    assert.same({ 0, 0, 1, 0, .5, 0, .25, 0 }, got)
  end)
end)

describe("an option of a host's kind", function()
  it("is checked by it, and brings its part", function()
    local ctx = support.offline(128)
    local table_ = ctx:createNode("TestTable", { size = 6 })
    steady(ctx, .125):connect(table_):connect(ctx.destination)
    assert.matches("size of TestTable: a size is 1 or even", message(function() table_.size = 3 end), 1, true)
    assert.matches("size of TestTable: there are no tables of 8", message(function() table_.size = 8 end), 1, true)
    assert.matches("size of TestTable: there are no tables of 8",
      message(ctx.createNode, ctx, "TestTable", { size = 8 }), 1, true)
    assert.equals(6, table_.size)
    assert.equals(.75, ctx:startRendering():getSample(1, 1))
  end)
end)

describe("a node with ports by number", function()
  it("has its kind's own number, or the one of its options", function()
    local ctx = support.offline(128, 5)
    assert.equals(3, ctx:createNode("TestMerger").numberOfInputs)
    assert.equals(2, ctx:createNode("TestSplitter").numberOfOutputs)
    local merger = ctx:createNode("TestMerger", { numberOfInputs = 5, channelInterpretation = "discrete" })
    assert.equals(5, merger.numberOfInputs)
    assert.equals("discrete", merger.channelInterpretation)
    local splitter = ctx:createNode("TestSplitter", { numberOfOutputs = 4 })
    assert.equals(4, splitter.numberOfOutputs)
    assert.equals(4, splitter.channelCount)
  end)

  it("connects each of them", function()
    local ctx = support.offline(128, 5)
    local merger, splitter = ctx:createNode("TestMerger", { numberOfInputs = 5 }), ctx:createNode("TestSplitter", { numberOfOutputs = 5 })
    ctx.destination.channelInterpretation = "discrete"
    steady(ctx, .25):connect(merger, 1, 5)
    merger:connect(splitter)
    splitter:connect(ctx.destination, 5)
    assert.equals(.25 * 5 * 5, ctx:startRendering():getSample(1, 1))
  end)

  it("refuses numbers that its kind does not have, and the other end's", function()
    local ctx = support.offline(128)
    assert.matches("'numberOfInputs'.*from 2 to 32.*got 1", message(ctx.createNode, ctx, "TestMerger", { numberOfInputs = 1 }))
    assert.matches("'numberOfOutputs'", message(ctx.createNode, ctx, "TestSplitter", { numberOfOutputs = 33 }))
    assert.matches("TestMerger has no property 'numberOfOutputs'",
      message(ctx.createNode, ctx, "TestMerger", { numberOfOutputs = 2 }), 1, true)
    assert.matches("TestTone has no property 'numberOfInputs'",
      message(ctx.createNode, ctx, "TestTone", { numberOfInputs = 2 }), 1, true)
  end)

  it("refuses rules of channels that its kind fixes", function()
    local ctx = support.offline(128)
    local merger, splitter = ctx:createNode "TestMerger", ctx:createNode "TestSplitter"
    assert.matches("channelCount of TestMerger cannot be changed", message(function() merger.channelCount = 2 end), 1, true)
    assert.matches("channelInterpretation of TestSplitter cannot be changed",
      message(function() splitter.channelInterpretation = "speakers" end), 1, true)
    assert.matches("channelCountMode of TestSplitter cannot be max",
      message(function() splitter.channelCountMode = "max" end), 1, true)
  end)
end)

describe("perilune.reload, with nodes of a host's kinds", function()
  local reloading = require "reloading"
  lazy_setup(reloading.begin)
  lazy_teardown(reloading.finish)

  local head = [[
    local perilune = require "perilune"
    local ctx = perilune.context()
    local M = perilune.persist("kinds_spec", function()
      local nodes = { size = ctx:createNode "TestTable", analyser = ctx:createAnalyser { fftSize = 256 } }
      nodes.analyser:connect(ctx.destination)
      return nodes
    end)
  ]]
  local start = [[
    local function play()
      local tone = ctx:createNode "TestTone"
      tone:connect(M.analyser)
      tone:start()
    end
    play()
  ]]

  it("holds back what a file does to them until it has succeeded", function()
    local m, file = reloading.module(head .. "return M")
    reloading.refused(file, head .. "M.size.size = 4 error 'late'")
    assert.equals(1, m.size.size)
    assert.truthy(reloading.refused(file, head .. "M.size.size = 9"):find("size of TestTable must be", 1, true))
    reloading.reloaded(file, head .. "M.size.size = 4 return M")
    assert.equals(4, m.size.size)
  end)

  it("starts those of a file that succeeds, and none of one that fails", function()
    local m, file = reloading.module(head .. "return M")
    local function sounds()
      for _, sample in ipairs(m.analyser:getFloatTimeDomainData()) do
        if sample ~= 0 then return true end
      end
      return false
    end
    reloading.refused(file, head .. start .. "error 'late'")
    support.settle()
    assert.is_false(sounds())
    reloading.reloaded(file, head .. start .. "return M")
    assert.is_true(support.wait(sounds))
    reloading.reloaded(file, head .. "return M")
    assert.is_true(support.wait(function() return not sounds() end))
  end)
end)
