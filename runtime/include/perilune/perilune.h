/* perilune: a game audio runtime that stays close to Lua. The public C API.
 *
 * An engine is an object; many may live side by side. It renders a graph of nodes in quanta of 128 frames.
 * Whoever calls peri_engine_render is its audio thread for that call: an SDL2 device (peri_device_open),
 * or the host itself (pull mode, offline rendering).
 *
 * Threads. Every function here may be called from any thread but the audio thread, unless it says otherwise;
 * calls on one engine are ordered by a lock that the audio thread never sees. Nothing here waits for the audio
 * thread except peri_device_open, peri_device_close and peri_engine_destroy.
 *
 * Failure. What can fail returns false, NULL or 0, changes nothing, and leaves one sentence for peri_error().
 *
 * Units. Times are seconds on the engine's clock (peri_engine_time) as doubles; positions in a sound are seconds of
 * that sound; gains are linear factors; a frame is one sample in each channel. Inputs, outputs and channels count
 * from 0 here (from 1 in Lua).
 *
 * MIT licence, see LICENSE. */
#ifndef PERILUNE_H
#define PERILUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERI_VERSION_MAJOR 0
#define PERI_VERSION_MINOR 1
#define PERI_VERSION_PATCH 0
#define PERI_VERSION "0.1.0"

#if defined(__GNUC__)
#define PERI_API __attribute__((visibility("default")))
#else
#define PERI_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define PERI_QUANTUM 128              /* frames rendered at a time (Web Audio 1.1, render quantum) */
#define PERI_MAX_CHANNELS 32          /* channels of a buffer, a node's output or the destination */
#define PERI_MAX_FRAMES 1073741824u   /* of a buffer: 2^30, 6.2 hours at 48 kHz */
#define PERI_MIN_SAMPLE_RATE 3000.0   /* Hz, for buffers and engines */
#define PERI_MAX_SAMPLE_RATE 768000.0 /* Hz */

typedef struct peri_engine peri_engine;
typedef struct peri_buffer peri_buffer;
typedef struct peri_tap peri_tap;
typedef struct peri_visualizer peri_visualizer;
typedef struct peri_wav peri_wav;

/* A node of an engine's graph, buffer sources among them. 0 is null. The id of a node that is gone is never used
 * again: functions refuse it and say so. */
typedef uint64_t peri_node;

/* A group of sources and loads that tells one listener (a Lua state, say) of its events. 0 is nobody. */
typedef uint32_t peri_owner;

/* The version of the library in use, "major.minor.patch". */
PERI_API const char *peri_version(void);

/* Why the last call on this thread that failed did so: one sentence without a newline. Valid until the next failure
 * on this thread. Never NULL. */
PERI_API const char *peri_error(void);

/* ---- Hooks ------------------------------------------------------------------------------------------------------ */

typedef enum { PERI_LOG_INFO, PERI_LOG_WARNING, PERI_LOG_ERROR } peri_log_level;

/* Replacements for what the library takes from the system; any may be NULL for the default. Process-wide. */
typedef struct peri_hooks {
  uint32_t size; /* sizeof(peri_hooks) */
  /* Memory aligned to `alignment` (a power of two, at least 16), or NULL. Default: aligned_alloc. Any thread but the
   * audio thread. */
  void *(*allocate)(size_t bytes, size_t alignment, void *user);
  void (*release)(void *memory, size_t bytes, void *user);                          /* memory is never NULL */
  void (*log)(peri_log_level level, const char *message, void *user);               /* default: standard error */
  void (*assertion)(const char *condition, const char *file, int line, void *user); /* default: prints and aborts */
  void *user;
} peri_hooks;

PERI_API peri_hooks peri_default_hooks(void);

/* Sets the hooks of the process. Call it before anything else of this library: false once memory was taken. */
PERI_API bool peri_set_hooks(const peri_hooks *hooks);

/* Reads whole files for one engine, so that a game's archive can serve sounds. `read` fills in memory that stays valid
 * until `done` is called with it; it returns false when there is no such file, and then the file system is asked.
 * Called on the thread that loads, also on loader threads. */
typedef struct peri_files {
  bool (*read)(const char *path, const void **bytes, size_t *size, void *user);
  void (*done)(const void *bytes, size_t size, void *user);
  void *user;
} peri_files;

/* ---- Engine ----------------------------------------------------------------------------------------------------- */

/* How a sound is read between its frames, when it does not play at the engine's rate. */
typedef enum {
  PERI_INTERPOLATION_DEFAULT, /* of a source: the engine's; of an engine: linear */
  PERI_INTERPOLATION_NONE,    /* the frame before: sounds as old games do */
  PERI_INTERPOLATION_LINEAR,  /* Web Audio's; two frames */
  PERI_INTERPOLATION_CUBIC,   /* Catmull-Rom; four frames */
  PERI_INTERPOLATION_SINC,    /* band-limited, for music and large shifts of pitch; dsp/sinc.h has its quality */
} peri_interpolation;

typedef struct peri_engine_def {
  uint32_t size;                    /* sizeof(peri_engine_def); set by peri_default_engine_def */
  uint32_t channels;                /* of the destination, 1 to 32; 2 */
  double sample_rate;               /* Hz, 3,000 to 768,000; 48,000 */
  size_t command_limit;             /* bytes of commands that may wait while nobody renders; 256 MiB */
  uint32_t loader_threads;          /* 1 to 16; 1. Started at the first asynchronous load or device */
  peri_interpolation interpolation; /* of sources that name none; PERI_INTERPOLATION_LINEAR */
  peri_files files;                 /* none */
} peri_engine_def;

PERI_API peri_engine_def peri_default_engine_def(void);

/* Makes an engine without a device; `def` NULL: the defaults. NULL on failure (bad rate or channel count, no memory).
 */
PERI_API peri_engine *peri_engine_create(const peri_engine_def *def);

/* Closes the device and frees everything that belongs to the engine: sources, nodes, taps, visualizers. Buffers that
 * others hold live on. No other call on this engine may be under way. NULL is ignored. */
PERI_API void peri_engine_destroy(peri_engine *engine);

/* AUDIO THREAD. Renders the next `frames` frames (any count) as interleaved float32 into `out`. Never allocates, locks,
 * blocks or logs. Refused with false, and `out` silent, while another thread renders the same engine. */
PERI_API bool peri_engine_render(peri_engine *engine, float *out, uint32_t frames);

PERI_API double peri_engine_sample_rate(const peri_engine *engine);
PERI_API uint32_t peri_engine_channels(const peri_engine *engine);

/* Frames rendered so far, and the same in seconds: the start of the next quantum, at which commands given now
 * apply. Any thread. */
PERI_API uint64_t peri_engine_frame(const peri_engine *engine);
PERI_API double peri_engine_time(const peri_engine *engine);

/* The node that is heard: one input, `channels` channels. */
PERI_API peri_node peri_engine_destination(const peri_engine *engine);

/* Web Audio 1.1, AudioListener: where panners are heard from. It has parameters and neither inputs nor outputs, and
 * stays as long as the engine; made at the first need. 0 without memory. */
