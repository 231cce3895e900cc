/* What tests of panners share: panners in a graph, and the text's own listings in plain double arithmetic. */
#ifndef PERI_PANNER_SCENE_H
#define PERI_PANNER_SCENE_H

#include "unit/scene.h"

typedef struct vec {
  double x, y, z;
} vec;

static inline double vec_dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline vec vec_diff(vec a, vec b) { return (vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static inline vec vec_scale(vec a, double k) { return (vec){a.x * k, a.y * k, a.z * k}; }
static inline vec vec_cross(vec a, vec b) {
  return (vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
static inline vec vec_normalize(vec a) {
  double length = sqrt(vec_dot(a, a));
  return length > 0 ? vec_scale(a, 1 / length) : a;
}

static inline double scene_acos(double x) { return acos(x < -1 ? -1 : x > 1 ? 1 : x); }

/* Web Audio 1.1, "Azimuth and Elevation", line by line. */
static inline void text_azimuth(vec source, vec listener, vec forward, vec up, double *azimuth, double *elevation) {
  *azimuth = *elevation = 0;
  vec source_listener = vec_normalize(vec_diff(source, listener));
  vec right = vec_cross(forward, up);
  if (vec_dot(source_listener, source_listener) == 0 || vec_dot(right, right) == 0) return;
  right = vec_normalize(right);
  forward = vec_normalize(forward);
  up = vec_cross(right, forward);
  double up_projection = vec_dot(source_listener, up);
  vec projected = vec_normalize(vec_diff(source_listener, vec_scale(up, up_projection)));
  *azimuth = 180 * scene_acos(vec_dot(projected, right)) / M_PI;
  if (vec_dot(projected, forward) < 0) *azimuth = 360 - *azimuth;
  *azimuth = *azimuth >= 0 && *azimuth <= 270 ? 90 - *azimuth : 450 - *azimuth;
  *elevation = 90 - 180 * scene_acos(vec_dot(source_listener, up)) / M_PI;
  if (*elevation > 90) *elevation = 180 - *elevation;
  if (*elevation < -90) *elevation = -180 - *elevation;
}

/* "PannerNode "equalpower" Panning", line by line. */
static inline void text_equal_power(double azimuth, const float *in, bool mono, double out[2]) {
  azimuth = fmin(180, fmax(-180, azimuth));
  if (azimuth < -90)
    azimuth = -180 - azimuth;
  else if (azimuth > 90)
    azimuth = 180 - azimuth;
  double x = mono ? (azimuth + 90) / 180 : azimuth <= 0 ? (azimuth + 90) / 90 : azimuth / 90;
  double left = cos(x * M_PI / 2), right = sin(x * M_PI / 2);
  if (mono)
    out[0] = (double)in[0] * left, out[1] = (double)in[0] * right;
  else if (azimuth <= 0)
    out[0] = (double)in[0] + (double)in[1] * left, out[1] = (double)in[1] * right;
  else
    out[0] = (double)in[0] * left, out[1] = (double)in[1] + (double)in[0] * right;
}

static inline void set_vector(peri_engine *engine, peri_node node, uint32_t first, vec to) {
  CHECK(peri_param_set_value(engine, node, first, (float)to.x));
  CHECK(peri_param_set_value(engine, node, first + 1, (float)to.y));
  CHECK(peri_param_set_value(engine, node, first + 2, (float)to.z));
}

/* A looped sound of one constant for each channel, playing into a new panner that is heard. */
typedef struct panner_scene {
  peri_engine *engine;
  peri_node source, panner, listener;
} panner_scene;

static inline peri_node panner_source(peri_engine *engine, const float *values, uint32_t channels) {
  peri_buffer *sound = peri_buffer_create(channels, 128, peri_engine_sample_rate(engine));
  for (uint32_t c = 0; c < channels; c++) {
    float samples[128];
    for (int i = 0; i < 128; i++) samples[i] = values[c];
    CHECK(peri_buffer_write(sound, c, 0, samples, 128));
  }
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = true;
  peri_node source = peri_source_create(engine, &def);
  peri_buffer_release(sound);
  CHECK(source && peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  return source;
}

static inline panner_scene panner_scene_make(const float *values, uint32_t channels) {
  panner_scene scene = {.engine = scene_engine(2)};
  scene.source = panner_source(scene.engine, values, channels);
  scene.panner = peri_node_create(scene.engine, PERI_NODE_PANNER);
  scene.listener = peri_engine_listener(scene.engine);
  CHECK(scene.panner && scene.listener);
  CHECK(peri_connect(scene.engine, scene.source, 0, scene.panner, 0));
  CHECK(peri_connect(scene.engine, scene.panner, 0, peri_engine_destination(scene.engine), 0));
  CHECK(peri_engine_update(scene.engine));
  return scene;
}

/* What is heard at the end of the next quantum. */
static inline void heard(peri_engine *engine, float out[2]) {
  float block[2 * PERI_QUANTUM];
  CHECK(peri_engine_update(engine));
  CHECK(peri_engine_render(engine, block, PERI_QUANTUM));
  out[0] = block[2 * PERI_QUANTUM - 2];
  out[1] = block[2 * PERI_QUANTUM - 1];
}

/* Numbers from 0 to below 1, always the same. */
static inline double scene_random(uint64_t *seed) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(*seed >> 11) / 9007199254740992.0;
}
static inline vec random_vector(uint64_t *seed, double size) {
  double x = scene_random(seed), y = scene_random(seed), z = scene_random(seed);
  return (vec){(float)((2 * x - 1) * size), (float)((2 * y - 1) * size), (float)((2 * z - 1) * size)};
}

#endif
