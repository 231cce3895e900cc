#include "status.h"

#include <math.h>

double status_decibels(double level) { return level > 1e-6 ? 20 * log10(level) : -120; }

double status_peak(const host_status *status) {
  float peak = 0;
  for (uint32_t c = 0; status->has_view && c < status->view.channels && c < PERI_VIEW_CHANNELS; c++)
    peak = fmaxf(peak, status->view.peak[c]);
  return status_decibels(peak);
}
