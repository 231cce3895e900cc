/* Kernels in plain C: the reference that the others are tested against. */
#include "dsp/parts.h"

#include <math.h>
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

static bool all_finite(const float *samples, uint32_t quanta) {
  bool finite = true;
  for (size_t i = 0; i < (size_t)quanta * PERI_QUANTUM; i++) finite = finite && isfinite(samples[i]);
  return finite;
}

static bool scale(float *out, const float *in, float gain) {
  for (int i = 0; i < PERI_QUANTUM; i++) out[i] = in[i] * gain;
  return all_finite(out, 1);
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

/* The same operations in the same order as the vectors: filters have the same bits in all tables. */
static bool recursion(const peri__biquad_steady *b, const float *in, double *last, float *out) {
  const double *n = b->numerator;
  double x[PERI_QUANTUM], w[PERI_QUANTUM], y[PERI_QUANTUM];
  for (int i = 0; i < PERI_QUANTUM; i++) x[i] = (double)in[i];
  for (int i = 4; i < PERI_QUANTUM; i++)
    w[i] = ((n[0] * x[i] + n[1] * x[i - 1]) + (n[2] * x[i - 2] + n[3] * x[i - 3])) + n[4] * x[i - 4];
  bool finite = true;
  memcpy(y, last, 8 * sizeof *y);
  for (int i = 0; i < 8; i++) finite = finite && isfinite((float)y[i]);
  for (int i = 8; i < PERI_QUANTUM; i++) {
    double u = (w[i] + b->spread[0] * w[i - 2]) + b->spread[1] * w[i - 4];
    y[i] = (u + b->poles[1] * y[i - 8]) + b->poles[0] * y[i - 4];
    out[i] = (float)y[i];
    finite = finite && isfinite(out[i]);
  }
  memcpy(last, y + PERI_QUANTUM - 8, 8 * sizeof *y);
  return finite;
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

static float within(double value, const peri__glide *glide) {
  float x = (float)value;
  return x < glide->least ? glide->least : x > glide->most ? glide->most : x;
}

static void line(float *out, const peri__glide *glide) {
  for (int i = 0; i < PERI_QUANTUM; i++) out[i] = within(glide->base + glide->scale * i, glide);
}

static void powers(float *out, const peri__glide *glide) {
  double power = glide->scale;
  for (int i = 0; i < PERI_QUANTUM; i++, power *= glide->ratio) out[i] = within(glide->base + power, glide);
}

/* Lagrange's cubic through samples at −1, 0, 1 and 2. */
static float table_at(uint32_t phase, const peri__wave_table *table) {
  uint32_t shift = 32 - table->bits;
  const float *tap = table->samples + (phase >> shift);
  float x = (float)(phase & ((1u << shift) - 1)) / (float)(1u << shift);
  float c1 = tap[2] - tap[0] * (1.0f / 3.0f) - tap[1] * 0.5f - tap[3] * (1.0f / 6.0f);
  float c2 = (tap[0] + tap[2]) * 0.5f - tap[1];
  float c3 = (tap[3] - tap[0]) * (1.0f / 6.0f) + (tap[1] - tap[2]) * 0.5f;
  return ((c3 * x + c2) * x + c1) * x + tap[1];
}

/* wave_body.h says how. */
static float sine_at(uint32_t phase) {
  bool beyond = phase + 0x40000000u >= 0x80000000u;
  float x = (float)(int32_t)(beyond ? 0x80000000u - phase : phase) * (1.0f / 1073741824.0f), z = x * x;
  float sum = z * 0.0001516717036657391f - 0.004674143838153858f;
  sum = (sum * z + 0.07968991832902929f) * z - 0.6459637595835395f;
  return x * (sum * z + 1.5707963200386015f);
}

static void wave(float *out, const uint32_t *phases, uint32_t count, const peri__wave_table *table) {
  for (uint32_t i = 0; i < count; i++) out[i] = table ? table_at(phases[i], table) : sine_at(phases[i]);
}

static void wave_steady(float *out, uint32_t from, uint32_t step, const peri__wave_table *table) {
  for (int i = 0; i < PERI_QUANTUM; i++, from += step) out[i] = table ? table_at(from, table) : sine_at(from);
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
    .name = "scalar",
    PERI_KERNELS_OF_THIS_FILE,
    .mix_plain = mix_spans,
    .linear = peri__linear_scalar,
    .cubic = peri__cubic_scalar,
    .biquad = biquad,
    .skew = &skew,
};
