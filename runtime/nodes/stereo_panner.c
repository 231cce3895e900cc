/* Web Audio 1.1, StereoPannerNode and "Stereo Panning": equal power. */
#include "nodes/nodes.h"

#include "dsp/math.h"

typedef struct pan_gains {
  float left, right;
} pan_gains;

typedef struct stereo_panner {
  bool made, mono;
  float pan;
  pan_gains gains; /* of them */
} stereo_panner;

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

static pan_gains steady_gains(stereo_panner *panner, float pan, bool mono) {
  if (!panner->made || panner->pan != pan || panner->mono != mono)
    *panner = (stereo_panner){true, mono, pan, gains_of(pan, mono)};
  return panner->gains;
}

/* A quantum with one pan. */
static void pan_steady(const peri__process *p, float pan, bool mono, peri__signal *out) {
  pan_gains gain = steady_gains(p->state, pan, mono);
  const float *l = p->inputs[0].samples, *r = mono ? l : l + PERI_QUANTUM;
  float *left = out->samples, *right = left + PERI_QUANTUM;
  bool finite = p->kernels->scale(left, mono || pan > 0.0f ? l : r, gain.left);
  finite = p->kernels->scale(right, mono || pan <= 0.0f ? r : l, gain.right) && finite;
  if (mono)
    out->finite = finite;
  else
    peri__mix_add(pan <= 0.0f ? left : right, pan <= 0.0f ? l : r, 1.0f);
}

static void process(const peri__process *p) {
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  const peri__values *pan = &p->params[PERI_STEREO_PANNER_PAN];
  bool mono = in->channels == 1;
  out->channels = 2;
  out->silent = in->silent;
  if (in->silent) return;
  if (pan->steady) {
    pan_steady(p, pan->first, mono, out);
    return;
  }
  float *left = out->samples, *right = out->samples + PERI_QUANTUM;
  for (int i = 0; i < PERI_QUANTUM; i++) {
    pan_gains gain = gains_of(pan->frames[i], mono);
    pan_frame(in->samples + i, mono, pan->frames[i], gain, &left[i], &right[i]);
  }
}

static const peri_param_info params[] = {
    [PERI_STEREO_PANNER_PAN] = {"pan", 0.0f, -1.0f, 1.0f, true, false},
};

const peri__kind peri__kind_stereo_panner = {
    .info = {.name = "StereoPannerNode", .inputs = 1, .outputs = 1, .params = 1, .param = params},
    .state_bytes = sizeof(stereo_panner),
    .rule = {2, PERI_COUNT_CLAMPED_MAX, PERI_SPEAKERS},
    .max_count = 2,
    .no_max_mode = true,
    .first_if_steady = true,
    .output_channels = 2,
    .process = process,
};
