/* Web Audio 1.1, "Spatialization/Panning": where a source is heard from, and how loud. Pure functions of doubles, for
 * the audio thread. A listener and a source are told by vectors; the formulas of the text are kept, angles are replaced
 * by their sines and cosines where these say all. */
#ifndef PERI_SPACE_H
#define PERI_SPACE_H

#include "base/base.h"

typedef struct peri__vector {
  double x, y, z;
} peri__vector;

/* The listener's own axes, of length 1; all are 0 where forward and up are parallel or one of them is 0. */
typedef struct peri__axes {
  peri__vector right, up, forward;
} peri__axes;

/* The direction that a source is heard from, on the listener's axes: of length 1, or 0 where there is none (the source
 * is at the listener, or the axes are 0). Azimuth is the angle of (forward, right), elevation that of `up`. */
typedef struct peri__direction {
  double right, up, forward;
} peri__direction;

/* How loudness falls off. `model` is PERI_DISTANCE_…; refDistance, maxDistance and rolloffFactor are checked; angles
 * are in degrees. */
typedef struct peri__range {
  int model;
  double ref, max, rolloff;
  double inner, outer, outer_gain; /* coneInnerAngle and so on */
} peri__range;

peri__axes peri__axes_of(peri__vector forward, peri__vector up) PERI_AUDIO_THREAD;

/* `to` is source − listener. */
peri__direction peri__direction_of(const peri__axes *axes, peri__vector to) PERI_AUDIO_THREAD;

/* Degrees to the right, −180 to 180, and upwards, −90 to 90. */
double peri__azimuth(const peri__direction *direction) PERI_AUDIO_THREAD;
double peri__elevation(const peri__direction *direction) PERI_AUDIO_THREAD;

/* Distance gain × cone gain; `orientation` is where the source points. */
double peri__loudness(const peri__range *range, peri__vector to, peri__vector orientation) PERI_AUDIO_THREAD;

/* "PannerNode "equalpower" Panning": what each channel of the input gives to each channel of the output, loudness
 * included. Of a mono input, `right_left` and `right_right` are 0. */
typedef struct peri__pan {
  float left_left, right_left, left_right, right_right; /* from, to */
} peri__pan;

peri__pan peri__pan_of(const peri__direction *direction, double loudness, bool mono) PERI_AUDIO_THREAD;

/* A number that may change with each frame: frame i has values[i × step]. */
typedef struct peri__track {
  const float *values;
  uint32_t step; /* 1, or 0: it stands still */
} peri__track;

/* A source and its listener, as they move. */
typedef struct peri__course {
  peri__track position[3], orientation[3]; /* of the source */
  peri__track ear[3], forward[3], up[3];   /* of the listener; ear is where it is */
} peri__course;

/* Pans `frames` of one or two channels sample by sample. */
typedef struct peri__panning {
  const float *left, *right; /* the same: mono */
  float *to_left, *to_right;
  uint32_t frames;
} peri__panning;

void peri__pan_course(const peri__range *range, const peri__course *course,
                      const peri__panning *panning) PERI_AUDIO_THREAD;

#endif
