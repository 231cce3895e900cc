/* Web Audio 1.1, AudioDestinationNode: what arrives is heard. */
#include "nodes/nodes.h"

static uint32_t output_bound(uint32_t inputs) { return inputs; }

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  out->channels = in->channels;
  out->silent = in->silent;
  if (!in->silent) memcpy(out->samples, in->samples, (size_t)in->channels * PERI_QUANTUM * sizeof(float));
}

const peri__kind peri__kind_destination = {
    .info = {.name = "AudioDestinationNode", .inputs = 1, .outputs = 1},
    .rule = {2, PERI_COUNT_EXPLICIT, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .output_bound = output_bound,
    .process = process,
};
