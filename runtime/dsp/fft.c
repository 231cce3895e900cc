#include "dsp/fft.h"

#include <math.h>
#include <string.h>

/* n real samples are taken as N = n/2 complex ones (even samples real, odd ones imaginary), transformed by Stockham's
 * method, which needs no bit reversal: every pass reads one pair of arrays and writes another, in order. Passes are of
 * radix 4, with one of radix 2 at the end where N is no power of 4. What separates the even samples' bins from
 * the odd ones' comes before or after (`twist`).
 *
 * The inverse of a complex transform is the forward one with real and imaginary parts exchanged, on both sides. */
struct peri__fft {
  size_t n;
  size_t half;   /* N */
  float *turns;  /* e^(−2πi·k/n) for k < N/2: all real parts, then all imaginary parts */
  float *passes; /* for each pass of radix 4 with m butterflies: w, w², w³, each m real then m imaginary parts */
};

/* Four floats, added and multiplied at once where the processor can. GCC and Clang both make them. */
typedef float four __attribute__((vector_size(16)));

static inline four load(const float *from) {
  four v;
  memcpy(&v, from, sizeof v);
  return v;
}

static inline void store(float *to, four v) { memcpy(to, &v, sizeof v); }
static inline four all(float x) { return (four){x, x, x, x}; }
static inline four reversed(four v) { return (four){v[3], v[2], v[1], v[0]}; }

static inline void store_rows(float *to, size_t stride, const four v[4]) {
  store(to, v[0]);
  store(to + stride, v[1]);
  store(to + 2 * stride, v[2]);
  store(to + 3 * stride, v[3]);
}

/* As columns, one after the other. */
static inline void store_columns(float *to, const four v[4]) {
  store(to, (four){v[0][0], v[1][0], v[2][0], v[3][0]});
  store(to + 4, (four){v[0][1], v[1][1], v[2][1], v[3][1]});
  store(to + 8, (four){v[0][2], v[1][2], v[2][2], v[3][2]});
  store(to + 12, (four){v[0][3], v[1][3], v[2][3], v[3][3]});
}

/* A pair of arrays with the parts of complex numbers. */
typedef struct split {
  float *re, *im;
} split;

/* ---- Plan ------------------------------------------------------------------------------------------------------- */

bool peri__fft_is_size(size_t n) { return n >= PERI__FFT_MIN && n <= PERI__FFT_MAX && (n & (n - 1)) == 0; }

size_t peri__fft_bytes(size_t n) { return peri__fft_is_size(n) ? PERI__FFT_BYTES(n) : 0; }

/* `count` values e^(−2πi·k·step/size). */
static float *turn_by(float *to, size_t count, size_t step, size_t size) {
  for (size_t k = 0; k < count; k++) {
    double angle = -2.0 * 3.14159265358979323846 * (double)(k * step) / (double)size;
    to[k] = (float)cos(angle);
    to[count + k] = (float)sin(angle);
  }
  return to + 2 * count;
}

/* Tables take N floats for the turns and 6 × (N/4 + N/16 + …) < 2N for the passes: together less than 6n bytes. */
peri__fft *peri__fft_prepare(void *memory, size_t n) {
  PERI_ASSERT(peri__fft_is_size(n));
  _Static_assert(sizeof(peri__fft) <= 64, "the plan's head fits before its tables");
  peri__fft *fft = memory;
  fft->n = n;
  fft->half = n / 2;
  fft->turns = (float *)memory + 16;
  fft->passes = turn_by(fft->turns, n / 4, 1, n);
  float *next = fft->passes;
  for (size_t size = fft->half; size >= 4; size /= 4)
    for (size_t power = 1; power <= 3; power++) next = turn_by(next, size / 4, power, size);
  return fft;
}

/* ---- Complex transform ------------------------------------------------------------------------------------------ */

/* Four butterflies of radix 4; their inputs a, b, c, d are a quarter of the transform apart. Loops over the outputs are
 * written out, since GCC at -O2 would keep them in memory. */
