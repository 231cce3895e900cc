-- Web Audio 1.1, sections 1.7, 1.9 and 1.16, clause by clause: what starts and stops. What other specs show, and where
-- perilune differs, says docs/web-audio.md.
local support = require "tests.lua.support"
local message, offline, constant = support.message, support.offline, support.constant
local function at(frame) return frame / 48000 end

-- A buffer of `length` frames: 1, 2, 3, …
local function counting(ctx, length, rate)
  local samples = {}
  for i = 1, length do samples[i] = i end
  local buffer = ctx:createBuffer(1, length, rate or 48000)
  buffer:copyToChannel(samples, 1)
  return buffer
end

-- What a buffer source of options over `counting(64)` gives, frames from 0; `setUp` starts it.
local function played(options, setUp, length)
  local ctx = offline(length or 512)
  options.buffer = options.buffer or counting(ctx, 64)
  options.interpolation = options.interpolation or "linear"
  local from, ended = ctx:createBufferSource(options), 0
  from.onended = function() ended = ended + 1 end
  from:connect(ctx.destination)
  setUp(from, ctx)
  local out = ctx:startRendering()
  return function(frame) return out:getSample(1, frame + 1) end, function() return ended end
end

local KINDS = {
  BufferSource = function(ctx) return ctx:createBufferSource { buffer = constant(ctx, 4800, 1) } end,
  ConstantSource = function(ctx) return ctx:createConstantSource() end,
  Oscillator = function(ctx)
    local from = ctx:createOscillator { frequency = 0 }
    from:setPeriodicWave(ctx:createPeriodicWave({ 0, 1 }, { 0, 0 }))
    return from
  end,
}

describe("AudioScheduledSourceNode (Web Audio 1.1, section 1.7)", function()
  for kind, make in pairs(KINDS) do
    -- What one gives that `schedule` starts, and how often it has told its end.
    local function run(schedule, length)
      local ctx, ended = offline(length or 1024), 0
      local from = make(ctx)
      from.onended = function() ended = ended + 1 end
      from:connect(ctx.destination)
      schedule(from, ctx)
      local out = ctx:startRendering()
      return function(frame) return math.floor(out:getSample(1, frame + 1) * 1000 + 0.5) / 1000 end, ended
    end

    it("1.7 " .. kind .. ": is silent before its start and behind its stop", function()
      local v, ended = run(function(from) from:start(at(200)); from:stop(at(300)) end)
      assert.same({ 0, 1, 1, 0, 1 }, { v(199), v(200), v(299), v(300), ended })
      v = run(function() end)
      assert.equal(0, v(500))
    end)

    it("1.7.1 " .. kind .. ": onended comes once, at its stop, and not before", function()
      local _, ended = run(function(from) from:start(); from:stop(at(2000)) end)
      assert.equal(0, ended)
      _, ended = run(function(from, ctx)
        from:start()
        from:stop(at(300))
        ctx:suspend(at(640), function() from:stop(); from:stop(at(700)) end)
      end)
      assert.equal(1, ended)
    end)

    it("1.7.2 " .. kind .. ": start only once, also when it has stopped", function()
      run(function(from, ctx)
        from:start()
        assert.matches("started already", message(from.start, from))
        from:stop(at(128))
        ctx:suspend(at(512), function() message(from.start, from) end)
      end)
    end)

    it("1.7.2 " .. kind .. ": start and stop below 0, or not finite, are errors that change nothing", function()
      local v = run(function(from)
        for _, wrong in ipairs { -1, -1e-9, 0 / 0, math.huge } do message(from.start, from, wrong) end
        from:start(at(100))
        for _, wrong in ipairs { -1, -1e-9, 0 / 0, math.huge } do message(from.stop, from, wrong) end
      end)
      assert.same({ 0, 1, 1 }, { v(99), v(100), v(1000) })
    end)

    it("1.7.2 " .. kind .. ": a start at 0 or in the past is one now", function()
      for _, when in ipairs { 0, at(100) } do
        local v = run(function(from, ctx) ctx:suspend(at(512), function() from:start(when) end) end)
        assert.same({ 0, 1 }, { v(511), v(512) })
      end
    end)

    it("1.7.2 " .. kind .. ": a start between two frames sounds from the second one on", function()
      local v = run(function(from) from:start(at(200.5)) end)
      assert.equal(0, v(200))
      assert.is_true(v(201) > 0)
    end)

    it("1.7.2 " .. kind .. ": stop before start is an error", function()
      run(function(from) assert.matches("has not been started", message(from.stop, from, 1)) end)
    end)

    it("1.7.2 " .. kind .. ": the last stop counts, as long as it has not stopped", function()
      local v = run(function(from) from:start(); from:stop(at(100)); from:stop(at(500)) end)
      assert.same({ 1, 0 }, { v(499), v(500) })
      v = run(function(from) from:start(); from:stop(at(500)); from:stop(at(100)) end)
      assert.same({ 1, 0 }, { v(99), v(100) })
      v = run(function(from, ctx)
        from:start()
        from:stop(at(100))
        ctx:suspend(at(512), function() from:stop(at(900)) end)
      end)
      assert.same({ 0, 0 }, { v(511), v(600) })
    end)

    it("1.7.2 " .. kind .. ": a stop at 0 or in the past is one now", function()
      for _, when in ipairs { 0, at(100) } do
        local v = run(function(from, ctx)
          from:start()
          ctx:suspend(at(512), function() from:stop(when) end)
        end)
        assert.same({ 1, 0 }, { v(511), v(512) })
      end
    end)

    it("1.7.2 " .. kind .. ": a stop at the start or before it: never heard, and over", function()
      for _, stop in ipairs { 100, 300 } do
        local v, ended = run(function(from) from:start(at(300)); from:stop(at(stop)) end)
        assert.same({ 0, 0, 1 }, { v(300), v(400), ended })
      end
    end)

    it("1.7 " .. kind .. ": has a life of its own: connected to nothing it ends as well", function()
      local ctx, ended = offline(1024), 0
      local from = make(ctx)
      from.onended = function() ended = ended + 1 end
      from:start()
      from:stop(at(300))
      ctx:startRendering()
      assert.equal(1, ended)
    end)
  end
end)

