#include "unit/test.h"

#include "dsp/kernels.h"

#include <stdlib.h>

#define N PERI_QUANTUM
#define MOST 70

static uint32_t random_state = 12345;

static float random_sample(void) {
  random_state = random_state * 1664525u + 1013904223u;
  return (float)(int32_t)random_state / 2147483648.0f;
}

typedef struct spans_scene {
  float sound[4096];
  peri__span span[MOST];
  size_t count;
  float left[N + 3], right[N + 3]; /* the sums begin between cache lines */
} spans_scene;

/* Steady mono, steady stereo and ramping spans, in runs of random lengths, at any alignment. */
static spans_scene *make_scene(size_t count) {
  spans_scene *s = malloc(sizeof *s);
  s->count = count;
  for (int i = 0; i < 4096; i++) s->sound[i] = random_sample();
  for (int i = 0; i < N + 3; i++) s->left[i] = random_sample(), s->right[i] = random_sample();
  int sort = 0;
  for (size_t k = 0; k < count; k++) {
    if (random_sample() > 0.5f) sort = (int)(random_state >> 9) % 3;
    const float *in = s->sound + (random_state >> 8) % (4096 - 2 * N);
    s->span[k] = (peri__span){{in, sort == 1 ? in + 61 : in}, {random_sample(), random_sample()}, {0.0f, 0.0f}};
    if (sort == 2) s->span[k].slope[0] = random_sample() / N, s->span[k].slope[1] = random_sample() / N;
  }
  return s;
}

static void check_side(const spans_scene *s, const peri__kernels *kernels, int side, const float *got,
                       const float *before) {
  for (int i = 0; i < N; i++) {
    double sum = (double)before[i], size = fabs(sum);
    for (size_t k = 0; k < s->count; k++) {
      const peri__span *span = &s->span[k];
      double part = (double)span->in[side][i] * ((double)span->gain[side] + (double)span->slope[side] * (i + 1));
      sum += part;
      size += fabs(part);
    }
    if (!(fabs((double)got[i] - sum) <= 2e-6 * size)) /* twice the bound: the scalar one is no more exact than this */
      fail_msg("%s, side %d, frame %d: %.9g, wanted %.9g", kernels->name, side, i, (double)got[i], sum);
  }
}

TEST(every_kernel_mixes_what_the_formula_says) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    for (size_t count = 0; count < MOST; count += 1 + count / 4) {
      for (int offset = 0; offset < 4; offset++) {
        spans_scene *s = make_scene(count);
        float before[2][N];
        memcpy(before[0], s->left + offset % 4, sizeof before[0]);
        memcpy(before[1], s->right + offset % 4, sizeof before[1]);
        kernels->mix_spans(s->left + offset % 4, count % 2 ? s->right + offset % 4 : NULL, s->span, count);
        check_side(s, kernels, 0, s->left + offset % 4, before[0]);
        if (count % 2)
          check_side(s, kernels, 1, s->right + offset % 4, before[1]);
        else
          CHECK(memcmp(s->right + offset % 4, before[1], sizeof before[1]) == 0);
        free(s);
      }
    }
  }
}

TEST(every_kernel_stays_within_its_bound_of_the_scalar_one) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    for (int round = 0; round < 50; round++) {
      spans_scene *s = make_scene(1 + (size_t)round % 60);
      float a[2][N] = {{0}}, b[2][N] = {{0}};
      kernels->mix_spans(a[0], a[1], s->span, s->count);
      peri__kernels_scalar.mix_spans(b[0], b[1], s->span, s->count);
      for (int side = 0; side < 2; side++) {
        for (int i = 0; i < N; i++) {
          double size = 0.0;
          for (size_t n = 0; n < s->count; n++)
            size += fabs((double)s->span[n].in[side][i] *
                         ((double)s->span[n].gain[side] + (double)s->span[n].slope[side] * (i + 1)));
          CHECK_NEAR(a[side][i], b[side][i], 1e-6 * size);
        }
      }
      free(s);
    }
  }
}

TEST(grouping_spans_changes_no_bit) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    spans_scene *s = make_scene(MOST);
    float whole[2][N] = {{0}}, parts[2][N] = {{0}};
    kernels->mix_spans(whole[0], whole[1], s->span, MOST);
    for (size_t at = 0, step = 1; at < MOST; at += step, step = 1 + step * 2 % 7)
      kernels->mix_spans(parts[0], parts[1], s->span + at, step < MOST - at ? step : MOST - at);
    CHECK(memcmp(whole, parts, sizeof whole) == 0);
    free(s);
  }
}

TEST(every_kernel_reads_between_samples_as_the_scalar_one_does) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    for (int round = 0; round < 400; round++) {
      spans_scene *s = make_scene(0);
      float a[N + 1], b[N + 1];
      int64_t position = (int64_t)(random_sample() * random_sample() * 1e12) & 0x3ffffffffff; /* below 1,024 frames */
      int64_t step = (int64_t)((random_sample() + 1.0f) * (round % 2 ? 1.0f : 4.0f) * 4294967296.0f) + 1;
      uint32_t count = (random_state >> 8) % (N + 1);
      a[count] = b[count] = 77.0f; /* nothing behind the last frame is touched */
      kernels->linear(a, s->sound, position, step, count);
      peri__linear_scalar(b, s->sound, position, step, count);
      for (uint32_t i = 0; i < count; i++) CHECK_NEAR(a[i], b[i], 5e-7);
      CHECK(a[count] == 77.0f);
      free(s);
    }
  }
}

TEST(plain_spans_get_the_same_bits_from_the_shorter_way) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    spans_scene *s = make_scene(MOST);
    for (size_t n = 0; n < MOST; n++) {
      s->span[n].in[1] = s->span[n].in[0];
      s->span[n].slope[0] = s->span[n].slope[1] = 0.0f;
    }
    float any[2][N] = {{0}}, plain[2][N] = {{0}};
    kernels->mix_spans(any[0], any[1], s->span, MOST);
    kernels->mix_plain(plain[0], plain[1], s->span, MOST);
    CHECK(memcmp(any, plain, sizeof any) == 0);
    free(s);
  }
}
