-- What sources of both layers have inside their voices.
local perilune = require "perilune"
local support = require "tests.lua.support"
local message, offline = support.message, support.offline

support.default()

local function quiet() return perilune.load("assets/laser.ogg"):play { volume = 0, loop = true } end

-- The loudest sample of a channel from the second sample `from` on.
local function peak(buffer, from)
  local most = 0
  for i = from or 1, buffer.length do most = math.max(most, math.abs(buffer:getSample(1, i))) end
  return most
end

describe("source.filter", function()
  it("is set by play and by assignment, read as a copy, and kept when the Source has ended", function()
    local sound = perilune.load "assets/click.ogg"
    local source = sound:play { volume = 0, filter = { type = "lowpass", frequency = 500 } }
    assert.same({ "lowpass", 500 }, { source.filter.type, source.filter.frequency })
    assert.near(0.7071, source.filter.Q, 1e-4)
    source.filter = { type = "bandpass", frequency = 80, Q = 4 }
    source.filter.frequency = 5 -- of the copy
    assert.same({ type = "bandpass", frequency = 80, Q = 4 }, source.filter)
    assert.is_true(support.wait(function() return source.state == "ended" end))
    source.filter = nil
    assert.equal("bandpass", source.filter.type)
    assert.is_nil(quiet().filter)
  end)

  it("is there in the graph too, and muffles", function()
    local function render(filter)
      local ctx = offline(4800)
      local buffer = ctx:createBuffer(1, 4800, 48000)
      for i = 1, 4800, 2 do buffer:setSample(1, i, 1) end -- half of it at the highest frequency there is
      local source = support.source(ctx, buffer)
      source.filter = filter
      source:start()
      return ctx:startRendering()
    end
    assert.equal(1, peak(render(nil), 1000))
    assert.near(0.5, peak(render { type = "lowpass", frequency = 1000 }, 1000), 0.001)
    assert.near(0.5, peak(render { type = "highpass", frequency = 1000 }, 1000), 0.001)
    assert.near(0, peak(render { type = "bandpass", frequency = 1000 }, 1000), 0.001)
  end)

  it("can move and go while it plays", function()
    local ctx = offline(9600)
    local source = support.source(ctx, support.constant(ctx, 9600, 0.5))
    source.filter = { type = "highpass", frequency = 200 }
    source:start()
    ctx:suspend(0.1, function() source.filter = nil end)
    local out = ctx:startRendering()
    assert.near(0, out:getSample(1, 4800), 0.001)
    assert.equal(0.5, out:getSample(1, 9600))
    for i = 4801, 9600 do assert.is_true(math.abs(out:getSample(1, i) - out:getSample(1, i - 1)) < 0.01) end
  end)

  it("refuses what is no filter, names the part, and changes nothing", function()
    local source = quiet()
    local function set(filter) return message(function() source.filter = filter end) end
    assert.matches("bad value for 'filter' %(table {type, frequency, Q} or nil expected, got number%)", set(3))
    assert.matches("bad value for 'filter.type' %(\"lowpass\", \"highpass\" or \"bandpass\" expected, got nil%)", set {})
    assert.matches("got \"lopass\"", set { type = "lopass", frequency = 5 })
    assert.matches("unknown option 'frequncy' %(did you mean 'frequency'%?%)", set { type = "lowpass", frequncy = 5 })
    assert.matches("bad value for 'filter.frequency' %(number expected, got nil%)", set { type = "lowpass" })
    assert.matches("filter.frequency", set { type = "lowpass", frequency = -1 })
    assert.matches("filter.Q", set { type = "lowpass", frequency = 100, Q = 0 })
    assert.is_nil(source.filter)
    assert.matches("bad value for 'filter'",
      message(function() perilune.load("assets/click.ogg"):play { filter = "lowpass" } end))
    source:stop()
  end)
end)

