-- The module: C functions as they are, and what is not hot of the game layer.
local core = ...
local options = require "perilune.options"
local persist = require "perilune.persist"
local joinLove = require "perilune.joining_love"

local perilune = {
  _VERSION = "perilune " .. core.version,
  open = core.open,
  context = core.context,
  newContext = core.newContext,
  newOfflineContext = core.newOfflineContext,
  update = core.update,
  now = core.now,
  db = core.db,
  seed = core.seed,
  onError = core.onError,
  files = core.files,
  stats = core.stats,
  persist = persist,
}

local function loadAll(what, format)
  local kind = core.typeOf(what)
  if kind == "string" then return { core.decode(what, format) } end
  if kind == "Buffer" then return { what } end
  if kind ~= "table" or #what == 0 then
    core.fail(("bad argument #1 to 'load' (path, table of paths or Buffer expected, got %s)"):format(
      kind == "table" and "an empty table" or kind))
  end
  local buffers = {}
  for i, path in ipairs(what) do
    kind = core.typeOf(path)
    if kind ~= "string" and kind ~= "Buffer" then
      core.fail(("bad argument #1 to 'load' (path or Buffer expected as item %d, got %s)"):format(i, kind))
    end
    buffers[i] = kind == "Buffer" and path or core.decode(path, format)
  end
  return buffers
end

-- The settings of a Sound, argument `number` of `name`: a function that makes one of buffers, and their format.
local function soundMaker(settings, number, name)
  local volumeLow, volumeHigh, pitchLow, pitchHigh, format = 1, 1, 1, 1, nil
  if settings ~= nil then
    options.check(settings, number, name, "volume", "pitch", "format")
    volumeLow, volumeHigh = options.range(settings.volume, "volume")
    pitchLow, pitchHigh = options.range(settings.pitch, "pitch", true)
    format = settings.format
  end
  return function(buffers) return core.newSound(buffers, volumeLow, volumeHigh, pitchLow, pitchHigh) end, format
end

-- load(path | {paths} | Buffer [, {volume, pitch, format}]) → Sound
function perilune.load(what, settings, ...)
  if select("#", ...) > 0 then core.fail("bad argument #3 to 'load' (no more than 2 expected)") end
  local make, format = soundMaker(settings, 2, "load")
  return make(loadAll(what, format))
end

-- loadAsync(path, fn(sound, message) [, {volume, pitch, format}]): fn is called by perilune.update
function perilune.loadAsync(path, fn, settings)
  if type(path) ~= "string" then
    core.fail(("bad argument #1 to 'loadAsync' (path expected, got %s)"):format(core.typeOf(path)))
  end
  if type(fn) ~= "function" then
    core.fail(("bad argument #2 to 'loadAsync' (function expected, got %s)"):format(core.typeOf(fn)))
  end
  local make, format = soundMaker(settings, 3, "loadAsync")
  core.decodeAsync(path, function(buffer, message)
    if buffer then fn(make { buffer }) else fn(nil, message) end
  end, format)
end

-- onReload(fn): when perilune.reload runs a newer version of the file that calls this, that version's own fn(old) is called
-- at its end. `old` has what the replaced version's names stand for: its file locals, and the fields of its module.
function perilune.onReload(fn, ...)
  if type(fn) ~= "function" then
    core.fail(("bad argument #1 to 'onReload' (function expected, got %s)"):format(core.typeOf(fn)))
  end
  if select("#", ...) > 0 then core.fail("bad argument #2 to 'onReload' (no more than 1 expected)") end
  if core.onReload then core.onReload(fn) end
end

-- run([seconds]): keeps a plain script alive until nothing sounds and no callback is to come, or for so long at most.
-- A host has a loop of its own, and there this returns at once, as in a script that is run again.
function perilune.run(limit)
  if limit ~= nil and not options.isTime(limit) then
    core.fail(("bad argument #1 to 'run' (number of at least 0 expected, got %s)"):format(
      type(limit) == "number" and tostring(limit) or core.typeOf(limit)))
  end
  if core.isHosted() or core.isTrying() then return end
  local finish = limit and core.seconds() + limit
  core.recordSettings() -- what callbacks assign is no setting of the file
  core.inRun = true
  core.update()
  while core.isActive() and not (finish and core.seconds() >= finish) do
    core.sleep(0.005)
    core.update()
  end
  core.inRun = false
end

joinLove(perilune)
return perilune
