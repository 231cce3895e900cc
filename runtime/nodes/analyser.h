/* What an analyser's two sides share. The audio thread writes the latest frames, mixed to mono, into a ring and never
 * looks back; control copies from it as often as it likes (control/analyser.c). */
#ifndef PERI_ANALYSER_H
#define PERI_ANALYSER_H

#include "render/render.h"

#define PERI_ANALYSER_MOST 32768 /* frames that fftSize may reach back */
#define PERI_ANALYSER_RING (2 * PERI_ANALYSER_MOST)

typedef struct peri__analyser {
  /* the audio thread writes, control reads */
  _Atomic float *ring;          /* PERI_ANALYSER_RING; floats as atomic as they need to be to be read meanwhile */
  atomic_uint_fast64_t written; /* frames */
  /* control alone */
  struct peri__spectrum *spectrum; /* NULL until frequencies are asked for, and after fftSize has changed */
  void (*spectrum_free)(struct peri__spectrum *spectrum);
} peri__analyser;

#endif
