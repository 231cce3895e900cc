---@meta perilune

-- What editors with the Lua language server know of perilune, and what docs/reference.md is made of (tests/reference.lua).
-- tests/lua/reference_spec.lua compares it with the module's own tables. Types are written without spaces.

---Game audio. Times are seconds, volumes factors from 0, pitches ratios; channels, inputs, outputs and samples count from 1.
---@class perilune
---@field _VERSION string "perilune" and its version.
local perilune = {}

---Opens the default context with settings of your own. Only before its first use.
---@param options? perilune.OpenOptions
---@return perilune.AudioContext
function perilune.open(options) end

---The default context, on which load and play work.
---@return perilune.AudioContext
function perilune.context() end

---A context of its own, with its own device.
---@param options? perilune.OpenOptions
---@return perilune.AudioContext
function perilune.newContext(options) end

---A context that renders into a Buffer, faster than real time.
---@param options perilune.OfflineOptions
---@return perilune.OfflineAudioContext
function perilune.newOfflineContext(options) end

---Runs the callbacks that are due. Call it once a frame; hosts and LÖVE's loop do so by themselves.
function perilune.update() end

---Keeps a plain script alive until nothing sounds and no callback is to come. Returns at once under a host.
---@param seconds? number at most so long
function perilune.run(seconds) end

---The time of the default context, in seconds.
---@return number
function perilune.now() end

---The factor of a level: db(-6) is about 0.5, db(-math.huge) is 0.
---@param decibels number
---@return number
function perilune.db(decibels) end

---Begins the random picks of volumes, pitches and variants anew. They are the same at each start of the program.
---@param seed number
function perilune.seed(seed) end

---A sound of one file, or one of several files or buffers at random. Decoded once, however often it plays.
---@param what string|perilune.Buffer|(string|perilune.Buffer)[] path or Buffer, or a list of them
---@param settings? perilune.LoadOptions
---@return perilune.Sound
function perilune.load(what, settings) end

---Likewise, decoded on another thread; update calls the function.
---@param path string
---@param fn fun(sound:perilune.Sound?,message:string?) gets the sound, or nil and what is wrong
---@param settings? perilune.LoadOptions
function perilune.loadAsync(path, fn, settings) end

---A function that finds files before the disk is asked; nil takes it away.
---@param fn (fun(path:string):string?)? returns the file's contents, or nil
function perilune.files(fn) end

---What is told of errors in callbacks, instead of standard error; nil takes it away.
---@param fn (fun(message:string))?
function perilune.onError(fn) end

---The default context's counts and load, as its property stats.
---@return table<string,any>
function perilune.stats() end

---A value that outlives reloads: at the first call the table of defaults itself, or what the function returns.
---@param name string
---@param value any table of defaults, or function
---@return any
function perilune.persist(name, value) end

---A function that a newer version of this file calls at the end of its first run.
---@param fn fun(old:table<string,any>) gets the locals and module fields of the version before
function perilune.onReload(fn) end

---Settings of a context with a device.
---@class perilune.OpenOptions
---@field device? "sdl"|"null" Where it sounds; "null" is a clock without sound.
---@field sampleRate? number In Hz, 3000 to 768000; 48000 by default.
---@field channels? integer Of the output, 1 to 32; 2 by default.
---@field blockSize? integer Frames of a callback of the device, 16 to 8192; 512 by default.
---@field interpolation? "none"|"linear"|"cubic"|"sinc" Of sources that do not say.

---Settings of an offline context.
---@class perilune.OfflineOptions
---@field channels? integer 1 to 32; 2 by default.
---@field length integer Frames to render.
---@field sampleRate? number In Hz, 3000 to 768000; 48000 by default.
---@field interpolation? "none"|"linear"|"cubic"|"sinc" Of sources that do not say.

---Settings of a sound.
---@class perilune.LoadOptions
---@field volume? number|number[] A factor from 0, or {low, high} to pick from.
---@field pitch? number|number[] A ratio above 0, or {low, high} to pick from.
---@field format? "f32"|"s16" How samples are kept; "s16" takes half the memory.