describe("ConstantSourceNode (Web Audio 1.1, section 1.16)", function()
  it("1.16 offset: 1, a-rate, of any value; one channel", function()
    local ctx = offline(512, 2)
    local from = ctx:createConstantSource()
    assert.same({ 1, "a-rate" }, { from.offset.value, from.offset.automationRate })
    from.offset:setValueAtTime(-300, at(100))
    local splitter = ctx:createChannelSplitter(2)
    local merger = ctx:createChannelMerger(2)
    from:connect(splitter)
    splitter:connect(merger, 1, 1)
    splitter:connect(merger, 2, 2)
    merger:connect(ctx.destination)
    from:start()
    local out = ctx:startRendering()
    assert.same({ 1, -300, 0 }, { out:getSample(1, 100), out:getSample(1, 101), out:getSample(2, 101) })
  end)
end)

describe("AudioBufferSourceNode (Web Audio 1.1, section 1.9)", function()
  it("1.9 its output has the channels of its buffer, and one that is silent without a buffer or at its end", function()
    local ctx = offline(512, 4)
    local sum, splitter, merger = ctx:createGain(), ctx:createChannelSplitter(4), ctx:createChannelMerger(4)
    local quad = ctx:createBufferSource { buffer = ctx:createBuffer(4, 100, 48000) }
    quad:connect(sum)
    quad:start()
    ctx:createBufferSource():connect(sum)
    local mono = ctx:createConstantSource()
    mono:connect(sum):connect(splitter)
    mono:start()
    for c = 1, 4 do splitter:connect(merger, c, c) end
    merger:connect(ctx.destination)
    local out = ctx:startRendering()
    -- Mono among quad is left and right; alone it is one channel, from the quantum behind the quad's end on.
    assert.same({ 1, 1, 0, 0 }, { out:getSample(1, 50), out:getSample(2, 50), out:getSample(3, 50), out:getSample(4, 50) })
    assert.same({ 1, 0 }, { out:getSample(1, 129), out:getSample(2, 129) })
  end)

  it("1.9 computedPlaybackRate: is playbackRate times 2 to the detune / 1200, k-rate", function()
    local v = played({ loop = true, playbackRate = 0.5, detune = 1200 }, function(from) from:start() end)
    assert.same({ 1, 2, 3 }, { v(0), v(1), v(2) })
    v = played({ loop = true, playbackRate = 1, detune = -1200 }, function(from) from:start() end)
    assert.same({ 1, 1.5, 2 }, { v(0), v(1), v(2) })
    v = played({ loop = true }, function(from)
      from.playbackRate:setValueAtTime(2, at(10)) -- counts from the next quantum on
      from:start()
    end)
    assert.same({ 63, 64, 1, 3 }, { v(62), v(127), v(128), v(129) })
  end)

  it("1.9.2 buffer: is set once; nil may come at any time, and another one then is an error still", function()
    local ctx = offline(1)
    local from, buffer, other = ctx:createBufferSource(), constant(ctx, 1, 1), constant(ctx, 1, 2)
    assert.is_nil(from.buffer)
    from.buffer = nil
    from.buffer = buffer
    message(function() from.buffer = other end)
    message(function() from.buffer = buffer end)
    assert.is_true(from.buffer == buffer)
    from.buffer = nil
    message(function() from.buffer = other end)
    assert.is_nil(from.buffer)
    message(function() ctx:createBufferSource().buffer = {} end)
  end)

  it("1.9.2 buffer: none is silence, and the end", function()
    local ctx, ended = offline(512), 0
    local from = ctx:createBufferSource { onended = function() ended = ended + 1 end }
    from:connect(ctx.destination)
    from:start()
    from:stop(at(300))
    assert.equal(0, ctx:startRendering():getSample(1, 200))
    assert.equal(1, ended)
  end)

  it("1.9.2 loopStart, loopEnd: of any value; those that make no loop mean all of the buffer", function()
    for _, points in ipairs { { 0, 0 }, { 40, 20 }, { 20, 20 }, { -1, 20 }, { 20, -1 }, { 0, 64 }, { 0, 1000 }, { 70, 1000 } } do
      local v = played({ loop = true, loopStart = at(points[1]), loopEnd = at(points[2]) }, function(from) from:start() end)
      assert.same({ 1, 64, 1, 64 }, { v(0), v(63), v(64), v(127) })
    end
    local v = played({ loop = true, loopStart = at(20), loopEnd = at(1000) }, function(from) from:start() end)
    assert.same({ 64, 21, 64, 21 }, { v(63), v(64), v(107), v(108) })
  end)

  it("1.9.3 start: an offset or a duration below 0, or not finite, is an error", function()
    local from = offline(1):createBufferSource()
    message(from.start, from, -1)
    for _, wrong in ipairs { -1, 0 / 0 } do
      message(from.start, from, 0, wrong)
      message(from.start, from, 0, 0, wrong)
    end
    from:start()
  end)

  it("1.9.3 start: an offset behind the end of the buffer is its end", function()
    for _, offset in ipairs { 64, 100, 1e6 } do
      local v, ended = played({}, function(from) from:start(0, at(offset)) end)
      assert.same({ 0, 0, 1 }, { v(0), v(1), ended() })
      v = played({ playbackRate = -1 }, function(from) from:start(0, at(offset)) end)
      assert.same({ 0, 64, 1, 0 }, { v(0), v(1), v(64), v(65) })
    end
  end)

  it("1.9.3 start: the duration is one of the buffer, whatever the rate, and whole loops count", function()
    local v, ended = played({ playbackRate = 0.5 }, function(from) from:start(0, 0, at(10)) end)
    assert.same({ 10.5, 0, 1 }, { v(19), v(20), ended() })
    v, ended = played({ loop = true, playbackRate = 2 }, function(from) from:start(0, 0, at(200)) end)
    assert.same({ true, 0, 1 }, { v(99) > 0, v(100), ended() })
  end)

  it("1.9.3 start: a duration of 0 is silence, and the end, at any rate", function()
    for _, rate in ipairs { 1, 0, -1 } do
      local v, ended = played({ playbackRate = rate, loop = true }, function(from) from:start(0, at(10), 0) end)
      assert.same({ 0, 0, 1 }, { v(0), v(1), ended() })
    end
  end)

  it("1.9.6 a start between frames: its sound is as far on as the first frame is behind it", function()
    local v = played({}, function(from) from:start(at(100.25), at(8)) end)
    assert.same({ 0, 0 }, { v(99), v(100) })
    assert.near(9.75, v(101), 1e-4)
    assert.near(10.75, v(102), 1e-4)
  end)

  it("1.9.6 a loop is entered from before or within, and from behind only backwards", function()
    local v = played({ loop = true, loopStart = at(20), loopEnd = at(40) }, function(from) from:start(0, at(10)) end)
    assert.same({ 11, 40, 21, 40, 21 }, { v(0), v(29), v(30), v(49), v(50) })
    v = played({ loop = true, loopStart = at(20), loopEnd = at(40) }, function(from) from:start(0, at(50)) end)
    assert.same({ 41, 64, 0 }, { v(0), v(23), v(24) }) -- begins at the loop's end, never enters it
    v = played({ loop = true, loopStart = at(20), loopEnd = at(40), playbackRate = -1 }, function(from) from:start(0, at(50)) end)
    assert.same({ 51, 41, 21, 40, 21 }, { v(0), v(10), v(30), v(31), v(50) })
    v = played({ loop = true, loopStart = at(20), loopEnd = at(40), playbackRate = -1 }, function(from) from:start(0, at(5)) end)
    assert.same({ 21, 40, 21 }, { v(0), v(1), v(20) }) -- begins at the loop's start
  end)

  it("1.9.6 loop switched off: the sound goes on to its end", function()
    local v, ended = played({ loop = true, loopEnd = at(32) }, function(from, ctx)
      from:start()
      ctx:suspend(at(128), function() from.loop = false end)
    end)
    assert.same({ 32, 33, 64, 0, 1 }, { v(127), v(128), v(159), v(160), ended() })
  end)

  it("1.9.6 a rate of 0 holds its place, and lasts", function()
    local v, ended = played({ playbackRate = 0 }, function(from) from:start(0, at(10.5)) end)
    assert.same({ 11.5, 11.5, 0 }, { v(0), v(500), ended() })
  end)

  it("1.9.6 a buffer of another rate lasts as long as it says", function()
    local ctx = offline(1)
    local v, ended = played({ buffer = counting(ctx, 64, 24000) }, function(from) from:start() end)
    assert.near(33, v(64), 1e-3)
    assert.same({ 0, 1 }, { v(129), ended() })
  end)

  it("1.9.6 onended: comes at the end of the buffer, of the duration, and at the stop", function()
    local _, whole = played({}, function(from) from:start() end)
    local _, part = played({ loop = true }, function(from) from:start(0, 0, at(90)) end)
    local _, stopped = played({ loop = true }, function(from) from:start(); from:stop(at(90)) end)
    local _, endless = played({ loop = true }, function(from) from:start() end)
    assert.same({ 1, 1, 1, 0 }, { whole(), part(), stopped(), endless() })
  end)
end)