PERI_API peri_node peri_engine_listener(peri_engine *engine);

/* What is called between begin and commit applies in one quantum. Pairs nest; the outermost commit publishes. */
PERI_API void peri_engine_begin(peri_engine *engine);
PERI_API bool peri_engine_commit(peri_engine *engine);

/* Once a frame: publishes edits of the graph, reclaims what has ended, makes events ready for peri_owner_poll. */
PERI_API bool peri_engine_update(peri_engine *engine);

/* Whether anything can still be heard or will be without a further call: sources playing or scheduled (not paused),
 * loads under way, tails of nodes above −120 dB. The last quantum's tail counts. */
PERI_API bool peri_engine_is_active(peri_engine *engine);

typedef struct peri_stats {
  uint32_t size;              /* sizeof(peri_stats), set by the caller */
  uint32_t sources;           /* slots in use: created, scheduled, playing, or ended and not yet reclaimed */
  uint32_t sources_playing;   /* heard or keeping time in the last quantum */
  uint32_t sources_scheduled; /* started with a time that has not come */
  uint32_t sources_paused;
  uint64_t sources_started; /* that the audio thread has taken over since the engine was made */
  uint64_t sources_ended;   /* of them, those that have ended */
  uint32_t nodes;           /* of the graph, the destination included, sources left out */
  uint32_t plan_steps;      /* of the render plan in use */
  uint64_t source_bytes;    /* memory of source slots (all, free ones too) and voice lists */
  uint64_t command_bytes;   /* of chunks alive: filled, in use, or empty for reuse */
  uint64_t commands;        /* applied by the audio thread since the engine was made */
  uint64_t quanta;          /* rendered */
  double load;              /* time spent rendering over the time it lasts, mean of the last 100 ms or so */
  double load_peak;         /* the worst callback of the last second or so, likewise */
  uint64_t underruns;       /* callbacks of a device that came too late or took too long */
  uint64_t nonfinite;       /* quanta silenced because a NaN or infinity appeared */
  uint64_t tap_dropped;     /* blocks dropped by taps, in all */
  uint64_t device_losses;   /* devices lost since the engine was made */
  uint32_t loads;           /* asynchronous loads and reloads under way */
} peri_stats;

/* A snapshot; never blocks the audio thread. */
PERI_API bool peri_engine_stats(peri_engine *engine, peri_stats *stats);

/* Bytes of sample storages alive and buffers alive, in the whole process. */
PERI_API uint64_t peri_buffer_bytes_alive(void);
PERI_API uint32_t peri_buffers_alive(void);

/* ---- Owners and events ------------------------------------------------------------------------------------------ */

typedef enum {
  PERI_EVENT_NONE,
  PERI_EVENT_ENDED,  /* a source with `notify` played its last frame: `source`, `user` */
  PERI_EVENT_LOADED, /* an asynchronous load or reload is done: `user`, and `buffer` (yours to release), or NULL and
                        `message` */
} peri_event_type;

typedef struct peri_event {
  peri_event_type type;
  peri_node source; /* gone already: an id to compare with, nothing more */
  uint64_t user;    /* what was given with the source or load */
  peri_buffer *buffer;
  char message[256]; /* why a load failed */
} peri_event;

/* A new owner; 0 on failure. At most 65,535 at a time. */
PERI_API peri_owner peri_owner_create(peri_engine *engine);

/* Stops the owner's sources (over 5 ms), forgets its events and loads. */
PERI_API void peri_owner_close(peri_engine *engine, peri_owner owner);

/* Takes the owner's next event; false when there is none. Events appear by peri_engine_update. */
PERI_API bool peri_owner_poll(peri_engine *engine, peri_owner owner, peri_event *event);

/* ---- Buffers: shared, reference-counted samples ------------------------------------------------------------------ */

/* An empty (zero) buffer of 1 to 32 channels and 1 to PERI_MAX_FRAMES frames. It belongs to no engine; the caller holds
 * one reference. */
PERI_API peri_buffer *peri_buffer_create(uint32_t channels, uint64_t frames, double sample_rate);

/* What a buffer keeps of each sample. Sources play both; numbers go in and out as float32. */
typedef enum {
  PERI_FORMAT_F32,
  PERI_FORMAT_S16, /* half the memory; rounded to the nearest of 65,536 steps and clipped to ±1 */
} peri_format;

/* Decodes a whole sound file (WAV, Ogg Vorbis) from memory. `sample_rate` resamples to that rate (windowed sinc);
 * 0 keeps the file's. */
PERI_API peri_buffer *peri_buffer_decode(const void *bytes, size_t size, double sample_rate, peri_format format);

PERI_API peri_buffer *peri_buffer_retain(peri_buffer *buffer); /* returns its argument; NULL is ignored */
PERI_API void peri_buffer_release(peri_buffer *buffer);        /* NULL is ignored */

PERI_API uint64_t peri_buffer_id(const peri_buffer *buffer); /* unique in the process, below 2^53 */
/* The buffer of that id, a reference for the caller; NULL once nobody holds it. */
PERI_API peri_buffer *peri_buffer_find(uint64_t id);
PERI_API uint32_t peri_buffer_channels(const peri_buffer *buffer);
PERI_API uint64_t peri_buffer_frames(const peri_buffer *buffer);
PERI_API double peri_buffer_sample_rate(const peri_buffer *buffer);
PERI_API double peri_buffer_duration(const peri_buffer *buffer); /* seconds */
PERI_API peri_format peri_buffer_format(const peri_buffer *buffer);
PERI_API uint64_t peri_buffer_bytes(const peri_buffer *buffer); /* channels × frames × 4, or 2 */

/* The loop that the buffer's file names, in seconds of the sound (Vorbis comments LOOPSTART and LOOPLENGTH or LOOPEND;
 * the first loop of a WAV's smpl chunk); false when it names none. Sources do not follow it by themselves. */
PERI_API bool peri_buffer_get_loop(const peri_buffer *buffer, double *start, double *end);

/* Copies `count` samples of one channel, from frame `start`. The range must lie inside the buffer. */
PERI_API bool peri_buffer_read(peri_buffer *buffer, uint32_t channel, uint64_t start, float *samples, uint64_t count);

/* Writes likewise. Sources that have the buffer keep the samples they have: while any does, the buffer gets a new
 * storage behind the same id (copy on write). NaN and infinite samples are stored, and silenced when played. */
PERI_API bool peri_buffer_write(peri_buffer *buffer, uint32_t channel, uint64_t start, const float *samples,
                                uint64_t count);

/* Writes a WAV file of 32-bit float samples. */
PERI_API bool peri_buffer_save(peri_buffer *buffer, const char *path);

/* The buffer of a sound file, decoded at the engine's rate: one decode and one copy for all who ask for the same path
 * and format while anybody holds it. The caller gets a reference. */
PERI_API peri_buffer *peri_engine_load(peri_engine *engine, const char *path, peri_format format);

/* The same for a file in memory: equal contents share one buffer. */
PERI_API peri_buffer *peri_engine_load_memory(peri_engine *engine, const void *bytes, size_t size, peri_format format);

