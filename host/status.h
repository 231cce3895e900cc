/* What the live line and the window show of an engine at one moment. */
#ifndef HOST_STATUS_H
#define HOST_STATUS_H

#include "drawing.h"
#include "perilune/perilune.h"

#define STATUS_LOADS 5

typedef struct host_status {
  const char *name; /* of the script or file */
  double time;      /* on the engine's clock, seconds */
  uint32_t channels;
  double sample_rate;
  peri_stats stats;
  peri_device_info device;
  peri_node_load loads[STATUS_LOADS]; /* the costliest nodes, with --profile */
  uint32_t load_count, nodes_loaded;  /* of them; of all nodes */
  const drawing *drawing;             /* of the script; NULL: it has never drawn */
  const char *error;                  /* NULL: none to show */
  bool has_view;                      /* false before the visualizer's first block */
  peri_view view;
} host_status;

/* dB of a linear level; −120 for silence. */
double status_decibels(double level);
/* The highest peak of all channels, in dB. */
double status_peak(const host_status *status);

/* What the node is called. */
const char *status_load_name(const peri_node_load *load);
/* "3 voices 0.20%", or nothing. */
void status_load_voices(char *text, size_t size, const peri_node_load *load);
/* The load and the costliest nodes, in one line. */
void status_profile(char *text, size_t size, const host_status *status);

#endif
