/* What mixing voices costs at least: loops that know nothing but samples, positions and gains. */
#ifndef PERI_BENCH_MIX_LIMITS_H
#define PERI_BENCH_MIX_LIMITS_H

#include "base/base.h"

/* The samples go on behind the loop's end with those of its start, so that no quantum has to be split. */
#define LIMIT_TAIL (2 * PERI_QUANTUM + 16)

typedef struct limit_voice {
  const float *samples;
  int64_t position, step, length; /* 32.32 frames of the sound; rates 0 to 2 */
  float left, right;              /* gains */
} limit_voice;

/* Adds one quantum of all voices, a multiple of 8, and moves them on. */
typedef void (*mix_limit)(limit_voice *voices, uint32_t count, float *left, float *right);

/* One voice at a time, plain C. */
void limit_unity_plain(limit_voice *voices, uint32_t count, float *left, float *right);
void limit_rates_plain(limit_voice *voices, uint32_t count, float *left, float *right);

/* Eight voices a pass, sums in registers, AVX2 and FMA; NULL where the processor has none. */
mix_limit limit_unity_avx2(void);
mix_limit limit_rates_avx2(void);

#endif