/* The same on a loader thread; PERI_EVENT_LOADED with `user` comes to `owner`. The bytes are copied. */
PERI_API bool peri_engine_load_async(peri_engine *engine, peri_owner owner, uint64_t user, const char *path,
                                     peri_format format);
PERI_API bool peri_engine_load_memory_async(peri_engine *engine, peri_owner owner, uint64_t user, const void *bytes,
                                            size_t size, peri_format format);

/* A changed file in the place of the old one, while everything plays: decodes it on a loader thread, at the engine's
 * rate and in the buffer's format, and gives `buffer` the new samples, behind the same id: length, channels, rate and
 * the file's loop are the new file's from then on. Sources that start afterwards play them; one that plays without a
 * loop plays the old samples to its end; one that loops takes the new ones when it next comes round, at its loop start
 * in the new sound, with its own loop points (in seconds). PERI_EVENT_LOADED comes as for a load; where the file does
 * not load, it says why, and nothing has changed. Of several reloads of a buffer, the one asked for last counts.
 * Afterwards peri_engine_load gives this buffer for that path, and peri_engine_load_memory for contents only while they
 * are what it holds. Other engines' sources notice at their peri_engine_update. */
PERI_API bool peri_engine_reload_async(peri_engine *engine, peri_owner owner, uint64_t user, peri_buffer *buffer,
                                       const char *path);
PERI_API bool peri_engine_reload_memory_async(peri_engine *engine, peri_owner owner, uint64_t user, peri_buffer *buffer,
                                              const void *bytes, size_t size);

typedef struct peri_file_info {
  char format[16]; /* "WAV" or "Ogg Vorbis" */
  uint32_t channels;
  double sample_rate; /* Hz, of the file */
  uint64_t frames;
  uint64_t bytes;      /* of the file */
  uint64_t loop_start; /* the file's own loop, in frames; 0, 0: none */
  uint64_t loop_end;   /* the first frame that is not of it */
} peri_file_info;

/* What a sound file holds, from the file system. */
PERI_API bool peri_file_inspect(const char *path, peri_file_info *info);

/* ---- Nodes ------------------------------------------------------------------------------------------------------ */

typedef enum {
  PERI_NODE_DESTINATION,
  PERI_NODE_BUFFER_SOURCE,
  PERI_NODE_GAIN,
  PERI_NODE_STEREO_PANNER,
  PERI_NODE_CONSTANT_SOURCE,
  PERI_NODE_CHANNEL_SPLITTER,
  PERI_NODE_CHANNEL_MERGER,
  PERI_NODE_DELAY,
  PERI_NODE_WAVE_SHAPER,
  PERI_NODE_ANALYSER,
  PERI_NODE_OSCILLATOR,
  PERI_NODE_BIQUAD_FILTER,
  PERI_NODE_IIR_FILTER,
  PERI_NODE_CONVOLVER,
  PERI_NODE_DYNAMICS_COMPRESSOR,
  PERI_NODE_LISTENER, /* one an engine: peri_engine_listener */
  PERI_NODE_PANNER,
  PERI_NODE_KINDS, /* those of peri_register_node_kind come from here on */
  PERI_NODE_KINDS_END = PERI_NODE_KINDS + 64
} peri_node_kind;

/* Indices of parameters, by kind of node. */
enum { PERI_GAIN_GAIN = 0 };
enum { PERI_STEREO_PANNER_PAN = 0 };
enum { PERI_SOURCE_PLAYBACK_RATE = 0, PERI_SOURCE_DETUNE = 1 };
enum { PERI_CONSTANT_SOURCE_OFFSET = 0 };
enum { PERI_DELAY_DELAY_TIME = 0 };
enum { PERI_WAVE_SHAPER_OVERSAMPLE = 0 }; /* an option */
enum {                                    /* options */
       PERI_ANALYSER_FFT_SIZE,
       PERI_ANALYSER_MIN_DECIBELS,
       PERI_ANALYSER_MAX_DECIBELS,
       PERI_ANALYSER_SMOOTHING
};
enum { PERI_OSCILLATOR_FREQUENCY = 0, PERI_OSCILLATOR_DETUNE = 1 };
enum { PERI_BIQUAD_FREQUENCY = 0, PERI_BIQUAD_DETUNE = 1, PERI_BIQUAD_Q = 2, PERI_BIQUAD_GAIN = 3 };
enum {
  PERI_COMPRESSOR_THRESHOLD = 0, /* dB */
  PERI_COMPRESSOR_KNEE = 1,      /* dB */
  PERI_COMPRESSOR_RATIO = 2,
  PERI_COMPRESSOR_ATTACK = 3, /* seconds */
  PERI_COMPRESSOR_RELEASE = 4 /* seconds */
};

/* Places of options. */
enum { PERI_CONVOLVER_NORMALIZE = 0 };
enum {
  PERI_LISTENER_POSITION_X = 0,
  PERI_LISTENER_POSITION_Y,
  PERI_LISTENER_POSITION_Z,
  PERI_LISTENER_FORWARD_X,
  PERI_LISTENER_FORWARD_Y,
  PERI_LISTENER_FORWARD_Z,
  PERI_LISTENER_UP_X,
  PERI_LISTENER_UP_Y,
  PERI_LISTENER_UP_Z,
};
enum {
  PERI_PANNER_POSITION_X = 0,
  PERI_PANNER_POSITION_Y,
  PERI_PANNER_POSITION_Z,
  PERI_PANNER_ORIENTATION_X,
  PERI_PANNER_ORIENTATION_Y,
  PERI_PANNER_ORIENTATION_Z,
};

/* Indices of a panner's options (peri_node_set_option), and the places of its words. PERI_PANNING_HRTF is refused with
 * a message where libmysofa or its measured responses are missing; the first panner of an engine that is set to it
 * reads and prepares them, some 100 ms at 48 kHz. */
enum {
  PERI_PANNER_PANNING_MODEL = 0,
  PERI_PANNER_DISTANCE_MODEL,
  PERI_PANNER_REF_DISTANCE,     /* from 0 */
  PERI_PANNER_MAX_DISTANCE,     /* above 0 */
  PERI_PANNER_ROLLOFF_FACTOR,   /* from 0 */
  PERI_PANNER_CONE_INNER_ANGLE, /* degrees */
  PERI_PANNER_CONE_OUTER_ANGLE,
  PERI_PANNER_CONE_OUTER_GAIN, /* 0 to 1 */
};
enum { PERI_PANNING_EQUAL_POWER = 0, PERI_PANNING_HRTF };
enum { PERI_DISTANCE_LINEAR = 0, PERI_DISTANCE_INVERSE, PERI_DISTANCE_EXPONENTIAL };

typedef struct peri_param_info {
  const char *name; /* Web Audio's: "gain", "playbackRate" */
  float default_value, min_value, max_value;
  bool audio_rate; /* a-rate unless set otherwise */
  bool fixed_rate; /* its automation rate cannot be changed */
} peri_param_info;

