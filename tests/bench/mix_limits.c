#include "bench/mix_limits.h"

#include <math.h>

#define N PERI_QUANTUM

static const float *playhead(const limit_voice *voice) { return voice->samples + (voice->position >> 32); }

static void move_on(limit_voice *voice) {
  voice->position += N * voice->step;
  if (voice->position >= voice->length) voice->position -= voice->length;
}

static void unity_plain(const limit_set *set, float *restrict left, float *restrict right) {
  for (limit_voice *voice = set->voice; voice < set->voice + set->count; voice++) {
    const float *in = playhead(voice);
    float gain_left = voice->left, gain_right = voice->right;
    for (int i = 0; i < N; i++) {
      left[i] += in[i] * gain_left;
      right[i] += in[i] * gain_right;
    }
    move_on(voice);
  }
}

static void linear_plain(const limit_set *set, float *restrict left, float *restrict right) {
  for (limit_voice *voice = set->voice; voice < set->voice + set->count; voice++) {
    const float *in = voice->samples;
    float gain_left = voice->left, gain_right = voice->right;
    int64_t position = voice->position, step = voice->step;
    for (int i = 0; i < N; i++, position += step) {
      int64_t place = position >> 32;
      float here = in[place], fraction = (float)(uint32_t)position * 0x1p-32f;
      float sample = here + (in[place + 1] - here) * fraction;
      left[i] += sample * gain_left;
      right[i] += sample * gain_right;
    }
    move_on(voice);
  }
}

/* Catmull-Rom: the cubic Hermite curve through the middle two of four points, whose slopes are the chords'. */
static void cubic_plain(const limit_set *set, float *restrict left, float *restrict right) {
  for (limit_voice *voice = set->voice; voice < set->voice + set->count; voice++) {
    float gain_left = voice->left, gain_right = voice->right;
    int64_t position = voice->position, step = voice->step;
    for (int i = 0; i < N; i++, position += step) {
      const float *in = voice->samples + (position >> 32);
      float fraction = (float)(uint32_t)position * 0x1p-32f;
      float first = 0.5f * (in[1] - in[-1]), third = 0.5f * (in[2] - in[-1]) + 1.5f * (in[0] - in[1]);
      float second = in[1] - in[0] - first - third;
      float sample = ((third * fraction + second) * fraction + first) * fraction + in[0];
      left[i] += sample * gain_left;
      right[i] += sample * gain_right;
    }
    move_on(voice);
  }
}

static void filtered_plain(const limit_set *set, float *restrict left, float *restrict right) {
  for (uint32_t v = 0; v < set->count; v++) {
    limit_voice *voice = &set->voice[v];
    limit_filter *f = &set->filter[v / 8];
    uint32_t k = v % 8;
    const float *in = playhead(voice);
    float z1 = f->z1[k], z2 = f->z2[k];
    for (int i = 0; i < N; i++) {
      float sample = f->b0[k] * in[i] + z1;
      z1 = f->b1[k] * in[i] - f->a1[k] * sample + z2;
      z2 = f->b2[k] * in[i] - f->a2[k] * sample;
      left[i] += sample * voice->left;
      right[i] += sample * voice->right;
    }
    f->z1[k] = z1;
    f->z2[k] = z2;
    move_on(voice);
  }
}

mix_limit limit_plain(mix_kind kind) {
  static const mix_limit limits[] = {unity_plain, linear_plain, cubic_plain, filtered_plain};
  return limits[kind];
}

