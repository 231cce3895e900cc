local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source

local function ramp(ctx, length)
  local samples = {}
  for i = 1, length do samples[i] = i end
  local buffer = ctx:createBuffer(1, length, ctx.sampleRate)
  buffer:copyToChannel(samples, 1)
  return buffer
end

local function at(frame) return frame / 48000 end

describe("an AudioBufferSourceNode", function()
  it("plays from its start to the end of the buffer, on the exact frames", function()
    local ctx = offline(512)
    source(ctx, constant(ctx, 100, 1)):start(at(200))
    local out = ctx:startRendering()
    assert.same({ 0, 1, 1, 0 }, { out:getSample(1, 200), out:getSample(1, 201), out:getSample(1, 300), out:getSample(1, 301) })
  end)

  it("plays a part of the buffer", function()
    local ctx = offline(256)
    source(ctx, ramp(ctx, 200)):start(0, at(50), at(20))
    local out = ctx:startRendering()
    assert.same({ 51, 70, 0 }, { out:getSample(1, 1), out:getSample(1, 20), out:getSample(1, 21) })
  end)

  it("stops on the exact frame", function()
    local ctx = offline(256)
    local from = source(ctx, constant(ctx, 256, 1))
    from:start()
    from:stop(at(100))
    local out = ctx:startRendering()
    assert.same({ 1, 0 }, { out:getSample(1, 100), out:getSample(1, 101) })
  end)

  it("loops between its points", function()
    local ctx = offline(256)
    local from = source(ctx, ramp(ctx, 100))
    from.loop, from.loopStart, from.loopEnd = true, at(10), at(20)
    assert.same({ true, at(10), at(20) }, { from.loop, from.loopStart, from.loopEnd })
    from:start()
    local out = ctx:startRendering()
    assert.same({ 20, 11, 20, 11 }, { out:getSample(1, 20), out:getSample(1, 21), out:getSample(1, 30), out:getSample(1, 31) })
  end)

  it("shares its buffer, which can be read back", function()
    local ctx = offline(128)
    local buffer = constant(ctx, 10, 1)
    local a, b = source(ctx, buffer), source(ctx, buffer)
    assert.is_true(a.buffer == buffer and b.buffer == buffer)
    assert.is_nil(ctx:createBufferSource().buffer)
  end)

  it("plays at playbackRate and detune", function()
    local ctx = offline(256)
    local from = source(ctx, ramp(ctx, 200))
    from.playbackRate.value = 2
    from:start()
    local out = ctx:startRendering()
    assert.near(21, out:getSample(1, 11), 0.01)
    ctx = offline(256)
    from = source(ctx, ramp(ctx, 200))
    from.detune.value = 1200
    from:start()
    out = ctx:startRendering()
    assert.near(21, out:getSample(1, 11), 0.01)
  end)

  it("calls onended once, after its last frame", function()
    local ctx, times = offline(1024), {}
    local from = source(ctx, constant(ctx, 100, 1))
    from.onended = function() times[#times + 1] = ctx.currentTime end
    from:start()
    ctx:suspend(at(512), function() end)
    ctx:startRendering()
    assert.same({ at(512) }, times)
    assert.is_nil(from.onended)
  end)

  it("calls an onended that was set after the start, and none that was taken away", function()
    local ctx, called = offline(512), {}
    local a, b, c = source(ctx, constant(ctx, 10, 1)), source(ctx, constant(ctx, 10, 1)), source(ctx, constant(ctx, 10, 1))
    a:start()
    a.onended = function() called.a = true end
    b.onended = function() called.b = true end
    b:start()
    b.onended = nil
    c.onended = function() called.c = true end
    c.onended = nil
    c:start()
    ctx:startRendering()
    assert.same({ a = true }, called)
  end)

  it("after its end ignores stop and disconnect and raises for the rest", function()
    local ctx, checked = offline(1024), false
    local from = source(ctx, constant(ctx, 10, 1))
    from:start()
    ctx:suspend(at(512), function()
      from:stop()
      from:disconnect()
      for _, call in ipairs {
        function() from:connect(ctx.destination) end, function() from:start() end, function() from.loop = true end,
        function() from.onended = print end, function() from.playbackRate.value = 2 end, function() from.buffer = nil end,
        function() from.detune:setValueAtTime(0, 0) end, function() from.channelCount = 1 end,
        function() ctx.destination:connect(from.detune) end,
      } do
        assert.matches("AudioBufferSourceNode has ended", message(call))
      end
      assert.is_false(from.loop)
      assert.equal(10, from.buffer.length)
      checked = true
    end)
    ctx:startRendering()
    assert.is_true(checked)
  end)

  it("starts once and stops only after its start", function()
    local ctx = offline(128)
    local from = source(ctx, constant(ctx, 10, 1))
    assert.matches("has not been started", message(from.stop, from))
    from:start()
    assert.matches("has been started already", message(from.start, from))
  end)

  it("takes one buffer", function()
    local ctx = offline(128)
    local from = source(ctx, constant(ctx, 10, 1))
    assert.is_string(message(function() from.buffer = constant(ctx, 10, 1) end))
    assert.equal(10, from.buffer.length)
  end)

  it("refuses wrong times and types, and can be started afterwards", function()
    local ctx = offline(128)
    local from = source(ctx, constant(ctx, 128, 1))
    assert.matches("bad argument #1 to 'start' %(time of 0 seconds or later expected, got %-1%)",
      message(from.start, from, -1))
    assert.matches("bad argument #2 to 'start' .*got %-1", message(from.start, from, 0, -1))
    assert.matches("bad argument #3 to 'start' %(finite number expected, got .*nan%)",
      message(from.start, from, 0, 0, 0 / 0))
    assert.matches("bad argument #1 to 'start' %(number expected, got string%)", message(from.start, from, "0"))
    assert.matches("bad argument #4 to 'start' %(no more than 3 expected%)", message(from.start, from, 0, 0, 1, 1))
    assert.matches("bad value for 'buffer' %(Buffer or nil expected, got string%)",
      message(function() from.buffer = "laser.ogg" end))
    assert.matches("bad value for 'loop' %(boolean expected, got number%)", message(function() from.loop = 1 end))
    assert.matches("bad value for 'loopStart' %(finite number expected", message(function() from.loopStart = 0 / 0 end))
    assert.matches("bad value for 'onended' %(function expected, got string%)",
      message(function() from.onended = "x" end))
    assert.matches("did you mean 'loopStart'", message(function() from.lopStart = 1 end))
    from:start()
    assert.equal(1, ctx:startRendering():getSample(1, 1))
  end)

  it("takes its properties as options, onended too", function()
    local ctx, ended = offline(256), false
    local buffer = constant(ctx, 10, 1)
    local from = ctx:createBufferSource { buffer = buffer, loopEnd = 1, playbackRate = 2, onended = function() ended = true end }
    assert.is_true(from.buffer == buffer)
    assert.same({ 1, 2 }, { from.loopEnd, from.playbackRate.value })
    from:start()
    ctx:startRendering()
    assert.is_true(ended)
  end)
end)