---Settings of one play.
---@class perilune.PlayOptions
---@field volume? number A factor from 0.
---@field pitch? number A ratio above 0: 2 is an octave up.
---@field pan? number -1 (left) to 1 (right).
---@field at? number When, on perilune.now(); the past means now.
---@field offset? number Where in the sound it begins, in seconds.
---@field duration? number Seconds of the sound to play.
---@field loop? boolean Whether it goes round.
---@field loopStart? number In seconds; the file's tag or 0.
---@field loopEnd? number In seconds; the file's tag or the end.
---@field fadeIn? number Seconds.
---@field filter? perilune.Filter None by default.
---@field interpolation? "none"|"linear"|"cubic"|"sinc" Between frames, when pitched or resampled.
---@field onended? fun() Called by update when it has ended.

---A filter of a source.
---@class perilune.Filter
---@field type "lowpass"|"highpass"|"bandpass" What passes.
---@field frequency number In Hz.
---@field Q? number Resonance, 0.7071 by default.

---@class perilune.Sound
---@field buffer perilune.Buffer The first of its buffers.
---@field duration number Of it, in seconds.
local Sound = {}

---Plays it once more.
---@param options? perilune.PlayOptions|number a table, or the volume
---@param pitch? number
---@param pan? number
---@return perilune.Source
function Sound:play(options, pitch, pan) end

---Stops all that it plays.
---@param fade? number seconds
function Sound:stop(fade) end

---One play of a sound. What is set takes effect at once and without a click; one that has ended ignores it.
---@class perilune.Source
---@field volume number A factor from 0.
---@field pitch number A ratio above 0.
---@field pan number -1 (left) to 1 (right).
---@field loop boolean Whether it goes round.
---@field loopStart number In seconds of the sound.
---@field loopEnd number In seconds of the sound; 0 sets the end.
---@field filter perilune.Filter? A copy: assign it to change it; nil is none.
---@field interpolation string? "none", "linear", "cubic" or "sinc"; nil: the context's.
---@field time number Where it plays, in seconds of the sound.
---@field duration number Of the sound, in seconds.
---@field state string "scheduled", "playing", "paused" or "ended".
---@field paused boolean It stands still, and its fades and stops with it.
---@field playing boolean Whether its state is "playing".
---@field onended (fun())? Called by update when it has ended.
local Source = {}

---Stops it.
---@param fade? number seconds
---@param at? number when, on perilune.now()
function Source:stop(fade, at) end

---Moves its volume; it plays on at 0.
---@param volume number
---@param seconds number
function Source:fade(volume, seconds) end

---Decoded samples, shared by all that play them.
---@class perilune.Buffer
---@field id integer No other buffer of this process has it.
---@field length integer In frames.
---@field duration number In seconds.
---@field sampleRate number In Hz.
---@field numberOfChannels integer 1 to 32.
---@field format string "f32" or "s16".
local Buffer = {}

---All samples of a channel as native float32.
---@param channel integer from 1
---@return string
function Buffer:getChannelData(channel) end

---Samples of a channel as numbers.
---@param channel integer from 1
---@param start? integer the first frame, from 1
---@param count? integer of frames; all by default
---@return number[]
function Buffer:copyFromChannel(channel, start, count) end

---Writes samples.
---@param samples string|number[] native float32, or numbers
---@param channel integer from 1
---@param start? integer the first frame, from 1
function Buffer:copyToChannel(samples, channel, start) end

---One sample.
---@param channel integer from 1
---@param frame integer from 1
---@return number
function Buffer:getSample(channel, frame) end

---Writes one sample.
---@param channel integer from 1
---@param frame integer from 1
---@param value number
function Buffer:setSample(channel, frame, value) end

---Writes a WAV file.
---@param path string
function Buffer:save(path) end

---What both kinds of contexts have. Each factory of a node takes a table of its properties and the values of its parameters.
---@class perilune.BaseAudioContext
---@field sampleRate number In Hz.
---@field currentTime number Of the next frame to be rendered, in seconds.
---@field destination perilune.AudioDestinationNode What is heard.
---@field listener perilune.AudioListener Who hears the panners.
---@field state string "suspended", "running" or "closed".
---@field stats table<string,any> Counts, load and, while profiling, profile: the costliest nodes first.
---@field profiling boolean Whether the cost of each node is measured.
local BaseAudioContext = {}

---@param channels integer 1 to 32
---@param length integer in frames
---@param sampleRate number in Hz
---@return perilune.Buffer
function BaseAudioContext:createBuffer(channels, length, sampleRate) end

