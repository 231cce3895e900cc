/* Waveform and spectrogram of a rendering of any length, gathered while it is made and drawn as a PNG. */
#ifndef HOST_PICTURE_H
#define HOST_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "canvas.h"

#define PICTURE_CHANNELS 8   /* that are shown; more are left out */
#define PICTURE_COLUMNS 4096 /* when they are full, neighbours merge */

typedef struct picture picture;

/* NULL for want of memory. */
picture *picture_create(uint32_t channels, double sample_rate);
void picture_add(picture *picture, const float *interleaved, uint64_t frames);
/* Ends the gathering and writes the file; false when that failed. `title` is shown above. */
bool picture_save(picture *picture, const char *path, const char *title);
void picture_destroy(picture *picture); /* NULL is ignored */

/* ---- Between picture.c, which gathers, and picture_draw.c -------------------------------------------------------- */

typedef struct picture_range {
  float low, high;
} picture_range;

typedef struct picture_columns {
  uint32_t channels; /* shown */
  double sample_rate;
  uint64_t frames;
  uint64_t wave_hop, spectrum_hop; /* frames a column stands for */
  int waves, spectra;              /* columns gathered of each */
  const picture_range (*wave)[PICTURE_CHANNELS];
  const int8_t *spectrum; /* 1,024 bins a column: whole dB, the loudest channel's */
} picture_columns;

void picture_draw(canvas *canvas, const picture_columns *columns, const char *title);

#endif
