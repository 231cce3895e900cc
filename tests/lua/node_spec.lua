local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source

-- What a mono destination gets in its first frame from a source of ones through `build`.
local function heard(build, channels)
  local ctx = offline(128, channels)
  local from = source(ctx, constant(ctx, 128, 1), ctx:createGain())
  from:disconnect()
  build(ctx, from)
  from:start()
  local out = ctx:startRendering()
  return out:getSample(1, 1), channels == 2 and out:getSample(2, 1) or nil
end

describe("a node", function()
  it("passes what it is connected to", function()
    assert.equal(0.5, heard(function(ctx, from)
      local gain = ctx:createGain { gain = 0.5 }
      assert.is_true(from:connect(gain) == gain)
      assert.is_true(gain:connect(ctx.destination) == ctx.destination)
    end))
  end)

  it("adds what arrives, and a second connection of the same kind changes nothing", function()
    assert.equal(0.75, heard(function(ctx, from)
      local a, b = ctx:createGain { gain = 0.5 }, ctx:createGain { gain = 0.25 }
      for _, gain in ipairs { a, b } do
        from:connect(gain):connect(ctx.destination)
        gain:connect(ctx.destination, 1, 1)
      end
    end))
  end)

  it("is added to a parameter it is connected to", function()
    assert.equal(1.5, heard(function(ctx, from)
      local gain, amount = ctx:createGain { gain = 1 }, ctx:createGain { gain = 0.5 }
      assert.is_nil(from:connect(amount):connect(gain.gain, 1))
      from:connect(gain):connect(ctx.destination)
    end))
  end)

  it("is found under its context and counts inputs and outputs", function()
    local ctx = offline(128)
    local gain, from = ctx:createGain(), ctx:createBufferSource()
    assert.is_true(gain.context == ctx and from.context == ctx)
    assert.same({ 1, 1, 0, 1 }, { gain.numberOfInputs, gain.numberOfOutputs, from.numberOfInputs, from.numberOfOutputs })
  end)

  it("has Web Audio's channel attributes", function()
    local gain = offline(128):createGain()
    assert.same({ 2, "max", "speakers" }, { gain.channelCount, gain.channelCountMode, gain.channelInterpretation })
    gain.channelCount, gain.channelCountMode, gain.channelInterpretation = 1, "explicit", "discrete"
    assert.same({ 1, "explicit", "discrete" }, { gain.channelCount, gain.channelCountMode, gain.channelInterpretation })
  end)

  it("takes parameters and attributes as options of its factory", function()
    local gain = offline(128):createGain { gain = 0.25, channelCount = 1, channelCountMode = "explicit" }
    assert.same({ 0.25, 1, "explicit" }, { gain.gain.value, gain.channelCount, gain.channelCountMode })
    assert.equal(-0.5, offline(128):createStereoPanner({ pan = -0.5 }).pan.value)
  end)

  it("gives the same parameter each time", function()
    local gain = offline(128):createGain()
    assert.is_true(gain.gain == gain.gain)
    local known = setmetatable({}, { __mode = "k" })
    known[gain.gain] = true
    support.collect()
    assert.is_nil(next(known))
    assert.equal(1, gain.gain.value)
  end)

  it("pans with equal power", function()
    local left, right = heard(function(ctx, from) from:connect(ctx:createStereoPanner { pan = 0 }):connect(ctx.destination) end, 2)
    assert.near(math.sqrt(0.5), left, 1e-6)
    assert.near(math.sqrt(0.5), right, 1e-6)
    left, right = heard(function(ctx, from) from:connect(ctx:createStereoPanner { pan = 1 }):connect(ctx.destination) end, 2)
    assert.near(0, left, 1e-6)
    assert.near(1, right, 1e-6)
  end)
end)

describe("disconnect", function()
  -- A source into two gains (1 and 10), both into the destination, and into the first one's parameter.
  local function left(undo)
    return heard(function(ctx, from)
      local a, b = ctx:createGain { gain = 1 }, ctx:createGain { gain = 10 }
      from:connect(a):connect(ctx.destination)
      from:connect(b):connect(ctx.destination)
      from:connect(b.gain)
      undo(from, a, b)
    end)
  end

  it("without arguments removes everything, parameters too", function()
    assert.equal(0, left(function(from) from:disconnect() end))
    assert.equal(10, left(function(from, _, b) from:disconnect(); from:connect(b) end))
  end)

  it("of an output removes all of that output", function()
    assert.equal(0, left(function(from) from:disconnect(1) end))
  end)

  it("of a node removes the connections to its inputs and leaves those to its parameters", function()
    assert.equal(1, left(function(from, _, b) from:disconnect(b) end))
    assert.equal(11, left(function(from, a) from:disconnect(a) end))
  end)

  it("of a node, output and input removes that one", function()
    assert.equal(1, left(function(from, _, b) from:disconnect(b, 1) end))
    assert.equal(1, left(function(from, _, b) from:disconnect(b, 1, 1) end))
  end)

  it("of a parameter removes that one", function()
    assert.equal(11, left(function(from, _, b) from:disconnect(b.gain) end))
    assert.equal(11, left(function(from, _, b) from:disconnect(b.gain, 1) end))
  end)

  it("raises when there is no such connection, and changes nothing", function()
    assert.equal(12, left(function(from, a)
      assert.matches("not connected", message(from.disconnect, from, from.context.destination))
      assert.matches("not connected", message(from.disconnect, from, a.gain))
    end))
  end)
end)

