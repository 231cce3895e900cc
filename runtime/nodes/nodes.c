#include "nodes/nodes.h"

static const peri__kind *const kinds[PERI_NODE_KINDS] = {
    [PERI_NODE_DESTINATION] = &peri__kind_destination,
    [PERI_NODE_BUFFER_SOURCE] = &peri__kind_buffer_source,
    [PERI_NODE_GAIN] = &peri__kind_gain,
    [PERI_NODE_STEREO_PANNER] = &peri__kind_stereo_panner,
};

const peri__kind *peri__kind_of(peri_node_kind kind) { return (unsigned)kind < PERI_NODE_KINDS ? kinds[kind] : NULL; }
