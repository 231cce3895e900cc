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

local notes, beams = {}, {} -- what flies
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

local GROUND, WHITE, BLACK, BEAM = { .05, .06, .09 }, { .19, .23, .31 }, { .1, .12, .17 }, { 1, .38, .38 }
local function colour(key) -- from blue over green to amber
  local t = semitone[key] / 12
  return { .4 + .55 * t, .65 + .2 * math.sin(math.pi * t), 1 - .7 * t }
end

-- A rectangle in a colour, `part` of it, the rest another one.
local function draw(x, y, width, height, from, to, part)
  local function mix(i) return from[i] + (to[i] - from[i]) * part end
  host.rectangle(x, y, width, height, mix(1), mix(2), mix(3))
end

local function drawKey(key)
  local x, light = place[key], held[key] and 1 or glow[key] or 0
  if black[key] then
    draw(x - 4, 300, 72, 100, GROUND, GROUND, 0)
    draw(x, 300, 64, 96, BLACK, colour(key), light)
    host.text(x + 27, 366, key)
  else
    draw(x, 300, 100, 160, WHITE, colour(key), light)
    host.text(x + 45, 430, key)
  end
end

-- Ages what flies by dt, draws it, and forgets it when its age is 1.
local function fly(list, dt, show)
  for i = #list, 1, -1 do
    local thing = list[i]
    thing.age = thing.age + dt
    if thing.age < 1 then show(thing, thing.age) else table.remove(list, i) end
  end
end

local function showNote(note, age)
  local width = (black[note.key] and 64 or 100) * (1 - age * .5)
  local middle = place[note.key] + (black[note.key] and 32 or 50)
  draw(middle - width / 2, 280 - age * 220, width, 14, colour(note.key), GROUND, age ^ 2)
end

local function showBeam(beam, age) draw(960 * age, beam.y, 180, 4, BEAM, GROUND, age ^ 3) end

host.onFrame(function(dt)
  if playing then playItself(dt) end
  fly(notes, dt * .9, showNote)
  fly(beams, dt * 2, showBeam)
  for key, light in pairs(glow) do glow[key] = light > dt * 3 and light - dt * 3 or nil end
  for _, key in ipairs(keys) do if not black[key] then drawKey(key) end end
  for _, key in ipairs(keys) do if black[key] then drawKey(key) end end
  host.text(70, 24, playing and "it plays itself: press a key and it is yours" or "a to k, w e t y u, space; Escape ends")
end)
