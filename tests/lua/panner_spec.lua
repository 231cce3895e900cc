local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source

-- Left and right in the first frame of ones, mono, through a panner that `build` has set.
local function heard(build)
  local ctx = offline(128, 2)
  local panner = ctx:createPanner()
  source(ctx, constant(ctx, 128, 1), panner):start()
  panner:connect(ctx.destination)
  build(panner, ctx)
  local out = ctx:startRendering()
  return out:getSample(1, 1), out:getSample(2, 1)
end

local function near(wanted, got) assert.is_true(math.abs(wanted - got) < 1e-6, ("%g, wanted %g"):format(got, wanted)) end

describe("a panner", function()
  it("has Web Audio's defaults", function()
    local p = offline(128):createPanner()
    assert.same({ "equalpower", "inverse", 1, 10000, 1, 360, 360, 0 }, { p.panningModel, p.distanceModel, p.refDistance,
      p.maxDistance, p.rolloffFactor, p.coneInnerAngle, p.coneOuterAngle, p.coneOuterGain })
    assert.same({ 0, 0, 0, 1, 0, 0 }, { p.positionX.value, p.positionY.value, p.positionZ.value, p.orientationX.value,
      p.orientationY.value, p.orientationZ.value })
    assert.same({ 2, "clamped-max", "speakers" }, { p.channelCount, p.channelCountMode, p.channelInterpretation })
    assert.same({ 1, 1, "a-rate" }, { p.numberOfInputs, p.numberOfOutputs, p.positionX.automationRate })
  end)

  it("takes all of them as options of its factory", function()
    local p = offline(128):createPanner { positionX = 1, orientationZ = -1, distanceModel = "linear", refDistance = 2,
      maxDistance = 3, rolloffFactor = .5, coneInnerAngle = 30, coneOuterAngle = 90, coneOuterGain = .25, channelCount = 1 }
    assert.same({ 1, -1, "linear", 2, 3, .5, 30, 90, .25, 1 }, { p.positionX.value, p.orientationZ.value, p.distanceModel,
      p.refDistance, p.maxDistance, p.rolloffFactor, p.coneInnerAngle, p.coneOuterAngle, p.coneOuterGain, p.channelCount })
  end)

  it("is heard from where it is, quieter from afar", function()
    local left, right = heard(function(panner) panner.positionX.value = -1 end)
    near(1, left) near(0, right)
    left, right = heard(function(panner) panner:setPosition(4, 0, 0) end)
    near(0, left) near(.25, right)
    left, right = heard(function(panner) panner.positionZ.value, panner.rolloffFactor = -9, 0 end)
    near(math.sqrt(.5), left) near(math.sqrt(.5), right)
  end)

  it("points somewhere", function()
    local function aim(x, z)
      return (heard(function(panner)
        panner.coneInnerAngle, panner.coneOuterAngle, panner.coneOuterGain = 60, 120, .5
        panner:setPosition(0, 0, -1)
        panner:setOrientation(x, 0, z)
      end))
    end
    near(math.sqrt(.5), aim(0, 1))
    near(.5 * math.sqrt(.5), aim(0, -1))
    near(.75 * math.sqrt(.5), aim(1, 1))
  end)

  it("refuses what is out of range, and changes nothing", function()
    local p = offline(128):createPanner()
    for name, value in pairs { refDistance = -1, maxDistance = 0, rolloffFactor = -1, coneOuterGain = 2 } do
      local before = p[name]
      assert.matches(name .. " of PannerNode", message(function() p[name] = value end))
      assert.equal(before, p[name])
    end
    assert.matches("distanceModel.*expected", message(function() p.distanceModel = "square" end))
    assert.matches("panningModel.*expected", message(function() p.panningModel = "surround" end))
    assert.matches("channelCount of PannerNode must be 1 to 2", message(function() p.channelCount = 3 end))
    assert.matches("cannot be max", message(function() p.channelCountMode = "max" end))
    assert.matches("bad argument #2 to 'setPosition' %(number expected", message(p.setPosition, p, 1, "up", 2))
  end)
end)