typedef enum { PERI_OPTION_NUMBER, PERI_OPTION_WHOLE, PERI_OPTION_BOOLEAN, PERI_OPTION_WORD } peri_option_type;

/* A property of a node that is no parameter: a number, a whole number, 0 or 1, or the place of a word. */
typedef struct peri_option_info {
  const char *name; /* Web Audio's: "type", "oversample" */
  peri_option_type type;
  double default_value, min_value, max_value;
  const char *const *words; /* of a PERI_OPTION_WORD, ends with NULL */
} peri_option_info;

typedef struct peri_node_info {
  const char *name;         /* Web Audio's: "GainNode" */
  uint32_t inputs, outputs; /* where their number is chosen, those that it has unless told otherwise */
  uint32_t params;
  const peri_param_info *param; /* `params` of them */
  uint32_t options;
  const peri_option_info *option; /* `options` of them */
  bool scheduled;                 /* it starts and stops like a source */
  uint32_t min_ports;     /* not 0: its inputs are chosen for each node, from so many to 32 (peri_node_def.ports) */
  bool ports_are_outputs; /* its outputs are, not its inputs */
} peri_node_info;

/* What a kind of node has; NULL for an unknown kind. */
PERI_API const peri_node_info *peri_node_kind_info(peri_node_kind kind);

/* A new node of a kind other than destination and buffer source. The caller holds it. 0 on failure. */
PERI_API peri_node peri_node_create(peri_engine *engine, peri_node_kind kind);

/* What some kinds of nodes are made with, and cannot be changed later. */
typedef struct peri_node_def {
  uint32_t size; /* sizeof(peri_node_def); set by peri_default_node_def */
  peri_node_kind kind;
  uint32_t ports;   /* outputs of a channel splitter, inputs of a channel merger: 1 to 32; 6. See peri_node_info */
  peri_owner owner; /* of a scheduled source, as the next two: see peri_source_def */
  bool notify;
  uint64_t user;
  double max_delay; /* of a delay: the longest it can be, in seconds, above 0 and below 180; 1 */
  /* of an IIR filter: see "Filters" */
  const double *feedforward, *feedback;
  uint32_t feedforward_count, feedback_count;
} peri_node_def;

PERI_API peri_node_def peri_default_node_def(peri_node_kind kind);
PERI_API peri_node peri_node_create_from(peri_engine *engine, const peri_node_def *def);

/* How many inputs and outputs a node has. */
PERI_API bool peri_node_get_ports(peri_engine *engine, peri_node node, uint32_t *inputs, uint32_t *outputs);

/* A property by its place in peri_node_info.option, from the next quantum on. */
PERI_API bool peri_node_set_option(peri_engine *engine, peri_node node, uint32_t option, double value);
PERI_API bool peri_node_get_option(peri_engine *engine, peri_node node, uint32_t option, double *value);

/* The curve of a wave shaper, at least 2 finite values, copied; NULL: none. At any time, from the next quantum on. */
PERI_API bool peri_node_set_curve(peri_engine *engine, peri_node node, const float *values, uint32_t count);
/* Copies at most `*count` of its values, and sets `*count` to how many it has: 0 without a curve. */
PERI_API bool peri_node_get_curve(peri_engine *engine, peri_node node, float *values, uint32_t *count);

/* What an analyser has heard last, mixed to mono: the latest fftSize frames; and how strong frequencies are in them, in
 * dB, fftSize / 2 of them from 0 Hz on, each by sample rate / fftSize above the one before. −INFINITY is silence.
 * Levels are smoothed from one call to the next (smoothingTimeConstant); calls within one quantum get the same. Bytes
 * are as Web Audio has them: 128 (1 + sample), and 0 to 255 from minDecibels to maxDecibels. At most `count` values are
 * written, the first ones. Any thread, at any time; rendering does not notice. */
PERI_API bool peri_analyser_get_time_data(peri_engine *engine, peri_node node, float *samples, uint32_t count);
PERI_API bool peri_analyser_get_time_bytes(peri_engine *engine, peri_node node, uint8_t *bytes, uint32_t count);
PERI_API bool peri_analyser_get_frequency_data(peri_engine *engine, peri_node node, float *levels, uint32_t count);
PERI_API bool peri_analyser_get_frequency_bytes(peri_engine *engine, peri_node node, uint8_t *bytes, uint32_t count);
/* The impulse response of a convolver: 1, 2 or 4 channels, at the engine's sample rate; NULL takes it away. The samples
 * that the buffer has now are transformed (a response of 10 s takes some tens of milliseconds), scaled to an equal
 * power if the option `normalize` is set now, and are in use from the next quantum on, which begins with silence. A
 * write to the buffer changes nothing until it is set again. */
PERI_API bool peri_node_set_buffer(peri_engine *engine, peri_node convolver, peri_buffer *buffer);
/* What was set last, a reference for the caller; NULL: nothing. */
PERI_API peri_buffer *peri_node_get_buffer(peri_engine *engine, peri_node convolver);

/* How much a dynamics compressor lowers the gain now: dB, 0 or less, as of the last quantum; its makeup gain is left
 * out. */
PERI_API bool peri_node_get_reduction(peri_engine *engine, peri_node compressor, float *decibels);

/* The caller's hold ends: the node is freed as soon as nothing that can sound leads to it. A source that was started
 * plays to its end. A stale or null id is ignored. */
PERI_API void peri_node_release(peri_engine *engine, peri_node node);

PERI_API bool peri_node_is_valid(peri_engine *engine, peri_node node);
PERI_API bool peri_node_get_kind(peri_engine *engine, peri_node node, peri_node_kind *kind);

/* Connects an output to an input; a second time changes nothing. */
PERI_API bool peri_connect(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t input);
/* Connects an output to a parameter; what arrives is mixed to mono and added to its value. */
PERI_API bool peri_connect_param(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t param);

#define PERI_ANY UINT32_MAX /* for disconnect: every output, input or parameter */

/* Removes connections from `from` to `to` (0: to everything), of that output and input (PERI_ANY: all of them).
 * Fails when none matches, unless `to` is 0. */
PERI_API bool peri_disconnect(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t input);
PERI_API bool peri_disconnect_param(peri_engine *engine, peri_node from, uint32_t output, peri_node to, uint32_t param);

typedef enum { PERI_COUNT_MAX, PERI_COUNT_CLAMPED_MAX, PERI_COUNT_EXPLICIT } peri_count_mode;
typedef enum { PERI_SPEAKERS, PERI_DISCRETE } peri_interpretation;

/* Web Audio 1.1, channelCount, channelCountMode and channelInterpretation of a node's inputs. */
typedef struct peri_channel_rule {
  uint32_t count;
  peri_count_mode mode;
  peri_interpretation interpretation;
} peri_channel_rule;

PERI_API bool peri_node_get_channels(peri_engine *engine, peri_node node, peri_channel_rule *rule);
PERI_API bool peri_node_set_channels(peri_engine *engine, peri_node node, const peri_channel_rule *rule);

/* ---- Kinds of nodes that a host adds ------------------------------------------------------------------------------
 */

