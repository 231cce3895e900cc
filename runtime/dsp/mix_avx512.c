/* Mixing with AVX-512F: 16 floats a vector. */
#include "dsp/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define PERI_TARGET __attribute__((target("avx512f")))
#define VECTOR __m512
#define LANES 16
#define LOAD(from) _mm512_loadu_ps(from)
#define STORE(to, vector) _mm512_storeu_ps(to, vector)
#define SPLAT(value) _mm512_set1_ps(value)
#define ADD(a, b) _mm512_add_ps(a, b)
#define MUL(a, b) _mm512_mul_ps(a, b)
#define MULTIPLY_ADD(a, b, sum) _mm512_fmadd_ps(a, b, sum)
#define LANE_NUMBERS _mm512_setr_ps(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
#include "dsp/mix_body.h"

static bool usable(void) { return __builtin_cpu_supports("avx512f"); }

const peri__kernels peri__kernels_avx512 = {"avx512", usable, mix_spans, add_plain, peri__linear_avx512};
#else
typedef int peri__no_avx512;
#endif