describe("an HRTF panner", function()
  -- Without libmysofa the error is all that there is.
  local ctx = offline(2048, 2)
  local there, why = pcall(ctx.createPanner, ctx, { panningModel = "HRTF" })

  it("says what it needs", function()
    if not there then assert.matches("install Debian's package libmysofa1", why) end
  end)

  it("is heard by two ears, the far one later and quieter, and keeps its name", function()
    if not there then pending("there is no libmysofa") return end
    local panner = ctx:createPanner { panningModel = "HRTF", positionX = -1 }
    assert.equal("HRTF", panner.panningModel)
    source(ctx, constant(ctx, 1, 1), panner):start()
    panner:connect(ctx.destination)
    local out = ctx:startRendering()
    local energy, peak = { 0, 0 }, { 1, 1 }
    for ear = 1, 2 do
      for i = 1, 2048 do
        local sample = out:getSample(ear, i)
        energy[ear] = energy[ear] + sample ^ 2
        if math.abs(sample) > math.abs(out:getSample(ear, peak[ear])) then peak[ear] = i end
      end
    end
    assert.is_true(energy[1] > 4 * energy[2] and energy[2] > 0)
    assert.is_true(peak[2] - peak[1] > 20 and peak[2] - peak[1] < 45)
    assert.equal(0, out:getSample(1, 1000))
  end)
end)

describe("the listener", function()
  it("is one of its context, has nine parameters and no connections", function()
    local ctx = offline(128)
    local l = ctx.listener
    assert.is_true(l == ctx.listener)
    assert.matches("^AudioListener: ", tostring(l))
    assert.same({ 0, 0, 0, 0, 0, -1, 0, 1, 0 }, { l.positionX.value, l.positionY.value, l.positionZ.value,
      l.forwardX.value, l.forwardY.value, l.forwardZ.value, l.upX.value, l.upY.value, l.upZ.value })
    assert.matches("AudioListener has no property 'connect'", message(function() return l.connect end))
    assert.matches("AudioNode or AudioParam expected, got AudioListener",
      message(function() ctx:createGain():connect(l) end))
    assert.matches("'positionX' of AudioListener is an AudioParam", message(function() l.positionX = 1 end))
    assert.matches("read%-only", message(function() ctx.listener = l end))
  end)

  it("moves and turns", function()
    local left, right = heard(function(panner, ctx)
      panner:setPosition(3, 0, 0)
      ctx.listener:setPosition(4, 0, 0)
    end)
    near(1, left) near(0, right)
    left, right = heard(function(panner, ctx)
      panner:setPosition(0, 0, -1)
      ctx.listener:setOrientation(1, 0, 0, 0, 1, 0)
    end)
    near(1, left) near(0, right)
  end)

  it("is automated, and moved by what is connected to its parameters", function()
    local ctx = offline(256, 2)
    local panner, walk = ctx:createPanner { positionX = 3 }, ctx:createConstantSource { offset = 1 }
    source(ctx, constant(ctx, 256, 1), panner):start()
    panner:connect(ctx.destination)
    walk:connect(ctx.listener.positionX)
    walk:start()
    ctx.listener.positionX:setValueAtTime(4, 100 / 48000)
    local out = ctx:startRendering()
    near(0, out:getSample(1, 100)) near(1 / 2, out:getSample(2, 100))
    near(1 / 2, out:getSample(1, 101)) near(0, out:getSample(2, 101))
  end)

  it("goes with its context", function()
    local ctx = offline(128)
    local listener = ctx.listener
    ctx:close()
    assert.matches("closed", message(function() return ctx.listener.positionX.value end))
    assert.matches("closed", message(listener.setPosition, listener, 1, 2, 3))
  end)

  it("is collected and found again with its values", function()
    local ctx = offline(128)
    ctx.listener.positionX.value = 5
    support.collect()
    assert.equal(5, ctx.listener.positionX.value)
  end)
end)
