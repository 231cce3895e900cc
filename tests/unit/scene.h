/* What most tests of the engine need: an engine, a sound whose samples tell their place, and rendering by blocks. */
#ifndef PERI_SCENE_H
#define PERI_SCENE_H

#include "unit/test.h"

#include <stdlib.h>

static inline peri_engine *scene_engine(uint32_t channels) {
  peri_engine_def def = peri_default_engine_def();
  def.channels = channels;
  peri_engine *engine = peri_engine_create(&def);
  CHECK(engine != NULL);
  return engine;
}

/* A mono sound: sample i is (i + 1) / 65536, exact in float up to 2^24. */
static inline peri_buffer *scene_ramp(uint32_t frames) {
  peri_buffer *buffer = peri_buffer_create(1, frames, 48000.0);
  float *samples = malloc(frames * sizeof *samples);
  CHECK(buffer != NULL);
  for (uint32_t i = 0; i < frames; i++) samples[i] = (float)(i + 1) / 65536.0f;
  CHECK(peri_buffer_write(buffer, 0, 0, samples, frames));
  free(samples);
  return buffer;
}

static inline peri_buffer *scene_constant(uint32_t channels, uint32_t frames, float value) {
  peri_buffer *buffer = peri_buffer_create(channels, frames, 48000.0);
  float *samples = malloc(frames * sizeof *samples);
  CHECK(buffer != NULL);
  for (uint32_t i = 0; i < frames; i++) samples[i] = value;
  for (uint32_t c = 0; c < channels; c++) CHECK(peri_buffer_write(buffer, c, 0, samples, frames));
  free(samples);
  return buffer;
}

/* Numbers from -1 to 1, each made of the one before. */
static inline float scene_next_noise(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (float)((double)*seed / 2147483648.0 - 1.0);
}

/* Channel c is what scene_next_noise makes from the seed c + 1 on. */
static inline peri_buffer *scene_noise(uint32_t channels, uint32_t frames) {
  peri_buffer *buffer = peri_buffer_create(channels, frames, 48000.0);
  float *samples = malloc(frames * sizeof *samples);
  CHECK(buffer != NULL);
  for (uint32_t c = 0; c < channels; c++) {
    uint32_t seed = c + 1;
    for (uint32_t i = 0; i < frames; i++) samples[i] = scene_next_noise(&seed);
    CHECK(peri_buffer_write(buffer, c, 0, samples, frames));
  }
  free(samples);
  return buffer;
}

/* Renders in blocks of `block` frames; the caller frees. */
static inline float *scene_render(peri_engine *engine, uint32_t frames, uint32_t block) {
  uint32_t channels = peri_engine_channels(engine);
  float *out = malloc((size_t)frames * channels * sizeof *out);
  for (uint32_t at = 0; at < frames; at += block) {
    uint32_t count = frames - at < block ? frames - at : block;
    CHECK(peri_engine_render(engine, out + (size_t)at * channels, count));
  }
  return out;
}

/* A source over `buffer`, connected to the destination and not started. */
static inline peri_node scene_source(peri_engine *engine, peri_buffer *buffer) {
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  peri_node source = peri_source_create(engine, &def);
  CHECK(source != 0);
  CHECK(peri_connect(engine, source, 0, peri_engine_destination(engine), 0));
  return source;
}

static inline peri_stats scene_stats(peri_engine *engine) {
  peri_stats stats = {.size = sizeof stats};
  CHECK(peri_engine_stats(engine, &stats));
  return stats;
}

#endif
