#include "bench/mix_limits.h"

#define N PERI_QUANTUM

static const float *playhead(const limit_voice *voice) { return voice->samples + (voice->position >> 32); }

static void move_on(limit_voice *voice) {
  voice->position += N * voice->step;
  if (voice->position >= voice->length) voice->position -= voice->length;
}

void limit_unity_plain(limit_voice *voices, uint32_t count, float *restrict left, float *restrict right) {
  for (uint32_t v = 0; v < count; v++) {
    const float *in = playhead(&voices[v]);
    float gain_left = voices[v].left, gain_right = voices[v].right;
    for (int i = 0; i < N; i++) {
      left[i] += in[i] * gain_left;
      right[i] += in[i] * gain_right;
    }
    move_on(&voices[v]);
  }
}

void limit_rates_plain(limit_voice *voices, uint32_t count, float *restrict left, float *restrict right) {
  for (uint32_t v = 0; v < count; v++) {
    const float *in = voices[v].samples;
    float gain_left = voices[v].left, gain_right = voices[v].right;
    int64_t position = voices[v].position, step = voices[v].step;
    for (int i = 0; i < N; i++, position += step) {
      int64_t place = position >> 32;
      float here = in[place], fraction = (float)(uint32_t)position * 0x1p-32f;
      float sample = here + (in[place + 1] - here) * fraction;
      left[i] += sample * gain_left;
      right[i] += sample * gain_right;
    }
    move_on(&voices[v]);
  }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define PASS 8 /* voices */

#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define ADD(sum, sample, gain) sum = _mm256_fmadd_ps(sample, gain, sum)

AVX2 static void unity_avx2(limit_voice *voices, uint32_t count, float *left, float *right) {
  for (limit_voice *pass = voices; pass < voices + count; pass += PASS) {
    for (int i = 0; i < N; i += 32) {
      float *l = left + i, *r = right + i;
      __m256 l0 = LOAD(l), l1 = LOAD(l + 8), l2 = LOAD(l + 16), l3 = LOAD(l + 24);
      __m256 r0 = LOAD(r), r1 = LOAD(r + 8), r2 = LOAD(r + 16), r3 = LOAD(r + 24);
      for (int v = 0; v < PASS; v++) {
        const float *in = playhead(&pass[v]) + i;
        __m256 gain_left = _mm256_broadcast_ss(&pass[v].left), gain_right = _mm256_broadcast_ss(&pass[v].right);
        __m256 s0 = LOAD(in), s1 = LOAD(in + 8), s2 = LOAD(in + 16), s3 = LOAD(in + 24);
        ADD(l0, s0, gain_left), ADD(l1, s1, gain_left), ADD(l2, s2, gain_left), ADD(l3, s3, gain_left);
        ADD(r0, s0, gain_right), ADD(r1, s1, gain_right), ADD(r2, s2, gain_right), ADD(r3, s3, gain_right);
      }
      STORE(l, l0), STORE(l + 8, l1), STORE(l + 16, l2), STORE(l + 24, l3);
      STORE(r, r0), STORE(r + 8, r1), STORE(r + 16, r2), STORE(r + 24, r3);
    }
    for (int v = 0; v < PASS; v++) move_on(&pass[v]);
  }
}

/* Of 16 samples, those at `index`: bit 3 picks the half. */
AVX2 static inline __m256 pick(__m256 low, __m256 high, __m256i index) {
  __m256 of_low = _mm256_permutevar8x32_ps(low, index), of_high = _mm256_permutevar8x32_ps(high, index);
  return _mm256_blendv_ps(of_low, of_high, _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)));
}

/* Eight frames at rates up to 2 read 16 samples: two loads and permutes instead of gathers. */
AVX2 static inline __m256 interpolate(const float *samples, int64_t position, __m256 steps) {
  const float *in = samples + (position >> 32);
  __m256 low = LOAD(in), high = LOAD(in + 8);
  __m256 place = _mm256_add_ps(_mm256_set1_ps((float)(uint32_t)position * 0x1p-32f), steps);
  __m256i index = _mm256_cvttps_epi32(place);
  __m256 fraction = _mm256_sub_ps(place, _mm256_cvtepi32_ps(index));
  __m256 here = pick(low, high, index), next = pick(low, high, _mm256_add_epi32(index, _mm256_set1_epi32(1)));
  return _mm256_fmadd_ps(_mm256_sub_ps(next, here), fraction, here);
}

AVX2 static void rates_avx2(limit_voice *voices, uint32_t count, float *left, float *right) {
  const __m256 lane = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
  for (limit_voice *pass = voices; pass < voices + count; pass += PASS) {
    __m256 steps[PASS];
    for (int v = 0; v < PASS; v++) steps[v] = _mm256_mul_ps(lane, _mm256_set1_ps((float)pass[v].step * 0x1p-32f));
    for (int i = 0; i < N; i += 8) {
      __m256 l = LOAD(left + i), r = LOAD(right + i);
      for (int v = 0; v < PASS; v++) {
        __m256 sample = interpolate(pass[v].samples, pass[v].position + i * pass[v].step, steps[v]);
        ADD(l, sample, _mm256_broadcast_ss(&pass[v].left));
        ADD(r, sample, _mm256_broadcast_ss(&pass[v].right));
      }
      STORE(left + i, l);
      STORE(right + i, r);
    }
    for (int v = 0; v < PASS; v++) move_on(&pass[v]);
  }
}

static bool has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
mix_limit limit_unity_avx2(void) { return has_avx2() ? unity_avx2 : NULL; }
mix_limit limit_rates_avx2(void) { return has_avx2() ? rates_avx2 : NULL; }
#else
mix_limit limit_unity_avx2(void) { return NULL; }
mix_limit limit_rates_avx2(void) { return NULL; }
#endif
