/* A thread that takes blocks, makes a view of them (analysis.h) and gives them back. It looks for blocks every 5 ms,
 * since the audio thread wakes nobody. */
#ifndef PERI_VISUALIZER_H
#define PERI_VISUALIZER_H

#include "base/blocks.h"

typedef struct peri__visualizer peri__visualizer;

/* CONTROL. Starts the thread, which is the receiver of `blocks` until the visualizer is destroyed. NULL sets
 * peri_error(). */
peri__visualizer *peri__visualizer_create(peri__blocks *blocks, double sample_rate);

/* CONTROL. Ends the thread, at once; all that it took has been given back when this returns. Leaves `blocks` open. NULL
 * is ignored. */
void peri__visualizer_destroy(peri__visualizer *visualizer);

/* Any thread but the audio thread. The latest view; false, with `view` as it was, before the first block. */
bool peri__visualizer_read(peri__visualizer *visualizer, peri_view *view);

#endif
