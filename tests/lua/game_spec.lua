local perilune = require "perilune"
local support = require "tests.lua.support"
local message = support.message

support.default()

describe("perilune.load", function()
  it("shares one buffer by path and gives each call its own Sound", function()
    local a, b = perilune.load "assets/laser.ogg", perilune.load "assets/laser.ogg"
    assert.is_true(a.buffer == b.buffer)
    assert.is_false(rawequal(a, b))
    assert.near(0.3, a.duration, 1e-9)
  end)

  it("takes a Buffer, and several paths of which play picks one", function()
    local laser = perilune.load("assets/laser.ogg").buffer
    assert.is_true(perilune.load(laser).buffer == laser)
    local steps = perilune.load { "assets/click.ogg", "assets/jump.ogg", "assets/laser.ogg" }
    local seen, kinds = {}, 0
    for _ = 1, 60 do
      local duration = steps:play({ volume = 0 }).duration
      kinds = kinds + (seen[duration] and 0 or 1)
      seen[duration] = true
    end
    steps:stop()
    assert.equal(3, kinds)
  end)

  it("multiplies play's volume and pitch by random factors within its ranges, the same for the same seed", function()
    local sound = perilune.load("assets/click.ogg", { volume = { 0.25, 0.5 }, pitch = { 2, 4 } })
    local function draw()
      local drawn = {}
      perilune.seed(7)
      for i = 1, 20 do
        local source = sound:play { volume = 0.5, pitch = 0.5 }
        assert.is_true(source.volume >= 0.125 and source.volume <= 0.25)
        assert.is_true(source.pitch >= 1 and source.pitch <= 2)
        drawn[i] = source.volume
      end
      sound:stop()
      return drawn
    end
    local first = draw()
    assert.not_equal(first[1], first[2])
    assert.same(first, draw())
  end)

  it("names the nearest option for an unknown one, and refuses values that make no sense", function()
    local load, path = perilune.load, "assets/laser.ogg"
    assert.matches("unknown option 'volum' %(did you mean 'volume'%?%)", message(load, path, { volum = 1 }))
    assert.matches("unknown option 'bus'", message(load, path, { bus = "sfx" }))
    assert.matches("bad value for 'volume' %(number of at least 0 or {low, high} expected, got %-1%)",
      message(load, path, { volume = -1 }))
    assert.matches("bad value for 'volume'", message(load, path, { volume = { 1, 0.5 } }))
    assert.matches("bad value for 'pitch' %(number above 0 or {low, high} expected, got 0%)",
      message(load, path, { pitch = 0 }))
    assert.matches("bad value for 'pitch'", message(load, path, { pitch = { 1 } }))
    assert.matches("bad argument #1 to 'load' %(path, table of paths or Buffer expected, got nil%)", message(load))
    assert.matches("got an empty table", message(load, {}))
    assert.matches("path or Buffer expected as item 2, got number", message(load, { path, 5 }))
    assert.matches("bad argument #2 to 'load' %(table expected, got number%)", message(load, path, 5))
    assert.matches("no/such.ogg", message(load, "no/such.ogg"))
  end)

  it("points at the script's line", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local _, text = pcall(function() local s = perilune.load("no/such.ogg") return s end)
    assert.matches("game_spec%.lua:" .. line .. ": ", text)
    line = debug.getinfo(1, "l").currentline + 1
    _, text = pcall(function() perilune.load("assets/laser.ogg", { volum = 1 }) end)
    assert.matches("game_spec%.lua:" .. line .. ": ", text)
  end)
end)

