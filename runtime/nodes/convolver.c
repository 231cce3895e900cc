/* Web Audio 1.1, ConvolverNode. What it convolves with, and what it remembers, is a part that control makes
 * (dsp/convolution.h). Another response begins with silence: what rang is cut off, as the text allows. */
#include "nodes/nodes.h"

#include "dsp/convolution.h"

#include <math.h>

typedef struct convolver {
  bool forgets; /* before the next quantum */
} convolver;

typedef struct response {
  peri__part part;
  size_t bytes; /* of the convolution, which lies behind this */
  peri__convolution *convolution;
} response;

/* ---- The part. CONTROL ------------------------------------------------------------------------------------------ */

/* The text's algorithm. What is not finite is left out, as it is of the response. */
static double normalization_scale(const float *const *channels, uint32_t count, uint32_t frames, double sample_rate) {
  double power = 0.0;
  for (uint32_t c = 0; c < count; c++)
    for (uint32_t i = 0; i < frames; i++)
      if (isfinite(channels[c][i])) power += (double)channels[c][i] * (double)channels[c][i];
  power = sqrt(power / ((double)count * frames));
  if (!(power >= 0.000125)) power = 0.000125;
  double scale = 0.00125 / power * (44100.0 / sample_rate);
  return count == 4 ? scale * 0.5 : scale;
}

static void free_response(peri__part *part) {
  response *r = (response *)(void *)part;
  peri__release(r->convolution, r->bytes);
  peri__release(r, sizeof *r);
}

static response *allocate_response(uint32_t channels, uint32_t frames) {
  response *r = PERI_NEW(response);
  if (!r) return NULL;
  *r = (response){.part = {{{NULL}, PERI_RETIRED_PART}, free_response}};
  r->bytes = peri__convolution_bytes(channels, frames);
  r->convolution = (peri__convolution *)peri__allocate(r->bytes, PERI_CACHE_LINE);
  if (r->convolution) return r;
  peri__release(r, sizeof *r);
  return NULL;
}

peri__part *peri__convolver_part(const peri__storage *storage, bool normalize, const peri__kernels *kernels) {
  uint32_t channels = storage->channels, frames = storage->frames;
  size_t count = (size_t)channels * frames;
  float *samples = peri__allocate_raw(count * sizeof *samples, PERI_CACHE_LINE);
  if (!samples) return NULL;
  response *r = allocate_response(channels, frames);
  if (r) {
    const float *channel[4] = {samples, samples + frames, samples + 2 * (size_t)frames, samples + 3 * (size_t)frames};
    for (uint32_t c = 0; c < channels; c++) peri__storage_read(storage, c, 0, samples + (size_t)c * frames, frames);
    double scale = normalize ? normalization_scale(channel, channels, frames, storage->sample_rate) : 1.0;
    peri__convolution_prepare(r->convolution, channels, frames, channel, scale, kernels);
  }
  peri__release(samples, count * sizeof *samples);
  return r ? &r->part : NULL;
}

/* ---- The audio thread ------------------------------------------------------------------------------------------- */

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  const response *r = (const response *)(const void *)p->part;
  convolver *node = p->state;
  uint32_t made = 0;
  if (r && node->forgets) peri__convolution_reset(r->convolution);
  node->forgets = false;
  if (r) made = peri__convolution_run(r->convolution, in->samples, in->silent ? 0 : in->channels, out->samples);
  out->silent = made == 0;
  out->channels = made ? made : 1;
}

static void reset(void *state) { ((convolver *)state)->forgets = true; }

static const peri_option_info options[] = {
    [PERI_CONVOLVER_NORMALIZE] = {"normalize", PERI_OPTION_BOOLEAN, 1.0, 0.0, 1.0, NULL},
};

const peri__kind peri__kind_convolver = {
    .info = {.name = "ConvolverNode", .inputs = 1, .outputs = 1, .options = 1, .option = options},
    .state_bytes = sizeof(convolver),
    .rule = {2, PERI_COUNT_CLAMPED_MAX, PERI_SPEAKERS},
    .max_count = 2,
    .no_max_mode = true,
    .has_tail = true,
    .output_channels = 2,
    .process = process,
    .reset = reset,
};
