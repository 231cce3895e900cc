-- Web Audio 1.1, sections 1.27, 1.30 and 6, clause by clause: PannerNode, StereoPannerNode, and where sounds are heard.
-- What other specs show, and where perilune differs, says docs/web-audio.md.
local support = require "tests.lua.support"
local message, offline, signal, heard = support.message, support.offline, support.signal, support.heard
local function at(frame) return frame / 48000 end

-- Left and right of ones (or of the values, a channel each) through a panner of options.
local function panned(options, build, ...)
  local values = select("#", ...) > 0 and { ... } or { 1 }
  return heard(2, function(ctx, to)
    local panner = ctx:createPanner(options)
    signal(ctx, (table.unpack or unpack)(values)):connect(panner):connect(to)
    if build then build(panner, ctx) end
  end)
end

local HALF = math.sqrt(0.5)

local function near(wanted, got)
  for c = 1, #wanted do
    assert.is_true(math.abs(wanted[c] - got[c]) < 1e-6, ("%g and %g, wanted %g and %g"):format(
      got[1], got[2], wanted[1], wanted[2]))
  end
end

-- How loud a panner straight ahead is.
local function loudness(options)
  return panned(options)[1] / HALF
end

describe("PannerNode (Web Audio 1.1, section 1.27)", function()
  it("1.27 mono or stereo in: more channels are mixed down; two come out", function()
    near({ 2 * HALF, 2 * HALF }, panned({ channelCount = 1 }, nil, 1, 3)) -- their mean
    near({ 1, 3 }, panned({}, nil, 1, 3)) -- ahead, stereo passes as it is
    near({ 2, 4 }, panned({}, nil, 1, 3, 3, 5)) -- quad
    near({ 2 * HALF, 2 * HALF }, panned({ channelCount = 1, channelCountMode = "explicit" }, nil, 2))
    near({ 2, 2 }, panned({ channelCountMode = "explicit" }, nil, 2)) -- mono as stereo is panned as such
  end)

  it("1.27 the linear model: clamped between the distances, whichever is the larger; 1 - f if they are one", function()
    local function linear(distance, ref, max, rolloff)
      return loudness { distanceModel = "linear", refDistance = ref, maxDistance = max, rolloffFactor = rolloff,
        positionZ = -distance }
    end
    for _, case in ipairs { { 1, 2, 6, 1, 1 }, { 4, 2, 6, 1, 0.5 }, { 9, 2, 6, 1, 0 }, { 9, 2, 6, 0.25, 0.75 },
      { 4, 6, 2, 1, 0.5 }, { 9, 6, 2, 1, 0 }, { 0, 3, 3, 0.25, 0.75 }, { 9, 3, 3, 0.25, 0.75 } } do
      assert.near(case[5], linear(case[1], case[2], case[3], case[4]), 1e-6)
    end
  end)

  it("1.27 the inverse and the exponential model: from refDistance on, whatever maxDistance is; 0 for one of 0", function()
    for model, wanted in pairs { inverse = 2 / (2 + 0.5 * 6), exponential = 4 ^ -0.5 } do
      local function at_distance(distance, ref)
        return loudness { distanceModel = model, refDistance = ref, maxDistance = 3, rolloffFactor = 0.5,
          positionZ = -distance }
      end
      assert.near(wanted, at_distance(8, 2), 1e-6)
      assert.near(1, at_distance(1, 2), 1e-6)
      assert.equal(0, at_distance(8, 0))
      assert.equal(0, at_distance(0, 0))
    end
  end)

  it("1.27.2 rolloffFactor: above 1 counts as 1 for the linear model, and stays what was set", function()
    local ctx = offline(256, 2)
    local panner = ctx:createPanner { distanceModel = "linear", maxDistance = 5, rolloffFactor = 3, positionZ = -2 }
    signal(ctx, 1):connect(panner):connect(ctx.destination)
    assert.near(0.75 * HALF, ctx:startRendering():getSample(1, 200), 1e-6)
    assert.equal(3, panner.rolloffFactor)
    assert.near(1 / (1 + 3 * 1), loudness { rolloffFactor = 3, positionZ = -2 }, 1e-6)
  end)

  it("1.27.2 distances and factors: what is refused changes nothing, also among options", function()
    local ctx = offline(1)
    local panner = ctx:createPanner()
    for name, values in pairs { refDistance = { -1, -1e-9 }, maxDistance = { 0, -1 }, rolloffFactor = { -0.5 },
      coneOuterGain = { -0.1, 1.1 } } do
      local before = panner[name]
      for _, value in ipairs(values) do
        assert.matches(name, message(function() panner[name] = value end))
        assert.matches(name, message(ctx.createPanner, ctx, { [name] = value }))
      end
      assert.equal(before, panner[name])
    end
    panner.refDistance, panner.maxDistance, panner.rolloffFactor = 0, 1e-9, 0
    panner.coneOuterGain = 1
    for _, name in ipairs { "refDistance", "maxDistance", "rolloffFactor", "coneInnerAngle", "coneOuterGain" } do
      message(function() panner[name] = 0 / 0 end)
      message(function() panner[name] = math.huge end)
    end
    message(function() panner.distanceModel = "cubic" end)
    message(function() panner.panningModel = "hrtf" end)
  end)

  it("1.27.2 position and orientation: six parameters, a-rate and without bounds", function()
    local panner = offline(1):createPanner()
    for _, what in ipairs { "position", "orientation" } do
      for _, axis in ipairs { "X", "Y", "Z" } do
        local param = panner[what .. axis]
        local default = what == "orientation" and axis == "X" and 1 or 0
        assert.same({ default, "a-rate" }, { param.defaultValue, param.automationRate })
        assert.is_true(param.minValue < -3e38 and param.maxValue > 3e38)
      end
    end
  end)

  it("1.27 effective automation rate: what it is set to, with equal power", function()
    local function steps(rate)
      local ctx = offline(256, 2)
      local panner = ctx:createPanner { rolloffFactor = 0, positionX = -1 }
      panner.positionX.automationRate = rate
      panner.positionX:setValueAtTime(1, at(150))
      signal(ctx, 1):connect(panner):connect(ctx.destination)
      local out = ctx:startRendering()
      return { out:getSample(1, 150), out:getSample(1, 151), out:getSample(2, 256) }
    end
    near({ 1, 0, 1 }, steps "a-rate")
    near({ 1, 1, 0 }, steps "k-rate")
  end)

  it("1.27.3 setPosition, setOrientation: assign the values, in their order", function()
    local panner = offline(1):createPanner()
    assert.is_nil(panner:setPosition(1, 2, 3))
    panner:setOrientation(4, 5, 6)
    assert.same({ 1, 2, 3, 4, 5, 6 }, { panner.positionX.value, panner.positionY.value, panner.positionZ.value,
      panner.orientationX.value, panner.orientationY.value, panner.orientationZ.value })
  end)

  it("1.27.3 setPosition, setOrientation: an error during a curve of one of them, and then none is set", function()
    local panner = offline(256):createPanner()
    panner.positionZ:setValueCurveAtTime({ 0, 1 }, 0, 1)
    message(panner.setPosition, panner, 1, 2, 3)
    panner:setOrientation(4, 5, 6)
    assert.same({ 0, 0, 4 }, { panner.positionX.value, panner.positionY.value, panner.orientationX.value })
    panner.orientationX:setValueCurveAtTime({ 0, 1 }, 0, 1)
    message(panner.setOrientation, panner, 1, 2, 3)
    assert.equal(5, panner.orientationY.value)
  end)

  it("1.27 tail: none with equal power", function()
    local ctx = offline(512, 2)
    local from = signal(ctx, 1)
    from:connect(ctx:createPanner()):connect(ctx.destination)
    from:stop(at(130))
    local out = ctx:startRendering()
    assert.same({ true, 0, 0 }, { out:getSample(1, 130) > 0.7, out:getSample(1, 131), out:getSample(2, 131) })
  end)
end)

