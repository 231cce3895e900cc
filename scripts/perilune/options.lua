-- Checks of arguments for the Lua half. Errors point at the line of the script that called.
local core = ...
local options = {}

-- The table at argument `number` of `name` has no keys but these.
function options.check(settings, number, name, ...)
  if type(settings) ~= "table" then
    core.fail(("bad argument #%d to '%s' (table expected, got %s)"):format(number, name, core.typeOf(settings)))
  end
  local known = {}
  for i = 1, select("#", ...) do known[select(i, ...)] = true end
  for key in pairs(settings) do
    if type(key) ~= "string" then core.fail(("an option is named by a string, not by a %s"):format(type(key))) end
    if not known[key] then
      core.fail(("unknown option '%s' (did you mean '%s'?)"):format(key, core.nearest(key, ...)))
    end
  end
end

local function isFinite(value)
  return type(value) == "number" and value == value and value > -math.huge and value < math.huge
end

function options.isTime(value)
  return isFinite(value) and value >= 0
end

-- A factor, or a random range {low, high}, as low, high. `above`: it must be above 0, not 0 itself.
function options.range(value, name, above)
  if value == nil then return 1, 1 end
  local low, high = value, value
  if type(value) == "table" then low, high = value[1], value[2] end
  local good = isFinite(low) and isFinite(high) and low <= high and low >= 0 and not (above and low == 0)
  if not good or type(value) == "table" and #value ~= 2 then
    core.fail(("bad value for '%s' (number %s or {low, high} expected, got %s)"):format(
      name, above and "above 0" or "of at least 0", type(value) == "number" and tostring(value) or core.typeOf(value)))
  end
  return low, high
end

return options
