local support = require "tests.lua.support"
local message, offline = support.message, support.offline

describe("DynamicsCompressorNode", function()
  it("has the text's defaults", function()
    local node = offline(128):createDynamicsCompressor()
    assert.same({ 1, 1, 2, "clamped-max", "speakers" },
      { node.numberOfInputs, node.numberOfOutputs, node.channelCount, node.channelCountMode, node.channelInterpretation })
    for name, default in pairs { threshold = -24, knee = 30, ratio = 12, attack = 0.003, release = 0.25 } do
      assert.is_true(math.abs(node[name].value - default) < 1e-6, name)
      assert.equal("k-rate", node[name].automationRate)
    end
    assert.equal(0, node.reduction)
    assert.matches("DynamicsCompressorNode", tostring(node))
  end)

  it("takes options", function()
    local node = offline(128):createDynamicsCompressor { threshold = -50, ratio = 4, knee = 0, attack = 0.5, release = 1 }
    assert.same({ -50, 4, 0, 0.5, 1 },
      { node.threshold.value, node.ratio.value, node.knee.value, node.attack.value, node.release.value })
  end)

  it("compresses, and says by how much", function()
    local ctx = offline(48000)
    local node = ctx:createDynamicsCompressor { threshold = -40, knee = 0, ratio = 20 }
    node:connect(ctx.destination)
    support.source(ctx, support.constant(ctx, 48000, 1), node):start()
    local reduction
    ctx:suspend(0.9, function() reduction = node.reduction end)
    local out = ctx:startRendering():copyFromChannel(1)
    assert.equal(0, out[288])
    assert.is_true(out[289] > 0)
    assert.is_true(math.abs(20 * math.log(out[48000]) / math.log(10) - (-38 + 0.6 * 38)) < 0.1)
    assert.is_true(math.abs(reduction + 38) < 0.1)
  end)

  it("refuses what the text does", function()
    local node = offline(128):createDynamicsCompressor()
    assert.matches("channelCount of DynamicsCompressorNode must be 1 to 2, got 3",
      message(function() node.channelCount = 3 end))
    assert.matches("cannot be max", message(function() node.channelCountMode = "max" end))
    assert.matches("read%-only", message(function() node.reduction = 1 end))
    assert.has_error(function() node.ratio.automationRate = "a-rate" end)
    assert.matches("did you mean 'ratio'", message(function() return node.ratoi end))
  end)
end)
