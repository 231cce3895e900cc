/* What every table of kernels is held against: the scalar one. Pure C, since the program that an emulator of another
 * processor runs (tests/neon) has no test library. A `…_excess` is the worst difference found, as a multiple of the
 * bound: at most 1. */
#ifndef PERI_KERNEL_CHECKS_H
#define PERI_KERNEL_CHECKS_H

#include "dsp/biquad.h"
#include "dsp/kernels.h"
#include "dsp/skew.h"

#include <float.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUANTUM PERI_QUANTUM
#define MOST_SPANS 70
#define SOUND 4096
#define EXACT_BOUND 1e-6 /* of the sum of what is added, without signs */

static uint32_t random_state = 12345;

static inline float random_sample(void) {
  random_state = random_state * 1664525u + 1013904223u;
  return (float)(int32_t)random_state / 2147483648.0f;
}

static inline uint32_t pick(uint32_t below) {
  random_sample();
  return (random_state >> 8) % below;
}

static inline double larger(double a, double b) { return a > b || a != a ? a : b; } /* NaN wins */

/* ---- Mixing ----------------------------------------------------------------------------------------------------- */

typedef struct spans_scene {
  float sound[SOUND];
  int16_t sound16[SOUND];
  peri__span span[MOST_SPANS];
  size_t count;
  float left[QUANTUM + 3], right[QUANTUM + 3]; /* the sums begin between cache lines */
} spans_scene;

static inline void random_span(const spans_scene *s, peri__span *span, uint32_t sort) {
  uint32_t place = QUANTUM + pick(SOUND - 3 * QUANTUM);
  *span = (peri__span){.s16 = sort & 1};
  span->in = sort & 1 ? (const void *)(s->sound16 + place) : (const void *)(s->sound + place);
  if (sort & 2) span->other = (int32_t)pick(2 * QUANTUM) - QUANTUM;
  for (int side = 0; side < 2; side++) {
    float unit = sort & 1 ? 1.0f / 32768 : 1.0f;
    span->gain[side] = random_sample() * unit;
    if (sort & 4 && pick(4)) span->slope[side] = random_sample() / QUANTUM * unit;
  }
}

/* Floats and int16, mono and stereo, steady and ramping, in runs of random lengths, at any alignment. */
static inline spans_scene *make_scene(size_t count) {
  spans_scene *s = (spans_scene *)malloc(sizeof *s);
  s->count = count;
  for (int i = 0; i < SOUND; i++) s->sound[i] = random_sample(), s->sound16[i] = (int16_t)(random_sample() * 32768);
  for (int i = 0; i < QUANTUM + 3; i++) s->left[i] = random_sample(), s->right[i] = random_sample();
  uint32_t sort = pick(8);
  for (size_t k = 0; k < count; k++) {
    if (pick(4) == 0) sort = pick(8);
    random_span(s, &s->span[k], sort);
  }
  return s;
}

/* What a span adds to frame i, by the formula. */
static inline double part_of(const peri__span *span, int side, int i) {
  ptrdiff_t place = (side ? span->other : 0) + i;
  double sample = span->s16 ? (double)((const int16_t *)span->in)[place] : (double)((const float *)span->in)[place];
  return sample * ((double)span->gain[side] + (double)span->slope[side] * (i + 1));
}

static inline double side_excess(const spans_scene *s, int side, const float *a, const float *b) {
  double worst = 0;
  for (int i = 0; i < QUANTUM; i++) {
    double size = 1e-12;
    for (size_t n = 0; n < s->count; n++) size += fabs(part_of(&s->span[n], side, i));
    worst = larger(fabs((double)a[i] - (double)b[i]) / (EXACT_BOUND * size), worst);
  }
  return worst;
}

static inline double mix_excess(const peri__kernels *kernels, int rounds) {
  double worst = 0;
  for (int round = 0; round < rounds; round++) {
    spans_scene *s = make_scene(1 + pick(MOST_SPANS));
    float a[2][QUANTUM] = {{0}}, b[2][QUANTUM] = {{0}};
    kernels->mix_spans(a[0], round % 4 ? a[1] : NULL, s->span, s->count);
    peri__kernels_scalar.mix_spans(b[0], round % 4 ? b[1] : NULL, s->span, s->count);
    worst = larger(side_excess(s, 0, a[0], b[0]), larger(side_excess(s, 1, a[1], b[1]), worst));
    free(s);
  }
  return worst;
}

