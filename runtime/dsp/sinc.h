/* Windowed sinc interpolation: polyphase filters for each range of steps, 48 taps up to a step of 1 and more in
 * proportion above, by Kaiser's window. Quality, where N is half of the lower rate, at steps of 0.5, 0.91875 (44.1 to
 * 48 kHz), 1.1, 1.5 and 2, and in brackets libsamplerate's SRC_SINC_FASTEST, measured by the same program:
 *
 * - Ripple: 0.0001 dB up to 0.7 N (0.0034).
 * - Bandwidth: 3 dB down at 0.808 N or above, whatever the step up to 2 (0.802).
 * - Tones up to 0.8 N: all that is added lies at least 106 dB below them (95).
 * - Images of tones from 0.8 N to N, at steps up to 1: at least 108 dB down (98).
 * - Aliases of tones above N, at steps above 1: at least 109 dB down (96).
 *
 * Above a step of 2 the banks lie further apart, and 3 dB are lost at 0.75 N (step 3) or 0.70 N (step 6). */
#ifndef PERI_SINC_H
#define PERI_SINC_H

#include "base/base.h"

typedef struct peri__sinc_bank {
  uint32_t taps;     /* a multiple of 16, so that every kernel's vectors divide it */
  uint32_t phases;   /* rows between one frame and the next; one more stands behind them */
  int64_t most;      /* the largest step it is meant for, 32.32 */
  const float *rows; /* (phases + 1) × taps; a cache line's alignment */
} peri__sinc_bank;

#define PERI_SINC_MOST_TAPS 256

/* CONTROL. Computes the tables, at the first call; any thread. Allocates nothing and cannot fail. */
void peri__sinc_prepare(void);

/* AUDIO THREAD, once they are prepared: the bank for a step that is not negative. */
const peri__sinc_bank *peri__sinc_bank_for(int64_t step) PERI_AUDIO_THREAD;

#endif
