-- What a file that is run on trial in LÖVE sets outside of Lua, and what must be as it was when the trial fails: else a
-- canvas that was set half way would end the game.
local SETTINGS = {
  graphics = { "BackgroundColor", "BlendMode", "Canvas", "Color", "ColorMask", "DefaultFilter", "DepthMode", "Font",
    "FrontFaceWinding", "LineJoin", "LineStyle", "LineWidth", "MeshCullMode", "PointSize", "Scissor", "Shader",
    "StencilTest", "Wireframe" },
  filesystem = { "CRequirePath", "RequirePath" },
  keyboard = { "KeyRepeat", "TextInput" },
  math = { "RandomState" },
  mouse = { "Cursor", "Grabbed", "RelativeMode", "Visible" },
  window = { "Title" },
}
local unpack = table.unpack or unpack
local keeping = {}

local function pack(...) return { n = select("#", ...), ... } end

local function isSame(a, b)
  for i = 1, math.max(a.n, b.n) do
    if a[i] ~= b[i] and (a[i] == a[i] or b[i] == b[i]) then return false end
  end
  return a.n == b.n
end

-- Of these there is nothing without a window.
local NEED_WINDOW = { graphics = true, mouse = true, window = true }

-- Those of LÖVE's modules that are there.
local function modules()
  local love, found = rawget(_G, "love"), {}
  local window = type(love) == "table" and type(love.window) == "table" and love.window.isOpen
  local open = window and window()
  for name in pairs(SETTINGS) do
    local module = type(love) == "table" and love[name]
    if type(module) == "table" and (open or not NEED_WINDOW[name]) then found[name] = module end
  end
  return found
end

-- Remembers; the function that it returns brings back what is not so any more.
function keeping.settings()
  local found, kept = modules(), {}
  for name, module in pairs(found) do
    for _, setting in ipairs(SETTINGS[name]) do
      local get = module["get" .. setting] or module["is" .. setting] or module["has" .. setting]
      local set = module["set" .. setting]
      if get and set then kept[#kept + 1] = { get = get, set = set, values = pack(get()) } end
    end
  end
  local graphics = found.graphics
  local depth = graphics and graphics.getStackDepth()
  return function()
    while depth and graphics.getStackDepth() > depth do graphics.pop() end
    for _, setting in ipairs(kept) do
      if not isSame(setting.values, pack(setting.get())) then setting.set(unpack(setting.values, 1, setting.values.n)) end
    end
  end
end

-- Where LÖVE keeps the addresses of what its objects hold: one that was released meanwhile must not come back.
function keeping.caches()
  local caches = {}
  if type(rawget(_G, "love")) ~= "table" then return caches end
  for _, meta in pairs(debug.getregistry()) do
    local release = type(meta) == "table" and rawget(meta, "release")
    for i = 1, type(release) == "function" and math.huge or 0 do
      local name, value = debug.getupvalue(release, i)
      if not name then break end
      if name == "objectcache" then caches[#caches + 1] = value end
    end
  end
  return caches
end

return keeping
