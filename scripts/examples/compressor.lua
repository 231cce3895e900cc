-- A compressor makes the loud quieter and all of it louder: footsteps and explosions are heard side by side.
local perilune = require "perilune"

local ctx = perilune.context()
local compressor = ctx:createDynamicsCompressor { threshold = -40, knee = 10, ratio = 12, release = 0.1 }
local wet, dry = ctx:createGain { gain = 0.6 }, ctx:createGain { gain = 0.6 }
compressor:connect(wet):connect(ctx.destination)
dry:connect(ctx.destination)

local step = ctx:decodeAudioData "assets/footstep1.ogg"
local explosion = ctx:decodeAudioData "assets/explosion.ogg"

local function scene(start, to)
  for i = 0, 7 do
    local source = ctx:createBufferSource { buffer = step }
    source:connect(to)
    source:start(start + i * 0.35)
  end
  local source = ctx:createBufferSource { buffer = explosion }
  source:connect(to)
  source:start(start + 1.4)
end

local start = ctx.currentTime + 0.1
scene(start, dry)                                       -- as it is
scene(start + 3.5, compressor)                          -- and compressed

perilune.run()
