#include "unit/test.h"

#include "dsp/fft.h"

#include <stdlib.h>

#define LARGEST PERI__FFT_MAX
#define TURN 6.28318530717958647692

typedef struct workspace {
  float samples[LARGEST], back[LARGEST];
  float re[LARGEST / 2 + 1], im[LARGEST / 2 + 1];
  float scratch[PERI__FFT_SCRATCH(LARGEST)];
  _Alignas(16) unsigned char plan[PERI__FFT_BYTES(LARGEST)];
} workspace;

static workspace w;

static float noise(void) {
  static uint32_t state = 5;
  state = state * 1664525u + 1013904223u;
  return (float)(int32_t)state / 2147483648.0f;
}

static peri__fft *prepare_with_noise(size_t n) {
  for (size_t i = 0; i < n; i++) w.samples[i] = noise();
  return peri__fft_prepare(w.plan, n);
}

/* One bin by the definition, in double. */
static void direct_bin(const float *samples, size_t n, size_t k, double *re, double *im) {
  *re = *im = 0;
  for (size_t i = 0; i < n; i++) {
    double angle = -TURN * (double)(k * i % n) / (double)n;
    *re += samples[i] * cos(angle);
    *im += samples[i] * sin(angle);
  }
}

TEST(sizes_of_the_fft_are_powers_of_two_from_32_to_32768) {
  for (size_t n = 32; n <= 32768; n *= 2) CHECK(peri__fft_bytes(n) > 0 && peri__fft_bytes(n) <= sizeof w.plan);
  const size_t bad[] = {0, 1, 16, 31, 33, 48, 1000, 65536};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_EQ(peri__fft_bytes(bad[i]), 0);
}

TEST(the_fft_agrees_with_the_direct_transform) {
  for (size_t n = 32; n <= LARGEST; n *= 2) {
    peri__fft_forward(prepare_with_noise(n), w.samples, w.re, w.im, w.scratch);
    double error = 0, power = 0;
    size_t step = n <= 1024 ? 1 : n / 64 - 1; /* odd, so that every residue comes up */
    for (size_t k = 0; k <= n / 2; k += step) {
      double re, im;
      direct_bin(w.samples, n, k, &re, &im);
      error += (w.re[k] - re) * (w.re[k] - re) + (w.im[k] - im) * (w.im[k] - im);
      power += re * re + im * im;
    }
    CHECK_NEAR(sqrt(error / power), 0, 5e-7);
  }
}

TEST(the_inverse_fft_gives_the_samples_back) {
  for (size_t n = 32; n <= LARGEST; n *= 2) {
    peri__fft *fft = prepare_with_noise(n);
    peri__fft_forward(fft, w.samples, w.re, w.im, w.scratch);
    peri__fft_inverse(fft, w.re, w.im, w.back, w.scratch);
    for (size_t i = 0; i < n; i++) CHECK_NEAR(w.back[i], w.samples[i], 1e-6);
  }
}

TEST(the_inverse_fft_agrees_with_the_direct_transform) {
  size_t n = 128, half = n / 2;
  peri__fft *fft = peri__fft_prepare(w.plan, n);
  for (size_t k = 0; k <= half; k++) {
    w.re[k] = noise();
    w.im[k] = k == 0 || k == half ? 0 : noise();
  }
  peri__fft_inverse(fft, w.re, w.im, w.samples, w.scratch);
  for (size_t i = 0; i < n; i++) {
    double sum = w.re[0] + w.re[half] * (i % 2 ? -1 : 1);
    for (size_t k = 1; k < half; k++) {
      double angle = TURN * (double)(k * i % n) / (double)n;
      sum += 2 * (w.re[k] * cos(angle) - w.im[k] * sin(angle));
    }
    CHECK_NEAR(w.samples[i], sum / (double)n, 1e-6);
  }
}

TEST(a_cosine_on_a_bin_is_in_that_bin_alone) {
  for (size_t n = 32; n <= LARGEST; n *= 2) {
    peri__fft *fft = peri__fft_prepare(w.plan, n);
    size_t bin = n / 8 + 3;
    for (size_t i = 0; i < n; i++) w.samples[i] = (float)cos(TURN * (double)(bin * i % n) / (double)n);
    peri__fft_forward(fft, w.samples, w.re, w.im, w.scratch);
    for (size_t k = 0; k <= n / 2; k++) {
      CHECK_NEAR(w.re[k], k == bin ? (double)n / 2 : 0, 1e-6 * (double)n);
      CHECK_NEAR(w.im[k], 0, 1e-6 * (double)n);
    }
  }
}

TEST(the_first_and_last_bin_are_real) {
  for (size_t n = 32; n <= LARGEST; n *= 2) {
    peri__fft_forward(prepare_with_noise(n), w.samples, w.re, w.im, w.scratch);
    CHECK(w.im[0] == 0 && w.im[n / 2] == 0);
    double sum = 0, alternating = 0;
    for (size_t i = 0; i < n; i++) sum += w.samples[i], alternating += i % 2 ? -w.samples[i] : w.samples[i];
    CHECK_NEAR(w.re[0], sum, 1e-6 * (double)n);
    CHECK_NEAR(w.re[n / 2], alternating, 1e-6 * (double)n);
  }
}

/* Blocks of exact sizes, so that sanitizers see a step outside; and at every alignment that a float can have. */
TEST(the_fft_stays_inside_its_arrays) {
  for (size_t n = 32; n <= 2048; n *= 2) {
    void *plan = aligned_alloc(16, (peri__fft_bytes(n) + 15) / 16 * 16);
    for (size_t shift = 0; shift < 4; shift++) {
      float *in = malloc((shift + n) * sizeof *in), *out = malloc((shift + n) * sizeof *out);
      float *re = malloc((shift + n / 2 + 1) * sizeof *re), *im = malloc((shift + n / 2 + 1) * sizeof *im);
      float *scratch = malloc((shift + PERI__FFT_SCRATCH(n)) * sizeof *scratch);
      for (size_t i = 0; i < n; i++) in[shift + i] = noise();
      peri__fft *fft = peri__fft_prepare(plan, n);
      peri__fft_forward(fft, in + shift, re + shift, im + shift, scratch + shift);
      peri__fft_inverse(fft, re + shift, im + shift, out + shift, scratch + shift);
      for (size_t i = 0; i < n; i++) CHECK_NEAR(out[shift + i], in[shift + i], 1e-6);
      free(in), free(out), free(re), free(im), free(scratch);
    }
    free(plan);
  }
}

TEST(a_transform_leaves_its_plan_and_input_alone) {
  size_t n = 512;
  peri__fft *fft = prepare_with_noise(n);
  static unsigned char plan_before[PERI__FFT_BYTES(512)];
  static float samples_before[512], re_before[257], im_before[257];
  memcpy(plan_before, w.plan, sizeof plan_before);
  memcpy(samples_before, w.samples, sizeof samples_before);
  peri__fft_forward(fft, w.samples, w.re, w.im, w.scratch);
  memcpy(re_before, w.re, sizeof re_before);
  memcpy(im_before, w.im, sizeof im_before);
  peri__fft_inverse(fft, w.re, w.im, w.back, w.scratch);
  CHECK(memcmp(plan_before, w.plan, sizeof plan_before) == 0);
  CHECK(memcmp(samples_before, w.samples, sizeof samples_before) == 0);
  CHECK(memcmp(re_before, w.re, sizeof re_before) == 0);
  CHECK(memcmp(im_before, w.im, sizeof im_before) == 0);
}
