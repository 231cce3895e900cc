/* Reading between samples with AVX-512: below a step of 4, sixteen frames need no more than 64 samples, which loads
 * bring and permutes of two vectors pick from; up to 1 a single load does. Each tap has loads of its own, one sample
 * on, so that all share one vector of places. */
#include "dsp/parts.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE TARGET static inline __attribute__((always_inline))
#define ONE ((int64_t)1 << 32)

/* Where sixteen frames lie: whole frames behind the first one's, and fractions. */
typedef struct spot {
  __m512i place;
  __m512 fraction;
  int last; /* where the last of four loads begins: up to a step of 3 it is not needed, and would read too far ahead */
} spot;

/* The lower halves of sixteen 64-bit numbers, in order. */
INLINE __m512i narrow(__m512i first, __m512i second) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(first)), _mm512_cvtepi64_epi32(second), 1);
}

INLINE spot spot_at(int64_t position, int64_t step, __m512i steps, __m512i eight) {
  __m512i first = _mm512_add_epi64(_mm512_set1_epi64(position & 0xffffffff), steps);
  __m512i second = _mm512_add_epi64(first, eight);
  __m512i place = narrow(_mm512_srli_epi64(first, 32), _mm512_srli_epi64(second, 32));
  __m512i bits = _mm512_srli_epi32(narrow(first, second), 8);
  __m512 fraction = _mm512_mul_ps(_mm512_cvtepi32_ps(bits), _mm512_set1_ps(0x1p-24f));
  return (spot){place, fraction, step <= 3 * ONE ? 32 : 48};
}

INLINE __m512 pick(const float *from, const spot *at, int vectors) {
  if (vectors == 1) return _mm512_permutexvar_ps(at->place, _mm512_loadu_ps(from));
  __m512 low = _mm512_permutex2var_ps(_mm512_loadu_ps(from), at->place, _mm512_loadu_ps(from + 16));
  if (vectors == 2) return low;
  __mmask16 upper = _mm512_test_epi32_mask(at->place, _mm512_set1_epi32(32));
  __m512 high = _mm512_permutex2var_ps(_mm512_loadu_ps(from + 32), at->place, _mm512_loadu_ps(from + at->last));
  return _mm512_mask_mov_ps(low, upper, high);
}

INLINE __m512 linear(const float *base, spot at, int vectors) {
  __m512 here = pick(base, &at, vectors), next = pick(base + 1, &at, vectors);
  return _mm512_fmadd_ps(_mm512_sub_ps(next, here), at.fraction, here);
}

INLINE __m512 cubic(const float *base, spot at, int vectors) {
  __m512 before = pick(base - 1, &at, vectors), here = pick(base, &at, vectors);
  __m512 next = pick(base + 1, &at, vectors), after = pick(base + 2, &at, vectors);
  __m512 half = _mm512_set1_ps(0.5f), t = at.fraction;
  __m512 c1 = _mm512_mul_ps(_mm512_sub_ps(next, before), half);
  __m512 c3 = _mm512_fmadd_ps(_mm512_sub_ps(after, here), half, c1);
  c3 = _mm512_fmadd_ps(_mm512_sub_ps(here, next), _mm512_set1_ps(2.0f), c3);
  __m512 c2 = _mm512_sub_ps(_mm512_sub_ps(next, here), _mm512_add_ps(c1, c3));
  return _mm512_fmadd_ps(_mm512_fmadd_ps(_mm512_fmadd_ps(c3, t, c2), t, c1), t, here);
}

/* As many vectors of sixteen frames as there are. */
#define SIXTEENS(kind, vectors)                                                                                        \
  for (; i + 16 <= count; i += 16, position += 16 * step)                                                              \
  _mm512_storeu_ps(out + i, kind(in + (position >> 32), spot_at(position, step, steps, eight), vectors))

#define READER(kind)                                                                                                   \
  TARGET void peri__##kind##_avx512(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {     \
    if (step > 4 * ONE) {                                                                                              \
      peri__##kind##_fused(out, in, position, step, count);                                                            \
      return;                                                                                                          \
    }                                                                                                                  \
    uint32_t i = 0;                                                                                                    \
    __m512i steps = _mm512_set_epi64(7 * step, 6 * step, 5 * step, 4 * step, 3 * step, 2 * step, step, 0);             \
    __m512i eight = _mm512_set1_epi64(8 * step);                                                                       \
    if (step <= ONE)                                                                                                   \
      SIXTEENS(kind, 1);                                                                                               \
    else if (step <= 2 * ONE)                                                                                          \
      SIXTEENS(kind, 2);                                                                                               \
    else                                                                                                               \
      SIXTEENS(kind, 4);                                                                                               \
    peri__##kind##_fused(out + i, in, position, step, count - i);                                                      \
  }

READER(linear)
READER(cubic)
#else
typedef int peri__no_read_avx512;
#endif
