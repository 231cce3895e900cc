-- Bells in orbit: `love scripts/examples/love`, once the module is built. Each rings when it passes its perilune, the point of its
-- orbit that is nearest to the moon; the nearer, the higher. Near orbits are quick and far ones slow, as Kepler has it.
local modules = love.filesystem.getSource() .. "/../../../build/lua/5.1/"
package.cpath = modules .. "?.so;" .. package.cpath
local found, perilune = pcall(require, "perilune")
if not found then
  error(("The module perilune is not there, or does not load: run ./dev build in the project's folder.\n\n%s"):format(perilune), 0)
end
require "perilune.reload" -- any file of this folder can be saved while it runs, and is seen and heard at once
local bell, moon, orbit = require "bell", require "moon", require "orbit"

local AHEAD = .1                 -- seconds; a bell is told its exact time a little before it
local SCALE = { 0, 2, 4, 7, 9 }  -- semitones: five notes that go with each other
local LOWEST, NOTE = 300, 16     -- pixels from the moon to the lowest note, and from note to note
local MOST = 24

-- What stays when this file is saved. All else begins anew; love.load does not run again.
local state = perilune.persist("bells", { satellites = {}, ripples = {}, time = perilune.now(), touched = false })
local satellites, ripples = state.satellites, state.ripples
local drag

local function middle() return love.graphics.getWidth() / 2, love.graphics.getHeight() / 2 end

-- Where the mouse is, seen from the moon, and not inside it.
local function place(x, y)
  local cx, cy = middle()
  x, y = x - cx, y - cy
  local distance, least = math.sqrt(x * x + y * y), moon.radius + 16
  if distance == 0 then return least, 0 end
  local far = math.max(distance, least) / distance
  return x * far, y * far
end

local function note(near) return math.max(0, math.floor((LOWEST - near) / NOTE)) end

