/* Kernels with SSE2, which every x86-64 has: 4 floats a vector. */
#include "dsp/parts.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#include <string.h>

#define PERI_TARGET
#define VECTOR __m128
#define LANES 4
#define LOAD(from) _mm_loadu_ps(from)
#define LOAD_S16(from) load_s16(from)
#define STORE(to, vector) _mm_storeu_ps(to, vector)
#define IN_REGISTER(vector) __asm__("" : "+x"(vector))
#define SPLAT(value) _mm_set1_ps(value)
#define ADD(a, b) _mm_add_ps(a, b)
#define SUB(a, b) _mm_sub_ps(a, b)
#define MUL(a, b) _mm_mul_ps(a, b)
#define MULTIPLY_ADD(a, b, sum) _mm_add_ps(sum, _mm_mul_ps(a, b))
#define MULTIPLY_TAKE(a, b, sum) _mm_sub_ps(sum, _mm_mul_ps(a, b))
#define LANE_NUMBERS _mm_setr_ps(1, 2, 3, 4)
#define LOAD_PAIRS(at, here, next) load_pairs(at, &(here), &(next))
#define FLOATS(a, b, c, d) _mm_cvtepi32_ps(_mm_setr_epi32(a, b, c, d))
#define ARE_NUMBERS(vector) (_mm_movemask_ps(_mm_cmpunord_ps(vector, vector)) == 0)
#define FOUR __m128
#define SUM4(a, b, c, d) sum4(a, b, c, d)
#define STORE4(to, four) _mm_storeu_ps(to, four)
#define DOUBLES __m128d
#define NARROW(low, high) _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high))
#define LOWER(a, b) _mm_min_ps(a, b)
#define HIGHER(a, b) _mm_max_ps(a, b)
#define PHASES four_phases
#define FLOATS_OF(places) _mm_cvtepi32_ps((__m128i)(places))
#define TAPS(samples, at, tap) load_taps(samples, at, tap)

typedef uint32_t four_phases __attribute__((vector_size(16)));

/* Each number is doubled up to 32 bits, and its lower half shifted out. */
static inline __m128 load_s16(const int16_t *from) {
  __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)from);
  return _mm_cvtepi32_ps(_mm_srai_epi32(_mm_unpacklo_epi16(x, x), 16));
}

static inline void load_pairs(const float *const *at, __m128 *here, __m128 *next) {
  __m128 a = _mm_loadl_pi(_mm_setzero_ps(), (const __m64 *)(const void *)at[0]);
  __m128 b = _mm_loadl_pi(_mm_setzero_ps(), (const __m64 *)(const void *)at[2]);
  a = _mm_loadh_pi(a, (const __m64 *)(const void *)at[1]);
  b = _mm_loadh_pi(b, (const __m64 *)(const void *)at[3]);
  *here = _mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
  *next = _mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
}

static inline void transpose(__m128 *rows) { _MM_TRANSPOSE4_PS(rows[0], rows[1], rows[2], rows[3]); }

static inline void load_taps(const float *samples, const uint32_t *at, __m128 *tap) {
  for (int k = 0; k < 4; k++) tap[k] = _mm_loadu_ps(samples + at[k]);
  transpose(tap);
}

static inline __m128 sum4(__m128 a, __m128 b, __m128 c, __m128 d) {
  _MM_TRANSPOSE4_PS(a, b, c, d);
  return _mm_add_ps(_mm_add_ps(a, b), _mm_add_ps(c, d));
}

#include "dsp/mix_body.h"
#include "dsp/read_body.h"
#include "dsp/sinc_body.h"
#include "dsp/biquad_body.h"
#include "dsp/recursion_body.h"
#include "dsp/spectra_body.h"
#include "dsp/glide_body.h"
#include "dsp/wave_body.h"
#include "dsp/skew_body.h"

static const peri__skew_kernels skew = {split, join, split_piece, join_piece};

static bool usable(void) { return true; }

const peri__kernels peri__kernels_sse2 = {
    .name = "sse2",
    PERI_KERNELS_OF_THIS_FILE,
    .mix_plain = mix_plain,
    .linear = read_linear,
    .cubic = read_cubic,
    .biquad = biquad,
    .skew = &skew,
};
#else
typedef int peri__no_sse2;
#endif