#define PERI_MAX_KIND_PARAMS 16
#define PERI_MAX_KIND_OPTIONS 8

/* One quantum of audio: channel c begins at samples + c × PERI_QUANTUM. */
typedef struct peri_signal {
  float *samples;
  uint32_t channels;
  bool silent;       /* the samples are not to be read: they stand for zeros */
  uint32_t capacity; /* of an output: the most channels that it has room for now */
} peri_signal;

/* A parameter in one quantum. */
typedef struct peri_values {
  const float *frames; /* PERI_QUANTUM of them, also when steady */
  float first;
  bool steady; /* all are `first` */
} peri_values;

typedef struct peri_process {
  void *state;
  void *user;
  uint32_t input_count, output_count;
  const peri_signal *inputs; /* may share memory with each other; not to be written */
  /* To be filled in: all samples of `channels` channels, and `silent` set to false. Untouched it is silent. `channels`
   * is what the kind says (see output_channels), and may be set to anything from 1 to `capacity`. */
  peri_signal *outputs;
  const peri_values *params;
  const double *options;
  double sample_rate;
  uint64_t frame; /* of the quantum's start, on the engine's clock */
  void *part;     /* the last one that the node was given, see free_part; NULL: none */
  /* Of a scheduled kind: the frames of this quantum in which it sounds, `begin` ≤ i < `end`; the engine silences the
   * others. 0 and PERI_QUANTUM of all other kinds. */
  uint32_t begin, end;
  double fraction; /* frames, below 1: where `begin` is the first frame that sounds, how far behind its start; else 0 */
  bool in_cycle;   /* of one with `absorb`: the inputs are not there yet, and come to `absorb` */
} peri_process;

/* A kind of node. It is copied, but not what it points to, which must stay for good. */
typedef struct peri_node_kind_def {
  uint32_t size;            /* sizeof(peri_node_kind_def); set by peri_default_node_kind_def */
  const char *name;         /* 1 to 63 characters, no control characters, unlike all other kinds': "BitCrusher" */
  uint32_t inputs, outputs; /* 1, 0 to 32; 1, 1 to 32 */
  uint32_t output_channels; /* of each output, 1 to 32; 0: as many as the widest input has in a quantum. 0 */
  /* Parameters and options are named as variables are in C and Lua, 1 to 63 characters, none as another or as what all
   * nodes have in Lua ("connect", "start", "channelCount"): it could not be reached. */
  uint32_t params; /* 0 to PERI_MAX_KIND_PARAMS; 0 */
  const peri_param_info *param;
  uint32_t options; /* 0 to PERI_MAX_KIND_OPTIONS; 0 */
  const peri_option_info *option;
  peri_channel_rule rule; /* of its inputs, at first; 2, PERI_COUNT_MAX, PERI_SPEAKERS */
  size_t state_bytes;     /* of each node, at most 2^30; zeroed, aligned to 64 bytes */
  bool has_tail;          /* it may sound after its inputs have fallen silent, and stays so long; not without inputs */
  void *user;
  /* Any thread but the audio thread, mostly with the engine's lock held: they must not call this library. Several may
   * run at a time, for different nodes. What a node needs besides its state, false when there is none; and its end.
   * Both may be NULL. */
  bool (*create)(void *state, double sample_rate, void *user);
  void (*destroy)(void *state, void *user);
  /* AUDIO THREAD, as the rest: nothing here may allocate, lock, block, log or do I/O. One quantum. An output with a NaN
   * or an infinity is silenced. */
  void (*process)(const peri_process *process);
  void (*reset)(void *state, void *user);        /* after such an output: forgets everything; may be NULL */
  bool (*sounds)(const void *state, void *user); /* of one with a tail: whether it goes on; NULL: when it was heard */
  /* With `sounds`: what goes on is fainter than −120 dB, so that peri_engine_is_active need not wait for it. */
  bool (*is_faint)(const void *state, void *user);

  /* What few kinds have: zero says that this one has not. */

  /* Its nodes start and stop once, as an oscillator does: peri_source_start, peri_source_stop, PERI_EVENT_ENDED; in Lua
   * start, stop and onended. `process` is called from the start to the stop. Not with inputs. */
  bool scheduled;

  /* The number of inputs (`ports_are_outputs`: of outputs) is chosen for each node, from min_ports to 32, by
   * peri_node_def.ports, in Lua by the option numberOfInputs (numberOfOutputs); `inputs` (`outputs`) is that of nodes
   * that say nothing. With `channels_are_ports` an output has as many channels as there are inputs, as a merger's; or
   * the channel count is at first the number of outputs, as a splitter's. */
  uint32_t min_ports;
  bool ports_are_outputs, channels_are_ports;

  /* Which channel rules its nodes refuse: counts above max_count (0: above 32), the mode PERI_COUNT_MAX, any change of
   * the count, the mode or the interpretation. `rule` must be none of them. */
  uint32_t max_count;
  bool no_max_mode, fixed_count, fixed_mode, fixed_interpretation;

  /* Called as `create` is, and so are the next four. Frees a part: something large that a node works with, a table or a
   * response, given as a whole while it plays. It comes from peri_node_set_part, from `option_part` or from `grow`;
   * `process` has it in `part` from the next quantum on; it is freed once the audio thread has let go of it, or with
   * the node. NULL: there are no parts. */
  void (*free_part)(void *part, void *user);
  /* Sets min_value and max_value of the parameters, copies of `param`, for an engine of this rate (Hz). A node is
   * refused whose ranges are not finite or are without their default values. Called more than once a node. */
  void (*ranges)(double sample_rate, peri_param_info *params, void *user);
  /* Whether an option may get a value, which is of its type and in its range: NULL, or a sentence why not. `options`
   * are those that the node has now. */
  const char *(*check_option)(const double *options, uint32_t option, double value, void *user);
  /* The part that goes with an option's new value: sets *part, or leaves it NULL: the node keeps what it has. Returns
   * NULL, or a sentence why there is none: then the option does not change. Defaults bring none: until an option is set
   * a node has no part. Needs free_part. */
  const char *(*option_part)(double sample_rate, const double *options, uint32_t option, double value, void **part,
                             void *user);
  /* A part with room for so many channels, more than before: the most that an output may have from now on (`capacity`);
   * NULL: out of memory. A node has one before it is processed; the one before is freed when this one is in use. Needs
   * free_part; not with option_part or peri_node_set_part. */
  void *(*grow)(void *state, uint32_t channels, void *user);

  /* AUDIO THREAD. It breaks cycles, as a delay does: in one of the graph, `process` makes the outputs with in_cycle set
   * and no inputs, and `absorb` gets the inputs of the same quantum when all that they depend on has run; it has no
   * outputs and params (NULL). So the way round takes at least a quantum. Outside of cycles `process` does both. Needs
   * inputs and has_tail: what came in is heard later. */
  void (*absorb)(const peri_process *process);
} peri_node_kind_def;

PERI_API peri_node_kind_def peri_default_node_kind_def(void);

