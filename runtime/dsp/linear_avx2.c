/* Reading between samples with AVX2: below a step of 2, eight frames need no more than 16 samples, which two loads
 * bring and permutes pick from. Gathers are several times slower. */
#include "dsp/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))

/* The lower halves of eight 64-bit numbers, in order. */
TARGET static inline __m256i narrow(__m256i first, __m256i second) {
  __m256 mixed = _mm256_shuffle_ps(_mm256_castsi256_ps(first), _mm256_castsi256_ps(second), 0x88);
  return _mm256_permute4x64_epi64(_mm256_castps_si256(mixed), 0xd8);
}

TARGET static inline __m256 pick(__m256 low, __m256 high, __m256i place) {
  __m256 from_low = _mm256_permutevar8x32_ps(low, place), from_high = _mm256_permutevar8x32_ps(high, place);
  __m256i behind = _mm256_cmpgt_epi32(place, _mm256_set1_epi32(7));
  return _mm256_blendv_ps(from_low, from_high, _mm256_castsi256_ps(behind));
}

TARGET void peri__linear_avx2(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  uint32_t i = 0;
  if (step < (int64_t)2 << 32) {
    __m256i steps = _mm256_set_epi64x(3 * step, 2 * step, step, 0), four = _mm256_set1_epi64x(4 * step);
    __m256i ones = _mm256_set1_epi32(1);
    for (; i + 8 <= count; i += 8, position += 8 * step) {
      const float *base = in + (position >> 32);
      __m256i first = _mm256_add_epi64(_mm256_set1_epi64x(position & 0xffffffff), steps);
      __m256i second = _mm256_add_epi64(first, four);
      __m256i place = narrow(_mm256_srli_epi64(first, 32), _mm256_srli_epi64(second, 32));
      __m256i bits = _mm256_srli_epi32(narrow(first, second), 8);
      __m256 fraction = _mm256_mul_ps(_mm256_cvtepi32_ps(bits), _mm256_set1_ps(0x1p-24f));
      __m256 low = _mm256_loadu_ps(base), high = _mm256_loadu_ps(base + 8);
      __m256 here = pick(low, high, place), next = pick(low, high, _mm256_add_epi32(place, ones));
      _mm256_storeu_ps(out + i, _mm256_fmadd_ps(_mm256_sub_ps(next, here), fraction, here));
    }
  }
  peri__linear_scalar(out + i, in, position, step, count - i);
}
#else
typedef int peri__no_linear_avx2;
#endif
