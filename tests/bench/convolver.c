/* Convolution of a stereo sound with a stereo response: what a quantum costs, against nothing but the products of the
 * response's spectra, were it in partitions of the largest block alone; and how evenly the work is spread. */
#include "bench/bench.h"

#include "dsp/convolution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000
#define BLOCK 32768
#define PERIOD (BLOCK / PERI_QUANTUM) /* quanta in which everything comes round */
#define ROUNDS 60

typedef struct scene {
  const peri__kernels *kernels;
  peri__convolution *convolution;
  uint32_t frames;
  float in[PERIOD][2 * PERI_QUANTUM];
  /* the limit */
  size_t partitions;
  float *spectra, *sum; /* of input and response in turn, for both sides */
  peri__product *products;
} scene;

static float *noise(size_t count) {
  float *samples = aligned_alloc(64, (count * sizeof *samples + 63) / 64 * 64);
  bench_must(samples != NULL, "memory");
  for (size_t i = 0; i < count; i++) samples[i] = 2 * bench_random() - 1;
  return samples;
}

static double run_quanta(void *user) {
  scene *s = user;
  float out[2 * PERI_QUANTUM];
  uint64_t began = bench_now(false);
  for (int q = 0; q < PERIOD; q++) peri__convolution_run(s->convolution, s->in[q], 2, out);
  return (double)(bench_now(false) - began);
}

static double run_products(void *user) {
  scene *s = user;
  uint64_t began = bench_now(false);
  for (size_t side = 0; side < 2; side++)
    s->kernels->multiply(s->sum, s->products + side * s->partitions, s->partitions, BLOCK + 16, BLOCK);
  return (double)(bench_now(false) - began);
}

static void prepare(scene *s, double seconds) {
  s->kernels = peri__kernels_named(getenv("PERILUNE_CPU"));
  bench_must(s->kernels != NULL, "kernels");
  s->frames = (uint32_t)(seconds * RATE);
  float *response[2] = {noise(s->frames), noise(s->frames)};
  size_t bytes = peri__convolution_bytes(2, s->frames);
  void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  bench_must(memory != NULL, "memory");
  memset(memory, 0, bytes);
  s->convolution = peri__convolution_prepare(memory, 2, s->frames, (const float *const *)response, 1e-3, s->kernels);
  for (int q = 0; q < PERIOD; q++)
    for (int i = 0; i < 2 * PERI_QUANTUM; i++) s->in[q][i] = 2 * bench_random() - 1;
  for (uint32_t done = 0; done < s->frames + 2 * BLOCK; done += BLOCK) run_quanta(s); /* until all of it is at work */
  free(response[0]), free(response[1]);

  const size_t spectrum = 2 * (BLOCK + 16);
  s->partitions = (s->frames + BLOCK - 1) / BLOCK;
  s->spectra = noise(4 * s->partitions * spectrum);
  s->sum = noise(spectrum);
  s->products = malloc(2 * s->partitions * sizeof *s->products);
  bench_must(s->products != NULL, "memory");
  for (size_t p = 0; p < 2 * s->partitions; p++)
    s->products[p] = (peri__product){s->spectra + 2 * p * spectrum, s->spectra + (2 * p + 1) * spectrum};
}

static void release(scene *s) {
  free(s->convolution);
  free(s->spectra), free(s->sum), free(s->products);
}

/* Each quantum of the period at its best of many rounds, so that whatever else the machine does is left out. */
static void compare_quanta(scene *s, const char *name) {
  static double best[PERIOD];
  double worst = 0, mean = 0;
  for (int q = 0; q < PERIOD; q++) best[q] = INFINITY;
  for (int round = 0; round < ROUNDS; round++) {
    for (int q = 0; q < PERIOD; q++) {
      float out[2 * PERI_QUANTUM];
      uint64_t began = bench_now(true);
      peri__convolution_run(s->convolution, s->in[q], 2, out);
      best[q] = fmin(best[q], (double)(bench_now(true) - began));
    }
  }
  for (int q = 0; q < PERIOD; q++) mean += best[q] / PERIOD, worst = fmax(worst, best[q]);
  bench_print(&(bench_figure){
      .name = name, .unit = "ns", .limit_name = "mean quantum", .ours = worst, .limit = mean, .goal = 3});
}

static void measure(double seconds, const char *name, const char *worst_name) {
  static scene s;
  prepare(&s, seconds);
  bench_run(&(bench_race){
      .name = name, .ours = {NULL, run_quanta, &s}, .limit = {{"products alone", run_products, &s}}, .per = PERIOD});
  compare_quanta(&s, worst_name);
  release(&s);
}

void bench_convolver(void) {
  measure(2, "2 s, a quantum", "2 s, the worst quantum");
  measure(10, "10 s, a quantum", "10 s, the worst quantum");
}
