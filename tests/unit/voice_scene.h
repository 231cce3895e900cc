/* What tests of single voices share: chance, sounds made of samples, one source alone. */
#ifndef PERI_VOICE_SCENE_H
#define PERI_VOICE_SCENE_H

#include "unit/scene.h"

#include <math.h>

#define RATE 48000.0
#define PI 3.14159265358979323846

static uint32_t random_state = 99;

static inline double chance(double low, double high) {
  random_state = random_state * 1664525u + 1013904223u;
  return low + (high - low) * (double)(random_state >> 8) / 16777216.0;
}

static inline peri_buffer *buffer_of(const float *samples, uint32_t channels, uint32_t frames) {
  peri_buffer *buffer = peri_buffer_create(channels, frames, RATE);
  CHECK(buffer != NULL);
  for (uint32_t c = 0; c < channels; c++) CHECK(peri_buffer_write(buffer, c, 0, samples + (size_t)c * frames, frames));
  return buffer;
}

/* One source's sound, alone in a mono engine. */
static inline float *play_alone(const peri_source_def *def, uint32_t frames) {
  peri_engine *engine = scene_engine(1);
  CHECK(peri_source_play(engine, def, peri_engine_destination(engine)) != 0);
  float *out = scene_render(engine, frames, 512);
  peri_engine_destroy(engine);
  return out;
}

#endif
