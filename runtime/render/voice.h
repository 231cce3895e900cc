/* What control and the audio thread share of sources, and how anything goes back to control. Structs say who may write
 * what and when: "control until START" means until the command is posted, and again after the object has come back on a
 * handback list. */
#ifndef PERI_VOICE_H
#define PERI_VOICE_H

#include "base/base.h"
#include "dsp/filter.h"
#include "link/commands.h"
#include "link/handback.h"
#include "media/media.h"

#define PERI_NEVER INT64_MAX
#define PERI_NONE UINT32_MAX
#define PERI_ONE ((int64_t)1 << 32) /* one frame as a 32.32 number */

/* What goes back to control, besides sources. */
typedef enum {
  PERI_RETIRED_PLAN,
  PERI_RETIRED_VOICE_LIST,
  PERI_RETIRED_EVENT,
  PERI_RETIRED_SUCCESSOR,
  PERI_RETIRED_PART,
  PERI_RETIRED_NODE /* not gone: a scheduled node has ended */
} peri__retired_kind;

typedef struct peri__retired {
  peri__link link;
  peri__retired_kind kind;
} peri__retired;

/* ---- Voices ----------------------------------------------------------------------------------------------------- */

enum {
  PERI_VOICE_PENDING = 1, /* its start has not come */
  PERI_VOICE_LOOP = 2,
  PERI_VOICE_ENTERED = 4,    /* the playhead has entered the loop */
  PERI_VOICE_FINE_LOOP = 8,  /* loop points between frames: in the details */
  PERI_VOICE_PANNED = 16,    /* has two output channels */
  PERI_VOICE_NONFINITE = 32, /* the storage holds a NaN or infinity */
  PERI_VOICE_DETAILED = 64,  /* there are details to look at */
  PERI_VOICE_S16 = 128,      /* the storage holds int16 */
  PERI_VOICE_FILTERED = 256, /* the details have a filter */
  PERI_VOICE_WRAPPED = 512,  /* the playhead has come round its loop */
  PERI_VOICE_RINGING = 1024, /* the sound is over, its filter is not */
  PERI_VOICE_PAUSED = 4096,  /* stands still */
  PERI_VOICE_PAUSING = 8192, /* fades towards a pause, or back: see the details */
  PERI_VOICE_MOVING = 2048,  /* in the list of another input already, and still in this one's */
};

/* What mixing reads of a source for each quantum: one cache line. Control writes it until START, then the audio thread.
 */
typedef struct peri__voice {
  _Alignas(PERI_CACHE_LINE) const void *samples; /* channel 0 of the storage, float or int16; NULL: no buffer */
  int64_t position;                              /* playhead, 32.32 frames of the sound */
  int64_t step;                                  /* 32.32 frames of the sound for each frame rendered */
  int64_t stop;                  /* first frame on the engine's clock that does not sound, or PERI_NEVER */
  float gain[4];                 /* left to left, right to right, right to left, left to right */
  uint32_t frames;               /* of the storage; its stride follows from it */
  uint32_t loop_start, loop_end; /* whole frames, 0 ≤ start < end ≤ frames */
  uint8_t channels;              /* of the storage; 1 without one */
  uint8_t interpolation;         /* peri_interpolation, but for the default */
  uint16_t flags;                /* PERI_VOICE_… */
} peri__voice;
_Static_assert(sizeof(peri__voice) == PERI_CACHE_LINE, "a voice fills one cache line");

typedef struct peri__param peri__param;
typedef struct peri__input peri__input;

/* A source's own filter. Control makes it when first needed and frees it with the details. */
typedef struct peri__filter {
  /* control until START, then the audio thread */
  float coefs[PERI_FILTER_COEFS]; /* at the start of the next quantum */
  float target[PERI_FILTER_COEFS];
  float slope[PERI_FILTER_COEFS]; /* per frame, in this quantum */
  uint32_t quanta;                /* until `target` is reached */
  bool leaves;                    /* then it is gone */
  float state[PERI_MAX_CHANNELS][2];
  /* control alone */
  peri_filter set;
  struct peri__filter *next_free;
} peri__filter;

/* The sound that a voice goes on with when it next comes round its loop, since its buffer was reloaded. Control makes
 * it; the audio thread has it from SOURCE_SUCCESSOR on and hands it back when it is taken, or another one came. */
typedef struct peri__successor {
  peri__retired retired;
  /* constant once it is sent */
  const peri__storage *storage;
  double rate_ratio; /* of the storage's rate to the engine's */
  int64_t step;
  int64_t loop_start, loop_end; /* 32.32 frames */
  float volume;                 /* that the voice has, or is on its way to */
  float law[4];                 /* gains over the storage at a volume of 1 */
  float law_before;             /* the sum of those over the storage before */
  bool sets_gains;              /* renewed for new gains, reached in so many frames; see peri__voice_set_gains */
  bool keep_ramp;
  uint32_t ramp_frames;
  /* audio thread */
  bool taken;
  /* control alone */
  struct peri__source *source;
  uint32_t generation;   /* of the source */
  struct peri__use *use; /* counted; the source's when it is taken */
} peri__successor;

