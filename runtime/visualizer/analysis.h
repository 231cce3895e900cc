/* What the visualizer shows, from blocks: levels, waveform and spectrum. Pure: no thread, no lock, no allocation. */
#ifndef PERI_ANALYSIS_H
#define PERI_ANALYSIS_H

#include "base/base.h"

#define PERI__RMS_SLICES 10 /* the level is taken over this many slices */
#define PERI__RMS_SLICE_SECONDS 0.005

typedef struct peri__analysis {
  double sample_rate;
  uint64_t blocks;   /* added so far */
  uint64_t end;      /* stream time after the last frame added */
  uint32_t channels; /* with levels: the first PERI_VIEW_CHANNELS */
  float peak[PERI_VIEW_CHANNELS];

  /* Sums of squares: of the slice being filled, and of the last PERI__RMS_SLICES whole ones in a ring. */
  uint32_t slice_frames, slice_filled;
  uint64_t slices;
  double filling[PERI_VIEW_CHANNELS];
  double squares[PERI__RMS_SLICES][PERI_VIEW_CHANNELS];

  /* The last frames, channels averaged, in a ring; the oldest at waveform[waveform_at]. */
  float waveform[PERI_VIEW_WAVEFORM];
  uint32_t waveform_at;
} peri__analysis;

void peri__analysis_prepare(peri__analysis *analysis, double sample_rate);

/* Adds the next block. After a gap, levels have fallen for as long as it lasted, and the waveform goes on as if there
 * were none. NaN and infinite samples count as 0. */
void peri__analysis_add(peri__analysis *analysis, const peri_block *block);

/* What there is to see now. `rms` is over the whole slices of the last 50 ms, and 0 before the first is whole. */
void peri__analysis_view(const peri__analysis *analysis, peri_view *view);

#endif