/* Adds a kind for all engines of the process, and for good: peri_node_create makes nodes of it, peri_node_kind_info has
 * its parameters and options, Lua has createNode(name, options). 0 on failure: a wrong definition, or
 * PERI_NODE_KINDS_END is reached. Any thread, at any time. */
PERI_API peri_node_kind peri_register_node_kind(const peri_node_kind_def *def);
/* The kind that was registered by this name; 0: none. */
PERI_API peri_node_kind peri_find_node_kind(const char *name);

/* Gives a node of a kind with free_part another part, from the next quantum on, and takes it over; NULL: none. The one
 * before is freed by a later call (peri_engine_update). False, and the part stays the caller's: no such node, its kind
 * has no part or makes it by `grow`, no memory. */
PERI_API bool peri_node_set_part(peri_engine *engine, peri_node node, void *part);

/* ---- What each node costs ---------------------------------------------------------------------------------------- */

/* Measures from the next quantum on what each node takes, or does not any more; begins anew each time it is switched
 * on. Off at first: it costs a reading of the clock a node and quantum, and two for each input with sources. */
PERI_API void peri_engine_set_profiling(peri_engine *engine, bool on);
PERI_API bool peri_engine_is_profiling(const peri_engine *engine);

/* What a node takes to render, over the time that is rendered, as in peri_stats. */
typedef struct peri_node_load {
  peri_node node;      /* 0: the sources that lead nowhere and only keep time, taken together */
  peri_node_kind kind; /* of those, PERI_NODE_BUFFER_SOURCE */
  uint32_t voices;     /* sources mixed straight into its inputs and parameters: playing, or scheduled */
  double load;         /* everything, voices too; mean of the last 100 ms or so */
  double load_peak;    /* the worst quantum of the last second or so */
  double voices_load;  /* the voices' part of `load`: what the sources cost, apart from the node's own work */
} peri_node_load;

/* The costliest nodes, costliest first, `capacity` of them at most (0: `loads` may be NULL). Returns how many there are
 * in all: the nodes rendered since profiling began and still in the graph; 0 while it is off. A source has a record of
 * its own when it is rendered as a node (it has several connections, a tap, or something connected to a parameter);
 * any other is a voice of the node that it feeds. Together they make up most of peri_stats.load; commands and the
 * output are in that alone. Never blocks the audio thread. */
PERI_API uint32_t peri_engine_profile(peri_engine *engine, peri_node_load *loads, uint32_t capacity);

/* ---- Parameters: (node, index) ---------------------------------------------------------------------------------- */

/* Web Audio 1.1, AudioParam: one function an automation method. Times in seconds, not negative; times past mean now.
 * NaN and infinite arguments are refused. */
PERI_API bool peri_param_value(peri_engine *engine, peri_node node, uint32_t param, float *value);
/* What a node's own parameter is: as peri_node_kind_info has it, but for ranges that depend on how it was made. */
PERI_API bool peri_param_get_info(peri_engine *engine, peri_node node, uint32_t param, peri_param_info *info);
PERI_API bool peri_param_set_value(peri_engine *engine, peri_node node, uint32_t param, float value);
PERI_API bool peri_param_set_value_at_time(peri_engine *engine, peri_node node, uint32_t param, float value,
                                           double time);
PERI_API bool peri_param_linear_ramp(peri_engine *engine, peri_node node, uint32_t param, float value, double end_time);
/* value must not be 0 */
PERI_API bool peri_param_exponential_ramp(peri_engine *engine, peri_node node, uint32_t param, float value,
                                          double end_time);
/* time_constant ≥ 0: the time in which 1 − 1/e of the way is gone */
PERI_API bool peri_param_set_target(peri_engine *engine, peri_node node, uint32_t param, float target,
                                    double start_time, double time_constant);
/* at least 2 values, duration > 0; the values are copied */
PERI_API bool peri_param_set_curve(peri_engine *engine, peri_node node, uint32_t param, const float *values,
                                   size_t count, double start_time, double duration);
PERI_API bool peri_param_cancel(peri_engine *engine, peri_node node, uint32_t param, double time);
PERI_API bool peri_param_cancel_and_hold(peri_engine *engine, peri_node node, uint32_t param, double time);
/* true: a value a frame; false: one a quantum */
PERI_API bool peri_param_set_audio_rate(peri_engine *engine, peri_node node, uint32_t param, bool audio_rate);
PERI_API bool peri_param_get_audio_rate(peri_engine *engine, peri_node node, uint32_t param, bool *audio_rate);

/* ---- Oscillators ------------------------------------------------------------------------------------------------- */

/* PERI_NODE_OSCILLATOR starts and stops like a source (peri_source_start). Its shape is an option, the first one of its
 * kind; it goes on with its phase. It cannot be set to PERI_OSCILLATOR_CUSTOM, which peri_oscillator_set_wave does.
 * Partials at half the sample rate and above are left out; at such a frequency nothing sounds. */
enum { PERI_OSCILLATOR_TYPE = 0 };
typedef enum {
  PERI_OSCILLATOR_SINE,
  PERI_OSCILLATOR_SQUARE,
  PERI_OSCILLATOR_SAWTOOTH,
  PERI_OSCILLATOR_TRIANGLE,
  PERI_OSCILLATOR_CUSTOM
} peri_oscillator_type;

/* A period of a sound (Web Audio 1.1, PeriodicWave): Σ real[k] cos(2πkt) + imag[k] sin(2πkt) for k from 1 to count − 1.
 * Opaque and counted, of no engine; safe on any thread. */
typedef struct peri_wave peri_wave;

#define PERI_MAX_WAVE_TERMS 8192

/* The terms of a wave, finite numbers, `count` of each, 2 to PERI_MAX_WAVE_TERMS; those at 0 are ignored. NULL stands
 * for zeros. `normalize` scales the wave, so that its largest absolute value is 1. The caller holds it. NULL on
 * failure. Takes milliseconds when there are thousands of terms: its tables are made here. */
PERI_API peri_wave *peri_wave_create(const float *real, const float *imag, size_t count, bool normalize);
PERI_API peri_wave *peri_wave_retain(peri_wave *wave); /* returns its argument; NULL is ignored */
PERI_API void peri_wave_release(peri_wave *wave);      /* NULL is ignored */

/* The oscillator has this wave from the next quantum on, and holds it. */
PERI_API bool peri_oscillator_set_wave(peri_engine *engine, peri_node oscillator, peri_wave *wave);

/* ---- Filters ----------------------------------------------------------------------------------------------------- */

/* The type of a PERI_NODE_BIQUAD_FILTER, its first option (Web Audio 1.1, "Filters Characteristics"). Low-pass and
 * high-pass take Q as decibels of resonance, shelves have none. When it is changed, what rings goes on. */
enum { PERI_BIQUAD_TYPE = 0 };
typedef enum {
  PERI_BIQUAD_LOWPASS,
  PERI_BIQUAD_HIGHPASS,
  PERI_BIQUAD_BANDPASS,
  PERI_BIQUAD_LOWSHELF,
  PERI_BIQUAD_HIGHSHELF,
  PERI_BIQUAD_PEAKING,
  PERI_BIQUAD_NOTCH,
  PERI_BIQUAD_ALLPASS
} peri_biquad_type;

