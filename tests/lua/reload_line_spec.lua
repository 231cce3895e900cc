-- perilune.reload: a setting that its node refuses fails at its line of the new version, though it would take effect
-- only when the file has succeeded; what goes together is looked at as the file will leave it.
local reloading = require "reloading"
local reloaded, refused, module = reloading.reloaded, reloading.refused, reloading.module

lazy_setup(reloading.begin)
lazy_teardown(reloading.finish)

local head = [[
local perilune = require "perilune"
local ctx = perilune.context()
local M = perilune.persist("reload_line_spec", function()
  return {
    analyser = ctx:createAnalyser(), splitter = ctx:createChannelSplitter(), merger = ctx:createChannelMerger(),
    panner = ctx:createStereoPanner(), source = ctx:createBufferSource(), convolver = ctx:createConvolver(),
    gain = ctx:createGain(),
  }
end)
]]
local LINE = 10 -- of what follows the head

describe("a setting that a node refuses", function()
  local m, file

  lazy_setup(function() m, file = module(head .. "return M") end)

  for setting, reason in pairs {
    ["M.analyser.fftSize = 1000"] = "power of two",
    ["M.analyser.fftSize = 16"] = "from 32 to 32768",
    ["M.analyser.minDecibels = -30"] = "minDecibels must be below maxDecibels",
    ["M.analyser.maxDecibels = -100"] = "minDecibels must be below maxDecibels",
    ["M.splitter.channelCount = 2"] = "channelCount of ChannelSplitterNode",
    ["M.splitter.channelCountMode = 'max'"] = "channelCountMode of ChannelSplitterNode cannot be changed",
    ["M.splitter.channelInterpretation = 'speakers'"] = "channelInterpretation of ChannelSplitterNode cannot be changed",
    ["M.merger.channelCount = 2"] = "channelCount of ChannelMergerNode",
    ["M.panner.channelCount = 3"] = "channelCount of StereoPannerNode must be 1 to 2",
    ["M.panner.channelCountMode = 'max'"] = "channelCountMode of StereoPannerNode cannot be max",
    ["M.convolver.channelCountMode = 'max'"] = "channelCountMode of ConvolverNode cannot be max",
    ["ctx.destination.channelCount = 3"] = "channelCount of AudioDestinationNode must be 1 to 2",
    ["M.source.playbackRate.automationRate = 'a-rate'"] = "automation rate .* cannot be changed",
  } do
    it("fails at its line: " .. setting, function()
      local text = refused(file, head .. "M.gain.gain.value = 9\n" .. setting .. "\nM.panner.pan.value = 1\nreturn M")
      assert.matches(reason, text)
      assert.matches(file:gsub("%W", "%%%0") .. ":" .. LINE + 1 .. ":", text)
      assert.same({ 1, 0 }, { m.gain.gain.value, m.panner.pan.value }) -- and nothing has changed
    end)
  end

  it("is looked at beside what the file has set before it", function()
    reloaded(file, head .. "M.analyser.maxDecibels = -10; M.analyser.minDecibels = -20\nreturn M")
    assert.same({ -20, -10 }, { m.analyser.minDecibels, m.analyser.maxDecibels })
    local text = refused(file, head .. "M.analyser.minDecibels = -60; M.analyser.maxDecibels = -50\nM.analyser.minDecibels = -40\nreturn M")
    assert.matches("minDecibels must be below maxDecibels, got %-40 and %-50", text)
    assert.matches(":" .. LINE + 1 .. ":", text)
    assert.same({ -20, -10 }, { m.analyser.minDecibels, m.analyser.maxDecibels })
  end)
end)
