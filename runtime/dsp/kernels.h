/* Kernels: one signature, one table an instruction set, one table chosen for each engine when it is made. The scalar
 * kernels are the reference: |kernel − scalar| ≤ 1e-6 × Σ|gain × sample|, and filters have the same bits in all tables.
 * Within one table, the same spans in the same order give the same bits, whatever stands beside them, and so do frames
 * that are read between samples, wherever in a stretch they lie. */
#ifndef PERI_KERNELS_H
#define PERI_KERNELS_H

#include "dsp/filter.h"
#include "dsp/mix.h"
#include "dsp/sinc.h"
#include "dsp/wave.h"

/* Reads `count` samples between those of `in`: out[i] lies at position + i × step, 32.32 frames into `in`; steps are
 * not negative. Let the whole frames of the first and the last position be f and l: what is needed lies between
 * in[f − before] and in[l + after], and what is read between in[f − before] and in[l + PERI_READ_AHEAD]. */
typedef void peri__reader(float *out, const float *in, int64_t position, int64_t step, uint32_t count);

/* One channel of a voice on its way through its filter (dsp/filter.h). The coefficient k of frame i is
 * coefs[k] + slope[k] × (i + 1). */
typedef struct peri__lane {
  const float *in; /* a quantum; may be `out` */
  float *out;
  const float *coefs; /* PERI_FILTER_COEFS */
  const float *slope; /* of each, per frame; NULL: steady */
  float *state;       /* s and w: read and written; zeros at first */
} peri__lane;

/* A biquad (dsp/biquad.h), over a0. */
typedef struct peri__biquad {
  double b0, b1, b2, a1, a2;
} peri__biquad;

/* One that stays the same, made to wait for its last outputs only every four frames. Numerator and denominator are
 * multiplied by what makes the denominator one of z⁻², and that once more for z⁻⁴: with D(z) = 1 + a1 z⁻¹ + a2 z⁻²,
 * D(z) D(−z) = 1 + c1 z⁻² + c2 z⁻⁴ and so on. Zeros cancel the poles that come with it, as well as doubles can; what
 * they leave dies with the quantum, because each begins with frames made from the last two alone. */
typedef struct peri__biquad_steady {
  peri__biquad biquad;
  double numerator[5]; /* of x, times D(−z) */
  double spread[2];    /* then + spread[0] z⁻² + spread[1] z⁻⁴ */
  double poles[2];     /* then y = … + poles[0] y z⁻⁴ + poles[1] y z⁻⁸ */
} peri__biquad_steady;

/* Two spectra to be multiplied: real parts, and imaginary parts a distance behind them. */
typedef struct peri__product {
  const float *a, *b;
} peri__product;

/* How a parameter goes for a quantum, cut to its range. */
typedef struct peri__glide {
  double base, scale, ratio;
  float least, most;
} peri__glide;

/* Of the transform that convolves, dsp/skew.h. */
struct peri__skew;

/* A stretch of a block of numbers, which is four quarters. */
typedef struct peri__butterflies {
  const float *turns;
  size_t block, quarter; /* where the block begins; numbers */
  size_t from, to;       /* in each quarter; multiples of 8 */
} peri__butterflies;

/* AUDIO THREAD. Splits go forward, from `in_…`, which may be the same, to `re` and `im`; joins go back, times 4 for
 * each level. Pieces are worked on from their level to the end. */
typedef struct peri__skew_kernels {
  void (*split)(const peri__butterflies *butterflies, const float *in_re, const float *in_im, float *re, float *im);
  void (*join)(const peri__butterflies *butterflies, float *re, float *im);
  void (*split_piece)(const struct peri__skew *skew, size_t piece, const float *in_re, const float *in_im, float *re,
                      float *im);
  void (*join_piece)(const struct peri__skew *skew, size_t piece, float *re, float *im);
} peri__skew_kernels;

typedef struct peri__kernels {
  const char *name;     /* "scalar", "sse2", "avx2", "avx512", "neon" */
  bool (*usable)(void); /* by this processor */
  /* AUDIO THREAD. Adds the spans, one after the other, to a quantum of one or two channels; `right` may be NULL. */
  void (*mix_spans)(float *left, float *right, const peri__span *spans, size_t count);
  /* AUDIO THREAD. The same for spans that are all float, mono and steady, to two channels: the same bits, sooner. */
  void (*mix_plain)(float *left, float *right, const peri__span *spans, size_t count);
  /* AUDIO THREAD. A quantum: out[i] = in[i] × gain; `out` may be `in`. Returns whether all of it is finite. */
  bool (*scale)(float *out, const float *in, float gain);
  /* AUDIO THREAD. Whether there is no infinity and no NaN in so many quanta. */
  bool (*all_finite)(const float *samples, uint32_t quanta);
  /* AUDIO THREAD. out[i] = in[i] / 32,768 */
  void (*widen)(float *out, const int16_t *in, uint32_t count);
  /* AUDIO THREAD. Interpolation, see peri__reader: linear needs 0 before and 1 after, cubic (4-point Hermite with
   * Catmull-Rom slopes) 1 before and 2 after. */
  peri__reader *linear;
  peri__reader *cubic;
  /* AUDIO THREAD. Windowed sinc: needs bank->taps / 2 − 1 before and bank->taps / 2 after, and reads nothing else. */
  void (*sinc)(float *out, const float *in, int64_t position, int64_t step, uint32_t count,
               const peri__sinc_bank *bank);
  /* AUDIO THREAD. Filters lanes, a quantum each. A lane's bits depend on nothing but the lane. */
  void (*biquad)(const peri__lane *lanes, size_t count);
  /* AUDIO THREAD. A quantum of a steady biquad from its frame 8 on; `last` are outputs: those of the frames 0 to 7 come
   * in, those of the last eight go out. `out` is not `in`. Returns whether all of the quantum is finite. */
  bool (*recursion)(const peri__biquad_steady *biquad, const float *in, double last[8], float *out);
  /* AUDIO THREAD. Adds the complex products to `sum`, for `bins` bins, a multiple of 32; imaginary parts are so many
   * floats behind real ones everywhere. */
  void (*multiply)(float *sum, const peri__product *products, size_t count, size_t imaginary, size_t bins);
  /* AUDIO THREAD. A quantum of base + scale × i, and of base + scale × ratio^i. */
  void (*line)(float *out, const peri__glide *glide);
  void (*powers)(float *out, const peri__glide *glide);
  /* AUDIO THREAD. Reads a table, or if it is NULL a sine within 2e-7: at `count` phases, a quantum of them at most, and
   * for a quantum at from + step × i, with the same bits. A phase is 2^32 of a period. Up to PERI_WAVE_AHEAD phases
   * behind `count` are looked at, and forgotten. */
  void (*wave)(float *out, const uint32_t *phases, uint32_t count, const peri__wave_table *table);
  void (*wave_steady)(float *out, uint32_t from, uint32_t step, const peri__wave_table *table);
  const peri__skew_kernels *skew;
} peri__kernels;

#define PERI_READ_AHEAD 32
#define PERI_WAVE_AHEAD 16

/* The tables that this build has, the best one first, NULL at the end; not all are usable here. */
extern const peri__kernels *const peri__kernels_built[];

extern const peri__kernels peri__kernels_scalar;

/* The best usable table, or the usable one of that name; NULL where there is none. Not for the audio thread. */
const peri__kernels *peri__kernels_named(const char *name);

#endif
