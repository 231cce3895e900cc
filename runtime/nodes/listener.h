/* What the engine's listener tells whoever hears it. */
#ifndef PERI_LISTENER_H
#define PERI_LISTENER_H

#include "render/render.h"

#define PERI_LISTENER_PARAMS 9

/* The state of the listener's node: its parameters in this quantum, by their indices. It outlives all who hear it. */
typedef struct peri__listener {
  float first[PERI_LISTENER_PARAMS];
  bool steady; /* the whole quantum is as its first frame; else `frames` says each */
  float frames[PERI_LISTENER_PARAMS][PERI_QUANTUM];
  /* control alone */
  struct peri__hrtf_set *hrtf; /* what all panners of the engine are heard by; NULL until one needs it */
} peri__listener;

#endif