void limit_lowpass(limit_filter *filter, uint32_t lane, double frequency, double q) {
  double w = 2 * 3.14159265358979324 * frequency, alpha = sin(w) / (2 * q), a0 = 1 + alpha, b1 = (1 - cos(w)) / a0;
  filter->b0[lane] = filter->b2[lane] = (float)(b1 / 2);
  filter->b1[lane] = (float)b1;
  filter->a1[lane] = (float)(-2 * cos(w) / a0);
  filter->a2[lane] = (float)((1 - alpha) / a0);
  filter->z1[lane] = filter->z2[lane] = 0;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define PASS 8 /* voices */

#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define ADD(sum, sample, gain) sum = _mm256_fmadd_ps(sample, gain, sum)

AVX2 static void unity_avx2(const limit_set *set, float *left, float *right) {
  for (limit_voice *pass = set->voice; pass < set->voice + set->count; pass += PASS) {
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

/* Where eight frames lie between samples, counted from the whole position of the first: up to 15 at rates up to 2, so
 * that two loads and permutes do instead of gathers. */
typedef struct places {
  __m256i index;
  __m256 fraction;
} places;

AVX2 static inline places places_of(int64_t position, __m256 steps) {
  __m256 place = _mm256_add_ps(_mm256_set1_ps((float)(uint32_t)position * 0x1p-32f), steps);
  __m256i index = _mm256_cvttps_epi32(place);
  return (places){index, _mm256_sub_ps(place, _mm256_cvtepi32_ps(index))};
}

AVX2 static inline __m256 linear(const float *samples, int64_t position, __m256 steps) {
  const float *in = samples + (position >> 32);
  __m256 low = LOAD(in), high = LOAD(in + 8);
  places at = places_of(position, steps);
  __m256 here = pick(low, high, at.index), next = pick(low, high, _mm256_add_epi32(at.index, _mm256_set1_epi32(1)));
  return _mm256_fmadd_ps(_mm256_sub_ps(next, here), at.fraction, here);
}

/* The four neighbours by one index from four places of memory: together they span more than 16 samples. */
AVX2 static inline __m256 cubic(const float *samples, int64_t position, __m256 steps) {
  const float *in = samples + (position >> 32);
  const __m256 half = _mm256_set1_ps(0.5f), three_halves = _mm256_set1_ps(1.5f);
  places at = places_of(position, steps);
  __m256 before = pick(LOAD(in - 1), LOAD(in + 7), at.index), here = pick(LOAD(in), LOAD(in + 8), at.index);
  __m256 next = pick(LOAD(in + 1), LOAD(in + 9), at.index), behind = pick(LOAD(in + 2), LOAD(in + 10), at.index);
  __m256 way = _mm256_sub_ps(next, here), first = _mm256_mul_ps(half, _mm256_sub_ps(next, before));
  __m256 third = _mm256_fnmadd_ps(three_halves, way, _mm256_mul_ps(half, _mm256_sub_ps(behind, before)));
  __m256 second = _mm256_sub_ps(_mm256_sub_ps(way, first), third);
  __m256 sum = _mm256_fmadd_ps(third, at.fraction, second);
  sum = _mm256_fmadd_ps(sum, at.fraction, first);
  return _mm256_fmadd_ps(sum, at.fraction, here);
}

#define BETWEEN(name, interpolate)                                                                                     \
  AVX2 static void name(const limit_set *set, float *left, float *right) {                                             \
    const __m256 lane = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);                                                        \
    for (limit_voice *pass = set->voice; pass < set->voice + set->count; pass += PASS) {                               \
      __m256 steps[PASS];                                                                                              \
      for (int v = 0; v < PASS; v++) steps[v] = _mm256_mul_ps(lane, _mm256_set1_ps((float)pass[v].step * 0x1p-32f));   \
      for (int i = 0; i < N; i += 8) {                                                                                 \
        __m256 l = LOAD(left + i), r = LOAD(right + i);                                                                \
        for (int v = 0; v < PASS; v++) {                                                                               \
          __m256 sample = interpolate(pass[v].samples, pass[v].position + i * pass[v].step, steps[v]);                 \
          ADD(l, sample, _mm256_broadcast_ss(&pass[v].left));                                                          \
          ADD(r, sample, _mm256_broadcast_ss(&pass[v].right));                                                         \
        }                                                                                                              \
        STORE(left + i, l);                                                                                            \
        STORE(right + i, r);                                                                                           \
      }                                                                                                                \
      for (int v = 0; v < PASS; v++) move_on(&pass[v]);                                                                \
    }                                                                                                                  \
  }
BETWEEN(linear_avx2, linear)
BETWEEN(cubic_avx2, cubic)

/* Rows of eight voices become columns: one vector a frame. */
AVX2 static inline void transpose(__m256 x[8]) {
  __m256 pair[8], four[8];
  for (int k = 0; k < 8; k += 2) {
    pair[k] = _mm256_unpacklo_ps(x[k], x[k + 1]);
    pair[k + 1] = _mm256_unpackhi_ps(x[k], x[k + 1]);
  }
  for (int k = 0; k < 8; k += 4) {
    for (int h = 0; h < 2; h++) {
      four[k + 2 * h] = _mm256_shuffle_ps(pair[k + h], pair[k + h + 2], 0x44);
      four[k + 2 * h + 1] = _mm256_shuffle_ps(pair[k + h], pair[k + h + 2], 0xee);
    }
  }
  for (int k = 0; k < 4; k++) {
    x[k] = _mm256_permute2f128_ps(four[k], four[k + 4], 0x20);
    x[k + 4] = _mm256_permute2f128_ps(four[k], four[k + 4], 0x31);
  }
}

static float sum_of(const float *lanes) {
  float sum = 0;
  for (int k = 0; k < 8; k++) sum += lanes[k];
  return sum;
}

/* Lanes are voices, and so they are in the sums, which add up only at the end of the quantum. */
AVX2 static void filtered_avx2(const limit_set *set, float *left, float *right) {
  _Alignas(32) float sum_left[N][8] = {{0}}, sum_right[N][8] = {{0}};
  for (uint32_t v = 0; v < set->count; v += PASS) {
    limit_voice *pass = &set->voice[v];
    limit_filter *f = &set->filter[v / PASS];
    __m256 b0 = LOAD(f->b0), b1 = LOAD(f->b1), b2 = LOAD(f->b2), a1 = LOAD(f->a1), a2 = LOAD(f->a2);
    __m256 z1 = LOAD(f->z1), z2 = LOAD(f->z2);
    float gains[2][8];
    for (int k = 0; k < PASS; k++) gains[0][k] = pass[k].left, gains[1][k] = pass[k].right;
    __m256 gain_left = LOAD(gains[0]), gain_right = LOAD(gains[1]);
    for (int i = 0; i < N; i += 8) {
      __m256 x[8];
      for (int k = 0; k < PASS; k++) x[k] = LOAD(playhead(&pass[k]) + i);
      transpose(x);
      for (int k = 0; k < 8; k++) {
        float *l = sum_left[i + k], *r = sum_right[i + k];
        __m256 sample = _mm256_fmadd_ps(b0, x[k], z1);
        z1 = _mm256_fnmadd_ps(a1, sample, _mm256_fmadd_ps(b1, x[k], z2));
        z2 = _mm256_fnmadd_ps(a2, sample, _mm256_mul_ps(b2, x[k]));
        STORE(l, _mm256_fmadd_ps(sample, gain_left, LOAD(l)));
        STORE(r, _mm256_fmadd_ps(sample, gain_right, LOAD(r)));
      }
    }
    STORE(f->z1, z1);
    STORE(f->z2, z2);
    for (int k = 0; k < PASS; k++) move_on(&pass[k]);
  }
  for (int i = 0; i < N; i++) left[i] += sum_of(sum_left[i]), right[i] += sum_of(sum_right[i]);
}

mix_limit limit_avx2(mix_kind kind) {
  static const mix_limit limits[] = {unity_avx2, linear_avx2, cubic_avx2, filtered_avx2};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? limits[kind] : NULL;
}
#else
mix_limit limit_avx2(mix_kind kind) {
  (void)kind;
  return NULL;
}
#endif
