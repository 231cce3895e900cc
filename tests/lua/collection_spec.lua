local perilune = require "perilune"
local support = require "tests.lua.support"

-- Whether what `make` returns is collected.
local function isCollected(make)
  local known = setmetatable({}, { __mode = "k" })
  known[make()] = true
  support.collect()
  return next(known) == nil
end

-- A sound through a gain, a panner and a ramp on a parameter; `drop` is called with all handles gone.
local function rendered(drop)
  local ctx = support.offline(4096, 2)
  local function build()
    local buffer = ctx:createBuffer(1, 3000, 48000)
    local samples = {}
    for i = 1, 3000 do samples[i] = math.sin(i / 10) end
    buffer:copyToChannel(samples, 1)
    local source, gain, panner, wobble = ctx:createBufferSource(), ctx:createGain(), ctx:createStereoPanner(), ctx:createGain()
    source.buffer = buffer
    source:connect(gain):connect(panner):connect(ctx.destination)
    source:connect(wobble):connect(panner.pan)
    gain.gain:setValueAtTime(1, 0):linearRampToValueAtTime(0.1, 0.05)
    source:start(0.01)
  end
  build()
  drop()
  for frame = 512, 3584, 512 do ctx:suspend(frame / 48000, drop) end
  local out = ctx:startRendering()
  return out:getChannelData(1) .. out:getChannelData(2)
end

describe("collection", function()
  it("never changes what is heard", function()
    local kept = rendered(function() end)
    assert.is_false(kept == ("\0"):rep(#kept))
    assert.is_true(kept == rendered(support.collect))
  end)

  it("takes sources that never started, with an onended that refers to them", function()
    local ctx = support.offline(128)
    assert.is_true(isCollected(function()
      local source = ctx:createBufferSource()
      source.onended = function() return source end
      return source
    end))
  end)

  it("takes nodes, buffers, contexts, sounds, sources and taps that nobody uses", function()
    support.default()
    local ctx = support.offline(128)
    assert.is_true(isCollected(function() return ctx:createGain() end))
    assert.is_true(isCollected(function() return ctx:createBuffer(1, 100, 48000) end))
    assert.is_true(isCollected(function() return support.offline(128) end))
    assert.is_true(isCollected(function() return perilune.load "assets/click.ogg" end))
    assert.is_true(isCollected(function() return perilune.load("assets/click.ogg"):play { volume = 0 } end))
    assert.is_true(isCollected(function() return ctx:createTap(ctx.destination) end))
  end)

  it("frees a buffer with its last holder", function()
    support.collect()
    local before = perilune.stats().buffers
    local ctx = support.offline(256)
    local source = support.source(ctx, support.constant(ctx, 64, 1))
    support.collect()
    assert.equal(before + 1, perilune.stats().buffers)
    source:start()
    source = nil -- luacheck: ignore
    support.collect()
    assert.equal(before + 1, perilune.stats().buffers)
    ctx:startRendering()
    ctx = nil -- luacheck: ignore
    support.collect()
    assert.equal(before, perilune.stats().buffers)
  end)

  it("keeps a playing sound and its onended, and leaves no source behind", function()
    support.default()
    support.collect()
    perilune.load("assets/music.ogg"):stop()
    support.wait(function() return perilune.stats().sources == 0 end)
    local ended = 0
    for _ = 1, 50 do
      perilune.load("assets/jump.ogg"):play { volume = 0, onended = function() ended = ended + 1 end }
    end
    support.collect()
    assert.equal(50, perilune.stats().sources)
    assert.is_true(support.wait(function() return ended == 50 end))
    assert.is_true(support.wait(function() return perilune.stats().sources == 0 end))
  end)

  it("knows how large buffers are: those that a script drops go in time, unless it has stopped the collector", function()
    local ctx = support.offline(128)
    local function megabytesAfter(count)
      local before = perilune.stats().bufferBytes
      for _ = 1, count do ctx:createBuffer(1, 2 ^ 19, 48000) end
      return (perilune.stats().bufferBytes - before) / 2 ^ 20
    end
    support.collect()
    assert.is_true(megabytesAfter(100) < 50)
    support.collect()
    collectgarbage "stop" -- Lua 5.1's starts again with a collection
    finally(function() collectgarbage "restart" end)
    assert.equal(40, megabytesAfter(20))
  end)

  it("leaves no node behind", function()
    support.default()
    local ctx = perilune.context()
    support.collect()
    perilune.update()
    local before = perilune.stats().nodes
    for _ = 1, 100 do ctx:createGain():connect(ctx:createGain()):connect(ctx.destination) end
    assert.is_true(perilune.stats().nodes > before)
    support.collect()
    assert.is_true(support.wait(function() return perilune.stats().nodes == before end))
  end)

  it("keeps a context that sounds, whose onended still comes", function()
    local ended = false
    do
      local ctx = perilune.newContext { device = "null" }
      local source = support.source(ctx, support.constant(ctx, 4800, 0))
      source.onended = function() ended = true end
      source:start()
    end
    support.collect()
    assert.is_true(support.wait(function() return ended end))
  end)

  it("leaves a node its context after the context's handle is gone", function()
    local gain
    do
      gain = support.offline(128):createGain()
    end
    support.collect()
    assert.equal(48000, gain.context.sampleRate)
    assert.is_true(gain.context.destination.context == gain.context)
  end)

  it("survives finalisers that a script calls itself", function()
    local ctx = support.offline(128)
    local gain, buffer = ctx:createGain(), ctx:createBuffer(1, 1, 48000)
    for _, handle in ipairs { gain, buffer } do
      getmetatable(handle).__gc(handle)
      getmetatable(handle).__gc(handle)
    end
    assert.matches("closed", support.message(gain.connect, gain, ctx.destination))
    assert.matches("released", support.message(buffer.getSample, buffer, 1, 1))
  end)
end)
