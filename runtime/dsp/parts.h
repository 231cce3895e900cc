/* The parts of the tables that stand in files of their own, and what readers share. Included by kernels alone. */
#ifndef PERI_PARTS_H
#define PERI_PARTS_H

#include "dsp/kernels.h"
#include "dsp/skew.h"

extern const peri__skew_kernels peri__skew_avx2;
/* The members of a table whose functions have the same name in every file of kernels. */
#define PERI_KERNELS_OF_THIS_FILE                                                                                      \
  .usable = usable, .mix_spans = mix_spans, .scale = scale, .all_finite = all_finite, .widen = widen, .sinc = sinc,    \
  .recursion = recursion, .multiply = multiply, .line = line, .powers = powers, .wave = wave,                          \
  .wave_steady = wave_steady

extern const peri__kernels peri__kernels_avx512, peri__kernels_avx2, peri__kernels_sse2, peri__kernels_neon;

peri__reader peri__linear_scalar, peri__linear_avx2, peri__linear_avx512;
peri__reader peri__cubic_scalar, peri__cubic_avx2, peri__cubic_avx512;

/* Frame by frame with fused multiply-adds: the same bits as the vectors of AVX2 and AVX-512. */
peri__reader peri__linear_fused, peri__cubic_fused;

/* How far a position lies behind its whole frame: the upper 24 bits, which a float holds exactly. */
static inline float peri__fraction(int64_t position) { return (float)(int32_t)((uint32_t)position >> 8) * 0x1p-24f; }

/* Where a frame of a windowed sinc is read, and between which two rows. */
typedef struct peri__sinc_place {
  const float *in, *row; /* the first tap's */
  float part;            /* of the way to the next row */
} peri__sinc_place;

static inline peri__sinc_place peri__sinc_place_at(const float *in, int64_t position, const peri__sinc_bank *bank) {
  uint64_t phase = (uint64_t)(uint32_t)position * bank->phases;
  const float *first = in + (position >> 32) - (bank->taps / 2 - 1);
  return (peri__sinc_place){first, bank->rows + (size_t)(phase >> 32) * bank->taps, peri__fraction((int64_t)phase)};
}

#endif
