/* The table of node kinds. A new kind is one file and one line here. */
#ifndef PERI_NODES_H
#define PERI_NODES_H

#include "render/render.h"

extern const peri__kind peri__kind_destination;
extern const peri__kind peri__kind_buffer_source;
extern const peri__kind peri__kind_gain;
extern const peri__kind peri__kind_stereo_panner;
extern const peri__kind peri__kind_constant_source;
extern const peri__kind peri__kind_channel_splitter;
extern const peri__kind peri__kind_channel_merger;
extern const peri__kind peri__kind_delay;
extern const peri__kind peri__kind_wave_shaper;
extern const peri__kind peri__kind_analyser;
extern const peri__kind peri__kind_oscillator;
extern const peri__kind peri__kind_biquad_filter;
extern const peri__kind peri__kind_iir_filter;
extern const peri__kind peri__kind_convolver;
extern const peri__kind peri__kind_dynamics_compressor;
extern const peri__kind peri__kind_listener;
extern const peri__kind peri__kind_panner;

/* What a buffer source shows to the world: its input is the engine's own. */
extern const peri_node_info peri__buffer_source_info;

/* CONTROL. A wave shaper's curve as its part: none when `count` is 0. The values of one, or of no part. */
peri__part *peri__curve_create(const float *values, uint32_t count);
const float *peri__curve_values(const peri__part *part, uint32_t *count);
/* An oscillator's part: the wave of every type but a sine, a reference. */
typedef struct peri__wave_part {
  peri__part part;
  peri_wave *wave;
} peri__wave_part;

/* What the state of an IIR filter begins with: constant, over feedback[0], with zeros behind. */
typedef struct peri__iir {
  double b[PERI_MAX_COEFFICIENTS + 2], a[PERI_MAX_COEFFICIENTS + 2];
} peri__iir;

/* The kind behind a public constant, or NULL. */
const peri__kind *peri__kind_of(peri_node_kind kind);

/* A kind that a host has registered, or NULL; and how many there are. */
const peri__kind *peri__custom_kind(peri_node_kind kind);
uint32_t peri__custom_kinds(void);
/* CONTROL, one caller at a time. Adds a definition that was checked, where there is room. */
peri_node_kind peri__custom_add(const peri_node_kind_def *def);
/* CONTROL. What the host gives a node of such a kind, as its part; NULL without memory, and it stays the host's. The
 * kind's definition, or NULL of one that the engine has. */
peri__part *peri__custom_part(const peri_node_kind_def *def, void *own);
const peri_node_kind_def *peri__custom_def(const peri__kind *kind);

/* CONTROL, no lock needed. A convolver's part for a response of 1, 2 or 4 channels; NULL sets peri_error(). */
peri__part *peri__convolver_part(const peri__storage *storage, bool normalize, const peri__kernels *kernels);

/* Any thread. What a dynamics compressor takes away now, in dB: 0 or less. */
float peri__compressor_reduction(const void *state);

#endif
