local perilune = require "perilune"
local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source

describe("a delay", function()
  it("has Web Audio's defaults", function()
    local delay = offline(128):createDelay()
    assert.equal(0, delay.delayTime.value)
    assert.same({ 0, 0, 1, "a-rate" }, {
      delay.delayTime.defaultValue, delay.delayTime.minValue, delay.delayTime.maxValue, delay.delayTime.automationRate,
    })
    assert.same({ 1, 1, 2, "max", "speakers" }, {
      delay.numberOfInputs, delay.numberOfOutputs, delay.channelCount, delay.channelCountMode,
      delay.channelInterpretation,
    })
    assert.truthy(tostring(delay):find("^DelayNode: "))
  end)

  it("is made for a longest time: an argument or an option", function()
    local ctx = offline(128)
    assert.equal(2.5, ctx:createDelay(2.5).delayTime.maxValue)
    local options = { maxDelayTime = 4, delayTime = 3, channelCount = 1 }
    local delay = ctx:createDelay(options)
    assert.same({ 4, 3, 1 }, { delay.delayTime.maxValue, delay.delayTime.value, delay.channelCount })
    assert.equal(4, options.maxDelayTime)
    assert.equal(1, ctx:createDelay({ delayTime = 0.5 }).delayTime.maxValue)
  end)

  it("refuses a longest time that it cannot have", function()
    local ctx = offline(128)
    for _, most in ipairs { 0, -1, 180, 1e9 } do
      assert.truthy(message(ctx.createDelay, ctx, most):find("maxDelayTime must be above 0 and below 180 seconds", 1, true))
      assert.truthy(message(ctx.createDelay, ctx, { maxDelayTime = most }):find("maxDelayTime", 1, true))
    end
    assert.truthy(message(ctx.createDelay, ctx, "long"):find("number expected, got string", 1, true))
    assert.truthy(message(ctx.createDelay, ctx, { delaytime = 1 }):find("delayTime", 1, true))
  end)

  it("holds a sound back", function()
    local ctx = offline(1000)
    local delay = ctx:createDelay { maxDelayTime = 0.1, delayTime = 300 / 48000 }
    delay:connect(ctx.destination)
    source(ctx, constant(ctx, 100, 0.5), delay):start()
    local out = ctx:startRendering()
    for frame, value in pairs { [1] = 0, [300] = 0, [301] = 0.5, [400] = 0.5, [401] = 0, [1000] = 0 } do
      assert.equal(value, out:getSample(1, frame))
    end
  end)

  it("echoes in a cycle, each echo after just its time", function()
    local ctx = offline(2000)
    local delay, feedback = ctx:createDelay(1), ctx:createGain { gain = 0.5 }
    delay.delayTime.value = 0.01
    source(ctx, constant(ctx, 1, 1), delay):start()
    delay:connect(feedback):connect(delay)
    delay:connect(ctx.destination)
    local out = ctx:startRendering()
    for frame = 0, 1999 do
      local echo = frame > 0 and frame % 480 == 0
      assert.equal(echo and 0.5 ^ (frame / 480 - 1) or 0, out:getSample(1, frame + 1))
    end
  end)

  it("goes on when its source has ended and its handle is gone", function()
    local ctx = offline(9600)
    do
      local delay = ctx:createDelay { delayTime = 0.1 }
      delay:connect(ctx.destination)
      source(ctx, constant(ctx, 10, 1), delay):start()
    end
    for frame = 1280, 8960, 1280 do
      ctx:suspend(frame / 48000, function()
        collectgarbage()
        collectgarbage()
        perilune.update()
      end)
    end
    local out = ctx:startRendering()
    assert.same({ 0, 1, 1, 0 }, {
      out:getSample(1, 4800), out:getSample(1, 4801), out:getSample(1, 4810), out:getSample(1, 4811),
    })
  end)
end)
