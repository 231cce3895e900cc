/* AUDIO THREAD. A voice's gains over time: ramps, fades to the end, pauses. gains.c for voices.c and apply.c. */
#ifndef PERI_GAINS_H
#define PERI_GAINS_H

#include "render/playhead.h"

/* A stretch of the quantum with one gain law: gain[k] + slope[k] × (i + 1) at frame i. */
typedef struct peri__gain_piece {
  uint32_t from, to;
  float gain[4], slope[4];
} peri__gain_piece;

#define PERI_GAIN_PIECES (PERI_VOICE_SPANS / 2) /* at most, in a quantum */

/* The gains of the frames that sound, in pieces; most voices have one, for the whole quantum. Time passes by it. */
uint32_t peri__gain_pieces(const peri__render *render, peri__voice *voice, const peri__playback *play,
                           peri__gain_piece *pieces);

/* Commands. Frames are on the engine's clock. */
void peri__voice_stop(peri__voice *voice, int64_t frame);
void peri__voice_fade_out(const peri__render *render, peri__voice *voice, int64_t frame, uint32_t frames);
/* `keep_ramp`: a ramp that takes longer goes on, towards the new gains. */
void peri__voice_set_gains(peri__voice *voice, const float gain[4], uint32_t frames, bool keep_ramp);
/* Fades it out, and it stands still; or in, from where it was. It has details. */
void peri__voice_pause(const peri__render *render, peri__voice *voice, bool pause);

/* Pauses it at once, as if since `frame`. It has details. */
void peri__voice_hold(peri__voice *voice, int64_t frame);

/* After the quantum of a voice that is PERI_VOICE_PAUSING: how far it is. */
void peri__voice_go_on_pausing(const peri__render *render, peri__voice *voice);

#endif
