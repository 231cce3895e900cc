-- The files that hot reload knows: what runs, the version that each run of one is, and the first run.
--
-- A file is a script, or a module that one has required. Its version is what one run of it has made and set.
local core = ...
local places = require "perilune.places"
local swap = require "perilune.swap"
local globals = require "perilune.globals"
local markEnd = require "perilune.ending"
local unpack, getinfo = table.unpack or unpack, debug.getinfo
local make = rawget(_G, "loadstring") or load -- raw: scripts may guard their globals

local files = {}   -- path on the disk → file
local sources = {} -- source of its functions, "@…" → file
local order = 0    -- counts files as they are complete: a module comes before who requires it
local running = {} -- files whose main chunk runs, the innermost last
local main         -- the script that required this module, while its end has not been seen

local versions = {
  files = files,
  tried = {}, -- paths that a trial has looked for
}

local function weak(mode) return setmetatable({}, { __mode = mode }) end

local isMarked = weak "k" -- chunks that tell of their own end

local function newVersion()
  return {
    value = nil,          -- what the chunk returned
    locals = {},          -- its local variables at its end
    globals = {},         -- {table, key, before, own}: entries of open tables that it has set, `own` to the file's function
    settings = weak "k",  -- handle → {property → value} that it has assigned
    undo = weak "k",      -- functions that undo what was registered for it
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

-- The file whose main chunk runs, or that has called what runs; `level` as for debug.getinfo.
local function currentFile(level)
  local entry = innermost()
  if entry then return entry.file end
  for at = level + 1, math.huge do
    local frame = getinfo(at, "S")
    if not frame then return nil end
    if sources[frame.source] then return sources[frame.source] end
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

-- The file has come to its end for the first time.
local function giveOrder(file)
  if file.order then return end
  order = order + 1
  file.order = order
end

local function complete(file, known)
  giveOrder(file)
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
    for _, path in ipairs(places.candidates(name)) do versions.tried[#versions.tried + 1] = path end
  end
  for _, other in ipairs(searchers) do
    local loader, data
    if other ~= search then loader, data = other(name) end
    if type(loader) == "function" then
      local source = getinfo(loader, "S").source
      local path = places.ofSource(source)
      if not path or sources[source] and sources[source].order then return loader, data end
      if core.isTrying() then versions.tried[#versions.tried + 1] = path end
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

-- From now on files that are required are known, and the script that is under way.
function versions.begin()
  table.insert(searchers, 2, search)
  findMain()
end

-- After a trial that failed: whose settings are noted.
function versions.recover()
  recordFor(innermost())
end

versions.weak, versions.pack, versions.new, versions.open = weak, pack, newVersion, openScript
versions.innermost, versions.current, versions.currentFile = innermost, currentVersion, currentFile
versions.run, versions.runFirst, versions.compile, versions.marked = run, runFirst, compile, marked
versions.isLooping, versions.giveOrder, versions.completeMain = isLooping, giveOrder, completeMain
return versions
