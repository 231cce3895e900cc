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

/* A stretch of a pass's work, in butterflies, pairs or samples; in fours. */
typedef struct stretch {
  size_t from, to;
} stretch;

/* One of `pieces`, powers of two, that the work is cut into. */
static stretch cut(size_t work, size_t piece, size_t pieces) {
  return (stretch){work / pieces * piece, work / pieces * (piece + 1)};
}

/* The first pass: neighbours belong to different butterflies, so four of these go at once. */
static void first_pass(const float *w, split x, split y, size_t half, stretch part) PERI_AUDIO_THREAD {
  size_t quarter = half / 4;
  for (size_t p = part.from; p < part.to; p += 4) {
    butterfly b = cross(x, p, quarter);
    turn(&b.re[1], &b.im[1], load(w + p), load(w + p + quarter));
    turn(&b.re[2], &b.im[2], load(w + p + 2 * quarter), load(w + p + 3 * quarter));
    turn(&b.re[3], &b.im[3], load(w + p + 4 * quarter), load(w + p + 5 * quarter));
    store_columns(y.re + 4 * p, b.re);
    store_columns(y.im + 4 * p, b.im);
  }
}

/* A later pass: `stride` neighbours share a butterfly's twiddles, `count` butterflies. */
static void next_pass(const float *w, split x, split y, size_t stride, size_t count, stretch part) PERI_AUDIO_THREAD {
  for (size_t i = part.from; i < part.to;) {
    size_t p = i / stride, begin = i % stride, end = stride - begin < part.to - i ? stride : begin + (part.to - i);
    i += end - begin;
    four re1 = all(w[p]), im1 = all(w[p + count]);
    four re2 = all(w[p + 2 * count]), im2 = all(w[p + 3 * count]);
    four re3 = all(w[p + 4 * count]), im3 = all(w[p + 5 * count]);
    for (size_t q = begin; q < end; q += 4) {
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
static void last_pass(split x, split y, size_t half, stretch part) PERI_AUDIO_THREAD {
  size_t stride = half / 2;
  for (size_t q = part.from; q < part.to; q += 4) {
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

/* The pass of that number, all of it or a piece: from x to y, or back where the number is odd. */
static void run_pass(const peri__fft *fft, split x, split y, size_t pass, size_t piece,
                     size_t pieces) PERI_AUDIO_THREAD {
  const float *w = fft->passes;
  size_t stride = 1, count = fft->half / 4;
  for (size_t k = 0; k < pass; k++) w += 6 * count, count /= 4, stride *= 4;
  split from = pass % 2 ? y : x, to = pass % 2 ? x : y;
  if (pass == 0)
    first_pass(w, from, to, fft->half, cut(fft->half / 4, piece, pieces));
  else if (count)
    next_pass(w, from, to, stride, count, cut(fft->half / 4, piece, pieces));
  else
    last_pass(from, to, fft->half, cut(fft->half / 2, piece, pieces));
}

/* ---- Real samples ----------------------------------------------------------------------------------------------- */

/* With A = x[k] and B = x[N−k]*, from x of N + 1 numbers:
 *     y[k] = (A + B)·scale + T,  y[N−k] = ((A + B)·scale − T)*,  T = (A − B)·scale · turn
 * for k = 0 … N/2. With turn = −i·e^(−2πi·k/n) and scale ½ this makes the bins of n real samples from the transform of
 * N complex ones; with turn = i·e^(2πi·k/n), the complex numbers to be transformed back. x and y may be the same. */
static void twist(const peri__fft *fft, split x, split y, float scale, bool back, stretch part) PERI_AUDIO_THREAD {
  size_t half = fft->half, middle = half / 2;
  const float *cosine = fft->turns, *sine = fft->turns + middle;
  four by = all(scale), sign = all(back ? -1.0f : 1.0f);
  for (size_t k = part.from; k < part.to; k += 4) {
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
  if (part.to < middle) return;
  y.re[middle] = 2.0f * scale * x.re[middle];
  y.im[middle] = -2.0f * scale * x.im[middle];
}

static void split_samples(const float *samples, split x, stretch part) PERI_AUDIO_THREAD {
  for (size_t i = part.from; i < part.to; i += 4, samples += 8) {
    four a = load(samples), b = load(samples + 4);
    store(x.re + i, (four){a[0], a[2], b[0], b[2]});
    store(x.im + i, (four){a[1], a[3], b[1], b[3]});
  }
}

static void join_samples(split x, float *samples, stretch part) PERI_AUDIO_THREAD {
  for (size_t i = part.from; i < part.to; i += 4) {
    four re = load(x.re + i), im = load(x.im + i);
    store(samples + 2 * i, (four){re[0], im[0], re[1], im[1]});
    store(samples + 2 * i + 4, (four){re[2], im[2], re[3], im[3]});
  }
}

/* ---- Transforms, at once or in steps ----------------------------------------------------------------------------- */

#define PIECE 512 /* of a pass that is done in steps: so many complex numbers */

static size_t pieces_of(const peri__fft *fft) { return fft->half > PIECE ? fft->half / PIECE : 1; }

size_t peri__fft_steps(const peri__fft *fft) { return pieces_of(fft) * (pass_count(fft->half) + 2); }

/* Stage 0 takes the samples apart, the last one makes the bins, the others are the passes between. */
static void forward_stage(const peri__fft *fft, const float *first, const float *second, split bins, float *scratch,
                          size_t stage, size_t piece, size_t pieces) PERI_AUDIO_THREAD {
  size_t half = fft->half, passes = pass_count(half);
  split other = {scratch, scratch + half};
  bool even = passes % 2 == 0;
  split from = even ? bins : other, to = even ? other : bins; /* so that the last pass ends in the bins */
  if (stage == 0) {
    stretch part = cut(half, piece, pieces), ahead = part, behind = part;
    if (ahead.to > half / 2) ahead.to = half / 2;
    if (behind.from < half / 2) behind.from = half / 2;
    if (ahead.from < ahead.to) split_samples(first + 2 * ahead.from, from, ahead);
    if (behind.from < behind.to) split_samples(second + 2 * behind.from - half, from, behind);
  } else if (stage <= passes) {
    run_pass(fft, from, to, stage - 1, piece, pieces);
  } else {
    if (piece == 0) bins.re[half] = bins.re[0], bins.im[half] = bins.im[0]; /* the transform is periodic */
    twist(fft, bins, bins, 0.5f, false, cut(half / 2, piece, pieces));
  }
}

void peri__fft_forward_step(const peri__fft *fft, const float *first, const float *second, float *re, float *im,
                            float *scratch, size_t step) PERI_AUDIO_THREAD {
  size_t pieces = pieces_of(fft);
  forward_stage(fft, first, second, (split){re, im}, scratch, step / pieces, step % pieces, pieces);
}

void peri__fft_forward(const peri__fft *fft, const float *samples, float *re, float *im,
                       float *scratch) PERI_AUDIO_THREAD {
  size_t stages = pass_count(fft->half) + 2;
  for (size_t s = 0; s < stages; s++)
    forward_stage(fft, samples, samples + fft->half, (split){re, im}, scratch, s, 0, 1);
}

static void inverse_stage(const peri__fft *fft, const split bins, float *samples, float *scratch, size_t stage,
                          size_t piece, size_t pieces) PERI_AUDIO_THREAD {
  size_t half = fft->half, passes = pass_count(half);
  split x = {scratch, scratch + half + 4}, y = {scratch + 2 * half + 8, scratch + 3 * half + 12};
  if (stage == 0)
    twist(fft, bins, x, 1.0f / (float)fft->n, true, cut(half / 2, piece, pieces));
  else if (stage <= passes)
    run_pass(fft, (split){x.im, x.re}, (split){y.im, y.re}, stage - 1, piece, pieces);
  else
    join_samples(passes % 2 == 0 ? x : y, samples, cut(half, piece, pieces));
}

void peri__fft_inverse_step(const peri__fft *fft, const float *re, const float *im, float *samples, float *scratch,
                            size_t step) PERI_AUDIO_THREAD {
  size_t pieces = pieces_of(fft);
  inverse_stage(fft, (split){(float *)re, (float *)im}, samples, scratch, step / pieces, step % pieces, pieces);
}

void peri__fft_inverse(const peri__fft *fft, const float *re, const float *im, float *samples,
                       float *scratch) PERI_AUDIO_THREAD {
  size_t stages = pass_count(fft->half) + 2;
  for (size_t s = 0; s < stages; s++)
    inverse_stage(fft, (split){(float *)re, (float *)im}, samples, scratch, s, 0, 1); /* the bins are only read */
}