static inline bool widens_exactly(const peri__kernels *kernels) {
  int16_t in[300];
  float out[301];
  for (int i = 0; i < 300; i++) in[i] = (int16_t)(pick(65536) - 32768);
  in[3] = -32768, in[4] = 32767;
  for (uint32_t round = 0; round < 200; round++) {
    uint32_t from = pick(9), count = pick(290);
    out[count] = 77.0f;
    kernels->widen(out, in + from, count);
    for (uint32_t i = 0; i < count; i++)
      if (out[i] != (float)in[from + i] / 32768) return false;
    if (out[count] != 77.0f) return false;
  }
  return true;
}

/* ---- Reading between samples ------------------------------------------------------------------------------------ */

/* A stretch to be read. What a reader may look at but does not need is NaN; what it may not look at is not there. */
typedef struct stretch {
  float *memory;
  const float *in;
  int64_t position, step;
  uint32_t count;
} stretch;

static inline stretch make_stretch(double most_step, uint32_t before, uint32_t after, uint32_t ahead) {
  stretch s = {.step = 1 + (int64_t)((random_sample() + 1.0f) * 0.5 * most_step * 4294967295.0)};
  if (pick(4) == 0) s.step = (int64_t)(1 + pick(6)) << 30;
  if (pick(8) == 0) s.step = (int64_t)(1 + pick((uint32_t)most_step)) << 32;
  s.position = (int64_t)pick(16) << 32 | pick(1 << 24) << 8;
  s.count = 1 + pick(QUANTUM);
  if (pick(4) == 0) s.count = QUANTUM;
  int64_t first = s.position >> 32, last = (s.position + (s.count - 1) * s.step) >> 32;
  size_t needed = (size_t)(last - first) + 1 + before + after, whole = (size_t)(last - first) + 1 + before + ahead;
  s.memory = (float *)malloc(whole * sizeof(float));
  for (size_t i = 0; i < whole; i++) s.memory[i] = i < needed ? random_sample() : NAN;
  s.in = s.memory + before - first;
  return s;
}

/* Reads it whole and in pieces. Returns whether both have the same bits, and nothing behind the last is touched. */
static inline bool same_in_pieces(const stretch *s, peri__reader *read, float *whole) {
  float pieces[QUANTUM + 1];
  whole[s->count] = pieces[s->count] = 77.0f;
  read(whole, s->in, s->position, s->step, s->count);
  for (uint32_t i = 0, n; i < s->count; i += n) {
    n = 1 + pick(s->count - i);
    read(pieces + i, s->in, s->position + i * s->step, s->step, n);
  }
  return memcmp(whole, pieces, (s->count + 1) * sizeof(float)) == 0 && whole[s->count] == 77.0f;
}

static inline double reader_excess(peri__reader *read, peri__reader *reference, uint32_t before, uint32_t after) {
  double worst = 0;
  for (int round = 0; round < 1000; round++) {
    stretch s = make_stretch(round % 2 ? 2.0 : 6.0, before, after, PERI_READ_AHEAD);
    float a[QUANTUM + 1], b[QUANTUM];
    if (!same_in_pieces(&s, read, a)) worst = INFINITY;
    reference(b, s.in, s.position, s.step, s.count);
    for (uint32_t i = 0; i < s.count; i++) {
      const float *here = s.in + ((s.position + i * s.step) >> 32);
      double size = 0;
      for (int k = -(int)before; k <= (int)after; k++) size += fabs((double)here[k]);
      worst = larger(fabs((double)a[i] - (double)b[i]) / (EXACT_BOUND * size), worst);
    }
    free(s.memory);
  }
  return worst;
}

/* Sums of a windowed sinc at a frame, without signs. */
static inline double sinc_size(const stretch *s, uint32_t frame, const peri__sinc_bank *bank) {
  int64_t position = s->position + frame * s->step;
  const float *in = s->in + (position >> 32) - (bank->taps / 2 - 1);
  const float *row = bank->rows + (((uint64_t)(uint32_t)position * bank->phases) >> 32) * bank->taps;
  double size = 0;
  for (uint32_t k = 0; k < bank->taps; k++) size += fabs((double)in[k] * (double)row[k]);
  return size;
}

