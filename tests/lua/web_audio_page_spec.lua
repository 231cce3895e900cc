-- docs/web-audio.md names tests: each of them is there.
local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

-- Where a name of the page is found: W_node, buffer, edge_test.
local function fileOf(name)
  local short = name:match "^W_(.+)$"
  if short then return "tests/lua/web_audio_" .. short .. "_spec.lua" end
  return name:find "_test$" and "tests/unit/" .. name .. ".c" or "tests/lua/" .. name .. "_spec.lua"
end

-- Whether a line of the text has all parts of a test's name, which … stands between.
local function has(text, name)
  local parts = {}
  for part in (name:gsub("…", "\0") .. "\0"):gmatch "(.-)%z" do
    part = part:match "^%s*(.-)%s*$"
    if part ~= "" then parts[#parts + 1] = part end
  end
  for line in text:gmatch "[^\n]+" do
    local at, all = 1, true
    for _, part in ipairs(parts) do
      local _, last = line:find(part, at, true)
      all, at = all and last ~= nil, (last or 0) + 1
      if not all then break end
    end
    if all then return true end
  end
end

describe("the page of the text's clauses", function()
  local page = read "docs/web-audio.md"

  it("names tests that are there", function()
    local count = 0
    for row in page:gmatch "\n| ([^\n]+) |" do
      local file, text
      for before, name in row:gmatch '([^"]*)"([^"]*)"' do
        local word = before:match "([%w_]+) $"
        if word then
          file = fileOf(word)
          text = read(file)
        end
        assert(text, ("no file %s, named in: %s"):format(tostring(file), row))
        assert(has(text, name), ('no test "%s" in %s'):format(name, file))
        count = count + 1
      end
    end
    assert.is_true(count > 200)
  end)

  it("has every section that a test of the clauses is of", function()
    for _, name in ipairs { "channel", "context", "effect", "filter", "graph", "node", "param", "source", "space", "wave" } do
      for section in read(fileOf("W_" .. name)):gmatch 'it%("(%d[%d%.]*)' do
        local chapter = section:match "^1%.%d+" or section:match "^%d"
        assert(page:find("\n## " .. chapter .. " ", 1, true), "no section " .. chapter)
      end
    end
  end)
end)
