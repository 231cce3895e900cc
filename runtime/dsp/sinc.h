/* Windowed sinc interpolation: polyphase filters for each range of steps. Quality, measured by tests: (fill in) */
#ifndef PERI_SINC_H
#define PERI_SINC_H

#include "base/base.h"

typedef struct peri__sinc_bank {
  uint32_t taps;     /* a multiple of 8 */
  uint32_t phases;   /* rows between one frame and the next; one more stands behind them */
  int64_t most;      /* the largest step it is meant for, 32.32 */
  const float *rows; /* (phases + 1) × taps; a cache line's alignment */
} peri__sinc_bank;

#define PERI_SINC_MOST_TAPS 256

/* CONTROL. Computes the tables, at the first call; any thread. Allocates nothing and cannot fail. */
void peri__sinc_prepare(void);

/* AUDIO THREAD, once they are prepared: the bank for a positive step. */
const peri__sinc_bank *peri__sinc_bank_for(int64_t step) PERI_AUDIO_THREAD;

#endif