static const peri__kernels *sinc_kernels;
static const peri__sinc_bank *sinc_bank;
static inline void read_sinc(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  sinc_kernels->sinc(out, in, position, step, count, sinc_bank);
}

static inline double sinc_excess(const peri__kernels *kernels, int rounds) {
  double worst = 0;
  peri__sinc_prepare();
  for (int round = 0; round < rounds; round++) {
    sinc_bank = peri__sinc_bank_for((int64_t)(exp2(round % 8 * 0.5 - 0.5) * 4294967296.0)); /* any bank, any step */
    uint32_t before = sinc_bank->taps / 2 - 1, after = sinc_bank->taps / 2;
    stretch s = make_stretch(6.0, before, after, after);
    float a[QUANTUM + 1], b[QUANTUM];
    sinc_kernels = kernels;
    if (!same_in_pieces(&s, read_sinc, a)) worst = INFINITY;
    peri__kernels_scalar.sinc(b, s.in, s.position, s.step, s.count, sinc_bank);
    for (uint32_t i = 0; i < s.count; i++)
      worst = larger(fabs((double)a[i] - (double)b[i]) / (EXACT_BOUND * sinc_size(&s, i, sinc_bank)), worst);
    free(s.memory);
  }
  return worst;
}

/* ---- Filters ---------------------------------------------------------------------------------------------------- */

typedef enum { LOW_PASS, HIGH_PASS, BAND_PASS } filter_type;

/* RBJ Audio EQ Cookbook, at 48 kHz; band-pass with a peak of 1; as dsp/filter.h has its coefficients. */
static inline void design_filter(float *coefs, filter_type type, double hz, double q) {
  double w = 2 * 3.14159265358979323846 * hz / 48000, c = cos(w), alpha = sin(w) / (2 * q), b[3];
  if (type == LOW_PASS) b[0] = b[2] = (1 - c) / 2, b[1] = 1 - c;
  if (type == HIGH_PASS) b[0] = b[2] = (1 + c) / 2, b[1] = -1 - c;
  if (type == BAND_PASS) b[0] = alpha, b[1] = 0, b[2] = -alpha;
  double a0 = 1 + alpha, a1 = -2 * c, a2 = 1 - alpha;
  coefs[0] = (float)(b[0] / a0);
  coefs[1] = (float)((b[0] + b[1]) / a0);
  coefs[2] = (float)(-(a0 + a1) / a0);
  coefs[3] = (float)((b[0] + b[1] + b[2]) / a0);
  coefs[4] = (float)(-(a0 + a1 + a2) / a0);
}

static inline void random_filter(float *coefs) {
  double hz = 20 * pow(1000, fabs((double)random_sample())), q = 0.3 * pow(20 / 0.3, fabs((double)random_sample()));
  design_filter(coefs, (filter_type)pick(3), hz, q);
}

#define MOST_LANES 70

typedef struct lanes_scene {
  size_t count;
  peri__lane lane[MOST_LANES];
  float sound[MOST_LANES][QUANTUM + 1], out[MOST_LANES][QUANTUM + 1];
  float coefs[MOST_LANES][5], slope[MOST_LANES][5], state[MOST_LANES][2];
} lanes_scene;

/* Lanes at any alignment, some of them ramping from one filter to another, some in place. */
static inline lanes_scene *make_lanes(size_t count) {
  lanes_scene *s = (lanes_scene *)calloc(1, sizeof *s);
  s->count = count;
  for (size_t l = 0; l < count; l++) {
    float to[5], *out = s->out[l] + pick(2);
    random_filter(s->coefs[l]);
    random_filter(to);
    for (int c = 0; c < 5; c++) s->slope[l][c] = (to[c] - s->coefs[l][c]) / QUANTUM;
    const float *in = pick(2) ? out : s->sound[l] + pick(2);
    s->lane[l] = (peri__lane){in, out, s->coefs[l], pick(3) ? NULL : s->slope[l], s->state[l]};
  }
  return s;
}

static inline void fill_lanes(lanes_scene *s, uint32_t seed) {
  random_state = seed;
  for (size_t l = 0; l < s->count; l++)
    for (int i = 0; i <= QUANTUM; i++) s->sound[l][i] = s->out[l][i] = random_sample();
}

