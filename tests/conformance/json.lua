-- Reads JSON (no \u escapes: the specs have none). A null is json.null.
local json = { null = {} }

local WORDS = { ["true"] = true, ["false"] = false, null = json.null }
local read

local function skip(text, at) return text:find("[^%s]", at) or #text + 1 end

local function fail(at, what) error(("JSON: %s expected at byte %d"):format(what, at), 0) end

local function readString(text, at)
  local stop = text:find('"', at + 1, true) or fail(at, "closing quote")
  local value = text:sub(at + 1, stop - 1)
  if value:find("\\", 1, true) then fail(at, "string without escapes") end
  return value, stop + 1
end

-- The items between the brackets, each read by item(text, at) → where it ends.
local function readList(text, at, close, item)
  at = skip(text, at + 1)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = skip(text, item(skip(text, at)))
    local c = text:sub(at, at)
    at = at + 1
    if c == close then return at end
    if c ~= "," then fail(at - 1, "',' or '" .. close .. "'") end
  end
end

local function readArray(text, at)
  local array, n = {}, 0
  at = readList(text, at, "]", function(from)
    n = n + 1
    array[n], from = read(text, from)
    return from
  end)
  return array, at
end

local function readObject(text, at)
  local object = {}
  at = readList(text, at, "}", function(from)
    if text:sub(from, from) ~= '"' then fail(from, "name") end
    local name
    name, from = readString(text, from)
    from = skip(text, from)
    if text:sub(from, from) ~= ":" then fail(from, "':'") end
    object[name], from = read(text, skip(text, from + 1))
    return from
  end)
  return object, at
end

function read(text, at)
  local c = text:sub(at, at)
  if c == '"' then return readString(text, at) end
  if c == "{" then return readObject(text, at) end
  if c == "[" then return readArray(text, at) end
  local word = text:match("^%a+", at)
  if word and WORDS[word] ~= nil then return WORDS[word], at + #word end
  local digits = text:match("^[-+.%deE]+", at)
  local number = tonumber(digits or "") or fail(at, "value")
  return number, at + #digits
end

function json.decode(text)
  local value, at = read(text, skip(text, 1))
  if skip(text, at) <= #text then fail(at, "end") end
  return value
end

return json