describe("source.paused", function()
  it("stops the playhead until it goes on, and is no end", function()
    local ended = false
    local source = perilune.load("assets/laser.ogg"):play { volume = 0, onended = function() ended = true end }
    source.paused = true
    assert.same({ "paused", true, false }, { source.state, source.paused, source.playing })
    assert.is_true(support.wait(function() return perilune.stats().sourcesPaused > 0 end))
    local function wait(seconds)
      local finish = perilune.now() + seconds
      assert.is_true(support.wait(function() return perilune.now() > finish end))
      return source.time -- exact from the second time on
    end
    wait(0.05)
    assert.equal(wait(0.05), wait(0.1))
    assert.is_false(ended)
    source.paused = false
    assert.equal("playing", source.state)
    assert.is_true(support.wait(function() return ended end))
    source.paused = true -- ignored
    assert.same({ "ended", false }, { source.state, source.paused })
    assert.matches("bad value for 'paused' %(boolean expected, got nil%)",
      message(function() source.paused = nil end))
  end)

  it("ends when nobody can let it go on any more", function()
    local ended = false
    local source = perilune.load("assets/laser.ogg"):play { volume = 0, loop = true, onended = function() ended = true end }
    source.paused = true
    source = nil -- luacheck: ignore
    support.collect()
    assert.is_true(support.wait(function() return ended end))
    source = quiet()
    source.paused = true
    source.paused = false
    local kept = perilune.stats().sources
    source = nil -- luacheck: ignore
    support.collect()
    perilune.update()
    assert.equal(kept, perilune.stats().sources)
  end)

  it("can be stopped while it is paused", function()
    local source = quiet()
    source.paused = true
    source:stop()
    assert.is_true(support.wait(function() return source.state == "ended" end))
  end)
end)

describe("source.interpolation", function()
  local function render(options, way)
    options.length, options.channels, options.sampleRate = 128, 1, 48000
    local ctx = perilune.newOfflineContext(options)
    local buffer = ctx:createBuffer(1, 64, 48000)
    for i = 1, 64 do buffer:setSample(1, i, (i - 1) % 2) end
    local source = support.source(ctx, buffer)
    if way then source.interpolation = way end
    source.playbackRate.value = 0.5
    source:start()
    return ctx:startRendering()
  end

  it("is linear by default, the context's or the source's own", function()
    assert.equal(0.5, render({}):getSample(1, 2))
    assert.equal(0, render({ interpolation = "none" }):getSample(1, 2))
    assert.equal(0, render({}, "none"):getSample(1, 2))
    assert.equal(0.5, render({ interpolation = "none" }, "linear"):getSample(1, 2))
  end)

  it("can be set while it plays, and is read back", function()
    local source = perilune.load("assets/laser.ogg"):play { volume = 0, loop = true, pitch = 1.1, interpolation = "sinc" }
    assert.equal("sinc", source.interpolation)
    source.interpolation = "cubic"
    assert.equal("cubic", source.interpolation)
    assert.is_nil(quiet().interpolation)
    assert.matches("bad value for 'interpolation' %(\"none\", \"linear\", \"cubic\" or \"sinc\" expected, got \"best\"%)",
      message(function() source.interpolation = "best" end))
    assert.matches("'interpolation'", message(perilune.newContext, { interpolation = 3 }))
    source:stop()
  end)
end)

describe("format = 's16'", function()
  it("halves the memory of a sound, one copy for each format", function()
    local f32, s16 = perilune.load "assets/coin.ogg", perilune.load("assets/coin.ogg", { format = "s16" })
    assert.equal("f32", f32.buffer.format)
    assert.equal("s16", s16.buffer.format)
    assert.is_false(f32.buffer == s16.buffer)
    assert.is_true(s16.buffer == perilune.load("assets/coin.ogg", { format = "s16" }).buffer)
    for i = 1000, 1100 do assert.near(f32.buffer:getSample(1, i), s16.buffer:getSample(1, i), 0.51 / 32768) end
    assert.matches("bad value for 'format' %(\"f32\" or \"s16\" expected, got \"mp3\"%)",
      message(perilune.load, "assets/coin.ogg", { format = "mp3" }))
  end)

  it("can be asked of decodeAudioData and of loads in the background", function()
    local ctx, loaded, decoded = perilune.context(), nil, nil
    assert.equal("s16", ctx:decodeAudioData("assets/laser.ogg", { format = "s16" }).format)
    perilune.loadAsync("assets/jump.ogg", function(sound) loaded = sound end, { format = "s16", volume = 0.5 })
    ctx:decodeAudioData("assets/explosion.ogg", { format = "s16" }, function(buffer) decoded = buffer end)
    assert.is_true(support.wait(function() return loaded and decoded end))
    assert.equal("s16", loaded.buffer.format)
    assert.equal("s16", decoded.format)
    assert.equal(0.5, loaded:play { volume = 1 }.volume)
    loaded:stop()
    assert.matches("unknown option 'fromat' %(did you mean 'format'%?%)",
      message(ctx.decodeAudioData, ctx, "assets/laser.ogg", { fromat = "s16" }))
  end)
end)
