#include "nodes/nodes.h"

static const peri__kind *const kinds[PERI_NODE_KINDS] = {
    [PERI_NODE_DESTINATION] = &peri__kind_destination,
    [PERI_NODE_BUFFER_SOURCE] = &peri__kind_buffer_source,
    [PERI_NODE_GAIN] = &peri__kind_gain,
    [PERI_NODE_STEREO_PANNER] = &peri__kind_stereo_panner,
    [PERI_NODE_CONSTANT_SOURCE] = &peri__kind_constant_source,
    [PERI_NODE_CHANNEL_SPLITTER] = &peri__kind_channel_splitter,
    [PERI_NODE_CHANNEL_MERGER] = &peri__kind_channel_merger,
    [PERI_NODE_DELAY] = &peri__kind_delay,
    [PERI_NODE_WAVE_SHAPER] = &peri__kind_wave_shaper,
    [PERI_NODE_ANALYSER] = &peri__kind_analyser,
    [PERI_NODE_OSCILLATOR] = &peri__kind_oscillator,
    [PERI_NODE_BIQUAD_FILTER] = &peri__kind_biquad_filter,
    [PERI_NODE_IIR_FILTER] = &peri__kind_iir_filter,
    [PERI_NODE_CONVOLVER] = &peri__kind_convolver,
    [PERI_NODE_DYNAMICS_COMPRESSOR] = &peri__kind_dynamics_compressor,
    [PERI_NODE_LISTENER] = &peri__kind_listener,
    [PERI_NODE_PANNER] = &peri__kind_panner,
};

const peri__kind *peri__kind_of(peri_node_kind kind) {
  return (unsigned)kind < PERI_NODE_KINDS ? kinds[kind] : peri__custom_kind(kind);
}
