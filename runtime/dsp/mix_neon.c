/* Mixing with NEON of 64-bit ARM: 4 floats a vector. */
#include "dsp/kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define PERI_TARGET
#define VECTOR float32x4_t
#define LANES 4
#define LOAD(from) vld1q_f32(from)
#define STORE(to, vector) vst1q_f32(to, vector)
#define SPLAT(value) vdupq_n_f32(value)
#define ADD(a, b) vaddq_f32(a, b)
#define MUL(a, b) vmulq_f32(a, b)
#define MULTIPLY_ADD(a, b, sum) vfmaq_f32(sum, a, b)
#define LANE_NUMBERS ((float32x4_t){1, 2, 3, 4})
#include "dsp/mix_body.h"

static bool usable(void) { return true; }

const peri__kernels peri__kernels_neon = {"neon", usable, mix_spans, add_plain, peri__linear_scalar};
#else
typedef int peri__no_neon;
#endif
