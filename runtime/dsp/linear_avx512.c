/* Reading between samples with AVX-512: below a step of 2, sixteen frames need no more than 32 samples, which one
 * permute of two vectors picks from. */
#include "dsp/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))

/* The lower halves of sixteen 64-bit numbers, in order. */
TARGET static inline __m512i narrow(__m512i first, __m512i second) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(first)), _mm512_cvtepi64_epi32(second), 1);
}

TARGET void peri__linear_avx512(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  uint32_t i = 0;
  if (step < (int64_t)2 << 32) {
    __m512i steps = _mm512_set_epi64(7 * step, 6 * step, 5 * step, 4 * step, 3 * step, 2 * step, step, 0);
    __m512i eight = _mm512_set1_epi64(8 * step), ones = _mm512_set1_epi32(1);
    for (; i + 16 <= count; i += 16, position += 16 * step) {
      const float *base = in + (position >> 32);
      __m512i first = _mm512_add_epi64(_mm512_set1_epi64(position & 0xffffffff), steps);
      __m512i second = _mm512_add_epi64(first, eight);
      __m512i place = narrow(_mm512_srli_epi64(first, 32), _mm512_srli_epi64(second, 32));
      __m512i bits = _mm512_srli_epi32(narrow(first, second), 8);
      __m512 fraction = _mm512_mul_ps(_mm512_cvtepi32_ps(bits), _mm512_set1_ps(0x1p-24f));
      __m512 low = _mm512_loadu_ps(base), high = _mm512_loadu_ps(base + 16);
      __m512 here = _mm512_permutex2var_ps(low, place, high);
      __m512 next = _mm512_permutex2var_ps(low, _mm512_add_epi32(place, ones), high);
      _mm512_storeu_ps(out + i, _mm512_fmadd_ps(_mm512_sub_ps(next, here), fraction, here));
    }
  }
  peri__linear_scalar(out + i, in, position, step, count - i);
}
#else
typedef int peri__no_linear_avx512;
#endif
