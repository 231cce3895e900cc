#include "dsp/halfband.h"

#include "base/thread.h"
#include "dsp/kaiser.h"
#include "dsp/mix.h"

#include <math.h>
#include <string.h>

#define ATTENUATION 80.0

peri__halfband peri__halfband_sharp, peri__halfband_wide;

/* The taps that are not 0 lie at odd distances from the middle. */
static void design(peri__halfband *filter, uint32_t taps) {
  double exact[PERI_HALFBAND_SHARP], sum = 0.0;
  filter->taps = taps;
  filter->middle = taps / 2 - 1;
  for (uint32_t t = 0; t < taps; t++) {
    double distance = 2.0 * t - (taps - 1.0), x = distance / taps;
    double window = peri__bessel_i0(PERI_KAISER_BETA(ATTENUATION) * sqrt(1.0 - x * x));
    exact[t] = sin(PERI_PI / 2.0 * distance) / distance * window;
    sum += exact[t];
  }
  for (uint32_t t = 0; t < taps; t++) filter->tap[t] = (float)(exact[t] / sum);
}

static void prepare(void) {
  design(&peri__halfband_sharp, PERI_HALFBAND_SHARP);
  design(&peri__halfband_wide, PERI_HALFBAND_WIDE);
}

void peri__halfband_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
}

void peri__halfband_sum(const peri__halfband *filter, const float *in, uint32_t count, float *out) {
  memset(out, 0, count * sizeof *out);
  for (uint32_t at = 0; at < count; at += PERI_QUANTUM)
    for (uint32_t t = 0; t < filter->taps; t++) peri__mix_add(out + at, in + at - t, filter->tap[t]);
}
