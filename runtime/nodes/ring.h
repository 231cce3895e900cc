/* What filters share: their output has as many channels as their input, and while that is silent as many as still
 * ring. */
#ifndef PERI_RING_OUT_H
#define PERI_RING_OUT_H

#include "render/render.h"

/* Of what filters remember, −180 dB: those of low frequencies swing so slowly that two frames of little say little. */
#define PERI_RUNG_OUT 1e-9

/* `ringing` channels have something in their state. The output's count of channels, and whether it is silent. */
static inline void peri__ring(const peri__signal *in, peri__signal *out, uint32_t ringing) {
  out->channels = in->silent && ringing > in->channels ? ringing : in->channels;
  if (out->channels > out->capacity) out->channels = out->capacity;
  out->silent = in->silent && !ringing;
}

static inline bool peri__rung_out(double x) { return x < PERI_RUNG_OUT && x > -PERI_RUNG_OUT; }

#endif