describe("loadAsync", function()
  it("calls back with a Sound", function()
    local sound
    perilune.loadAsync("assets/coin.ogg", function(loaded) sound = loaded end)
    assert.is_nil(sound)
    assert.is_true(support.wait(function() return sound end))
    assert.near(0.65, sound.duration, 1e-9)
  end)

  it("calls back with nil and the reason", function()
    local results
    perilune.loadAsync("no/such.ogg", function(...) results = { select("#", ...), ... } end)
    assert.is_true(support.wait(function() return results end))
    assert.same({ 2, nil }, { results[1], results[2] })
    assert.matches("no/such.ogg", results[3])
  end)

  it("refuses wrong arguments", function()
    assert.matches("bad argument #1 to 'loadAsync' %(path expected, got nil%)", message(perilune.loadAsync))
    assert.matches("bad argument #2 to 'loadAsync' %(function expected, got nil%)",
      message(perilune.loadAsync, "assets/coin.ogg"))
  end)
end)

describe("a Sound", function()
  local laser = perilune.load "assets/laser.ogg"

  it("gives a Source of its own for each play", function()
    local a, b = laser:play(), laser:play()
    assert.is_false(rawequal(a, b))
    assert.same({ "playing", true, 0.3 }, { a.state, a.playing, a.duration })
    assert.same({ 1, 1, 0, false, 0, 0.3 }, { b.volume, b.pitch, b.pan, b.loop, b.loopStart, b.loopEnd })
  end)

  it("plays with what it is told", function()
    local source = laser:play {
      volume = 0.5, pitch = 1.5, pan = -0.25, at = perilune.now() + 100, offset = 0.1, duration = 0.1,
      loop = true, loopStart = 0.05, loopEnd = 0.25, fadeIn = 0.01, onended = function() end,
    }
    assert.same({ 0.5, 1.5, -0.25, true }, { source.volume, source.pitch, source.pan, source.loop })
    assert.same({ 0.05, 0.25 }, { source.loopStart, source.loopEnd })
    assert.same({ "scheduled", false }, { source.state, source.playing })
    assert.is_function(source.onended)
    source:stop()
  end)

  it("plays with volume, pitch and pan in this order, nil for what is left out", function()
    local function settings(...)
      local source = laser:play(...)
      source:stop()
      return { source.volume, source.pitch, source.pan }
    end
    assert.same({ 0.5, 1, 0 }, settings(0.5))
    assert.same({ 0.5, 1.5, 0 }, settings(0.5, 1.5))
    assert.same({ 0.5, 1.5, -0.25 }, settings(0.5, 1.5, -0.25))
    assert.same({ 1, 1, 0.75 }, settings(nil, nil, 0.75))
    assert.same({ 1, 1, 0 }, settings(nil, nil, nil))
    local quiet = perilune.load("assets/laser.ogg", { volume = 0.5, pitch = 2 })
    local source = quiet:play(0.5, 0.5)
    assert.same({ 0.25, 1 }, { source.volume, source.pitch })
    quiet:stop()
  end)

  it("stops all that it plays, and nothing else", function()
    local other = perilune.load "assets/music.ogg"
    local kept, a, b = other:play { volume = 0 }, laser:play { loop = true }, laser:play { at = perilune.now() + 1000 }
    laser:stop()
    assert.is_true(support.wait(function() return a.state == "ended" and b.state == "ended" end))
    assert.equal("playing", kept.state)
    other:stop(0.01)
    assert.is_true(support.wait(function() return kept.state == "ended" end))
  end)

  it("may be played by finalisers, which run while it is played", function()
    local sound, quiet = perilune.load "assets/click.ogg", { volume = 0 }
    local played, before = 0, perilune.stats().sources
    local function play() sound:play(quiet) played = played + 1 end
    for _ = 1, 1000 do
      support.finalise(play)
      sound:play(quiet)
    end
    support.collect()
    assert.equal(1000, played)
    sound:stop()
    assert.is_true(support.wait(function() return perilune.stats().sources <= before end))
  end)

  it("refuses wrong options and starts nothing", function()
    support.settle()
    local started = perilune.stats().sourcesStarted
    local play = laser.play
    assert.matches("unknown option 'volum' %(did you mean 'volume'%?%)", message(play, laser, { volum = 1 }))
    assert.matches("bad value for 'volume' %(number of at least 0 expected, got %-1%)",
      message(play, laser, { volume = -1 }))
    assert.matches("bad value for 'volume' %(finite number expected", message(play, laser, { volume = 0 / 0 }))
    assert.matches("bad value for 'pitch' %(number above 0 expected, got 0%)", message(play, laser, { pitch = 0 }))
    assert.matches("bad value for 'pan' %(number from %-1 to 1 expected, got 2%)", message(play, laser, { pan = 2 }))
    assert.matches("bad value for 'at' %(time of 0 seconds or later expected, got %-1%)",
      message(play, laser, { at = -1 }))
    assert.matches("bad value for 'loop' %(boolean expected, got number%)", message(play, laser, { loop = 1 }))
    assert.matches("bad value for 'onended' %(function expected, got boolean%)",
      message(play, laser, { onended = true }))
    assert.matches("bad argument #1 to 'play' %(table or number expected, got string%)", message(play, laser, "1"))
    assert.matches("bad argument #2 to 'play' %(no more than 1 expected%)", message(play, laser, {}, 1))
    assert.matches("bad argument #1 to 'play' %(number of at least 0 expected, got %-1%)", message(play, laser, -1))
    assert.matches("bad argument #2 to 'play' %(number above 0 expected, got 0%)", message(play, laser, 1, 0))
    assert.matches("bad argument #2 to 'play' %(number expected, got table%)", message(play, laser, 1, {}))
    assert.matches("bad argument #3 to 'play' %(number from %-1 to 1 expected, got 2%)", message(play, laser, 1, 1, 2))
    assert.matches("bad argument #3 to 'play' %(finite number expected, got nan%)",
      message(play, laser, nil, nil, 0 / 0))
    assert.matches("bad argument #4 to 'play' %(no more than 3 expected%)", message(play, laser, 1, 1, 0, 0))
    local loud = perilune.load("assets/laser.ogg", { volume = 1e30 })
    assert.matches("volume or pitch is too large", message(play, loud, 1e30))
    assert.matches("'play' was called without its object %(Sound expected, got no value%)", message(play))
    assert.matches("an option is named by a string, not by a number", message(play, laser, { 1 }))
    assert.matches("Sound has no property 'lenght'", message(function() return laser.lenght end))
    support.settle()
    assert.equal(started, perilune.stats().sourcesStarted)
  end)
end)

