/* Web Audio 1.1, AnalyserNode: passes its input on as it is, and keeps the latest frames to be looked at. */
#include "nodes/analyser.h"

#include "nodes/nodes.h"

#define N PERI_QUANTUM

/* "The input signal must be down-mixed to mono as if channelCount is 1, channelCountMode is max and
 * channelInterpretation is speakers", whatever the node's are. */
static void keep(peri__analyser *analyser, const peri__signal *in) {
  float mono[N] = {0};
  if (!in->silent) peri__mix_channels(mono, 1, in->samples, in->channels, PERI_SPEAKERS);
  uint64_t written = atomic_load_explicit(&analyser->written, memory_order_relaxed);
  _Atomic float *to = analyser->ring + written % PERI_ANALYSER_RING;
  atomic_thread_fence(memory_order_release); /* who sees one of these samples sees that the ones before were written */
  for (int i = 0; i < N; i++) atomic_store_explicit(&to[i], mono[i], memory_order_relaxed);
  atomic_store_explicit(&analyser->written, written + N, memory_order_release);
}

static void process(const peri__process *p) {
  keep(p->state, &p->inputs[0]);
  peri__hand_on(&p->inputs[0], &p->outputs[0]);
}

static bool create(void *state, const peri__setup *setup) {
  peri__analyser *analyser = state;
  (void)setup;
  analyser->ring = peri__allocate(PERI_ANALYSER_RING * sizeof *analyser->ring, PERI_CACHE_LINE);
  return analyser->ring != NULL;
}

static void forget_spectrum(peri__analyser *analyser) {
  if (analyser->spectrum) analyser->spectrum_free(analyser->spectrum);
  analyser->spectrum = NULL;
}

static void destroy(void *state) {
  peri__analyser *analyser = state;
  forget_spectrum(analyser);
  peri__release(analyser->ring, PERI_ANALYSER_RING * sizeof *analyser->ring);
}

static bool check_option(const peri__setup *setup, const double *options, uint32_t option, double value) {
  (void)setup;
  uint32_t size = (uint32_t)(option == PERI_ANALYSER_FFT_SIZE ? value : 32);
  if (size & (size - 1)) return peri__fail("fftSize must be a power of two from 32 to 32768, got %u", size);
  double least = option == PERI_ANALYSER_MIN_DECIBELS ? value : options[PERI_ANALYSER_MIN_DECIBELS];
  double most = option == PERI_ANALYSER_MAX_DECIBELS ? value : options[PERI_ANALYSER_MAX_DECIBELS];
  return least < most || peri__fail("minDecibels must be below maxDecibels, got %g and %g", least, most);
}

/* "If the fftSize is changed to a different value, then all state associated with smoothing … is reset." */
static void option_changed(void *state, uint32_t option) {
  if (option == PERI_ANALYSER_FFT_SIZE) forget_spectrum(state);
}

#define ANY 3.4028235e38

static const peri_option_info options[] = {
    [PERI_ANALYSER_FFT_SIZE] = {"fftSize", PERI_OPTION_WHOLE, 2048, 32, PERI_ANALYSER_MOST, NULL},
    [PERI_ANALYSER_MIN_DECIBELS] = {"minDecibels", PERI_OPTION_NUMBER, -100, -ANY, ANY, NULL},
    [PERI_ANALYSER_MAX_DECIBELS] = {"maxDecibels", PERI_OPTION_NUMBER, -30, -ANY, ANY, NULL},
    [PERI_ANALYSER_SMOOTHING] = {"smoothingTimeConstant", PERI_OPTION_NUMBER, 0.8, 0, 1, NULL},
};

const peri__kind peri__kind_analyser = {
    .info = {.name = "AnalyserNode", .inputs = 1, .outputs = 1, .options = 4, .option = options},
    .state_bytes = sizeof(peri__analyser),
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .create = create,
    .destroy = destroy,
    .check_option = check_option,
    .option_changed = option_changed,
    .process = process,
};
