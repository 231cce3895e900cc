-- LÖVE reads the first words of any userdata as its own proxy. All of perilune's begin with zeros, so LÖVE refuses them.
local ffi = require "ffi"
local game = require "game"
local perilune = require "where"

local function makeAll()
  local context = perilune.context()
  local offline = perilune.newOfflineContext{ length = 128 }
  local sound = perilune.load "sounds/laser.ogg"
  local tap = context:createTap(context.destination)
  local plain, timed = sound:play(), sound:play{ at = perilune.now() + 60, offset = 0.1, filter = { type = "lowpass", frequency = 900 } }
  local paused = sound:play{ loop = true }
  paused.paused = true
  game.waitForClock(0.1)
  local gain = context:createGain()
  return {
    context = context, offline = offline, destination = context.destination, bufferSource = context:createBufferSource(),
    gain = gain, panner = context:createStereoPanner(), param = gain.gain, buffer = sound.buffer, sound = sound,
    source = plain, timed = timed, paused = paused, tap = tap, block = assert(tap:receive(), "no block"),
  }
end

-- All full userdata that the registry leads to by tables and metatables. Light ones have no environment.
local function findAll()
  local known, found = {}, {}
  local function visit(value)
    local kind = type(value)
    if known[value] or kind ~= "table" and kind ~= "userdata" then return end
    known[value] = true
    if kind == "userdata" and debug.getfenv(value) then found[#found + 1] = value end
    if kind == "table" then
      for k, v in next, value do
        visit(k)
        visit(v)
      end
    end
    visit(debug.getmetatable(value))
  end
  visit(debug.getregistry())
  return found
end

local function isZeroed(value)
  local words = ffi.cast("const uint64_t *", value)
  return words[0] == 0 and words[1] == 0
end

local function refusal(name, call, ...)
  local well, message = pcall(call, ...)
  game.check(not well, ("LÖVE took the %s for its own"):format(name))
  game.check(type(message) == "string", ("%s: %s"):format(name, tostring(message)))
  return message
end

return function()
  -- What is there before the first of perilune's, LÖVE's own among it.
  local others, channel = {}, love.thread.getChannel "handles"
  for _, value in ipairs(findAll()) do others[value] = true end

  game.run(function()
    local handles = makeAll()
    for name, value in pairs(handles) do
      game.check(type(value) == "userdata", name)
      game.check(isZeroed(value), ("the first words of the %s are not zero"):format(name))
      local message = refusal(name, love.audio.play, value)
      game.check(message:find("Source expected", 1, true), message)
      refusal(name, love.audio.play, { value })
      refusal(name, love.graphics.draw, value)
      refusal(name, love.graphics.setFont, value)
      refusal(name, channel.push, channel, value)
    end
    local count = 0
    for _, value in ipairs(findAll()) do
      if not others[value] then
        count = count + 1
        game.check(isZeroed(value), "a userdata in the registry begins with other words than zeros: " .. tostring(value))
      end
    end
    game.check(count >= 10, "too few were found in the registry: " .. count)
    game.done()
  end)
end
