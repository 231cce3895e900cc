/* Twice the rate and back, by half-band filters: every other tap but the middle one is 0, so that one of the two phases
 * is a mere delay. A stream at twice the rate stands as its even and its odd samples, each at the lower rate:
 *
 *   up:    even[m] = Σ tap[t] · x[m − t],  odd[m] = x[m − middle]
 *   down:  z[m] = ½ (Σ tap[t] · even[m − t] + odd[m − middle − 1])
 *
 * Both delay by 2 · middle + 1 samples of the higher rate. Two designs, by Kaiser's window, with N half of the lower
 * rate: `sharp` for signals, flat within 0.001 dB up to 0.84 N, and 80 dB down from 1.16 N on; `wide` for what has
 * twice the rate already, 80 dB down from 1.4 N on. */
#ifndef PERI_HALFBAND_H
#define PERI_HALFBAND_H

#include "base/base.h"

#define PERI_HALFBAND_SHARP 32 /* taps */
#define PERI_HALFBAND_WIDE 14

typedef struct peri__halfband {
  uint32_t taps, middle;
  float tap[PERI_HALFBAND_SHARP]; /* their sum is 1 */
} peri__halfband;

extern peri__halfband peri__halfband_sharp, peri__halfband_wide;

/* CONTROL. Computes the taps, at the first call; any thread. Cannot fail. */
void peri__halfband_prepare(void);

/* The sum over the taps for `count` samples, a multiple of PERI_QUANTUM; `taps` − 1 samples stand before `in`. */
void peri__halfband_sum(const peri__halfband *filter, const float *in, uint32_t count, float *out) PERI_AUDIO_THREAD;

#endif
