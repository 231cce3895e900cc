local support = require "tests.lua.support"
local message = support.message

-- A gain of a constant 1 over `length` frames, its parameter set up by `build`: what is heard.
local function curve(length, build)
  local ctx = support.offline(length)
  local gain = ctx:createGain()
  gain:connect(ctx.destination)
  support.source(ctx, support.constant(ctx, length, 1), gain):start()
  build(gain.gain, ctx)
  local out = ctx:startRendering()
  return function(frame) return out:getSample(1, frame + 1) end
end
local function at(frame) return frame / 48000 end

describe("a parameter", function()
  it("tells its value, default and range", function()
    local ctx = support.offline(128)
    local gain, pan = ctx:createGain().gain, ctx:createStereoPanner().pan
    assert.same({ 1, 1, "a-rate" }, { gain.value, gain.defaultValue, gain.automationRate })
    assert.same({ 0, 0, -1, 1 }, { pan.value, pan.defaultValue, pan.minValue, pan.maxValue })
    local source = ctx:createBufferSource()
    assert.same({ 1, 0 }, { source.playbackRate.defaultValue, source.detune.defaultValue })
  end)

  it("keeps its node", function()
    local ctx = support.offline(128)
    local gain = ctx:createGain().gain
    support.collect()
    gain.value = 0.5
    assert.equal(0.5, gain.value)
  end)

  it("returns itself from each automation method", function()
    local gain = support.offline(128):createGain().gain
    assert.is_true(gain:setValueAtTime(1, 0) == gain)
    assert.is_true(gain:linearRampToValueAtTime(0.5, 0.001) == gain)
    assert.is_true(gain:exponentialRampToValueAtTime(0.1, 0.002) == gain)
    assert.is_true(gain:setTargetAtTime(0, 0.003, 0.01) == gain)
    assert.is_true(gain:setValueCurveAtTime({ 0, 1, 0 }, 0.004, 0.01) == gain)
    assert.is_true(gain:cancelAndHoldAtTime(0.005) == gain)
    assert.is_true(gain:cancelScheduledValues(0) == gain)
  end)

  it("takes a value at its frame", function()
    local v = curve(512, function(gain) gain:setValueAtTime(0.5, at(200)) end)
    assert.equal(1, v(199))
    assert.equal(0.5, v(200))
  end)

  it("ramps linearly and exponentially", function()
    local v = curve(512, function(gain) gain:setValueAtTime(0, 0):linearRampToValueAtTime(1, at(400)) end)
    assert.near(0.25, v(100), 1e-4)
    assert.near(1, v(400), 1e-4)
    v = curve(512, function(gain) gain:setValueAtTime(1, 0):exponentialRampToValueAtTime(1 / 16, at(400)) end)
    assert.near(1 / 4, v(200), 1e-4)
  end)

  it("approaches a target and follows a curve", function()
    local v = curve(512, function(gain) gain:setValueAtTime(1, 0):setTargetAtTime(0, 0, at(100)) end)
    assert.near(math.exp(-1), v(100), 1e-4)
    v = curve(512, function(gain) gain:setValueCurveAtTime({ 0, 1, 0.5 }, 0, at(400)) end)
    assert.near(0.5, v(100), 1e-4)
    assert.near(1, v(200), 1e-4)
    assert.near(0.5, v(500), 1e-4)
  end)

  it("forgets what is cancelled and holds what is held", function()
    local v = curve(512, function(gain) gain:setValueAtTime(0, at(256)):cancelScheduledValues(at(100)) end)
    assert.equal(1, v(300))
    v = curve(512, function(gain) gain:setValueAtTime(0, 0):linearRampToValueAtTime(1, at(400)):cancelAndHoldAtTime(at(200)) end)
    assert.near(0.5, v(450), 1e-3)
  end)

  it("takes one value a quantum at k-rate", function()
    local v = curve(512, function(gain)
      gain.automationRate = "k-rate"
      gain:setValueAtTime(0, 0):linearRampToValueAtTime(1, at(512))
    end)
    assert.equal(v(128), v(255))
    assert.is_true(v(256) > v(255))
  end)
end)

describe("a wrong call of a parameter", function()
  local gain = support.offline(128):createGain().gain

  it("is refused and changes nothing", function()
    local nan, inf = 0 / 0, math.huge
    assert.matches("bad argument #1 to 'setValueAtTime' %(finite number expected, got .*nan%)",
      message(gain.setValueAtTime, gain, nan, 0))
    assert.matches("bad argument #2 to 'setValueAtTime' %(finite number expected, got inf%)",
      message(gain.setValueAtTime, gain, 0, inf))
    assert.matches("bad argument #2 to 'linearRampToValueAtTime' %(time of 0 seconds or later expected, got %-1%)",
      message(gain.linearRampToValueAtTime, gain, 0, -1))
    assert.matches("bad argument #1 to 'exponentialRampToValueAtTime' %(number other than 0 expected, got 0%)",
      message(gain.exponentialRampToValueAtTime, gain, 0, 1))
    assert.matches("bad argument #3 to 'setTargetAtTime' %(number expected, got nil%)",
      message(gain.setTargetAtTime, gain, 0, 0))
    assert.matches("bad argument #3 to 'setTargetAtTime' .*got %-1", message(gain.setTargetAtTime, gain, 0, 0, -1))
    assert.matches("bad argument #1 to 'setValueCurveAtTime' %(at least 2 values expected, got 1%)",
      message(gain.setValueCurveAtTime, gain, { 1 }, 0, 1))
    assert.matches("bad argument #1 to 'setValueCurveAtTime' %(table expected, got string%)",
      message(gain.setValueCurveAtTime, gain, "x", 0, 1))
    assert.matches("bad value for 'value of the curve'", message(gain.setValueCurveAtTime, gain, { 1, nan }, 0, 1))
    assert.matches("bad argument #3 to 'setValueCurveAtTime' .*got 0",
      message(gain.setValueCurveAtTime, gain, { 1, 2 }, 0, 0))
    assert.matches("bad argument #3 to 'setValueAtTime' %(no more than 2 expected%)",
      message(gain.setValueAtTime, gain, 0, 0, 0))
    assert.matches("bad value for 'value' %(number expected, got string%)", message(function() gain.value = "1" end))
    assert.matches("bad value for 'value' .*got 1e%+300", message(function() gain.value = 1e300 end))
    assert.matches("\"k%-rate\" or \"a%-rate\" expected", message(function() gain.automationRate = "x" end))
    assert.matches("AudioParam has no property 'vlaue' %(did you mean 'value'%?%)",
      message(function() gain.vlaue = 1 end))
    assert.equal(1, gain.value)
  end)
end)
