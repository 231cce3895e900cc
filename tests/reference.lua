-- docs/reference.md, made of docs/perilune*.d.lua and of what the modules themselves say: defaults, ranges, what is
-- read-only.
-- From the project's root: LUA_CPATH=build/lua/5.4/?.so lua5.4 tests/reference.lua write
local perilune = require "perilune"

local reference = {
  page = "docs/reference.md",
  definitions = {
    "docs/perilune.d.lua", "docs/perilune.contexts.d.lua", "docs/perilune.nodes.d.lua", "docs/perilune.reload.d.lua",
    "docs/perilune.host.d.lua",
  },
}

local HEAD = [[
# The Lua reference

Every type, property, parameter, option and method, in words of one line. `tests/reference.lua` makes this page of
[perilune.d.lua](perilune.d.lua) and the files beside it, which editors with the Lua language server read too (add this folder
to `workspace.library`), and of the module itself; a test compares both with it. Times are in seconds, volumes factors from
0, pitches ratios; channels, inputs, outputs and samples count from 1. A parameter is an AudioParam: assign its `value`.
]]

local LARGEST = 3.4e38 -- of a float, about

-- ---- The definitions --------------------------------------------------------------------------------------------

local function short(text) return (text:gsub("perilune%.(%u)", "%1")) end

-- Takes the lines above a class or function.
local function newNote() return { text = {}, params = {}, returns = {} } end

