-- Builds the graph of a spec with perilune and renders it. Specs count outputs, inputs and channels from 0, as Web Audio
-- does; perilune, as Lua does, from 1.
local json = require "tests.conformance.json"
local perilune = require "perilune"
local signals = require "tests.conformance.signals"

local unpack = table.unpack or unpack -- luacheck: compat

local function makeBuffers(context, spec)
  local buffers = {}
  for name, b in pairs(spec.buffers or {}) do
    local rate = b.sampleRate or spec.sampleRate
    buffers[name] = context:createBuffer(#b.channels, b.frames, rate)
    for c, signal in ipairs(b.channels) do buffers[name]:copyToChannel(signals.make(signal, b.frames, rate), c) end
  end
  return buffers
end

-- What a spec is made into: its context, and nodes and buffers by name.
local function makeScene(spec)
  local context = perilune.newOfflineContext {
    channels = spec.channels, length = spec.length, sampleRate = spec.sampleRate,
  }
  local nodes = { destination = context.destination, listener = spec.listener and context.listener }
  return { spec = spec, context = context, nodes = nodes, buffers = makeBuffers(context, spec) }
end

local function curveOf(scene, curve)
  return signals.curve(type(curve) == "string" and scene.spec.curves[curve] or curve)
end

-- An event: { METHOD, ARGUMENT... } from place `at` on.
local function schedule(scene, param, event, at)
  local method, arguments = event[at], { unpack(event, at + 1) }
  if method == "setValueCurveAtTime" then arguments[1] = curveOf(scene, arguments[1]) end
  param[method](param, unpack(arguments))
end

local function setParam(scene, param, to)
  if type(to) == "number" then to = { value = to } end
  if to.automationRate then param.automationRate = to.automationRate end
  if to.value then param.value = to.value end
  for _, event in ipairs(to.events or {}) do schedule(scene, param, event, 1) end
end

local function setParams(scene, node, params)
  for name, to in pairs(params or {}) do setParam(scene, node[name], to) end
end

local function setAttributes(node, attributes)
  for name, value in pairs(attributes or {}) do node[name] = value end
end

local function setWave(scene, node, name)
  local wave = scene.spec.waves[name]
  node:setPeriodicWave(scene.context:createPeriodicWave(wave.real, wave.imag, {
    disableNormalization = wave.disableNormalization or false,
  }))
end

local function makeNode(scene, d)
  local context = scene.context
  local node = context["create" .. d.type](context, unpack(d.create or {}))
  scene.nodes[d.id] = node
  setAttributes(node, d.attributes)
  if d.buffer then node.buffer = scene.buffers[d.buffer] end
  if d.curve then node.curve = curveOf(scene, d.curve) end
  if d.wave then setWave(scene, node, d.wave) end
  setParams(scene, node, d.params)
end

-- connect or disconnect: to an input of a node, or to a parameter.
local function link(scene, method, from, output, to, input)
  local source, target = scene.nodes[from], scene.nodes[to]
  if type(input) == "string" then return source[method](source, target[input], output + 1) end
  source[method](source, target, output + 1, input + 1)
end

local ACTIONS = {}

function ACTIONS.connect(scene, a) link(scene, "connect", unpack(a, 2)) end

function ACTIONS.disconnect(scene, a)
  if #a == 2 then return scene.nodes[a[2]]:disconnect() end
  link(scene, "disconnect", unpack(a, 2))
end

function ACTIONS.start(scene, a) scene.nodes[a[2]]:start(unpack(a, 3)) end

function ACTIONS.stop(scene, a) scene.nodes[a[2]]:stop(unpack(a, 3)) end

function ACTIONS.attribute(scene, a) scene.nodes[a[2]][a[3]] = a[4] end

function ACTIONS.value(scene, a) scene.nodes[a[2]][a[3]].value = a[4] end

function ACTIONS.event(scene, a) schedule(scene, scene.nodes[a[2]][a[3]], a, 4) end

function ACTIONS.buffer(scene, a)
  local node = scene.nodes[a[2]]
  if a[3] == json.null then node.buffer = nil else node.buffer = scene.buffers[a[3]] end
end

-- Returns the rendered Buffer.
return function(spec)
  local scene = makeScene(spec)
  if spec.destination then setAttributes(scene.nodes.destination, spec.destination.attributes) end
  if spec.listener then setParams(scene, scene.nodes.listener, spec.listener.params) end
  for _, d in ipairs(spec.nodes) do makeNode(scene, d) end
  for _, c in ipairs(spec.connections) do link(scene, "connect", unpack(c)) end
  for _, d in ipairs(spec.nodes) do
    if d.start then scene.nodes[d.id]:start(unpack(d.start)) end
    if d.stop then scene.nodes[d.id]:stop(unpack(d.stop)) end
  end
  for _, group in ipairs(spec.actions or {}) do
    scene.context:suspend(group.frame / spec.sampleRate, function()
      for _, action in ipairs(group["do"]) do ACTIONS[action[1]](scene, action) end
    end)
  end
  return scene.context:startRendering()
end