describe("a Source", function()
  local music = perilune.load "assets/music.ogg"

  it("can be changed while it plays", function()
    local source = music:play { volume = 0 }
    source.volume, source.pitch, source.pan, source.loop = 0.25, 2, 0.5, true
    source.loopStart, source.loopEnd = 2, 10
    assert.same({ 0.25, 2, 0.5, true }, { source.volume, source.pitch, source.pan, source.loop })
    assert.same({ 2, 10 }, { source.loopStart, source.loopEnd })
    source:fade(0.125, 0.1)
    assert.equal(0.125, source.volume)
    source:stop()
  end)

  it("tells the playhead, which moves", function()
    local source = music:play { volume = 0, offset = 3 }
    assert.is_true(support.wait(function() return source.time >= 3 end))
    assert.is_true(support.wait(function() return source.time > 3.02 end))
    assert.is_true(source.time < 9)
    assert.matches("read%-only", message(function() source.time = 0 end))
    source:stop()
  end)

  it("ends after a stop, later if it is told so", function()
    local now, later = music:play { volume = 0 }, music:play { volume = 0 }
    now:stop()
    later:stop(0.01, perilune.now() + 1000)
    assert.is_true(support.wait(function() return now.state == "ended" end))
    assert.equal("playing", later.state)
    later:stop()
    assert.is_true(support.wait(function() return later.state == "ended" end))
  end)

  it("that has ended ignores writes and calls, and keeps its last values", function()
    local source = music:play { volume = 0.5, pan = 0.25, onended = function() end }
    source:stop()
    assert.is_true(support.wait(function() return not source.playing and source.onended == nil end))
    source.volume, source.pitch, source.pan, source.loop = 0.75, 2, 0, true
    source.loopStart, source.loopEnd, source.onended = 1, 2, function() end
    source:stop(1)
    source:fade(1, 1)
    assert.same({ 0.5, 1, 0.25, false }, { source.volume, source.pitch, source.pan, source.loop })
    assert.same({ 2, 10 }, { source.loopStart, source.loopEnd }) -- the loop that the file names
    assert.is_nil(source.onended)
    assert.equal("ended", source.state)
    assert.is_number(source.time)
    assert.matches("number expected, got string", message(function() source.volume = "loud" end))
  end)

  it("calls onended once when it ends and when it is stopped", function()
    local click, ended = perilune.load "assets/click.ogg", 0
    click:play { volume = 0, onended = function() ended = ended + 1 end }
    local source = music:play { volume = 0 }
    source.onended = function() ended = ended + 1 end
    source:stop()
    assert.is_true(support.wait(function() return ended == 2 end))
    for _ = 1, 20 do perilune.update() end
    assert.equal(2, ended)
  end)

  it("refuses wrong values and keeps what it had", function()
    local source = music:play { volume = 0 }
    assert.matches("bad value for 'volume' %(number of at least 0 expected, got %-1%)",
      message(function() source.volume = -1 end))
    assert.matches("bad value for 'pan' .*got 5", message(function() source.pan = 5 end))
    assert.matches("bad argument #1 to 'stop' %(time of 0 seconds or later expected, got %-1%)",
      message(source.stop, source, -1))
    assert.matches("bad argument #2 to 'fade' %(number expected, got nil%)", message(source.fade, source, 1))
    assert.matches("Source has no property 'pause' %(did you mean '", message(function() source.pause = true end))
    assert.same({ 0, 0 }, { source.volume, source.pan })
    source:stop()
  end)
end)