describe("a wrong call of a node", function()
  local ctx = offline(128)
  local gain = ctx:createGain()

  it("names the argument, what was expected and what came", function()
    local connect = gain.connect
    assert.matches("bad argument #1 to 'connect' %(AudioNode or AudioParam expected, got nil%)",
      message(connect, gain, nil))
    assert.matches("bad argument #1 to 'connect' %(AudioNode or AudioParam expected, got no value%)",
      message(connect, gain))
    assert.matches("bad argument #1 to 'connect' %(AudioNode or AudioParam expected, got number%)",
      message(connect, gain, 5))
    assert.matches("bad argument #1 to 'connect' %(AudioNode or AudioParam expected, got OfflineAudioContext%)",
      message(connect, gain, ctx))
    assert.matches("bad argument #2 to 'connect' %(whole number from 1 to 1 expected, got 2%)",
      message(connect, gain, ctx.destination, 2))
    assert.matches("bad argument #3 to 'connect' %(whole number from 1 to 1 expected, got 0%)",
      message(connect, gain, ctx.destination, 1, 0))
    assert.matches("bad argument #3 to 'connect' %(no more than 2 expected%)", message(connect, gain, gain.gain, 1, 1))
    assert.matches("'connect' was called without its object .*got no value", message(connect))
    assert.matches("bad argument #1 to 'disconnect' %(AudioNode, AudioParam or number expected, got nil%)",
      message(gain.disconnect, gain, nil))
  end)

  it("points at the script's line", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, text = pcall(function() gain:connect(nil) end)
    assert.is_false(ok)
    assert.matches("node_spec%.lua:" .. line .. ": bad argument", text)
    line = debug.getinfo(1, "l").currentline + 1
    ok, text = pcall(function() gain.channelCount = 0 end)
    assert.is_false(ok)
    assert.matches("node_spec%.lua:" .. line .. ": bad value for 'channelCount'", text)
  end)

  it("refuses a node of another context", function()
    local other = offline(128)
    assert.matches("belongs to another context", message(gain.connect, gain, other.destination))
    assert.matches("belongs to another context", message(gain.connect, gain, other:createGain().gain))
    assert.matches("belongs to another context", message(ctx.createTap, ctx, other.destination))
  end)

  it("names the nearest property for an unknown one", function()
    assert.matches("GainNode has no property 'gian' %(did you mean 'gain'%?%)",
      message(function() return gain.gian end))
    assert.matches("GainNode has no property 'chanelCount' %(did you mean 'channelCount'%?%)",
      message(function() gain.chanelCount = 1 end))
    assert.matches("OfflineAudioContext has no property 'createGian' %(did you mean 'createGain'%?%)",
      message(function() ctx:createGian() end))
    assert.matches("did you mean 'pan'%?", message(ctx.createStereoPanner, ctx, { pam = 1 }))
    assert.matches("named by a string, not by a number", message(function() return gain[1] end))
  end)

  it("names .value when a number is assigned to a parameter", function()
    assert.matches("'gain' of GainNode is an AudioParam and cannot be assigned: write %.gain%.value",
      message(function() gain.gain = 1 end))
  end)

  it("refuses to write what is read-only", function()
    assert.matches("read%-only", message(function() gain.context = ctx end))
    assert.matches("is a method", message(function() gain.connect = 1 end))
  end)

  it("refuses attributes that make no sense, and changes nothing", function()
    assert.matches("whole number from 1 to 32 expected, got 33", message(function() gain.channelCount = 33 end))
    assert.matches("\"max\", \"clamped%-max\" or \"explicit\" expected, got \"min\"",
      message(function() gain.channelCountMode = "min" end))
    assert.matches("\"speakers\" or \"discrete\" expected, got number",
      message(function() gain.channelInterpretation = 1 end))
    assert.same({ 2, "max", "speakers" }, { gain.channelCount, gain.channelCountMode, gain.channelInterpretation })
  end)

  it("never takes another library's userdata for its own", function()
    assert.matches("got userdata", message(gain.connect, gain, io.stdout))
    assert.matches("without its object", message(gain.connect, io.stdout, gain))
    assert.is_nil(getmetatable(gain).__gc(io.stdout))
  end)
end)
