/* Web Audio 1.1, ChannelSplitterNode: each output has one channel of the input, or silence. */
#include "nodes/nodes.h"

/* channelCount is the number of outputs, and discrete: so the input has just as many channels. */
static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  for (uint32_t o = 0; o < in->channels; o++) {
    peri__signal *out = &p->outputs[o];
    out->channels = 1;
    out->silent = in->silent;
    if (!in->silent) memcpy(out->samples, in->samples + (size_t)o * PERI_QUANTUM, PERI_QUANTUM * sizeof(float));
  }
}

const peri__kind peri__kind_channel_splitter = {
    .info = {.name = "ChannelSplitterNode", .inputs = 1, .outputs = 6, .min_ports = 1, .ports_are_outputs = true},
    .rule = {6, PERI_COUNT_EXPLICIT, PERI_DISCRETE},
    .max_count = PERI_MAX_CHANNELS,
    .fixed_mode = true,
    .fixed_count = true,
    .fixed_interpretation = true,
    .count_is_ports = true,
    .output_channels = 1,
    .process = process,
};
