local perilune = require "perilune"
local support = require "tests.lua.support"
local message = support.message

describe("a context", function()
  it("tells rate, time, state and length of what it is made with", function()
    local ctx = perilune.newOfflineContext { channels = 3, length = 500, sampleRate = 22050 }
    assert.equal(22050, ctx.sampleRate)
    assert.equal(0, ctx.currentTime)
    assert.equal("suspended", ctx.state)
    assert.equal(500, ctx.length)
    local buffer = ctx:startRendering()
    assert.equal(3, buffer.numberOfChannels)
    assert.equal(500, buffer.length)
    assert.equal(22050, buffer.sampleRate)
    assert.equal("closed", ctx.state)
  end)

  it("renders silence as exact zeros when nothing is connected", function()
    local data = support.offline(1000, 2):startRendering():getChannelData(2)
    assert.equal(("\0"):rep(4000), data)
  end)

  it("has one destination, whose context it is", function()
    local ctx = support.offline(128)
    assert.is_true(ctx.destination == ctx.destination)
    assert.is_true(ctx.destination.context == ctx)
    assert.equal(1, ctx.destination.numberOfInputs)
  end)

  it("renders once", function()
    local ctx = support.offline(128)
    ctx:startRendering()
    assert.matches("has been rendered", message(ctx.startRendering, ctx))
    assert.matches("has been rendered", message(ctx.suspend, ctx, 0.001, function() end))
  end)

  it("calls the function of a suspend at its quantum, before the quantum is rendered", function()
    local ctx = support.offline(512)
    local gain = ctx:createGain()
    gain:connect(ctx.destination)
    support.source(ctx, support.constant(ctx, 512, 1), gain):start()
    local seen = {}
    ctx:suspend(256 / 48000, function()
      seen[#seen + 1] = { ctx.currentTime, ctx.state }
      gain.gain.value = 0.25
    end)
    local out = ctx:startRendering()
    assert.same({ { 256 / 48000, "suspended" } }, seen)
    assert.equal(1, out:getSample(1, 256))
    assert.equal(0.25, out:getSample(1, 257))
  end)

  it("renders nothing while its files load, so that what they start is heard from the frame asked for", function()
    local ctx = support.offline(512)
    local function play(buffer)
      local source = support.source(ctx, buffer)
      source.loop = true
      source:start(ctx.currentTime)
    end
    ctx:decodeAudioData("assets/click.wav", function(buffer)
      play(buffer)
      -- Also one that a callback begins.
      ctx:decodeAudioData("assets/laser.wav", function(other) ctx:suspend(256 / 48000, function() play(other) end) end)
    end)
    local reference = support.offline(512)
    local click, laser = reference:decodeAudioData "assets/click.wav", reference:decodeAudioData "assets/laser.wav"
    for at, buffer in pairs { [0] = click, [256 / 48000] = laser } do
      local source = support.source(reference, buffer)
      source.loop = true
      source:start(at)
    end
    assert.equal(reference:startRendering():getChannelData(1), ctx:startRendering():getChannelData(1))
  end)

  it("raises when a callback of a load closes it", function()
    local ctx = support.offline(512)
    ctx:decodeAudioData("assets/click.wav", function() ctx:close() end)
    assert.matches("closed while it rendered", message(ctx.startRendering, ctx))
  end)

  it("rounds the time of a suspend up to a quantum", function()
    local ctx, at = support.offline(1024), nil
    ctx:suspend(130 / 48000, function() at = ctx.currentTime end)
    ctx:startRendering()
    assert.equal(256 / 48000, at)
  end)

  it("suspends again from within a suspend", function()
    local ctx, order = support.offline(1024), {}
    ctx:suspend(128 / 48000, function()
      order[#order + 1] = 1
      ctx:suspend(512 / 48000, function() order[#order + 1] = 2 end)
    end)
    ctx:startRendering()
    assert.same({ 1, 2 }, order)
  end)

  it("raises an error of a suspend's function from startRendering, and is over", function()
    local ctx = support.offline(1024)
    ctx:suspend(128 / 48000, function() error("the reason", 0) end)
    assert.equal("the reason", message(ctx.startRendering, ctx))
    assert.equal("closed", ctx.state)
  end)

  it("refuses to suspend in the past, twice at one time, or past its end", function()
    local ctx = support.offline(1000)
    local nothing = function() end
    assert.matches("rendering is at 0 s", message(ctx.suspend, ctx, 0, nothing))
    ctx:suspend(0.001, nothing)
    assert.matches("suspended at .* already", message(ctx.suspend, ctx, 0.001, nothing))
    assert.matches("rendering ends at", message(ctx.suspend, ctx, 1, nothing))
    assert.matches("function expected, got nil", message(ctx.suspend, ctx, 0.002))
    assert.matches("resumes by itself", message(ctx.resume, ctx))
  end)

  it("raises for everything but reading once it is closed", function()
    local ctx = support.offline(128)
    local gain, source = ctx:createGain(), ctx:createBufferSource()
    ctx:close()
    assert.equal("closed", ctx.state)
    assert.equal(48000, ctx.sampleRate)
    assert.equal(0, ctx.currentTime)
    for _, call in ipairs {
      function() ctx:createGain() end, function() ctx:createBuffer(1, 1, 48000) end, function() ctx:close() end,
      function() ctx:startRendering() end, function() gain:connect(ctx.destination) end,
      function() gain:disconnect() end, function() source:start() end, function() gain.gain.value = 1 end,
      function() return gain.channelCount end, function() ctx:decodeAudioData("assets/laser.ogg") end,
      function() ctx:createTap(gain) end, function() ctx:createBufferSource() end,
    } do
      assert.matches("context is closed", message(call))
    end
  end)

  it("closes at the end of its scope", function()
    if not support.closing then pending(support.NO_CLOSING) end
    local ctx = support.offline(128)
    support.closing(ctx, function() assert.equal("suspended", ctx.state) end)
    assert.equal("closed", ctx.state)
  end)

  it("of its own runs on a device and can be suspended, resumed and closed", function()
    local ctx = perilune.newContext { device = "null", sampleRate = 44100, channels = 1, blockSize = 256 }
    assert.equal(44100, ctx.sampleRate)
    assert.equal("running", ctx.state)
    assert.is_true(support.wait(function() return ctx.currentTime > 0 end))
    ctx:suspend()
    assert.equal("suspended", ctx.state)
    ctx:resume()
    assert.equal("running", ctx.state)
    ctx:close()
    assert.equal("closed", ctx.state)
  end)

  it("refuses settings that make no sense", function()
    local new, offline = perilune.newContext, perilune.newOfflineContext
    assert.matches("unknown option 'devcie' %(did you mean 'device'%?%)", message(new, { devcie = "null" }))
    assert.matches("bad value for 'device' %(\"sdl\" or \"null\" expected, got \"alsa\"%)",
      message(new, { device = "alsa" }))
    assert.matches("bad value for 'channels' %(whole number from 1 to 32 expected, got 0%)",
      message(offline, { channels = 0, length = 1 }))
    assert.matches("bad value for 'channels' .*got 255", message(offline, { channels = 255, length = 1 }))
    assert.matches("bad value for 'sampleRate' .*got 0%)", message(offline, { length = 1, sampleRate = 0 }))
    assert.matches("bad value for 'sampleRate' .*got 10000000%)", message(offline, { length = 1, sampleRate = 1e7 }))
    assert.matches("bad value for 'length' .*got nil", message(offline, {}))
    assert.matches("bad value for 'length' .*got 1.5", message(offline, { length = 1.5 }))
    assert.matches("bad argument #1 to 'newOfflineContext' %(table expected, got nil%)", message(offline))
  end)
end)

describe("the default context", function()
  it("is one, and now is its time", function()
    local ctx = support.default()
    assert.is_true(ctx == perilune.context())
    local before = ctx.currentTime
    local now = perilune.now()
    assert.is_true(before <= now and now <= ctx.currentTime)
  end)

  it("cannot be opened again", function()
    support.default()
    assert.matches("open already", message(perilune.open, { device = "null" }))
  end)

  it("is the same module table after a second require", function()
    package.loaded.perilune = nil
    assert.is_true(require "perilune" == perilune)
  end)
end)
