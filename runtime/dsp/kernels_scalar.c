/* Kernels in plain C: the reference that the others are tested against. */
#include "dsp/parts.h"

#include <string.h>

static float sample_at(const peri__span *span, int side, int frame) {
  ptrdiff_t place = (side ? span->other : 0) + frame;
  return span->s16 ? (float)((const int16_t *)span->in)[place] : ((const float *)span->in)[place];
}

static void mix_side(float *out, const peri__span *spans, size_t count, int side) {
  for (size_t s = 0; s < count; s++) {
    const peri__span *span = &spans[s];
    float gain = span->gain[side], slope = span->slope[side];
    if (slope == 0.0f)
      for (int i = 0; i < PERI_QUANTUM; i++) out[i] += sample_at(span, side, i) * gain;
    else
      for (int i = 0; i < PERI_QUANTUM; i++) out[i] += sample_at(span, side, i) * (gain + slope * (float)(i + 1));
  }
}

static void mix_spans(float *left, float *right, const peri__span *spans, size_t count) {
  mix_side(left, spans, count, 0);
  if (right) mix_side(right, spans, count, 1);
}

static void widen(float *out, const int16_t *in, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) out[i] = (float)in[i] * (1.0f / 32768);
}

/* Sums in double: hundreds of taps in floats, one after the other, would be less exact than the vectors' sums. */
static void sinc(float *out, const float *in, int64_t position, int64_t step, uint32_t count,
                 const peri__sinc_bank *bank) {
  for (uint32_t i = 0; i < count; i++, position += step) {
    peri__sinc_place at = peri__sinc_place_at(in, position, bank);
    double below = 0, above = 0;
    for (uint32_t k = 0; k < bank->taps; k++) {
      below += (double)at.in[k] * (double)at.row[k];
      above += (double)at.in[k] * (double)at.row[bank->taps + k];
    }
    out[i] = (float)(below + (above - below) * (double)at.part);
  }
}

static void filter(const peri__lane *lane) {
  float c[PERI_FILTER_COEFS];
  memcpy(c, lane->coefs, sizeof c);
  float s = lane->state[0], w = lane->state[1];
  for (int i = 0; i < PERI_QUANTUM; i++) {
    for (int k = 0; k < PERI_FILTER_COEFS && lane->slope; k++) c[k] = lane->coefs[k] + lane->slope[k] * (float)(i + 1);
    float x = lane->in[i], y = c[0] * x + s;
    s = w + c[1] * x + c[2] * y;
    w = w + c[3] * x + c[4] * y;
    lane->out[i] = y;
  }
  lane->state[0] = s;
  lane->state[1] = w;
}

static void biquad(const peri__lane *lanes, size_t count) {
  for (size_t l = 0; l < count; l++) filter(&lanes[l]);
}

static void multiply(float *sum, const peri__product *products, size_t count, size_t imaginary, size_t bins) {
  for (size_t b = 0; b < bins; b++) {
    float re = sum[b], im = sum[imaginary + b];
    for (size_t p = 0; p < count; p++) {
      const float *x = products[p].a + b, *h = products[p].b + b;
      re += x[0] * h[0] - x[imaginary] * h[imaginary];
      im += x[0] * h[imaginary] + x[imaginary] * h[0];
    }
    sum[b] = re;
    sum[imaginary + b] = im;
  }
}

#define PERI_TARGET
#define BODY static inline __attribute__((always_inline))
#define VECTOR float
#define LANES 1
#define LOAD(from) (*(from))
#define STORE(to, value) (*(to) = (value))
#define SPLAT(value) (value)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define MULTIPLY_ADD(a, b, sum) ((sum) + (a) * (b))
#define MULTIPLY_TAKE(a, b, sum) ((sum) - (a) * (b))

static inline void transpose(const float *rows) { (void)rows; }

#include "dsp/skew_body.h"

static const peri__skew_kernels skew = {split, join, split_piece, join_piece};

static bool usable(void) { return true; }

const peri__kernels peri__kernels_scalar = {
    "scalar",           usable, mix_spans, mix_spans, widen, peri__linear_scalar,
    peri__cubic_scalar, sinc,   biquad,    multiply,  &skew};