-- ---- Literal readings ------------------------------------------------------------------------------------------

-- Vectors as the text has them.
local function minus(a, b) return { a[1] - b[1], a[2] - b[2], a[3] - b[3] } end
local function dot(a, b) return a[1] * b[1] + a[2] * b[2] + a[3] * b[3] end
local function scaled(a, k) return { a[1] * k, a[2] * k, a[3] * k } end
local function normal(a)
  local size = math.sqrt(dot(a, a))
  return size == 0 and { 0, 0, 0 } or scaled(a, 1 / size)
end
local function cross(a, b)
  return { a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3], a[1] * b[2] - a[2] * b[1] }
end
local function degrees(cosine) return math.deg(math.acos(math.max(-1, math.min(1, cosine)))) end

local function azimuth(source, listener)
  local to = normal(minus(source.position, listener.position))
  local right = cross(listener.forward, listener.up)
  if dot(to, to) == 0 or dot(right, right) == 0 then return 0 end
  right = normal(right)
  local forward = normal(listener.forward)
  local up = cross(right, forward)
  local flat = normal(minus(to, scaled(up, dot(to, up))))
  local angle = degrees(dot(flat, right))
  if dot(flat, forward) < 0 then angle = 360 - angle end
  return angle <= 270 and 90 - angle or 450 - angle