typedef struct butterfly {
  four re[4], im[4];
} butterfly;

static inline butterfly cross(const split x, size_t at, size_t quarter) {
  four are = load(x.re + at), aim = load(x.im + at);
  four bre = load(x.re + at + quarter), bim = load(x.im + at + quarter);
  four cre = load(x.re + at + 2 * quarter), cim = load(x.im + at + 2 * quarter);
  four dre = load(x.re + at + 3 * quarter), dim = load(x.im + at + 3 * quarter);
  four sum_re = are + cre, sum_im = aim + cim, difference_re = are - cre, difference_im = aim - cim;
  four other_re = bre + dre, other_im = bim + dim, turned_re = bim - dim, turned_im = dre - bre; /* −i·(b − d) */
  return (butterfly){
      {sum_re + other_re, difference_re + turned_re, sum_re - other_re, difference_re - turned_re},
      {sum_im + other_im, difference_im + turned_im, sum_im - other_im, difference_im - turned_im},
  };
}

static inline void turn(four *re, four *im, four by_re, four by_im) {
  four was = *re;
  *re = was * by_re - *im * by_im;
  *im = was * by_im + *im * by_re;
}

/* The first pass: neighbours belong to different butterflies, so four of these go at once. */
static void first_pass(const float *w, split x, split y, size_t half) PERI_AUDIO_THREAD {
  size_t quarter = half / 4;
  for (size_t p = 0; p < quarter; p += 4) {
    butterfly b = cross(x, p, quarter);
    turn(&b.re[1], &b.im[1], load(w + p), load(w + p + quarter));
    turn(&b.re[2], &b.im[2], load(w + p + 2 * quarter), load(w + p + 3 * quarter));
    turn(&b.re[3], &b.im[3], load(w + p + 4 * quarter), load(w + p + 5 * quarter));
    store_columns(y.re + 4 * p, b.re);
    store_columns(y.im + 4 * p, b.im);
  }
}

/* A later pass: `stride` neighbours share a butterfly's twiddles, `count` butterflies. */
static void next_pass(const float *w, split x, split y, size_t stride, size_t count) PERI_AUDIO_THREAD {
  for (size_t p = 0; p < count; p++) {
    four re1 = all(w[p]), im1 = all(w[p + count]);
    four re2 = all(w[p + 2 * count]), im2 = all(w[p + 3 * count]);
    four re3 = all(w[p + 4 * count]), im3 = all(w[p + 5 * count]);
    for (size_t q = 0; q < stride; q += 4) {
      butterfly b = cross(x, stride * p + q, stride * count);
      turn(&b.re[1], &b.im[1], re1, im1);
      turn(&b.re[2], &b.im[2], re2, im2);
      turn(&b.re[3], &b.im[3], re3, im3);
      store_rows(y.re + 4 * stride * p + q, stride, b.re);
      store_rows(y.im + 4 * stride * p + q, stride, b.im);
    }
  }
}

/* The last pass where N is no power of 4: radix 2, without twiddles. */
static void last_pass(split x, split y, size_t half) PERI_AUDIO_THREAD {
  size_t stride = half / 2;
  for (size_t q = 0; q < stride; q += 4) {
    four are = load(x.re + q), aim = load(x.im + q), bre = load(x.re + stride + q), bim = load(x.im + stride + q);
    store(y.re + q, are + bre);
    store(y.im + q, aim + bim);
    store(y.re + stride + q, are - bre);
    store(y.im + stride + q, aim - bim);
  }
}

static size_t pass_count(size_t half) {
  size_t passes = 0;
  for (; half > 1; half = half >= 4 ? half / 4 : 1) passes++;
  return passes;
}

/* All passes, from x to y, back, and so on. Returns the one of both in which the last pass ended. */
static split run_passes(const peri__fft *fft, split x, split y) PERI_AUDIO_THREAD {
  const float *w = fft->passes;
  size_t half = fft->half, stride = 1;
  for (size_t count = half / 4; stride < half; w += 6 * count, count /= 4, stride *= 4) {
    if (stride == 1)
      first_pass(w, x, y, half);
    else if (count)
      next_pass(w, x, y, stride, count);
    else
      last_pass(x, y, half);
    split from = x;
    x = y;
    y = from;
  }
  return x;
}

