-- The menus' half: a sound that it makes itself, and a loop that its closing ends.
local perilune = require "perilune"

local ctx, over, frames = perilune.context(), 0, 0
local buffer = ctx:createBuffer(1, 480, ctx.sampleRate)
for i = 1, 480 do buffer:setSample(1, i, math.sin(i / 5) * (1 - i / 480)) end
local click = perilune.load(buffer)
click:play { loop = true, volume = 0.05, filter = { type = "lowpass", frequency = 300 } }

local script = {}

function script.frame()
  frames = frames + 1
  if frames <= 50 then click:play { volume = 0.3, onended = function() over = over + 1 end } end
end

function script.ended() return over end

return script
