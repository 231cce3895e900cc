local perilune = require "perilune"
local support = require "tests.lua.support"
local message = support.message

local floats = support.floats
local unpack = table.unpack or unpack

describe("a buffer", function()
  local ctx = support.offline(128)

  it("tells its shape and has an id of its own", function()
    local buffer, other = ctx:createBuffer(2, 2400, 24000), ctx:createBuffer(1, 1, 48000)
    assert.same({ 2, 2400, 24000, 0.1 }, { buffer.numberOfChannels, buffer.length, buffer.sampleRate, buffer.duration })
    assert.is_true(buffer.id > 0 and buffer.id ~= other.id)
  end)

  it("begins silent", function()
    assert.equal(("\0"):rep(12), ctx:createBuffer(1, 3, 48000):getChannelData(1))
  end)

  it("takes samples from a string of float32 and from a table", function()
    local buffer = ctx:createBuffer(2, 4, 48000)
    buffer:copyToChannel(floats(0.5, -0.5), 1)
    buffer:copyToChannel({ 0.25, 0.75 }, 2, 3)
    assert.equal(floats(0.5, -0.5, 0, 0), buffer:getChannelData(1))
    assert.same({ 0, 0, 0.25, 0.75 }, buffer:copyFromChannel(2))
  end)

  it("gives parts of a channel", function()
    local buffer = ctx:createBuffer(1, 4, 48000)
    buffer:copyToChannel({ 1, 2, 3, 4 }, 1)
    assert.same({ 3, 4 }, buffer:copyFromChannel(1, 3))
    assert.same({ 2, 3 }, buffer:copyFromChannel(1, 2, 2))
    assert.same({}, buffer:copyFromChannel(1, 4, 0))
  end)

  it("gives and takes single samples, counted from 1", function()
    local buffer = ctx:createBuffer(2, 3, 48000)
    buffer:setSample(2, 3, 0.5)
    assert.equal(0.5, buffer:getSample(2, 3))
    assert.equal(0, buffer:getSample(2, 1))
  end)

  it("keeps samples past many pieces in place", function()
    local samples = {}
    for i = 1, 5000 do samples[i] = i end
    local buffer = ctx:createBuffer(1, 5000, 48000)
    buffer:copyToChannel(samples, 1)
    assert.same(samples, buffer:copyFromChannel(1))
    assert.equal(floats(unpack(samples, 4900, 4910)), buffer:getChannelData(1):sub(4 * 4899 + 1, 4 * 4910))
  end)

  it("is saved as a WAV file that decodes to the same samples", function()
    local buffer, again = ctx:createBuffer(2, 3, 48000), nil
    buffer:copyToChannel({ 0.1, -0.2, 0.3 }, 2)
    support.inFolder(function(folder)
      buffer:save(folder .. "/saved.wav")
      again = ctx:decodeAudioData(folder .. "/saved.wav")
    end)
    assert.equal(buffer:getChannelData(2), again:getChannelData(2))
    assert.equal(2, again.numberOfChannels)
  end)

  it("changed while a source plays it leaves that source as it was", function()
    local render = support.offline(256)
    local buffer = support.constant(render, 256, 1)
    support.source(render, buffer):start()
    buffer:setSample(1, 200, 9)
    assert.equal(9, buffer:getSample(1, 200))
    local out = render:startRendering()
    assert.equal(1, out:getSample(1, 200))
  end)

  it("with NaN samples is silenced where it is played and leaves the rest sounding", function()
    local render = support.offline(256)
    local bad = support.constant(render, 256, 1)
    bad:setSample(1, 10, 0 / 0)
    support.source(render, bad):start()
    support.source(render, support.constant(render, 256, 0.5)):start()
    local out = render:startRendering()
    for frame = 1, 256 do
      local sample = out:getSample(1, frame)
      assert.is_true(sample == sample and sample >= 0.5 and sample < 2)
    end
  end)

  it("refuses wrong calls and stays as it was", function()
    local buffer = ctx:createBuffer(1, 2, 48000)
    buffer:copyToChannel({ 1, 2 }, 1)
    assert.matches("bad argument #2 to 'copyToChannel' %(whole number from 1 to 1 expected, got 2%)",
      message(buffer.copyToChannel, buffer, { 0 }, 2))
    assert.matches("no more than 1 samples fit there, got 2", message(buffer.copyToChannel, buffer, { 0, 0 }, 1, 2))
    assert.matches("4 bytes each, got 3 bytes", message(buffer.copyToChannel, buffer, "abc", 1))
    assert.matches("number expected as sample 2, got string", message(buffer.copyToChannel, buffer, { 0, "x" }, 1))
    assert.matches("string or table expected, got number", message(buffer.copyToChannel, buffer, 5, 1))
    assert.matches("bad argument #2 to 'getSample' %(whole number from 1 to 2 expected, got 0%)",
      message(buffer.getSample, buffer, 1, 0))
    assert.matches("bad argument #3 to 'setSample' %(number expected, got nil%)",
      message(buffer.setSample, buffer, 1, 1))
    assert.matches("bad argument #3 to 'copyFromChannel' .*from 0 to 1 expected, got 2",
      message(buffer.copyFromChannel, buffer, 1, 2, 2))
    assert.matches("bad argument #1 to 'getChannelData' .*got nil", message(buffer.getChannelData, buffer))
    assert.matches("/no/such/folder", message(buffer.save, buffer, "/no/such/folder/x.wav"))
    assert.matches("Buffer has no property 'lenght' %(did you mean 'length'%?%)",
      message(function() return buffer.lenght end))
    assert.same({ 1, 2 }, buffer:copyFromChannel(1))
  end)

  it("cannot be made of nothing", function()
    local create = ctx.createBuffer
    assert.matches("bad argument #1 to 'createBuffer' %(whole number from 1 to 32 expected, got 0%)",
      message(create, ctx, 0, 1, 48000))
    assert.matches("bad argument #1 to 'createBuffer' .*got 255", message(create, ctx, 255, 1, 48000))
    assert.matches("bad argument #2 to 'createBuffer' .*got 0", message(create, ctx, 1, 0, 48000))
    assert.matches("bad argument #2 to 'createBuffer' .*got 1.5", message(create, ctx, 1, 1.5, 48000))
    assert.matches("bad argument #3 to 'createBuffer' .*got 0", message(create, ctx, 1, 1, 0))
    assert.matches("bad argument #3 to 'createBuffer' .*got 10000000", message(create, ctx, 1, 1, 1e7))
    assert.matches("bad argument #3 to 'createBuffer' %(finite number expected, got nan%)",
      message(create, ctx, 1, 1, 0 / 0))
    -- The limit that is told is the one that holds.
    assert.matches("bad argument #2 to 'createBuffer' %(whole number from 1 to 1073741824 expected",
      message(create, ctx, 1, 1073741825, 48000))
  end)
end)

