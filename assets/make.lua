-- Makes every sound in this folder: `lua5.4 assets/make.lua` writes name.wav and, with oggenc, name.ogg beside this
-- script.
--
-- Four layers, each built on the one before: signals (oscillators, noise, envelopes, filters), takes (rendered frames
-- and what is done to them as a whole), the sounds (one function each), the files. Each run gives the same bytes.

local abs, cos, exp, floor, log = math.abs, math.cos, math.exp, math.floor, math.log
local max, min, pi, sin, tan = math.max, math.min, math.pi, math.sin, math.tan

--------------------------------------------------------------------------------------------------------------- signals
-- A signal holds `next(t, dt)`: its value at t seconds, asked once a frame in order, dt seconds apart. Signals add and
-- multiply, with each other and with numbers. Oscillators, noise and filters have a state: use each in one place.
-- Envelopes depend on t alone and may be shared.

local Signal = {}
Signal.__index = Signal

local function signal(next)
  return setmetatable({ next = next }, Signal)
end

-- A number stands for the signal that never changes.
local function lift(x)
  return type(x) == "number" and signal(function() return x end) or x
end

function Signal.__add(a, b)
  local left, right = lift(a).next, lift(b).next
  return signal(function(t, dt) return left(t, dt) + right(t, dt) end)
end

function Signal.__mul(a, b)
  local left, right = lift(a).next, lift(b).next
  return signal(function(t, dt) return left(t, dt) * right(t, dt) end)
end

-- Silent for `seconds`, then the signal from its own beginning.
function Signal:after(seconds)
  local next = self.next
  return signal(function(t, dt) return t < seconds and 0 or next(t - seconds, dt) end)
end

-- The hyperbolic tangent, which Lua 5.4 leaves out: small values pass, large ones stay within -1 to 1.
local function saturate(x)
  local e = exp(2 * x)
  return (e - 1) / (e + 1)
end

function Signal:drive(amount)
  local next = self.next
  return signal(function(t, dt) return saturate(amount * next(t, dt)) end)
end

-- Oscillators. `frequency` in Hz is a number or a signal, `phase` a fraction of a cycle.

local function oscillator(frequency, phase, shape)
  local hertz = lift(frequency).next
  return signal(function(t, dt)
    local step = hertz(t, dt) * dt
    local value = shape(phase, step)
    phase = (phase + step) % 1
    return value
  end)
end

local function sine(frequency, phase)
  return oscillator(frequency, phase or 0, function(p) return sin(2 * pi * p) end)
end

local function triangle(frequency)
  return oscillator(frequency, .25, function(p) return 4 * abs(p - .5) - 1 end)
end

-- Rounds a jump of 2 at phase 0 over one frame on each side, so that less folds back from above half the rate
-- (Välimäki and Huovilainen, "Antialiasing Oscillators in Subtractive Synthesis", 2007: the polynomial step).
local function roundedStep(p, step)
  if p < step then
    local x = p / step
    return x + x - x * x - 1
  elseif p > 1 - step then
    local x = (p - 1) / step
    return x * x + x + x + 1
  end
  return 0
end

local function saw(frequency, phase)
  return oscillator(frequency, phase or .5, function(p, step) return 2 * p - 1 - roundedStep(p, step) end)
end

-- High for `width` of the cycle; the mean is taken out.
local function pulse(frequency, width)
  local mean = 2 * width - 1
  return oscillator(frequency, 0, function(p, step)
    local level = p < width and 1 or -1
    return level - mean + roundedStep(p, step) - roundedStep((p - width) % 1, step)
  end)
end

