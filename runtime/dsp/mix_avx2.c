/* Mixing with AVX2 and FMA: 8 floats a vector. */
#include "dsp/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define PERI_TARGET __attribute__((target("avx2,fma")))
#define VECTOR __m256
#define LANES 8
#define LOAD(from) _mm256_loadu_ps(from)
#define STORE(to, vector) _mm256_storeu_ps(to, vector)
#define SPLAT(value) _mm256_set1_ps(value)
#define ADD(a, b) _mm256_add_ps(a, b)
#define MUL(a, b) _mm256_mul_ps(a, b)
#define MULTIPLY_ADD(a, b, sum) _mm256_fmadd_ps(a, b, sum)
#define LANE_NUMBERS _mm256_setr_ps(1, 2, 3, 4, 5, 6, 7, 8)
#include "dsp/mix_body.h"

static bool usable(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

const peri__kernels peri__kernels_avx2 = {"avx2", usable, mix_spans, add_plain, peri__linear_avx2};
#else
typedef int peri__no_avx2;
#endif
