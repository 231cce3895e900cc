/* Web Audio 1.1, StereoPannerNode and "Stereo Panning": equal power. */
#include "nodes/nodes.h"

#include "dsp/math.h"

typedef struct pan_gains {
  float left, right;
} pan_gains;

/* Of a mono input pan −1 … 1 is 0 … 1 of the quarter circle; of a stereo one each half is. */
static pan_gains gains_of(float pan, bool mono) {
  double x = mono ? ((double)pan + 1.0) / 2.0 : pan <= 0.0f ? (double)pan + 1.0 : (double)pan;
  return (pan_gains){(float)peri__sin_quarter(1.0 - x), (float)peri__sin_quarter(x)};
}

static void pan_frame(const float *in, bool mono, float pan, pan_gains gain, float *left, float *right) {
  float l = in[0], r = mono ? l : in[PERI_QUANTUM];
  if (mono)
    *left = l * gain.left, *right = l * gain.right;
  else if (pan <= 0.0f)
    *left = l + r * gain.left, *right = r * gain.right;
  else
    *left = l * gain.left, *right = r + l * gain.right;
}

/* A quantum with one pan. */
static void pan_mono(const float *restrict in, pan_gains gain, float *restrict left, float *restrict right) {
  for (int i = 0; i < PERI_QUANTUM; i++) left[i] = in[i] * gain.left, right[i] = in[i] * gain.right;
}

static void pan_left(const float *restrict in, pan_gains gain, float *restrict left, float *restrict right) {
  const float *l = in, *r = in + PERI_QUANTUM;
  for (int i = 0; i < PERI_QUANTUM; i++) left[i] = l[i] + r[i] * gain.left, right[i] = r[i] * gain.right;
}

static void pan_right(const float *restrict in, pan_gains gain, float *restrict left, float *restrict right) {
  const float *l = in, *r = in + PERI_QUANTUM;
  for (int i = 0; i < PERI_QUANTUM; i++) left[i] = l[i] * gain.left, right[i] = r[i] + l[i] * gain.right;
}

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  const peri__values *pan = &p->params[PERI_STEREO_PANNER_PAN];
  bool mono = in->channels == 1;
  out->channels = 2;
  out->silent = in->silent;
  if (in->silent) return;
  float *left = out->samples, *right = out->samples + PERI_QUANTUM;
  pan_gains gain = gains_of(pan->first, mono);
  if (pan->steady) {
    (mono ? pan_mono : pan->first <= 0.0f ? pan_left : pan_right)(in->samples, gain, left, right);
    return;
  }
  for (int i = 0; i < PERI_QUANTUM; i++) {
    gain = gains_of(pan->frames[i], mono);
    pan_frame(in->samples + i, mono, pan->frames[i], gain, &left[i], &right[i]);
  }
}

static const peri_param_info params[] = {
    [PERI_STEREO_PANNER_PAN] = {"pan", 0.0f, -1.0f, 1.0f, true, false},
};

const peri__kind peri__kind_stereo_panner = {
    .info = {.name = "StereoPannerNode", .inputs = 1, .outputs = 1, .params = 1, .param = params},
    .rule = {2, PERI_COUNT_CLAMPED_MAX, PERI_SPEAKERS},
    .max_count = 2,
    .no_max_mode = true,
    .first_if_steady = true,
    .output_channels = 2,
    .process = process,
};
