-- perilune.reload: what a file does to nodes that were there before waits until it has succeeded; oscillators and
-- constant sources that nobody can reach any more are stopped.
local support = require "support"
local perilune = require "perilune"

local reloading = require "reloading"
local reloaded, refused, module =
  reloading.reloaded, reloading.refused, reloading.module

lazy_setup(reloading.begin)
lazy_teardown(reloading.finish)

local head = [[
  local perilune = require "perilune"
  local ctx = perilune.context()
  local M = perilune.persist("reload_nodes_spec", function()
    return {
      shaper = ctx:createWaveShaper(), convolver = ctx:createConvolver(), analyser = ctx:createAnalyser(),
      oscillator = ctx:createOscillator(), panner = ctx:createPanner(), filter = ctx:createBiquadFilter(),
      compressor = ctx:createDynamicsCompressor(), delay = ctx:createDelay(), response = ctx:createBuffer(1, 64, 48000),
      wide = ctx:createBuffer(3, 64, 48000), wave = ctx:createPeriodicWave({ 0, 0 }, { 0, 1 }),
    }
  end)
]]

local changes = [[
  M.shaper.curve, M.shaper.oversample = { -1, 0, 1 }, "4x"
  M.convolver.normalize, M.convolver.buffer = false, M.response
  M.analyser.fftSize, M.analyser.minDecibels, M.analyser.smoothingTimeConstant = 512, -80, .5
  M.oscillator:setPeriodicWave(M.wave)
  M.panner:setPosition(1, 2, 3)
  M.panner:setOrientation(0, 1, 0)
  M.panner.distanceModel, M.panner.refDistance = "linear", 2
  ctx.listener:setPosition(4, 5, 6)
  ctx.listener.forwardX.value = .5
  M.filter.type, M.filter.Q.value = "notch", 3
  M.compressor.ratio.value, M.delay.delayTime.value = 4, .25
]]

local function seen(m)
  local listener = perilune.context().listener
  return {
    curve = m.shaper.curve and #m.shaper.curve or 0, oversample = m.shaper.oversample, normalize = m.convolver.normalize,
    buffer = m.convolver.buffer and "response" or "none", fftSize = m.analyser.fftSize,
    minDecibels = m.analyser.minDecibels, smoothing = m.analyser.smoothingTimeConstant, type = m.oscillator.type,
    x = m.panner.positionX.value, y = m.panner.orientationY.value, model = m.panner.distanceModel,
    ref = m.panner.refDistance, listener = listener.positionX.value, forward = listener.forwardX.value,
    filter = m.filter.type, Q = m.filter.Q.value, ratio = m.compressor.ratio.value, delay = m.delay.delayTime.value,
  }
end

local before = {
  curve = 0, oversample = "none", normalize = true, buffer = "none", fftSize = 2048, minDecibels = -100,
  smoothing = .8, type = "sine", x = 0, y = 0, model = "inverse", ref = 1, listener = 0, forward = 0,
  filter = "lowpass", Q = 1, ratio = 12, delay = 0,
}
local after = {
  curve = 3, oversample = "4x", normalize = false, buffer = "response", fftSize = 512, minDecibels = -80,
  smoothing = .5, type = "custom", x = 1, y = 1, model = "linear", ref = 2, listener = 4, forward = .5,
  filter = "notch", Q = 3, ratio = 4, delay = .25,
}

describe("a node that was there before", function()
  it("stays as it is when the file fails, and has everything when it succeeds", function()
    local m, file = module(head .. "return M")
    assert.same(before, seen(m))
    refused(file, head .. changes .. "error 'late'")
    assert.same(before, seen(m))
    reloaded(file, head .. changes .. "return M")
    assert.same(after, seen(m))
  end)

  it("refuses bad values in the file itself", function()
    local m, file = module(head .. "return M")
    for text, message in pairs {
      ["M.shaper.curve = { 1 }"] = "at least 2 values",
      ["M.shaper.curve = '\\0\\0\\128\\127\\0\\0\\128\\127'"] = "is not finite",
      ["M.convolver.buffer = M.wide"] = "1, 2 or 4 channels",
      ["M.analyser.fftSize = 7"] = "fftSize of AnalyserNode must be",
      ["M.panner.coneOuterGain = 2"] = "coneOuterGain of PannerNode must be",
      ["M.panner.panningModel = 'none'"] = "panningModel",
      ["M.panner:setPosition(0, 0, 0 / 0)"] = "finite",
      ["M.oscillator:setPeriodicWave(5)"] = "PeriodicWave",
      ["ctx.listener:setOrientation(0, 0)"] = "number",
    } do
      local report = refused(file, head .. text .. " return M")
      assert.truthy(report:find(message, 1, true), report)
    end
    assert.equals(m, require((file:gsub("%.lua", ""))))
  end)

  it("is not made before its time: the listener that a failed file has asked for can be used", function()
    local _, file = module "return {}"
    refused(file, "local c = require('perilune').context() c.listener.upX.value = .125 error 'late'")
    collectgarbage() collectgarbage()
    local listener = perilune.context().listener
    assert.equals(0, listener.upX.value)
    listener.upX.value = 0
  end)
end)

