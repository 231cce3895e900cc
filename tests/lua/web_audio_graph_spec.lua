-- Web Audio 1.1, sections 2 to 4, clause by clause: how a graph is rendered, what lives, how channels are mixed. What
-- other specs show, and where perilune differs, says docs/web-audio.md.
local perilune = require "perilune"
local support = require "tests.lua.support"
local offline, constant, source = support.offline, support.constant, support.source
local function at(frame) return frame / 48000 end

-- A started source of one value a channel.
local function signal(ctx, values)
  local buffer = ctx:createBuffer(#values, 2, 48000)
  for c, value in ipairs(values) do buffer:copyToChannel({ value, value }, c) end
  local from = ctx:createBufferSource { buffer = buffer, loop = true }
  from:start()
  return from
end

describe("Rendering an audio graph (Web Audio 1.1, section 2.4)", function()
  it("2.3 what is called first takes effect first, and all of it in the next quantum", function()
    local ctx = offline(512)
    local gain = ctx:createGain()
    signal(ctx, { 1 }):connect(gain):connect(ctx.destination)
    ctx:suspend(at(128), function()
      gain.gain.value = 2
      gain.gain.value = 3
      gain:disconnect()
      gain:connect(ctx.destination)
    end)
    local out = ctx:startRendering()
    assert.same({ 1, 3 }, { out:getSample(1, 128), out:getSample(1, 129) })
  end)

  it("2.4 a chain adds no delay, in whatever order it was made", function()
    for _, backwards in ipairs { false, true } do
      local ctx, nodes = offline(256), {}
      for i = 1, 20 do nodes[i] = ctx:createGain() end
      for i = 1, 19 do
        local k = backwards and 20 - i or i
        nodes[k]:connect(nodes[k + 1])
      end
      nodes[20]:connect(ctx.destination)
      local click = ctx:createBuffer(1, 1, 48000)
      click:setSample(1, 1, 1)
      local from = source(ctx, click, nodes[1])
      from:start(at(100))
      local out = ctx:startRendering()
      assert.same({ 0, 1, 0 }, { out:getSample(1, 100), out:getSample(1, 101), out:getSample(1, 102) })
    end
  end)

  it("2.4 what leads to a parameter is computed before its node", function()
    local ctx = offline(256)
    local gain, ramp = ctx:createGain { gain = 0 }, ctx:createBuffer(1, 256, 48000)
    for i = 1, 256 do ramp:setSample(1, i, i) end
    signal(ctx, { 1 }):connect(gain):connect(ctx.destination)
    local last = gain.gain
    for _ = 1, 5 do
      local node = ctx:createGain()
      node:connect(last)
      last = node
    end
    source(ctx, ramp, last):start()
    local out = ctx:startRendering()
    assert.same({ 1, 128, 129, 200 }, { out:getSample(1, 1), out:getSample(1, 128), out:getSample(1, 129), out:getSample(1, 200) })
  end)

  it("2.4 step 4.2.7: a cycle without a delay is mute; what only leads to it, or hears it, is not", function()
    local ctx = offline(256, 4)
    local a, b, before, behind = ctx:createGain(), ctx:createGain(), ctx:createGain(), ctx:createGain()
    local merger = ctx:createChannelMerger(4)
    local one = signal(ctx, { 1 })
    one:connect(before):connect(a):connect(b):connect(a)
    before:connect(merger, 1, 1)
    a:connect(merger, 1, 2)
    b:connect(behind):connect(merger, 1, 3)
    one:connect(behind)
    one:connect(merger, 1, 4)
    merger:connect(ctx.destination)
    local out = ctx:startRendering()
    assert.same({ 1, 0, 1, 1 },
      { out:getSample(1, 200), out:getSample(2, 200), out:getSample(3, 200), out:getSample(4, 200) })
  end)

  it("2.4 step 4.2.7: a node that leads to itself, or to its own parameter, is mute", function()
    for _, loop in ipairs { function(g) g:connect(g) end, function(g) g:connect(g.gain) end } do
      local ctx = offline(256)
      local gain = ctx:createGain()
      signal(ctx, { 1 }):connect(gain):connect(ctx.destination)
      loop(gain)
      assert.equal(0, ctx:startRendering():getSample(1, 200))
    end
  end)

  it("2.4 step 4.2.7: a cycle through a parameter is mute until it is broken", function()
    local ctx = offline(512)
    local a, b = ctx:createGain(), ctx:createGain()
    signal(ctx, { 1 }):connect(a):connect(b)
    b:connect(a.gain)
    b:connect(ctx.destination)
    ctx:suspend(at(256), function() b:disconnect(a.gain) end)
    local out = ctx:startRendering()
    assert.same({ 0, 1 }, { out:getSample(1, 256), out:getSample(1, 257) })
  end)

  it("2.4 step 4.2.6: a delay in a cycle lasts a quantum at least, outside of one as little as asked for", function()
    for _, cycle in ipairs { false, true } do
      for asked, lasts in pairs { [0] = cycle and 128 or 0, [10] = cycle and 128 or 10, [128] = 128, [300] = 300 } do
        local ctx = offline(512)
        local delay, back = ctx:createDelay { delayTime = at(asked) }, ctx:createGain { gain = 0 }
        local click = ctx:createBuffer(1, 1, 48000)
        click:setSample(1, 1, 1)
        source(ctx, click, delay):start(at(5))
        delay:connect(ctx.destination)
        if cycle then delay:connect(back):connect(delay) end
        local out = ctx:startRendering()
        for frame = 0, 511 do assert.equal(frame == 5 + lasts and 1 or 0, out:getSample(1, frame + 1)) end
      end
    end
  end)

  it("2.4 cycles share a node: those that have a delay sound, with exact times", function()
    local ctx = offline(1024)
    local sum, click = ctx:createGain(), ctx:createBuffer(1, 1, 48000)
    click:setSample(1, 1, 1)
    for _, frames in ipairs { 200, 300 } do
      sum:connect(ctx:createDelay { delayTime = at(frames) }):connect(ctx:createGain { gain = 0.5 }):connect(sum)
    end
    sum:connect(ctx.destination)
    source(ctx, click, sum):start()
    local out, wanted = ctx:startRendering(), {}
    for frame = 0, 1023 do
      wanted[frame] = (frame == 0 and 1 or 0) + 0.5 * (wanted[frame - 200] or 0) + 0.5 * (wanted[frame - 300] or 0)
      assert.equal(wanted[frame], out:getSample(1, frame + 1))
    end
  end)

  it("3 what a script has let go of sounds to its end, with all that it feeds", function()
    local ctx = offline(1024)
    do
      local delay = ctx:createDelay { delayTime = at(300) }
      source(ctx, constant(ctx, 100, 1), delay):start()
      delay:connect(ctx:createGain { gain = 0.5 }):connect(ctx.destination)
    end
    ctx:suspend(at(128), support.collect)
    ctx:suspend(at(256), support.collect)
    local out = ctx:startRendering()
    assert.same({ 0, 0.5, 0.5, 0 },
      { out:getSample(1, 300), out:getSample(1, 301), out:getSample(1, 400), out:getSample(1, 401) })
  end)

  it("3 notes by the hundred that nobody holds are gone when they have ended", function()
    local ctx, most, left = offline(128 * 40), 0, nil
    local buffer = constant(ctx, 64, 1)
    local function note()
      local gain = ctx:createGain { gain = 1 / 64 }
      source(ctx, buffer, gain):start()
      gain:connect(ctx:createStereoPanner()):connect(ctx.destination)
    end
    for quantum = 1, 30 do
      ctx:suspend(at(128 * quantum), function()
        for _ = 1, 20 do note() end
        support.collect()
        most = math.max(most, ctx.stats.nodes)
      end)
    end
    ctx:suspend(at(128 * 35), function() support.collect() end)
    ctx:suspend(at(128 * 38), function() left = ctx.stats.nodes end)
    ctx:startRendering()
    assert.is_true(most >= 40 and most < 40 * 6, "at once: " .. most)
    assert.is_true(left <= 2, "left: " .. left)
  end)
end)

-- ---- Section 4 --------------------------------------------------------------------------------------------------

-- The equations of 4.4 and 4.5: factors by output, then input channel; nil where the layouts have none.
local S = math.sqrt(0.5)
local SPEAKERS = {
  [1] = { [2] = { { 1 }, { 1 } }, [4] = { { 1 }, { 1 }, {}, {} }, [6] = { {}, {}, { 1 }, {}, {}, {} } },
  [2] = { [1] = { { 0.5, 0.5 } }, [4] = { { 1 }, { 0, 1 }, {}, {} }, [6] = { { 1 }, { 0, 1 }, {}, {}, {}, {} } },
  [4] = {
    [1] = { { 0.25, 0.25, 0.25, 0.25 } }, [2] = { { 0.5, 0, 0.5 }, { 0, 0.5, 0, 0.5 } },
    [6] = { { 1 }, { 0, 1 }, {}, {}, { 0, 0, 1 }, { 0, 0, 0, 1 } },
  },
  [6] = {
    [1] = { { S, S, 1, 0, 0.5, 0.5 } }, [2] = { { 1, 0, S, 0, S }, { 0, 1, S, 0, 0, S } },
    [4] = { { 1, 0, S }, { 0, 1, S }, { 0, 0, 0, 0, 1 }, { 0, 0, 0, 0, 0, 1 } },
  },
}

local function mixed(values, count, interpretation)
  local rows = interpretation == "speakers" and SPEAKERS[#values] and SPEAKERS[#values][count]
  local out = {}
  for c = 1, count do
    out[c] = not rows and values[c] or 0
    for k, factor in ipairs(rows and rows[c] or {}) do out[c] = out[c] + factor * values[k] end
  end
  return out
end

describe("Channel up-mixing and down-mixing (Web Audio 1.1, section 4)", function()
  local function values(channels, scale)
    local list = {}
    for c = 1, channels do list[c] = (c * c + 3) * scale end
    return list
  end

  -- What an explicit node of `count` channels makes of the inputs.
  local function through(inputs, count, interpretation)
    local ctx = perilune.newOfflineContext { channels = 32, length = 128, sampleRate = 48000 }
    ctx.destination.channelInterpretation = "discrete"
    local node = ctx:createGain { channelCount = count, channelCountMode = "explicit", channelInterpretation = interpretation }
    for _, input in ipairs(inputs) do signal(ctx, input):connect(node) end
    node:connect(ctx.destination)
    local out, heard = ctx:startRendering(), {}
    for c = 1, 32 do heard[c] = out:getSample(c, 100) end
    return heard
  end

  local function check(inputs, count, interpretation)
    local heard = through(inputs, count, interpretation)
    for c = 1, 32 do
      local wanted = 0
      for _, input in ipairs(inputs) do wanted = wanted + (mixed(input, count, interpretation)[c] or 0) end
      assert.near(wanted, heard[c], 1e-6 * math.max(1, math.abs(wanted)))
    end
  end

  it("4.4, 4.5 all pairs of 1, 2, 4 and 6 channels as speakers", function()
    for _, from in ipairs { 1, 2, 4, 6 } do
      for _, to in ipairs { 1, 2, 4, 6 } do check({ values(from, 1) }, to, "speakers") end
    end
  end)

  it("4.1 any other number of channels is mixed discretely, to 32", function()
    for _, from in ipairs { 1, 2, 3, 4, 5, 6, 7, 8, 16, 31, 32 } do
      for _, to in ipairs { 1, 2, 3, 4, 5, 6, 7, 8, 16, 31, 32 } do
        check({ values(from, 1) }, to, "speakers")
        check({ values(from, 1) }, to, "discrete")
      end
    end
  end)

  it("4 each connection is mixed to the input's channels, and then added", function()
    for _, to in ipairs { 1, 2, 4, 6, 3 } do
      check({ values(1, 1), values(2, 10), values(4, 100), values(6, 1000), values(3, 7) }, to, "speakers")
      check({ values(1, 1), values(2, 10), values(4, 100), values(6, 1000), values(3, 7) }, to, "discrete")
    end
  end)

  it("4 at a `max` input the widest connection counts, as it is in this quantum", function()
    local ctx = perilune.newOfflineContext { channels = 6, length = 512, sampleRate = 48000 }
    ctx.destination.channelInterpretation = "discrete"
    local sum = ctx:createGain()
    signal(ctx, { 1 }):connect(sum):connect(ctx.destination)
    local quad = signal(ctx, { 10, 20, 30, 40 })
    ctx:suspend(at(128), function() quad:connect(sum) end)
    ctx:suspend(at(256), function() quad:disconnect(sum) end)
    local out, heard = ctx:startRendering(), {}
    for i, frame in ipairs { 100, 200, 300 } do
      heard[i] = {}
      for c = 1, 4 do heard[i][c] = out:getSample(c, frame) end
    end
    assert.same({ { 1, 0, 0, 0 }, { 11, 21, 30, 40 }, { 1, 0, 0, 0 } }, heard)
  end)

  it("4 another rule counts from the next quantum on", function()
    local ctx = offline(512, 2)
    local gain = ctx:createGain()
    signal(ctx, { 2, 4 }):connect(gain):connect(ctx.destination)
    ctx:suspend(at(128), function() gain.channelCount, gain.channelCountMode = 1, "explicit" end)
    ctx:suspend(at(256), function() gain.channelInterpretation = "discrete" end)
    ctx:suspend(at(384), function() gain.channelCountMode = "max" end)
    local out = ctx:startRendering()
    for frame, wanted in pairs { [100] = { 2, 4 }, [200] = { 3, 3 }, [300] = { 2, 2 }, [400] = { 2, 4 } } do
      assert.same(wanted, { out:getSample(1, frame), out:getSample(2, frame) })
    end
  end)

  it("4.3 a delay keeps its channels until what was wider is over, and gets them when it comes", function()
    local ctx = perilune.newOfflineContext { channels = 4, length = 1024, sampleRate = 48000 }
    ctx.destination.channelInterpretation = "discrete"
    local delay, sum = ctx:createDelay { delayTime = at(256) }, ctx:createGain()
    local stereo, mono = signal(ctx, { 1, 2 }), signal(ctx, { 8 })
    mono:connect(delay):connect(sum):connect(ctx.destination)
    signal(ctx, { 100 }):connect(sum) -- shows whether the sum is stereo
    ctx:suspend(at(256), function() mono:disconnect(); stereo:connect(delay) end)
    ctx:suspend(at(512), function() stereo:disconnect(); mono:connect(delay) end)
    local out = ctx:startRendering()
    for frame, wanted in pairs { [400] = { 108, 0 }, [600] = { 101, 102 }, [760] = { 101, 102 }, [1000] = { 108, 0 } } do
      assert.same(wanted, { out:getSample(1, frame), out:getSample(2, frame) })
    end
  end)
end)