/* The same lanes, all at once by `kernels`, alone by the scalar ones: are they the same bits, states too? */
static inline bool filters_alike(const peri__kernels *kernels, size_t count, int quanta) {
  uint32_t seed = random_state;
  lanes_scene *a = make_lanes(count);
  random_state = seed;
  lanes_scene *b = make_lanes(count);
  bool same = true;
  for (int q = 0; q < quanta; q++) {
    uint32_t next = random_state;
    fill_lanes(a, next);
    fill_lanes(b, next);
    kernels->biquad(a->lane, count);
    for (size_t l = count; l-- > 0;) peri__kernels_scalar.biquad(&b->lane[l], 1);
    same = same && memcmp(a->out, b->out, sizeof a->out) == 0 && memcmp(a->state, b->state, sizeof a->state) == 0;
    for (size_t l = 0; l < count; l++) a->lane[l].slope = b->lane[l].slope = NULL; /* ramps end */
  }
  free(a);
  free(b);
  return same;
}

/* Steady biquads of nodes, several quanta of each: the same bits, what they remember too? */
static inline bool recursions_alike(const peri__kernels *kernels, int rounds) {
  bool same = true;
  for (int r = 0; r < rounds; r++) {
    double pitch = pow(0.0005, fabs((double)random_sample())), q = 60 * (double)random_sample();
    peri__biquad biquad = peri__biquad_make((peri_biquad_type)pick(PERI_BIQUAD_ALLPASS + 1), pitch, q, q);
    peri__biquad_steady steady = peri__biquad_prepare(&biquad);
    peri__biquad_state states[2] = {{0}};
    float in[QUANTUM + 1], out[2][QUANTUM + 1] = {{0}};
    for (int quantum = 0; quantum < 3; quantum++) {
      size_t shift = pick(2);
      for (int i = 0; i <= QUANTUM; i++) in[i] = random_sample();
      peri__biquad_run(kernels, &steady, &states[0], in + shift, out[0] + shift);
      peri__biquad_run(&peri__kernels_scalar, &steady, &states[1], in + shift, out[1] + shift);
      same = same && memcmp(out[0], out[1], sizeof out[0]) == 0 && memcmp(&states[0], &states[1], sizeof *states) == 0;
    }
  }
  return same;
}

/* ---- Scaling and looking for numbers that are none --------------------------------------------------------------- */

static inline bool scales_exactly(const peri__kernels *kernels) {
  float in[QUANTUM + 1], out[QUANTUM + 3];
  bool same = true;
  for (int r = 0; r < 20; r++) {
    size_t from = pick(2), to = 1 + pick(2);
    float gain = 3 * random_sample();
    for (int i = 0; i <= QUANTUM; i++) in[i] = random_sample();
    for (int i = 0; i < QUANTUM + 3; i++) out[i] = 7.0f;
    kernels->scale(out + to, in + from, gain);
    for (size_t i = 0; i < QUANTUM; i++) same = same && out[to + i] == in[from + i] * gain;
    same = same && out[to - 1] == 7.0f && out[to + QUANTUM] == 7.0f;
    memcpy(out, in, sizeof in);
    kernels->scale(out + from, out + from, gain);
    for (size_t i = 0; i < QUANTUM; i++) same = same && out[from + i] == in[from + i] * gain;
  }
  return same;
}

/* Wherever in up to three quanta it stands. */
static inline bool finds_the_nonfinite(const peri__kernels *kernels) {
  static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
  float samples[3 * QUANTUM + 1];
  bool fine = true;
  for (uint32_t quanta = 0; quanta <= 3; quanta++) {
    size_t count = (size_t)quanta * QUANTUM;
    for (size_t i = 0; i < count; i++) samples[i] = i % 3 == 0 ? FLT_MAX : i % 3 == 1 ? -FLT_MAX : 1e-45f;
    samples[count] = NAN; /* behind the end */
    fine = fine && kernels->all_finite(samples, quanta);
    for (size_t i = 0; i < count; i++) {
      float kept = samples[i];
      samples[i] = bad[i % 4];
      fine = fine && !kernels->all_finite(samples, quanta);
      samples[i] = kept;
    }
  }
  return fine;
}

/* ---- Waves ------------------------------------------------------------------------------------------------------ */

#define MOST_BITS 12

