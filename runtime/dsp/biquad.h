/* Biquads in doubles, as nodes have them: Web Audio 1.1, "Filters Characteristics". (The filters of voices are floats
 * in a form of their own, many at a time: dsp/filter.h.)
 *
 * The state is what the text's equation in time looks back on, two frames of input and of output. So a filter whose
 * coefficients change from frame to frame is the text's to the letter, and one whose type changes goes on with what
 * was. */
#ifndef PERI_BIQUAD_H
#define PERI_BIQUAD_H

#include "dsp/kernels.h"

typedef struct peri__biquad_state {
  double x1, x2, y1, y2;
} peri__biquad_state;

/* A frequency is `pitch` × half the sample rate, 0 to 1; where poles and zeros meet on the unit circle (at both ends,
 * and at a Q of 0) it is the limit. q and gain as in the text, clamped here to their nominal ranges. */
peri__biquad peri__biquad_make(peri_biquad_type type, double pitch, double q, double gain) PERI_AUDIO_THREAD;

/* A quantum of one channel with one biquad, prepared beforehand; `in` NULL: of zeros. `out` is not `in`.
 * Returns whether all of it is finite. */
bool peri__biquad_run(const peri__kernels *kernels, const peri__biquad_steady *biquad, peri__biquad_state *state,
                      const float *in, float *out) PERI_AUDIO_THREAD;
peri__biquad_steady peri__biquad_prepare(const peri__biquad *biquad) PERI_AUDIO_THREAD;
/* The same, a biquad a frame; `out` may be `in`. */
void peri__biquad_run_varying(const peri__biquad *biquads, peri__biquad_state *state, const float *in,
                              float *out) PERI_AUDIO_THREAD;

#endif
