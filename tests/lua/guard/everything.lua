-- Makes the audio thread do everything that it can be told to, on SDL's device. Run by tests/sh/audio_guard.sh with the
-- audio guard preloaded; ends with an error when something did not happen at all.
local perilune = require "perilune"

local BLOCK = 64 -- small, so that there are many callbacks
local NAN, INFINITY = 0 / 0, math.huge

-- Updates for some seconds of the context's own time.
local function play(ctx, seconds)
  local finish, limit = ctx.currentTime + seconds, os.time() + 20
  while ctx.currentTime < finish do
    perilune.update()
    assert(os.time() < limit, "the device does not run")
  end
end

local function noise(ctx, channels, length, rate)
  local buffer = ctx:createBuffer(channels, length, rate or ctx.sampleRate)
  for c = 1, channels do
    local samples = {}
    for i = 1, length do samples[i] = math.random() - 0.5 end
    buffer:copyToChannel(samples, c)
  end
  return buffer
end

local function source(ctx, buffer, to)
  local node = ctx:createBufferSource()
  node.buffer = buffer
  node:connect(to or ctx.destination)
  return node
end

local everything = {}

-- Every method of a parameter, at both rates, while it is heard.
local function automate(ctx, param, low, high)
  for _, rate in ipairs { "a-rate", "k-rate" } do
    if not pcall(function() param.automationRate = rate end) then goto continue end
    local now = ctx.currentTime
    param.value = low
    param:setValueAtTime(high, now + 0.001)
    param:linearRampToValueAtTime(low, now + 0.01)
    param:setValueAtTime(high, now + 0.011)
    param:exponentialRampToValueAtTime(math.max(low, 0.01), now + 0.02)
    param:setTargetAtTime(high, now + 0.021, 0.002)
    param:setValueCurveAtTime({ low, high, low, high }, now + 0.03, 0.01)
    param:setTargetAtTime(low, now + 0.045, 0)
    play(ctx, 0.05)
    now = ctx.currentTime
    param:linearRampToValueAtTime(high, now + 1)
    play(ctx, 0.005)
    param:cancelAndHoldAtTime(ctx.currentTime)
    param:setTargetAtTime(low, ctx.currentTime, 0.5)
    play(ctx, 0.005)
    param:cancelScheduledValues(0)
    ::continue::
  end
end

function everything.parameters(ctx)
  local gain, panner = ctx:createGain(), ctx:createStereoPanner()
  gain:connect(panner):connect(ctx.destination)
  local looped = source(ctx, noise(ctx, 1, 1000), gain)
  looped.loop = true
  looped:start()
  automate(ctx, gain.gain, 0, 1)
  automate(ctx, panner.pan, 0, 1)
  automate(ctx, looped.playbackRate, 0.5, 2)
  automate(ctx, looped.detune, 0, 700)
  -- Sound on parameters, of nodes and of a source.
  local wobble = source(ctx, noise(ctx, 1, 300), gain.gain)
  wobble:connect(panner.pan)
  wobble:connect(looped.playbackRate)
  wobble:connect(looped.detune)
  wobble.loop = true
  wobble:start()
  play(ctx, 0.03)
  wobble:disconnect(gain.gain)
  play(ctx, 0.01)
  looped:stop()
  wobble:stop()
end

