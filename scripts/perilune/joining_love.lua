-- In LÖVE the module joins by itself: love.event.pump, which LÖVE's loop calls each frame, updates it, and paths are
-- sought in love.filesystem first, so that sounds come out of a zipped game.
local core = ...

local function isModule(value, name) return type(value) == "table" and type(value[name]) == "function" end

-- Calls use(module) with LÖVE's module of this name: now, or as soon as LÖVE loads it. Before conf.lua has run it loads
-- few, and a thread has only those that it requires.
local function whenLoaded(love, name, use)
  if type(love[name]) == "table" then return use(love[name]) end
  local full = "love." .. name
  local open = package.preload[full]
  if type(open) ~= "function" then return end
  package.preload[full] = function(...)
    local module = open(...)
    use(type(love[name]) == "table" and love[name] or module)
    return module
  end
end

-- What updates: the module's own function, which may be another one by then.
return function(perilune)
  local love = rawget(_G, "love")
  if core.joined or not isModule(love, "getVersion") then return end
  core.joined = true

  whenLoaded(love, "filesystem", function(filesystem)
    if not isModule(filesystem, "read") then return end
    core.files(function(path) return (filesystem.read(path)) end)
  end)

  whenLoaded(love, "event", function(event)
    if not isModule(event, "pump") then return end
    local pump = event.pump
    local function update(...)
      perilune.update()
      return ...
    end
    function event.pump(...) return update(pump(...)) end
  end)
end
