local support = require "tests.lua.support"
local message = support.message

-- A tap on a ramp over `length` frames in `channels` channels, rendered. `meanwhile` is called every 512 frames. Validating
-- builds begin with two blocks only, so that what nobody receives is dropped soon.
local function tapped(length, options, channels, meanwhile)
  local ctx = support.offline(length, channels)
  local samples = {}
  for i = 1, length do samples[i] = i / length end
  local buffer = ctx:createBuffer(channels or 1, length, 48000)
  for c = 1, channels or 1 do buffer:copyToChannel(samples, c) end
  local source = support.source(ctx, buffer)
  local tap = ctx:createTap(source, options)
  source:start()
  for frame = 512, meanwhile and length - 1 or 0, 512 do ctx:suspend(frame / 48000, function() meanwhile(tap) end) end
  ctx:startRendering()
  return tap, ctx
end

describe("a tap", function()
  it("hands over all that was rendered, block by block, in order", function()
    local frames, sequence = 0, 0
    local function take(tap)
      local block = tap:receive()
      assert.same({ sequence, frames / 48000, 1, 512, 512 },
        { block.sequence, block.time, block.channels, block.frames, #block })
      assert.near((frames + 1) / 2048, block[1], 1e-6)
      assert.near((frames + 512) / 2048, block[512], 1e-6)
      frames, sequence = frames + 512, sequence + 1
      block:release()
      assert.is_nil(tap:receive())
    end
    take((tapped(2048, { blockSize = 512 }, 1, take)))
    assert.equal(2048, frames)
  end)

  it("is an iterator over what there is", function()
    local sequences = {}
    local function take(tap)
      for block in tap.receive, tap do
        sequences[#sequences + 1] = block.sequence
        block:release()
      end
    end
    take((tapped(2048, { blockSize = 256 }, 1, take)))
    assert.same({ 0, 1, 2, 3, 4, 5, 6, 7 }, sequences)
  end)

  it("counts", function()
    local tap = tapped(1024, { blockSize = 512 })
    local block = tap:receive()
    local stats = tap.stats
    assert.same({ 2, 0, 2, 2 }, { stats.transferred, stats.returned, stats.inFlight, stats.highWater })
    block:release()
    stats = tap.stats
    assert.same({ 1, 1, 0, 0 }, { stats.returned, stats.inFlight, stats.dropped, stats.grown })
    assert.is_true(stats.acquired >= 2 and stats.blocks >= 2)
  end)

  it("lays channels out one after the other", function()
    local tap = tapped(256, { blockSize = 512, channels = 2 }, 2)
    local block = tap:receive()
    assert.same({ 2, 256, 512 }, { block.channels, block.frames, #block })
    assert.equal(block[1], block[257])
    assert.is_nil(block[0])
    assert.is_nil(block[513])
    assert.is_nil(block[1.5])
  end)

  it("tells the peak and the rms of a block", function()
    local ctx = support.offline(512)
    local source = support.source(ctx, support.constant(ctx, 512, -0.5))
    local tap = ctx:createTap(source, { blockSize = 512 })
    source:start()
    ctx:startRendering()
    local block = tap:receive()
    assert.equal(0.5, block:peak())
    assert.near(0.5, block:rms(), 1e-6)
  end)

  it("skips or takes back the oldest when nobody receives, and counts what was dropped", function()
    local tap = tapped(4096, { blockSize = 128, blocks = 4, maxBlocks = 4, dry = "skip" })
    assert.equal(0, tap:receive().sequence)
    assert.is_true(tap.stats.dropped > 0)
    tap = tapped(4096, { blockSize = 128, blocks = 4, maxBlocks = 4, dry = "oldest" })
    assert.is_true(tap:receive().sequence > 0)
    assert.is_true(tap.stats.dropped > 0)
  end)

  it("leaves blocks that the script has valid when it is closed, and keeps its counts", function()
    local tap = tapped(1024, { blockSize = 512 })
    local block = tap:receive()
    local first = block[1]
    tap:close()
    assert.equal(first, block[1])
    assert.equal(2, tap.stats.transferred)
    assert.matches("tap is closed", message(tap.receive, tap))
    assert.matches("tap is closed", message(tap.close, tap))
    block:release()
  end)

  it("raises once its context is closed, and its blocks live on", function()
    local tap, ctx = tapped(2048, { blockSize = 512 })
    local block = tap:receive()
    ctx:close()
    assert.is_number(block[512])
    block:release()
    assert.matches("tap is closed", message(tap.receive, tap))
  end)

  it("refuses options that make no sense", function()
    local ctx = support.offline(128)
    local create = ctx.createTap
    assert.matches("unknown option 'blocksize' %(did you mean 'blockSize'%?%)",
      message(create, ctx, ctx.destination, { blocksize = 1 }))
    assert.matches("bad value for 'dry' %(\"skip\" or \"oldest\" expected, got \"wait\"%)",
      message(create, ctx, ctx.destination, { dry = "wait" }))
    assert.matches("bad value for 'blocks' .*got 1%)", message(create, ctx, ctx.destination, { blocks = 1 }))
    assert.matches("bad argument #1 to 'createTap' %(AudioNode expected, got nil%)", message(create, ctx))
    assert.is_string(message(create, ctx, ctx.destination, { blockSize = 1, channels = 2 }))
  end)
end)

describe("a released block", function()
  it("raises that it is detached, whatever is asked of it", function()
    local block = tapped(2048, { blockSize = 512 }):receive()
    block:release()
    for _, use in ipairs {
      function() return block[1] end, function() return #block end, function() return block.time end,
      function() return block.channels end, function() block:peak() end, function() block:rms() end,
      function() block:release() end, function() return block.sequence end, function() return block.frames end,
    } do
      assert.matches("block is detached", message(use))
    end
  end)

  it("is released by the end of its scope", function()
    if not support.closing then pending(support.NO_CLOSING) end
    local tap = tapped(2048, { blockSize = 512 })
    support.closing(tap:receive(), function(block) assert.equal(512, #block) end)
    assert.equal(1, tap.stats.returned)
  end)

  it("is released by collection", function()
    local tap = tapped(2048, { blockSize = 512 })
    tap:receive()
    support.collect()
    assert.equal(1, tap.stats.returned)
  end)

  it("cannot be written to", function()
    local block = tapped(2048, { blockSize = 512 }):receive()
    assert.matches("a Block cannot be written to", message(function() block[1] = 0 end))
  end)
end)
