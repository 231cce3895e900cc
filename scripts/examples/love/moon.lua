-- The moon and the stars, painted once, point by point.
local moon = { radius = 84 }

local SCALE = 2 -- finer than the screen
local LIGHT = { -.62, -.5, .6 }

-- Bumps: each a bowl with a rim around it.
local craters = {}
local random = love.math.newRandomGenerator(1959)
for i = 1, 70 do
  local a, r = random:random() * 2 * math.pi, math.sqrt(random:random()) * 1.05
  craters[i] = { x = math.cos(a) * r, y = math.sin(a) * r, size = .02 + .12 * random:random() ^ 4 }
end

local function height(x, y)
  local h = .05 * love.math.noise(x * 4 + 9, y * 4 + 4) + .004 * love.math.noise(x * 14, y * 14)
  for _, crater in ipairs(craters) do
    local d = ((x - crater.x) ^ 2 + (y - crater.y) ^ 2) / crater.size ^ 2
    if d < 4 then h = h + crater.size * (.35 * math.exp(-8 * (math.sqrt(d) - 1) ^ 2) - .3 * math.exp(-2 * d)) end
  end
  return h
end

local function paint(px, py)
  local size = moon.radius * SCALE
  local x, y = (px + .5) / size - 1.03, (py + .5) / size - 1.03
  local r = math.sqrt(x * x + y * y)
  local cover = math.max(0, math.min(1, (1 - r) * size + .5))
  if cover == 0 then return 0, 0, 0, 0 end
  local z = math.sqrt(math.max(0, 1 - r * r))
  local step = .006
  local h = height(x, y)
  local nx, ny = x - (height(x + step, y) - h) / step * .5, y - (height(x, y + step) - h) / step * .5
  local length = math.sqrt(nx * nx + ny * ny + z * z) + 1e-6
  local light = math.max(0, (nx * LIGHT[1] + ny * LIGHT[2] + z * LIGHT[3]) / length)
  local seas = love.math.noise(x * 1.6 + 3, y * 1.6 + 7) * .6 + love.math.noise(x * 4 + 1, y * 4) * .4
  local stone = 1 - .5 * math.max(0, math.min(1, (seas - .45) * 3.5))
  local shade = (.03 + light ^ .8) * stone
  return .95 * shade + .02, .93 * shade + .025, .9 * shade + .05, cover
end

local function paintGlow(px, py)
  local x, y = (px + .5) / 64 - 1, (py + .5) / 64 - 1
  local part = math.max(0, 1 - math.sqrt(x * x + y * y))
  return 1, 1, 1, part ^ 3
end

local function picture(size, fn)
  local data = love.image.newImageData(size, size)
  data:mapPixel(fn)
  return love.graphics.newImage(data)
end

local body = picture(math.ceil(2.06 * moon.radius * SCALE), paint)
local glow = picture(128, paintGlow)

local stars = {}
for i = 1, 260 do
  stars[i] = { x = random:random(), y = random:random(), size = .6 + 1.2 * random:random() ^ 4, pace = 1 + 3 * random:random() }
end

-- Light around a point.
function moon.shine(x, y, radius, red, green, blue, strength)
  love.graphics.setBlendMode "add"
  love.graphics.setColor(red, green, blue, strength)
  love.graphics.draw(glow, x, y, 0, radius / 64, radius / 64, 64, 64)
  love.graphics.setBlendMode "alpha"
end

function moon.drawSky(width, height_, time)
  love.graphics.clear(.018, .022, .05)
  for i, star in ipairs(stars) do
    love.graphics.setColor(.85, .9, 1, .45 + .25 * math.sin(time * star.pace + i))
    love.graphics.circle("fill", star.x * width, star.y * height_, star.size)
  end
end

-- At 0, 0; `light` from 0 to 1 is what shines on it from below.
function moon.draw(light)
  moon.shine(0, 0, moon.radius * 3.2, .5, .6, 1, .16 + .12 * light)
  love.graphics.setColor(1, 1, 1)
  love.graphics.draw(body, 0, 0, 0, 1 / SCALE, 1 / SCALE, body:getWidth() / 2, body:getHeight() / 2)
end

return moon
