---@meta _

-- The graph's contexts, parameters and taps, and what all nodes have. See perilune.d.lua.

---What both kinds of contexts have. Each factory of a node takes a table of options: its
---properties and the values of its parameters.
---@class perilune.BaseAudioContext
---@field sampleRate number In Hz.
---@field currentTime number Of the next frame to be rendered, in seconds.
---@field destination perilune.AudioDestinationNode What is heard.
---@field listener perilune.AudioListener Who hears the panners.
---@field state string "suspended", "running" or "closed".
---@field renderQuantumSize integer Frames rendered at a time: 128.
---@field stats table<string,any> Counts, load and, while profiling, profile: the costliest nodes first.
---@field profiling boolean Whether the cost of each node is measured.
local BaseAudioContext = {}

---@param channels integer 1 to 32
---@param length integer in frames
---@param sampleRate number in Hz
---@return perilune.Buffer
function BaseAudioContext:createBuffer(channels, length, sampleRate) end

---@param options? perilune.BufferSourceOptions
---@return perilune.AudioBufferSourceNode
function BaseAudioContext:createBufferSource(options) end

---@param options? perilune.GainOptions
---@return perilune.GainNode
function BaseAudioContext:createGain(options) end

---A node of a kind that the host has registered (peri_register_node_kind in C).
---@param name string of the kind
---@param options? table<string,any> its parameters and options; of some kinds numberOfInputs or numberOfOutputs
---@return perilune.CustomNode|perilune.CustomSourceNode
function BaseAudioContext:createNode(name, options) end

---@param options? perilune.StereoPannerOptions
---@return perilune.StereoPannerNode
function BaseAudioContext:createStereoPanner(options) end

---@param options? perilune.ConstantSourceOptions
---@return perilune.ConstantSourceNode
function BaseAudioContext:createConstantSource(options) end

---@param outputs? integer|perilune.ChannelSplitterOptions 1 to 32, 6 by default; or options
---@return perilune.ChannelSplitterNode
function BaseAudioContext:createChannelSplitter(outputs) end

---@param inputs? integer|perilune.ChannelMergerOptions 1 to 32, 6 by default; or options
---@return perilune.ChannelMergerNode
function BaseAudioContext:createChannelMerger(inputs) end

---@param maxDelayTime? number|perilune.DelayOptions in seconds, up to 180, 1 by default; or options
---@return perilune.DelayNode
function BaseAudioContext:createDelay(maxDelayTime) end

---@param options? perilune.WaveShaperOptions
---@return perilune.WaveShaperNode
function BaseAudioContext:createWaveShaper(options) end

---@param options? perilune.AnalyserOptions
---@return perilune.AnalyserNode
function BaseAudioContext:createAnalyser(options) end

---@param options? perilune.OscillatorOptions
---@return perilune.OscillatorNode
function BaseAudioContext:createOscillator(options) end

---The k-th partial's terms stand at k + 1; the first of each is ignored.
---@param real? number[] cosine terms
---@param imag? number[] sine terms
---@param options? perilune.PeriodicWaveOptions
---@return perilune.PeriodicWave
function BaseAudioContext:createPeriodicWave(real, imag, options) end

---@param options? perilune.BiquadFilterOptions
---@return perilune.BiquadFilterNode
function BaseAudioContext:createBiquadFilter(options) end

---@param feedforward number[]|perilune.IIRFilterOptions 1 to 20 coefficients; or options
---@param feedback? number[] 1 to 20 coefficients, the first not 0
---@return perilune.IIRFilterNode
function BaseAudioContext:createIIRFilter(feedforward, feedback) end

---@param options? perilune.ConvolverOptions
---@return perilune.ConvolverNode
function BaseAudioContext:createConvolver(options) end

---@param options? perilune.DynamicsCompressorOptions
---@return perilune.DynamicsCompressorNode
function BaseAudioContext:createDynamicsCompressor(options) end

---@param options? perilune.PannerOptions
---@return perilune.PannerNode
function BaseAudioContext:createPanner(options) end

---Hands a node's output over in blocks.
---@param node perilune.AudioNode
---@param options? perilune.TapOptions
---@return perilune.Tap
function BaseAudioContext:createTap(node, options) end

---Decodes a file. With a function on another thread, and update calls it.
---@param file string path or contents
---@param options? perilune.DecodeOptions|fun(buffer:perilune.Buffer?,message:string?) may be left out
---@param fn? fun(buffer:perilune.Buffer?,message:string?)
---@return perilune.Buffer?
function BaseAudioContext:decodeAudioData(file, options, fn) end

---Ends it and all that sounds in it.
function BaseAudioContext:close() end

---How a file is decoded.
---@class perilune.DecodeOptions
---@field format? "f32"|"s16" How samples are kept; "s16" takes half the memory.

