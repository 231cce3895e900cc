/* What filters make of sines. */
#include "control/control.h"

#include "dsp/biquad.h"
#include "nodes/nodes.h"

#include <math.h>

#define PI 3.14159265358979323846

/* Σ c[k] z^(−k) at e^(i angle), by Horner's rule. */
static void polynomial(const double c[PERI_MAX_COEFFICIENTS], double angle, double *re, double *im) {
  double zr = cos(angle), zi = -sin(angle), r = 0.0, i = 0.0;
  for (size_t k = PERI_MAX_COEFFICIENTS; k-- > 0;) {
    double next = r * zr - i * zi + c[k];
    i = r * zi + i * zr;
    r = next;
  }
  *re = r, *im = i;
}

typedef struct transfer {
  double b[PERI_MAX_COEFFICIENTS], a[PERI_MAX_COEFFICIENTS];
} transfer;

static void respond(const transfer *h, double frequency, double nyquist, float *magnitude, float *phase) {
  *magnitude = *phase = NAN;
  if (!(frequency >= 0.0 && frequency <= nyquist)) return;
  double br, bi, ar, ai, angle = PI * frequency / nyquist;
  polynomial(h->b, angle, &br, &bi);
  polynomial(h->a, angle, &ar, &ai);
  double re = br * ar + bi * ai, im = bi * ar - br * ai; /* b times the conjugate of a */
  *magnitude = (float)(hypot(br, bi) / hypot(ar, ai));
  *phase = (float)atan2(im, re);
}

static peri__biquad biquad_of(const peri_engine *engine, const peri__node *node) {
  double value[4];
  for (int p = 0; p < 4; p++) value[p] = (double)peri__param_value(&node->params[p]);
  double pitch = value[PERI_BIQUAD_FREQUENCY] * exp2(value[PERI_BIQUAD_DETUNE] / 1200.0) / (engine->sample_rate / 2.0);
  return peri__biquad_make((peri_biquad_type)node->options[PERI_BIQUAD_TYPE], pitch, value[PERI_BIQUAD_Q],
                           value[PERI_BIQUAD_GAIN]);
}

static transfer transfer_of_biquad(peri__biquad made) {
  return (transfer){{made.b0, made.b1, made.b2}, {1.0, made.a1, made.a2}};
}

static transfer transfer_of_iir(const peri__iir *iir) {
  transfer h;
  memcpy(h.b, iir->b, sizeof h.b);
  memcpy(h.a, iir->a, sizeof h.a);
  return h;
}

static bool get_response(peri_engine *engine, peri_node id, const float *frequencies, float *magnitudes, float *phases,
                         size_t count) {
  const peri__graph_node *node = peri__find_node(engine, id);
  if (!node) return false;
  if (node->kind != PERI_NODE_BIQUAD_FILTER && node->kind != PERI_NODE_IIR_FILTER)
    return peri__fail("%s is no filter", node->render->kind->info.name);
  transfer h = node->kind == PERI_NODE_IIR_FILTER ? transfer_of_iir(node->render->state)
                                                  : transfer_of_biquad(biquad_of(engine, node->render));
  for (size_t k = 0; k < count; k++)
    respond(&h, (double)frequencies[k], engine->sample_rate / 2.0, &magnitudes[k], &phases[k]);
  return true;
}

bool peri_filter_get_response(peri_engine *engine, peri_node filter, const float *frequencies, float *magnitudes,
                              float *phases, size_t count) {
  peri__lock(engine);
  bool done = get_response(engine, filter, frequencies, magnitudes, phases, count);
  peri__unlock(engine);
  return done;
}
