/* Web Audio 1.1, PannerNode and "Spatialization/Panning". */
#include "nodes/hrtf.h"
#include "nodes/listener.h"
#include "nodes/nodes.h"

#include "dsp/space.h"

#include <float.h>

#define N PERI_QUANTUM
#define PANNER_PARAMS 6
#define SEEN (PERI_LISTENER_PARAMS + PANNER_PARAMS)

/* Where a source is heard from, and how loud. */
typedef struct spot {
  peri__direction direction;
  double loudness;
} spot;

typedef struct panner_state {
  /* by set_option */
  peri__range range;
  bool is_hrtf;
  bool is_stale; /* `steady` is of other options */
  bool is_lost;  /* what the convolution keeps is not finite */
  /* of the last quantum in which nothing moved */
  float seen[SEEN];
  spot steady;
} panner_state;

/* ---- Where the source is ---------------------------------------------------------------------------------------- */

static peri__vector vector_of(const float v[3]) { return (peri__vector){v[0], v[1], v[2]}; }

static peri__vector difference(peri__vector a, peri__vector b) {
  return (peri__vector){a.x - b.x, a.y - b.y, a.z - b.z};
}

/* `values` are the listener's parameters, then the panner's, by their indices; `axes` of that listener. */
static spot find_spot(const panner_state *panner, const peri__axes *axes, const float values[SEEN]) {
  const float *own = values + PERI_LISTENER_PARAMS;
  peri__vector to = difference(vector_of(own + PERI_PANNER_POSITION_X), vector_of(values + PERI_LISTENER_POSITION_X));
  return (spot){peri__direction_of(axes, to),
                peri__loudness(&panner->range, to, vector_of(own + PERI_PANNER_ORIENTATION_X))};
}

static peri__axes find_axes(const float values[SEEN]) {
  return peri__axes_of(vector_of(values + PERI_LISTENER_FORWARD_X), vector_of(values + PERI_LISTENER_UP_X));
}

/* At the start of the quantum. */
static void first_values(const peri__process *p, float values[SEEN]) {
  const peri__listener *listener = p->listener;
  memcpy(values, listener->first, sizeof listener->first);
  for (int i = 0; i < PANNER_PARAMS; i++) values[PERI_LISTENER_PARAMS + i] = p->params[i].first;
}

/* Found anew when anything differs from the last time. */
static const spot *steady_spot(panner_state *panner, const float values[SEEN]) {
  if (!panner->is_stale && memcmp(values, panner->seen, sizeof panner->seen) == 0) return &panner->steady;
  memcpy(panner->seen, values, sizeof panner->seen);
  peri__axes axes = find_axes(values);
  panner->steady = find_spot(panner, &axes, values);
  panner->is_stale = false;
  return &panner->steady;
}

static bool is_steady(const peri__process *p) {
  bool steady = ((const peri__listener *)p->listener)->steady;
  for (int i = 0; i < PANNER_PARAMS; i++) steady = steady && p->params[i].steady;
  return steady;
}

/* ---- Equal power ------------------------------------------------------------------------------------------------ */

static void scale(const float *restrict in, float *restrict out, float gain) {
  for (int i = 0; i < N; i++) out[i] = in[i] * gain;
}

static void mix(const float *restrict a, const float *restrict b, float *restrict out, float gain_a, float gain_b) {
  for (int i = 0; i < N; i++) out[i] = a[i] * gain_a + b[i] * gain_b;
}

static void pan_steady(const peri__signal *in, peri__signal *out, const peri__pan *gain) {
  float *left = out->samples, *right = left + N;
  if (in->channels == 1) {
    scale(in->samples, left, gain->left_left);
    scale(in->samples, right, gain->left_right);
    return;
  }
  mix(in->samples, in->samples + N, left, gain->left_left, gain->right_left);
  mix(in->samples, in->samples + N, right, gain->left_right, gain->right_right);
}

static void set_tracks(peri__track *tracks, const peri__values *values, int count) {
  for (int i = 0; i < count; i++) tracks[i] = (peri__track){values[i].frames, values[i].steady ? 0 : 1};
}

