-- Renders every graph in specs/ and compares it with its references: one line each, last a line of counts.
-- Usage, from the project's root: LUA compare.lua [NAME] (NAME: a part of an id)
package.path = "./?.lua;" .. package.path
local json = require "tests.conformance.json"
local measure = require "tests.conformance.measure"
local perilune = require "perilune"
local render = require "tests.conformance.render"
local text = require "tests.conformance.text"

local HERE = "tests/conformance/"
local LUA = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")
local NAME = arg[1] or ""

local function readFile(path)
  local file = assert(io.open(path, "rb"))
  local contents = file:read("*a")
  file:close()
  return contents
end

local function readCommand(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

-- A Buffer's samples.
local function rendering(buffer)
  local channels = { sampleRate = buffer.sampleRate, length = buffer.length }
  for c = 1, buffer.numberOfChannels do channels[c] = buffer:copyFromChannel(c) end
  return channels
end

-- Interleaved float32, which a Buffer turns into numbers in any Lua.
local function unpackSamples(bytes, shape)
  local context = perilune.newOfflineContext { channels = 1, length = 1, sampleRate = 48000 }
  local buffer = context:createBuffer(1, #bytes / 4, 48000)
  buffer:copyToChannel(bytes, 1)
  local samples = buffer:copyFromChannel(1)
  local channels = { sampleRate = shape.sampleRate, length = shape.length }
  for c = 1, shape.channels do
    local channel = {}
    for frame = 1, shape.length do channel[frame] = samples[(frame - 1) * shape.channels + c] end
    channels[c] = channel
  end
  return channels
end

-- All references in a folder, as bytes: id → { shape, bytes }. One xz unpacks them all.
local function readReferences(folder)
  local index, ids, paths = json.decode(readFile(folder .. "index.json")).outputs, {}, {}
  for id in pairs(index) do ids[#ids + 1] = id end
  table.sort(ids)
  for i, id in ipairs(ids) do paths[i] = folder .. id .. ".f32.xz" end
  local all, at = readCommand("xz -dc " .. table.concat(paths, " ")), 1
  local references = {}
  for _, id in ipairs(ids) do
    local shape = index[id]
    local size = 4 * shape.channels * shape.length
    references[id] = { shape = shape, bytes = all:sub(at, at + size - 1) }
    at = at + size
  end
  assert(at == #all + 1, folder .. ": not the sizes that index.json says")
  return references
end

local folders = {
  main = readReferences(HERE .. "reference/"),
  chromium = readReferences(HERE .. "reference/alternatives/chromium/"),
}

local function reference(name, spec)
  if name == "text" then return text[spec.id](spec) end
  local found = folders[name][spec.id] or error(("no reference '%s'"):format(name), 0)
  return unpackSamples(found.bytes, found.shape)
end

-- Whether one of the references is met; else what differs from each.
local function compare(spec)
  local candidate, reasons = rendering(render(spec)), {}
  local names = { "main" }
  for _, name in ipairs(spec.tolerance.alternatives or {}) do names[#names + 1] = name end
  for _, name in ipairs(names) do
    local passes, why = measure(reference(name, spec), candidate, spec.tolerance)
    if passes then return true end
    reasons[#reasons + 1] = name .. ": " .. why
  end
  return false, table.concat(reasons, "\n  ")
end

local passed, failed = 0, 0
for path in readCommand("ls " .. HERE .. "specs/*.json"):gmatch("[^\n]+") do
  local id = path:match("([^/]+)%.json$")
  if id:find(NAME, 1, true) then
    local well, passes, why = pcall(function() return compare(json.decode(readFile(path))) end)
    if well and passes then
      passed = passed + 1
      print(("ok %s: conformance %s"):format(LUA, id))
    else
      failed = failed + 1
      print(("FAILED %s: conformance %s\n  %s"):format(LUA, id, tostring(well and why or passes)))
    end
  end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and 0 or 1)