/* The sizes of a frame's taps; of a sine 1. */
static inline double wave_size(const peri__wave_table *table, uint32_t phase) {
  double size = 0;
  if (!table) return 1;
  for (int k = 0; k < 4; k++) size += fabs((double)table->samples[(phase >> (32 - table->bits)) + (uint32_t)k]);
  return size;
}

/* Phases at random, and in steps, which must have the same bits; what lies behind the last is not touched. */
static inline double wave_excess(const peri__kernels *kernels, int rounds) {
  static float samples[(1 << MOST_BITS) + 3];
  double worst = 0;
  for (int round = 0; round < rounds; round++) {
    peri__wave_table any = {samples, 9 + pick(MOST_BITS - 8), 1}, *table = round % 3 ? &any : NULL;
    uint32_t phases[QUANTUM + PERI_WAVE_AHEAD] = {0}, count = round % 4 ? 1 + pick(QUANTUM) : QUANTUM;
    uint32_t from = pick(1 << 24) << 8, step = pick(1 << 24) << 8 | pick(256);
    float got[QUANTUM + 1], steps[QUANTUM], wanted[QUANTUM];
    for (int i = 0; i < (1 << any.bits) + 3; i++) samples[i] = random_sample();
    for (uint32_t i = 0; i < QUANTUM; i++) phases[i] = round % 2 ? from + i * step : pick(1 << 24) << 8 | pick(256);
    got[count] = 77.0f;
    kernels->wave(got, phases, count, table);
    peri__kernels_scalar.wave(wanted, phases, count, table);
    if (got[count] != 77.0f) worst = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
      double size = EXACT_BOUND * wave_size(table, phases[i]), turn = (double)phases[i] / 4294967296.0;
      worst = larger(fabs((double)got[i] - (double)wanted[i]) / size, worst);
      if (!table) worst = larger(fabs((double)got[i] - sin(turn * 2 * 3.14159265358979323846)) / 2e-7, worst);
    }
    kernels->wave_steady(steps, from, step, table);
    if (round % 2 && memcmp(steps, got, count * sizeof *got) != 0) worst = INFINITY;
  }
  return worst;
}

/* ---- Glides ----------------------------------------------------------------------------------------------------- */

static inline double glide_error(const peri__glide *g, float got, double part) {
  double least = (double)g->least, most = (double)g->most, sum = g->base + part;
  double wanted = sum < least ? least : sum > most ? most : sum;
  return fabs((double)got - wanted) / (EXACT_BOUND * (fabs(g->base) + fabs(part) + 1e-30));
}

/* Lines and powers against the formulas, some of which leave their range. */
static inline double glide_excess(const peri__kernels *kernels, int rounds) {
  double worst = 0;
  for (int round = 0; round < rounds; round++) {
    double ratio = round % 8 ? exp2((double)random_sample() * (round % 3 ? 0.1 : 1)) : 0;
    peri__glide g = {(double)random_sample(), (double)random_sample(), ratio, -3e38f, 3e38f};
    float line[QUANTUM + 1], powers[QUANTUM + 1];
    if (round % 2) g.least = -0.5f, g.most = 0.75f;
    if (round % 5 == 0) g.base = 0;
    line[QUANTUM] = powers[QUANTUM] = 77.0f;
    kernels->line(line, &g);
    kernels->powers(powers, &g);
    if (line[QUANTUM] != 77.0f || powers[QUANTUM] != 77.0f) worst = INFINITY;
    for (int i = 0; i < QUANTUM; i++) {
      worst = larger(glide_error(&g, line[i], g.scale * i), worst);
      worst = larger(glide_error(&g, powers[i], g.scale * pow(ratio, i)), worst);
    }
  }
  return worst;
}

/* ---- Spectra ---------------------------------------------------------------------------------------------------- */

#define BINS 160
#define PARTS 64