end

local function distanceGain(p, distance)
  local ref, max, f = p.refDistance, p.maxDistance, p.rolloffFactor
  if p.distanceModel == "linear" then
    f = math.min(f, 1)
    local least, most = math.min(ref, max), math.max(ref, max)
    if least == most then return 1 - f end
    return 1 - f * (math.max(math.min(distance, most), least) - least) / (most - least)
  end
  if ref == 0 then return 0 end
  if p.distanceModel == "inverse" then return ref / (ref + f * (math.max(distance, ref) - ref)) end
  return (math.max(distance, ref) / ref) ^ -f
end

-- The text's words, "a sound source pointing directly at the listener will be louder": its listing is mirrored.
local function coneGain(p, source, listener)
  if dot(source.orientation, source.orientation) == 0 or p.coneInnerAngle == 360 and p.coneOuterAngle == 360 then
    return 1
  end
  local angle = degrees(dot(normal(minus(listener.position, source.position)), normal(source.orientation)))
  local inner, outer = math.abs(p.coneInnerAngle) / 2, math.abs(p.coneOuterAngle) / 2
  if angle <= inner then return 1 end
  if angle >= outer then return p.coneOuterGain end
  local x = (angle - inner) / (outer - inner)
  return (1 - x) + p.coneOuterGain * x
end

-- Left and right, of gains for the angle x from 0 to 1.
local function spread(values, x, towardsLeft)
  local left, right = math.cos(x * math.pi / 2), math.sin(x * math.pi / 2)
  if #values == 1 then return { values[1] * left, values[1] * right } end
  if towardsLeft then return { values[1] + values[2] * left, values[2] * right } end
  return { values[1] * left, values[2] + values[1] * right }
end

local function equalPower(p, source, listener, values)
  local a = azimuth(source, listener)
  if a < -90 then a = -180 - a elseif a > 90 then a = 180 - a end
  local x = #values == 1 and (a + 90) / 180 or (a <= 0 and (a + 90) / 90 or a / 90)
  local away = minus(source.position, listener.position)
  local gain = distanceGain(p, math.sqrt(dot(away, away))) * coneGain(p, source, listener)
  local out = spread(values, x, a <= 0)
  return { out[1] * gain, out[2] * gain }
end

