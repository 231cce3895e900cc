/* The kernels of 64-bit ARM against the scalar ones, in a program of its own that an emulator can run. The same checks
 * as in tests/unit/kernels_test.c, which needs a test library for the processor that it runs on. */
#include "dsp/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N PERI_QUANTUM
#define MOST 64

static uint32_t state = 1;

static float random_sample(void) {
  state = state * 1664525u + 1013904223u;
  return (float)(int32_t)state / 2147483648.0f;
}

static uint32_t pick(uint32_t below) {
  random_sample();
  return (state >> 8) % below;
}

static float sound[4096];

/* Steady mono, steady stereo and ramping spans, in runs. */
static void make_spans(peri__span *span, size_t count) {
  uint32_t sort = pick(3);
  for (size_t k = 0; k < count; k++) {
    const float *in = sound + pick(3800);
    if (pick(5) == 0) sort = pick(3);
    span[k] = (peri__span){{in, sort == 1 ? in + 3 : in}, {random_sample(), random_sample()}, {0.0f, 0.0f}};
    if (sort == 2) span[k].slope[0] = 0.001f, span[k].slope[1] = -0.002f;
  }
}

/* The largest difference, over the sum of the sizes of what is added. */
static double worst_of(const peri__span *span, size_t count, int side, const float *a, const float *b) {
  double worst = 0.0;
  for (int i = 0; i < N; i++) {
    double size = 1e-9;
    for (size_t k = 0; k < count; k++)
      size += fabs((double)span[k].in[side][i] * ((double)span[k].gain[side] + (double)span[k].slope[side] * (i + 1)));
    double off = fabs((double)a[i] - (double)b[i]) / size;
    if (off > worst) worst = off;
  }
  return worst;
}

int main(void) {
  const peri__kernels *kernels = peri__kernels_named("neon");
  if (!kernels) return puts("there are no neon kernels"), 1;
  for (int i = 0; i < 4096; i++) sound[i] = random_sample();
  double worst = 0.0;
  for (int round = 0; round < 2000; round++) {
    peri__span span[MOST];
    size_t count = 1 + pick(MOST);
    float a[2][N] = {{0}}, b[2][N] = {{0}};
    make_spans(span, count);
    kernels->mix_spans(a[0], a[1], span, count);
    peri__kernels_scalar.mix_spans(b[0], b[1], span, count);
    worst = fmax(worst, fmax(worst_of(span, count, 0, a[0], b[0]), worst_of(span, count, 1, a[1], b[1])));
  }
  printf("neon differs from scalar by %.2g of the sum at most\n", worst);
  return worst <= 1e-6 ? 0 : 1;
}