describe("an error in a callback", function()
  it("goes to the function of onError with a traceback, and the other callbacks still run", function()
    local click, reported, ran = perilune.load "assets/click.ogg", {}, 0
    perilune.onError(function(text) reported[#reported + 1] = text end)
    finally(function() perilune.onError(nil) end)
    click:play { volume = 0, onended = function() error("something broke") end }
    click:play { volume = 0, onended = function() ran = ran + 1 end }
    assert.is_true(support.wait(function() return #reported == 1 and ran == 1 end))
    assert.matches("game_spec%.lua:%d+: something broke", reported[1])
    assert.matches("stack traceback", reported[1])
  end)

  it("refuses what is no function", function()
    assert.matches("bad argument #1 to 'onError' %(function or nil expected, got number%)",
      message(perilune.onError, 5))
    assert.matches("bad argument #1 to 'files' %(function or nil expected, got string%)", message(perilune.files, "x"))
  end)
end)

describe("small functions", function()
  it("db gives factors", function()
    assert.near(0.5011872, perilune.db(-6), 1e-6)
    assert.same({ 1, 0 }, { perilune.db(0), perilune.db(-math.huge) })
    assert.matches("bad argument #1 to 'db' %(number expected, got nil%)", message(perilune.db))
  end)

  it("stats counts sources, buffers and their bytes", function()
    local stats = perilune.stats()
    for _, name in ipairs {
      "sources", "sourcesPlaying", "sourcesScheduled", "sourcesStarted", "sourcesEnded", "sourceBytes", "nodes",
      "planSteps", "commands", "commandBytes", "quanta", "load", "loadPeak", "underruns", "nonfinite", "tapDropped",
      "deviceLosses", "buffers", "bufferBytes",
    } do
      assert.is_number(stats[name], name)
    end
  end)

  it("seed refuses what is no number", function()
    assert.matches("bad argument #1 to 'seed' %(number expected, got string%)", message(perilune.seed, "x"))
  end)
end)
