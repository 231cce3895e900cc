-- Hot reload: files that are saved are run again while everything plays on.
--
-- A file is a script that runs, or a module that it has required. Its version is what one run of it has made and set.
-- Changed files are run on trial (core.beginTrial holds back what they do to the sound, core.saveHeap remembers all
-- tables and upvalues); if all of them succeed, what they made takes the old versions' place (swap.lua), else everything
-- is as it was. perilune.update calls this, on the script's thread.
local core = ...
local places = require "perilune.places"
local swap = require "perilune.swap"
local globals = require "perilune.globals"
local markEnd = require "perilune.ending"
local keeping = require "perilune.keeping_love"
local unpack, getinfo = table.unpack or unpack, debug.getinfo
local make = rawget(_G, "loadstring") or load -- raw: scripts may guard their globals

local FADE = .05 -- seconds, for loops that nobody can reach any more
local SILENT = 1 -- seconds after which a clock that stands still is not waited for
local SWEEP = 5 -- seconds after which loops that have ended are forgotten

local files = {}   -- path on the disk → file
local sources = {} -- source of its functions, "@…" → file
local order = 0    -- counts files as they are complete: a module comes before who requires it
local running = {} -- files whose main chunk runs, the innermost last
local sounds = {}  -- path on the disk → {path as scripts name it, buffers = ids of those loaded from it}
local watched = {} -- path → weak set of files that want to be run again when it changes
local loops = {}   -- source without its handle → weak {handle, Sound}
local orphans = {} -- likewise → true: it was started while a version ran that has been replaced
local dirty = {}   -- files that are to be run again → true
local tried = {}   -- paths that a trial that failed has looked for
local sought = {}  -- those of them that are watched → true
local due          -- when loops are looked through: {} at the next update
local heard        -- {frame, saved, files, since}: a reload that is to be heard
local main         -- the script that required this module, while its end has not been seen

local reload = {}
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

-- ---- Versions -------------------------------------------------------------------------------------------------------

local function weak(mode) return setmetatable({}, { __mode = mode }) end

local isMarked = weak "k" -- chunks that tell of their own end

local function newVersion()
  return {
    value = nil,          -- what the chunk returned
    locals = {},          -- its local variables at its end
    globals = {},         -- {table, key, before, own}: entries of open tables that it has set, `own` to the file's function
    settings = weak "k",  -- handle → {property → value} that it has assigned
    undo = weak "k",      -- functions that undo what was registered for it
    started = weak "k",   -- loops that were started while it ran
    onReload = {},
  }
end

local function newFile(path, source, name)
  local file = { path = path, source = source, name = name, label = (source:gsub("^@", ""):gsub("^%./", "")), version = newVersion() }
  files[path], sources[source] = file, file
  core.watch(path)
  return file
end

-- Whether the chunk's call is on the stack of a coroutine (nil: the main one of Lua 5.1, into which no other can look).
local function isActive(chunk, thread)
  local other = thread ~= coroutine.running()
  if other and not thread then return true end
  for level = other and 0 or 2, math.huge do
    local frame
    if other then frame = getinfo(thread, level, "f") else frame = getinfo(level, "f") end
    if not frame then return false end
    if frame.func == chunk then return true end
  end
end

local function recordFor(entry)
  if entry then core.recordSettings(entry.version.settings, entry.before.settings) else core.recordSettings() end
end

-- The file whose main chunk runs. Chunks that were left by an error are taken off.
local function innermost()
  local left = #running
  while not core.inRun and left > 0 and not isActive(running[left].chunk, running[left].thread) do
    core.inRun = running[left].inRun
    running[left] = nil
    left = left - 1
    recordFor(not core.inRun and running[left] or nil)
  end
  return not core.inRun and running[left] or nil
end

-- Its code runs, or it has called what runs.
local function currentVersion()
  local entry = innermost()
  if entry then return entry.version end
  for level = 2, math.huge do
    local frame = getinfo(level, "S")
    if not frame then return nil end
    local file = sources[frame.source]
    if file then return file.version end
  end
