/* Web Audio 1.1, BiquadFilterNode: the filters are in dsp/biquad.h. */
#include "nodes/nodes.h"
#include "nodes/ring.h"

#include "dsp/biquad.h"
#include "dsp/math.h"

typedef struct biquad_filter {
  peri_biquad_type type;
  bool made;
  float made_of[4];           /* values of the parameters */
  peri__biquad_steady steady; /* of them */
  uint32_t channels;          /* that may have something in their state */
  peri__biquad_state state[PERI_MAX_CHANNELS];
} biquad_filter;

static void set_option(void *state, uint32_t option, double value) {
  biquad_filter *filter = state;
  (void)option;
  filter->type = (peri_biquad_type)value;
  filter->made = false;
}

static void reset(void *state) {
  biquad_filter *filter = state;
  memset(filter->state, 0, sizeof filter->state);
  filter->channels = 0;
}

static bool is_over(const peri__biquad_state *state) {
  return state->x1 == 0.0 && state->x2 == 0.0 && peri__rung_out(state->y1) && peri__rung_out(state->y2);
}

/* computedFrequency over half the sample rate. */
static double pitch_of(double frequency, double cents, double sample_rate) {
  double pitch = frequency * peri__cents(cents) / (sample_rate / 2.0);
  return pitch < 1.0 ? pitch : 1.0;
}

static double value(const peri__values *values, uint32_t frame) {
  return (double)(values->steady ? values->first : values->frames[frame]);
}

static peri__biquad make(const biquad_filter *filter, const peri__process *p, uint32_t frame) {
  const peri__values *v = p->params;
  double frequency = value(&v[PERI_BIQUAD_FREQUENCY], frame), cents = value(&v[PERI_BIQUAD_DETUNE], frame);
  return peri__biquad_make(filter->type, pitch_of(frequency, cents, p->sample_rate), value(&v[PERI_BIQUAD_Q], frame),
                           value(&v[PERI_BIQUAD_GAIN], frame));
}

/* The filter of a quantum without automation, made when something in it is new. */
static const peri__biquad_steady *steady_biquad(biquad_filter *filter, const peri__process *p) {
  bool same = filter->made;
  for (int k = 0; k < 4; k++) same = same && filter->made_of[k] == p->params[k].first;
  if (same) return &filter->steady;
  for (int k = 0; k < 4; k++) filter->made_of[k] = p->params[k].first;
  peri__biquad biquad = make(filter, p, 0);
  filter->steady = peri__biquad_prepare(&biquad);
  filter->made = true;
  return &filter->steady;
}

/* Channels that fall away when the input has fewer lose what was in them. */
static void forget_beyond(biquad_filter *filter, uint32_t channels) {
  for (uint32_t c = channels; c < filter->channels; c++) filter->state[c] = (peri__biquad_state){0};
  if (filter->channels > channels) filter->channels = channels;
}

static void run(biquad_filter *filter, const peri__process *p, uint32_t channels) {
  const peri__signal *in = &p->inputs[0];
  peri__biquad varying[PERI_QUANTUM];
  bool steady = true;
  for (int k = 0; k < 4; k++) steady = steady && p->params[k].steady;
  const peri__biquad_steady *same = steady ? steady_biquad(filter, p) : NULL;
  for (uint32_t i = 0; !steady && i < PERI_QUANTUM; i++) varying[i] = make(filter, p, i);
  p->outputs[0].finite = steady;
  for (uint32_t c = 0; c < channels; c++) {
    const float *from = in->silent ? NULL : in->samples + (size_t)c * PERI_QUANTUM;
    float *to = p->outputs[0].samples + (size_t)c * PERI_QUANTUM;
    if (steady)
      p->outputs[0].finite = peri__biquad_run(p->kernels, same, &filter->state[c], from, to) && p->outputs[0].finite;
    else
      peri__biquad_run_varying(varying, &filter->state[c], from, to);
  }
}

static void process(const peri__process *p) {
  biquad_filter *filter = p->state;
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  peri__ring(in, out, filter->channels);
  forget_beyond(filter, out->channels);
  if (out->silent) return;
  run(filter, p, out->channels);
  filter->channels = out->channels;
  if (!in->silent) return;
  bool over = true;
  for (uint32_t c = 0; c < out->channels; c++) over = over && is_over(&filter->state[c]);
  if (over) reset(filter);
}

static const char *const types[] = {"lowpass", "highpass", "bandpass", "lowshelf", "highshelf",
                                    "peaking", "notch",    "allpass",  NULL};

static const peri_option_info options[] = {
    [PERI_BIQUAD_TYPE] = {"type", PERI_OPTION_WORD, PERI_BIQUAD_LOWPASS, 0, 0, types},
};

#define MOST 3.4028235e38f

/* ±1200 log2(FLT_MAX) cents; 40 log10(FLT_MAX) dB */
static void ranges(const peri__setup *setup, peri_param_info *own) {
  own[PERI_BIQUAD_FREQUENCY].max_value = (float)(setup->sample_rate / 2.0);
}

static const peri_param_info params[] = {
    [PERI_BIQUAD_FREQUENCY] = {"frequency", 350.0f, 0.0f, 24000.0f, true, false},
    [PERI_BIQUAD_DETUNE] = {"detune", 0.0f, -153600.0f, 153600.0f, true, false},
    [PERI_BIQUAD_Q] = {"Q", 1.0f, -MOST, MOST, true, false},
    [PERI_BIQUAD_GAIN] = {"gain", 0.0f, -MOST, 1541.27f, true, false},
};

const peri__kind peri__kind_biquad_filter = {
    .info = {.name = "BiquadFilterNode",
             .inputs = 1,
             .outputs = 1,
             .params = 4,
             .param = params,
             .options = 1,
             .option = options},
    .state_bytes = sizeof(biquad_filter),
    .has_tail = true,
    .set_option = set_option,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .first_if_steady = true,
    .ranges = ranges,
    .process = process,
    .reset = reset,
};
