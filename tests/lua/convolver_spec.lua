local support = require "tests.lua.support"
local message, offline = support.message, support.offline

local function buffer_of(ctx, channels, rate)
  local buffer = ctx:createBuffer(#channels, #channels[1], rate or ctx.sampleRate)
  for c, samples in ipairs(channels) do buffer:copyToChannel(samples, c) end
  return buffer
end

local function rendered(ctx, sound, convolver)
  local source = support.source(ctx, sound, convolver)
  convolver:connect(ctx.destination)
  source:start()
  return ctx:startRendering()
end

describe("ConvolverNode", function()
  it("has the text's defaults", function()
    local node = offline(128):createConvolver()
    assert.is_nil(node.buffer)
    assert.is_true(node.normalize)
    assert.same({ 1, 1, 2, "clamped-max", "speakers" },
      { node.numberOfInputs, node.numberOfOutputs, node.channelCount, node.channelCountMode, node.channelInterpretation })
    assert.matches("ConvolverNode", tostring(node))
  end)

  it("convolves", function()
    local ctx = offline(512)
    local node = ctx:createConvolver { normalize = false }
    node.buffer = buffer_of(ctx, { { 1, 0, -0.5, 0.25 } })
    local out = rendered(ctx, buffer_of(ctx, { { 1, 2, 3 } }), node):copyFromChannel(1)
    for i, value in ipairs { 1, 2, 2.5, -0.75, -1, 0.75, 0 } do assert.is_true(math.abs(out[i] - value) < 1e-6) end
  end)

  it("multiplies by a matrix of four channels", function()
    local ctx = offline(128, 2)
    local node = ctx:createConvolver { normalize = false, buffer = buffer_of(ctx, { { 0.5 }, { 0.25 }, { 0.125 }, { -1 } }) }
    local out = rendered(ctx, buffer_of(ctx, { { 1 }, { 2 } }), node)
    assert.is_true(math.abs(out:copyFromChannel(1)[1] - 0.75) < 1e-6)
    assert.is_true(math.abs(out:copyFromChannel(2)[1] + 1.75) < 1e-6)
  end)

  it("normalises unless told otherwise, whatever stands first", function()
    for _, case in ipairs { { {}, true }, { { disableNormalization = true }, false }, { { disableNormalization = false }, true },
      { { normalize = false }, false } } do
      local ctx = offline(128)
      case[1].buffer = buffer_of(ctx, { { 0.5 } })
      local node = ctx:createConvolver(case[1])
      assert.equal(case[2], node.normalize)
      local out = rendered(ctx, buffer_of(ctx, { { 1 } }), node):copyFromChannel(1)
      assert.is_true(math.abs(out[1] - (case[2] and 0.00125 * 44100 / 48000 or 0.5)) < 1e-6)
      assert.is_not_nil(case[1].buffer)
    end
  end)

  it("gives its buffer back, and lets it go", function()
    local ctx = offline(128)
    local node, buffer = ctx:createConvolver(), buffer_of(ctx, { { 1 }, { 1 } })
    node.buffer = buffer
    assert.equal(buffer, node.buffer)
    node.buffer = nil
    assert.is_nil(node.buffer)
  end)

  it("refuses what cannot be its buffer, and changes nothing", function()
    local ctx = offline(128)
    local good = buffer_of(ctx, { { 1 } })
    local node = ctx:createConvolver { buffer = good }
    assert.matches("Buffer or nil expected, got number", message(function() node.buffer = 1 end))
    assert.matches("must have 1, 2 or 4 channels, got 3",
      message(function() node.buffer = buffer_of(ctx, { { 1 }, { 1 }, { 1 } }) end))
    assert.matches("must have the engine's sample rate, 48000, got 44100",
      message(function() node.buffer = buffer_of(ctx, { { 1 } }, 44100) end))
    assert.matches("boolean expected", message(function() node.normalize = 1 end))
    assert.matches("boolean expected", message(ctx.createConvolver, ctx, { disableNormalization = 1 }))
    assert.matches("did you mean 'buffer'", message(ctx.createConvolver, ctx, { bufer = good }))
    assert.matches("table expected", message(ctx.createConvolver, ctx, 1))
    assert.equal(good, node.buffer)
    assert.is_true(node.normalize)
  end)

  it("keeps the text's limits of channels", function()
    local node = offline(128):createConvolver()
    assert.matches("channelCount of ConvolverNode must be 1 to 2, got 3", message(function() node.channelCount = 3 end))
    assert.matches("cannot be max", message(function() node.channelCountMode = "max" end))
    node.channelCount, node.channelCountMode = 1, "explicit"
    assert.same({ 1, "explicit" }, { node.channelCount, node.channelCountMode })
  end)
end)