---@param options? table<string,any>
---@return perilune.AudioBufferSourceNode
function BaseAudioContext:createBufferSource(options) end

---@param options? table<string,any>
---@return perilune.GainNode
function BaseAudioContext:createGain(options) end

---A node of a kind that the host has registered (peri_register_node_kind in C).
---@param name string of the kind
---@param options? table<string,any> its parameters and options; of some kinds numberOfInputs or numberOfOutputs
---@return perilune.CustomNode|perilune.CustomSourceNode
function BaseAudioContext:createNode(name, options) end

---@param options? table<string,any>
---@return perilune.StereoPannerNode
function BaseAudioContext:createStereoPanner(options) end

---@param options? table<string,any>
---@return perilune.ConstantSourceNode
function BaseAudioContext:createConstantSource(options) end

---@param outputs? integer|table<string,any> 1 to 32, 6 by default; or options
---@return perilune.ChannelSplitterNode
function BaseAudioContext:createChannelSplitter(outputs) end

---@param inputs? integer|table<string,any> 1 to 32, 6 by default; or options
---@return perilune.ChannelMergerNode
function BaseAudioContext:createChannelMerger(inputs) end

---@param maxDelayTime? number|table<string,any> in seconds, up to 180, 1 by default; or options
---@return perilune.DelayNode
function BaseAudioContext:createDelay(maxDelayTime) end

---@param options? table<string,any>
---@return perilune.WaveShaperNode
function BaseAudioContext:createWaveShaper(options) end

---@param options? table<string,any>
---@return perilune.AnalyserNode
function BaseAudioContext:createAnalyser(options) end

---@param options? table<string,any>
---@return perilune.OscillatorNode
function BaseAudioContext:createOscillator(options) end

---The k-th partial's terms stand at k + 1; the first of each is ignored.
---@param real? number[] cosine terms
---@param imag? number[] sine terms
---@param options? table<string,any> disableNormalization, false by default
---@return perilune.PeriodicWave
function BaseAudioContext:createPeriodicWave(real, imag, options) end

---@param options? table<string,any>
---@return perilune.BiquadFilterNode
function BaseAudioContext:createBiquadFilter(options) end

---@param feedforward number[]|table<string,any> 1 to 20 coefficients; or options
---@param feedback? number[] 1 to 20 coefficients, the first not 0
---@return perilune.IIRFilterNode
function BaseAudioContext:createIIRFilter(feedforward, feedback) end

---@param options? table<string,any>
---@return perilune.ConvolverNode
function BaseAudioContext:createConvolver(options) end

---@param options? table<string,any>
---@return perilune.DynamicsCompressorNode
function BaseAudioContext:createDynamicsCompressor(options) end

---@param options? table<string,any>
---@return perilune.PannerNode
function BaseAudioContext:createPanner(options) end

---Hands a node's output over in blocks.
---@param node perilune.AudioNode
---@param options? table<string,any> channels, blockSize (frames), blocks, maxBlocks, dry ("skip" or "oldest")
---@return perilune.Tap
function BaseAudioContext:createTap(node, options) end

---Decodes a file. With a function on another thread, and update calls it.
---@param file string path or contents
---@param options? table<string,any>|fun(buffer:perilune.Buffer?,message:string?) format: "f32" or "s16"; may be left out
---@param fn? fun(buffer:perilune.Buffer?,message:string?)
---@return perilune.Buffer?
function BaseAudioContext:decodeAudioData(file, options, fn) end

---Ends it and all that sounds in it.
function BaseAudioContext:close() end

---A context with a device.
---@class perilune.AudioContext:perilune.BaseAudioContext
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

---What is heard, or rendered.
---@class perilune.AudioDestinationNode:perilune.AudioNode

---A node that starts and stops once.
---@class perilune.AudioScheduledSourceNode:perilune.AudioNode
---@field onended (fun())? Called by update when it has ended.
local AudioScheduledSourceNode = {}

---Starts it.
---@param when? number in seconds; the past means now
function AudioScheduledSourceNode:start(when) end

---Stops it.
---@param when? number in seconds; the past means now
function AudioScheduledSourceNode:stop(when) end

