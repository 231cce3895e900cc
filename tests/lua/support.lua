-- What the specs share. Run from the project's folder, with the module on package.cpath.
local perilune = require "perilune"

local support = {}

-- The functions that the module keeps for its Lua half.
function support.core()
  for _, value in pairs(perilune) do
    for i = 1, type(value) == "function" and debug.getinfo(value, "u").nups or 0 do
      local name, core = debug.getupvalue(value, i)
      if name == "core" then return core end
    end
  end
  error "no function of the module has the table 'core'"
end

-- An offline context at 48 kHz.
function support.offline(length, channels)
  return perilune.newOfflineContext { channels = channels or 1, length = length, sampleRate = 48000 }
end

-- A buffer of `length` frames, each of the value given.
function support.constant(ctx, length, value, channels)
  local samples = {}
  for i = 1, length do samples[i] = value end
  local buffer = ctx:createBuffer(channels or 1, length, ctx.sampleRate)
  for c = 1, channels or 1 do buffer:copyToChannel(samples, c) end
  return buffer
end

-- A source over it, connected to `to` (the destination), not started.
function support.source(ctx, buffer, to)
  local source = ctx:createBufferSource()
  source.buffer = buffer
  source:connect(to or ctx.destination)
  return source
end

-- A started source of `values`, one a channel, for a whole second.
function support.signal(ctx, ...)
  local values = { ... }
  local buffer = ctx:createBuffer(#values, 48000, 48000)
  for c, value in ipairs(values) do buffer:copyToChannel({ value, value }, c) end
  local from = ctx:createBufferSource { buffer = buffer, loop = true, loopEnd = 2 / 48000 }
  from:start()
  return from
end

-- A buffer of the samples given, a table a channel.
function support.buffer(ctx, ...)
  local channels = { ... }
  local buffer = ctx:createBuffer(#channels, #channels[1], ctx.sampleRate)
  for c, samples in ipairs(channels) do buffer:copyToChannel(samples, c) end
  return buffer
end

-- What each channel of the destination gets in frame 200 (or another one, from 0) of what `build(ctx, to)` makes; a
-- number when there is only one.
function support.heard(channels, build, frame)
  frame = frame or 200
  local ctx = support.offline(math.max(256, frame + 1), channels)
  ctx.destination.channelInterpretation = "discrete"
  build(ctx, ctx.destination)
  local out, values = ctx:startRendering(), {}
  for c = 1, channels do values[c] = out:getSample(c, frame + 1) end
  return channels == 1 and values[1] or values
end

-- Numbers that look random, the same for the same seed: below n, from a list, from a range in steps that floats have.
function support.random(seed)
  local state = seed * 16807 % 2147483647
  local function below(n)
    state = state * 16807 % 2147483647
    return state % n
  end
  for _ = 1, 5 do below(2) end
  return { below = below, pick = function(list) return list[below(#list) + 1] end,
    between = function(least, most) return least + (most - least) * below(1025) / 1024 end }
end

-- The message that a call raises.
function support.message(fn, ...)
  local ok, message = pcall(fn, ...)
  assert(not ok, "no error was raised")
  return tostring(message)
end

-- The default context, on the clocked null device: one for all specs of this Lua state.
function support.default()
  pcall(perilune.open, { device = "null" })
  return perilune.context()
end

-- Updates until the condition holds, or for half a minute: machines are busy; whether it did.
function support.wait(condition)
  local finish = os.time() + 30
  repeat
    perilune.update()
    if condition() then return true end
  until os.time() > finish
  return false
end

-- Waits until the audio thread has taken over all that was started: for a block of the null device that begins now.
function support.settle()
  local now = perilune.now()
  assert(support.wait(function() return perilune.now() > now + 2 * 512 / 48000 end), "the device stands still")
end

function support.collect()
  collectgarbage()
  collectgarbage()
end

-- Has `fn` called by the collector, in the course of time.
function support.finalise(fn)
  if newproxy then
    getmetatable(newproxy(true)).__gc = fn -- Lua 5.1 finalises no tables
  else
    setmetatable({}, { __gc = fn })
  end
end

-- Calls fn(value) where `value` is to be closed afterwards; nil before Lua 5.4, which has no such variables.
local closing = _VERSION == "Lua 5.4" and load "local fn, value = ... local scope <close> = value fn(scope)"
support.closing = closing and function(value, fn) closing(fn, value) end

support.NO_CLOSING = "variables that are closed came with Lua 5.4"

-- A string of float32. The numbers are such as a float32 holds.
function support.floats(...)
  local bytes = {}
  for i, number in ipairs { ... } do
    local sign, exponent = number < 0 and 128 or 0, number == 0 and 0 or 127
    local rest = math.abs(number)
    while rest >= 2 do rest, exponent = rest / 2, exponent + 1 end
    while rest > 0 and rest < 1 do rest, exponent = rest * 2, exponent - 1 end
    local fraction = number == 0 and 0 or (rest - 1) * 2 ^ 23
    bytes[i] = string.char(fraction % 256, math.floor(fraction / 256) % 256,
      math.floor(fraction / 65536) + exponent % 2 * 128, sign + math.floor(exponent / 2))
  end
  return table.concat(bytes)
end

-- Where a new folder can be. (os.tmpname knows of no TMPDIR, which the runner watches.)
function support.folderName()
  local pipe = assert(io.popen "mktemp -ud")
  local name = pipe:read "*l"
  pipe:close()
  return name
end

function support.makeFolder(name)
  local result = os.execute(("mkdir '%s'"):format(name))
  assert(result == true or result == 0, "mkdir fails")
  return name
end

function support.removeFolder(name) os.execute(("rm -r '%s'"):format(name)) end

-- Calls fn(folder) with a new folder, and removes it, whatever comes of that.
function support.inFolder(fn)
  local folder = support.makeFolder(support.folderName())
  local well, message = pcall(fn, folder)
  support.removeFolder(folder)
  if not well then error(message, 0) end
end

-- Starts a script in a Lua of its own, of this version, in a folder of its own: its path is debug.getinfo's.
-- `environment` is of variables as a shell sets them. What it returns waits for its end: for its output, errors
-- included, its exit code, and the path it had.
function support.start(text, environment)
  local folder = support.makeFolder(support.folderName())
  local path = folder .. "/script"
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local lua = jit and "luajit" or _VERSION:lower():gsub(" ", "")
  local command = ("LUA_CPATH='%s' SDL_AUDIODRIVER=dummy %s %s %s 2>&1; echo $?; rm -r '%s'"):format(
    package.cpath, environment or "", lua, path, folder)
  local pipe = assert(io.popen(command))
  return function()
    local output, code = pipe:read("*a"):match("^(.-)(%d+)\n$") -- Lua 5.1 cannot ask a pipe
    pipe:close()
    return output, tonumber(code), path
  end
end

-- Runs one.
function support.script(text, environment)
  return support.start(text, environment)()
end

return support
