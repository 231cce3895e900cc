/* Waves, and the oscillators that have them. */
#include "control/control.h"

#include "dsp/wave.h"
#include "nodes/nodes.h"

#include <math.h>

#define STANDARD_TERMS 2048 /* partials of square, sawtooth and triangle down to 12 Hz at 48 kHz */

/* ---- Waves ------------------------------------------------------------------------------------------------------ */

static bool check_terms(const char *name, const float *terms, size_t count) {
  for (size_t k = 0; terms && k < count; k++)
    if (!isfinite(terms[k])) return peri__fail("the terms of a wave must be finite numbers, %s[%zu] is not", name, k);
  return true;
}

peri_wave *peri_wave_create(const float *real, const float *imag, size_t count, bool normalize) {
  if (count < 2 || count > PERI_MAX_WAVE_TERMS) {
    peri__fail("a wave has 2 to %d terms, the first of which is ignored, got %zu", PERI_MAX_WAVE_TERMS, count);
    return NULL;
  }
  if (!check_terms("real", real, count) || !check_terms("imag", imag, count)) return NULL;
  peri_wave *wave = peri__wave_make(real, imag, (uint32_t)count, normalize);
  if (wave) atomic_init(&wave->references, 1);
  return wave;
}

peri_wave *peri_wave_retain(peri_wave *wave) {
  if (wave) atomic_fetch_add_explicit(&wave->references, 1, memory_order_relaxed);
  return wave;
}

void peri_wave_release(peri_wave *wave) {
  if (wave && atomic_fetch_sub_explicit(&wave->references, 1, memory_order_acq_rel) == 1) peri__wave_free(wave);
}

/* Web Audio 1.1, "Oscillator Coefficients": sin terms alone. */
static double coefficient(peri_oscillator_type type, uint32_t n) {
  const double pi = 3.14159265358979323846;
  bool odd = n % 2;
  if (type == PERI_OSCILLATOR_SAWTOOTH) return (odd ? 2.0 : -2.0) / (n * pi);
  if (!odd) return 0.0;
  if (type == PERI_OSCILLATOR_SQUARE) return 4.0 / (n * pi);
  return (n % 4 == 1 ? 8.0 : -8.0) / (n * pi) / (n * pi);
}

/* Made at the first need, and kept. */
static peri_wave *standard_wave(peri_engine *engine, peri_oscillator_type type) {
  if (engine->waves[type]) return engine->waves[type];
  float *terms = PERI_NEW_ARRAY(float, STANDARD_TERMS);
  if (!terms) return NULL;
  for (uint32_t n = 1; n < STANDARD_TERMS; n++) terms[n] = (float)coefficient(type, n);
  engine->waves[type] = peri_wave_create(NULL, terms, STANDARD_TERMS, true);
  peri__release(terms, STANDARD_TERMS * sizeof *terms);
  return engine->waves[type];
}

/* ---- Oscillators ------------------------------------------------------------------------------------------------ */

static void free_part(peri__part *part) {
  peri__wave_part *holder = (peri__wave_part *)(void *)part;
  peri_wave_release(holder->wave);
  peri__release(holder, sizeof *holder);
}

static peri__part *new_part(peri_wave *wave) {
  peri__wave_part *holder = wave ? PERI_NEW(peri__wave_part) : NULL;
  if (!holder) return NULL;
  *holder = (peri__wave_part){{{{NULL}, PERI_RETIRED_PART}, free_part}, peri_wave_retain(wave)};
  return &holder->part;
}

/* NULL is a sine's. */
static bool send_part(peri_engine *engine, peri__graph_node *node, peri__part *part, peri_oscillator_type type) {
  if (!PERI_ROOM(engine, NODE_PART)) {
    if (part) part->free(part);
    return false;
  }
  PERI_SEND(engine, NODE_PART, node->render, part);
  node->render->options[PERI_OSCILLATOR_TYPE] = type;
  return peri__publish(engine);
}

bool peri__oscillator_set_type(peri_engine *engine, peri__graph_node *node, peri_oscillator_type type) {
  if (type == PERI_OSCILLATOR_SINE) return send_part(engine, node, NULL, type);
  peri__part *part = new_part(standard_wave(engine, type));
  return part && send_part(engine, node, part, type);
}

static bool set_wave(peri_engine *engine, peri_node id, peri_wave *wave) {
  peri__graph_node *node = peri__find_node(engine, id);
  if (!node) return false;
  if (node->kind != PERI_NODE_OSCILLATOR) return peri__fail("%s has no wave", node->render->kind->info.name);
  peri__part *part = new_part(wave);
  return part && send_part(engine, node, part, PERI_OSCILLATOR_CUSTOM);
}

bool peri_oscillator_set_wave(peri_engine *engine, peri_node oscillator, peri_wave *wave) {
  if (!wave) return peri__fail("the wave is null");
  peri__lock(engine);
  bool done = set_wave(engine, oscillator, wave);
  peri__unlock(engine);
  return done;
}
