-- docs/: the reference page and the editor's definitions name what the module has, and nothing else.
local perilune = require "perilune"
local reference = require "tests.reference"

-- Only others are based on these; no object's type is one.
local BASES = { BaseAudioContext = true, AudioNode = true, AudioScheduledSourceNode = true }

local types = reference.types()
local classes = next(types) and reference.read()

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

-- ---- Options ----------------------------------------------------------------------------------------------------

-- A value that no option takes.
local WRONG = coroutine.create(function() end)

-- How the options of a class are given: class name → fn(options).
local function takers()
  local context = perilune.newOfflineContext { channels = 1, length = 128, sampleRate = 48000 }
  local source, sound = context:createBufferSource(), perilune.load(context:createBuffer(1, 128, 48000))
  local takes = {
    OpenOptions = perilune.newContext,
    OfflineOptions = perilune.newOfflineContext,
    LoadOptions = function(options) perilune.load("assets/laser.ogg", options) end,
    PlayOptions = function(options) sound:play(options) end,
    Filter = function(options) source.filter = options end,
    DecodeOptions = function(options) context:decodeAudioData("assets/laser.ogg", options) end,
    TapOptions = function(options) context:createTap(context.destination, options) end,
    PeriodicWaveOptions = function(options) context:createPeriodicWave({ 0, 0 }, { 0, 1 }, options) end,
  }
  for _, class in ipairs(classes) do
    local factory = reference.factory(class)
    if factory and not takes[class.name] then
      takes[class.name] = function(options) context[factory](context, options) end
    end
  end
  return takes
end

local NEEDED = { type = "lowpass", frequency = 1000, length = 128, feedforward = { 1 }, feedback = { 1 } }

-- What a taker says that it expected of an option; nil if it knows none of this name.
local function expected(take, class, name)
  local options = {}
  for _, field in ipairs(class.fields) do
    if not field.optional then options[field.name] = assert(NEEDED[field.name], field.name) end
  end
  options[name] = WRONG
  local well, message = pcall(take, options)
  assert(not well, class.name .. "." .. name .. " takes everything")
  return message:match("bad value for '[a-z.]-%f[%w]" .. name .. "' (%b())")
end

-- What the simple types are called in errors, as words and classes are; the others are not compared.
local SAID = { number = "number", integer = "number", boolean = "boolean", ["fun()"] = "function" }

local function saysType(said, field)
  for kind in (field.type .. "|"):gmatch "(.-)|" do
    local part = SAID[kind] or kind:match '^".*"$' or kind:match "^%u%w+$"
    if part and part ~= "Filter" and not said:find(part, 1, true) then return false end
  end
  for word in said:gmatch '"[^"]*"' do
    if not field.type:find(word, 1, true) then return false end
  end
  return true
end

describe("the reference", function()
  if not next(types) then
    it("is checked in Lua 5.4 and LuaJIT", function() pending "Lua 5.1 does not show the upvalues of C functions" end)
    return
  end

  it("has a class for each type of the module, and no other", function()
    local named, there = {}, {}
    for _, class in ipairs(classes) do
      if not isOptions(class) and not BASES[class.name] and not class.name:find "^perilune" then named[#named + 1] = class.name end
    end
    for name in pairs(types) do there[#there + 1] = name end
    assert.are.same(sorted(there), sorted(named))
  end)

  for name, members in pairs(types) do
    it("has each member of " .. name .. " as what it is, and no other", function()
      assert.are.same(existing(members), documented(assert(classes[name], "no class")))
    end)
  end

  it("has each function and property of the modules, and no other", function()
    local program = (os.getenv "PERI_BUILD" or "build") .. "/bin/perilune"
    local file = io.open(program)
    if not file then pending("there is no " .. program) end
    file:close()
    for name, members in pairs(reference.modules(program)) do
      assert.are.same(existing(members), documented(classes[name]), name)
    end
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

  it("names types that it has", function()
    for _, class in ipairs(classes) do
      local function check(kind)
        for name in kind:gmatch "%f[%w]%u%w%w+" do assert.is_table(classes[name], class.name .. ": " .. kind) end
      end
      for _, field in ipairs(class.fields) do check((field.type:gsub('"[^"]*"', ""))) end
      for _, method in ipairs(class.methods) do
        for _, param in ipairs(method.params) do check((param.type:gsub('"[^"]*"', ""))) end
        for _, kind in ipairs(method.returns) do check(kind) end
      end
    end
  end)

  it("has the options of each factory", function()
    for name in pairs(types.OfflineAudioContext) do
      local kind = name:match "^create(.*)$"
      if kind and kind ~= "Buffer" and kind ~= "Node" then -- which takes none; whose are the host's
        assert.is_table(classes[kind .. "Options"], name)
      end
    end
  end)

  it("has each option that is taken, and no other, with its type and all its words", function()
    local names, takes = { nonsense = true }, takers() -- every name that means anything anywhere
    for _, members in pairs(types) do
      for name in pairs(members) do names[name] = true end
    end
    for _, class in ipairs(classes) do
      for _, field in ipairs(class.fields) do names[field.name] = true end
    end
    for _, class in ipairs(classes) do
      if isOptions(class) and class.name ~= "AudioNodeOptions" then
        local fields, from = {}, class
        while from do
          for _, field in ipairs(from.fields) do fields[field.name] = field end
          from = from.base
        end
        for name in pairs(names) do
          local said, field = expected(takes[class.name], class, name), fields[name]
          assert.are.equal(field ~= nil, said ~= nil, class.name .. "." .. name)
          assert.is_true(not said or saysType(said, field), ("%s.%s: %s"):format(class.name, name, said))
        end
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
