-- The trial run of files that were saved: all of them take the old versions' place, or nothing has happened.
local core = ...
local versions = require "perilune.versions"
local orphans = require "perilune.orphans"
local swap = require "perilune.swap"
local globals = require "perilune.globals"
local keeping = require "perilune.keeping_love"
local unpack = table.unpack or unpack

local trying = {}

-- traceback(message): for xpcall around what this module runs; down to the file's main chunk.
function trying.traceback(message)
  if type(message) ~= "string" then
    local meta = debug.getmetatable(message)
    message = type(meta) == "table" and meta.__tostring and tostring(message)
      or ("(an error that is a %s)"):format(type(message))
  end
  local lines = {}
  for line in (debug.traceback(message, 2) .. "\n"):gmatch "(.-)\n" do
    local own = line:match "^\tperilune%.[a-z_]+:" or line:match "^\t%[C%]: in function 'xpcall'"
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
    item.version = versions.new()
    local file = item.file
    local others = globals.takeBack(file.version)
    versions.run(file, item.chunk, item.version, file.version, unpack(file.arguments, 1, file.arguments.n))
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
    orphans.leave(old)
    file.version, file.text = item.version, item.text
    item.old = file.order and old -- else it never came to its end
    versions.giveOrder(file)
  end
end

local function takeBack(saved)
  local looked = {} -- which the heap as it was does not have
  for i, path in ipairs(versions.tried) do looked[i] = path end
  if saved then core.restoreHeap(saved) end
  versions.tried = looked
  versions.recover()
end

-- Runs all of a batch, {file, chunk, text} each, or nothing. Even where memory is short the trial comes to its end: until
-- then the engine waits.
function trying.try(batch)
  versions.tried = {}
  local saved
  local function perform()
    saved = core.saveHeap(keeping.caches())
    runAll(batch)
    takeOver(batch, saved)
    finish(batch)
  end
  orphans.look()
  core.beginTrial()
  local putBack = keeping.settings()
  local well, message = xpcall(perform, trying.traceback)
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
  orphans.lookLater()
  return true
end

return trying
