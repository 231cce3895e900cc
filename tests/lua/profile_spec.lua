local perilune = require "perilune"
local support = require "tests.lua.support"
local message = support.message

-- An offline context of a gain with `count` looped sources and one without any, rendered while profiling.
local function rendered(count)
  local ctx = support.offline(24000, 2)
  local full, empty = ctx:createGain(), ctx:createGain()
  full:connect(ctx.destination)
  empty:connect(ctx.destination)
  local buffer = support.constant(ctx, 1000, 0.01)
  for _ = 1, count do
    local source = support.source(ctx, buffer, full)
    source.loop, source.playbackRate.value = true, 1.1
    source:start()
  end
  ctx.profiling = true
  ctx:startRendering()
  return ctx, full, empty
end

local function entry(ctx, node)
  for _, load in ipairs(ctx.stats.profile) do
    if load.node == node then return load end
  end
end

describe("profiling", function()
  it("is off at first, and then stats has no profile", function()
    local ctx = support.offline(128)
    assert.is_false(ctx.profiling)
    assert.is_nil(ctx.stats.profile)
    assert.equal(1, ctx.stats.nodes)
  end)

  it("tells what each node and its voices cost, costliest first", function()
    local ctx, full, empty = rendered(100)
    local profile = ctx.stats.profile
    assert.equal(3, #profile)
    for i, load in ipairs(profile) do
      assert.is_true(load.load > 0 and load.loadPeak > 0 and load.voicesLoad <= load.load)
      assert.is_true(i == 1 or load.load <= profile[i - 1].load)
    end
    local most = entry(ctx, full)
    assert.same({ "GainNode", 100 }, { most.name, most.voices })
    assert.is_true(most.voicesLoad > 0)
    assert.same({ 0, 0 }, { entry(ctx, empty).voices, entry(ctx, empty).voicesLoad })
    assert.equal("AudioDestinationNode", entry(ctx, ctx.destination).name)
  end)

  it("names nodes that the script has no handle of any more", function()
    local ctx = support.offline(4800)
    support.source(ctx, support.constant(ctx, 4800, 1), ctx:createGain()):start()
    ctx:suspend(0.05, function()
      support.collect()
      local names = {}
      for _, load in ipairs(ctx.stats.profile) do names[load.name] = load.node or false end
      assert.same({ AudioDestinationNode = ctx.destination, GainNode = false }, names)
    end)
    ctx.profiling = true
    ctx:startRendering()
  end)

  it("shows sources that lead nowhere", function()
    local ctx = support.offline(4800)
    local source = ctx:createBufferSource()
    source.buffer = support.constant(ctx, 9600, 1)
    source:start()
    ctx.profiling = true
    ctx:startRendering()
    local found
    for _, load in ipairs(ctx.stats.profile) do found = load.name == "no destination" and load or found end
    assert.equal(1, found.voices)
    assert.is_nil(found.node)
  end)

  it("begins anew each time, and forgets when it is off", function()
    local ctx = rendered(1)
    ctx.profiling = false
    assert.is_false(ctx.profiling)
    assert.is_nil(ctx.stats.profile)
    ctx.profiling = true
    assert.same({}, ctx.stats.profile)
  end)

  it("shows in perilune.stats() for the default context", function()
    local ctx = support.default()
    ctx.profiling = true
    assert.is_true(support.wait(function() return #perilune.stats().profile > 0 end))
    ctx.profiling = false
    assert.is_nil(perilune.stats().profile)
  end)

  it("refuses what is no boolean, and stats to be written", function()
    local ctx = support.offline(128)
    assert.matches("bad value for 'profiling' %(boolean expected, got number%)", message(function() ctx.profiling = 1 end))
    assert.matches("read%-only", message(function() ctx.stats = {} end))
  end)

  it("is of a context that is open", function()
    local ctx = perilune.newContext { device = "null" }
    ctx:close()
    assert.matches("the context is closed", message(function() return ctx.stats end))
    assert.matches("the context is closed", message(function() ctx.profiling = true end))
  end)
end)
