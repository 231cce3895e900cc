---@meta perilune

-- What editors with the Lua language server know of perilune, and what docs/reference.md is made of (tests/reference.lua):
-- the module and its game layer here, contexts and nodes in the files beside it. tests/lua/reference_spec.lua compares them
-- with the module's own tables. Types are written without spaces.

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

return perilune
