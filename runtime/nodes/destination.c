/* Web Audio 1.1, AudioDestinationNode: what arrives is heard. */
#include "nodes/nodes.h"

static void process(const peri__process *p) { peri__hand_on(&p->inputs[0], &p->outputs[0]); }

const peri__kind peri__kind_destination = {
    .info = {.name = "AudioDestinationNode", .inputs = 1, .outputs = 1},
    .rule = {2, PERI_COUNT_EXPLICIT, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .process = process,
};
