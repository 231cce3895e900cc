---@meta _

-- The nodes, each with the options of its factory: those without a sentence are the property or parameter of that name.
-- See perilune.d.lua.

---What is heard, or rendered.
---@class perilune.AudioDestinationNode:perilune.AudioNode
---@field maxChannelCount integer The most that channelCount may be: the context's channels.

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

---Options of createBufferSource.
---@class perilune.BufferSourceOptions:perilune.AudioNodeOptions
---@field buffer? perilune.Buffer
---@field playbackRate? number
---@field detune? number
---@field loop? boolean
---@field loopStart? number
---@field loopEnd? number
---@field filter? perilune.Filter
---@field interpolation? "none"|"linear"|"cubic"|"sinc"
---@field onended? fun()

---A steady signal.
---@class perilune.ConstantSourceNode:perilune.AudioScheduledSourceNode
---@field offset perilune.AudioParam The signal's value.

---Options of createConstantSource.
---@class perilune.ConstantSourceOptions:perilune.AudioNodeOptions
---@field offset? number
---@field onended? fun()

---A periodic signal, without aliasing.
---@class perilune.OscillatorNode:perilune.AudioScheduledSourceNode
---@field type string "sine", "square", "sawtooth", "triangle", or "custom" after setPeriodicWave.
---@field frequency perilune.AudioParam In Hz.
---@field detune perilune.AudioParam In cents.
local OscillatorNode = {}

---Plays a wave of your own.
---@param wave perilune.PeriodicWave
function OscillatorNode:setPeriodicWave(wave) end

---Options of createOscillator.
---@class perilune.OscillatorOptions:perilune.AudioNodeOptions
---@field type? "sine"|"square"|"sawtooth"|"triangle"|"custom"
---@field frequency? number
---@field detune? number
---@field periodicWave? perilune.PeriodicWave A wave of your own; type may then be left out.
---@field onended? fun()

---One period, by its partials. Oscillators share it.
---@class perilune.PeriodicWave

---Options of createPeriodicWave.
---@class perilune.PeriodicWaveOptions
---@field disableNormalization? boolean Whether its loudness is left as the terms make it; false by default.

---Multiplies.
---@class perilune.GainNode:perilune.AudioNode
---@field gain perilune.AudioParam The factor.

---Options of createGain.
---@class perilune.GainOptions:perilune.AudioNodeOptions
---@field gain? number

---A node of a kind that the host has registered; its parameters and options are properties.
---@class perilune.CustomNode:perilune.AudioNode
local CustomNode = {}

---Likewise, of a kind that starts and stops.
---@class perilune.CustomSourceNode:perilune.AudioScheduledSourceNode
local CustomSourceNode = {}

---Moves between left and right by equal power.
---@class perilune.StereoPannerNode:perilune.AudioNode
---@field pan perilune.AudioParam -1 (left) to 1 (right).

---Options of createStereoPanner.
---@class perilune.StereoPannerOptions:perilune.AudioNodeOptions
---@field pan? number

---Each channel at an output of its own.
---@class perilune.ChannelSplitterNode:perilune.AudioNode

---Options of createChannelSplitter.
---@class perilune.ChannelSplitterOptions:perilune.AudioNodeOptions
---@field numberOfOutputs? integer 1 to 32; 6 by default.

---Each input, mixed to mono, as a channel of the output.
---@class perilune.ChannelMergerNode:perilune.AudioNode

---Options of createChannelMerger.
---@class perilune.ChannelMergerOptions:perilune.AudioNodeOptions
---@field numberOfInputs? integer 1 to 32; 6 by default.

---Delays; in a cycle at least by one quantum of 128 frames.
---@class perilune.DelayNode:perilune.AudioNode
---@field delayTime perilune.AudioParam In seconds, up to the maxDelayTime of its creation; between frames it interpolates.

---Options of createDelay.
---@class perilune.DelayOptions:perilune.AudioNodeOptions
---@field delayTime? number
---@field maxDelayTime? number In seconds, up to 180; 1 by default.

---Bends the signal by a curve.
---@class perilune.WaveShaperNode:perilune.AudioNode
---@field curve (number[]|string)? At least 2 values, for inputs from -1 to 1; also as native float32; nil passes the signal on.
---@field oversample string "none", "2x" or "4x".

---Options of createWaveShaper.
---@class perilune.WaveShaperOptions:perilune.AudioNodeOptions
---@field curve? number[]|string
---@field oversample? "none"|"2x"|"4x"

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

---Options of createAnalyser.
---@class perilune.AnalyserOptions:perilune.AudioNodeOptions
---@field fftSize? integer
---@field minDecibels? number
---@field maxDecibels? number
---@field smoothingTimeConstant? number

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

---Options of createBiquadFilter.
---@class perilune.BiquadFilterOptions:perilune.AudioNodeOptions
---@field type? "lowpass"|"highpass"|"bandpass"|"lowshelf"|"highshelf"|"peaking"|"notch"|"allpass"
---@field frequency? number
---@field detune? number
---@field Q? number
---@field gain? number

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

---Options of createIIRFilter.
---@class perilune.IIRFilterOptions:perilune.AudioNodeOptions
---@field feedforward number[] 1 to 20 coefficients.
---@field feedback number[] 1 to 20 coefficients, the first not 0.

---Convolves with an impulse response, without added latency.
---@class perilune.ConvolverNode:perilune.AudioNode
---@field buffer perilune.Buffer? The response: 1, 2 or 4 channels at the context's sample rate; another one, or a saved file of it, does not click.
---@field normalize boolean Whether responses set from now on are brought to one loudness.

---Options of createConvolver.
---@class perilune.ConvolverOptions:perilune.AudioNodeOptions
---@field buffer? perilune.Buffer
---@field normalize? boolean
---@field disableNormalization? boolean The opposite of normalize, by Web Audio's name.

---Makes loud parts quieter.
---@class perilune.DynamicsCompressorNode:perilune.AudioNode
---@field threshold perilune.AudioParam In dB; above it, it compresses.
---@field knee perilune.AudioParam In dB above the threshold, where the curve bends.
---@field ratio perilune.AudioParam dB of input to one dB of output.
---@field attack perilune.AudioParam Seconds until it is 10 dB down.
---@field release perilune.AudioParam Seconds until it is 10 dB up.
---@field reduction number What it takes away now, in dB, 0 or below.

---Options of createDynamicsCompressor.
---@class perilune.DynamicsCompressorOptions:perilune.AudioNodeOptions
---@field threshold? number
---@field knee? number
---@field ratio? number
---@field attack? number
---@field release? number

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

---Options of createPanner.
---@class perilune.PannerOptions:perilune.AudioNodeOptions
---@field panningModel? "equalpower"|"HRTF"
---@field distanceModel? "linear"|"inverse"|"exponential"
---@field refDistance? number
---@field maxDistance? number
---@field rolloffFactor? number
---@field coneInnerAngle? number
---@field coneOuterAngle? number
---@field coneOuterGain? number
---@field positionX? number
---@field positionY? number
---@field positionZ? number
---@field orientationX? number
---@field orientationY? number
---@field orientationZ? number
