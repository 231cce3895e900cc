/* Web Audio 1.1, ConstantSourceNode. */
#include "nodes/nodes.h"

static void process(const peri__process *p) {
  const peri__values *offset = &p->params[PERI_CONSTANT_SOURCE_OFFSET];
  peri__signal *out = &p->outputs[0];
  out->channels = 1;
  out->silent = offset->steady && offset->first == 0.0f;
  if (out->silent) return;
  float value = offset->first;
  if (offset->steady)
    for (int i = 0; i < PERI_QUANTUM; i++) out->samples[i] = value;
  else
    memcpy(out->samples + p->begin, offset->frames + p->begin, (p->end - p->begin) * sizeof(float));
  if (p->end - p->begin == PERI_QUANTUM) return;
  memset(out->samples, 0, p->begin * sizeof(float));
  memset(out->samples + p->end, 0, (PERI_QUANTUM - p->end) * sizeof(float));
}

static const peri_param_info params[] = {
    [PERI_CONSTANT_SOURCE_OFFSET] = {"offset", 1.0f, -3.4028235e38f, 3.4028235e38f, true, false},
};

const peri__kind peri__kind_constant_source = {
    .info = {.name = "ConstantSourceNode", .inputs = 0, .outputs = 1, .params = 1, .param = params, .scheduled = true},
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .first_if_steady = true,
    .output_channels = 1,
    .process = process,
};
