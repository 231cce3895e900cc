/* What mixing voices costs at least: loops that know nothing but samples, positions and gains. */
#ifndef PERI_BENCH_MIX_LIMITS_H
#define PERI_BENCH_MIX_LIMITS_H

#include "base/base.h"

/* The samples go on behind the loop's end with those of its start, and before its start with the last of its end, so
 * that no quantum has to be split. */
#define LIMIT_HEAD 1
#define LIMIT_TAIL (2 * PERI_QUANTUM + 32)

typedef struct limit_voice {
  const float *samples;
  int64_t position, step, length; /* 32.32 frames of the sound; rates 0 to 2 */
  float left, right;              /* gains */
} limit_voice;

/* Of eight voices: a biquad each, transposed direct form II. */
typedef struct limit_filter {
  float b0[8], b1[8], b2[8], a1[8], a2[8], z1[8], z2[8];
} limit_filter;

typedef struct limit_set {
  limit_voice *voice;
  limit_filter *filter; /* an eighth as many; NULL where nothing is filtered */
  uint32_t count;       /* a multiple of 8 */
} limit_set;

/* Adds one quantum of all voices and moves them on. */
typedef void (*mix_limit)(const limit_set *set, float *left, float *right);

/* FILTERED: at rate 1. */
typedef enum { MIX_UNITY, MIX_LINEAR, MIX_CUBIC, MIX_FILTERED } mix_kind;

/* One voice at a time, plain C. */
mix_limit limit_plain(mix_kind kind);

/* Eight voices a pass, AVX2 and FMA, sums in registers (filtered: in the first cache); NULL where the processor has
 * none. */
mix_limit limit_avx2(mix_kind kind);

/* Low-pass of one of the eight (RBJ Audio EQ Cookbook, LPF); frequency as a part of the sample rate. */
void limit_lowpass(limit_filter *filter, uint32_t lane, double frequency, double q);

#endif
