/* Taps hand audio to another thread in pooled blocks; a visualizer lives on one. Part of perilune.h. */
#ifndef PERILUNE_TAP_H
#define PERILUNE_TAP_H

#include "perilune/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
