/* Web Audio 1.1, AudioListener. */
#include "nodes/listener.h"
#include "nodes/hrtf.h"
#include "nodes/nodes.h"

/* Keeps the quantum's values for the panners, which run later: the memory of `params` is the next step's. */
static void process(const peri__process *p) {
  peri__listener *listener = p->state;
  listener->steady = true;
  for (int i = 0; i < PERI_LISTENER_PARAMS; i++) {
    listener->first[i] = p->params[i].first;
    listener->steady = listener->steady && p->params[i].steady;
  }
  if (listener->steady) return;
  for (int i = 0; i < PERI_LISTENER_PARAMS; i++)
    memcpy(listener->frames[i], p->params[i].frames, sizeof listener->frames[i]);
}

/* Where it stands until it first runs, and when a cycle mutes it from the beginning. */
static bool create(void *state, const peri__setup *setup) {
  peri__listener *listener = state;
  (void)setup;
  for (int i = 0; i < PERI_LISTENER_PARAMS; i++) listener->first[i] = peri__kind_listener.info.param[i].default_value;
  listener->steady = true;
  return true;
}

static void destroy(void *state) { peri__hrtf_set_drop(((peri__listener *)state)->hrtf); }

#define MOST 3.4028235e38f
static const peri_param_info params[PERI_LISTENER_PARAMS] = {
    [PERI_LISTENER_POSITION_X] = {"positionX", 0.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_POSITION_Y] = {"positionY", 0.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_POSITION_Z] = {"positionZ", 0.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_FORWARD_X] = {"forwardX", 0.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_FORWARD_Y] = {"forwardY", 0.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_FORWARD_Z] = {"forwardZ", -1.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_UP_X] = {"upX", 0.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_UP_Y] = {"upY", 1.0f, -MOST, MOST, true, false},
    [PERI_LISTENER_UP_Z] = {"upZ", 0.0f, -MOST, MOST, true, false},
};

const peri__kind peri__kind_listener = {
    .info = {.name = "AudioListener", .inputs = 0, .outputs = 0, .params = PERI_LISTENER_PARAMS, .param = params},
    .state_bytes = sizeof(peri__listener),
    .create = create,
    .destroy = destroy,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .output_channels = 1,
    .process = process,
};