---Plays a Buffer.
---@class perilune.AudioBufferSourceNode:perilune.AudioScheduledSourceNode
---@field buffer perilune.Buffer? What it plays.
---@field playbackRate perilune.AudioParam A ratio; below 0 it plays backwards.
---@field detune perilune.AudioParam In cents.
---@field loop boolean Whether it goes round.
---@field loopStart number In seconds of the buffer.
---@field loopEnd number In seconds of the buffer; 0 is its end.
---@field filter perilune.Filter? A copy: assign it to change it; nil is none.
---@field interpolation string? "none", "linear", "cubic" or "sinc"; nil: the context's.
local AudioBufferSourceNode = {}

---Starts it.
---@param when? number in seconds; the past means now
---@param offset? number where in the buffer, in seconds
---@param duration? number seconds of the buffer
function AudioBufferSourceNode:start(when, offset, duration) end

---A steady signal.
---@class perilune.ConstantSourceNode:perilune.AudioScheduledSourceNode
---@field offset perilune.AudioParam The signal's value.

---A periodic signal, without aliasing.
---@class perilune.OscillatorNode:perilune.AudioScheduledSourceNode
---@field type string "sine", "square", "sawtooth", "triangle", or "custom" after setPeriodicWave.
---@field frequency perilune.AudioParam In Hz.
---@field detune perilune.AudioParam In cents.
local OscillatorNode = {}

---Plays a wave of your own.
---@param wave perilune.PeriodicWave
function OscillatorNode:setPeriodicWave(wave) end

---One period, by its partials. Oscillators share it.
---@class perilune.PeriodicWave

---Multiplies.
---@class perilune.GainNode:perilune.AudioNode
---@field gain perilune.AudioParam The factor.

---A node of a kind that the host has registered; its parameters and options are properties.
---@class perilune.CustomNode:perilune.AudioNode
local CustomNode = {}

---Likewise, of a kind that starts and stops.
---@class perilune.CustomSourceNode:perilune.AudioScheduledSourceNode
local CustomSourceNode = {}

---Moves between left and right by equal power.
---@class perilune.StereoPannerNode:perilune.AudioNode
---@field pan perilune.AudioParam -1 (left) to 1 (right).

---Each channel at an output of its own.
---@class perilune.ChannelSplitterNode:perilune.AudioNode

---Each input, mixed to mono, as a channel of the output.
---@class perilune.ChannelMergerNode:perilune.AudioNode

---Delays; in a cycle at least by one quantum of 128 frames.
---@class perilune.DelayNode:perilune.AudioNode
---@field delayTime perilune.AudioParam In seconds, up to the maxDelayTime of its creation; between frames it interpolates.

---Bends the signal by a curve.
---@class perilune.WaveShaperNode:perilune.AudioNode
---@field curve (number[]|string)? At least 2 values, for inputs from -1 to 1; also as native float32; nil passes the signal on.
---@field oversample string "none", "2x" or "4x".

---Passes the signal on and shows what is in it.
---@class perilune.AnalyserNode:perilune.AudioNode
---@field fftSize integer A power of 2, 32 to 32768.
---@field frequencyBinCount integer Half of fftSize.
---@field minDecibels number What byte 0 stands for; below maxDecibels.
---@field maxDecibels number What byte 255 stands for.
---@field smoothingTimeConstant number 0 (none) to 1.
local AnalyserNode = {}

---The last fftSize samples, mixed to mono.
---@param into? number[] a table to fill
---@return number[]
function AnalyserNode:getFloatTimeDomainData(into) end

---Likewise, from 0 to 255; silence is 128.
---@param into? number[] a table to fill
---@return number[]
function AnalyserNode:getByteTimeDomainData(into) end

---The level of each bin, in dB.
---@param into? number[] a table to fill
---@return number[]
function AnalyserNode:getFloatFrequencyData(into) end

---Likewise, from 0 (minDecibels) to 255 (maxDecibels).
---@param into? number[] a table to fill
---@return number[]
function AnalyserNode:getByteFrequencyData(into) end

---A filter of second order.
---@class perilune.BiquadFilterNode:perilune.AudioNode
---@field type string "lowpass", "highpass", "bandpass", "lowshelf", "highshelf", "peaking", "notch" or "allpass".
---@field frequency perilune.AudioParam In Hz.
---@field detune perilune.AudioParam In cents.
---@field Q perilune.AudioParam Resonance; in dB for lowpass and highpass.
---@field gain perilune.AudioParam In dB, of shelves and peaking.
local BiquadFilterNode = {}

