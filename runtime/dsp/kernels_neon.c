/* Kernels with NEON of 64-bit ARM: 4 floats a vector. */
#include "dsp/parts.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#define PERI_TARGET
#define VECTOR float32x4_t
#define LANES 4
#define LOAD(from) vld1q_f32(from)
#define LOAD_S16(from) vcvtq_f32_s32(vmovl_s16(vld1_s16(from)))
#define STORE(to, vector) vst1q_f32(to, vector)
#define IN_REGISTER(vector) __asm__("" : "+w"(vector))
#define SPLAT(value) vdupq_n_f32(value)
#define ADD(a, b) vaddq_f32(a, b)
#define SUB(a, b) vsubq_f32(a, b)
#define MUL(a, b) vmulq_f32(a, b)
#define MULTIPLY_ADD(a, b, sum) vfmaq_f32(sum, a, b)
#define MULTIPLY_TAKE(a, b, sum) vfmsq_f32(sum, a, b)
#define LANE_NUMBERS ((float32x4_t){1, 2, 3, 4})
#define LOAD_PAIRS(at, here, next) load_pairs(at, &(here), &(next))
#define FLOATS(a, b, c, d) vcvtq_f32_s32((int32x4_t){a, b, c, d})
#define ARE_NUMBERS(vector) (vminvq_u32(vceqq_f32(vector, vector)) != 0)
#define FOUR float32x4_t
#define SUM4(a, b, c, d) vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d))
#define STORE4(to, four) vst1q_f32(to, four)
#define DOUBLES float64x2_t
#define NARROW(low, high) vcvt_high_f32_f64(vcvt_f32_f64(low), high)
#define LOWER(a, b) vminq_f32(a, b)
#define HIGHER(a, b) vmaxq_f32(a, b)
#define PHASES uint32x4_t
#define FLOATS_OF(places) vcvtq_f32_s32((int32x4_t)(places))
#define TAPS(samples, at, tap) load_taps(samples, at, tap)

static inline void load_pairs(const float *const *at, float32x4_t *here, float32x4_t *next) {
  float32x4_t a = vcombine_f32(vld1_f32(at[0]), vld1_f32(at[1])), b = vcombine_f32(vld1_f32(at[2]), vld1_f32(at[3]));
  *here = vuzp1q_f32(a, b);
  *next = vuzp2q_f32(a, b);
}

static inline void transpose(float32x4_t *rows) {
  float32x4x2_t first = vtrnq_f32(rows[0], rows[1]), second = vtrnq_f32(rows[2], rows[3]);
  rows[0] = vcombine_f32(vget_low_f32(first.val[0]), vget_low_f32(second.val[0]));
  rows[1] = vcombine_f32(vget_low_f32(first.val[1]), vget_low_f32(second.val[1]));
  rows[2] = vcombine_f32(vget_high_f32(first.val[0]), vget_high_f32(second.val[0]));
  rows[3] = vcombine_f32(vget_high_f32(first.val[1]), vget_high_f32(second.val[1]));
}

static inline void load_taps(const float *samples, const uint32_t *at, float32x4_t *tap) {
  for (int k = 0; k < 4; k++) tap[k] = vld1q_f32(samples + at[k]);
  transpose(tap);
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

const peri__kernels peri__kernels_neon = {
    .name = "neon",
    PERI_KERNELS_OF_THIS_FILE,
    .mix_plain = mix_plain,
    .linear = read_linear,
    .cubic = read_cubic,
    .biquad = biquad,
    .skew = &skew,
};
#else
typedef int peri__no_neon;
#endif
