-- What the specs share. Run from the project's folder, with the module on package.cpath.
local perilune = require "perilune"

local support = {}

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

-- Updates until the condition holds, some seconds at most; whether it did.
function support.wait(condition)
  local finish = os.time() + 5
  repeat
    perilune.update()
    if condition() then return true end
  until os.time() > finish
  return false
end

function support.collect()
  collectgarbage()
  collectgarbage()
end

-- Runs a script in a Lua of its own; its output, errors included, and its exit code.
function support.script(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local command = ("LUA_CPATH='%s' SDL_AUDIODRIVER=dummy lua5.4 %s 2>&1"):format(package.cpath, path)
  local pipe = assert(io.popen(command))
  local output = pipe:read("a")
  local _, _, code = pipe:close()
  os.remove(path)
  return output, code, path
end

return support
