-- Hot reload: files that are saved are run again while everything plays on.
--
-- Changed files (versions.lua) are run on trial (trying.lua: core.beginTrial holds back what they do to the sound,
-- core.saveHeap remembers all tables and upvalues); if all of them succeed, what they made takes the old versions' place
-- (swap.lua, globals.lua), else everything is as it was. perilune.update calls this, on the script's thread.
local core = ...
local unpack = table.unpack or unpack
local places = require "perilune.places"
local versions = require "perilune.versions"
local trying = require "perilune.trying"
local orphans = require "perilune.orphans"

local SILENT = 1 -- seconds after which a clock that stands still is not waited for

local files = versions.files
local sounds = {}  -- path on the disk → {path as scripts name it, buffers = ids of those loaded from it}
local watched = {} -- path → weak set of files that want to be run again when it changes
local dirty = {}   -- files that are to be run again → true
local sought = {}  -- paths that files which fail have looked for, and that are watched → true
local heard        -- {frame, saved, files, since}: a reload that is to be heard

local reload = { traceback = trying.traceback }
local state = { at = "now" }

-- ---- Reports --------------------------------------------------------------------------------------------------------

local function printReport(kind, text)
  io.stderr:write("perilune: ", kind == "error" and "not reloaded, the old version plays on: " or "", text, "\n")
end
local tell = printReport

-- report(fn): fn(kind, text) is told instead of standard error; kind is "error" or "reloaded". nil: standard error.
function reload.report(fn)
  if fn ~= nil and type(fn) ~= "function" then
    core.fail(("bad argument #1 to 'report' (function or nil expected, got %s)"):format(core.typeOf(fn)))
  end
  tell = fn or printReport
end

local function fail(text)
  state.error = text
  tell("error", text)
end

local function checkScript(path, name)
  if type(path) ~= "string" then
    core.fail(("bad argument #1 to '%s' (path expected, got %s)"):format(name, core.typeOf(path)))
  end
  if files[path] then core.fail(("%s runs already"):format(path)) end
end

-- check(path): raises what keeps a script from being run at all: it cannot be read, or is no Lua.
function reload.check(path)
  checkScript(path, "check")
  local text, message = places.read(path)
  if text then message = select(2, versions.compile({ source = "@" .. path }, text)) end
  if message then error(message, 0) end
end

-- run(path, ...): runs a script with these arguments, as dofile does, and again whenever it is saved. For a script that
-- is run again itself, one that runs already is what it is.
function reload.run(path, ...)
  local known = core.isTrying() and files[path]
  if known and known.order then return known.version.value end
  checkScript(path, "run")
  local text, message = places.read(path)
  if not text then error(message, 0) end
  local file = versions.open(path)
  file.text = text
  local chunk, wrong = versions.compile(file, text)
  if not chunk then error(wrong, 0) end
  return versions.runFirst(file, chunk, ...)
end

-- ---- Scripts that were saved ----------------------------------------------------------------------------------------

local function labels(batch)
  local names = {}
  for i, item in ipairs(batch) do names[i] = item.file.label end
  return table.concat(names, ", ")
end

local function prepare(file)
  local text, message = places.read(file.path)
  if not text then return nil, message end
  if text == file.text and dirty[file] ~= "again" then
    dirty[file] = nil
    return nil
  end
  if versions.isLooping(file) then
    return nil, file.label .. " has a loop of its own and cannot be run again while it runs: put what is to change into "
      .. "a module"
  end
  local chunk, wrong = versions.compile(file, text)
  if not chunk then return nil, wrong end
  return { file = file, chunk = versions.marked(file, chunk, text), text = text }
end