static void pan_moving(const peri__process *p, const panner_state *panner, const peri__signal *in, peri__signal *out) {
  const peri__listener *listener = p->listener;
  peri__course course;
  peri__track tracks[PERI_LISTENER_PARAMS];
  for (int i = 0; i < PERI_LISTENER_PARAMS; i++)
    tracks[i] = listener->steady ? (peri__track){&listener->first[i], 0} : (peri__track){listener->frames[i], 1};
  memcpy(course.ear, tracks + PERI_LISTENER_POSITION_X, sizeof course.ear);
  memcpy(course.forward, tracks + PERI_LISTENER_FORWARD_X, sizeof course.forward);
  memcpy(course.up, tracks + PERI_LISTENER_UP_X, sizeof course.up);
  set_tracks(course.position, p->params + PERI_PANNER_POSITION_X, 3);
  set_tracks(course.orientation, p->params + PERI_PANNER_ORIENTATION_X, 3);
  const float *right = in->channels == 1 ? in->samples : in->samples + N;
  peri__pan_course(&panner->range, &course, &(peri__panning){in->samples, right, out->samples, out->samples + N, N});
}

/* ---- HRTF ------------------------------------------------------------------------------------------------------- */

/* "When this panning model is used, all the AudioParams used to compute the output of this node are k-rate." */
static void hear(const peri__process *p, panner_state *panner) {
  float values[SEEN];
  first_values(p, values);
  const spot *at = steady_spot(panner, values);
  if (panner->is_lost) peri__hrtf_clear(p->part);
  panner->is_lost = false;
  peri__hrtf_process(p->part, &p->inputs[0], &at->direction, at->loudness, &p->outputs[0]);
}

static void reset(void *state) { ((panner_state *)state)->is_lost = true; }

/* ---- One quantum ------------------------------------------------------------------------------------------------ */

static void process(const peri__process *p) {
  panner_state *panner = p->state;
  const peri__signal *in = &p->inputs[0];
  peri__signal *out = &p->outputs[0];
  if (panner->is_hrtf) {
    hear(p, panner);
    return;
  }
  out->channels = 2;
  out->silent = in->silent;
  if (in->silent) return;
  if (!is_steady(p)) {
    pan_moving(p, panner, in, out);
    return;
  }
  float values[SEEN];
  first_values(p, values);
  const spot *at = steady_spot(panner, values);
  peri__pan gain = peri__pan_of(&at->direction, at->loudness, in->channels == 1);
  out->silent = at->loudness == 0.0;
  if (!out->silent) pan_steady(in, out, &gain);
}

/* ---- Options ---------------------------------------------------------------------------------------------------- */

static void set_option(void *state, uint32_t option, double value) {
  panner_state *panner = state;
  panner->is_stale = true;
  switch (option) {
  case PERI_PANNER_PANNING_MODEL: panner->is_hrtf = value == PERI_PANNING_HRTF; break;
  case PERI_PANNER_DISTANCE_MODEL: panner->range.model = (int)value; break;
  case PERI_PANNER_REF_DISTANCE: panner->range.ref = value; break;
  case PERI_PANNER_MAX_DISTANCE: panner->range.max = value; break;
  case PERI_PANNER_ROLLOFF_FACTOR: panner->range.rolloff = value; break;
  case PERI_PANNER_CONE_INNER_ANGLE: panner->range.inner = value; break;
  case PERI_PANNER_CONE_OUTER_ANGLE: panner->range.outer = value; break;
  case PERI_PANNER_CONE_OUTER_GAIN: panner->range.outer_gain = value; break;
  default: break;
  }
}

static bool check_option(const peri__setup *setup, const double *options, uint32_t option, double value) {
  (void)setup, (void)options;
  if (option == PERI_PANNER_MAX_DISTANCE && value == 0.0)
    return peri__fail("maxDistance of PannerNode must be above 0, got 0");
  return true;
}

static bool option_ahead(double sample_rate, uint32_t option, double value, void **ahead) {
  if (option != PERI_PANNER_PANNING_MODEL || value != PERI_PANNING_HRTF) return true;
  return (*ahead = peri__hrtf_set_hold(sample_rate)) != NULL;
}

static void drop_ahead(void *ahead) { peri__hrtf_set_drop(ahead); }

