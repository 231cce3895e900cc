-- Puts what the new version of a file has made into the place of what the old one made.
--
-- Old and new are paired by the names that lead to them: keys of tables, file locals, upvalues, globals. A new table's
-- contents go into the old table, which everybody holds; a new function takes the place of the old one wherever that is
-- referred to. Only what the file itself made is paired: its functions are known by their source, its tables because
-- they were claimed for it when it had run.
local core = ...
local globals = require "perilune.globals"
local getinfo, getupvalue, unpack = debug.getinfo, debug.getupvalue, table.unpack or unpack
local getmetatable, setmetatable = debug.getmetatable, debug.setmetatable -- raw, whatever __metatable says

local swap = {}
local owner = _G.setmetatable({}, { __mode = "k" }) -- table → the file that made it

-- Whether a function's code stands in the file.
local function isOf(file, fn)
  return getinfo(fn, "S").source == file.source
end
swap.isOf = isOf

local function eachUpvalue(fn, visit)
  local i = 1
  local name, value = getupvalue(fn, i)
  while name do
    visit(name, value)
    i = i + 1
    name, value = getupvalue(fn, i)
  end
end
swap.eachUpvalue = eachUpvalue

-- Claims for a file the tables that its version leads to and nobody else made. isNew(table): the version has made it,
-- as far as one can tell.
function swap.claim(file, version, isNew)
  local work, seen = {}, {}
  local function add(value)
    local kind = type(value)
    if (kind == "table" or kind == "function") and not seen[value] then
      seen[value] = true
      work[#work + 1] = value
    end
  end
  add(version.value)
  for _, value in pairs(version.locals) do add(value) end
  for _, global in ipairs(version.globals) do add(global.own or rawget(global.table, global.key)) end
  while #work > 0 do
    local value = table.remove(work)
    if type(value) == "function" then
      if isOf(file, value) then eachUpvalue(value, function(_, upvalue) add(upvalue) end) end
    elseif owner[value] == nil and isNew(value) then
      owner[value] = file
      for key, item in next, value do
        add(key)
        add(item)
      end
      add(getmetatable(value))
    end
  end
end

-- All tables that persistent values lead to: they stay what they are.
local function persistedTables()
  local found, work = {}, {}
  local function add(value)
    if type(value) == "table" and not found[value] then
      found[value] = true
      work[#work + 1] = value
    end
  end
  for _, entry in pairs(core.persisted) do add(entry.value) end
  while #work > 0 do
    for key, item in next, table.remove(work) do
      add(key)
      add(item)
    end
  end
  return found
end

-- A plan of what takes whose place; isNew(object): the trial has made it.
function swap.plan(isNew)
  return {
    isNew = isNew,
    persisted = persistedTables(),
    tables = {},    -- new table → the old one that takes its contents
    functions = {}, -- old function (or module of another type) → what takes its place
    taken = {},     -- what is paired
    queue = {},
  }
end

local function match(plan, file, old, new)
  if old == nil or new == nil or rawequal(old, new) or plan.taken[old] or plan.taken[new] then return end
  local kind = type(new)
  if type(old) ~= kind or not plan.isNew(new) then return end
  if kind == "table" then
    if owner[old] ~= file or plan.persisted[old] then return end
    plan.tables[new] = old
  elseif kind == "function" then
    if not isOf(file, old) or not isOf(file, new) then return end
    plan.functions[old] = new
  else
    return
  end
  plan.taken[old], plan.taken[new] = true, true
  plan.queue[#plan.queue + 1] = { file, old, new }
end

local function matchParts(plan, file, old, new)
  if type(new) == "table" then
    for key, value in next, new do match(plan, file, rawget(old, key), value) end
    match(plan, file, getmetatable(old), getmetatable(new))
    return
  end
  local upvalues = {}
  eachUpvalue(old, function(name, value) upvalues[name] = value end)
  eachUpvalue(new, function(name, value) match(plan, file, upvalues[name], value) end)
end

-- Adds a file's old and new version. What is named plainly is paired before what is found through it.
function swap.add(plan, file, old, new)
  match(plan, file, old.value, new.value)
  for name, value in pairs(new.locals) do match(plan, file, old.locals[name], value) end
  local find = globals.finder(old)
  for _, global in ipairs(new.globals) do
    local was = find(global)
    match(plan, file, was and was.own or global.before, global.own or rawget(global.table, global.key))
  end
  local at = 1
  while plan.queue[at] do
    matchParts(plan, unpack(plan.queue[at], 1, 3))
    at = at + 1
  end
  plan.queue = {}
  -- A module that is of another type now: who holds the old value gets the new one.
  local was, is = old.value, new.value
  local mine = type(was) == "table" and owner[was] == file or type(was) == "function" and isOf(file, was)
  if mine and is ~= nil and type(was) ~= type(is) and not plan.taken[was] then plan.functions[was] = is end
end

local function moveContents(from, to)
  local contents, meta = {}, getmetatable(from)
  for key, value in next, from do contents[key] = value end
  for key in next, to do
    if contents[key] == nil then rawset(to, key, nil) end
  end
  for key, value in next, contents do rawset(to, key, value) end
  if not rawequal(getmetatable(to), meta) then setmetatable(to, meta) end
  for key in next, contents do rawset(from, key, nil) end
  setmetatable(from, nil) -- its finaliser is the old table's now
end

function swap.apply(plan)
  local map = {}
  for new, old in pairs(plan.tables) do
    moveContents(new, old)
    map[new] = old
  end
  for old, new in pairs(plan.functions) do map[old] = plan.functions[new] or new end
  if next(map) ~= nil then core.replaceInHeap(map, { plan, plan.tables, plan.functions, plan.taken }) end
end

-- What takes the place of a module's value: the old table with the new contents, or the new value itself.
function swap.valueAfter(plan, new)
  if new ~= nil and plan.tables[new] then return plan.tables[new] end
  return new
end

return swap
