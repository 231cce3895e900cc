/* The filters of voices: biquads of the Audio EQ Cookbook (R. Bristow-Johnson), as Web Audio 1.1 has them too, with a
 * linear Q, in a form that floats suffice for.
 *
 * A transposed direct form II,
 *   y = b0 x + s1,  s1' = b1 x − a1 y + s2,  s2' = b2 x − a2 y,
 * at low frequencies loses what it computes: s1 is about y, s2 is about −y, and each frame the small rest of their sum,
 * which moves y on, drowns in the rounding of both. With s = s1 and w = s1 + s2 the very same filter is
 *   y = c0 x + s,  s' = w + c1 x + c2 y,  w' = w + c3 x + c4 y,
 *   c0 = b0, c1 = b0 + b1, c2 = −(1 + a1), c3 = b0 + b1 + b2, c4 = −(1 + a1 + a2),
 * as many operations, and nothing large cancels. Against the same filter computed in double (Q 0.3 to 20, noise, tones
 * and steps of full scale, 48 kHz) the worst error is −85 dB of the peak from 20 to 40 Hz, where the direct form has
 * −23 dB, and −92 to −120 dB from 100 Hz to 16 kHz.
 *
 * A filter moves to another one in a straight line between their coefficients. That is stable all the way, since the
 * stable pairs of a1 and a2 make a triangle. To come and to go, it moves from and to what lets all pass with its own
 * poles: then only what is heard of it changes. */
#ifndef PERI_FILTER_H
#define PERI_FILTER_H

#include "base/base.h"

#define PERI_FILTER_COEFS 5 /* c0 to c4 */

/* Not for the audio thread. The coefficients of a filter, at a sample rate in Hz. From half the sample rate on a
 * low-pass passes all and the others nothing; so do they, the other way round, at 0. The type is not NONE. */
void peri__filter_coefs(const peri_filter *filter, double sample_rate, float coefs[PERI_FILTER_COEFS]);

/* What lets all pass, with the poles of `filter`: a0 to a2 in place of b0 to b2. */
static inline void peri__filter_pass(const float filter[PERI_FILTER_COEFS], float coefs[PERI_FILTER_COEFS]) {
  coefs[0] = 1.0f;
  coefs[1] = -filter[2];
  coefs[2] = filter[2];
  coefs[3] = -filter[4];
  coefs[4] = filter[4];
}

#endif