/* What is heard anew begins with nothing heard before. */
static bool option_part(const peri__setup *setup, const double *options, uint32_t option, double value,
                        peri__part **part) {
  peri__listener *listener = setup->listener;
  bool begins = option == PERI_PANNER_PANNING_MODEL && value == PERI_PANNING_HRTF && options[option] != value;
  if (!begins) return true;
  if (!listener->hrtf) {
    listener->hrtf = *setup->ahead;
    *setup->ahead = NULL;
  }
  *part = peri__hrtf_create(listener->hrtf);
  return *part != NULL;
}

static bool create(void *state, const peri__setup *setup) {
  const peri_node_info *info = &peri__kind_panner.info;
  (void)setup;
  for (uint32_t o = 0; o < info->options; o++) set_option(state, o, info->option[o].default_value);
  return true;
}

static const char *const panning_models[] = {"equalpower", "HRTF", NULL};
static const char *const distance_models[] = {"linear", "inverse", "exponential", NULL};

static const peri_option_info options[] = {
    [PERI_PANNER_PANNING_MODEL] = {"panningModel", PERI_OPTION_WORD, PERI_PANNING_EQUAL_POWER, 0.0, 0.0,
                                   panning_models},
    [PERI_PANNER_DISTANCE_MODEL] = {"distanceModel", PERI_OPTION_WORD, PERI_DISTANCE_INVERSE, 0.0, 0.0,
                                    distance_models},
    [PERI_PANNER_REF_DISTANCE] = {"refDistance", PERI_OPTION_NUMBER, 1.0, 0.0, DBL_MAX, NULL},
    [PERI_PANNER_MAX_DISTANCE] = {"maxDistance", PERI_OPTION_NUMBER, 10000.0, 0.0, DBL_MAX, NULL},
    [PERI_PANNER_ROLLOFF_FACTOR] = {"rolloffFactor", PERI_OPTION_NUMBER, 1.0, 0.0, DBL_MAX, NULL},
    [PERI_PANNER_CONE_INNER_ANGLE] = {"coneInnerAngle", PERI_OPTION_NUMBER, 360.0, -DBL_MAX, DBL_MAX, NULL},
    [PERI_PANNER_CONE_OUTER_ANGLE] = {"coneOuterAngle", PERI_OPTION_NUMBER, 360.0, -DBL_MAX, DBL_MAX, NULL},
    [PERI_PANNER_CONE_OUTER_GAIN] = {"coneOuterGain", PERI_OPTION_NUMBER, 0.0, 0.0, 1.0, NULL},
};

#define MOST 3.4028235e38f
static const peri_param_info params[PANNER_PARAMS] = {
    [PERI_PANNER_POSITION_X] = {"positionX", 0.0f, -MOST, MOST, true, false},
    [PERI_PANNER_POSITION_Y] = {"positionY", 0.0f, -MOST, MOST, true, false},
    [PERI_PANNER_POSITION_Z] = {"positionZ", 0.0f, -MOST, MOST, true, false},
    [PERI_PANNER_ORIENTATION_X] = {"orientationX", 1.0f, -MOST, MOST, true, false},
    [PERI_PANNER_ORIENTATION_Y] = {"orientationY", 0.0f, -MOST, MOST, true, false},
    [PERI_PANNER_ORIENTATION_Z] = {"orientationZ", 0.0f, -MOST, MOST, true, false},
};

const peri__kind peri__kind_panner = {
    .info = {.name = "PannerNode",
             .inputs = 1,
             .outputs = 1,
             .params = PANNER_PARAMS,
             .param = params,
             .options = 8,
             .option = options},
    .state_bytes = sizeof(panner_state),
    .hears_listener = true,
    .has_tail = true,
    .create = create,
    .check_option = check_option,
    .option_ahead = option_ahead,
    .drop_ahead = drop_ahead,
    .option_part = option_part,
    .set_option = set_option,
    .rule = {2, PERI_COUNT_CLAMPED_MAX, PERI_SPEAKERS},
    .max_count = 2,
    .no_max_mode = true,
    .output_channels = 2,
    .process = process,
    .reset = reset,
};
