/* Web Audio 1.1, ConvolverNode. What it convolves with, and what it remembers, is a part that control makes
 * (dsp/convolution.h). Where another response comes, the text allows a glitch; here what came in before rings out with
 * the old one, and what comes in is led over from one to the other within a few quanta, so that nothing is cut. One
 * that comes while another still rings out waits for a few quanta in which that is faded out: there are never more than
 * two at work. */
#include "nodes/nodes.h"

#include "dsp/convolution.h"

#include <math.h>
#include <string.h>

#define N PERI_QUANTUM
#define FADE 8 /* quanta */

typedef struct response {
  peri__part part;
  size_t bytes; /* of the convolution, which lies behind this */
  uint32_t channels;
  peri__convolution *convolution;
} response;

typedef struct convolver {
  bool forgets;            /* before the next quantum */
  bool sounded;            /* something came in, in the quantum before */
  bool waits;              /* `next` does; NULL: none */
  response *now, *next;    /* or NULL */
  response *leaving;       /* rings out */
  uint32_t fading, ending; /* quanta left in which the input is led over, and in which the leaving one is faded out */
  peri__part *spent;       /* for control */
} convolver;

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
  r->channels = channels;
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

static void take_part(void *state, peri__part *part) PERI_AUDIO_THREAD {
  convolver *node = state;
  if (node->next) node->spent = &node->next->part;
  node->next = (response *)(void *)part;
  node->waits = true;
}

static peri__part *spent_part(void *state) PERI_AUDIO_THREAD {
  convolver *node = state;
  peri__part *spent = node->spent;
  node->spent = NULL;
  return spent;
}

/* Where nothing came in before, nothing is to be led over. */
static void exchange(convolver *node) PERI_AUDIO_THREAD {
  node->leaving = node->now;
  node->now = node->next;
  node->next = NULL;
  node->waits = false;
  node->fading = node->sounded ? FADE : 0;
}

/* Of what fades out with so many quanta left, at a frame of the first of them. */
static float fade_at(uint32_t left, uint32_t frame) { return (float)(left * N - frame) * (1.0f / (FADE * N)); }

/* What comes in, for the new response and for the leaving one: together it is what it was. */
static void lead_over(const convolver *node, const peri__signal *in, float *coming, float *going) PERI_AUDIO_THREAD {
  for (uint32_t c = 0; c < in->channels; c++) {
    for (uint32_t i = 0; i < N; i++) {
      float sample = in->samples[c * N + i];
      going[c * N + i] = sample * fade_at(node->fading, i);
      coming[c * N + i] = sample - going[c * N + i];
    }
  }
}

/* Returns the channels of the sum. */
static uint32_t add_tail(float *out, uint32_t made, const float *tail, uint32_t channels) PERI_AUDIO_THREAD {
  if (made == 0) memset(out, 0, channels * N * sizeof *out), made = channels;
  if (made < channels) memmove(out + N, out, N * sizeof *out), made = channels;
  for (uint32_t c = 0; c < made; c++)
    for (uint32_t i = 0; i < N; i++) out[c * N + i] += tail[(channels == 2 ? c * N : 0) + i];
  return made;
}

static uint32_t run_leaving(convolver *node, const float *in, uint32_t channels, float *out,
                            uint32_t made) PERI_AUDIO_THREAD {
  float tail[2 * N];
  uint32_t rings = peri__convolution_run(node->leaving->convolution, in, channels, tail);
  bool over = rings == 0 && node->fading == 0;
  if (node->waits && node->fading == 0 && node->ending == 0) node->ending = FADE;
  if (node->ending) {
    for (uint32_t i = 0; i < rings * N; i++) tail[i] *= fade_at(node->ending, i % N);
    if (--node->ending == 0) over = true;
  }
  if (over) {
    node->spent = &node->leaving->part;
    node->leaving = NULL;
    node->ending = 0;
  }
  return rings ? add_tail(out, made, tail, rings) : made;
}

/* "A mono output only in the single case where there is a single input channel and a single-channel buffer", however
 * little of it is heard. */
static uint32_t channels_of(const convolver *node, const peri__signal *in) PERI_AUDIO_THREAD {
  return node->now && !in->idle && (in->channels == 2 || node->now->channels > 1) ? 2 : 1;
}

static void forget(convolver *node) PERI_AUDIO_THREAD {
  if (node->now) peri__convolution_reset(node->now->convolution);
  if (node->leaving) peri__convolution_reset(node->leaving->convolution);
  node->forgets = node->sounded = false;
}

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  convolver *node = p->state;
  float coming[2 * N], going[2 * N];
  if (node->forgets) forget(node);
  if (node->waits && !node->leaving && !node->fading) exchange(node);
  uint32_t channels = in->silent ? 0 : in->channels, made = 0;
  bool leads = node->fading && channels;
  if (leads) lead_over(node, in, coming, going);
  if (node->now)
    made = peri__convolution_run(node->now->convolution, leads ? coming : in->samples, channels, out->samples);
  if (node->leaving) made = run_leaving(node, going, leads ? channels : 0, out->samples, made);
  if (node->fading) node->fading--;
  node->sounded = channels != 0;
  out->silent = made == 0;
  out->channels = channels_of(node, in);
  if (made == 2) out->channels = 2;
  if (made == 1 && out->channels == 2) memmove(out->samples + N, out->samples, N * sizeof *out->samples);
}

static void reset(void *state) { ((convolver *)state)->forgets = true; }

static void free_if_any(response *r) {
  if (r) free_response(&r->part);
}

/* CONTROL. */
static void destroy(void *state) {
  convolver *node = state;
  free_if_any(node->now), free_if_any(node->next), free_if_any(node->leaving);
  if (node->spent) free_response(node->spent);
}

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
    .take_part = take_part,
    .spent_part = spent_part,
    .destroy = destroy,
    .process = process,
    .reset = reset,
};