describe("Spatialization/Panning (Web Audio 1.1, section 6)", function()
  local function vector(random) return { random.between(-2, 2), random.between(-2, 2), random.between(-2, 2) } end

  local function set(node, name, v)
    for i, axis in ipairs { "X", "Y", "Z" } do node[name .. axis].value = v[i] end
  end

  local function tryOne(seed)
    local random = support.random(seed)
    local p = { distanceModel = random.pick { "linear", "inverse", "exponential" }, refDistance = random.pick { 0, 0.5, 1, 2 },
      maxDistance = random.pick { 0.5, 3, 100 }, rolloffFactor = random.pick { 0, 0.5, 1, 3 },
      coneInnerAngle = random.pick { 360, 0, 60, 200 }, coneOuterAngle = random.pick { 360, 60, 90, 300 },
      coneOuterGain = random.pick { 0, 0.5, 1 } }
    local values = random.pick { { 1 }, { 1, 0.5 } }
    local source, listener = { position = vector(random), orientation = vector(random) },
      { position = vector(random), forward = vector(random), up = vector(random) }
    if random.below(8) == 0 then source.position = listener.position end
    if random.below(8) == 0 then listener.up = scaled(listener.forward, -2) end
    if random.below(8) == 0 then source.orientation = { 0, 0, 0 } end
    local moving = random.below(3) == 0 -- through the way that has each frame's values
    local got = panned(p, function(panner, ctx)
      set(panner, "position", source.position)
      set(panner, "orientation", source.orientation)
      set(ctx.listener, "position", listener.position)
      set(ctx.listener, "forward", listener.forward)
      set(ctx.listener, "up", listener.up)
      if moving then
        panner.positionX:setValueAtTime(source.position[1] + 1, 0)
        panner.positionX:linearRampToValueAtTime(source.position[1], at(200))
      end
    end, (table.unpack or unpack)(values))
    local wanted = equalPower(p, source, listener, values)
    for c = 1, 2 do
      if math.abs(got[c] - wanted[c]) > 3e-6 then
        return ("seed %d: %g and %g, wanted %g and %g"):format(seed, got[1], got[2], wanted[1], wanted[2])
      end
    end
  end

  it("6.2, 6.3.1, 6.4, 6.5 go as the text's algorithms have them, wherever all are", function()
    for seed = 1, 400 do assert.is_nil(tryOne(seed)) end
  end)

  it("6.2 at the listener, or with its vectors in one line, a source is in the middle", function()
    near({ HALF, HALF }, panned({}))
    near({ HALF, HALF }, panned({ positionX = 1 }, function(_, ctx) ctx.listener.upY.value, ctx.listener.upZ.value = 0, 1 end))
    near({ 0, 1 }, panned({ positionX = 1 }, function(_, ctx) ctx.listener.upY.value = 9 end)) -- of any length
  end)

  it("6.3 mono is panned as mono while all that is connected is mono, and as stereo otherwise", function()
    local ctx = offline(512, 2)
    local panner = ctx:createPanner()
    signal(ctx, 1):connect(panner):connect(ctx.destination)
    local stereo = signal(ctx, 0, 0)
    stereo:connect(panner)
    stereo:stop(at(256))
    local out = ctx:startRendering()
    near({ 1, HALF }, { out:getSample(1, 200), out:getSample(1, 400) })
  end)

  it("6.3.3 StereoPannerNode goes as the text's algorithm has it, mono and stereo, still and moving", function()
    for seed = 1, 60 do
      local random = support.random(seed)
      local pan, values, moving = random.between(-1.25, 1.25), random.pick { { 1 }, { 1, 0.5 } }, random.below(2) == 0
      local got = heard(2, function(ctx, to)
        local panner = ctx:createStereoPanner { pan = pan }
        if moving then
          panner.pan:setValueAtTime(pan - 1, 0)
          panner.pan:linearRampToValueAtTime(pan, at(200))
        end
        signal(ctx, (table.unpack or unpack)(values)):connect(panner):connect(to)
      end)
      local p = math.max(-1, math.min(1, pan))
      local x = #values == 1 and (p + 1) / 2 or (p <= 0 and p + 1 or p)
      near(spread(values, x, p <= 0), got)
    end
  end)

  it("6.5 a cone is loud where it points: at the listener", function()
    local function aimed(x, z)
      return loudness { coneInnerAngle = 60, coneOuterAngle = 120, coneOuterGain = 0.25, positionZ = -1,
        orientationX = x, orientationZ = z }
    end
    assert.near(1, aimed(0, 1), 1e-6)
    assert.near(0.25, aimed(0, -1), 1e-6)
    assert.near(0.625, aimed(1, 1), 1e-5)
  end)
end)

