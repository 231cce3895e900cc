/* Web Audio 1.1, ChannelMergerNode: each input, mixed to one channel, is a channel of the output. */
#include "nodes/nodes.h"

static void process(const peri__process *p) {
  peri__signal *out = &p->outputs[0];
  out->channels = p->input_count;
  out->silent = true;
  for (uint32_t i = 0; i < p->input_count; i++) out->silent = out->silent && p->inputs[i].silent;
  if (out->silent) return;
  for (uint32_t i = 0; i < p->input_count; i++) {
    float *to = out->samples + (size_t)i * PERI_QUANTUM;
    if (p->inputs[i].silent)
      memset(to, 0, PERI_QUANTUM * sizeof(float));
    else
      memcpy(to, p->inputs[i].samples, PERI_QUANTUM * sizeof(float));
  }
}

const peri__kind peri__kind_channel_merger = {
    .info = {.name = "ChannelMergerNode", .inputs = 6, .outputs = 1, .min_ports = 1},
    .rule = {1, PERI_COUNT_EXPLICIT, PERI_SPEAKERS},
    .max_count = 1,
    .fixed_mode = true,
    .fixed_count = true,
    .output_is_ports = true,
    .process = process,
};
