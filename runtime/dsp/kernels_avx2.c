/* Kernels with AVX2 and FMA: 8 floats a vector. */
#include "dsp/parts.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define PERI_TARGET __attribute__((target("avx2,fma")))
#define VECTOR __m256
#define LANES 8
#define LOAD(from) _mm256_loadu_ps(from)
#define LOAD_S16(from) load_s16(from)
#define STORE(to, vector) _mm256_storeu_ps(to, vector)
#define IN_REGISTER(vector) __asm__("" : "+x"(vector))
#define SPLAT(value) _mm256_set1_ps(value)
#define ADD(a, b) _mm256_add_ps(a, b)
#define SUB(a, b) _mm256_sub_ps(a, b)
#define MUL(a, b) _mm256_mul_ps(a, b)
#define MULTIPLY_ADD(a, b, sum) _mm256_fmadd_ps(a, b, sum)
#define MULTIPLY_TAKE(a, b, sum) _mm256_fnmadd_ps(a, b, sum)
#define LANE_NUMBERS _mm256_setr_ps(1, 2, 3, 4, 5, 6, 7, 8)
#define ARE_NUMBERS(vector) (_mm256_movemask_ps(_mm256_cmp_ps(vector, vector, _CMP_UNORD_Q)) == 0)
#define FOUR __m128
#define SUM4(a, b, c, d) sum4(a, b, c, d)
#define STORE4(to, four) _mm_storeu_ps(to, four)
#define DOUBLES __m256d
#define NARROW(low, high) _mm256_set_m128(_mm256_cvtpd_ps(high), _mm256_cvtpd_ps(low))
#define LOWER(a, b) _mm256_min_ps(a, b)
#define HIGHER(a, b) _mm256_max_ps(a, b)
#define PHASES eight_phases
#define FLOATS_OF(places) _mm256_cvtepi32_ps((__m256i)(places))
#define TAPS(samples, at, tap) load_taps(samples, at, tap)

typedef uint32_t eight_phases __attribute__((vector_size(32)));

PERI_TARGET static inline __m256 load_s16(const int16_t *from) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)from)));
}

PERI_TARGET static inline __m128 sum4(__m256 a, __m256 b, __m256 c, __m256 d) {
  __m256 halves = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
}

/* Pairs, fours, then halves. */
PERI_TARGET static inline __attribute__((always_inline)) void transpose(__m256 *rows) {
  __m256 pair[8], four[8];
#pragma GCC unroll 4
  for (int k = 0; k < 8; k += 2) {
    pair[k] = _mm256_unpacklo_ps(rows[k], rows[k + 1]);
    pair[k + 1] = _mm256_unpackhi_ps(rows[k], rows[k + 1]);
  }
#pragma GCC unroll 2
  for (int k = 0; k < 8; k += 4) {
    four[k] = _mm256_shuffle_ps(pair[k], pair[k + 2], 0x44);
    four[k + 1] = _mm256_shuffle_ps(pair[k], pair[k + 2], 0xee);
    four[k + 2] = _mm256_shuffle_ps(pair[k + 1], pair[k + 3], 0x44);
    four[k + 3] = _mm256_shuffle_ps(pair[k + 1], pair[k + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    rows[k] = _mm256_permute2f128_ps(four[k], four[k + 4], 0x20);
    rows[k + 4] = _mm256_permute2f128_ps(four[k], four[k + 4], 0x31);
  }
}

/* Four places in each half. */
PERI_TARGET static inline __attribute__((always_inline)) void load_taps(const float *samples, const uint32_t *at,
                                                                        __m256 *tap) {
  __m256 row[4], pair[4];
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) row[k] = _mm256_loadu2_m128(samples + at[k + 4], samples + at[k]);
  pair[0] = _mm256_unpacklo_ps(row[0], row[2]);
  pair[1] = _mm256_unpackhi_ps(row[0], row[2]);
  pair[2] = _mm256_unpacklo_ps(row[1], row[3]);
  pair[3] = _mm256_unpackhi_ps(row[1], row[3]);
  tap[0] = _mm256_unpacklo_ps(pair[0], pair[2]);
  tap[1] = _mm256_unpackhi_ps(pair[0], pair[2]);
  tap[2] = _mm256_unpacklo_ps(pair[1], pair[3]);
  tap[3] = _mm256_unpackhi_ps(pair[1], pair[3]);
}

#include "dsp/mix_body.h"
#include "dsp/sinc_body.h"
#include "dsp/biquad_body.h"
#include "dsp/recursion_body.h"
#include "dsp/spectra_body.h"
#include "dsp/glide_body.h"
#include "dsp/wave_body.h"
#include "dsp/skew_body.h"

const peri__skew_kernels peri__skew_avx2 = {split, join, split_piece, join_piece};

static bool usable(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

const peri__kernels peri__kernels_avx2 = {
    .name = "avx2",
    PERI_KERNELS_OF_THIS_FILE,
    .mix_plain = mix_plain,
    .linear = peri__linear_avx2,
    .cubic = peri__cubic_avx2,
    .biquad = biquad,
    .skew = &peri__skew_avx2,
};
#else
typedef int peri__no_avx2;
#endif
