/* Reading an analyser: Web Audio 1.1, AnalyserNode, "Time-Domain Down-Mixing" and "FFT Windowing and Smoothing over
 * Time". Any thread may; the audio thread does not notice. */
#include "nodes/analyser.h"

#include "control/control.h"
#include "dsp/fft.h"
#include "dsp/kaiser.h"

#include <math.h>

/* For one fftSize, in one block of memory. */
typedef struct peri__spectrum {
  size_t bytes;
  uint32_t frames;
  uint64_t computed; /* 1 + the frames written when `smoothed` was computed; 0: it was not */
  const peri__fft *fft;
  float *window, *samples, *re, *im, *scratch;
  double *smoothed; /* the text's X̂; frames / 2 of them */
} peri__spectrum;

/* ---- The latest frames ------------------------------------------------------------------------------------------ */

static uint8_t to_byte(double value) { return value > 0.0 ? (uint8_t)(value < 255.0 ? value : 255.0) : 0; }

/* Copies the first `count` of the latest `frames` to either, and again should the audio thread have come round the ring
 * meanwhile. Returns the frames written. */
static uint64_t copy_latest(const peri__analyser *analyser, uint32_t frames, uint32_t count, float *samples,
                            uint8_t *bytes) {
  for (;;) {
    uint64_t written = atomic_load_explicit(&analyser->written, memory_order_acquire);
    uint64_t from = written + PERI_ANALYSER_RING - frames;
    for (uint32_t i = 0; i < count; i++) {
      _Atomic float *at = &analyser->ring[(from + i) % PERI_ANALYSER_RING];
      float sample = atomic_load_explicit(at, memory_order_relaxed);
      if (samples) samples[i] = sample;
      if (bytes) bytes[i] = to_byte(floor(128.0 * (1.0 + (double)sample)));
    }
    atomic_thread_fence(memory_order_acquire);
    uint64_t now = atomic_load_explicit(&analyser->written, memory_order_relaxed);
    if (now + PERI_QUANTUM - written <= PERI_ANALYSER_RING - frames) return written;
  }
}

/* ---- Frequencies ------------------------------------------------------------------------------------------------ */

static void spectrum_free(peri__spectrum *spectrum) { peri__release(spectrum, spectrum->bytes); }

static void *take(unsigned char *memory, size_t *at, size_t bytes) {
  void *taken = memory ? memory + *at : NULL;
  *at += (bytes + PERI_CACHE_LINE - 1) & ~(size_t)(PERI_CACHE_LINE - 1);
  return taken;
}

/* With `memory` NULL it only counts the bytes. */
static size_t lay_out(peri__spectrum *spectrum, unsigned char *memory, void **plan) {
  size_t at = 0, n = spectrum->frames;
  take(memory, &at, sizeof *spectrum);
  *plan = take(memory, &at, peri__fft_bytes(n));
  spectrum->window = take(memory, &at, n * sizeof(float));
  spectrum->samples = take(memory, &at, n * sizeof(float));
  spectrum->re = take(memory, &at, (n / 2 + 1) * sizeof(float));
  spectrum->im = take(memory, &at, (n / 2 + 1) * sizeof(float));
  spectrum->scratch = take(memory, &at, PERI__FFT_SCRATCH(n) * sizeof(float));
  spectrum->smoothed = take(memory, &at, n / 2 * sizeof(double));
  return at;
}

/* The window is Blackman's with α = 0.16; the 1/N of the transform is in it. */
static peri__spectrum *spectrum_create(uint32_t frames) {
  peri__spectrum made = {.frames = frames};
  void *plan;
  made.bytes = lay_out(&made, NULL, &plan);
  unsigned char *memory = peri__allocate(made.bytes, PERI_CACHE_LINE);
  if (!memory) return NULL;
  lay_out(&made, memory, &plan);
  made.fft = peri__fft_prepare(plan, frames);
  for (uint32_t i = 0; i < frames; i++) {
    double turn = 2.0 * PERI_PI * i / frames;
    made.window[i] = (float)((0.42 - 0.5 * cos(turn) + 0.08 * cos(2.0 * turn)) / frames);
  }
  peri__spectrum *spectrum = (peri__spectrum *)(void *)memory;
  *spectrum = made;
  return spectrum;
}

