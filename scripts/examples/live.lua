-- Made to be edited while it plays: `perilune run --view scripts/examples/live.lua`, change what you like, and save.
-- A mistake is shown and changes nothing. Notes that are on their way are played to their end.
local perilune = require "perilune"
local host = require "perilune.host"

local TEMPO = 116 -- beats a minute
local BARS  = 4   -- after the last save; false: until you end it
local DRUMS = {
  kick  = "x...x...x...x.x.",
  snare = "....x.......x...",
  hat   = "..x...x...x...xx",
}
local BASS   = { 0, false, 12, 0, false, 0, 10, false, 3, false, 15, 3, 5, false, 7, 10 } -- semitones; false: a rest
local CUTOFF = 700 -- Hz, of the bass's low-pass
local LEVELS = { kick = .5, snare = .32, hat = .16, bass = .28 }

-- The sounds, made here: RATE samples a second of what `wave` says at time t.
local RATE = 48000
local function make(seconds, wave)
  local frames = math.floor(seconds * RATE)
  local samples, buffer = {}, perilune.context():createBuffer(1, frames, RATE)
  for i = 1, frames do samples[i] = wave((i - 1) / RATE) * math.min(1, (frames - i) / 200) end
  buffer:copyToChannel(samples, 1)
  return perilune.load(buffer)
end
local function noise() return math.random() * 2 - 1 end
local sounds = {
  kick = make(.3, function(t) return math.sin(2 * math.pi * (45 * t - 6 * math.exp(-30 * t))) * math.exp(-9 * t) end),
  snare = make(.2, function(t) return .7 * noise() * math.exp(-22 * t) + .5 * math.sin(1150 * t) * math.exp(-30 * t) end),
  hat = make(.08, function(t) return noise() * math.exp(-60 * t) end),
  bass = make(.4, function(t) return 2 * (55 * t % 1) - 1 end),
}

-- Where the music is. This is what a save must not change, so it persists.
local state = perilune.persist("live", { step = 0, time = 0, lit = {} })
local steps, left = #BASS, BARS and BARS * #BASS or math.huge

local function play(step, at)
  for name, pattern in pairs(DRUMS) do
    if pattern:sub(step, step) == "x" then sounds[name]:play { at = at, volume = LEVELS[name] } end
  end
  local note = BASS[step]
  if note then
    sounds.bass:play { at = at, volume = LEVELS.bass, pitch = 2 ^ (note / 12), duration = .9 * 15 / TEMPO * 2 ^ (note / 12),
      filter = { type = "lowpass", frequency = CUTOFF, Q = 3 } }
  end
end

-- One row of the picture, a cell a step, the one that is heard brighter.
local function draw(y, name, isOn, r, g, b)
  host.text(40, y + 22, name)
  for step = 1, steps do
    local light = isOn(step) and (step == state.lit.step and 1 or .55) or (step == state.lit.step and .22 or .1)
    host.rectangle(120 + (step - 1) * 49, y, 44, 56, r * light, g * light, b * light)
  end
end

local remove
remove = host.onFrame(function()
  local now = perilune.now()
  if state.time < now - 1 then state.time = now + .05 end -- the first step, or after a long pause
  while left > 0 and state.time < now + .1 do             -- a little ahead, to the sample
    state.step = state.step % steps + 1
    play(state.step, state.time)
    state.lit[#state.lit + 1] = { step = state.step, time = state.time }
    state.time = state.time + 15 / TEMPO
    left = left - 1
  end
  while state.lit[1] and state.lit[1].time <= now do state.lit.step = table.remove(state.lit, 1).step end
  local row = 60
  for _, name in ipairs { "hat", "snare", "kick" } do
    draw(row, name, function(step) return DRUMS[name]:sub(step, step) == "x" end, .5, .75, 1)
    row = row + 64
  end
  draw(row, "bass", function(step) return BASS[step] end, 1, .6, .3)
  host.text(40, row + 90, "edit scripts/examples/live.lua and save: it changes while it plays")
  if left == 0 and not state.lit[1] then remove() end
end)