---What it does to each of some frequencies.
---@param frequencies number[] in Hz
---@param magnitudes? number[] a table to fill with factors
---@param phases? number[] a table to fill with radians
---@return number[] magnitudes
---@return number[] phases
function BiquadFilterNode:getFrequencyResponse(frequencies, magnitudes, phases) end

---A filter of coefficients of your own.
---@class perilune.IIRFilterNode:perilune.AudioNode
local IIRFilterNode = {}

---What it does to each of some frequencies.
---@param frequencies number[] in Hz
---@param magnitudes? number[] a table to fill with factors
---@param phases? number[] a table to fill with radians
---@return number[] magnitudes
---@return number[] phases
function IIRFilterNode:getFrequencyResponse(frequencies, magnitudes, phases) end

---Convolves with an impulse response, without added latency.
---@class perilune.ConvolverNode:perilune.AudioNode
---@field buffer perilune.Buffer? The response: 1, 2 or 4 channels at the context's sample rate.
---@field normalize boolean Whether responses set from now on are brought to one loudness.

---Makes loud parts quieter.
---@class perilune.DynamicsCompressorNode:perilune.AudioNode
---@field threshold perilune.AudioParam In dB; above it, it compresses.
---@field knee perilune.AudioParam In dB above the threshold, where the curve bends.
---@field ratio perilune.AudioParam dB of input to one dB of output.
---@field attack perilune.AudioParam Seconds until it is 10 dB down.
---@field release perilune.AudioParam Seconds until it is 10 dB up.
---@field reduction number What it takes away now, in dB, 0 or below.

---Who hears the panners. x is right, y up, z backwards.
---@class perilune.AudioListener
---@field positionX perilune.AudioParam Where.
---@field positionY perilune.AudioParam Where.
---@field positionZ perilune.AudioParam Where.
---@field forwardX perilune.AudioParam Where the nose points.
---@field forwardY perilune.AudioParam Where the nose points.
---@field forwardZ perilune.AudioParam Where the nose points.
---@field upX perilune.AudioParam Where the crown points.
---@field upY perilune.AudioParam Where the crown points.
---@field upZ perilune.AudioParam Where the crown points.
local AudioListener = {}

---Sets all three.
---@param x number
---@param y number
---@param z number
function AudioListener:setPosition(x, y, z) end

---Sets forward and up.
---@param x number
---@param y number
---@param z number
---@param upX number
---@param upY number
---@param upZ number
function AudioListener:setOrientation(x, y, z, upX, upY, upZ) end

---Places its input in space.
---@class perilune.PannerNode:perilune.AudioNode
---@field panningModel string "equalpower", or "HRTF" for headphones.
---@field distanceModel string "linear", "inverse" or "exponential".
---@field refDistance number From 0: up to there it is at its loudest.
---@field maxDistance number Above 0: from there on it gets no quieter.
---@field rolloffFactor number From 0: how fast it gets quieter.
---@field coneInnerAngle number In degrees: within, full volume.
---@field coneOuterAngle number In degrees: outside, coneOuterGain.
---@field coneOuterGain number 0 to 1.
---@field positionX perilune.AudioParam Where.
---@field positionY perilune.AudioParam Where.
---@field positionZ perilune.AudioParam Where.
---@field orientationX perilune.AudioParam Where its cone points.
---@field orientationY perilune.AudioParam Where its cone points.
---@field orientationZ perilune.AudioParam Where its cone points.
local PannerNode = {}

---Sets all three.
---@param x number
---@param y number
---@param z number
function PannerNode:setPosition(x, y, z) end

---Sets all three.
---@param x number
---@param y number
---@param z number
function PannerNode:setOrientation(x, y, z) end

---A node's output in blocks.
---@class perilune.Tap
---@field stats table<string,integer> Counts of blocks: acquired, transferred, returned, dropped, grown, blocks, inFlight, highWater.
local Tap = {}

---The next block, or nil for none yet. Also an iterator: for block in tap.receive, tap do.
---@return perilune.Block?
function Tap:receive() end

---Ends it.
function Tap:close() end

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

return perilune
