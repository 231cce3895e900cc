local perilune = require "perilune"
local support = require "tests.lua.support"

support.default()

-- The loop points that a Source of `sound` reads, started with these options.
local function points(sound, options)
  options = options or {}
  options.volume = 0
  local source = sound:play(options)
  local first, last = source.loopStart, source.loopEnd
  source:stop()
  return { first, last }
end

describe("a file's own loop points", function()
  local music, laser = perilune.load "assets/music.ogg", perilune.load "assets/laser.ogg"

  it("are the defaults of play, from Ogg and from WAV, whether it loops or not yet", function()
    assert.same({ 2, 10 }, points(music, { loop = true }))
    assert.same({ 2, 10 }, points(music))
    assert.same({ 2, 10 }, points(perilune.load "assets/music.wav", { loop = true }))
    assert.same({ 0, 1.5 }, points(perilune.load "assets/engine.wav", { loop = true }))
  end)

  it("give way to those of the script, one by one", function()
    assert.same({ 3, 5 }, points(music, { loop = true, loopStart = 3, loopEnd = 5 }))
    assert.same({ 4, 10 }, points(music, { loop = true, loopStart = 4 }))
    assert.same({ 0, 10 }, points(music, { loop = true, loopStart = 0 }))
    assert.same({ 2, 6 }, points(music, { loop = true, loopEnd = 6 }))
    assert.same({ 2, 10 }, points(music, { loop = true, loopEnd = 0 })) -- 0: the end of the sound
    assert.same({ 0, 1 }, points(music, { loop = true, loopEnd = 1 }))  -- no loop begins behind its end
  end)

  it("are the whole sound where the file names none", function()
    assert.same({ 0, laser.duration }, points(laser, { loop = true }))
    assert.same({ 0.1, laser.duration }, points(laser, { loop = true, loopStart = 0.1 }))
  end)

  it("stay with a buffer that was written to", function()
    local buffer = perilune.context():decodeAudioData("assets/engine.ogg")
    buffer:setSample(1, 1, 0.5)
    assert.same({ 0, 1.5 }, points(perilune.load(buffer), { loop = true }))
  end)

  it("never reach the graph layer", function()
    local ctx = support.offline(128)
    local source = support.source(ctx, ctx:decodeAudioData("assets/music.ogg"))
    assert.equal(0, source.loopStart)
    assert.equal(0, source.loopEnd)
    source.loop = true
    source:start()
    assert.equal(0, source.loopStart)
    assert.equal(0, source.loopEnd)
  end)

  it("leave a lone loopStart the end of the sound, given or set", function()
    local coin = perilune.load "assets/coin.ogg"
    local given = coin:play { loop = true, volume = 0, loopStart = 0.5, offset = 0.45 }
    local set = coin:play { loop = true, volume = 0, offset = 0.45 }
    set.loopStart = 0.5
    for _, source in ipairs { given, set } do
      assert.equal(coin.duration, source.loopEnd)
      assert.is_true(support.wait(function() return source.time >= 0.5 end))
    end
    local finish, lowest = perilune.now() + 2 * coin.duration, coin.duration
    assert.is_true(support.wait(function()
      lowest = math.min(lowest, given.time, set.time)
      return perilune.now() > finish
    end))
    assert.is_true(lowest >= 0.5)
    coin:stop()
  end)

  it("are where the sound goes on", function()
    local source = music:play { loop = true, volume = 0, offset = 9.98 }
    assert.is_true(support.wait(function() return source.time < 9 end))
    assert.is_true(source.time >= 2)
    source:stop()
  end)
end)
