/* Kernels with AVX-512F: 16 floats a vector. */
#include "dsp/parts.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define PERI_TARGET __attribute__((target("avx512f")))
#define VECTOR __m512
#define LANES 16
#define LOAD(from) _mm512_loadu_ps(from)
#define LOAD_S16(from) load_s16(from)
#define STORE(to, vector) _mm512_storeu_ps(to, vector)
#define IN_REGISTER(vector) __asm__("" : "+v"(vector))
#define SPLAT(value) _mm512_set1_ps(value)
#define ADD(a, b) _mm512_add_ps(a, b)
#define SUB(a, b) _mm512_sub_ps(a, b)
#define MUL(a, b) _mm512_mul_ps(a, b)
#define MULTIPLY_ADD(a, b, sum) _mm512_fmadd_ps(a, b, sum)
#define LANE_NUMBERS _mm512_setr_ps(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
#define ARE_NUMBERS(vector) (_mm512_cmp_ps_mask(vector, vector, _CMP_UNORD_Q) == 0)
#define FOUR __m128
#define SUM4(a, b, c, d) sum4(a, b, c, d)
#define STORE4(to, four) _mm_storeu_ps(to, four)
#define DOUBLES __m512d
#define NARROW(low, high) narrow(_mm512_cvtpd_ps(low), _mm512_cvtpd_ps(high))
#define LOWER(a, b) _mm512_min_ps(a, b)
#define HIGHER(a, b) _mm512_max_ps(a, b)
#define PHASES sixteen_phases
#define FLOATS_OF(places) _mm512_cvtepi32_ps((__m512i)(places))
#define TAPS(samples, at, tap) load_taps(samples, at, tap)

typedef uint32_t sixteen_phases __attribute__((vector_size(64)));

PERI_TARGET static inline __m512 narrow(__m256 low, __m256 high) {
  return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_castps_pd(low)), _mm256_castps_pd(high), 1));
}

PERI_TARGET static inline __m512 load_s16(const int16_t *from) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)from)));
}

/* Upper half to lower half. */
PERI_TARGET static inline __m256 fold(__m512 vector) {
  __m256d upper = _mm512_extractf64x4_pd(_mm512_castps_pd(vector), 1);
  return _mm256_add_ps(_mm512_castps512_ps256(vector), _mm256_castpd_ps(upper));
}

PERI_TARGET static inline __m128 sum4(__m512 a, __m512 b, __m512 c, __m512 d) {
  __m256 halves = _mm256_hadd_ps(_mm256_hadd_ps(fold(a), fold(b)), _mm256_hadd_ps(fold(c), fold(d)));
  return _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
}

/* Pairs, fours, eights, then halves. */
PERI_TARGET static inline __attribute__((always_inline)) void transpose(__m512 *rows) {
  __m512 pair[16], four[16];
#pragma GCC unroll 8
  for (int k = 0; k < 16; k += 2) {
    pair[k] = _mm512_unpacklo_ps(rows[k], rows[k + 1]);
    pair[k + 1] = _mm512_unpackhi_ps(rows[k], rows[k + 1]);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 16; k += 4) {
    four[k] = _mm512_shuffle_ps(pair[k], pair[k + 2], 0x44);
    four[k + 1] = _mm512_shuffle_ps(pair[k], pair[k + 2], 0xee);
    four[k + 2] = _mm512_shuffle_ps(pair[k + 1], pair[k + 3], 0x44);
    four[k + 3] = _mm512_shuffle_ps(pair[k + 1], pair[k + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    __m512 even = _mm512_shuffle_f32x4(four[k], four[k + 4], 0x88),
           odd = _mm512_shuffle_f32x4(four[k], four[k + 4], 0xdd);
    __m512 even8 = _mm512_shuffle_f32x4(four[k + 8], four[k + 12], 0x88);
    __m512 odd8 = _mm512_shuffle_f32x4(four[k + 8], four[k + 12], 0xdd);
    rows[k] = _mm512_shuffle_f32x4(even, even8, 0x88);
    rows[k + 8] = _mm512_shuffle_f32x4(even, even8, 0xdd);
    rows[k + 4] = _mm512_shuffle_f32x4(odd, odd8, 0x88);
    rows[k + 12] = _mm512_shuffle_f32x4(odd, odd8, 0xdd);
  }
}

/* Four places in each quarter. */
PERI_TARGET static inline __attribute__((always_inline)) void load_taps(const float *samples, const uint32_t *at,
                                                                        __m512 *tap) {
  __m512 row[4], pair[4];
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    row[k] = _mm512_castps128_ps512(_mm_loadu_ps(samples + at[k]));
    row[k] = _mm512_insertf32x4(row[k], _mm_loadu_ps(samples + at[k + 4]), 1);
    row[k] = _mm512_insertf32x4(row[k], _mm_loadu_ps(samples + at[k + 8]), 2);
    row[k] = _mm512_insertf32x4(row[k], _mm_loadu_ps(samples + at[k + 12]), 3);
  }
  pair[0] = _mm512_unpacklo_ps(row[0], row[2]);
  pair[1] = _mm512_unpackhi_ps(row[0], row[2]);
  pair[2] = _mm512_unpacklo_ps(row[1], row[3]);
  pair[3] = _mm512_unpackhi_ps(row[1], row[3]);
  tap[0] = _mm512_unpacklo_ps(pair[0], pair[2]);
  tap[1] = _mm512_unpackhi_ps(pair[0], pair[2]);
  tap[2] = _mm512_unpacklo_ps(pair[1], pair[3]);
  tap[3] = _mm512_unpackhi_ps(pair[1], pair[3]);
}

#include "dsp/mix_body.h"
#include "dsp/sinc_body.h"
#include "dsp/biquad_body.h"
#include "dsp/spectra_body.h"
#include "dsp/glide_body.h"
#include "dsp/wave_body.h"

/* Half a vector's lanes and fewer are AVX2's, in half the time: it does the same operations, lane by lane. */
static void filter(const peri__lane *lanes, size_t count) {
  size_t rest = count % LANES, few = rest <= LANES / 2 ? rest : 0;
  biquad(lanes, count - few);
  peri__kernels_avx2.biquad(lanes + (count - few), few);
}

/* Four doubles are as many as its passes keep busy. */
static bool recursion(const peri__biquad_steady *biquad, const float *in, double *last, float *out) {
  return peri__kernels_avx2.recursion(biquad, in, last, out);
}

static bool usable(void) { return __builtin_cpu_supports("avx512f") && peri__kernels_avx2.usable(); }

const peri__kernels peri__kernels_avx512 = {
    .name = "avx512",
    PERI_KERNELS_OF_THIS_FILE,
    .mix_plain = mix_plain,
    .linear = peri__linear_avx512,
    .cubic = peri__cubic_avx512,
    .biquad = filter,
    .skew = &peri__skew_avx2,
};
#else
typedef int peri__no_avx512;
#endif