/* What few sources have, so that the voice alone says all of the others. Control makes it when first needed, with
 * values that change nothing, and frees it with the source. The audio thread looks at it while PERI_VOICE_DETAILED is
 * set: from START or a command that needs it on, until nothing in it is of use. */
typedef struct peri__source_details {
  /* control until START, then the audio thread */
  int64_t offset;               /* 32.32 frames of the sound */
  int64_t duration;             /* likewise, or PERI_NEVER */
  int64_t elapsed;              /* likewise */
  int64_t loop_start, loop_end; /* likewise, for PERI_VOICE_FINE_LOOP */
  uint32_t fraction;            /* of a frame between the start and the first frame that sounds */
  uint32_t ramp_frames;         /* left of a ramp towards `target` */
  float target[4];
  int64_t fade_at;                /* a fade to silence begins at this frame, or PERI_NEVER */
  uint32_t fade_frames;           /* with fade_at PERI_NEVER: it is under way; 0: none is asked for */
  _Atomic(peri__param *) params;  /* playbackRate and detune; control puts them there. NULL: the voice's step counts */
  double rate_ratio;              /* of the storage's rate to the engine's */
  bool watched;                   /* control has asked for the position */
  bool pausing;                   /* or paused; with PERI_VOICE_PAUSING and false it comes back */
  uint8_t pause_level;            /* of that fade, in quanta from silence */
  int64_t paused_at, kept_stop;   /* frame; the voice's stop before */
  _Atomic(peri__filter *) filter; /* control puts it there, once */
  peri__successor *next;          /* audio thread, control's when the source has come back */
  /* audio thread writes, control reads */
  _Atomic int64_t shown_position;
  /* control alone */
  struct peri__source_details *next_free;
  peri__successor *offered;             /* the last one sent, until it comes back */
  peri__successor_place *offered_place; /* where it waits, until `offered_as` commands are applied */
  uint64_t offered_as;
  bool asked;           /* for the position */
  uint64_t named_until; /* of an ended source: commands sent, which may name its parameters */
  double loop_start_seconds, loop_end_seconds;
  int64_t set_offset; /* `offset` as it was at START */
  uint32_t junction;  /* its node in the graph, when it is a step of the plan, or PERI_NONE */
  uint64_t user;
  float detune;
} peri__source_details;

enum { PERI_SOURCE_FREE, PERI_SOURCE_NEW, PERI_SOURCE_STARTED, PERI_SOURCE_SOUNDING, PERI_SOURCE_ENDED };

/* The cold half of a source. */
typedef struct peri__source {
  peri__link link; /* on the way back, then in the list of free slots */
  /* control alone */
  uint32_t generation, index;
  struct peri__use *use;    /* of the storage that it plays; control/use.c */
  peri__input *destination; /* the input it is a voice of */
  float volume, pan;
  uint16_t owner;
  uint8_t flags;
  /* the audio thread writes from START on, control reads and resets */
  atomic_uchar phase;
  float playback_rate;                     /* control alone */
  atomic_int_fast64_t start;               /* first frame on the engine's clock; control until START */
  _Atomic(peri__source_details *) details; /* control puts it there, once */
} peri__source;
_Static_assert(sizeof(peri__source) == PERI_CACHE_LINE, "the cold half of a source fills one cache line");

/* Sources live in chunks, hot halves together, cold halves behind them: each finds the other by a fixed distance. */
#ifdef PERI_VALIDATE
#define PERI_SOURCE_CHUNK 2
#else
#define PERI_SOURCE_CHUNK 16
#endif
typedef struct peri__source_chunk {
  peri__voice voice[PERI_SOURCE_CHUNK];
  peri__source source[PERI_SOURCE_CHUNK];
} peri__source_chunk;

static inline peri__source *peri__source_of(peri__voice *voice) {
  return (peri__source *)(void *)(voice + PERI_SOURCE_CHUNK);
}
static inline peri__voice *peri__voice_of(peri__source *source) {
  return (peri__voice *)(void *)(source - PERI_SOURCE_CHUNK);
}

/* AUDIO THREAD. The details that a command needs, from now on looked at. */
static inline peri__source_details *peri__voice_detailed(peri__voice *voice) {
  peri__source_details *details = atomic_load_explicit(&peri__source_of(voice)->details, memory_order_acquire);
  if (details) voice->flags |= PERI_VOICE_DETAILED;
  return details;
}

/* AUDIO THREAD. NULL for most: their cold half is not touched. */
static inline peri__source_details *peri__details_of(peri__voice *voice) {
  bool detailed = (voice->flags & PERI_VOICE_DETAILED) != 0;
  return detailed ? atomic_load_explicit(&peri__source_of(voice)->details, memory_order_acquire) : NULL;
}

#endif