-- ---- Playbacks at random ---------------------------------------------------------------------------------------

describe("Playback of AudioBuffer contents (Web Audio 1.1, section 1.9.6)", function()
  local LENGTH, FRAMES, seed = 64, 1024, 1
  local function random(n)
    seed = seed * 16807 % 2147483647
    return seed % n
  end
  local function pick(list) return list[random(#list) + 1] end
  local VALUES = {
    playbackRate = { 1, 0.5, 2, 0.25, -1, -0.5, 1.25, -2, 0, 3 }, detune = { 0, 0, 1200, -1200 }, loop = { true, true, false },
    loopStart = { 0, 8, 8.5, 30, 63, 64, 90, -5 }, loopEnd = { 0, 8, 16, 20.25, 64, 80, -3, 32 },
  }
  local KEYS = { "playbackRate", "detune", "loop", "loopStart", "loopEnd" }

  -- The text's algorithm, in frames: the sample wanted in each frame, from 0; and whether it lies between the last
  -- frame of the sound or loop and what follows, where the text leaves it open what is heard.
  local function algorithm(play)
    local now, wanted, open = {}, {}, {}
    local offset, started, entered, over, place, elapsed = math.min(play.offset, LENGTH), false, false, false, 0, 0
    local rate, first, last
    for frame = 0, FRAMES - 1 do
      if frame % 128 == 0 then
        for key, value in pairs(play[frame] or {}) do now[key] = value end
        rate = now.playbackRate * 2 ^ (now.detune / 1200)
        first, last = 0, LENGTH
        local fits = now.loopStart >= 0 and now.loopStart < LENGTH and now.loopEnd > 0 and now.loopStart < now.loopEnd
        if fits then first, last = now.loopStart, math.min(now.loopEnd, LENGTH) end
        entered = entered and now.loop
      end
      wanted[frame] = 0
      if elapsed >= play.duration then over = true end
      if frame >= play.when and frame < play.stop and not over then
        if not started then
          if now.loop and rate >= 0 and offset >= last then offset = last end
          if now.loop and rate < 0 and offset < first then offset = first end
          place, started = offset, true
        end
        if now.loop then
          if offset < last and place >= first or offset >= last and place < last then entered = true end
          while entered and place >= last do place = place - (last - first) end
          while entered and place < first do place = place + (last - first) end
        end
        if place >= 0 and place < LENGTH then
          wanted[frame] = place + 1
          open[frame] = place % 1 ~= 0 and math.floor(place) + 1 >= (entered and last or LENGTH)
        elseif not now.loop then
          over = place >= LENGTH and rate >= 0 or place < 0 and rate <= 0 -- all that there is was played
        end
        place, elapsed = place + rate, elapsed + rate
      end
    end
    return wanted, open
  end

  local function apply(from, settings)
    for key, value in pairs(settings) do
      if key == "playbackRate" or key == "detune" then
        from[key].value = value
      else
        from[key] = key ~= "loop" and value / 48000 or value
      end
    end
  end

  local function tryOne()
    local play = { offset = pick { 0, 10, 10.5, 32.25, 63, 63.5, 64, 100 }, when = random(200),
      duration = pick { math.huge, math.huge, 20, 100.5, 300, 0 }, stop = pick { math.huge, math.huge, 150, 300 }, [0] = {} }
    for _, key in ipairs(KEYS) do play[0][key] = pick(VALUES[key]) end
    for _ = 1, random(4) do
      local frame, key = 128 * (random(6) + 1), pick(KEYS)
      play[frame] = play[frame] or {}
      play[frame][key] = pick(VALUES[key])
    end
    local heard = played({}, function(from, ctx)
      apply(from, play[0])
      from:start(at(play.when), at(play.offset), play.duration < math.huge and at(play.duration) or nil)
      if play.stop < math.huge then from:stop(at(play.stop)) end
      for frame, settings in pairs(play) do
        if type(frame) == "number" and frame > 0 then
          ctx:suspend(at(frame), function() pcall(apply, from, settings) end) -- it may have ended
        end
      end
    end, FRAMES)
    local wanted, open = algorithm(play)
    for frame = 0, FRAMES - 1 do
      local same = math.abs(heard(frame) - wanted[frame]) < 1e-3
      if not same and not (open[frame] and heard(frame) ~= 0) then
        return ("frame %d is %.9g, wanted %.9g"):format(frame, heard(frame), wanted[frame])
      end
    end
  end

  it("goes as the text's algorithm has it, whatever is set, and when", function()
    for number = 1, 400 do
      seed = number
      for _ = 1, 10 do random(1) end
      local wrong = tryOne()
      assert.is_nil(wrong and ("playback %d: %s"):format(number, wrong))
    end
  end)
end)
