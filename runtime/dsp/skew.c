#include "dsp/skew.h"

#include <math.h>

#define HEAD_BYTES 128

/* ---- Plan ------------------------------------------------------------------------------------------------------- */

bool peri__skew_is_size(size_t n) { return n == 128 || n == 512 || n == 2048 || n == 8192 || n == 32768; }

/* Turns take 8 floats for each of less than n/24 blocks, eights 64 for each 64 numbers. */
size_t peri__skew_bytes(size_t n) { return HEAD_BYTES + (n / 3 + n) * sizeof(float); }

/* Of block b of a level, in whole turns. The whole block's root is i, and each root's fourth roots are its blocks'. */
static double root_of(uint32_t level, size_t block) {
  if (level == 0) return 0.25;
  return (root_of(level - 1, block / 4) + (double)(block % 4)) / 4.0;
}

static void put_turn(float *re, float *im, double turns) {
  *re = (float)cos(turns * 6.28318530717958647692);
  *im = (float)sin(turns * 6.28318530717958647692);
}

static float *prepare_turns(float *to, uint32_t level, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, to += PERI__SKEW_TURN) {
    for (int power = 1; power <= 3; power++)
      put_turn(&to[2 * power - 2], &to[2 * power - 1], power * root_of(level, b) / 4.0);
    to[6] = to[7] = 0.0f;
  }
  return to;
}

static void prepare_eights(float *to, uint32_t level, size_t blocks) {
  for (size_t b = 0; b < blocks; b++) {
    float *at = to + b / 8 * 64 + b % 8;
    double root = root_of(level, b), eighth = root / 8.0;
    put_turn(at, at + 8, root / 2.0);
    put_turn(at + 16, at + 24, root / 4.0);
    put_turn(at + 32, at + 40, eighth);
    put_turn(at + 48, at + 56, eighth + 0.125);
  }
}

peri__skew *peri__skew_prepare(void *memory, size_t n, const peri__kernels *kernels) {
  PERI_ASSERT(peri__skew_is_size(n));
  _Static_assert(sizeof(peri__skew) <= HEAD_BYTES, "the plan's head fits before its tables");
  peri__skew *skew = memory;
  *skew = (peri__skew){.n = n, .piece = n < PERI__SKEW_PIECE ? n : PERI__SKEW_PIECE, .kernels = kernels};
  float *next = (float *)(void *)((unsigned char *)memory + HEAD_BYTES);
  prepare_eights(next, (uint32_t)(__builtin_ctzl(n) - 3) / 2, n / 8);
  skew->eights = next;
  next += n;
  size_t size = n;
  for (uint32_t level = 0; size > 8; level++, size /= 4) {
    skew->turns[level] = next;
    next = prepare_turns(next, level, n / size);
    if (size > skew->piece) skew->tops = level + 1;
  }
  return skew;
}

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

/* A level above the pieces takes as many steps as there are pieces, each of them a stretch of one block. */

static uint32_t pieces_of(const peri__skew *skew) { return (uint32_t)(skew->n / skew->piece); }

static peri__butterflies stretch_of(const peri__skew *skew, uint32_t level, uint32_t step) PERI_AUDIO_THREAD {
  size_t size = skew->n >> (2 * level), here = (size_t)step * skew->piece;
  size_t block = here / size, stretch = skew->piece / 4;
  size_t from = (here % size) / 4;
  return (peri__butterflies){.turns = skew->turns[level] + block * PERI__SKEW_TURN,
                             .block = block * size,
                             .quarter = size / 4,
                             .from = from,
                             .to = from + stretch};
}

uint32_t peri__skew_steps(const peri__skew *skew) PERI_AUDIO_THREAD { return (skew->tops + 1) * pieces_of(skew); }

uint32_t peri__skew_forward_cost(const peri__skew *skew, uint32_t step) PERI_AUDIO_THREAD {
  uint32_t piece = (uint32_t)skew->piece;
  return step / pieces_of(skew) < skew->tops ? piece : piece * (piece == 128 ? 4 : 5);
}

uint32_t peri__skew_inverse_cost(const peri__skew *skew, uint32_t step) PERI_AUDIO_THREAD {
  return peri__skew_forward_cost(skew, peri__skew_steps(skew) - 1 - step);
}

void peri__skew_forward_step(const peri__skew *skew, const float *before, const float *samples, float *re, float *im,
                             uint32_t step) PERI_AUDIO_THREAD {
  uint32_t pieces = pieces_of(skew), level = step / pieces;
  const float *in_re = level ? re : before, *in_im = level ? im : samples;
  if (level == skew->tops) {
    skew->kernels->skew->split_piece(skew, step % pieces, in_re, in_im, re, im);
  } else {
    peri__butterflies b = stretch_of(skew, level, step % pieces);
    skew->kernels->skew->split(&b, in_re, in_im, re, im);
  }
}

void peri__skew_inverse_step(const peri__skew *skew, float *re, float *im, uint32_t step) PERI_AUDIO_THREAD {
  uint32_t pieces = pieces_of(skew), level = step / pieces;
  if (level == 0) {
    skew->kernels->skew->join_piece(skew, step, re, im);
  } else {
    peri__butterflies b = stretch_of(skew, skew->tops - level, step % pieces);
    skew->kernels->skew->join(&b, re, im);
  }
}

void peri__skew_forward(const peri__skew *skew, const float *before, const float *samples, float *re,
                        float *im) PERI_AUDIO_THREAD {
  uint32_t steps = peri__skew_steps(skew);
  for (uint32_t s = 0; s < steps; s++) peri__skew_forward_step(skew, before, samples, re, im, s);
}

void peri__skew_inverse(const peri__skew *skew, float *re, float *im) PERI_AUDIO_THREAD {
  uint32_t steps = peri__skew_steps(skew);
  for (uint32_t s = 0; s < steps; s++) peri__skew_inverse_step(skew, re, im, s);
}