describe("decodeAudioData", function()
  local ctx = support.offline(128)

  local function contents(path)
    local file = assert(io.open(path, "rb"))
    local bytes = file:read("*a")
    file:close()
    return bytes
  end

  it("decodes Ogg Vorbis and WAV by path", function()
    local ogg, wav = ctx:decodeAudioData("assets/laser.ogg"), ctx:decodeAudioData("assets/laser.wav")
    assert.same({ 1, 14400, 48000 }, { ogg.numberOfChannels, ogg.length, ogg.sampleRate })
    assert.same({ 1, 14400, 48000 }, { wav.numberOfChannels, wav.length, wav.sampleRate })
  end)

  it("decodes the contents of a file", function()
    local buffer = ctx:decodeAudioData(contents("assets/laser.ogg"))
    assert.equal(14400, buffer.length)
    assert.equal(ctx:decodeAudioData("assets/laser.ogg"):getChannelData(1), buffer:getChannelData(1))
  end)

  it("gives the same buffer for the same path", function()
    local a = ctx:decodeAudioData("assets/coin.ogg")
    local b = ctx:decodeAudioData("assets/coin.ogg")
    assert.is_true(a == b)
  end)

  it("resamples to the context's rate", function()
    local music = ctx:decodeAudioData("assets/music.ogg")
    assert.same({ 48000, 480000 }, { music.sampleRate, music.length })
  end)

  it("calls back with the buffer, or with nil and the reason", function()
    local got, why
    ctx:decodeAudioData("assets/jump.ogg", function(buffer) got = buffer end)
    ctx:decodeAudioData("no/such/file.ogg", function(buffer, reason) why = { buffer, reason } end)
    assert.is_true(support.wait(function() return got and why end))
    assert.equal(13440, got.length)
    assert.is_nil(why[1])
    assert.matches("no/such/file.ogg", why[2])
  end)

  it("raises for what is no sound, with the path and the reason", function()
    local decode = ctx.decodeAudioData
    assert.matches("no/such/file.ogg", message(decode, ctx, "no/such/file.ogg"))
    assert.matches("assets/README.md", message(decode, ctx, "assets/README.md"))
    assert.is_string(message(decode, ctx, "RIFF"))
    assert.matches("the string is empty", message(decode, ctx, ""))
    assert.matches("it is text", message(decode, ctx, "some lines\nof text\n"))
    assert.is_string(message(decode, ctx, contents("assets/laser.ogg"):sub(1, 200)))
    assert.is_string(message(decode, ctx, contents("assets/laser.wav"):sub(1, 20)))
    assert.matches("bad argument #1 to 'decodeAudioData' %(path or file contents expected, got nil%)",
      message(decode, ctx))
    assert.matches("bad argument #2 to 'decodeAudioData' %(function expected, got number%)",
      message(decode, ctx, "assets/laser.ogg", 1))
  end)

  it("asks the function of perilune.files first", function()
    local asked = {}
    perilune.files(function(path)
      asked[#asked + 1] = path
      return path == "virtual.ogg" and contents("assets/click.ogg") or nil
    end)
    finally(function() perilune.files(nil) end)
    assert.equal(2400, ctx:decodeAudioData("virtual.ogg").length)
    assert.equal(14400, ctx:decodeAudioData("assets/laser.ogg").length)
    local late
    ctx:decodeAudioData("virtual.ogg", function(buffer) late = buffer end)
    assert.is_true(support.wait(function() return late end))
    assert.equal(2400, late.length)
    assert.same({ "virtual.ogg", "assets/laser.ogg", "virtual.ogg" }, asked)
    perilune.files(function() return 5 end)
    assert.matches("must return a string or nil, not a number", message(ctx.decodeAudioData, ctx, "x.ogg"))
    perilune.files(function() return "no sound" end)
    assert.matches("'x.ogg' from perilune.files: .*it is text", message(ctx.decodeAudioData, ctx, "x.ogg"))
  end)
end)
