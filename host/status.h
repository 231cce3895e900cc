/* What the live line and the window show of an engine at one moment. */
#ifndef HOST_STATUS_H
#define HOST_STATUS_H

#include "perilune/perilune.h"

typedef struct host_status {
  const char *name; /* of the script or file */
  double time;      /* on the engine's clock, seconds */
  uint32_t channels;
  double sample_rate;
  peri_stats stats;
  peri_device_info device;
  bool has_view; /* false before the visualizer's first block */
  peri_view view;
} host_status;

/* dB of a linear level; −120 for silence. */
double status_decibels(double level);
/* The highest peak of all channels, in dB. */
double status_peak(const host_status *status);

#endif
