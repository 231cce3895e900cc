/* Web Audio 1.1, GainNode. */
#include "nodes/nodes.h"

static void scale_each(const float *restrict from, float *restrict to, const float *restrict gains) {
  for (int i = 0; i < PERI_QUANTUM; i++) to[i] = from[i] * gains[i];
}

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  const peri__values *gain = &p->params[PERI_GAIN_GAIN];
  out->channels = in->channels;
  out->silent = in->silent || (gain->steady && gain->first == 0.0f);
  if (out->silent) return;
  out->finite = gain->steady;
  for (uint32_t c = 0; c < in->channels; c++) {
    const float *from = in->samples + (size_t)c * PERI_QUANTUM;
    float *to = out->samples + (size_t)c * PERI_QUANTUM;
    if (gain->steady)
      out->finite = p->kernels->scale(to, from, gain->first) && out->finite;
    else
      scale_each(from, to, gain->frames);
  }
}

static const peri_param_info params[] = {
    [PERI_GAIN_GAIN] = {"gain", 1.0f, -3.4028235e38f, 3.4028235e38f, true, false},
};

const peri__kind peri__kind_gain = {
    .info = {.name = "GainNode", .inputs = 1, .outputs = 1, .params = 1, .param = params},
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .first_if_steady = true,
    .process = process,
};
