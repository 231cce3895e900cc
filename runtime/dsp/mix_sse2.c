/* Mixing with SSE2, which every x86-64 has: 4 floats a vector. */
#include "dsp/kernels.h"

#if defined(__x86_64__)
#include <emmintrin.h>

#define PERI_TARGET
#define VECTOR __m128
#define LANES 4
#define LOAD(from) _mm_loadu_ps(from)
#define STORE(to, vector) _mm_storeu_ps(to, vector)
#define SPLAT(value) _mm_set1_ps(value)
#define ADD(a, b) _mm_add_ps(a, b)
#define MUL(a, b) _mm_mul_ps(a, b)
#define MULTIPLY_ADD(a, b, sum) _mm_add_ps(sum, _mm_mul_ps(a, b))
#define LANE_NUMBERS _mm_setr_ps(1, 2, 3, 4)
#include "dsp/mix_body.h"

static bool usable(void) { return true; }

const peri__kernels peri__kernels_sse2 = {"sse2", usable, mix_spans, add_plain, peri__linear_scalar};
#else
typedef int peri__no_sse2;
#endif
