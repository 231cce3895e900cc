#include "dsp/filter.h"

#include <math.h>

#define PI 3.14159265358979323846

/* The sums of coefficients are written out, where they would cancel: 1 − cos w = 2 sin²(w / 2). */
void peri__filter_coefs(const peri_filter *filter, double sample_rate, float coefs[PERI_FILTER_COEFS]) {
  double frequency = (double)filter->frequency;
  if (frequency <= 0.0 || frequency >= sample_rate / 2.0) {
    bool heard = filter->type == (frequency <= 0.0 ? PERI_FILTER_HIGHPASS : PERI_FILTER_LOWPASS);
    coefs[0] = coefs[1] = coefs[3] = heard ? 1.0f : 0.0f;
    coefs[2] = coefs[4] = -1.0f;
    return;
  }
  double w = 2.0 * PI * frequency / sample_rate, alpha = sin(w) / (2.0 * (double)filter->q), a0 = 1.0 + alpha;
  double low = sin(w / 2.0) * sin(w / 2.0), high = 1.0 - low; /* (1 − cos w) / 2 and (1 + cos w) / 2 */
  double b0 = alpha, b01 = alpha, b012 = 0.0;                 /* of a band-pass */
  if (filter->type == PERI_FILTER_LOWPASS) b0 = low, b01 = 3.0 * low, b012 = 4.0 * low;
  if (filter->type == PERI_FILTER_HIGHPASS) b0 = high, b01 = -high, b012 = 0.0;
  coefs[0] = (float)(b0 / a0);
  coefs[1] = (float)(b01 / a0);
  coefs[2] = (float)((2.0 * cos(w) - a0) / a0);
  coefs[3] = (float)(b012 / a0);
  coefs[4] = (float)(-4.0 * low / a0);
}
