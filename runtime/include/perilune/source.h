/* Buffer sources: what plays a buffer. Part of perilune.h. */
#ifndef PERILUNE_SOURCE_H
#define PERILUNE_SOURCE_H

#include "perilune/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
