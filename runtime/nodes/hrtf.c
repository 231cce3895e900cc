/* The convolution. AUDIO THREAD, but for its memory. */
#include "nodes/hrtf.h"

#include "dsp/fft.h"

#define N PERI_QUANTUM

struct peri__hrtf {
  peri__part part;
  size_t bytes;
  const peri__hrtf_set *set; /* may be gone when this is freed */
  /* audio thread */
  bool sounds;               /* there is a direction and a gain before */
  double azimuth, elevation; /* of `response` */
  float gain;                /* at the end of the last quantum */
  uint32_t newest;           /* of `inputs` */
  uint32_t left;             /* quanta of the response that are still to be heard after the last sound */
  float *inputs[2];          /* of each channel: spectra of the last `parts` quanta, a ring */
  float *response, *next;    /* both ears; the second one is free */
  float window[2][2 * N];    /* of each channel: the quantum before, and this one */
  float sum[PERI_HRTF_SPECTRUM];
  float heard[2][2 * N]; /* of one ear: by the response before, and by the new one */
  float scratch[PERI__FFT_SCRATCH(2 * N)];
  float floats[]; /* the memory of inputs and responses */
};

static size_t ear_floats(const peri__hrtf_set *set) { return (size_t)set->parts * PERI_HRTF_SPECTRUM; }

static void free_hrtf(peri__part *part) { peri__release(part, ((peri__hrtf *)(void *)part)->bytes); }

peri__part *peri__hrtf_create(const peri__hrtf_set *set) {
  size_t bytes = sizeof(peri__hrtf) + 6 * ear_floats(set) * sizeof(float);
  peri__hrtf *h = peri__allocate(bytes, PERI_CACHE_LINE);
  if (!h) return NULL;
  h->part = (peri__part){.retired = {{NULL}, PERI_RETIRED_PART}, .free = free_hrtf};
  h->bytes = bytes;
  h->set = set;
  h->inputs[0] = h->floats;
  h->inputs[1] = h->inputs[0] + ear_floats(set);
  h->response = h->inputs[1] + ear_floats(set);
  h->next = h->response + 2 * ear_floats(set);
  return &h->part;
}

void peri__hrtf_clear(const peri__part *part) {
  peri__hrtf *h = (peri__hrtf *)(void *)part;
  h->sounds = false;
  h->left = 0;
  memset(h->inputs[0], 0, 2 * ear_floats(h->set) * sizeof(float));
  memset(h->window, 0, sizeof h->window);
}

/* ---- Responses -------------------------------------------------------------------------------------------------- */

static void add_response(float *restrict to, const float *restrict from, size_t floats, double weight) {
  float part = (float)weight;
  for (size_t i = 0; i < floats; i += PERI_HRTF_BINS)
    for (size_t k = 0; k < PERI_HRTF_BINS; k++) to[i + k] += from[i + k] * part;
}

/* Its two neighbours on a ring. */
static void add_ring(peri__hrtf *h, uint32_t ring, double azimuth, double weight) {
  const peri__hrtf_set *set = h->set;
  uint32_t size = set->first[ring + 1] - set->first[ring];
  double x = (azimuth < 0.0 ? azimuth + 360.0 : azimuth) * size / 360.0;
  uint32_t i = (uint32_t)x;
  double beyond = x - i;
  size_t floats = peri__hrtf_response_floats(set);
  const float *rows = set->spectra + set->first[ring] * floats;
  if (beyond < 1.0) add_response(h->next, rows + i % size * floats, floats, weight * (1.0 - beyond));
  if (beyond > 0.0) add_response(h->next, rows + (i + 1) % size * floats, floats, weight * beyond);
}

/* The response of a direction, in `next`. */
static void mix_response(peri__hrtf *h, double azimuth, double elevation) {
  double y = (elevation + 90.0) / 10.0;
  uint32_t ring = (uint32_t)y;
  if (ring > PERI_HRTF_RINGS - 2) ring = PERI_HRTF_RINGS - 2;
  double above = y - ring;
  memset(h->next, 0, peri__hrtf_response_floats(h->set) * sizeof(float));
  if (above < 1.0) add_ring(h, ring, azimuth, 1.0 - above);
  if (above > 0.0) add_ring(h, ring + 1, azimuth, above);
}

static void swap_responses(peri__hrtf *h) {
  float *before = h->response;
  h->response = h->next;
  h->next = before;
}

