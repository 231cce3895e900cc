-- Where the main chunk of a script ends, found in its text: before its last return, or after all of it. What stands in
-- blocks, strings and comments is passed over.
local OPENS = { ["do"] = 1, ["function"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1, ["until"] = -1 }

-- After a long string or comment that begins at `at`; nil: none does.
local function pastLong(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local _, last = text:find("]" .. level .. "]", at, true)
  return (last or #text) + 1
end

local function pastQuoted(text, at)
  local quote = text:sub(at, at)
  at = at + 1
  while at <= #text do
    local c = text:sub(at, at)
    if c == quote then return at + 1 end
    at = at + (c == "\\" and 2 or 1)
  end
  return at
end

-- The place of the return in the outermost block, or nil.
local function findReturn(text)
  local at, depth = 1, 0
  while true do
    at = text:find("[%w_\"'%[-]", at)
    if not at then return nil end
    local c = text:sub(at, at)
    if c == "-" and text:sub(at + 1, at + 1) == "-" then
      at = pastLong(text, at + 2) or text:find("\n", at, true)
      if not at then return nil end
    elseif c == "[" then
      at = pastLong(text, at) or at + 1
    elseif c == '"' or c == "'" then
      at = pastQuoted(text, at)
    elseif c == "-" then
      at = at + 1
    else
      local word = text:match("^[%w_]+", at)
      if word == "return" and depth == 0 then return at end
      depth = depth + (OPENS[word] or 0)
      at = at + #word
    end
  end
end

-- The text with a call of a global function where it ends; lines stay what they are.
return function(text, name)
  local at = findReturn(text)
  if not at then return text .. "\n" .. name .. "()" end
  return text:sub(1, at - 1) .. name .. "() " .. text:sub(at)
end