-- Every kind of node between a noise and the ears: its parameters automated, its options changed while it is heard.
function everything.nodes(ctx)
  local curve, response = {}, noise(ctx, 2, 3000)
  for i = 1, 257 do curve[i] = math.sin((i - 129) / 80) end
  local wave = ctx:createPeriodicWave({ 0, 1, .5 }, { 0, .5, 0 })
  local hrtf = pcall(function() ctx:createPanner().panningModel = "HRTF" end)
  local kinds = {
    { ctx:createDelay(.5), changes = { delayTime = { 0, .02 } } },
    { ctx:createBiquadFilter(), changes = { frequency = { 100, 8000 }, Q = { 0, 10 }, gain = { -10, 10 }, detune = { 0, 600 } },
      options = { type = { "highpass", "bandpass", "lowshelf", "highshelf", "peaking", "notch", "allpass", "lowpass" } } },
    { ctx:createIIRFilter({ 1, .5 }, { 1, -.5 }) },
    { ctx:createWaveShaper { curve = curve }, options = { oversample = { "2x", "4x", "none" }, curve = { { -1, 0, 1 }, curve } } },
    { ctx:createConvolver { buffer = response }, options = { buffer = { noise(ctx, 1, 20000), noise(ctx, 4, 500) } } },
    { ctx:createDynamicsCompressor(), changes = { threshold = { -50, -10 }, ratio = { 1, 20 }, knee = { 0, 40 } } },
    { ctx:createPanner(), changes = { positionX = { -3, 3 }, orientationZ = { -1, 1 } },
      options = { panningModel = { hrtf and "HRTF" or "equalpower", "equalpower" },
        distanceModel = { "linear", "exponential", "inverse" } } },
    { ctx:createAnalyser(), options = { fftSize = { 32, 32768, 2048 } } },
    { ctx:createChannelSplitter(2) },
    { ctx:createChannelMerger(2) },
  }
  local input = source(ctx, noise(ctx, 2, 4000), ctx:createGain())
  input.loop = true
  input:start()
  for _, kind in ipairs(kinds) do
    local node = kind[1]
    input:connect(node)
    node:connect(ctx.destination)
    for name, values in pairs(kind.changes or {}) do automate(ctx, node[name], values[1], values[2]) end
    for name, values in pairs(kind.options or {}) do
      for _, value in ipairs(values) do
        node[name] = value
        play(ctx, 0.01)
      end
    end
    input:disconnect(node)
    play(ctx, 0.01) -- its tail
    node:disconnect()
  end
  automate(ctx, ctx.listener.positionX, -2, 2)
  local loop, back = ctx:createDelay(.1), ctx:createGain { gain = .5 } -- a cycle
  loop.delayTime.value = .01
  input:connect(loop)
  loop:connect(back):connect(loop)
  loop:connect(ctx.destination)
  play(ctx, 0.05)
  input:stop()
  for _, kind in ipairs { "sine", "square", "sawtooth", "triangle", wave } do
    local oscillator, offset = ctx:createOscillator(), ctx:createConstantSource { offset = 100 }
    if kind == wave then oscillator:setPeriodicWave(wave) else oscillator.type = kind end
    oscillator:connect(ctx.destination)
    offset:connect(oscillator.frequency)
    oscillator:start()
    offset:start()
    automate(ctx, oscillator.frequency, 50, 5000)
    oscillator:stop()
    offset:stop()
  end
  play(ctx, 0.02)
end

function everything.channels(ctx)
  for _, channels in ipairs { 1, 2, 4, 6, 8 } do
    local gain = ctx:createGain()
    gain:connect(ctx.destination)
    local node = source(ctx, noise(ctx, channels, 2000), gain)
    node.loop = true
    node:start()
    for _, mode in ipairs { "max", "clamped-max", "explicit" } do
      for _, interpretation in ipairs { "speakers", "discrete" } do
        gain.channelCountMode, gain.channelInterpretation = mode, interpretation
        gain.channelCount = channels % 4 + 1
        play(ctx, 0.004)
      end
    end
    node:stop()
  end
end

function everything.loops(ctx)
  local buffer = noise(ctx, 2, 4800)
  for _, loop in ipairs { { 0, 0 }, { 0.01, 0.05 }, { 0.0100001, 0.0500003 }, { 0.03, 0.0301 }, { 0.05, 0.01 } } do
    local node = source(ctx, buffer)
    node.loop, node.loopStart, node.loopEnd = true, loop[1], loop[2]
    node:start(0, 0.02)
    play(ctx, 0.01)
    node.loopStart, node.loopEnd = loop[1] / 2, loop[2]
    node.playbackRate.value = 3.7
    play(ctx, 0.01)
    node:stop(ctx.currentTime + 0.02)
    node.loop = false
    play(ctx, 0.01)
  end
  for _, rate in ipairs { 8000, 44100, 96000 } do source(ctx, noise(ctx, 1, 800, rate)):start(0, 0.01, 0.02) end
  local backwards = source(ctx, buffer)
  backwards.playbackRate.value = -1
  backwards:start(0, 0.05)
  play(ctx, 0.06)
end