local function prepareAll(set)
  local list, batch = {}, {}
  for file in pairs(set) do list[#list + 1] = file end
  table.sort(list, function(a, b) return (a.order or math.huge) < (b.order or math.huge) end)
  for _, file in ipairs(list) do
    local item, message = prepare(file)
    if message then return nil, message end
    batch[#batch + 1] = item
  end
  return batch
end

-- Runs a set of files; the batch, or nil and why not.
local function runSet(set)
  local batch, message = prepareAll(set)
  if not batch then return nil, message end
  if #batch > 0 then
    local well, wrong = trying.try(batch)
    if not well then return nil, wrong end
  end
  for file in pairs(set) do
    set[file] = nil
    dirty[file] = nil
  end
  return batch
end

-- Watches what a file that fails has looked for, as long as that is wanted.
local function seek()
  local wanted = {}
  for _, path in ipairs(versions.tried) do
    wanted[path] = true
    core.watch(path)
  end
  for path in pairs(sought) do
    if not (wanted[path] or files[path] or sounds[path] or watched[path]) then core.unwatch(path) end
  end
  sought = wanted
end

-- Runs what is dirty, all of it together; or, if another file that failed before fails still, what was saved now alone.
-- saved: when that was. Whether anything ran.
local function attempt(now, saved)
  local had, others = state.error, 0
  for file in pairs(dirty) do
    if not now[file] then others = others + 1 end
  end
  local batch, message = runSet(dirty)
  if not batch and others > 0 and next(now) ~= nil then
    local looked, before = versions.tried, message
    batch, message = runSet(now)
    if batch then
      versions.tried, state.error = looked, before
    end
  end
  if batch and next(dirty) == nil then versions.tried, state.error = {}, nil end
  seek()
  if not batch then
    fail(message)
    return false
  end
  if #batch > 0 then
    heard = { frame = core.nextFrame(), saved = saved, files = labels(batch), since = core.seconds() }
  elseif had and not state.error then
    tell("reloaded", "the error is gone: all files are as they ran last")
  end
  return true
end

-- start(path, ...): the same on trial. A script that fails has no effect, its error is reported, and it is run again when
-- it is saved; whether it succeeded.
function reload.start(path, ...)
  checkScript(path, "start")
  local file = versions.open(path)
  file.arguments = versions.pack(...)
  dirty[file] = "again"
  local well = attempt({}, core.seconds())
  heard = nil
  return well
end

-- ---- Sounds that were saved -----------------------------------------------------------------------------------------

local function loaded(path, id)
  local place = places.find(path)
  if not place then return end
  local sound = sounds[place]
  if not sound then
    sound = { path = path, buffers = {} }
    sounds[place] = sound
    core.watch(place)
  end
  sound.buffers[id] = true
end

local function reloadSound(place, sound, saved)
  for id in pairs(sound.buffers) do
    local well, alive = pcall(core.reloadBuffer, id, sound.path, function(_, message)
      sound.error = message
      if message then
        tell("error", message)
        return
      end
      heard = { frame = core.nextFrame(), saved = saved, files = sound.path, since = core.seconds() }
    end)
    if not well then
      sound.error = tostring(alive)
      tell("error", sound.error)
    elseif not alive then
      sound.buffers[id] = nil
    end
  end
  if next(sound.buffers) == nil then -- nobody has it any more
    sounds[place] = nil
    if not files[place] and not watched[place] then core.unwatch(place) end
  end
end

-- ---- Updates --------------------------------------------------------------------------------------------------------

local function reportHeard()
  local frame, runs = core.nextFrame()
  local now = core.seconds()
  local passed = frame and heard.frame and frame > heard.frame
  if not passed and runs and now < heard.since + SILENT then return end
  local text = "reloaded " .. heard.files
  if passed then
    text = ("%s: heard %.0f ms after the save"):format(text, (now - heard.saved) * 1000)
    state.seconds = now - heard.saved
  end
  heard = nil
  tell("reloaded", text)
  if reload.error then tell("error", reload.error) end -- another file's
end

local function isTried(path)
  for _, other in ipairs(versions.tried) do
    if other == path then return true end
  end
  return false
end

local function take(changes)
  local saved, scripts, now = 0, false, {}
  for _, change in ipairs(changes) do
    local path, file, sound = change.path, files[change.path], sounds[change.path]
    if file then dirty[file], now[file] = dirty[file] or true, true end
    if sound then reloadSound(path, sound, change.saved) end
    for dependent in pairs(watched[path] or {}) do dirty[dependent], now[dependent] = "again", true end
    if file or watched[path] or isTried(path) then
      saved, scripts = math.max(saved, change.saved), true
    end
  end
  if scripts and next(dirty) ~= nil then attempt(now, saved) end
end

-- update(): takes what was saved; part of perilune.update.
function reload.update()
  if core.isTrying() then return end
  versions.innermost()
  versions.completeMain()
  orphans.update()
  if heard then reportHeard() end
  local changes = core.changedFiles()
  if changes then take(changes) end
end

-- watch(path): the file that calls this is run again when the file at `path` changes.
function reload.watch(path)
  if type(path) ~= "string" then
    core.fail(("bad argument #1 to 'watch' (path expected, got %s)"):format(core.typeOf(path)))
  end
  local file = versions.currentFile(2)
  if not file then core.fail "perilune.reload.watch is for files that are reloaded: this is none" end
  local place = places.find(path) or path
  watched[place] = watched[place] or versions.weak "k"
  watched[place][file] = true
  core.watch(place)
end

function core.onReload(fn)
  local version = versions.current()
  if version then version.onReload[#version.onReload + 1] = fn end
end

core.setReloader {
  update = reload.update,
  loaded = loaded,
  looping = orphans.looping,
  ending = orphans.ending,
  undo = function(fn)
    local version = versions.current()
    if version then version.undo[fn] = true end
  end,
}
versions.begin()

-- Of a script, or of a sound.
local function anyError()
  if state.error then return state.error end
  for _, sound in pairs(sounds) do
    if sound.error then return sound.error end
  end
  return nil
end

local properties = {
  error = anyError,
  at = function() return state.at end,
  seconds = function() return state.seconds end,
}

local function refuse(name)
  local names = {}
  for _, members in ipairs { properties, reload } do
    for member in next, members do names[#names + 1] = member end
  end
  table.sort(names)
  core.fail(("perilune.reload has no '%s' (did you mean '%s'?)"):format(name, core.nearest(name, unpack(names))))
end

local AT = { now = true }
return setmetatable(reload, {
  __index = function(_, name)
    local get = properties[name]
    if not get then refuse(tostring(name)) end
    return get()
  end,
  __newindex = function(_, name, value)
    if not properties[name] then refuse(tostring(name)) end
    if name ~= "at" then core.fail(("'%s' of perilune.reload cannot be assigned: it is read-only"):format(name)) end
    if not AT[value] then core.fail(("bad value for 'at' (\"now\" expected, got %s)"):format(tostring(value))) end
    state.at = value
  end,
})