/* ---- Real samples ----------------------------------------------------------------------------------------------- */

/* With A = x[k] and B = x[N−k]*, from x of N + 1 numbers:
 *     y[k] = (A + B)·scale + T,  y[N−k] = ((A + B)·scale − T)*,  T = (A − B)·scale · turn
 * for k = 0 … N/2. With turn = −i·e^(−2πi·k/n) and scale ½ this makes the bins of n real samples from the transform of
 * N complex ones; with turn = i·e^(2πi·k/n), the complex numbers to be transformed back. x and y may be the same. */
static void twist(const peri__fft *fft, split x, split y, float scale, bool back) PERI_AUDIO_THREAD {
  size_t half = fft->half, middle = half / 2;
  const float *cosine = fft->turns, *sine = fft->turns + middle;
  four by = all(scale), sign = all(back ? -1.0f : 1.0f);
  for (size_t k = 0; k < middle; k += 4) {
    size_t mirror = half - k - 3;
    four are = load(x.re + k), aim = load(x.im + k);
    four bre = reversed(load(x.re + mirror)), bim = -reversed(load(x.im + mirror));
    four sum_re = (are + bre) * by, sum_im = (aim + bim) * by;
    four t_re = (are - bre) * by, t_im = (aim - bim) * by;
    turn(&t_re, &t_im, load(sine + k), -load(cosine + k) * sign);
    store(y.re + k, sum_re + t_re);
    store(y.im + k, sum_im + t_im);
    store(y.re + mirror, reversed(sum_re - t_re));
    store(y.im + mirror, reversed(t_im - sum_im));
  }
  y.re[middle] = 2.0f * scale * x.re[middle];
  y.im[middle] = -2.0f * scale * x.im[middle];
}

static void split_samples(const float *samples, split x, size_t count) PERI_AUDIO_THREAD {
  for (size_t i = 0; i < count; i += 4, samples += 8) {
    four a = load(samples), b = load(samples + 4);
    store(x.re + i, (four){a[0], a[2], b[0], b[2]});
    store(x.im + i, (four){a[1], a[3], b[1], b[3]});
  }
}

static void join_samples(split x, float *samples, size_t count) PERI_AUDIO_THREAD {
  for (size_t i = 0; i < count; i += 4) {
    four re = load(x.re + i), im = load(x.im + i);
    store(samples + 2 * i, (four){re[0], im[0], re[1], im[1]});
    store(samples + 2 * i + 4, (four){re[2], im[2], re[3], im[3]});
  }
}

/* ---- Transforms ------------------------------------------------------------------------------------------------- */

void peri__fft_forward(const peri__fft *fft, const float *samples, float *re, float *im,
                       float *scratch) PERI_AUDIO_THREAD {
  size_t half = fft->half;
  split bins = {re, im}, other = {scratch, scratch + half};
  bool even = pass_count(half) % 2 == 0; /* the last pass ends in the bins */
  split_samples(samples, even ? bins : other, half);
  run_passes(fft, even ? bins : other, even ? other : bins);
  re[half] = re[0], im[half] = im[0]; /* the transform is periodic */
  twist(fft, bins, bins, 0.5f, false);
}

void peri__fft_inverse(const peri__fft *fft, const float *re, const float *im, float *samples,
                       float *scratch) PERI_AUDIO_THREAD {
  size_t half = fft->half;
  split x = {scratch, scratch + half + 4}, y = {scratch + 2 * half + 8, scratch + 3 * half + 12};
  twist(fft, (split){(float *)re, (float *)im}, x, 1.0f / (float)fft->n, true); /* the bins are only read */
  split last = run_passes(fft, (split){x.im, x.re}, (split){y.im, y.re});
  join_samples((split){last.im, last.re}, samples, half);
}