-- Every interpolation, forwards, backwards and fast, over sounds of both formats, with filters that come, move and go.
function everything.voices(ctx)
  local buffers = {
    noise(ctx, 1, 3000), noise(ctx, 2, 3000),
    ctx:decodeAudioData("assets/click.wav", { format = "s16" }),
    ctx:decodeAudioData("assets/music.ogg", { format = "s16" }),
  }
  local playing = {}
  for i, interpolation in ipairs { "none", "linear", "cubic", "sinc" } do
    for _, rate in ipairs { 1, 0.7, 1.9, 11, -1, -0.3 } do
      for k, buffer in ipairs(buffers) do
        local node = source(ctx, buffer)
        node.loop, node.interpolation = k % 2 == 0, interpolation
        node.playbackRate.value = rate
        if (i + k) % 2 == 0 then node.filter = { type = "lowpass", frequency = 300 * k } end
        node:start(0, 0.01)
        playing[#playing + 1] = node
      end
    end
  end
  for round, type in ipairs { "highpass", "bandpass", "lowpass", "none" } do
    for i, node in ipairs(playing) do
      if i % 3 == round % 3 then
        -- One that has ended meanwhile refuses.
        pcall(function() node.filter = type ~= "none" and { type = type, frequency = 40 * i, Q = i } or nil end)
      end
    end
    play(ctx, 0.02)
  end
  for _, node in ipairs(playing) do node:stop() end
end

function everything.sources(ctx)
  local buffer, ended, sum = noise(ctx, 1, 480), 0, ctx:createGain { gain = 0.01 }
  sum:connect(ctx.destination)
  for i = 1, 4000 do
    local node = source(ctx, buffer, i % 2 == 0 and sum or nil)
    node.onended = i % 4 == 0 and function() ended = ended + 1 end or nil
    node:start(i % 3 == 0 and ctx.currentTime + 0.01 * (i % 5) or 0, 0, 0.004)
    if i % 5 == 0 then node:stop(ctx.currentTime + 0.002) end
    if i % 400 == 0 then play(ctx, 0.003) end
  end
  local limit = os.time() + 20
  while ended < 1000 and os.time() < limit do perilune.update() end
  assert(ended == 1000, ended .. " of 1,000 sources ended")
  -- Without a buffer, without a destination, created and never started, and forgotten while they sound.
  ctx:createBufferSource():start()
  local deaf = ctx:createBufferSource()
  deaf.buffer = buffer
  deaf:start()
  for _ = 1, 100 do source(ctx, buffer) end
  for _ = 1, 100 do source(ctx, noise(ctx, 1, 50)):start() end
  collectgarbage()
  collectgarbage()
  play(ctx, 0.02)
end

function everything.graph(ctx)
  local buffer, gains = noise(ctx, 1, 1000), {}
  for i = 1, 40 do
    gains[i] = ctx:createGain { gain = 0.1 }
    gains[i]:connect(gains[i - 1] or ctx.destination)
  end
  local node = source(ctx, buffer, gains[40])
  node.loop = true
  node:start()
  for i = 1, 100 do
    local from, to = gains[math.random(40)], gains[math.random(40)]
    from:connect(to) -- cycles among them
    if i % 3 == 0 then from:disconnect(to) end
    if i % 5 == 0 then node:connect(to) end
    if i % 7 == 0 then node:disconnect() node:connect(gains[40]) end
    if i % 10 == 0 then source(ctx, buffer, to):start() end
    play(ctx, 0.002)
  end
  for _, gain in ipairs(gains) do gain:disconnect() end
  play(ctx, 0.01)
  node:connect(ctx.destination)
  play(ctx, 0.01)
  node:stop()
end

function everything.taps(ctx)
  local gain = ctx:createGain()
  gain:connect(ctx.destination)
  local node = source(ctx, noise(ctx, 2, 1000), gain)
  node.loop = true
  node:start()
  local dry = {}
  for _, policy in ipairs { "skip", "oldest" } do
    dry[#dry + 1] = ctx:createTap(gain, { blockSize = 128, blocks = 2, maxBlocks = 2, channels = 2, dry = policy })
    dry[#dry + 1] = ctx:createTap(node, { blockSize = 96, blocks = 3, maxBlocks = 3, channels = 1, dry = policy })
  end
  local grown = ctx:createTap(ctx.destination, { blockSize = 64, blocks = 2, maxBlocks = 64, channels = 1 })
  play(ctx, 0.1)
  local kept = {}
  for _ = 1, 20 do
    kept[#kept + 1] = grown:receive()
    for _, tap in ipairs(dry) do
      local block = tap:receive()
      if block then block:release() end
    end
    play(ctx, 0.01)
  end
  for _, tap in ipairs(dry) do
    assert(tap.stats.transferred > 0 and tap.stats.dropped > 0, "no tap ran dry")
    tap:close()
  end
  assert(grown.stats.grown > 0, "no tap grew")
  play(ctx, 0.01)
  grown:close()
  for _, block in ipairs(kept) do block:release() end
  node:stop()
end

function everything.badSamples(ctx)
  local gain, buffer = ctx:createGain(), noise(ctx, 1, 1000)
  gain:connect(ctx.destination)
  buffer:setSample(1, 500, NAN)
  buffer:setSample(1, 501, INFINITY)
  for i = 1, 20 do
    local node = source(ctx, buffer, i % 2 == 0 and gain or nil)
    node.playbackRate.value = i / 10
    node:start()
  end
  local onParam = source(ctx, buffer, gain.gain)
  onParam:start()
  local tap = ctx:createTap(gain, { blockSize = 64, channels = 1 })
  play(ctx, 0.05)
  tap:close()
  -- Huge values overflow on the way.
  source(ctx, noise(ctx, 1, 1000), gain):start()
  gain.gain.value = 3e38
  play(ctx, 0.03)
end

-- Written to while it plays, given after the start, decoded meanwhile.
function everything.buffers(ctx)
  local buffer = noise(ctx, 1, 4800)
  local node = source(ctx, buffer)
  node.loop = true
  node:start()
  for i = 1, 30 do
    buffer:setSample(1, i, 0.5)
    buffer:copyToChannel({ 0.1, 0.2, i / 100 }, 1, 10)
    play(ctx, 0.002)
  end
  local late = ctx:createBufferSource()
  late:connect(ctx.destination)
  late:start()
  play(ctx, 0.005)
  late.buffer = buffer
  play(ctx, 0.01)
  node:stop()
  local loaded
  ctx:decodeAudioData("assets/laser.ogg", function(decoded) loaded = decoded end)
  local limit = os.time() + 20
  while not loaded and os.time() < limit do perilune.update() end
  assert(loaded, "nothing was loaded")
  source(ctx, loaded):start()
  play(ctx, 0.02)
end

function everything.suspending(ctx)
  local node = source(ctx, noise(ctx, 1, 1000))
  node.loop = true
  node:start()
  for _ = 1, 5 do
    ctx:suspend()
    for _ = 1, 50 do source(ctx, node.buffer):start() end
    ctx:resume()
    play(ctx, 0.01)
  end
  node:stop()
end

-- Switched on and off while nodes come and go.
function everything.profiling(ctx)
  ctx.profiling = true
  everything.graph(ctx)
  assert(#ctx.stats.profile > 40 and ctx.stats.profile[1].load > 0, "nothing was measured")
  for _ = 1, 10 do
    ctx.profiling = not ctx.profiling
    everything.parameters(ctx)
  end
  ctx.profiling = false
end

-- The game layer plays on the default context, so it comes last and has the device for itself.
local function gameLayer()
  local ctx = perilune.open { device = "sdl", blockSize = BLOCK }
  local sound, ended, taken = perilune.load("assets/laser.ogg", { volume = { 0.1, 0.2 }, pitch = { 0.5, 2 } }), 0, {}
  for i = 1, 500 do
    local playing = sound:play {
      volume = 0.1, pan = i % 3 - 1, pitch = 0.5 + i % 7 / 4, offset = i % 5 / 100, fadeIn = i % 4 / 100,
      at = i % 6 == 0 and perilune.now() + 0.02 or nil, duration = i % 8 == 0 and 0.01 or nil, loop = i % 10 == 0,
      loopStart = 0.01, loopEnd = 0.05, filter = i % 9 == 0 and { type = "highpass", frequency = i } or nil,
      onended = function() ended = ended + 1 end,
    }
    taken[i] = playing
    if i % 20 == 0 then play(ctx, 0.002) end
  end
  for i, playing in ipairs(taken) do
    playing.volume, playing.pan, playing.pitch = 0.05, -playing.pan, 1.1
    playing.loop, playing.loopStart = i % 2 == 0, 0.02
    if i % 3 == 0 then playing:fade(0, 0.01) end
    if i % 4 == 0 then playing:stop(0.02, perilune.now() + 0.01) end
    if playing.time < 0 then error("a playhead is before its sound") end
    if i % 25 == 0 then play(ctx, 0.002) end
  end
  for round = 1, 5 do
    for i, playing in ipairs(taken) do playing.paused = round < 5 and (i + round) % 3 == 0 end
    play(ctx, 0.012)
  end
  for i = 1, #taken, 2 do taken[i] = false end
  collectgarbage()
  play(ctx, 0.02)
  sound:stop(0.01)
  local limit = os.time() + 20
  while ended < 500 and os.time() < limit do perilune.update() end
  assert(ended == 500, ended .. " of 500 plays ended")
  sound:play { loop = true } -- and sounds still when the state closes
  play(ctx, 0.01)
end

local names = {}
for name in pairs(everything) do names[#names + 1] = name end
table.sort(names)

-- Ends with a sound and a tap.
local function run(settings, topics)
  settings.device = "sdl"
  local ctx = perilune.newContext(settings)
  for _, name in ipairs(topics) do everything[name](ctx) end
  source(ctx, noise(ctx, 1, 48000)):start()
  local tap = ctx:createTap(ctx.destination, { channels = 1 })
  play(ctx, 0.005)
  ctx:close()
  assert(not pcall(tap.receive, tap))
  collectgarbage()
end

run({ blockSize = BLOCK }, names)
-- Quanta that blocks do not end with, channels that a device has not, rates that files have not.
run({ sampleRate = 44100, channels = 1, blockSize = 100 }, { "channels", "loops" })
run({ sampleRate = 32000, channels = 3, blockSize = 48 }, { "channels", "taps" })
run({ channels = 12, blockSize = 256 }, { "buffers", "channels" })
gameLayer()
