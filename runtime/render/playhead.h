/* AUDIO THREAD. What a voice plays in one quantum, before its filter and gains: playhead.c for voices.c. */
#ifndef PERI_PLAYHEAD_H
#define PERI_PLAYHEAD_H

#include "render/render.h"

/* One quantum of a voice. */
typedef struct peri__playback {
  const float *channel[PERI_MAX_CHANNELS]; /* PERI_QUANTUM frames each: in the storage, or in the scratch */
  uint32_t first;                          /* frame of the quantum that sounds */
  bool ended;        /* stands here because one load of first and last, just stored apart, would stall */
  uint32_t last;     /* the first that does not */
  uint32_t channels; /* of the voice */
  bool stopped;      /* `ended` by the clock */
  bool turns;        /* at `last` the voice's successor takes over: go on with peri__playhead_turn */
  uint32_t until;    /* then: `last` of the rest */
} peri__playback;

/* A playhead at its start, before the first frame that sounds. */
void peri__playhead_begin(peri__voice *voice);

/* Plays the voice from the playhead on, into `scratch` (the voice's channels) where the storage itself does not do.
 * Counts it as playing or scheduled; false when nothing of it sounds. */
bool peri__playhead_play(peri__render *render, peri__voice *voice, peri__playback *play, float *scratch);

/* The rest of a quantum in which the voice takes its successor. Its frames lie in another scratch, of the successor's
 * channels, or in the new storage. False when nothing of it sounds. */
bool peri__playhead_turn(peri__render *render, peri__voice *voice, peri__playback *play, float *scratch);

/* The most channels that the voice has in this quantum. */
uint32_t peri__playhead_channels(peri__render *render, peri__voice *voice);

/* Plays a whole quantum of a voice that runs forwards and between frames, in the loop or sound of the frames `low` to
 * `high` − 1, into `scratch`; NULL: only the playhead moves. False, and nothing is done, where that takes more than
 * reading on: near the ends, and for sorts of voices that are worth no short way. */
bool peri__playhead_read_on(const peri__render *render, peri__voice *voice, uint32_t low, uint32_t high,
                            float *scratch);

/* The voice's filter, or NULL. */
static inline peri__filter *peri__filter_of(peri__voice *voice) {
  if (!(voice->flags & PERI_VOICE_FILTERED)) return NULL;
  peri__source_details *details = atomic_load_explicit(&peri__source_of(voice)->details, memory_order_acquire);
  return atomic_load_explicit(&details->filter, memory_order_acquire);
}

/* Whether the filter goes on sounding when nothing comes in, above −100 dB. */
bool peri__filter_rings(const peri__filter *filter, uint32_t channels);

#endif