-- Numbers from -1 to 1: the upper bits of a linear congruential generator (Knuth's MMIX constants).
local function random(seed)
  local state = seed * 0x9E3779B97F4A7C15
  return function()
    state = state * 6364136223846793005 + 1442695040888963407
    return (state >> 11) * 2.0 ^ -52 - 1
  end
end

-- White noise. With `period`, in frames, it repeats.
local function noise(seed, period)
  local draw, frame = random(seed), 0
  return signal(function()
    if frame == period then draw, frame = random(seed), 0 end
    frame = frame + 1
    return draw()
  end)
end

-- Single frames of random height at random times, `density` a second on average.
local function crackle(seed, density)
  local draw, perSecond = random(seed), lift(density).next
  return signal(function(t, dt)
    local hit = (draw() + 1) / 2 < perSecond(t, dt) * dt
    return hit and draw() or 0
  end)
end

-- Envelopes.

-- From 0 to 1 with a soft knee at both ends.
local function rise(seconds)
  return signal(function(t)
    local x = min(t / seconds, 1)
    return x * x * (3 - 2 * x)
  end)
end

-- From 1 down by 60 dB in `seconds`, and on.
local function decay(seconds)
  return signal(function(t) return exp(-6.9078 * t / seconds) end)
end

-- 1 until `seconds`, then to 0 within `release`.
local function gate(seconds, release)
  return signal(function(t)
    local x = max(0, min((seconds + release - t) / release, 1))
    return x * x * (3 - 2 * x)
  end)
end

-- From one frequency towards another in equal musical steps, two thirds of the way in `seconds`.
local function settle(from, to, seconds)
  local octaves = log(from / to)
  return signal(function(t) return to * exp(octaves * exp(-t / seconds)) end)
end

-- Filters: the three outputs of one state-variable filter (Zavalishin, "The Art of VA Filter Design", 2012, chapter 4),
-- which stays calm while the cut-off moves. `cutoff` in Hz is a number or a signal; the band-pass has gain 1 at its
-- centre.

local function filter(source, cutoff, Q, output)
  local next, hertz, damping = source.next, lift(cutoff).next, 1 / (Q or .7071)
  local s1, s2 = 0, 0
  return signal(function(t, dt)
    local g = tan(pi * min(hertz(t, dt) * dt, .49))
    local high = (next(t, dt) - (damping + g) * s1 - s2) / (1 + g * (damping + g))
    local band = g * high + s1
    local low = g * band + s2
    s1, s2 = g * high + band, g * band + low
    return output(low, band * damping, high)
  end)
end

function Signal:lowpass(cutoff, Q)
  return filter(self, cutoff, Q, function(low) return low end)
end

function Signal:bandpass(cutoff, Q)
  return filter(self, cutoff, Q, function(_, band) return band end)
end

function Signal:highpass(cutoff, Q)
  return filter(self, cutoff, Q, function(_, _, high) return high end)
end

----------------------------------------------------------------------------------------------------------------- takes
-- A take is a list of channels, each a list of `frames` samples at `rate`; `loop = { start, stop }` in frames where it
-- loops. Frames count from 0 here and in the files: frame f is channel[f + 1].

local Take = {}
Take.__index = Take

local function blank(rate, frames, channels)
  local take = setmetatable({ rate = rate, frames = frames }, Take)
  for c = 1, channels do
    take[c] = {}
    for f = 1, frames do take[c][f] = 0 end
  end
  return take
end

-- A signal for each channel. The first `skip` seconds run but are not kept.
local function render(rate, seconds, signals, skip)
  local take, first = blank(rate, floor(seconds * rate + .5), #signals), floor((skip or 0) * rate + .5)
  for c, source in ipairs(signals) do
    local channel, next = take[c], source.next
    for f = 0, first + take.frames - 1 do
      local value = next(f / rate, 1 / rate)
      if f >= first then channel[f - first + 1] = value end
    end
  end
  return take
end

function Take:map(change)
  for _, channel in ipairs(self) do
    for i = 1, self.frames do channel[i] = change(channel[i], i - 1) end
  end
  return self
end

-- Half a cosine from exactly 0 at the first frame and to exactly 0 at the last.
function Take:fade(seconds, secondsOut)
  local into, out, last = floor(seconds * self.rate), floor(secondsOut * self.rate), self.frames - 1
  return self:map(function(x, f)
    local gain = min(f / into, (last - f) / out, 1)
    return x * (1 - cos(pi * gain)) / 2
  end)
end

-- The loudest sample gets `peak` dBFS.
function Take:normalise(peak)
  local loudest = 0
  self:map(function(x) loudest = max(loudest, abs(x)); return x end)
  local gain = 10 ^ (peak / 20) / loudest
  return self:map(function(x) return x * gain end)
end

-- Turns a mono take that loops as a whole so that it starts where it is nearest to silence.
function Take:startQuietly()
  local channel, quietest, at = self[1], math.huge, 1
  for i = 2, self.frames do
    local level = abs(channel[i - 1]) + abs(channel[i])
    if level < quietest then quietest, at = level, i end
  end
  self[1] = table.move(channel, 1, at - 1, self.frames - at + 2, table.move(channel, at, self.frames, 1, {}))
  return self
end

-- Adds a mono take to this stereo one at the frames from `start` up to `stop`, where those beyond the loop's end come
-- back at its start. `part` has a gain and may have a pan from -1 to 1, with equal power.
function Take:add(mono, start, stop, part)
  local angle, loop = ((part.pan or 0) + 1) * pi / 4, self.loop
  local left, right = part.gain * cos(angle), part.gain * sin(angle)
  for i = 1, min(mono.frames, stop - start) do
    local f = start + i - 1
    if f >= loop.stop then f = f - (loop.stop - loop.start) end
    self[1][f + 1] = self[1][f + 1] + left * mono[1][i]
    self[2][f + 1] = self[2][f + 1] + right * mono[1][i]
  end
end

---------------------------------------------------------------------------------------------------------------- sounds

local RATE = 48000

-- A falling sweep with a bright metallic edge that wears off before the body does.
local function laser()
  local pitch = settle(3200, 110, .12)
  local edge = sine(pitch * 1.5) * decay(.3)
  local body = sine(pitch + pitch * edge * 1.6)
  local buzz = saw(pitch * .503):lowpass(pitch * 2.5, 2) * .55
  local snap = noise(11):highpass(4000) * decay(.022) * .5
  local zap = ((body * .8 + buzz) * decay(.6)):drive(1.3) + snap
  return render(RATE, .3, { zap:highpass(70) }):fade(.0015, .11)
end

-- A round chirp upwards.
local function jump()
  local pitch = settle(210, 780, .11)
  local chirp = pulse(pitch, .3):lowpass(pitch * 4, .8) * .5 + sine(pitch) * .6
  return render(RATE, .28, { (chirp * decay(.55)):highpass(90) }):fade(.003, .12)
end

-- Two bell notes, a fourth apart.
local function coin()
  local function bell(frequency, ring)
    local struck = sine(frequency) + sine(frequency * 2.002) * decay(ring * .6) * .35
      + sine(frequency * 3.01) * decay(ring * .3) * .22 + sine(frequency * 5.43) * decay(ring * .08) * .15
    return struck * decay(ring) * rise(.0015)
  end
  local both = bell(987.77, .5) * gate(.075, .03) * .8 + bell(1318.51, .95):after(.08)
  return render(RATE, .65, { both:highpass(200) }):fade(.002, .3)
end

-- A crack, a thump that sinks below hearing, a roar that darkens as it rolls away to both sides, and falling debris.
local function explosion()
  local function side(seed)
    local crack = noise(seed):highpass(900) * decay(.09) * .8
    local thump = sine(settle(150, 33, .13)) * decay(1.1) * 1.3
    local roar = noise(seed + 1):lowpass(settle(7500, 190, .42), .8) * (decay(1.4) * 1.3 + decay(4.5) * 1.4)
    local rumble = noise(seed + 2):lowpass(90, .9) * rise(.12) * decay(4.5) * 6
    local debris = crackle(seed + 3, decay(3) * 260):bandpass(settle(3800, 900, .9), 1.2) * rise(.15) * decay(2.6) * 2.4
    return ((crack + thump + roar + rumble):drive(1.5) + debris):highpass(24)
  end
  return render(RATE, 2.4, { side(20), side(30) }):fade(.002, 1.2)
end

-- A heel, then the sole with grains of grit. The number gives each step its own weight, timing and floor.
local function footstep(number)
  local draw = random(40 + number)
  local function around(middle, spread) return middle * (1 + spread * draw()) end

  local heel = sine(settle(around(210, .12), around(85, .1), .018)) * decay(around(.11, .2)) * rise(.002)
  local tap = noise(50 + number):bandpass(around(1700, .25), .9) * decay(around(.045, .2)) * .9
  local sole = noise(60 + number):bandpass(around(900, .25), .7) * rise(.012) * decay(around(.13, .2)) * around(1.5, .2)
  local grit = crackle(70 + number, 700):bandpass(around(3200, .2), 1) * rise(.02) * decay(.2) * around(2.4, .3)
  local step = heel * .9 + tap + (sole + grit):after(around(.055, .25))
  return render(RATE, .24, { step:lowpass(7000):highpass(50) }):fade(.001, .08)
end

-- Four cylinders of unequal strength at 48 firings a second, heard through an exhaust. The firings, the noise and so
-- the whole repeat after 1.5 s; one round runs before the kept one to let the filters settle.
local function engine()
  local seconds, firings, strengths = 1.5, 48, { 1, .82, .93, .74 }
  local firing = signal(function(t)
    local turn = t * firings
    local x = turn % 1 * 11
    return strengths[floor(turn) % 4 + 1] * x * exp(1 - x)
  end)
  local period = floor(seconds * RATE)
  local breath = noise(80, period):lowpass(2200) * (firing * .9 + .12)
  local rattle = noise(81, period):bandpass(2600, 1.5) * firing * firing * .75
  local hum = sine(firings / 2) * .12 + sine(firings) * .15
  local blast = firing + breath * .8
  local function pipe(hertz, Q) return (firing + noise(82, period) * firing * .5):bandpass(hertz, Q) end
  local exhaust = blast:lowpass(240) * .6 + pipe(165, 2) * 1.2 + pipe(390, 2.5) * 2 + pipe(820, 2.5) * 2.6
  local sound = (exhaust + hum + rattle):highpass(30):drive(1.4):highpass(40):lowpass(6000)
  local take = render(RATE, seconds, { sound }, seconds):startQuietly()
  take.loop = { start = 0, stop = take.frames }
  return take
end

-- A small wooden tick.
local function click()
  local wood = sine(settle(2300, 1500, .006)) * decay(.035) + sine(3900) * decay(.015) * .4
  local nail = noise(90):highpass(3000) * decay(.006) * .3
  return render(RATE, .05, { (wood + nail):highpass(300) }):fade(.0006, .02)
end

-- Music: an intro bar and a loop of four, A minor, F, C, G. First the instruments: each gives a signal and its seconds.
-- Then the score, in beats from the loop's start.

local SONG_RATE, BPM = 44100, 120
local BEAT = 60 / BPM

local function hertz(note) return 440 * 2 ^ ((note - 69) / 12) end  -- MIDI numbers, 69 is A4

local function pad(note)
  local f = hertz(note)
  local strings = saw(f * .997, .1) + saw(f * 1.003, .6) + sine(f / 2) * .2
  local swell = rise(.22) * gate(4 * BEAT - .05, .5)
  return strings:lowpass(sine(.25, .75) * 500 + 1700, .6):highpass(170) * swell, 4 * BEAT + .45
end

local function bass(note, beats)
  local f, seconds = hertz(note), beats * BEAT
  local growl = saw(f):lowpass(decay(.9) * 900 + f * 2, 1.4) * .7 + sine(f) * .6
  return growl:highpass(30) * rise(.004) * gate(seconds * .85, .06) * (decay(1.6) * .6 + .4), seconds * .85 + .06
end

local function pluck(note)
  local f = hertz(note)
  local string = triangle(f) * .8 + pulse(f * 1.001, .25):lowpass(settle(f * 9, f * 2.5, .07)) * .6
  return string:highpass(150) * rise(.003) * decay(.7) * gate(.35, .12), .47
end

local function lead(note, beats)
  local f, seconds = hertz(note), beats * BEAT
  local function vibrato() return (sine(5.5) * rise(.5) * .005 + 1) * f end
  local voice = (pulse(vibrato(), .4) * .55 + saw(vibrato() * 1.004) * .4):lowpass(decay(1.2) * 2600 + 1900, .9)
  local breath = rise(.015) * gate(seconds * .9, .18) * (decay(1.8) * .5 + .5)
  return voice:highpass(180) * breath, seconds * .9 + .18
end

local function kick()
  local skin, beater = sine(settle(220, 47, .028)) * decay(.38), noise(1):lowpass(3500) * decay(.012) * .5
  return (skin + beater):highpass(28) * rise(.001) * gate(.28, .06), .34
end

local function snare()
  local skin = sine(settle(290, 185, .02)) * decay(.17) * .7
  local wires = noise(2):bandpass(3200, .5) * decay(.26) * 1.1
  return (skin + wires):highpass(130) * rise(.001) * gate(.2, .08), .28
end

local function hat(ring)
  return noise(3):highpass(7500, .9) * decay(ring) * rise(.001) * gate(ring * .7, ring * .2), ring * .9
end

local function cymbal()
  return (noise(4):highpass(4200) + noise(5):bandpass(7800, 3)) * decay(2.2) * rise(.002) * gate(1.2, .7), 1.9
end

-- A wave of noise that swells through the intro and breaks just before the loop.
local function riser()
  local swell = signal(function(t) return (t / (4 * BEAT)) ^ 2.5 end)
  return noise(6):bandpass(swell * 5200 + 500, 1.1) * swell * gate(4 * BEAT - .1, .08), 4 * BEAT - .02
end

local CHORDS = {
  { root = 33, pad = { 57, 60, 64, 67 }, arpeggio = { 69, 72, 76, 79, 76, 72, 76, 72 } },
  { root = 29, pad = { 53, 57, 60, 64 }, arpeggio = { 69, 72, 77, 76, 77, 72, 77, 72 } },
  { root = 36, pad = { 55, 60, 62, 64 }, arpeggio = { 67, 72, 76, 79, 76, 72, 74, 72 } },
  { root = 31, pad = { 55, 59, 62, 69 }, arpeggio = { 67, 71, 74, 79, 74, 71, 74, 71 } },
}
local BASS_LINE = {  -- beat in the bar, semitones above the root, beats
  { 0, 0, .75 }, { .75, 0, .75 }, { 1.5, 12, .5 }, { 2, 0, .75 }, { 2.75, 0, .5 }, { 3.25, 7, .25 }, { 3.5, 12, .5 },
}
local MELODY = {  -- beat, note, beats
  { 0, 76, 1 }, { 1, 74, .5 }, { 1.5, 72, .5 }, { 2, 69, 1.5 },
  { 4, 72, 1 }, { 5, 69, .5 }, { 5.5, 72, .5 }, { 6, 77, 1 }, { 7, 76, 1 },
  { 8, 79, 1 }, { 9, 76, .5 }, { 9.5, 74, .5 }, { 10, 72, 1 }, { 11, 76, 1 },
  { 12, 74, 1.5 }, { 13.5, 71, .5 }, { 14, 67, 1 }, { 15, 71, 1 },
}
local LOOP_BEATS, INTRO_BEATS = 16, 4

local function songFrames(beats) return floor(beats * BEAT * SONG_RATE + .5) end

-- The intro is the loop's last bar with fewer parts, so that both lead into the loop's start in the same way: a note
-- that rings over the loop's end is always in both, others where `intro` says so.
local function place(song, beat, part, instrument, seconds)
  local note, loop = render(SONG_RATE, seconds, { instrument }), song.loop
  local start = loop.start + songFrames(beat)
  song:add(note, start, math.maxinteger, part)

  local earlier = start - (loop.stop - loop.start)
  if earlier >= 0 and (part.intro or start + note.frames > loop.stop) then
    song:add(note, earlier, loop.start, part)
  end
end

local function playHarmony(song, bar, chord)
  local first = 4 * (bar - 1)
  for i, note in ipairs(chord.pad) do
    place(song, first, { gain = .075, pan = (i - 2.5) * .5, intro = true }, pad(note))
  end
  for _, step in ipairs(BASS_LINE) do
    place(song, first + step[1], { gain = .3 }, bass(chord.root + step[2], step[3]))
  end
  for i, note in ipairs(chord.arpeggio) do
    for echo = 0, 2 do
      local part = { gain = .17 * .42 ^ echo, pan = ({ -.25, .6, -.7 })[echo + 1], intro = true }
      place(song, first + (i - 1) / 2 + echo * .75, part, pluck(note))
    end
  end
end

local function playDrums(song, bar)
  local first = 4 * (bar - 1)
  for _, beat in ipairs { 0, 1.75, 2.5 } do place(song, first + beat, { gain = .56 }, kick()) end
  for _, beat in ipairs { 1, 3 } do place(song, first + beat, { gain = .44 }, snare()) end
  for i = 0, 7 do
    place(song, first + i / 2, { gain = i % 2 == 0 and .16 or .26, pan = .3, intro = true }, hat(i == 5 and .3 or .07))
  end
end

local function playFill(song)
  for i, beat in ipairs { 15.25, 15.5, 15.75 } do
    place(song, beat, { gain = .2 + .06 * i, intro = true }, snare())
  end
end

local function music()
  local song = blank(SONG_RATE, songFrames(INTRO_BEATS + LOOP_BEATS), 2)
  song.loop = { start = songFrames(INTRO_BEATS), stop = song.frames }
  for bar, chord in ipairs(CHORDS) do
    playHarmony(song, bar, chord)
    playDrums(song, bar)
  end
  playFill(song)
  for _, note in ipairs(MELODY) do
    place(song, note[1], { gain = .2, pan = -.1 }, lead(note[2], note[3]))
    place(song, note[1] + .75, { gain = .06, pan = .6 }, lead(note[2], note[3]))
  end
  place(song, 0, { gain = .13, pan = -.3 }, cymbal())
  place(song, -INTRO_BEATS, { gain = .22 }, riser())
  return song:map(function(x) return saturate(1.3 * x) end)
end

-- In the order of the README. `peak` in dBFS says how loud each is beside the others; `quality` is oggenc's, high for
-- the short ones, where a coarser one smears the attack ahead to the first frame.
local SOUNDS = {
  { name = "laser",     peak = -2, quality = 7, make = laser },
  { name = "jump",      peak = -4, quality = 7, make = jump },
  { name = "coin",      peak = -4, quality = 7, make = coin },
  { name = "explosion", peak = -3, quality = 7, make = explosion },
  { name = "footstep1", peak = -5, quality = 7, make = function() return footstep(1) end },
  { name = "footstep2", peak = -5, quality = 7, make = function() return footstep(2) end },
  { name = "footstep3", peak = -5, quality = 7, make = function() return footstep(3) end },
  { name = "footstep4", peak = -5, quality = 7, make = function() return footstep(4) end },
  { name = "engine",    peak = -4, quality = 7, make = engine },
  { name = "click",     peak = -6, quality = 7, make = click },
  { name = "music",     peak = -2, quality = 4, make = music },
}

----------------------------------------------------------------------------------------------------------------- files

local function chunk(id, body)
  return id .. string.pack("<s4", body)
end

-- One forward loop without end; the chunk names the last frame that plays, not the one after it.
local function samplerChunk(take)
  local head = string.pack("<I4I4I4I4I4I4I4I4I4", 0, 0, 1000000000 // take.rate, 60, 0, 0, 0, 1, 0)
  return chunk("smpl", head .. string.pack("<I4I4I4I4I4I4", 0, 0, take.loop.start, take.loop.stop - 1, 0, 0))
end

local function wav(take)
  local channels, samples = #take, {}
  for i = 1, take.frames do
    for c = 1, channels do
      samples[#samples + 1] = string.pack("<i2", floor(take[c][i] * 32767 + .5))
    end
  end
  local format = string.pack("<I2I2I4I4I2I2", 1, channels, take.rate, take.rate * channels * 2, channels * 2, 16)
  local body = chunk("fmt ", format) .. chunk("data", table.concat(samples))
  return chunk("RIFF", "WAVE" .. body .. (take.loop and samplerChunk(take) or ""))
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
end

-- A fixed serial number in place of oggenc's random one keeps the bytes the same.
local function encode(path, sound, take, serial)
  local loop, tags = take.loop, ("--title %s --comment LICENSE=MIT"):format(sound.name)
  if loop then
    tags = ("%s --comment LOOPSTART=%d --comment LOOPLENGTH=%d"):format(tags, loop.start, loop.stop - loop.start)
  end
  local command = 'oggenc --quiet --quality %d --serial %d %s --output "%s.ogg" "%s.wav"'
  if not os.execute(command:format(sound.quality, serial, tags, path, path)) then
    error(("%s.ogg was not made: oggenc (Debian's vorbis-tools) is missing or failed"):format(path), 0)
  end
end

local folder = arg[0]:match("^.*[/\\]") or ""
for serial, sound in ipairs(SOUNDS) do
  local take, path = sound.make():normalise(sound.peak), folder .. sound.name
  write(path .. ".wav", wav(take))
  encode(path, sound, take, serial)
  print(("%-10s %7d frames, %d Hz, %d channel(s)"):format(sound.name, take.frames, take.rate, #take))
end
