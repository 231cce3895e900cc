/* Web Audio 1.1, AudioBufferSourceNode. The sound itself is a voice (render/voices.c). This node stands in the plan for
 * a source that has several connections, a tap, or something connected to its parameters: the voice feeds the node's
 * hidden input, and the node hands it on. */
#include "nodes/nodes.h"

static void process(const peri__process *p) { peri__hand_on(&p->inputs[0], &p->outputs[0]); }

static const peri_param_info params[] = {
    [PERI_SOURCE_PLAYBACK_RATE] = {"playbackRate", 1.0f, -3.4028235e38f, 3.4028235e38f, false, true},
    [PERI_SOURCE_DETUNE] = {"detune", 0.0f, -3.4028235e38f, 3.4028235e38f, false, true},
};

const peri_node_info peri__buffer_source_info = {
    .name = "AudioBufferSourceNode", .inputs = 0, .outputs = 1, .params = 2, .param = params};

const peri__kind peri__kind_buffer_source = {
    .info = {.name = "AudioBufferSourceNode", .inputs = 1, .outputs = 1, .params = 2, .param = params},
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .process = process,
};