/* A PERI_NODE_IIR_FILTER is made with the coefficients of its definition, and has them for good (Web Audio 1.1,
 * IIRFilterNode): feedback[0] y[n] + feedback[1] y[n − 1] + … = feedforward[0] x[n] + feedforward[1] x[n − 1] + …,
 * 1 to PERI_MAX_COEFFICIENTS of each, finite numbers; feedback[0] is not 0, nor are all of feedforward. It is computed
 * in doubles. One that is not stable is silenced when it has grown over all numbers, and begins anew. */
#define PERI_MAX_COEFFICIENTS 20

/* What a filter makes of sines of `count` frequencies in Hz: by what factor, and by how many radians it shifts them, by
 * the current values of its parameters (peri_param_value). NaN below 0 and above half the sample rate. Of both kinds.
 */
PERI_API bool peri_filter_get_response(peri_engine *engine, peri_node filter, const float *frequencies,
                                       float *magnitudes, float *phases, size_t count);

/* ---- Buffer sources --------------------------------------------------------------------------------------------- */

typedef enum { PERI_FILTER_NONE, PERI_FILTER_LOWPASS, PERI_FILTER_HIGHPASS, PERI_FILTER_BANDPASS } peri_filter_type;

/* A source's own two-pole filter (the transfer functions of R. Bristow-Johnson's Audio EQ Cookbook). */
typedef struct peri_filter {
  peri_filter_type type;
  float frequency; /* Hz: where a low-pass or high-pass cuts off, the middle of a band-pass; from 0 */
  float q;         /* resonance, a factor above 0 (no decibels): 0.7071 has none; width of a band-pass: frequency / q */
} peri_filter;

typedef struct peri_source_def {
  uint32_t size;     /* sizeof(peri_source_def); set by peri_default_source_def */
  peri_owner owner;  /* 0: nobody */
  bool notify;       /* PERI_EVENT_ENDED wanted */
  uint64_t user;     /* comes back with that event */
  bool panned;       /* apply `pan`: equal power, mono becomes stereo (Web Audio 1.1, StereoPannerNode); false */
  bool whole_frames; /* round start and stop times to whole frames; false keeps fractions */
  bool loop;
  peri_buffer *buffer; /* may be NULL; the source takes its own reference */
  float volume;        /* 1 */
  float pan;           /* −1 left to 1 right */
  float playback_rate; /* 1; > 0 here (any sign through the parameter) */
  float detune;        /* cents; 0 */
  peri_interpolation interpolation;
  peri_filter filter;          /* PERI_FILTER_NONE, 1,000 Hz, 0.7071 */
  double loop_start, loop_end; /* seconds of the sound; 0, 0: all of it */
  double offset;               /* for peri_source_play: seconds of the sound */
  double duration;             /* for peri_source_play: seconds of the sound; infinite */
  double at;                   /* for peri_source_play: seconds on the engine's clock; 0: now */
  double fade_in;              /* for peri_source_play: seconds */
} peri_source_def;

PERI_API peri_source_def peri_default_source_def(void);

/* A source that has not started. Allocates nothing once its pool has grown. 0 on failure. The id is stale after the
 * source has ended, or was released before it started. */
PERI_API peri_node peri_source_create(peri_engine *engine, const peri_source_def *def);

/* Create, connect to `destination` and start in one. The caller holds the source; see peri_node_release. */
PERI_API peri_node peri_source_play(peri_engine *engine, const peri_source_def *def, peri_node destination);

/* Starts at `when` (seconds on the engine's clock; the past means now), `offset` seconds into the sound, for `duration`
 * seconds of the sound (INFINITY: to its end). Once only. Scheduled nodes (peri_node_info) start and stop by these too;
 * they have no offset and duration: 0 and INFINITY. Their ids stay valid as long as somebody holds them. */
PERI_API bool peri_source_start(peri_engine *engine, peri_node source, double when, double offset, double duration);

/* Ends at `when`. May be called again with another time until then. Cuts without a fade, as Web Audio does. */
PERI_API bool peri_source_stop(peri_engine *engine, peri_node source, double when);

/* Fades to silence over `fade` seconds from `when` on, and ends. */
PERI_API bool peri_source_fade_out(peri_engine *engine, peri_node source, double fade, double when);

typedef enum {
  PERI_SOURCE_GONE, /* ended, or released before it started: the id is stale */
  PERI_SOURCE_CREATED,
  PERI_SOURCE_SCHEDULED, /* started, its time has not come */
  PERI_SOURCE_PLAYING,
  PERI_SOURCE_PAUSED, /* started, and paused */
} peri_source_state;

PERI_API peri_source_state peri_source_get_state(peri_engine *engine, peri_node source);

/* Of `count` sources keeps those that are not gone, in their order, and returns how many. */
PERI_API uint32_t peri_sources_keep(peri_engine *engine, peri_node *sources, uint32_t count);

/* The playhead in seconds of the sound. Exact at the last quantum from the second call on; the first call asks the
 * audio thread to keep it and extrapolates. */
PERI_API bool peri_source_get_position(peri_engine *engine, peri_node source, double *seconds);

/* The buffer can be set once (Web Audio 1.1, AudioBufferSourceNode.buffer); NULL takes it away. */
PERI_API bool peri_source_set_buffer(peri_engine *engine, peri_node source, peri_buffer *buffer);
/* A reference for the caller, or NULL. */
PERI_API peri_buffer *peri_source_get_buffer(peri_engine *engine, peri_node source);

PERI_API bool peri_source_set_loop(peri_engine *engine, peri_node source, bool loop);
PERI_API bool peri_source_set_loop_points(peri_engine *engine, peri_node source, double start, double end);
PERI_API bool peri_source_get_loop(peri_engine *engine, peri_node source, bool *loop, double *start, double *end);

/* Gain and pan inside the voice, moved there over `seconds` (0: at once, from the next quantum; 0.005 never clicks). */
PERI_API bool peri_source_set_volume(peri_engine *engine, peri_node source, float volume, double seconds);
PERI_API bool peri_source_set_pan(peri_engine *engine, peri_node source, float pan, double seconds);
PERI_API bool peri_source_get_volume(peri_engine *engine, peri_node source, float *volume, float *pan);

/* A paused source fades out over two quanta (5.3 ms at 48 kHz), stands still, costs next to nothing, and fades in
 * again. Its times wait with it: its start, its stop and its fades come as much later as it was paused. One that is
 * paused before its start starts when it goes on. A stop ends it all the same. */
PERI_API bool peri_source_set_paused(peri_engine *engine, peri_node source, bool paused);

/* The filter inside the voice, moved there over `seconds`, rounded up to whole quanta (0: at once, from the next
 * quantum; 0.01 never clicks). With PERI_FILTER_NONE it goes. When the sound ends by itself, what the filter has kept
 * of it is heard out first, to −100 dB or for 5 seconds. */
PERI_API bool peri_source_set_filter(peri_engine *engine, peri_node source, const peri_filter *filter, double seconds);
PERI_API bool peri_source_get_filter(peri_engine *engine, peri_node source, peri_filter *filter);

