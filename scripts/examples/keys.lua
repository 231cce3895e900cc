-- An instrument to play: `perilune run --view scripts/examples/keys.lua`, or in the terminal without --view.
-- Keys a to k are the white ones, w e t y u the black ones, space is a laser. While nobody plays it plays itself.
local perilune = require "perilune"
local host = require "perilune.host"

-- One bar of wood: a sine and its fourth harmonic, which dies sooner.
local RATE, FRAMES = 48000, 36000
local wood = {}
for i = 1, FRAMES do
  local t = (i - 1) / RATE
  local swing = math.sin(2 * math.pi * 262 * t) * math.exp(-6 * t) + .4 * math.sin(8 * math.pi * 262 * t) * math.exp(-25 * t)
  wood[i] = .35 * swing * math.min(i / 60, 1) * (1 - i / FRAMES)
end
local buffer = perilune.context():createBuffer(1, FRAMES, RATE)
buffer:copyToChannel(wood, 1)
local bar = perilune.load(buffer)
local laser = perilune.load("assets/laser.ogg", { volume = .35, pitch = { .8, 1.2 } })

-- The keys from left to right, a semitone each; black ones stand between.
local keys, held, glow = { "a", "w", "s", "e", "d", "f", "t", "g", "y", "h", "u", "j", "k" }, {}, {}
local black = { w = true, e = true, t = true, y = true, u = true }
local place, semitone, whites = {}, {}, 0
for i, key in ipairs(keys) do
  semitone[key] = i - 1
  if not black[key] then whites = whites + 1 end
  place[key] = black[key] and 70 + whites * 104 - 32 or 70 + (whites - 1) * 104
end

local notes, beams = {}, {} -- what flies: { key, age }
local function strike(key)
  if key == "space" then
    laser:play { pan = math.random() * 2 - 1 }
    beams[#beams + 1] = { y = 70 + 30 * math.random(0, 5), age = 0 }
  elseif semitone[key] then
    bar:play { pitch = 2 ^ (semitone[key] / 12), pan = semitone[key] / 8 - .75 }
    notes[#notes + 1] = { key = key, age = 0 }
    glow[key] = 1
  end
end

local melody = { -- a key, and how long until the next one, in eighths
  "d", 1, "f", 1, "g", 2, "space", 1, "k", 1, "j", 1, "h", 1, "g", 2, "t", 1, "g", 1, "h", 1, "g", 1, "f", 1, "d", 1, "s", 2,
  "space", 1, "s", 1, "d", 1, "f", 1, "d", 1, "s", 1, "a", 3, "space", 1,
}
local playing, step, wait, done = true, 1, .3, 0
local function playItself(dt)
  wait = wait - dt
  while melody[step] and wait <= 0 do
    strike(melody[step])
    step, wait = step + 2, wait + melody[step + 1] * .19
  end
  if not melody[step] then done = done + dt end
  if done > 1.2 then host.quit() end
end

host.onKey(function(key, down)
  playing, held[key] = false, down or nil
  if down then strike(key) end
end)

local function shade(red, green, blue, part) -- of a colour, on the window's ground
  return .05 + (red - .05) * part, .06 + (green - .06) * part, .09 + (blue - .09) * part
end

local function drawKey(key)
  local x, dark, light = place[key], black[key], held[key] and 1 or glow[key] or 0
  local part, width, height = dark and .2 or .8, dark and 64 or 100, dark and 92 or 150
  local red, green, blue = part * .9, part * .95, part
  host.rectangle(x, 300, width, height, red + (.37 - red) * light, green + (.84 - green) * light, blue + (.64 - blue) * light)
  if dark then host.text(x + 27, 366, key) end
end

host.onFrame(function(dt)
  if playing then playItself(dt) end
  for i = #notes, 1, -1 do
    local note = notes[i]
    note.age = note.age + dt * 1.3
    if note.age > 1 then
      table.remove(notes, i)
    else
      local width = (black[note.key] and 64 or 100) * (1 - note.age * .6)
      local middle = place[note.key] + (black[note.key] and 32 or 50)
      host.rectangle(middle - width / 2, 286 - note.age * 240, width, 14, shade(.55, .75, 1, 1 - note.age))
    end
  end
  for i = #beams, 1, -1 do
    local beam = beams[i]
    beam.age = beam.age + dt * 2
    if beam.age > 1 then
      table.remove(beams, i)
    else
      host.rectangle(960 * beam.age, beam.y, 180, 4, shade(1, .38, .38, 1 - beam.age ^ 3))
    end
  end
  for key, light in pairs(glow) do glow[key] = light > dt * 3 and light - dt * 3 or nil end
  for _, key in ipairs(keys) do if not black[key] then drawKey(key) end end
  for _, key in ipairs(keys) do if black[key] then drawKey(key) end end
  host.text(70, 24, playing and "it plays itself: press a key and it is yours" or "a to k, w e t y u, space; Escape ends")
end)