---A context with a device.
---@class perilune.AudioContext:perilune.BaseAudioContext
---@field baseLatency number Seconds that a callback of the device holds; 0 where the host renders.
local AudioContext = {}

---Time stands still.
function AudioContext:suspend() end

---It goes on.
function AudioContext:resume() end

---A context that renders into a Buffer.
---@class perilune.OfflineAudioContext:perilune.BaseAudioContext
---@field length integer Frames to render.
local OfflineAudioContext = {}

---Renders all of it, once.
---@return perilune.Buffer
function OfflineAudioContext:startRendering() end

---Calls a function while rendering, before the quantum of 128 frames that begins at this time or next after it.
---@param time number in seconds
---@param fn fun()
function OfflineAudioContext:suspend(time, fn) end

---An error: it resumes by itself when the function returns.
function OfflineAudioContext:resume() end

---What all nodes have.
---@class perilune.AudioNode
---@field context perilune.BaseAudioContext Where it was made.
---@field numberOfInputs integer How many it has.
---@field numberOfOutputs integer How many it has.
---@field channelCount integer 1 to 32, as channelCountMode says.
---@field channelCountMode string "max", "clamped-max" or "explicit".
---@field channelInterpretation string "speakers" mixes up and down; "discrete" fills and drops.
local AudioNode = {}

---Connects an output to a node's input or to a parameter.
---@param target perilune.AudioNode|perilune.AudioParam
---@param output? integer from 1
---@param input? integer from 1
---@return perilune.AudioNode? target the node, for the next connect
function AudioNode:connect(target, output, input) end

---Takes connections away: all, those of an output, or those to a target.
---@param target? perilune.AudioNode|perilune.AudioParam|integer target, or output from 1
---@param output? integer from 1
---@param input? integer from 1
function AudioNode:disconnect(target, output, input) end

---What the factories of all nodes take, beside options of their own.
---@class perilune.AudioNodeOptions
---@field channelCount? integer
---@field channelCountMode? "max"|"clamped-max"|"explicit"
---@field channelInterpretation? "speakers"|"discrete"

---A parameter that can be automated. Events land on their frame; times are the context's.
---@class perilune.AudioParam
---@field value number What it is now; assigning sets it.
---@field defaultValue number What it begins with.
---@field minValue number Less is raised to it.
---@field maxValue number More is lowered to it.
---@field automationRate string "a-rate" (each frame) or "k-rate" (each quantum).
local AudioParam = {}

---Sets it at a time.
---@param value number
---@param time number
---@return perilune.AudioParam
function AudioParam:setValueAtTime(value, time) end

---Moves in a straight line from the event before.
---@param value number
---@param time number when it is there
---@return perilune.AudioParam
function AudioParam:linearRampToValueAtTime(value, time) end

---Moves by equal ratios from the event before.
---@param value number not 0
---@param time number when it is there
---@return perilune.AudioParam
function AudioParam:exponentialRampToValueAtTime(value, time) end

---Approaches a value: after each timeConstant 63 % of the rest.
---@param target number
---@param time number when it begins
---@param timeConstant number seconds
---@return perilune.AudioParam
function AudioParam:setTargetAtTime(target, time, timeConstant) end

---Follows a curve.
---@param values number[] at least 2
---@param time number when it begins
---@param duration number seconds
---@return perilune.AudioParam
function AudioParam:setValueCurveAtTime(values, time, duration) end

---Takes away all events from a time on.
---@param time number
---@return perilune.AudioParam
function AudioParam:cancelScheduledValues(time) end

---Likewise, and holds the value of that time.
---@param time number
---@return perilune.AudioParam
function AudioParam:cancelAndHoldAtTime(time) end

---A node's output in blocks.
---@class perilune.Tap
---@field stats table<string,integer> Counts of blocks: acquired, transferred, returned, dropped, grown, blocks, inFlight, highWater.
local Tap = {}

---The next block, or nil for none yet. Also an iterator: for block in tap.receive, tap do.
---@return perilune.Block?
function Tap:receive() end

---Ends it.
function Tap:close() end

---How a tap hands over.
---@class perilune.TapOptions
---@field channels? integer 1 to 32; as the context has, by default.
---@field blockSize? integer Frames of all channels together: floats in a block; 1024 by default.
---@field blocks? integer 2 to 4096 to begin with; 16 by default.
---@field maxBlocks? integer 2 to 4096, up to which it grows; 64 by default.
---@field dry? "skip"|"oldest" What is lost when all blocks are on their way: the new, or the oldest.

---Samples that are yours until you release them: #block of them, block[1] first, frame by frame.
---@class perilune.Block
---@field time number Of its first frame, in seconds.
---@field sequence integer Counts up; a gap means dropped blocks.
---@field channels integer In it.
---@field frames integer In it.
local Block = {}

---The largest sample, without its sign.
---@return number
function Block:peak() end

---The root of the mean square.
---@return number
function Block:rms() end

---Gives it back.
function Block:release() end
