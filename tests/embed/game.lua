-- The game's half of tests/embed/engine.c: its sounds come out of the engine's archive. Every tenth frame a coin.
local perilune = require "perilune"

local coin, frames, over = nil, 0, 0
local loop = perilune.load("archive:coin.ogg"):play { loop = true, volume = 0.1 }

-- A hum through the engine's own processor.
local ctx = perilune.context()
local hum = ctx:createOscillator { frequency = 110 }
hum:connect(ctx:createNode("Crusher", { steps = 8 })):connect(ctx:createGain { gain = 0.02 }):connect(ctx.destination)
hum:start()

-- Three pings, each a source of the engine's own kind that starts and stops.
local pinged = 0
for i = 1, 3 do
  local ping = ctx:createNode("Ping", { frequency = 440 * i, onended = function() pinged = pinged + 1 end })
  ping:connect(ctx:createGain { gain = 0.05 }):connect(ctx.destination)
  ping:start(ctx.currentTime + i / 20)
  ping:stop(ctx.currentTime + i / 20 + 0.03)
end

-- Once more from a loader thread, which reads the archive too.
perilune.loadAsync("archive:coin.ogg", function(sound, message) coin = assert(sound, message) end, { format = "s16" })

local script = {}

function script.frame()
  frames = frames + 1
  if coin and frames % 10 == 0 and frames <= 30 then
    coin:play { pan = frames / 30 - 1, pitch = 4, onended = function() over = over + 1 end }
  end
  loop.volume = 0.1 + frames / 1000
end

function script.ended() return over end

function script.pinged() return pinged end

return script
