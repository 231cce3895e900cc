/* An engine: hooks, life, time, what it tells its owners, and the device that renders it. Part of perilune.h. */
#ifndef PERILUNE_ENGINE_H
#define PERILUNE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#ifdef __cplusplus
}
#endif
#endif