local function pitch(satellite)
  local degree = note(satellite.near)
  return 2 ^ ((SCALE[degree % #SCALE + 1] + 12 * math.floor(degree / #SCALE)) / 12)
end

local low, medium, high = { 1, .72, .36 }, { .98, .5, .62 }, { .42, .72, 1 }
local function colour(satellite)
  local t = math.min(note(satellite.near) / 6, 2)
  local from, to = t < 1 and low or medium, t < 1 and medium or high
  t = t < 1 and t or t - 1
  return from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t, from[3] + (to[3] - from[3]) * t
end

local function launch(x, y, far, passage)
  local satellite = orbit.new(x, y, far, passage)
  satellite.line, satellite.flash = satellite:outline(), 0
  satellite.rings, satellite.shows = passage, passage -- when it is to be rung, and seen to ring, next
  table.insert(satellites, satellite)
  if #satellites > MOST then table.remove(satellites, 1) end
end

local function launchAnywhere()
  local angle, near = love.math.random() * 2 * math.pi, moon.radius + 20 + love.math.random() * 130
  launch(math.cos(angle) * near, math.sin(angle) * near, near * (1.2 + love.math.random() * 1.6), perilune.now())
end

-- When something passes next, not before a time: what the game has slept through is not made up for.
local function following(satellite, passage, from)
  return passage + math.max(1, math.ceil((from - passage) / satellite.period)) * satellite.period
end

-- Rings what passes soon. Nothing else is needed: LÖVE's loop keeps perilune up to date.
local function ring(satellite, now)
  if satellite.rings >= now + AHEAD then return end
  bell.sound:play {
    at = satellite.rings,
    pitch = pitch(satellite),
    pan = math.max(-1, math.min(satellite.x / 300, 1)) * .8,
    volume = .2 + .15 * satellite.eccentricity, -- the longer the orbit, the faster it passes
  }
  satellite.rings = following(satellite, satellite.rings, now)
end

local function show(satellite, dt)
  satellite.flash = satellite.flash * .12 ^ dt
  if satellite.shows > state.time then return end
  satellite.shows = following(satellite, satellite.shows, state.time)
  satellite.flash = 1
  table.insert(ripples, { x = satellite.x, y = satellite.y, age = 0, colour = { colour(satellite) } })
end

function love.load()
  local now = perilune.now()
  launch(-104, 36, 190, now + .4)
  launch(110, 120, 330, now + 1)
  launch(30, -136, 150, now + 1.6)
  launch(210, -70, 290, now + 2.2)
end

function love.update(dt)
  -- The clock of the sound goes in steps of a block; the picture follows it smoothly.
  local now = perilune.now()
  local time = state.time + dt
  state.time = math.abs(now - time) > .1 and now or time + (now - time) * .1
  for _, satellite in ipairs(satellites) do
    ring(satellite, now)
    show(satellite, dt)
  end
  for i = #ripples, 1, -1 do
    ripples[i].age = ripples[i].age + dt
    if ripples[i].age > 1.5 then table.remove(ripples, i) end
  end
end

local function drawOrbit(satellite, strength)
  local r, g, b = colour(satellite)
  love.graphics.setColor(r, g, b, strength)
  love.graphics.polygon("line", satellite.line)
  love.graphics.circle("line", satellite.x, satellite.y, 3.5)
end

local function drawSatellite(satellite)
  local time = state.time
  local r, g, b = colour(satellite)
  local x, y = satellite:position(time)
  local seconds = math.min(.7, satellite.period / 4)
  local ox, oy = x, y
  for i = 1, 28 do -- its trail
    local px, py = satellite:position(time - seconds * i / 28)
    love.graphics.setLineWidth(3 * (1 - i / 29))
    love.graphics.setColor(r, g, b, .7 * (1 - i / 29) ^ 2)
    love.graphics.line(ox, oy, px, py)
    ox, oy = px, py
  end
  love.graphics.setLineWidth(1)
  moon.shine(x, y, 18 + 26 * satellite.flash, r, g, b, .8)
  love.graphics.setColor(1, 1, 1)
  love.graphics.circle("fill", x, y, 3.2 + 1.5 * satellite.flash)
end

local function drawDrag()
  local x, y = place(drag.x, drag.y)
  local preview = orbit.new(x, y, drag.far, 0)
  preview.line = preview:outline()
  drawOrbit(preview, .7)
end

function love.draw()
  local cx, cy = middle()
  moon.drawSky(2 * cx, 2 * cy, state.time)
  love.graphics.translate(cx, cy)
  local light = 0
  for _, satellite in ipairs(satellites) do
    drawOrbit(satellite, .16 + .4 * satellite.flash)
    light = math.max(light, satellite.flash)
  end
  moon.draw(light)
  for _, ripple in ipairs(ripples) do
    local r, g, b = unpack(ripple.colour)
    local part = ripple.age / 1.5
    love.graphics.setColor(r, g, b, .7 * (1 - part) ^ 2)
    love.graphics.circle("line", ripple.x, ripple.y, 6 + 60 * (1 - (1 - part) ^ 2))
  end
  for _, satellite in ipairs(satellites) do drawSatellite(satellite) end
  if drag then drawDrag() end
  love.graphics.origin()
  if not state.touched then
    love.graphics.setColor(.75, .8, .95, .8)
    love.graphics.printf("click where a bell shall ring, drag for a longer orbit   ·   right click takes one away   ·   space: any",
      0, 2 * cy - 36, 2 * cx, "center")
  end
end

local function distanceTo(x, y)
  local cx, cy = middle()
  return math.sqrt((x - cx) ^ 2 + (y - cy) ^ 2)
end

local function takeAway(x, y)
  local best, least
  x, y = place(x, y)
  for i, satellite in ipairs(satellites) do
    local distance = (satellite.x - x) ^ 2 + (satellite.y - y) ^ 2
    if not least or distance < least then best, least = i, distance end
  end
  if best then table.remove(satellites, best) end
end

function love.mousepressed(x, y, button)
  state.touched = true
  if button == 1 then drag = { x = x, y = y, far = distanceTo(x, y) * 1.8 } end
  if button == 2 then takeAway(x, y) end
end

function love.mousemoved(x, y)
  if drag and (x - drag.x) ^ 2 + (y - drag.y) ^ 2 > 64 then drag.far = distanceTo(x, y) end
end

function love.mousereleased(_, _, button)
  if button ~= 1 or not drag then return end
  local x, y = place(drag.x, drag.y)
  launch(x, y, drag.far, perilune.now())
  drag = nil
end

function love.keypressed(key)
  if key == "space" then launchAnywhere() end
  if key == "escape" then love.event.quit() end
end