/* Sums of products, some of which lie between cache lines; beyond the bins nothing is touched. */
static inline double multiply_excess(const peri__kernels *kernels, int rounds) {
  static float spectra[2 * PARTS][2 * BINS + 5], sum[2 * BINS + 1], reference[2 * BINS + 1];
  double worst = 0;
  for (int r = 0; r < rounds; r++) {
    peri__product products[PARTS];
    size_t count = pick(PARTS + 1), bins = 32 * (1 + pick(4)), shift = pick(4);
    for (size_t p = 0; p < 2 * PARTS; p++)
      for (int i = 0; i < 2 * BINS + 5; i++) spectra[p][i] = random_sample();
    for (size_t p = 0; p < count; p++) products[p] = (peri__product){spectra[2 * p] + shift, spectra[2 * p + 1]};
    for (int i = 0; i <= 2 * BINS; i++) sum[i] = reference[i] = random_sample();
    kernels->multiply(sum, products, count, BINS, bins);
    for (size_t b = 0; b < 2 * BINS + 1; b++) {
      double wanted = (double)reference[b], size = fabs(wanted);
      bool imaginary = b >= BINS;
      size_t bin = imaginary ? b - BINS : b;
      for (size_t p = 0; p < count && bin < bins; p++) {
        const float *x = products[p].a + bin, *h = products[p].b + bin;
        double first = (double)x[0] * (double)(imaginary ? h[BINS] : h[0]);
        double second = (double)x[BINS] * (double)(imaginary ? h[0] : -h[BINS]);
        wanted += first + second;
        size += fabs(first) + fabs(second);
      }
      if (bin >= bins && sum[b] != reference[b]) return INFINITY;
      worst = larger(worst, fabs((double)sum[b] - wanted) / (EXACT_BOUND * size));
    }
  }
  return worst;
}

/* ---- The transform that convolves ------------------------------------------------------------------------------- */

#define SKEW_TAPS 9
#define SKEW_BOUND 1.5e-6 /* of the root of the sum of squares of what is added */

typedef struct skew_scene {
  float x[2][32768], h[2][32768], x_re[32768], x_im[32768], h_re[32768], h_im[32768];
  uint32_t tap[SKEW_TAPS];
} skew_scene;

/* Sample i of the convolution by its definition: what passes the end of both blocks comes in again, negative. */
static inline double skew_sample(const skew_scene *s, uint32_t n, uint32_t i, double *size) {
  double sum = 0, power = 0;
  for (int t = 0; t < SKEW_TAPS; t++) {
    uint32_t tap = s->tap[t], at = (i + 2 * n - tap) % (2 * n);
    double product = (double)s->h[tap / n][tap % n] * (double)s->x[at / n][at % n];
    sum += at > i ? -product : product;
    power += product * product;
  }
  *size = sqrt(power);
  return sum;
}

static inline void multiply_skew(skew_scene *s, uint32_t n) {
  for (uint32_t b = 0; b < n; b++) {
    float re = s->x_re[b] * s->h_re[b] - s->x_im[b] * s->h_im[b];
    s->x_im[b] = (s->x_re[b] * s->h_im[b] + s->x_im[b] * s->h_re[b]) / (float)n;
    s->x_re[b] = re / (float)n;
  }
}

/* Noise convolved with a few taps by transform, product and transform back, both in one go and, the response, in steps.
 */
static inline double skew_excess(const peri__kernels *kernels, uint32_t n) {
  skew_scene *s = calloc(1, sizeof *s);
  void *memory = aligned_alloc(64, (peri__skew_bytes(n) + 63) / 64 * 64);
  const peri__skew *skew = peri__skew_prepare(memory, n, kernels);
  double worst = 0;
  for (uint32_t i = 0; i < 2 * n; i++) s->x[i / n][i % n] = random_sample();
  for (uint32_t t = 0; t < SKEW_TAPS; t++) {
    uint32_t tap = s->tap[t] = 2 * n / SKEW_TAPS * t + pick(2 * n / SKEW_TAPS);
    s->h[tap / n][tap % n] = random_sample();
  }
  peri__skew_forward(skew, s->x[0], s->x[1], s->x_re, s->x_im);
  for (uint32_t k = 0; k < peri__skew_steps(skew); k++)
    peri__skew_forward_step(skew, s->h[0], s->h[1], s->h_re, s->h_im, k);
  multiply_skew(s, n);
  peri__skew_inverse(skew, s->x_re, s->x_im);
  for (uint32_t i = 0; i < 2 * n; i++) {
    double size, wanted = skew_sample(s, n, i, &size), got = (double)(i < n ? s->x_re[i] : s->x_im[i - n]);
    worst = larger(worst, fabs(got - wanted) / (SKEW_BOUND * (size + 1)));
  }
  free(memory), free(s);
  return worst;
}

#endif