end

local function pack(...) return { n = select("#", ...), ... } end

-- Runs a main chunk as a version of its file; returns what it returns.
local function run(file, chunk, version, before, ...)
  local outer = innermost() or main
  if outer and outer.copies then globals.noteOwn(outer.file or outer, outer.copies) end
  local inRun = core.inRun
  local entry = { file = file, chunk = chunk, version = version, before = before, thread = coroutine.running(),
    inRun = inRun, copies = globals.copy() }
  core.inRun = false
  running[#running + 1] = entry
  recordFor(entry)
  local loaded = file.name and package.loaded[file.name]
  local results
  if isMarked[chunk] then results = pack(core.callMarked(chunk, ...)) else results = pack(core.callWithLocals(chunk, ...)) end
  for i = #running, 1, -1 do
    local ended = running[i] == entry
    running[i] = nil
    if ended then break end
  end
  core.inRun = inRun
  recordFor(innermost())
  version.locals, version.value = results[1], results[2]
  version.globals = globals.changed(file, entry.copies)
  local placed = file.name and package.loaded[file.name]
  if version.value == nil and not rawequal(placed, loaded) and placed ~= true then version.value = placed end
  return unpack(results, 2, results.n)
end

-- ---- The first run --------------------------------------------------------------------------------------------------

-- At a first run nobody knows what is new: it is what nobody else has claimed, no module and no global of before.
local function knownTables()
  local known = {}
  for _, value in pairs(package.loaded) do known[value] = true end
  for _, open in ipairs(globals.openTables()) do
    known[open] = true
    for _, value in next, open do
      if type(value) == "table" then known[value] = true end
    end
  end
  return known
end

local function complete(file, known)
  order = order + 1
  file.order = file.order or order
  swap.claim(file, file.version, function(value) return not known[value] end)
end

-- The script that required this module has come to its end, or to its loop.
local function completeMain()
  local file = main
  main = nil
  if not file then return end
  file.version.globals = globals.changed(file, file.copies)
  complete(file, file.known)
  file.copies, file.known = nil, nil
end

-- A first line that begins with # is for the shell. PUC 5.1 knows a chunk's locals only at a return.
local function compile(file, text)
  local code = text:gsub("^\239\187\191", ""):gsub("^#[^\n]*", "")
  local chunk = _VERSION == "Lua 5.1" and not rawget(_G, "jit") and make(code .. "\nreturn", file.source)
  if chunk then return chunk end
  return make(code, file.source)
end

-- The chunk of a text, or one that does the same and needs no hook to tell of its locals: LuaJIT compiles little while
-- there is one. Not where somebody has made another chunk of the text, or one that may not see globals.
local END = "__perilune_chunkEnded"
local function marked(file, chunk, text)
  if not rawget(_G, "jit") or not text or text:find "setfenv" or text:find "module%s*[(\"'%[]" then return chunk end
  local plain, other = compile(file, text), compile(file, markEnd(text, END))
  if not plain or not other or string.dump(plain) ~= string.dump(chunk) then return chunk end
  rawset(_G, END, core.chunkEnded)
  isMarked[other] = true
  return debug.setfenv(other, debug.getfenv(chunk))
end

local function runFirst(file, chunk, ...)
  if main and main.name == "conf" and file.name == "main" then completeMain() end -- LÖVE has left conf.lua
  chunk = marked(file, chunk, file.text)
  local known = knownTables()
  file.arguments = pack(...)
  local results = pack(run(file, chunk, file.version, file.version, ...))
  complete(file, known)
  return unpack(results, 1, results.n)
end

-- Stands before the others that `require` asks, and asks them itself: what they find is run so that it can be run again.
local searchers = package.searchers or package.loaders
local function search(name)
  if core.isTrying() then
    for _, path in ipairs(places.candidates(name)) do tried[#tried + 1] = path end
  end
  for _, other in ipairs(searchers) do
    local loader, data
    if other ~= search then loader, data = other(name) end
    if type(loader) == "function" then
      local source = getinfo(loader, "S").source
      local path = places.ofSource(source)
      if not path or sources[source] and sources[source].order then return loader, data end
      if core.isTrying() then tried[#tried + 1] = path end
      return function(...)
        local file = newFile(path, source, name)
        file.text = places.read(path)
        return runFirst(file, loader, ...)
      end, data
    end
  end
  return nil
end

local function openScript(path)
  local file = newFile(path, "@" .. path)
  places.folders[#places.folders + 1] = places.folderOf(path)
  return file
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
  if text then message = select(2, compile({ source = "@" .. path }, text)) end
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
  local file = openScript(path)
  file.text = text
  local chunk, wrong = compile(file, text)
  if not chunk then error(wrong, 0) end
  return runFirst(file, chunk, ...)
end

-- ---- The trial ------------------------------------------------------------------------------------------------------

-- traceback(message): for xpcall around what this module runs; down to the file's main chunk.
function reload.traceback(message)
  if type(message) ~= "string" then
    local meta = debug.getmetatable(message)
    message = type(meta) == "table" and meta.__tostring and tostring(message)
      or ("(an error that is a %s)"):format(type(message))
  end
  local lines = {}
  for line in (debug.traceback(message, 2) .. "\n"):gmatch "(.-)\n" do
    local own = line:match "^\tperilune%.reload:" or line:match "^\t%[C%]: in function 'xpcall'"
      or line:match "^\t%[C%]: in .*callWithLocals" or line:match "^\t%[C%]: in .*callMarked"
    if own then break end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

-- What a version's names stand for now, for perilune.onReload: fields of its module, else its locals.
local function view(version)
  local old = {}
  local function lookInto(value)
    if type(value) ~= "function" then return end
    swap.eachUpvalue(value, function(name, upvalue)
      if name ~= "" and name ~= "_ENV" then old[name] = upvalue end
    end)
  end
  for name, value in pairs(version.locals) do old[name] = value end
  local fields = type(version.value) == "table" and version.value or {}
  for _, value in pairs(version.locals) do lookInto(value) end
  for _, value in next, fields do lookInto(value) end
  lookInto(version.value)
  for _, global in ipairs(version.globals) do lookInto(global.own or rawget(global.table, global.key)) end
  for key, value in next, fields do old[key] = value end
  return old
end

local function runAll(batch)
  for _, item in ipairs(batch) do
    item.version = newVersion()
    local file = item.file
    local others = globals.takeBack(file.version)
    run(file, item.chunk, item.version, file.version, unpack(file.arguments, 1, file.arguments.n))
    globals.putBack(file, item.version, others)
  end
  for _, item in ipairs(batch) do
    if #item.version.onReload > 0 and item.file.order then
      local old = view(item.file.version)
      for _, fn in ipairs(item.version.onReload) do fn(old) end
    end
  end
end

-- Callbacks that the old version has assigned and the new one has not.
local function dropCallbacks(old, new)
  for handle, properties in pairs(old.settings) do
    local again = new.settings[handle]
    if properties.onended and not (again and again.onended ~= nil) then
      pcall(function() handle.onended = nil end)
    end
  end
end

local function takeOver(batch, saved)
  local function isNew(object) return not core.wasInHeap(saved, object) end
  local plan = swap.plan(isNew)
  for _, item in ipairs(batch) do
    local file, old, new = item.file, item.file.version, item.version
    swap.add(plan, file, old, new)
    swap.claim(file, new, isNew)
    globals.merge(old, new, plan)
  end
  for _, item in ipairs(batch) do
    item.version.value = swap.valueAfter(plan, item.version.value)
    local file = item.file
    if file.name and item.version.value ~= nil then package.loaded[file.name] = item.version.value end
  end
  swap.apply(plan)
end

local function finish(batch)
  for _, item in ipairs(batch) do
    local file, old = item.file, item.file.version
    for undo in pairs(old.undo) do
      if not item.version.undo[undo] then undo() end
    end
    for source in pairs(old.started) do orphans[source] = true end
    file.version, file.text = item.version, item.text
    item.old = file.order and old -- else it never came to its end
    if not file.order then
      order = order + 1
      file.order = order
    end
  end
end

local function takeBack(saved)
  local looked = {} -- which the heap as it was does not have
  for i, path in ipairs(tried) do looked[i] = path end
  if saved then core.restoreHeap(saved) end
  tried = looked
  recordFor(innermost())
end

-- Runs all of a batch, {file, chunk, text} each, or nothing. Even where memory is short the trial comes to its end: until
-- then the engine waits.
local function try(batch)
  tried = {}
  local saved
  local function perform()
    saved = core.saveHeap(keeping.caches())
    runAll(batch)
    takeOver(batch, saved)
    finish(batch)
  end
  core.beginTrial()
  local putBack = keeping.settings()
  local well, message = xpcall(perform, reload.traceback)
  if not well then
    local heap = saved -- an upvalue, which is not there any more when all is as it was
    if not pcall(takeBack, heap) then
      collectgarbage()
      local back = pcall(takeBack, heap)
      if not back then message = message .. "\nThere was not even the memory to take back all that it has changed." end
    end
    putBack()
    core.endTrial(false)
    return false, message
  end
  core.endTrial(true)
  for _, item in ipairs(batch) do
    if item.old then dropCallbacks(item.old, item.version) end
  end
  due = {}
  return true
end

-- ---- Scripts that were saved ----------------------------------------------------------------------------------------

local function labels(batch)
  local names = {}
  for i, item in ipairs(batch) do names[i] = item.file.label end
  return table.concat(names, ", ")
end

-- A script whose main chunk has not come to its end has a loop of its own, which a second run would never leave; but for
-- that of perilune.run.
local function isLooping(file)
  innermost()
  if core.inRun then return false end
  if file.chunk and isActive(file.chunk, file.thread) then return true end
  for _, entry in ipairs(running) do
    if entry.file == file and isActive(entry.chunk, entry.thread) then return true end
  end
  return false
end

local function prepare(file)
  local text, message = places.read(file.path)
  if not text then return nil, message end
  if text == file.text and dirty[file] ~= "again" then
    dirty[file] = nil
    return nil
  end
  if isLooping(file) then
    return nil, file.label .. " has a loop of its own and cannot be run again while it runs: put what is to change into "
      .. "a module"
  end
  local chunk, wrong = compile(file, text)
  if not chunk then return nil, wrong end
  return { file = file, chunk = marked(file, chunk, text), text = text }
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
    local well, wrong = try(batch)
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
  for _, path in ipairs(tried) do
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
    local looked, before = tried, message
    batch, message = runSet(now)
    if batch then
      tried, state.error = looked, before
    end
  end
  if batch and next(dirty) == nil then tried, state.error = {}, nil end
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
  local file = openScript(path)
  file.arguments = pack(...)
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

-- ---- Loops that nobody can reach ------------------------------------------------------------------------------------

local swept, count, most = 0, 0, 64 -- when they were last; how many have begun since then, and may

local function sweep()
  count, most, swept = 0, 64, core.seconds()
  for source in pairs(loops) do
    if core.isGone(source) then loops[source], orphans[source] = nil, nil else most = most + 1 end
  end
end

local function looping(source, handle, sound)
  count = count + 1
  if count > most then sweep() end
  loops[source] = setmetatable({ handle, sound }, { __mode = "v" })
  local entry = innermost()
  if entry then entry.version.started[source] = true end
end

-- A source whose Sound can be reached can still be stopped by it; but not by who replaced the file that began it.
local function fadeOrphans()
  collectgarbage()
  for source, reached in pairs(loops) do
    if core.isGone(source) then
      loops[source], orphans[source] = nil, nil
    elseif not reached[1] and (not reached[2] or orphans[source]) then
      core.fadeOut(source, FADE)
      loops[source], orphans[source] = nil, nil
    end
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
  for _, other in ipairs(tried) do
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
  innermost()
  completeMain()
  if due then
    due = nil
    fadeOrphans()
  end
  if core.seconds() > swept + SWEEP then sweep() end
  if heard then reportHeard() end
  local changes = core.changedFiles()
  if changes then take(changes) end
end

-- watch(path): the file that calls this is run again when the file at `path` changes.
function reload.watch(path)
  if type(path) ~= "string" then
    core.fail(("bad argument #1 to 'watch' (path expected, got %s)"):format(core.typeOf(path)))
  end
  local entry = innermost()
  local file = entry and entry.file
  for level = 2, math.huge do
    local frame = not file and getinfo(level, "S")
    if not frame then break end
    file = sources[frame.source]
  end
  if not file then core.fail "perilune.reload.watch is for files that are reloaded: this is none" end
  local place = places.find(path) or path
  watched[place] = watched[place] or weak "k"
  watched[place][file] = true
  core.watch(place)
end

-- ---- Beginning ------------------------------------------------------------------------------------------------------

-- LÖVE calls love.run when main.lua has come to its end; what love.load does, which that calls, is not main.lua's own.
local function completeBeforeLoad(love)
  local loop = love.run
  if type(loop) ~= "function" then return end
  local function first(...)
    if rawequal(love.run, first) then love.run = loop end
    completeMain()
    return loop(...)
  end
  love.run = first
end

-- The main chunk that requires this module: of a plain script, or of LÖVE's main.lua or conf.lua, which are required
-- themselves.
local function findMain()
  for level = 2, math.huge do
    local frame = getinfo(level, "Sf")
    if not frame then return end
    local path = frame.what == "main" and not sources[frame.source] and places.ofSource(frame.source)
    if path then
      local love = rawget(_G, "love")
      local name = love and (frame.source == "@main.lua" and "main" or frame.source == "@conf.lua" and "conf") or nil
      local file = newFile(path, frame.source, name)
      file.text, file.chunk, file.thread = places.read(path), frame.func, coroutine.running()
      file.arguments = name and pack(name) or pack(unpack(rawget(_G, "arg") or {}))
      file.known, file.copies = knownTables(), globals.copy()
      if not love then places.folders[#places.folders + 1] = places.folderOf(path) end
      main = file
      if name == "main" then completeBeforeLoad(love) end
      return
    end
  end
end

function core.onReload(fn)
  local version = currentVersion()
  if version then version.onReload[#version.onReload + 1] = fn end
end

core.setReloader {
  update = reload.update,
  loaded = loaded,
  looping = looping,
  undo = function(fn)
    local version = currentVersion()
    if version then version.undo[fn] = true end
  end,
}
table.insert(searchers, 2, search)
findMain()

-- Of a script, or of a sound.
local function anyError()
  if state.error then return state.error end
  for _, sound in pairs(sounds) do
    if sound.error then return sound.error end
  end
  return nil
end

local AT = { now = true }
return setmetatable(reload, {
  __index = function(_, name)
    if name == "error" then return anyError() end
    if name == "at" or name == "seconds" then return state[name] end
    core.fail(("perilune.reload has no '%s' (did you mean '%s'?)"):format(tostring(name),
      core.nearest(tostring(name), "update", "watch", "at", "error", "seconds", "run", "start", "check", "report", "traceback")))
  end,
  __newindex = function(_, name, value)
    if name ~= "at" then core.fail(("'%s' of perilune.reload cannot be assigned"):format(tostring(name))) end
    if not AT[value] then core.fail(("bad value for 'at' (\"now\" expected, got %s)"):format(tostring(value))) end
    state.at = value
  end,
})
