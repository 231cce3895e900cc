-- docs/: the reference page and the editor's definitions name what the module has, and nothing else.
local perilune = require "perilune"
local reference = require "tests.reference"

-- Only others are based on these; no object's type is one.
local BASES = { BaseAudioContext = true, AudioNode = true, AudioScheduledSourceNode = true }

local classes, types = reference.read(), reference.types()

-- Tables of options: no types, and no object has their names.
local function isOptions(class) return class.name:find("Options$") ~= nil or class.name == "Filter" end

local function sorted(names)
  table.sort(names)
  return names
end

-- What a class has: "name kind", with what it has from those that it is based on.
local function documented(class)
  local seen, list = {}, {}
  while class do
    for _, field in ipairs(class.fields) do seen[field.name] = field.type == "AudioParam" and "param" or "property" end
    for _, method in ipairs(class.methods) do seen[method.name] = "method" end
    class = class.base
  end
  for name, kind in pairs(seen) do list[#list + 1] = name .. " " .. kind end
  return sorted(list)
end

local function existing(members)
  local list = {}
  for name, kind in pairs(members) do list[#list + 1] = name .. " " .. kind end
  return sorted(list)
end

-- A value that no option takes.
local function wrongValue() return coroutine.create(function() end) end

describe("the reference", function()
  if not next(types) then
    it("is checked in Lua 5.4 and LuaJIT", function() pending "Lua 5.1 does not show the upvalues of C functions" end)
    return
  end

  it("has a class for each type of the module, and no other", function()
    local named, there = {}, {}
    for _, class in ipairs(classes) do
      if not isOptions(class) and not BASES[class.name] and class.name ~= "perilune" then named[#named + 1] = class.name end
    end
    for name in pairs(types) do there[#there + 1] = name end
    assert.are.same(sorted(there), sorted(named))
  end)

  for name, members in pairs(types) do
    it("has each member of " .. name .. " as what it is, and no other", function()
      assert.are.same(existing(members), documented(assert(classes[name], "no class")))
    end)
  end

  it("has each function of the module, and no other", function()
    local there = {}
    for name, value in pairs(perilune) do
      there[#there + 1] = name .. (type(value) == "function" and " method" or " property")
    end
    assert.are.same(sorted(there), documented(classes.perilune))
  end)

  it("says of each argument of a function what it is", function()
    for _, class in ipairs(classes) do
      for _, method in ipairs(class.methods) do
        local names = {}
        for _, param in ipairs(method.params) do names[#names + 1] = param.name end
        assert.are.equal(method.arguments, "(" .. table.concat(names, ", ") .. ")", class.name .. "." .. method.name)
      end
    end
  end)

  it("names only options that there are", function()
    local context = perilune.newOfflineContext { channels = 1, length = 128, sampleRate = 48000 }
    local buffer, source = context:createBuffer(1, 128, 48000), context:createBufferSource()
    local sound = perilune.load(buffer)
    local takes = {
      OpenOptions = perilune.newContext,
      OfflineOptions = perilune.newOfflineContext,
      LoadOptions = function(options) perilune.load("assets/laser.ogg", options) end,
      PlayOptions = function(options) sound:play(options) end,
      Filter = function(options) source.filter = options end,
    }
    for _, class in ipairs(classes) do
      for _, field in ipairs(isOptions(class) and class.fields or {}) do
        local options = {}
        for _, needed in ipairs(class.fields) do
          if not needed.optional then options[needed.name] = needed.name == "type" and "lowpass" or 8000 end
        end
        options[field.name] = wrongValue()
        local well, message = pcall(takes[class.name], options)
        assert.is_false(well, class.name .. "." .. field.name)
        assert.matches(field.name .. "'.* expected", message)
      end
    end
  end)

  it("is the page in docs/ (LUA_CPATH=build/lua/5.4/?.so lua5.4 tests/reference.lua write)", function()
    local file = assert(io.open(reference.page))
    local page = file:read("*a")
    file:close()
    assert.are.equal(reference.write(), page)
  end)
end)
