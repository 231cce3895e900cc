#include "status.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

double status_decibels(double level) { return level > 1e-6 ? 20 * log10(level) : -120; }

double status_peak(const host_status *status) {
  float peak = 0;
  for (uint32_t c = 0; status->has_view && c < status->view.channels && c < PERI_VIEW_CHANNELS; c++)
    peak = fmaxf(peak, status->view.peak[c]);
  return status_decibels(peak);
}

/* ---- The profile ------------------------------------------------------------------------------------------------- */

static __attribute__((format(printf, 3, 4))) void append(char *text, size_t size, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, size - length, format, arguments);
  va_end(arguments);
}

const char *status_load_name(const peri_node_load *load) {
  return load->node ? peri_node_kind_info(load->kind)->name : "no destination";
}

void status_load_voices(char *text, size_t size, const peri_node_load *load) {
  text[0] = 0;
  if (!load->voices) return;
  snprintf(text, size, "%u voice%s %.2f%%", load->voices, load->voices == 1 ? "" : "s", load->voices_load * 100);
}

void status_profile(char *text, size_t size, const host_status *status) {
  char voices[64];
  snprintf(text, size, "load %.2f%%, worst %.2f%%", status->stats.load * 100, status->stats.load_peak * 100);
  for (uint32_t k = 0; k < status->load_count; k++) {
    const peri_node_load *load = &status->loads[k];
    status_load_voices(voices, sizeof voices, load);
    append(text, size, "%s %s %.2f%%", k == 0 ? ":" : ";", status_load_name(load), load->load * 100);
    if (voices[0]) append(text, size, " (%s)", voices);
  }
  if (status->nodes_loaded > status->load_count)
    append(text, size, "; %u more", status->nodes_loaded - status->load_count);
}
