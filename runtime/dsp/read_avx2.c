/* Reading between samples with AVX2: below a step of 4, eight frames need no more than 32 samples, which loads bring
 * and permutes pick from; up to 1 a single load does. Gathers are several times slower. Each tap has loads of its own,
 * one sample on, so that all share one vector of places. */
#include "dsp/parts.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))
#define ONE ((int64_t)1 << 32)

TARGET void peri__linear_fused(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, position += step) {
    const float *here = in + (position >> 32);
    out[i] = __builtin_fmaf(here[1] - here[0], peri__fraction(position), here[0]);
  }
}

TARGET void peri__cubic_fused(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, position += step) {
    const float *here = in + (position >> 32);
    float t = peri__fraction(position), fall = here[0] - here[1];
    float c1 = (here[1] - here[-1]) * 0.5f;
    float c3 = __builtin_fmaf(fall, 2.0f, __builtin_fmaf(here[2] - here[0], 0.5f, c1));
    float c2 = (here[1] - here[0]) - (c1 + c3);
    out[i] = __builtin_fmaf(__builtin_fmaf(__builtin_fmaf(c3, t, c2), t, c1), t, here[0]);
  }
}

/* Where eight frames lie: whole frames behind the first one's, and fractions. */
typedef struct spot {
  __m256i place;
  __m256 fraction;
} spot;

/* The lower halves of eight 64-bit numbers, in order. */
INLINE __m256i narrow(__m256i first, __m256i second) {
  __m256 mixed = _mm256_shuffle_ps(_mm256_castsi256_ps(first), _mm256_castsi256_ps(second), 0x88);
  return _mm256_permute4x64_epi64(_mm256_castps_si256(mixed), 0xd8);
}

INLINE spot spot_at(int64_t position, __m256i steps, __m256i four) {
  __m256i first = _mm256_add_epi64(_mm256_set1_epi64x(position & 0xffffffff), steps);
  __m256i second = _mm256_add_epi64(first, four);
  __m256i place = narrow(_mm256_srli_epi64(first, 32), _mm256_srli_epi64(second, 32));
  __m256i bits = _mm256_srli_epi32(narrow(first, second), 8);
  return (spot){place, _mm256_mul_ps(_mm256_cvtepi32_ps(bits), _mm256_set1_ps(0x1p-24f))};
}

/* A blend goes by the sign bit: bit `number` of the place is moved there. */
INLINE __m256 choose(__m256 clear, __m256 set, __m256i place, int number) {
  return _mm256_blendv_ps(clear, set, _mm256_castsi256_ps(_mm256_slli_epi32(place, 31 - number)));
}

INLINE __m256 pick(const float *from, __m256i place, int vectors) {
  __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(from), place);
  if (vectors == 1) return low;
  low = choose(low, _mm256_permutevar8x32_ps(_mm256_loadu_ps(from + 8), place), place, 3);
  if (vectors == 2) return low;
  __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(from + 16), place);
  high = choose(high, _mm256_permutevar8x32_ps(_mm256_loadu_ps(from + 24), place), place, 3);
  return choose(low, high, place, 4);
}

INLINE __m256 linear(const float *base, spot at, int vectors) {
  __m256 here = pick(base, at.place, vectors), next = pick(base + 1, at.place, vectors);
  return _mm256_fmadd_ps(_mm256_sub_ps(next, here), at.fraction, here);
}

INLINE __m256 cubic(const float *base, spot at, int vectors) {
  __m256 before = pick(base - 1, at.place, vectors), here = pick(base, at.place, vectors);
  __m256 next = pick(base + 1, at.place, vectors), after = pick(base + 2, at.place, vectors);
  __m256 half = _mm256_set1_ps(0.5f), t = at.fraction;
  __m256 c1 = _mm256_mul_ps(_mm256_sub_ps(next, before), half);
  __m256 c3 = _mm256_fmadd_ps(_mm256_sub_ps(after, here), half, c1);
  c3 = _mm256_fmadd_ps(_mm256_sub_ps(here, next), _mm256_set1_ps(2.0f), c3);
  __m256 c2 = _mm256_sub_ps(_mm256_sub_ps(next, here), _mm256_add_ps(c1, c3));
  return _mm256_fmadd_ps(_mm256_fmadd_ps(_mm256_fmadd_ps(c3, t, c2), t, c1), t, here);
}

/* As many vectors of eight frames as there are. */
#define EIGHTS(kind, vectors)                                                                                          \
  for (; i + 8 <= count; i += 8, position += 8 * step)                                                                 \
  _mm256_storeu_ps(out + i, kind(in + (position >> 32), spot_at(position, steps, four), vectors))

#define READER(kind)                                                                                                   \
  TARGET void peri__##kind##_avx2(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {       \
    if (step > 4 * ONE) {                                                                                              \
      peri__##kind##_fused(out, in, position, step, count);                                                            \
      return;                                                                                                          \
    }                                                                                                                  \
    uint32_t i = 0;                                                                                                    \
    __m256i steps = _mm256_set_epi64x(3 * step, 2 * step, step, 0), four = _mm256_set1_epi64x(4 * step);               \
    if (step <= ONE)                                                                                                   \
      EIGHTS(kind, 1);                                                                                                 \
    else if (step <= 2 * ONE)                                                                                          \
      EIGHTS(kind, 2);                                                                                                 \
    else                                                                                                               \
      EIGHTS(kind, 4);                                                                                                 \
    peri__##kind##_fused(out + i, in, position, step, count - i);                                                      \
  }

READER(linear)
READER(cubic)
#else
typedef int peri__no_read_avx2;
#endif
