-- An ellipse with the moon in a focus, as Kepler has it: where something on it is at any time. The moon is at 0, 0.
local orbit = {}
orbit.__index = orbit

local SIZE, PERIOD = 200, 3.2 -- half the length of an orbit that takes so many seconds; others follow from it

-- By its perilune, the distance of its other end, and a time when it passes its perilune.
function orbit.new(x, y, far, passage)
  local near = math.sqrt(x * x + y * y)
  far = math.max(far, near)
  local major = (near + far) / 2
  return setmetatable({
    x = x, y = y, near = near, major = major, passage = passage,
    minor = math.sqrt(near * far),
    eccentricity = (far - near) / (far + near),
    cos = x / near, sin = y / near,
    period = PERIOD * (major / SIZE) ^ 1.5,
  }, orbit)
end

-- Where it is at an eccentric anomaly, an angle seen from the middle of the ellipse.
function orbit:at(angle)
  local along, across = self.major * (math.cos(angle) - self.eccentricity), self.minor * math.sin(angle)
  return along * self.cos - across * self.sin, along * self.sin + across * self.cos
end

function orbit:position(time)
  local mean = 2 * math.pi * ((time - self.passage) / self.period % 1)
  local angle = mean + self.eccentricity * math.sin(mean)
  for _ = 1, 6 do -- Newton, on Kepler's equation
    angle = angle - (angle - self.eccentricity * math.sin(angle) - mean) / (1 - self.eccentricity * math.cos(angle))
  end
  return self:at(angle)
end

-- Its outline, as love.graphics.polygon takes it.
function orbit:outline()
  local points = {}
  for i = 0, 127 do points[2 * i + 1], points[2 * i + 2] = self:at(2 * math.pi * i / 128) end
  return points
end

return orbit
