-- The signals and curves of the specs (README.md says what each kind is), as tables of doubles.
local signals = {}

local sin, exp, floor, pi = math.sin, math.exp, math.floor, math.pi

local KINDS = {}

function KINDS.zero() return function() return 0 end end

function KINDS.constant() return function() return 1 end end

function KINDS.impulse(s)
  local at = s.at or 0
  return function(i) return i == at and 1 or 0 end
end

function KINDS.impulses(s)
  local at = s.at or 0
  return function(i) return i >= at and (i - at) % s.period == 0 and 1 or 0 end
end

function KINDS.ramp(s, frames)
  return function(i) return s.from + (s.to - s.from) * (frames > 1 and i / (frames - 1) or 0) end
end

function KINDS.sine(s, _, rate)
  return function(i) return sin(2 * pi * s.freq * (i / rate) + (s.phase or 0)) end
end

function KINDS.square(s, _, rate)
  return function(i)
    local cycles = s.freq * i / rate
    return cycles - floor(cycles) < 0.5 and 1 or -1
  end
end

function KINDS.saw(s, _, rate)
  return function(i)
    local cycles = s.freq * i / rate
    return 2 * (cycles - floor(cycles)) - 1
  end
end

function KINDS.chirp(s, frames, rate)
  local length = frames / rate
  return function(i)
    local t = i / rate
    return sin(2 * pi * (s.from * t + (s.to - s.from) * t * t / (2 * length)))
  end
end

function KINDS.expchirp(s, frames, rate)
  local length, k = frames / rate, math.log(s.to / s.from)
  return function(i)
    local t = i / rate
    return sin(2 * pi * s.from * length / k * (exp(k * t / length) - 1))
  end
end

-- The products stay below 2^53, so doubles are exact, which is all the numbers that some Luas have.
function KINDS.noise(s)
  local state = s.seed % 4294967296
  return function()
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 2147483648 - 1
  end
end

function KINDS.samples(s)
  return function(i) return s.values[i + 1] or 0 end
end

function KINDS.sum(s, frames, rate)
  local parts = {}
  for _, part in ipairs(s.of) do parts[#parts + 1] = signals.make(part, frames, rate) end
  return function(i)
    local sum = 0
    for _, part in ipairs(parts) do sum = sum + part[i + 1] end
    return sum
  end
end

function signals.make(s, frames, rate)
  local kind = KINDS[s.kind] or error("there is no kind of signal named " .. tostring(s.kind), 0)
  local at, amp, samples = kind(s, frames, rate), s.kind == "ramp" and 1 or s.amp or 1, {}
  for i = 0, frames - 1 do
    local sample = amp * at(i)
    if s.decay then sample = sample * exp(-(i / rate) / s.decay) end
    if s.fade then sample = sample * math.min(1, i / s.fade, (frames - 1 - i) / s.fade) end
    samples[i + 1] = sample
  end
  return samples
end

local function tanh(x)
  local e = exp(-2 * math.abs(x))
  return (x < 0 and -1 or 1) * (1 - e) / (1 + e)
end

local CURVES = {
  tanh = function(c, x) return tanh(c.k * x) / tanh(c.k) end,
  poly = function(c, x)
    local y = 0
    for power = #c.coef, 1, -1 do y = y * x + c.coef[power] end
    return y
  end,
  cos = function(c, x) return c.from + (c.to - c.from) * (0.5 - 0.5 * math.cos(pi * (x + 1) / 2)) end,
}

-- A curve: numbers as they are, or a formula's.
function signals.curve(c)
  if not c.kind then return c end
  local formula, values = CURVES[c.kind] or error("there is no kind of curve named " .. c.kind, 0), {}
  for i = 0, c.n - 1 do values[i + 1] = formula(c, 2 * i / (c.n - 1) - 1) end
  return values
end

return signals
