-- A motorbike circles around you, then you walk past a radio that faces away. By headphones it is heard in front and
-- behind too, where libmysofa's measured ears are at hand.
local perilune = require "perilune"
local ctx = perilune.context()
local start = ctx.currentTime + 0.1

-- "HRTF" is an error without libmysofa (Debian's package libmysofa1): panning from left to right needs nothing.
local ears = pcall(function() ctx:createPanner().panningModel = "HRTF" end) and "HRTF" or "equalpower"

local function place(path, options)
  local source, volume, panner = ctx:createBufferSource(), ctx:createGain(), ctx:createPanner(options)
  source.buffer, source.loop = ctx:decodeAudioData(path), true
  source:connect(volume):connect(panner):connect(ctx.destination)
  return source, panner, volume.gain
end

-- x is to the right, y upwards, z to the back. One turn in four seconds: the curve's points are 5 degrees apart.
local bike, where = place("assets/engine.ogg", { panningModel = ears, refDistance = 2 })
local x, z = {}, {}
for i = 0, 72 do
  local angle = i / 72 * 2 * math.pi
  x[i + 1], z[i + 1] = 3 * math.sin(angle), -3 * math.cos(angle)
end
where.positionX:setValueCurveAtTime(x, start, 4)
where.positionZ:setValueCurveAtTime(z, start, 4)
where.positionX:linearRampToValueAtTime(40, start + 6) -- and away
bike:start(start)
bike:stop(start + 6)

-- It plays towards the back of the room, where it is loud. You walk there backwards and stop.
local radio, _, volume = place("assets/music.ogg", {
  panningModel = ears, positionX = 1, positionZ = 1, refDistance = 1.5,
  orientationX = 0, orientationZ = 1, coneInnerAngle = 90, coneOuterAngle = 200, coneOuterGain = 0.15,
})
radio:start(start + 5)
radio:stop(start + 10)
volume:setValueAtTime(1, start + 9)
volume:linearRampToValueAtTime(0, start + 9.9)
local you = ctx.listener
you.positionZ:setValueAtTime(0, start + 5)
you.positionZ:linearRampToValueAtTime(4, start + 9)

perilune.run()