/* From the next quantum on. */
PERI_API bool peri_source_set_interpolation(peri_engine *engine, peri_node source, peri_interpolation interpolation);

/* Whether PERI_EVENT_ENDED comes for it, and what comes back with it. */
PERI_API bool peri_source_set_notify(peri_engine *engine, peri_node source, bool notify, uint64_t user);

/* ---- Devices ---------------------------------------------------------------------------------------------------- */

typedef enum {
  PERI_DEVICE_NONE, /* nobody renders, or the host does */
  PERI_DEVICE_SDL,  /* SDL2's default output */
  PERI_DEVICE_NULL, /* renders at the right pace, for nobody */
} peri_device_kind;

typedef struct peri_device_def {
  uint32_t size;         /* sizeof(peri_device_def) */
  peri_device_kind kind; /* PERI_DEVICE_SDL */
  uint32_t block_size;   /* frames a callback, 16 to 8,192; 512 */
} peri_device_def;

PERI_API peri_device_def peri_default_device_def(void);

/* Starts a device that renders the engine; `def` NULL: the defaults. Where no output can be opened, the clocked null
 * device renders and the log gets one warning. A device that is lost is replaced by the next default one, or by the
 * null device until one appears; the clock never jumps. Fails when the engine has a device, or when `kind` is unknown.
 */
PERI_API bool peri_device_open(peri_engine *engine, const peri_device_def *def);

/* Stops it; returns when the audio thread has left. */
PERI_API void peri_device_close(peri_engine *engine);

/* Stops and resumes the clock of the engine (Web Audio 1.1, suspend and resume). */
PERI_API bool peri_device_set_paused(peri_engine *engine, bool paused);

typedef struct peri_device_info {
  peri_device_kind kind;  /* what renders now: SDL, or NULL while an SDL device is missing */
  peri_device_kind asked; /* what was asked for */
  uint32_t block_size;    /* frames a callback */
  bool paused;
  char name[64]; /* SDL's driver, or "null" */
} peri_device_info;

PERI_API bool peri_device_get_info(peri_engine *engine, peri_device_info *info);

/* ---- Taps: audio handed to another thread in pooled blocks ---------------------------------------------------------
 */

typedef enum {
  PERI_DRY_SKIP,   /* when no block is free: skip what would have filled one */
  PERI_DRY_OLDEST, /* take back the oldest block that nobody has read */
} peri_dry_policy;

typedef struct peri_tap_def {
  uint32_t size;       /* sizeof(peri_tap_def) */
  uint32_t channels;   /* 1 to 32; 0: the engine's */
  uint32_t block_size; /* floats in a block; 1,024. Rounded down to whole frames */
  uint32_t blocks;     /* at first, 2 to 4,096; 16 */
  uint32_t max_blocks; /* limit of growth; 64 */
  peri_dry_policy dry; /* PERI_DRY_SKIP */
} peri_tap_def;

PERI_API peri_tap_def peri_default_tap_def(void);

/* A block of audio that the receiver owns until it releases it. */
typedef struct peri_block {
  float *samples;  /* planar: channel c begins at samples + c × frames */
  uint32_t frames; /* in each channel */
  uint32_t channels;
  uint64_t frame;    /* stream time of the first frame, on the engine's clock */
  uint64_t sequence; /* 0, 1, 2 …; a gap is a dropped block */
} peri_block;

typedef struct peri_tap_stats {
  uint64_t acquired;    /* blocks that the audio thread began to fill */
  uint64_t transferred; /* handed to the receiver's ring */
  uint64_t returned;    /* came back from the receiver */
  uint64_t dropped;     /* sequence numbers that nobody got: skipped, or taken back unread */
  uint64_t grown;       /* blocks added to the pool after it was made */
  uint32_t blocks;      /* in the pool now */
  uint32_t in_flight;   /* handed over and not yet back: unread, or with the receiver */
  uint32_t high_water;  /* the most that ever were in flight */
} peri_tap_stats;

/* Copies the node's output (mixed to the tap's channels) into blocks from the next quantum on. One thread at a time
 * receives. NULL on failure. */
PERI_API peri_tap *peri_tap_create(peri_engine *engine, peri_node node, const peri_tap_def *def);

/* Blocks that the receiver still has stay valid until it releases them. NULL is ignored. */
PERI_API void peri_tap_close(peri_tap *tap);

/* The next full block, or NULL when there is none. Grows the pool when it ran dry. The receiver's thread. */
PERI_API peri_block *peri_tap_receive(peri_tap *tap);

/* Gives a block back and sets *block to NULL. The receiver's thread. */
PERI_API void peri_block_release(peri_block **block);

/* Any thread. */
PERI_API void peri_tap_get_stats(peri_tap *tap, peri_tap_stats *stats);

/* ---- Visualizer: levels, waveform and spectrum, made by a thread of its own -----------------------------------------
 */

#define PERI_VIEW_CHANNELS 8    /* channels with levels of their own */
#define PERI_VIEW_WAVEFORM 2048 /* frames of waveform kept, channels averaged */
#define PERI_VIEW_SPECTRUM 1024 /* bins; bin k is k × sample_rate / 2048 */

typedef struct peri_view {
  uint64_t frame;                 /* stream time after the last frame shown */
  uint64_t blocks;                /* consumed since the start */
  uint32_t channels;              /* with levels, at most PERI_VIEW_CHANNELS */
  float peak[PERI_VIEW_CHANNELS]; /* linear; falls by 20 dB a second */
  float rms[PERI_VIEW_CHANNELS];  /* linear, over some 50 ms */
  float waveform[PERI_VIEW_WAVEFORM];
  float spectrum[PERI_VIEW_SPECTRUM]; /* dB of a full-scale sine, −120 at least; Blackman window */
} peri_view;

PERI_API peri_visualizer *peri_visualizer_create(peri_engine *engine, peri_node node);
PERI_API void peri_visualizer_destroy(peri_visualizer *visualizer); /* NULL is ignored */
/* The latest view; false before the first block. */
PERI_API bool peri_visualizer_read(peri_visualizer *visualizer, peri_view *view);
PERI_API void peri_visualizer_get_stats(peri_visualizer *visualizer, peri_tap_stats *stats);

/* The spectrum of the last 2,048 of `frames` samples (zeros before them if fewer), as in peri_view.spectrum. */
PERI_API void peri_spectrum(const float *samples, size_t frames, float decibels[PERI_VIEW_SPECTRUM]);

/* ---- WAV files -------------------------------------------------------------------------------------------------- */

/* Creates a WAV file of 32-bit float samples, to be filled piece by piece. */
PERI_API peri_wav *peri_wav_create(const char *path, uint32_t channels, double sample_rate);
PERI_API bool peri_wav_write(peri_wav *wav, const float *interleaved, uint64_t frames);
/* Completes the header and closes the file; false when anything was not written. */
PERI_API bool peri_wav_close(peri_wav *wav);

#ifdef __cplusplus
}
#endif
#endif
