-- Web Audio 1.1, section 1.6, clause by clause: AudioParam. What other specs show, and where perilune differs, says
-- docs/web-audio.md.
local support = require "tests.lua.support"
local Timeline = require "tests.lua.timeline"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source
local function at(frame) return frame / 48000 end

-- A gain over a constant 1: what is heard, by frames from 0.
local function curve(length, build)
  local ctx = offline(length)
  local gain = ctx:createGain()
  gain:connect(ctx.destination)
  source(ctx, constant(ctx, length, 1), gain):start()
  build(gain.gain, ctx)
  local out = ctx:startRendering()
  return function(frame) return out:getSample(1, frame + 1) end
end

describe("AudioParam (Web Audio 1.1, section 1.6)", function()
  it("1.6 events at one time come in the order of their calls", function()
    local v = curve(512, function(p)
      p:setValueAtTime(2, at(200)):linearRampToValueAtTime(4, at(200)):setValueAtTime(3, at(200))
      p:linearRampToValueAtTime(5, at(300))
    end)
    assert.same({ 1, 3, 5 }, { v(199), v(200), v(300) })
    assert.near(4, v(250), 1e-6)
  end)

  it("1.6 a value curve covers no other event, but may meet them at its ends", function()
    local p = offline(1):createGain().gain
    p:setValueAtTime(1, 1)
    p:setValueAtTime(1, 2)
    assert.matches("would cover", message(p.setValueCurveAtTime, p, { 0, 1 }, 0.5, 1))
    assert.matches("would cover", message(p.setValueCurveAtTime, p, { 0, 1 }, 1.5, 1))
    assert.matches("would cover", message(p.setValueCurveAtTime, p, { 0, 1 }, 0.5, 5))
    p:setValueCurveAtTime({ 0, 1 }, 1, 1)
    p:setValueCurveAtTime({ 0, 1 }, 2, 1)
  end)

  it("1.6 no method is called at a time within a curve, its end excluded", function()
    local p = offline(1):createGain().gain
    p:setValueCurveAtTime({ 0, 1 }, 1, 1)
    for _, time in ipairs { 1, 1.5, 1.999 } do
      assert.matches("within the value curve", message(p.setValueAtTime, p, 1, time))
      assert.matches("within the value curve", message(p.linearRampToValueAtTime, p, 1, time))
      assert.matches("within the value curve", message(p.exponentialRampToValueAtTime, p, 1, time))
      assert.matches("within the value curve", message(p.setTargetAtTime, p, 1, time, 1))
      assert.matches("within the value curve", message(p.setValueCurveAtTime, p, { 0, 1 }, time, 1))
    end
    p:setValueAtTime(1, 0.5):setValueAtTime(1, 2)
  end)

  it("1.6 a curve's end is its start and its duration, however these are rounded", function()
    local p = offline(1):createGain().gain
    p:setValueCurveAtTime({ 0, 1 }, 0.1, 0.2):setValueAtTime(1, 0.3):setValueCurveAtTime({ 1, 0 }, 0.3, 0.4)
    p:setValueAtTime(0, 0.7)
  end)

  it("1.6 a-rate is taken for each frame, k-rate at the first of a quantum", function()
    for rate, wanted in pairs { ["a-rate"] = { 130, 255 }, ["k-rate"] = { 128, 128 } } do
      local v = curve(512, function(p)
        p.automationRate = rate
        p:setValueAtTime(0, 0):linearRampToValueAtTime(512, at(512))
      end)
      assert.near(wanted[1], v(130), 1e-3)
      assert.near(wanted[2], v(255), 1e-3)
    end
  end)

  it("1.6 what is connected counts at the parameter's rate", function()
    for rate, wanted in pairs { ["a-rate"] = 256 + 130, ["k-rate"] = 256 + 128 } do
      local v = curve(512, function(p, ctx)
        p.automationRate = rate
        p.value = 256
        local ramp = ctx:createBuffer(1, 512, 48000)
        for i = 1, 512 do ramp:setSample(1, i, i - 1) end
        source(ctx, ramp, p):start()
      end)
      assert.equal(wanted, v(130))
    end
  end)

  it("1.6.1 automationRate: only where it may be", function()
    local ctx = offline(1)
    local fixed = { BufferSource = { "playbackRate", "detune" },
      DynamicsCompressor = { "threshold", "knee", "ratio", "attack", "release" } }
    for kind, names in pairs(fixed) do
      local node = ctx["create" .. kind](ctx)
      for _, name in ipairs(names) do
        assert.matches("cannot be changed", message(function() node[name].automationRate = "a-rate" end))
        node[name].automationRate = "k-rate"
        assert.equal("k-rate", node[name].automationRate)
      end
    end
    local free = { Gain = "gain", Delay = "delayTime", BiquadFilter = "frequency", StereoPanner = "pan", ConstantSource = "offset",
      Oscillator = "frequency" }
    for kind, name in pairs(free) do
      local param = ctx["create" .. kind](ctx)[name]
      assert.equal("a-rate", param.automationRate)
      param.automationRate = "k-rate"
      assert.equal("k-rate", param.automationRate)
    end
  end)

  it("1.6.1 defaultValue, minValue, maxValue: are read-only", function()
    local p = offline(1):createGain().gain
    for _, name in ipairs { "defaultValue", "minValue", "maxValue" } do
      assert.matches("read%-only", message(function() p[name] = 1 end))
    end
    assert.same({ 3.4028234663852886e38, -3.4028234663852886e38 }, { p.maxValue, p.minValue })
  end)

  it("1.6.1 value: is the default at first, then what it was where the last quantum began", function()
    local ctx, seen = offline(512), {}
    local p = ctx:createGain().gain
    assert.equal(1, p.value)
    p:setValueAtTime(0, 0):linearRampToValueAtTime(512, at(512))
    for frame = 128, 384, 128 do
      ctx:suspend(at(frame), function() seen[#seen + 1] = math.floor(p.value * 1000 + 0.5) / 1000 end)
    end
    ctx:startRendering()
    assert.same({ 0, 128, 256 }, seen)
  end)

  it("1.6.1 value: follows its events while nothing leads to its node, nor from it", function()
    local ctx, seen = offline(512)
    local p = ctx:createGain().gain
    p:setValueAtTime(0.25, at(100))
    ctx:suspend(at(384), function() seen = p.value end)
    ctx:startRendering()
    assert.equal(0.25, seen)
  end)

  it("1.6.1 value: is an event of now: it ends a target, and a ramp goes on from it", function()
    local v = curve(512, function(p, ctx)
      p:setTargetAtTime(0, 0, 0.001)
      ctx:suspend(at(128), function() p.value = 3 end)
      ctx:suspend(at(256), function() p:linearRampToValueAtTime(7, at(512 - 128)) end)
    end)
    assert.equal(3, v(200))
    assert.near(3 + 4 * (320 - 128) / 256, v(320), 1e-4)
  end)

  it("1.6.1 value: raises what setValueAtTime would raise", function()
    local p = offline(512):createGain().gain
    p:setValueCurveAtTime({ 0, 1 }, 0, 1)
    assert.matches("within the value curve", message(function() p.value = 1 end))
    for _, wrong in ipairs { 0 / 0, math.huge, -math.huge } do message(function() p.value = wrong end) end
  end)

  it("1.6.2 every method: a time below 0 or not finite is an error", function()
    local p = offline(1):createGain().gain
    for _, time in ipairs { -1e-9, 0 / 0, math.huge, -math.huge } do
      message(p.setValueAtTime, p, 1, time)
      message(p.linearRampToValueAtTime, p, 1, time)
      message(p.exponentialRampToValueAtTime, p, 1, time)
      message(p.setTargetAtTime, p, 1, time, 1)
      message(p.setValueCurveAtTime, p, { 0, 1 }, time, 1)
      message(p.cancelScheduledValues, p, time)
      message(p.cancelAndHoldAtTime, p, time)
    end
  end)

  it("1.6.2 every method: a time that is past means now", function()
    local function from256(build) -- what a method does that is called in frame 256
      return curve(1024, function(p, ctx) ctx:suspend(at(256), function() build(p) end) end)
    end
    local v = from256(function(p) p:setValueAtTime(2, at(10)) end)
    assert.same({ 1, 2 }, { v(255), v(256) })
    v = from256(function(p) p:linearRampToValueAtTime(2, at(10)) end)
    assert.same({ 1, 2 }, { v(255), v(256) })
    v = from256(function(p) p:exponentialRampToValueAtTime(2, at(10)) end)
    assert.same({ 1, 2 }, { v(255), v(256) })
    v = from256(function(p) p:setTargetAtTime(2, at(10), at(100)) end)
    assert.near(2 - math.exp(-1), v(356), 1e-5)
    v = from256(function(p)
      p:setValueCurveAtTime({ 2, 4 }, at(10), at(400))
      assert.matches("within the value curve", message(p.setValueAtTime, p, 1, at(600))) -- it ends at 656
      assert.matches("within the value curve", message(p.setValueAtTime, p, 1, at(1)))
    end)
    assert.near(3, v(456), 1e-5)
    assert.equal(4, v(700))
    v = from256(function(p) p:setValueAtTime(5, at(300)):cancelScheduledValues(at(10)) end)
    assert.equal(1, v(400))
  end)

  it("1.6.2 a first ramp begins now, with the value of now", function()
    local v = curve(1024, function(p, ctx)
      ctx:suspend(at(512), function() p:linearRampToValueAtTime(2, at(1012)) end)
    end)
    assert.near(1, v(512), 1e-6)
    assert.near(1.5, v(762), 1e-5)
    -- So it does when all events before it have been cancelled before they came, or none has come yet.
    for _, first in ipairs { function(p) p:setValueAtTime(9, at(900)):cancelScheduledValues(at(800)) end, function() end } do
      v = curve(1024, function(p, ctx)
        first(p)
        ctx:suspend(at(512), function() p:exponentialRampToValueAtTime(4, at(812)) end)
      end)
      assert.near(2, v(662), 1e-4)
    end
    v = curve(1024, function(p, ctx)
      p:setValueAtTime(9, at(1000))
      ctx:suspend(at(512), function() p:linearRampToValueAtTime(2, at(812)) end)
    end)
    assert.near(1.5, v(662), 1e-5)
  end)

  it("1.6.2 exponentialRampToValueAtTime: an end of 0 is an error; from 0, or across it, it holds and then jumps", function()
    local p = offline(1):createGain().gain
    message(p.exponentialRampToValueAtTime, p, 0, 1)
    message(p.exponentialRampToValueAtTime, p, 1e-50, 1) -- 0 as a float
    for from, to in pairs { [0] = 2, [1] = -1, [-1] = 1 } do
      local v = curve(512, function(q) q:setValueAtTime(from, 0):exponentialRampToValueAtTime(to, at(300)) end)
      assert.same({ from, from, to }, { v(1), v(299), v(300) })
    end
    local v = curve(512, function(q) q:setValueAtTime(-1, 0):exponentialRampToValueAtTime(-4, at(300)) end)
    assert.near(-2, v(150), 1e-5)
  end)

  it("1.6.2 ramps after a target: from its start when that is to come, from now when it has begun", function()
    local v = curve(1024, function(p)
      p:setTargetAtTime(0, at(100), at(50)):linearRampToValueAtTime(2, at(600))
    end)
    assert.same({ 1, 1 }, { v(50), v(100) })
    assert.near(1.5, v(350), 1e-5)
    v = curve(1024, function(p, ctx)
      p:setTargetAtTime(0, at(128), at(128))
      ctx:suspend(at(256), function() p:linearRampToValueAtTime(2, at(768)) end)
    end)
    local began = math.exp(-1)
    assert.near(began, v(256), 1e-5)
    assert.near(began + (2 - began) / 2, v(512), 1e-5)
  end)

  it("1.6.2 a ramp put behind an event that another ramp had followed leaves that one its end", function()
    local v = curve(1024, function(p)
      p:setValueAtTime(0, 0):linearRampToValueAtTime(8, at(800)):setValueAtTime(4, at(400))
    end)
    assert.same({ 0, 4 }, { v(399), v(400) })
    assert.near(6, v(600), 1e-5)
  end)

  it("1.6.2 setTargetAtTime: a timeConstant of 0 jumps, one below 0 is an error", function()
    local v = curve(512, function(p) p:setTargetAtTime(3, at(200), 0) end)
    assert.same({ 1, 3 }, { v(199), v(200) })
    local p = offline(1):createGain().gain
    for _, wrong in ipairs { -1, 0 / 0, math.huge } do message(p.setTargetAtTime, p, 1, 0, wrong) end
  end)

  it("1.6.2 setTargetAtTime: goes on until the next event, and from where that has led", function()
    local v = curve(1024, function(p)
      p:setTargetAtTime(0, 0, at(100)):setValueAtTime(5, at(200)):setTargetAtTime(1, at(300), at(100))
    end)
    assert.near(math.exp(-1.5), v(150), 1e-5)
    assert.equal(5, v(250))
    assert.near(1 + 4 * math.exp(-2), v(500), 1e-5)
  end)

  it("1.6.2 setValueCurveAtTime: fewer than 2 values, or a duration that is not above 0, are errors", function()
    local p = offline(1):createGain().gain
    message(p.setValueCurveAtTime, p, {}, 0, 1)
    message(p.setValueCurveAtTime, p, { 1 }, 0, 1)
    for _, duration in ipairs { 0, -1, 0 / 0, math.huge } do message(p.setValueCurveAtTime, p, { 1, 2 }, 0, duration) end
    message(p.setValueCurveAtTime, p, { 1, 0 / 0 }, 0, 1)
  end)

  it("1.6.2 setValueCurveAtTime: copies its values, interpolates, and sets the last one at its end", function()
    local v = curve(1024, function(p)
      local values = { 2, 4, 3 }
      p:setValueCurveAtTime(values, at(100), at(200)):linearRampToValueAtTime(7, at(700))
      values[1], values[2], values[3] = 9, 9, 9
    end)
    assert.same({ 1, 2, 4 }, { v(99), v(100), v(200) })
    assert.near(3, v(150), 1e-5)
    assert.near(3.5, v(250), 1e-5)
    assert.near(5, v(500), 1e-5) -- the ramp begins at 300 with 3
  end)

  it("1.6.2 cancelScheduledValues: what is to come at its time or behind it goes, what came before stays", function()
    local v = curve(1024, function(p)
      p:setValueAtTime(2, at(100)):setValueAtTime(3, at(200)):setValueAtTime(4, at(300)):cancelScheduledValues(at(200))
    end)
    assert.same({ 2, 2 }, { v(150), v(400) })
    -- Also what is due right now, as long as it has not been heard.
    v = curve(512, function(p, ctx)
      p:setValueAtTime(2, at(256))
      ctx:suspend(at(256), function() p:setValueAtTime(3, at(256)):cancelScheduledValues(at(256)) end)
    end)
    assert.equal(1, v(300))
  end)

  it("1.6.2 cancelScheduledValues: a ramp under way goes, and with it all that it did", function()
    local v = curve(1024, function(p, ctx)
      p:setValueAtTime(0, 0):linearRampToValueAtTime(1, at(1000))
      ctx:suspend(at(512), function() p:cancelScheduledValues(at(600)) end)
    end)
    assert.near(0.5, v(500), 1e-5)
    assert.equal(0, v(512))
  end)

  it("1.6.2 cancelScheduledValues: a curve goes when the time lies in it, its end included", function()
    for time, value in pairs { [100] = 1, [200] = 1, [300] = 1, [301] = 8 } do
      local v = curve(512, function(p)
        p:setValueCurveAtTime({ 4, 8 }, at(100), at(200)):cancelScheduledValues(at(time))
      end)
      assert.equal(value, v(400))
    end
    -- One that is under way gives back what it had taken over: here a target that goes on.
    local v = curve(1024, function(p, ctx)
      p:setTargetAtTime(0, 0, at(400)):setValueCurveAtTime({ 4, 8 }, at(100), at(800))
      ctx:suspend(at(512), function() p:cancelScheduledValues(at(700)) end)
    end)
    assert.near(math.exp(-600 / 400), v(600), 1e-5)
  end)

  it("1.6.2 cancelScheduledValues: takes away what cancelAndHoldAtTime has put there", function()
    local v = curve(1024, function(p)
      p:setTargetAtTime(0, 0, at(400)):cancelAndHoldAtTime(at(200)):cancelScheduledValues(at(150))
    end)
    assert.near(math.exp(-2), v(800), 1e-5)
  end)

  it("1.6.2 cancelAndHoldAtTime: a ramp ends there, with the value that it has there", function()
    local v = curve(1024, function(p)
      p:setValueAtTime(1, 0):exponentialRampToValueAtTime(16, at(800)):cancelAndHoldAtTime(at(400))
    end)
    assert.near(2, v(200), 1e-4)
    assert.near(4, v(400), 1e-4)
    assert.equal(v(400), v(900))
  end)

  it("1.6.2 cancelAndHoldAtTime: a held exponential ramp at 0 holds for a ramp before it, too", function()
    local v = curve(1024, function(p)
      p:setValueAtTime(0, 0):exponentialRampToValueAtTime(2, at(800)):cancelAndHoldAtTime(at(400))
      p:setValueAtTime(3, at(200))
    end)
    assert.same({ 0, 3, 3, 0 }, { v(199), v(200), v(399), v(400) })
  end)

  it("1.6.2 cancelAndHoldAtTime: a target and a curve stop there, and events can follow", function()
    local v = curve(1024, function(p)
      p:setTargetAtTime(0, 0, at(200)):cancelAndHoldAtTime(at(200)):linearRampToValueAtTime(2, at(600))
    end)
    assert.near(math.exp(-1) + (2 - math.exp(-1)) / 2, v(400), 1e-5)
    v = curve(1024, function(p)
      p:setValueCurveAtTime({ 0, 8, 0, 8, 0 }, 0, at(800)):cancelAndHoldAtTime(at(100)):setValueAtTime(5, at(500))
    end)
    assert.near(2, v(50), 1e-5) -- as before: the curve is not squeezed
    assert.near(4, v(300), 1e-5)
    assert.equal(5, v(600))
  end)

  it("1.6.2 cancelAndHoldAtTime: its event is one that a curve may not cover", function()
    local p = offline(1):createGain().gain
    p:setTargetAtTime(0, 0, 1):cancelAndHoldAtTime(2)
    assert.matches("would cover", message(p.setValueCurveAtTime, p, { 0, 1 }, 1, 2))
    p = offline(1):createGain().gain
    p:linearRampToValueAtTime(1, 4):cancelAndHoldAtTime(2)
    p:setValueCurveAtTime({ 0, 1 }, 2, 5)
    assert.matches("within the value curve", message(p.setValueAtTime, p, 1, 4))
  end)

  it("1.6.3 the sum is clamped to the nominal range; the automation runs as if it were not", function()
    local ctx = offline(1024, 2)
    local panner = ctx:createStereoPanner()
    source(ctx, constant(ctx, 1024, 1), panner):start()
    panner:connect(ctx.destination)
    panner.pan:setValueAtTime(0, 0):linearRampToValueAtTime(4, at(400)):linearRampToValueAtTime(0, at(800))
    local out = ctx:startRendering()
    assert.is_true(out:getSample(1, 90) > 1e-3) -- right after a quarter of the way up
    assert.near(0, out:getSample(1, 110), 1e-6)
    assert.near(0, out:getSample(1, 690), 1e-6)
    assert.is_true(out:getSample(1, 720) > 1e-3)
  end)

  it("1.6.3 what is connected is added before the sum is clamped", function()
    local ctx = offline(256, 2)
    local panner = ctx:createStereoPanner { pan = -1 }
    source(ctx, constant(ctx, 256, 1), panner):start()
    source(ctx, constant(ctx, 256, 2), panner.pan):start()
    panner:connect(ctx.destination)
    local out = ctx:startRendering()
    assert.near(0, out:getSample(1, 100), 1e-6)
    assert.near(1, out:getSample(2, 100), 1e-6)
  end)

  it("1.6.3 events removed from a time leave the value as it was set directly", function()
    local v = curve(512, function(p)
      p.value = 0.25
      p:cancelScheduledValues(0)
    end)
    assert.equal(0.25, v(100))
  end)
end)

-- ---- Timelines at random ---------------------------------------------------------------------------------------

describe("AudioParam timelines (Web Audio 1.1, section 1.6)", function()
  local FRAMES, seed = 1024, 1
  local function random(n)
    seed = seed * 16807 % 2147483647
    return seed % n
  end
  local function pick(list) return list[random(#list) + 1] end

  -- A call of the parameter and the same of the model; whether both took it, or both refused.
  local function call(param, model, now)
    local kind = pick { "set", "set", "linear", "exponential", "target", "curve", "cancel", "hold", "value" }
    local value = pick { 0, 0.5, 1, 2, -1 }
    local time = math.max(0, now + pick { -64, 0, 0, 10, 100.25, 128, 200, 300.5, 500 })
    local seconds, event = time / 48000, { type = kind, time = time, value = value }
    if kind == "cancel" then
      return pcall(param.cancelScheduledValues, param, seconds) == model:cancel(now, time)
    elseif kind == "hold" then
      return pcall(param.cancelAndHoldAtTime, param, seconds) == model:hold(now, time)
    elseif kind == "value" then
      return pcall(function() param.value = value end) == model:assign(now, value)
    elseif kind == "set" then
      return pcall(param.setValueAtTime, param, value, seconds) == model:insert(now, event)
    elseif kind == "linear" then
      return pcall(param.linearRampToValueAtTime, param, value, seconds) == model:insert(now, event)
    elseif kind == "exponential" then
      event.value = value == 0 and 1 or value
      return pcall(param.exponentialRampToValueAtTime, param, event.value, seconds) == model:insert(now, event)
    elseif kind == "target" then
      event.constant = pick { 0, 20, 100 }
      return pcall(param.setTargetAtTime, param, value, seconds, event.constant / 48000) == model:insert(now, event)
    end
    event.values, event.duration = { pick { 0, 1 }, pick { 0.5, 2 }, pick { 0, 0.75 } }, pick { 64, 100.5, 200 }
    return pcall(param.setValueCurveAtTime, param, event.values, seconds, event.duration / 48000) == model:insert(now, event)
  end

  local function tryOne()
    local model, wanted, same = Timeline.new(1), {}, true
    local heard = curve(FRAMES, function(param, ctx)
      local function step(now)
        for _ = 1, random(4) do same = call(param, model, now) and same end
        for frame = now, now + 127 do wanted[frame] = model:at(frame) end
      end
      step(0)
      for frame = 128, FRAMES - 128, 128 do ctx:suspend(at(frame), function() step(frame) end) end
    end)
    if not same then return "a call was taken that should be refused, or the other way round" end
    for frame = 0, FRAMES - 1 do
      if math.abs(heard(frame) - wanted[frame]) > 2e-4 then
        return ("frame %d is %.9g, wanted %.9g"):format(frame, heard(frame), wanted[frame])
      end
    end
  end

  it("go as the text has it, whatever is called, and when", function()
    for number = 1, 250 do
      seed = number
      for _ = 1, 10 do random(1) end
      local wrong = tryOne()
      assert.is_nil(wrong and ("timeline %d: %s"):format(number, wrong))
    end
  end)
end)
