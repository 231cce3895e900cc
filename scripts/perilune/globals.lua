-- What files set in tables that are nobody's own: the globals, and love with its callbacks.
local globals = {}

-- Tables that files set functions and values in without owning them.
function globals.openTables()
  return { _G, rawget(_G, "love") }
end

function globals.copy()
  local copies = {}
  for _, open in ipairs(globals.openTables()) do
    local copy = {}
    for key, value in next, open do copy[key] = value end
    copies[#copies + 1] = { table = open, entries = copy, own = {} }
  end
  return copies
end

-- Whether it is a function whose code stands in the file.
local function isOwn(file, value)
  return type(value) == "function" and debug.getinfo(value, "S").source == file.source
end

-- The file's functions that it has put there by now: others may wrap them before it comes to its end.
function globals.noteOwn(file, copies)
  for _, copy in ipairs(copies) do
    for key, value in next, copy.table do
      if not rawequal(copy.entries[key], value) and isOwn(file, value) then copy.own[key] = value end
    end
  end
end

function globals.changed(file, copies)
  local changed = {}
  globals.noteOwn(file, copies)
  for _, copy in ipairs(copies) do
    for key, value in next, copy.table do
      local before = copy.entries[key]
      if not rawequal(before, value) then
        changed[#changed + 1] = { table = copy.table, key = key, before = before, own = copy.own[key] }
      end
    end
  end
  return changed
end

-- Before a file is run again its functions leave the open tables: one that wraps what it finds there must find that, and
-- not itself. Returns those entries in whose place something else stands by now, as a wrapper does.
function globals.takeBack(version)
  local others = {}
  for _, global in ipairs(version.globals) do
    local now = rawget(global.table, global.key)
    if global.own then
      if not rawequal(now, global.own) then others[#others + 1] = { global = global, now = now } end
      rawset(global.table, global.key, global.before)
    end
  end
  return others
end

-- A function that finds a version's entry for the same place as another's.
function globals.finder(version)
  local entries = {}
  for _, global in ipairs(version.globals) do
    entries[global.table] = entries[global.table] or {}
    entries[global.table][global.key] = global
  end
  return function(global) return entries[global.table] and entries[global.table][global.key] end
end

-- When it has been run: what others have put over its functions stands there again, and is over the new ones.
function globals.putBack(file, version, others)
  local find = globals.finder(version)
  for _, other in ipairs(others) do
    local global, now = other.global, other.now
    local again = find(global)
    local set = again and rawequal(rawget(global.table, global.key), again.own)
    if not again or set and type(now) == "function" and not isOwn(file, now) then
      rawset(global.table, global.key, now)
    end
  end
end

-- What the new version has not set again remains the file's, but for its functions: these are gone, and in what wraps
-- them there comes what they have wrapped themselves.
function globals.merge(old, new, plan)
  local find = globals.finder(new)
  for _, global in ipairs(old.globals) do
    local again, own = find(global), global.own
    if not again and own and type(global.before) == "function" and not plan.taken[own] then
      plan.functions[own] = global.before
    elseif not again and (not own or not rawequal(rawget(global.table, global.key), global.before)) then
      new.globals[#new.globals + 1] = global
    end
  end
end

return globals