/* Once a render quantum: "the previously computed data is returned" for later calls in it. */
static void compute(peri__spectrum *s, const peri__analyser *analyser, double smoothing) {
  if (s->computed == atomic_load_explicit(&analyser->written, memory_order_acquire) + 1) return;
  s->computed = copy_latest(analyser, s->frames, s->frames, s->samples, NULL) + 1;
  for (uint32_t i = 0; i < s->frames; i++) s->samples[i] *= s->window[i];
  peri__fft_forward(s->fft, s->samples, s->re, s->im, s->scratch);
  for (uint32_t k = 0; k < s->frames / 2; k++) {
    double magnitude = sqrt((double)s->re[k] * (double)s->re[k] + (double)s->im[k] * (double)s->im[k]);
    double now = smoothing * s->smoothed[k] + (1.0 - smoothing) * magnitude;
    s->smoothed[k] = isfinite(now) ? now : 0.0;
  }
}

/* The analyser's frequency data, up to date; NULL sets peri_error(). */
static const peri__spectrum *frequencies(const peri__node *node) {
  peri__analyser *analyser = node->state;
  if (!analyser->spectrum) {
    analyser->spectrum_free = spectrum_free;
    analyser->spectrum = spectrum_create((uint32_t)node->options[PERI_ANALYSER_FFT_SIZE]);
  }
  if (analyser->spectrum) compute(analyser->spectrum, analyser, node->options[PERI_ANALYSER_SMOOTHING]);
  return analyser->spectrum;
}

static double decibels(const peri__spectrum *spectrum, uint32_t k) { return 20.0 * log10(spectrum->smoothed[k]); }

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

static const peri__node *find_analyser(peri_engine *engine, peri_node id) {
  const peri__graph_node *node = peri__find_node(engine, id);
  if (!node || node->kind == PERI_NODE_ANALYSER) return node ? node->render : NULL;
  peri__fail("%s is no analyser", node->render->kind->info.name);
  return NULL;
}

static bool get_time(peri_engine *engine, peri_node id, float *samples, uint8_t *bytes, uint32_t count) {
  peri__lock(engine);
  const peri__node *node = find_analyser(engine, id);
  uint32_t frames = node ? (uint32_t)node->options[PERI_ANALYSER_FFT_SIZE] : 0;
  if (node) copy_latest(node->state, frames, count < frames ? count : frames, samples, bytes);
  peri__unlock(engine);
  return node != NULL;
}

bool peri_analyser_get_time_data(peri_engine *engine, peri_node id, float *samples, uint32_t count) {
  return get_time(engine, id, samples, NULL, count);
}

bool peri_analyser_get_time_bytes(peri_engine *engine, peri_node id, uint8_t *bytes, uint32_t count) {
  return get_time(engine, id, NULL, bytes, count);
}

static bool get_frequencies(peri_engine *engine, peri_node id, float *levels, uint8_t *bytes, uint32_t count) {
  peri__lock(engine);
  const peri__node *node = find_analyser(engine, id);
  const peri__spectrum *spectrum = node ? frequencies(node) : NULL;
  if (spectrum && count > spectrum->frames / 2) count = spectrum->frames / 2;
  for (uint32_t k = 0; spectrum && k < count; k++) {
    double least = node->options[PERI_ANALYSER_MIN_DECIBELS], most = node->options[PERI_ANALYSER_MAX_DECIBELS];
    if (levels) levels[k] = (float)decibels(spectrum, k);
    if (bytes) bytes[k] = to_byte(floor(255.0 / (most - least) * (decibels(spectrum, k) - least)));
  }
  peri__unlock(engine);
  return spectrum != NULL;
}

bool peri_analyser_get_frequency_data(peri_engine *engine, peri_node id, float *levels, uint32_t count) {
  return get_frequencies(engine, id, levels, NULL, count);
}

bool peri_analyser_get_frequency_bytes(peri_engine *engine, peri_node id, uint8_t *bytes, uint32_t count) {
  return get_frequencies(engine, id, NULL, bytes, count);
}
