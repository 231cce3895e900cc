#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "perilune/perilune.h"

#define WIDTH 1200
#define HEIGHT 700
#define WINDOW (PERI_VIEW_SPECTRUM * 2) /* frames that a spectrum looks at */
#define FIRST_STEP 64                   /* frames between spectra at first, one a column */
#define LAST_STEP (WINDOW / 4)          /* at most: wider columns hold the loudest of several */

struct picture {
  uint32_t channels, shown;
  double sample_rate;
  uint64_t frames;
  uint64_t wave_hop, spectrum_hop; /* frames a column stands for */
  int waves, spectra;
  uint64_t next_spectrum; /* frames at which the window lies around the next spectrum's middle */
  picture_range wave[PICTURE_COLUMNS][PICTURE_CHANNELS];
  int8_t spectrum[PICTURE_COLUMNS][PERI_VIEW_SPECTRUM];
  uint32_t recent;                             /* samples below in use */
  float samples[PICTURE_CHANNELS][WINDOW * 2]; /* the last WINDOW ones of these are the window */
};

picture *picture_create(uint32_t channels, double sample_rate) {
  picture *picture = calloc(1, sizeof *picture);
  if (!picture) return NULL;
  picture->channels = channels;
  picture->shown = channels < PICTURE_CHANNELS ? channels : PICTURE_CHANNELS;
  picture->sample_rate = sample_rate;
  picture->wave_hop = 1;
  picture->spectrum_hop = FIRST_STEP;
  picture->next_spectrum = WINDOW / 2 + FIRST_STEP / 2;
  picture->recent = WINDOW;
  return picture;
}

void picture_destroy(picture *picture) { free(picture); }

static void merge_waves(picture *picture) {
  for (int i = 0; i < PICTURE_COLUMNS / 2; i++) {
    for (uint32_t c = 0; c < picture->shown; c++) {
      const picture_range *a = &picture->wave[i * 2][c], *b = &picture->wave[i * 2 + 1][c];
      picture->wave[i][c] = (picture_range){fminf(a->low, b->low), fmaxf(a->high, b->high)};
    }
  }
  picture->waves = PICTURE_COLUMNS / 2;
  picture->wave_hop *= 2;
}

static void merge_spectra(picture *picture) {
  for (int i = 0; i < PICTURE_COLUMNS / 2; i++) {
    const int8_t *a = picture->spectrum[i * 2], *b = picture->spectrum[i * 2 + 1];
    for (int bin = 0; bin < PERI_VIEW_SPECTRUM; bin++) picture->spectrum[i][bin] = a[bin] > b[bin] ? a[bin] : b[bin];
  }
  picture->spectra = PICTURE_COLUMNS / 2;
  picture->spectrum_hop *= 2;
}

static uint64_t spectrum_step(const picture *picture) {
  return picture->spectrum_hop < LAST_STEP ? picture->spectrum_hop : LAST_STEP;
}

static void gather_spectrum(picture *picture) {
  float decibels[PERI_VIEW_SPECTRUM];
  int at = (int)((picture->next_spectrum - WINDOW / 2) / picture->spectrum_hop);
  if (at == PICTURE_COLUMNS) {
    merge_spectra(picture);
    at /= 2;
  }
  int8_t *column = picture->spectrum[at];
  if (at == picture->spectra) {
    memset(column, -120, PERI_VIEW_SPECTRUM);
    picture->spectra++;
  }
  for (uint32_t c = 0; c < picture->shown; c++) {
    peri_spectrum(picture->samples[c] + picture->recent - WINDOW, WINDOW, decibels);
    for (int bin = 0; bin < PERI_VIEW_SPECTRUM; bin++) {
      int level = (int)lrintf(fmaxf(fminf(decibels[bin], 20), -120));
      if (level > column[bin]) column[bin] = (int8_t)level;
    }
  }
  picture->next_spectrum += spectrum_step(picture);
}

static void add_frame(picture *picture, const float *frame) {
  if (picture->recent == WINDOW * 2) {
    for (uint32_t c = 0; c < picture->shown; c++)
      memmove(picture->samples[c], picture->samples[c] + WINDOW, WINDOW * sizeof(float));
    picture->recent = WINDOW;
  }
  for (uint32_t c = 0; c < picture->shown; c++) picture->samples[c][picture->recent] = frame ? frame[c] : 0;
  picture->recent++;
}

static void add_to_wave(picture *picture, const float *frame) {
  if (picture->frames == PICTURE_COLUMNS * picture->wave_hop) merge_waves(picture);
  bool first = picture->frames % picture->wave_hop == 0;
  if (first) picture->waves++;
  for (uint32_t c = 0; c < picture->shown; c++) {
    picture_range *range = &picture->wave[picture->waves - 1][c];
    range->low = first ? frame[c] : fminf(range->low, frame[c]);
    range->high = first ? frame[c] : fmaxf(range->high, frame[c]);
  }
}

void picture_add(picture *picture, const float *interleaved, uint64_t frames) {
  for (uint64_t i = 0; i < frames; i++) {
    const float *frame = interleaved + i * picture->channels;
    add_to_wave(picture, frame);
    add_frame(picture, frame);
    picture->frames++;
    if (picture->frames == picture->next_spectrum) gather_spectrum(picture);
  }
}

/* The last windows reach past the end, into silence. */
static void finish(picture *picture) {
  for (uint64_t frame = picture->frames + 1; frame < picture->frames + WINDOW / 2; frame++) {
    add_frame(picture, NULL);
    if (frame == picture->next_spectrum) gather_spectrum(picture);
  }
}

bool picture_save(picture *picture, const char *path, const char *title) {
  canvas canvas;
  finish(picture);
  picture_columns columns = {
      .channels = picture->shown,
      .sample_rate = picture->sample_rate,
      .frames = picture->frames,
      .wave_hop = picture->wave_hop,
      .spectrum_hop = picture->spectrum_hop,
      .waves = picture->waves,
      .spectra = picture->spectra,
      .wave = (const picture_range(*)[PICTURE_CHANNELS])picture->wave,
      .spectrum = picture->spectrum[0],
  };
  if (!canvas_make(&canvas, WIDTH, HEIGHT)) return false;
  picture_draw(&canvas, &columns, title);
  bool saved = canvas_save(&canvas, path);
  canvas_free(&canvas);
  return saved;
}
