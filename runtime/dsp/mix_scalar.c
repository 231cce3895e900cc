/* Mixing in plain C: the reference that the other kernels are tested against. */
#include "dsp/kernels.h"

static void add_steady(float *out, const float *in, float gain) {
  for (int i = 0; i < PERI_QUANTUM; i++) out[i] += in[i] * gain;
}

static void add_ramp(float *out, const float *in, float gain, float slope) {
  for (int i = 0; i < PERI_QUANTUM; i++) out[i] += in[i] * (gain + slope * (float)(i + 1));
}

static void mix_side(float *out, const peri__span *spans, size_t count, int side) {
  for (size_t s = 0; s < count; s++) {
    const peri__span *span = &spans[s];
    if (span->slope[side] == 0.0f)
      add_steady(out, span->in[side], span->gain[side]);
    else
      add_ramp(out, span->in[side], span->gain[side], span->slope[side]);
  }
}

static void mix_spans(float *left, float *right, const peri__span *spans, size_t count) {
  mix_side(left, spans, count, 0);
  if (right) mix_side(right, spans, count, 1);
}

static bool usable(void) { return true; }

const peri__kernels peri__kernels_scalar = {"scalar", usable, mix_spans, mix_spans, peri__linear_scalar};
