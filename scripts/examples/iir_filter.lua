-- A knock on wood: an IIR filter with three resonances, struck by a click, several times.
local perilune = require "perilune"

local ctx = perilune.context()
local rate = ctx.sampleRate

-- Resonances of frequency and seconds of decay: pairs of poles, multiplied to one polynomial.
local function resonator(modes)
  local feedback = { 1 }
  for _, mode in ipairs(modes) do
    local r, w = math.exp(-1 / (mode[2] * rate)), 2 * math.pi * mode[1] / rate
    local factor, product = { 1, -2 * r * math.cos(w), r * r }, {}
    for i = 1, #feedback + 2 do
      product[i] = 0
      for k = 1, 3 do product[i] = product[i] + (feedback[i - k + 1] or 0) * factor[k] end
    end
    feedback = product
  end
  return feedback
end

local wood = ctx:createIIRFilter({ 3e-5, -3e-5 }, resonator { { 210, 0.06 }, { 545, 0.04 }, { 1130, 0.025 } })
local magnitude = wood:getFrequencyResponse { 210 }
wood:connect(ctx.destination)

local click = ctx:createBuffer(1, 2 * rate, rate) -- silent from its second frame on, while the wood rings
click:setSample(1, 1, 1)
local start = ctx.currentTime + 0.1
for i, at in ipairs { 0, 0.25, 0.5, 1.1, 1.35 } do
  local knock, force = ctx:createBufferSource { buffer = click }, ctx:createGain { gain = i % 2 == 1 and 1 or 0.5 }
  knock:connect(force):connect(wood)
  knock:start(start + at)
end
print(("at 210 Hz the wood makes sound %.0f times as loud"):format(magnitude[1]))

perilune.run()
