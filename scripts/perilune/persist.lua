-- State that survives a reload because the script says so.
local core = ...

-- name → {value, seen}: `seen` has the keys of defaults that have been filled in once, or a table of such for a default
-- that is a table.
core.persisted = {}

-- Defaults that are new since the last time go in where nothing stands. One that the script has taken out stays out; the
-- items of a list are the script's.
local function fillIn(value, defaults, seen)
  for key, default in pairs(defaults) do
    if type(key) == "number" then -- an item
      seen[key] = nil
    elseif seen[key] == nil then
      seen[key] = type(default) == "table" and {} or true
      if value[key] == nil then value[key] = default end
    end
    if type(seen[key]) == "table" and type(default) == "table" and type(value[key]) == "table" then
      fillIn(value[key], default, seen[key])
    end
  end
end

-- persist(name, defaults | fn) → the same value after each reload
return function(name, what, ...)
  if select("#", ...) > 0 then core.fail("bad argument #3 to 'persist' (no more than 2 expected)") end
  if type(name) ~= "string" then
    core.fail(("bad argument #1 to 'persist' (string expected, got %s)"):format(core.typeOf(name)))
  end
  if type(what) ~= "table" and type(what) ~= "function" then
    core.fail(("bad argument #2 to 'persist' (table or function expected, got %s)"):format(core.typeOf(what)))
  end
  local entry = core.persisted[name]
  if not entry then
    entry = { seen = {} }
    if type(what) == "function" then entry.value = what() else entry.value = what end
    core.persisted[name] = entry
  end
  if type(what) == "table" and type(entry.value) == "table" then fillIn(entry.value, what, entry.seen) end
  return entry.value
end