describe("an oscillator", function()
  -- The level that the analyser of a module hears.
  local function heard(m)
    local peak = 0
    for _, sample in ipairs(m.analyser:getFloatTimeDomainData()) do peak = math.max(peak, math.abs(sample)) end
    return peak
  end

  local text = [[
    local perilune = require "perilune"
    local ctx = perilune.context()
    local analyser = perilune.persist("reload_nodes_spec.analyser", function()
      local node = ctx:createAnalyser { fftSize = 256 }
      node:connect(ctx.destination)
      return node
    end)
    local function play(make, options)
      local node = ctx[make](ctx, options)
      node:connect(analyser)
      node:start()
      return node
    end
    local M = { analyser = analyser }
  ]]

  local function settles(m, level)
    return support.wait(function() return math.abs(heard(m) - level) < 1e-3 end)
  end

  it("is never heard when the file that starts it fails", function()
    local m, file = module(text .. "return M")
    local nodes = perilune.stats().nodes
    refused(file, text .. "for i = 1, 5 do play('createConstantSource', { offset = .5 }) end error 'late'")
    assert.is_true(support.wait(function() return perilune.stats().nodes <= nodes end))
    assert.equals(0, heard(m))
  end)

  it("is stopped when nobody can reach it any more, and nowhere else", function()
    local m, file = module(text .. "M.kept = play('createConstantSource', { offset = .25 }) " ..
      "play('createConstantSource', { offset = .5 }) return M")
    assert.is_true(settles(m, .75))
    local kept = m.kept
    reloaded(file, text .. "return M")
    assert.is_true(settles(m, .25))
    kept:stop()
    assert.is_true(settles(m, 0))
  end)

  local alone = "local function music() play('createConstantSource', { offset = .5 }) end "

  local function stays(m, level)
    local from = perilune.now()
    assert.is_true(support.wait(function() return perilune.now() > from + .1 end))
    return math.abs(heard(m) - level) < 1e-3
  end

  it("that nobody could ever reach goes on, until its file is replaced", function()
    local m, file = module(text .. alone .. "music() return M")
    local _, other = module "return {}"
    assert.is_true(settles(m, .5))
    reloaded(other, "return {} --")
    assert.is_true(stays(m, .5))
    reloaded(file, text .. alone .. "music() return M --")
    assert.is_true(settles(m, .5))
    assert.is_true(stays(m, .5))
    reloaded(other, "return {}")
    assert.is_true(stays(m, .5))
    reloaded(file, text .. "return M")
    assert.is_true(settles(m, 0))
  end)

  it("that a function has begun, and kept nowhere, goes with its file too", function()
    local m, file = module(text .. alone .. "M.music = music return M")
    local _, other = module "return {}"
    m.music()
    assert.is_true(settles(m, .5))
    reloaded(other, "return {} --")
    assert.is_true(stays(m, .5))
    reloaded(file, text .. "return M")
    assert.is_true(settles(m, 0))
  end)

  it("goes on to the end that it was told", function()
    local m, file = module(text .. "play('createConstantSource', { offset = .5 }):stop(perilune.now() + 3600) return M")
    assert.is_true(settles(m, .5))
    reloaded(file, text .. "return M")
    collectgarbage()
    local from = perilune.now()
    assert.is_true(support.wait(function() return perilune.now() > from + .1 end))
    assert.near(.5, heard(m), 1e-3)
  end)
end)
