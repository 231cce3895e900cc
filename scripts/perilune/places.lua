-- Where files are on the disk that scripts name by their own paths.
local places = { folders = {} } -- folders of scripts that were run, beside which sounds are looked for first

local function exists(path)
  local file = io.open(path, "rb")
  if not file then return false end
  local readable = file:read(0) or file:seek "end" == 0 -- a folder can be opened, but not read
  file:close()
  return readable and true or false
end

-- LÖVE's paths are those of the game's folder and the save folder. What LÖVE has in an archive has no file that could be
-- watched, whatever lies in the working directory: false.
local function inLove(path)
  local love = rawget(_G, "love")
  local real = love and love.filesystem and love.filesystem.getRealDirectory
  local folder = real and real(path)
  if not folder then return nil end
  local place = folder .. "/" .. path
  return exists(place) and place
end

local function isAbsolute(path) return path:sub(1, 1) == "/" end

-- The file on the disk, or nil.
function places.find(path)
  local candidates = {}
  if not isAbsolute(path) then
    local loved = inLove(path)
    if loved ~= nil then return loved or nil end
    for _, folder in ipairs(places.folders) do candidates[#candidates + 1] = folder .. "/" .. path end
  end
  candidates[#candidates + 1] = path
  for _, candidate in ipairs(candidates) do
    if exists(candidate) then return candidate end
  end
  return nil
end

-- The file of a chunk by its source, "@path".
function places.ofSource(source)
  if source:sub(1, 1) ~= "@" then return nil end
  local path = source:sub(2)
  local loved
  if not isAbsolute(path) then loved = inLove(path) end
  if loved ~= nil then return loved or nil end
  return exists(path) and path or nil
end

function places.folderOf(path)
  return path:match "^(.*)/[^/]*$" or "."
end

function places.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, "cannot open " .. message end
  local text, why = file:read "*a"
  file:close()
  if not text then return nil, ("cannot read %s: %s"):format(path, why or "it is no file") end
  return text
end

-- Files that `require` would have found for a module.
function places.candidates(name)
  local found = {}
  local function add(templates, folder)
    for template in templates:gmatch "[^;]+" do
      found[#found + 1] = folder .. template:gsub("%?", (name:gsub("%.", "/")))
    end
  end
  add(package.path, "")
  local love = rawget(_G, "love")
  local filesystem = love and love.filesystem
  if filesystem and filesystem.getRequirePath then add(filesystem.getRequirePath(), filesystem.getSource() .. "/") end
  return found
end

return places
