/* Mixing: everything of one quantum, PERI_QUANTUM frames. Pure functions. */
#ifndef PERI_MIX_H
#define PERI_MIX_H

#include "base/base.h"

/* One voice's contribution to a stereo or mono sum: out[c][i] += (gain[c] + slope[c] × (i + 1)) × in[c][i].
 * Kernels (dsp/kernels.h) add spans in their order, so that neighbours change no bit. */
typedef struct peri__span {
  const void *in; /* the left samples: floats, or int16_t when `s16`, whose gains and slopes then count in 1/32,768 */
  int32_t other;  /* samples from the left side's to the right side's, which may be negative; 0: mono */
  uint32_t s16;
  float gain[2];
  float slope[2]; /* per frame; 0 and 0 when steady */
} peri__span;

/* out[i] += in[i] × gain */
void peri__mix_add(float *out, const float *in, float gain) PERI_AUDIO_THREAD;

/* Adds `in_channels` channels to `out_channels` channels by the rules of Web Audio 1.1, "Channel up-mixing and
 * down-mixing". Channels lie PERI_QUANTUM floats apart. */
void peri__mix_channels(float *out, uint32_t out_channels, const float *in, uint32_t in_channels,
                        peri_interpretation interpretation) PERI_AUDIO_THREAD;

/* Whether all `count` samples are finite. */
bool peri__all_finite(const float *samples, size_t count) PERI_AUDIO_THREAD;

#endif