-- ---- HRTF ------------------------------------------------------------------------------------------------------

describe("PannerNode HRTF (Web Audio 1.1, section 6.3.2)", function()
  local there = pcall(function() offline(1):createPanner { panningModel = "HRTF" } end)

  local function rendered(build)
    local ctx = offline(2048, 2)
    local panner = ctx:createPanner { panningModel = "HRTF", positionX = -1, rolloffFactor = 0 }
    build(panner, ctx)
    panner:connect(ctx.destination)
    local out = ctx:startRendering()
    return function(c, frame) return out:getSample(c, frame + 1) end
  end

  local function click(ctx) return support.source(ctx, support.buffer(ctx, { 1 })) end

  it("1.27 tail: it sounds on when its input has ended, and not for ever", function()
    if not there then pending "there is no libmysofa" return end
    local v = rendered(function(panner, ctx)
      local from = click(ctx)
      from:disconnect()
      from:connect(panner)
      from:start(at(127))
    end)
    local energy, late = 0, 0
    for frame = 128, 2047 do energy = energy + v(1, frame) ^ 2 end
    for frame = 1500, 2047 do late = late + v(1, frame) ^ 2 end
    assert.is_true(energy > 0.01)
    assert.equal(0, late)
  end)

  it("1.27 its parameters are k-rate, whatever they are set to", function()
    if not there then pending "there is no libmysofa" return end
    local function moved(frame, rate)
      return rendered(function(panner, ctx)
        panner.positionX.automationRate = rate
        panner.positionX:setValueAtTime(1, at(frame))
        local from = ctx:createOscillator { frequency = 1000 }
        from:connect(panner)
        from:start()
      end)
    end
    local within, after, held, never = moved(1025, "a-rate"), moved(1152, "a-rate"), moved(1025, "k-rate"), moved(9999, "a-rate")
    local most = 0
    for frame = 1000, 1500 do
      assert.equal(after(1, frame), within(1, frame))
      assert.equal(after(1, frame), held(1, frame))
      if frame < 1152 then assert.equal(never(1, frame), within(1, frame)) end
      most = math.max(most, math.abs(never(1, frame) - within(1, frame)))
    end
    assert.is_true(most > 0.01)
  end)
end)

describe("StereoPannerNode (Web Audio 1.1, section 1.30)", function()
  local function through(options, ...)
    local values = { ... }
    return heard(2, function(ctx, to)
      signal(ctx, (table.unpack or unpack)(values)):connect(ctx:createStereoPanner(options)):connect(to)
    end)
  end

  it("1.30 pan: a-rate, -1 to 1, 0 unless set; beyond it is the end", function()
    local pan = offline(1):createStereoPanner().pan
    assert.same({ 0, -1, 1, "a-rate" }, { pan.defaultValue, pan.minValue, pan.maxValue, pan.automationRate })
    near({ 0, 1 }, through({ pan = 5 }, 1))
    near({ 1, 0 }, through({ pan = -5 }, 1))
    pan.automationRate = "k-rate"
    assert.equal("k-rate", pan.automationRate)
  end)

  it("1.30.4 no more than two channels come in, and two come out", function()
    near({ 2, 4 }, through({}, 1, 3, 3, 5))
    near({ HALF, HALF }, through({}, 1))
    near({ 1, 1 }, through({ channelCountMode = "explicit" }, 1))
    near({ 2 * HALF, 2 * HALF }, through({ channelCount = 1 }, 1, 3))
  end)
end)
