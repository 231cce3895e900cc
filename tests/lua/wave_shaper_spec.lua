local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source

local function heard(options, value, frame)
  local ctx = offline(512)
  local shaper = ctx:createWaveShaper(options)
  shaper:connect(ctx.destination)
  if value then source(ctx, constant(ctx, 512, value), shaper):start() end
  return ctx:startRendering():getSample(1, frame or 1)
end

describe("a wave shaper", function()
  it("has Web Audio's defaults", function()
    local shaper = offline(128):createWaveShaper()
    assert.is_nil(shaper.curve)
    assert.equal("none", shaper.oversample)
    assert.same({ 1, 1, 2, "max" }, {
      shaper.numberOfInputs, shaper.numberOfOutputs, shaper.channelCount, shaper.channelCountMode,
    })
    assert.truthy(tostring(shaper):find("^WaveShaperNode: "))
  end)

  it("shapes by its curve, whose ends hold", function()
    local curve = { -0.5, 0, 1 }
    for x, y in pairs { [-2] = -0.5, [-1] = -0.5, [-0.5] = -0.25, [0] = 0, [0.25] = 0.25, [0.5] = 0.5, [1] = 1, [3] = 1 } do
      assert.equal(y, heard({ curve = curve }, x))
    end
    assert.equal(0.125, heard({ curve = { 0.125, 0.125 } }, nil))
    assert.equal(3, heard({}, 3))
  end)

  it("gives back a copy of its curve", function()
    local shaper = offline(128):createWaveShaper()
    local curve = { 0.25, -1, 0.5 }
    shaper.curve = curve
    curve[1] = 9
    assert.same({ 0.25, -1, 0.5 }, shaper.curve)
    shaper.curve[1] = 9
    assert.same({ 0.25, -1, 0.5 }, shaper.curve)
    shaper.curve = { 1, 0 }
    assert.same({ 1, 0 }, shaper.curve)
    shaper.curve = nil
    assert.is_nil(shaper.curve)
  end)

  it("takes its curve as a string of float32", function()
    local shaper = offline(128):createWaveShaper { curve = "\0\0\128\63\0\0\0\191\0\0\128\62" } -- 1, −0.5, 0.25
    assert.same({ 1, -0.5, 0.25 }, shaper.curve)
  end)

  it("takes a new curve while it plays", function()
    local ctx = offline(512)
    local shaper = ctx:createWaveShaper { curve = { -1, 1 } }
    source(ctx, constant(ctx, 512, 0.5), shaper):start()
    shaper:connect(ctx.destination)
    ctx:suspend(128 / 48000, function() shaper.curve = { 1, -1 } end)
    ctx:suspend(256 / 48000, function() shaper.curve = nil end)
    local out = ctx:startRendering()
    assert.same({ 0.5, -0.5, 0.5 }, { out:getSample(1, 128), out:getSample(1, 129), out:getSample(1, 257) })
  end)

  it("refuses wrong curves, and keeps what it has", function()
    local shaper = offline(128):createWaveShaper { curve = { -1, 1 } }
    local function refused(value)
      return message(function() shaper.curve = value end)
    end
    assert.truthy(refused({ 1 }):find("bad value for 'curve' (at least 2 values expected, got 1)", 1, true))
    assert.truthy(refused({}):find("at least 2 values expected, got 0", 1, true))
    assert.truthy(refused("12345"):find("a string of float32 expected, 4 bytes each, got 5 bytes", 1, true))
    assert.truthy(refused(3):find("table, string or nil expected, got number", 1, true))
    assert.truthy(refused({ 0, "x" }):find("number expected, got string", 1, true))
    assert.truthy(refused({ 0, 0 / 0 }):find("finite number expected", 1, true))
    assert.truthy(refused("\0\0\0\0\0\0\192\127"):find("value 2 of the curve is not finite", 1, true))
    assert.truthy(message(function() shaper.oversample = "3x" end):find('"none", "2x" or "4x"', 1, true))
    assert.same({ -1, 1 }, shaper.curve)
  end)

  it("oversamples, late by 31 frames at 2x and by 38 at 4x", function()
    for word, late in pairs { ["2x"] = 31, ["4x"] = 38 } do
      local options = { curve = { -1, 1 }, oversample = word }
      local before, at = heard(options, 0.5, late + 1 - 3), heard(options, 0.5, late + 1 + 3)
      assert.is_true(before < 0.25 and at > 0.25)
      assert.is_true(math.abs(heard(options, 0.5, 200) - 0.5) < 1e-6)
    end
    local shaper = offline(128):createWaveShaper { oversample = "4x" }
    assert.equal("4x", shaper.oversample)
    shaper.oversample = "none"
    assert.equal("none", shaper.oversample)
  end)
end)