local function addLine(note, line)
  local tag, rest = line:match("^%-%-%-@(%w+) (.*)$")
  if tag == "param" then
    local name, optional, kind, text = rest:match("^([%w_.]+)(%??) (%S+) ?(.*)$")
    note.params[#note.params + 1] = { name = name, optional = optional == "?", type = short(kind), text = text }
  elseif tag == "return" then
    note.returns[#note.returns + 1] = short(rest:match("^%S+"))
  elseif not tag then
    note.text[#note.text + 1] = line:match("^%-%-%-(.*)$")
  end
end

local function isFactorys(class) return reference.factory(class) or class.name == "AudioNodeOptions" end

local function addField(class, line)
  local name, optional, kind, text = line:match("^%-%-%-@field ([%w_]+)(%??) (%S+) ?(.*)$")
  assert(name and (text ~= "" or isFactorys(class)), "no field with a type and a sentence: " .. line)
  class.fields[#class.fields + 1] = { name = name, optional = optional == "?", type = short(kind), text = text }
end

local function addMethod(class, name, arguments, note)
  class.methods[#class.methods + 1] = {
    name = name, arguments = arguments, text = table.concat(note.text, " "), params = note.params, returns = note.returns,
  }
end

-- The context's function that takes these options, which are a node's, or nil.
function reference.factory(class)
  local name = "create" .. class.name:gsub("Options$", "")
  return class.name:find "Options$" and reference.types().OfflineAudioContext[name] and name or nil
end

local function readFile(classes, path)
  local note, class = newNote(), nil
  for line in io.lines(path) do
    local name, base = line:match("^%-%-%-@class ([%w_.]+):?([%w_.]*)$")
    local owner, method, arguments = line:match("^function ([%w_]+)[.:]([%w_]+)(%b()) end$")
    if name then
      class = { name = short(name), base = classes[short(base)], text = table.concat(note.text, " "), fields = {}, methods = {} }
      classes[#classes + 1], classes[class.name] = class, class
    elseif line:find("^%-%-%-@field") then
      addField(class, line)
    elseif owner then
      addMethod(classes[owner] or classes["perilune." .. owner], method, arguments, note)
    elseif line:find("^%-%-%-") then
      addLine(note, line)
    end
    if name or not line:find("^%-%-%-") then note = newNote() end
  end
end

-- The classes in their order, and by name; a module's functions are the methods of the class that is called as it is.
function reference.read()
  local classes = {}
  for _, path in ipairs(reference.definitions) do readFile(classes, path) end
  return classes
end

-- ---- The module -------------------------------------------------------------------------------------------------

-- The members of each type: name → "method", "param" or "property". They are upvalues of its metatable's functions,
-- which PUC's Lua 5.1 does not show: there it finds no type.
local types
function reference.types()
  if types then return types end
  types = {}
  for _, metatable in pairs(debug.getregistry()) do
    local index = type(metatable) == "table" and rawget(metatable, "__name") and rawget(metatable, "__index")
    local _, members = nil, nil
    if type(index) == "function" then _, members = debug.getupvalue(index, 3) end
    if type(members) == "table" then
      local kinds = {}
      for name, member in pairs(members) do
        kinds[name] = type(member) == "function" and "method"
          or type(member) == "number" and member >= 0 and "param" or "property"
      end
      types[metatable.__name] = kinds
    end
  end
  return types
end

local function upvalue(fn, wanted)
  for i = 1, math.huge do
    local name, value = debug.getupvalue(fn, i)
    if not name or name == wanted then return value end
  end
end

-- What the modules have: name → {member → "method" or "property"}. The host's is only there in the program.
function reference.modules(program)
  local reload = require "perilune.reload"
  local modules = { perilune = {}, ["perilune.reload"] = {}, ["perilune.host"] = {} }
  for name, value in pairs(perilune) do modules.perilune[name] = type(value) == "function" and "method" or "property" end
  for name in pairs(reload) do modules["perilune.reload"][name] = "method" end
  for name in pairs(upvalue(getmetatable(reload).__index, "properties")) do modules["perilune.reload"][name] = "property" end
  local pipe = assert(io.popen(program .. " run --device null tests/lua/host_members.lua 2>&1"))
  for line in pipe:lines() do
    local name, kind = line:match "^(%w+) (%w+)$"
    assert(name, line)
    modules["perilune.host"][name] = kind == "function" and "method" or "property"
  end
  pipe:close()
  return modules
end

-- One object of each type, and for types that only others are based on, of one of these.
function reference.objects()
  local context = perilune.newOfflineContext { channels = 2, length = 256, sampleRate = 48000 }
  local objects = {
    OfflineAudioContext = context, BaseAudioContext = context, AudioListener = context.listener,
    ["perilune.reload"] = require "perilune.reload",
  }
  for name in pairs(reference.types().OfflineAudioContext) do
    local kind = name:match("^create(.*)$")
    if kind and kind ~= "Buffer" and kind ~= "Node" and kind ~= "IIRFilter" and kind ~= "PeriodicWave" and kind ~= "Tap" then
      objects[(kind == "BufferSource" and "AudioBufferSource" or kind) .. "Node"] = context[name](context)
    end
  end
  objects.AudioDestinationNode = context.destination
  objects.IIRFilterNode = context:createIIRFilter({ 1 }, { 1 })
  objects.AudioNode, objects.AudioScheduledSourceNode = objects.GainNode, objects.ConstantSourceNode
  objects.PeriodicWave = context:createPeriodicWave({ 0, 1 }, { 0, 0 })
  objects.AudioParam = objects.GainNode.gain
  objects.Buffer = context:createBuffer(1, 256, 48000)

  objects.ConstantSourceNode:connect(objects.GainNode):connect(context.destination)
  objects.Tap = context:createTap(objects.GainNode, { blockSize = 128 })
  context:startRendering()
  objects.Block = objects.Tap:receive()

  objects.AudioContext = perilune.context()
  objects.Sound = perilune.load(objects.Buffer)
  objects.Source = objects.Sound:play()
  return objects
end

-- ---- The page ---------------------------------------------------------------------------------------------------

local function number(value)
  if value == 24000 then return "half the sample rate" end
  return ("%.7g"):format(value)
end

-- The default and range of a parameter.
local function ofParam(param)
  local low, high = param.minValue > -LARGEST, param.maxValue < LARGEST
  local range = low and high and ("%s to %s"):format(number(param.minValue), number(param.maxValue))
    or low and "from " .. number(param.minValue) or high and "up to " .. number(param.maxValue) or "any"
  if param.minValue == -24000 then range = "half the sample rate either way" end
  return ("%s; %s; %s"):format(number(param.defaultValue), range, param.automationRate)
end

local function isReadOnly(object, name)
  local well, message = pcall(function() object[name] = object[name] end)
  return not well and message:find("read-only", 1, true) ~= nil
end

local function isNode(class)
  local base = class.base
  return base ~= nil and (base.name == "AudioNode" or isNode(base))
end

-- What the module says of a field: of a parameter its range, of others whether they are read-only, else of nodes the
-- default.
local function detail(class, object, field)
  if object == nil then return field.optional and "" or "needed" end
  if field.type == "AudioParam" then return ofParam(object[field.name]) end
  if isReadOnly(object, field.name) then return "read-only" end
  if not isNode(class) then return "" end
  local value = object[field.name]
  if type(value) == "number" then return number(value) end
  return type(value) == "table" and "" or type(value) == "string" and ('"%s"'):format(value) or tostring(value)
end

local function cell(text) return (text:gsub("|", "\\|")) end

local function addTable(lines, class, object)
  lines[#lines + 1] = "\n| property | type | default; range | |\n| --- | --- | --- | --- |"
  for _, field in ipairs(class.fields) do
    local about = class.name == "perilune" and "read-only" or detail(class, object, field)
    lines[#lines + 1] = ("| `%s` | `%s` | %s | %s |"):format(field.name, cell(field.type), about, cell(field.text))
  end
end

local function ports(node)
  if not node then return "\nInputs, outputs and channels are as the host has registered the kind." end
  return ("\nInputs: %d; outputs: %d. Channels: %d, %s, %s."):format(node.numberOfInputs, node.numberOfOutputs,
    node.channelCount, node.channelCountMode, node.channelInterpretation)
end

local function addMethods(lines, class)
  lines[#lines + 1] = ""
  for _, method in ipairs(class.methods) do
    local names, texts = {}, {}
    for _, param in ipairs(method.params) do
      names[#names + 1] = param.name .. (param.optional and "?" or "")
      texts[#texts + 1] = ("`%s` `%s`%s"):format(param.name, param.type, param.text ~= "" and ", " .. param.text or "")
    end
    local owner = class.name:find "^perilune" and class.name:match "%w+$" .. "." or ":"
    local line = ("- `%s%s(%s)`"):format(owner, method.name, table.concat(names, ", "))
    if #method.returns > 0 then line = line .. (" → `%s`"):format(table.concat(method.returns, "`, `")) end
    if method.text ~= "" then line = line .. ": " .. method.text end
    if #texts > 0 then line = line .. "<br>" .. table.concat(texts, "; ") end
    lines[#lines + 1] = line
  end
end

-- Of options: those without a sentence are told of at the node.
local function addOptions(lines, class)
  local texts = {}
  for i, field in ipairs(class.fields) do
    local text = field.text:gsub("^%u", string.lower):gsub("%.$", "")
    texts[i] = ("`%s` `%s`%s"):format(field.name, field.type, text ~= "" and ", " .. text or "")
  end
  lines[#lines + 1] = "\n" .. table.concat(texts, "; ") .. "."
end

function reference.write()
  local objects, lines = reference.objects(), { HEAD }
  for _, class in ipairs(reference.read()) do
    lines[#lines + 1] = ("\n## %s\n"):format(class.name)
    local base = class.base and ("Also all of %s. "):format(class.base.name) or ""
    lines[#lines + 1] = base .. class.text
    if isNode(class) then lines[#lines + 1] = ports(objects[class.name]) end
    if isFactorys(class) then
      addOptions(lines, class)
    elseif #class.fields > 0 then
      addTable(lines, class, objects[class.name])
    end
    if #class.methods > 0 then addMethods(lines, class) end
  end
  return (table.concat(lines, "\n"):gsub("\n\n\n+", "\n\n")) .. "\n"
end

if arg and arg[0] and arg[0]:find("tests/reference%.lua$") and arg[1] == "write" then
  perilune.open { device = "null" }
  local file = assert(io.open(reference.page, "w"))
  file:write(reference.write())
  file:close()
end

return reference
