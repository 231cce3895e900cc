/* Web Audio 1.1, IIRFilterNode. */
#include "nodes/nodes.h"
#include "nodes/ring.h"

#include "dsp/math.h"

#define PAIRS (PERI_MAX_COEFFICIENTS / 2 + 1) /* one behind the last */

/* Transposed direct form II: waiting, counted through its pairs, is what is known of the outputs to come. A frame's
 * output waits for one addition alone; all else goes beside it, always in the same pairs, which can be read again at
 * once after they were written. */
typedef struct iir_filter {
  peri__iir iir;
  uint32_t order;    /* the larger one of the two polynomials' */
  uint32_t channels; /* that may have something waiting */
  peri__pair waiting[PERI_MAX_CHANNELS][PAIRS];
} iir_filter;

/* ---- Control ---------------------------------------------------------------------------------------------------- */

static bool check_coefficients(const char *name, const double *coefficients, uint32_t count) {
  if (!coefficients || count < 1 || count > PERI_MAX_COEFFICIENTS)
    return peri__fail("an IIRFilterNode has 1 to %d coefficients in %s, got %u", PERI_MAX_COEFFICIENTS, name, count);
  for (uint32_t k = 0; k < count; k++)
    if (!(coefficients[k] - coefficients[k] == 0.0)) return peri__fail("%s[%u] is no finite number", name, k);
  return true;
}

static bool check(const peri__setup *setup) {
  const peri_node_def *def = setup->def;
  if (!check_coefficients("feedforward", def->feedforward, def->feedforward_count) ||
      !check_coefficients("feedback", def->feedback, def->feedback_count))
    return false;
  if (def->feedback[0] == 0.0) return peri__fail("the first coefficient in feedback must not be 0");
  for (uint32_t k = 0; k < def->feedforward_count; k++)
    if (def->feedforward[k] != 0.0) return true;
  return peri__fail("the coefficients in feedforward must not all be 0");
}

static bool create(void *state, const peri__setup *setup) {
  iir_filter *filter = state;
  const peri_node_def *def = setup->def;
  for (uint32_t k = 0; k < def->feedforward_count; k++) filter->iir.b[k] = def->feedforward[k] / def->feedback[0];
  for (uint32_t k = 0; k < def->feedback_count; k++) filter->iir.a[k] = def->feedback[k] / def->feedback[0];
  uint32_t most = def->feedforward_count > def->feedback_count ? def->feedforward_count : def->feedback_count;
  filter->order = most - 1;
  return true;
}

/* ---- Audio ------------------------------------------------------------------------------------------------------ */

static void reset(void *state) {
  iir_filter *filter = state;
  memset(filter->waiting, 0, sizeof filter->waiting);
  filter->channels = 0;
}

static inline peri__pair load(const double *from) {
  peri__pair pair;
  memcpy(&pair, from, sizeof pair);
  return pair;
}

static void run(const iir_filter *filter, peri__pair waiting[PAIRS], const float *in, float *out) {
  const double *b = filter->iir.b, *a = filter->iir.a;
  uint32_t pairs = (filter->order + 1) / 2;
  for (int i = 0; i < PERI_QUANTUM; i++) {
    peri__pair here = waiting[0];
    double x = in ? (double)in[i] : 0.0, y = b[0] * x + here[0];
    for (uint32_t k = 0; k < pairs; k++) {
      peri__pair following = waiting[k + 1], ahead = {here[1], following[0]};
      waiting[k] = ahead + load(b + 2 * k + 1) * (peri__pair){x, x} - load(a + 2 * k + 1) * (peri__pair){y, y};
      here = following;
    }
    out[i] = (float)y;
  }
}

static bool is_over(const iir_filter *filter) {
  for (uint32_t c = 0; c < filter->channels; c++)
    for (uint32_t k = 0; k < PAIRS; k++)
      if (!peri__rung_out(filter->waiting[c][k][0]) || !peri__rung_out(filter->waiting[c][k][1])) return false;
  return true;
}

static void process(const peri__process *p) {
  iir_filter *filter = p->state;
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  peri__ring(in, out, filter->channels);
  for (uint32_t c = out->channels; c < filter->channels; c++) memset(filter->waiting[c], 0, sizeof *filter->waiting);
  if (filter->channels > out->channels) filter->channels = out->channels;
  if (out->silent) return;
  for (uint32_t c = 0; c < out->channels; c++) {
    size_t at = (size_t)c * PERI_QUANTUM;
    run(filter, filter->waiting[c], in->silent ? NULL : in->samples + at, out->samples + at);
  }
  filter->channels = out->channels;
  if (in->silent && is_over(filter)) reset(filter);
}

const peri__kind peri__kind_iir_filter = {
    .info = {.name = "IIRFilterNode", .inputs = 1, .outputs = 1},
    .state_bytes = sizeof(iir_filter),
    .has_tail = true,
    .check = check,
    .create = create,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .process = process,
    .reset = reset,
};