/* ---- One quantum ------------------------------------------------------------------------------------------------ */

static void take_channel(peri__hrtf *h, uint32_t channel, const float *samples, float from, float step) {
  float *before = h->window[channel], *now = before + N;
  memmove(before, now, N * sizeof(float));
  if (!samples) memset(now, 0, N * sizeof(float));
  for (int i = 0; i < N && samples; i++) now[i] = samples[i] * (from + step * (float)(i + 1));
}

/* The input, as spectra of both ears' channels. */
static void take_input(peri__hrtf *h, const peri__signal *in, float gain) {
  float from = h->sounds ? h->gain : gain, step = (gain - from) / N;
  uint32_t channels = in->silent ? 2 : in->channels;
  h->newest = h->newest ? h->newest - 1 : h->set->parts - 1;
  size_t at = (size_t)h->newest * PERI_HRTF_SPECTRUM;
  for (uint32_t c = 0; c < 2; c++) {
    const float *samples = in->silent ? NULL : c < channels ? in->samples + (size_t)c * N : in->samples;
    take_channel(h, c, samples, from, step);
    float *spectrum = h->inputs[c] + at;
    if (c && memcmp(h->window[0], h->window[1], sizeof h->window[0]) == 0)
      memcpy(spectrum, h->inputs[0] + at, PERI_HRTF_SPECTRUM * sizeof(float));
    else
      peri__fft_forward(h->set->fft, h->window[c], spectrum, spectrum + PERI_HRTF_BINS, h->scratch);
  }
  h->gain = gain;
}

static void add_product(float *restrict sum, const float *restrict a, const float *restrict b) {
  const float *restrict are = a, *restrict aim = a + PERI_HRTF_BINS, *restrict bre = b,
                        *restrict bim = b + PERI_HRTF_BINS;
  float *restrict re = sum, *restrict im = sum + PERI_HRTF_BINS;
  for (int k = 0; k < PERI_HRTF_BINS; k++) re[k] += are[k] * bre[k] - aim[k] * bim[k];
  for (int k = 0; k < PERI_HRTF_BINS; k++) im[k] += are[k] * bim[k] + aim[k] * bre[k];
}

static void convolve(peri__hrtf *h, uint32_t ear, const float *response, float heard[2 * N]) {
  const float *parts = response + ear * ear_floats(h->set);
  uint32_t count = h->set->parts, at = h->newest;
  memset(h->sum, 0, sizeof h->sum);
  for (uint32_t p = 0; p < count; p++) {
    add_product(h->sum, h->inputs[ear] + (size_t)at * PERI_HRTF_SPECTRUM, parts + (size_t)p * PERI_HRTF_SPECTRUM);
    at = at + 1 == count ? 0 : at + 1;
  }
  peri__fft_inverse(h->set->fft, h->sum, h->sum + PERI_HRTF_BINS, heard, h->scratch);
}

static void hear(peri__hrtf *h, uint32_t ear, bool turns, float *restrict out) {
  convolve(h, ear, h->response, h->heard[0]);
  const float *before = h->heard[0] + N, *after = h->heard[1] + N;
  if (!turns) {
    memcpy(out, before, N * sizeof(float));
    return;
  }
  convolve(h, ear, h->next, h->heard[1]);
  for (int i = 0; i < N; i++) out[i] = before[i] + (after[i] - before[i]) * ((float)(i + 1) * (1.0f / N));
}

void peri__hrtf_process(const peri__part *part, const peri__signal *in, const peri__direction *direction, double gain,
                        peri__signal *out) {
  peri__hrtf *h = (peri__hrtf *)(void *)part;
  out->channels = 2;
  out->silent = in->silent && h->left == 0;
  if (out->silent) {
    h->sounds = false; /* what comes next begins where it is then */
    return;
  }
  h->left = in->silent ? h->left - 1 : h->set->parts;
  take_input(h, in, (float)gain);
  double azimuth = peri__azimuth(direction), elevation = peri__elevation(direction);
  bool turns = h->sounds && (azimuth != h->azimuth || elevation != h->elevation);
  if (turns || !h->sounds) mix_response(h, azimuth, elevation);
  if (!h->sounds) swap_responses(h);
  for (uint32_t ear = 0; ear < 2; ear++) hear(h, ear, turns, out->samples + (size_t)ear * N);
  if (turns) swap_responses(h);
  h->azimuth = azimuth;
  h->elevation = elevation;
  h->sounds = true;
}
