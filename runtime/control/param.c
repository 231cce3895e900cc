/* Parameters: automation is checked here and carried out by the audio thread. */
#include "control/control.h"

#include <math.h>

/* What was scheduled and is still to come, for the checks that an error demands (Web Audio 1.1, setValueCurveAtTime:
 * NotSupportedError where events and curves overlap). Times in seconds. */
#define SAME_FRAME (1.0 / 1024) /* frames; times so near are one: start + duration is rounded */

typedef struct scheduled {
  peri__event_type type;
  double time, end; /* of a curve; end = time for all others */
} scheduled;

typedef struct peri__timeline {
  scheduled *events;
  size_t count, capacity;
  double curves_end; /* no curve lies behind it */
} peri__timeline;

void peri__timeline_free(peri__timeline *timeline) {
  if (!timeline) return;
  peri__release(timeline->events, timeline->capacity * sizeof *timeline->events);
  peri__release(timeline, sizeof *timeline);
}

/* ---- Finding ---------------------------------------------------------------------------------------------------- */

/* A parameter's owner, looked up once: a source may end between two looks. */
typedef struct param_owner {
  const peri__kind *kind;
  peri__graph_node *node;
  peri__source *source; /* NULL: a node */
} param_owner;

static bool find_owner(peri_engine *engine, peri_node id, uint32_t index, param_owner *owner) {
  *owner = (param_owner){0};
  if ((uint32_t)id & PERI_SOURCE_BIT) {
    owner->source = peri__find_source(engine, id);
    if (!owner->source) return false;
    owner->kind = &peri__kind_buffer_source;
  } else {
    owner->node = peri__find_node(engine, id);
    if (!owner->node) return false;
    owner->kind = owner->node->render->kind;
  }
  return index < owner->kind->info.params ? true : peri__fail("%s has no parameter %u", owner->kind->info.name, index);
}

/* The parameter, made if it is a source's and was not needed before; NULL sets peri_error(). */
static peri__param *param_of(peri_engine *engine, const param_owner *owner, uint32_t index) {
  peri__param *params = owner->source ? peri__source_params(engine, owner->source) : owner->node->render->params;
  return params ? &params[index] : NULL;
}

static peri__param *find_param(peri_engine *engine, peri_node id, uint32_t index) {
  param_owner owner;
  return find_owner(engine, id, index, &owner) ? param_of(engine, &owner, index) : NULL;
}

/* Whether the parameters of a source are still plain numbers. */
static bool is_plain(const param_owner *owner) {
  const peri__source_details *details = owner->source ? peri__source_details_now(owner->source) : NULL;
  return owner->source && !(details && atomic_load_explicit(&details->params, memory_order_relaxed));
}

/* ---- The timeline ----------------------------------------------------------------------------------------------- */

/* The last event up to `time`; NULL: there is none. */
static scheduled *event_before(const peri__timeline *timeline, double time) {
  scheduled *last = NULL;
  for (size_t e = 0; e < timeline->count; e++) {
    scheduled *event = &timeline->events[e];
    if (event->time <= time && (!last || event->time >= last->time)) last = event;
  }
  return last;
}

static const scheduled *event_behind(const peri__timeline *timeline, double time) {
  const scheduled *next = NULL;
  for (size_t e = 0; e < timeline->count; e++) {
    const scheduled *event = &timeline->events[e];
    if (event->time > time && (!next || event->time < next->time)) next = event;
  }
  return next;
}

/* Makes room for one more; forgets what is over, but for what is in force. */
static bool timeline_room(peri_engine *engine, peri__param *param) {
  if (!param->timeline && !(param->timeline = PERI_NEW(peri__timeline))) return false;
  peri__timeline *timeline = param->timeline;
  if (timeline->count < timeline->capacity) return true;
  double now = peri_engine_time(engine);
  const scheduled *in_force = event_before(timeline, now);
  size_t kept = 0;
  for (size_t e = 0; e < timeline->count; e++) {
    const scheduled *event = &timeline->events[e];
    if (event->end >= now || event == in_force) timeline->events[kept++] = *event;
  }
  timeline->count = kept;
  size_t needed = kept > timeline->capacity / 2 ? timeline->capacity + 1 : kept + 1;
  scheduled *events = peri__grow(timeline->events, sizeof *events, kept, &timeline->capacity, needed);
  if (!events) return false;
  timeline->events = events;
  return true;
}

static bool check_overlap(const peri_engine *engine, const peri__param *param, double time, double duration) {
  const peri__timeline *timeline = param->timeline;
  if (!timeline || (duration <= 0.0 && time >= timeline->curves_end)) return true;
  double now = peri_engine_time(engine), slack = SAME_FRAME / engine->sample_rate;
  for (size_t e = 0; e < timeline->count; e++) {
    const scheduled *event = &timeline->events[e];
    if (event->end < now) continue;
    if (event->end > event->time && time >= event->time && time < event->end - slack)
      return peri__fail("%g s lies within the value curve from %g to %g s: cancel it first", time, event->time,
                        event->end);
    if (duration > 0.0 && event->time > time + slack && event->time < time + duration - slack)
      return peri__fail("the value curve from %g to %g s would cover an event at %g s: cancel it first", time,
                        time + duration, event->time);
  }
  return true;
}

static void timeline_cancel(peri__param *param, double time, double slack) {
  peri__timeline *timeline = param->timeline;
  size_t kept = 0;
  for (size_t e = 0; timeline && e < timeline->count; e++) {
    const scheduled *event = &timeline->events[e];
    bool covers = event->end > event->time && event->time < time && event->end + slack >= time;
    if (event->time < time && !covers) timeline->events[kept++] = *event;
  }
  if (timeline) timeline->count = kept;
}

/* Web Audio 1.1, cancelAndHoldAtTime: a ramp or a target that is held ends in an event at `time`, for which there is
 * room. */
static void timeline_hold(peri__param *param, double time) {
  peri__timeline *timeline = param->timeline;
  scheduled *before = event_before(timeline, time);
  const scheduled *behind = event_behind(timeline, time);
  bool within = before && before->type == PERI_EVENT_CURVE && time < before->end;
  bool ends = !within && behind && (behind->type == PERI_EVENT_LINEAR || behind->type == PERI_EVENT_EXPONENTIAL);
  scheduled held = {ends ? behind->type : PERI_EVENT_SET, time, time};
  ends = ends || (!within && before && before->type == PERI_EVENT_TARGET);
  if (within) before->end = time;
  size_t kept = 0;
  for (size_t e = 0; e < timeline->count; e++)
    if (timeline->events[e].time <= time) timeline->events[kept++] = timeline->events[e];
  if (ends) timeline->events[kept++] = held;
  timeline->count = kept;
}

/* ---- Events ----------------------------------------------------------------------------------------------------- */

typedef struct event_plan {
  peri__event_type type;
  float value;
  double time, span; /* seconds */
  const float *curve;
  size_t curve_count;
} event_plan;

static bool check_event(const event_plan *plan) {
  if (!peri__check_time("the time of an event", plan->time)) return false;
  if (plan->type != PERI_EVENT_CURVE) return peri__check_finite("the value of an event", (double)plan->value);
  for (size_t k = 0; k < plan->curve_count; k++)
    if (!peri__check_finite("a value of a curve", (double)plan->curve[k])) return false;
  return true;
}

static peri__event *make_event(const peri_engine *engine, const event_plan *plan) {
  size_t bytes = sizeof(peri__event) + plan->curve_count * sizeof(float);
  peri__event *event = peri__allocate(bytes, _Alignof(peri__event));
  if (!event) return NULL;
  event->retired.kind = PERI_RETIRED_EVENT;
  event->type = plan->type;
  event->value = plan->value;
  event->time = peri__frames_of(engine, plan->time);
  event->span = plan->span * engine->sample_rate;
  event->curve_count = (uint32_t)plan->curve_count;
  if (plan->curve_count) memcpy(event->curve, plan->curve, plan->curve_count * sizeof(float));
  return event;
}

/* A time before currentTime means that (Web Audio 1.1, of each method). */
static double not_past(const peri_engine *engine, double time) {
  double now = peri_engine_time(engine);
  return time < now ? now : time;
}

static bool schedule_locked(peri_engine *engine, peri_node id, uint32_t index, const event_plan *plan) {
  peri__param *param = find_param(engine, id, index);
  if (!param) return false;
  double duration = plan->type == PERI_EVENT_CURVE ? plan->span : 0.0, time = not_past(engine, plan->time);
  if (!PERI_ROOM(engine, PARAM_EVENT) || !timeline_room(engine, param) || !check_overlap(engine, param, time, duration))
    return false;
  peri__event *event = make_event(engine, plan);
  if (!event) return false;
  double end = time + duration;
  param->timeline->events[param->timeline->count++] = (scheduled){plan->type, time, end};
  if (duration > 0.0 && end > param->timeline->curves_end) param->timeline->curves_end = end;
  PERI_SEND(engine, PARAM_EVENT, param, event);
  return peri__publish(engine);
}

static bool schedule(peri_engine *engine, peri_node id, uint32_t index, const event_plan *plan) {
  if (!check_event(plan)) return false;
  peri__lock(engine);
  bool done = schedule_locked(engine, id, index, plan);
  peri__unlock(engine);
  return done;
}

bool peri_param_set_value_at_time(peri_engine *engine, peri_node node, uint32_t param, float value, double time) {
  return schedule(engine, node, param, &(event_plan){PERI_EVENT_SET, value, time, 0.0, NULL, 0});
}

bool peri_param_linear_ramp(peri_engine *engine, peri_node node, uint32_t param, float value, double end_time) {
  return schedule(engine, node, param, &(event_plan){PERI_EVENT_LINEAR, value, end_time, 0.0, NULL, 0});
}

bool peri_param_exponential_ramp(peri_engine *engine, peri_node node, uint32_t param, float value, double end_time) {
  if (value == 0.0f) return peri__fail("an exponential ramp cannot reach 0: use a small value, or setTargetAtTime");
  return schedule(engine, node, param, &(event_plan){PERI_EVENT_EXPONENTIAL, value, end_time, 0.0, NULL, 0});
}

bool peri_param_set_target(peri_engine *engine, peri_node node, uint32_t param, float target, double start_time,
                           double time_constant) {
  if (!peri__check_time("timeConstant", time_constant)) return false;
  return schedule(engine, node, param, &(event_plan){PERI_EVENT_TARGET, target, start_time, time_constant, NULL, 0});
}

bool peri_param_set_curve(peri_engine *engine, peri_node node, uint32_t param, const float *values, size_t count,
                          double start_time, double duration) {
  if (!values || count < 2) return peri__fail("a value curve needs at least 2 values, got %zu", values ? count : 0);
  if (count > UINT32_MAX / 8) return peri__fail("a value curve has at most %u values, got %zu", UINT32_MAX / 8, count);
  if (!(duration > 0.0 && isfinite(duration)))
    return peri__fail("the duration of a value curve must be above 0 s, got %g", duration);
  return schedule(engine, node, param, &(event_plan){PERI_EVENT_CURVE, 0.0f, start_time, duration, values, count});
}

static bool cancel(peri_engine *engine, peri_node id, uint32_t index, double time, bool hold) {
  if (!peri__check_time("cancelTime", time)) return false;
  peri__lock(engine);
  peri__param *param = find_param(engine, id, index);
  peri__event *spare = NULL;
  bool done = param && PERI_ROOM(engine, PARAM_CANCEL);
  if (done && hold)
    done = timeline_room(engine, param) &&
           (spare = make_event(engine, &(event_plan){.type = PERI_EVENT_SET, .time = time})) != NULL;
  if (done) {
    if (hold)
      timeline_hold(param, not_past(engine, time));
    else
      timeline_cancel(param, not_past(engine, time), SAME_FRAME / engine->sample_rate);
    PERI_SEND(engine, PARAM_CANCEL, param, peri__frames_of(engine, time), spare);
    peri__publish(engine);
  }
  peri__unlock(engine);
  return done;
}

bool peri_param_cancel(peri_engine *engine, peri_node node, uint32_t param, double time) {
  return cancel(engine, node, param, time, false);
}

bool peri_param_cancel_and_hold(peri_engine *engine, peri_node node, uint32_t param, double time) {
  return cancel(engine, node, param, time, true);
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

float peri__param_value(const peri__param *param) {
  bool applied = (uint32_t)atomic_load_explicit(&param->applied, memory_order_acquire) == param->sequence;
  float value = applied ? atomic_load_explicit(&param->shown, memory_order_relaxed) : param->set_value;
  if (value < param->info->min_value) return param->info->min_value;
  return value > param->info->max_value ? param->info->max_value : value;
}

bool peri_param_value(peri_engine *engine, peri_node id, uint32_t index, float *value) {
  peri__lock(engine);
  param_owner owner;
  bool done = find_owner(engine, id, index, &owner);
  if (done && is_plain(&owner)) {
    const peri__source_details *details = peri__source_details_now(owner.source);
    *value = index == PERI_SOURCE_PLAYBACK_RATE ? owner.source->playback_rate : details ? details->detune : 0.0f;
  } else if (done) {
    peri__param *param = param_of(engine, &owner, index);
    done = param != NULL;
    if (done) *value = peri__param_value(param);
  }
  peri__unlock(engine);
  return done;
}

/* A source's number, with no timeline: cheaper than a parameter. */
static bool set_plain(peri_engine *engine, peri__source *source, uint32_t index, float value) {
  if (index == PERI_SOURCE_DETUNE && !peri__source_details_of(engine, source)) return false;
  if (!peri__source_room(engine, source, PERI_COMMAND_BYTES(SOURCE_STEP))) return false;
  if (index == PERI_SOURCE_DETUNE)
    peri__source_details_now(source)->detune = value;
  else
    source->playback_rate = value;
  if (!peri__source_started(source)) return true;
  PERI_SEND(engine, SOURCE_STEP, peri__voice_of(source),
            peri__source_step(engine, source, peri__source_storage(source)));
  peri__successor_renew(engine, source);
  return peri__publish(engine);
}

static bool set_value(peri_engine *engine, const param_owner *owner, uint32_t index, float value) {
  if (is_plain(owner)) return set_plain(engine, owner->source, index, value);
  peri__param *param = param_of(engine, owner, index);
  double now = peri_engine_time(engine);
  peri__timeline *timeline = param->timeline;
  if (!PERI_ROOM(engine, PARAM_VALUE) || !check_overlap(engine, param, now, 0.0)) return false;
  if (timeline && timeline->count) {
    if (!timeline_room(engine, param)) return false;
    timeline->events[timeline->count++] = (scheduled){PERI_EVENT_SET, now, now};
  }
  param->set_value = value;
  param->sequence++;
  PERI_SEND(engine, PARAM_VALUE, param, value, param->sequence);
  return peri__publish(engine);
}

bool peri_param_set_value(peri_engine *engine, peri_node id, uint32_t index, float value) {
  if (!peri__check_finite("the value of a parameter", (double)value)) return false;
  peri__lock(engine);
  param_owner owner;
  bool done = find_owner(engine, id, index, &owner) && set_value(engine, &owner, index, value);
  peri__unlock(engine);
  return done;
}

bool peri_param_check_value(peri_engine *engine, peri_node id, uint32_t index, float value) {
  if (!peri__check_finite("the value of a parameter", (double)value)) return false;
  peri__lock(engine);
  param_owner owner;
  bool well = find_owner(engine, id, index, &owner);
  if (well && !is_plain(&owner)) {
    const peri__param *param = param_of(engine, &owner, index);
    well = param && check_overlap(engine, param, peri_engine_time(engine), 0.0);
  }
  peri__unlock(engine);
  return well;
}

bool peri_param_get_info(peri_engine *engine, peri_node id, uint32_t index, peri_param_info *info) {
  peri__lock(engine);
  param_owner owner;
  bool done = find_owner(engine, id, index, &owner);
  if (done) *info = owner.source ? owner.kind->info.param[index] : *owner.node->render->params[index].info;
  peri__unlock(engine);
  return done;
}

static bool set_audio_rate(peri_engine *engine, const param_owner *owner, uint32_t index, bool audio_rate) {
  const peri_param_info *info = &owner->kind->info.param[index];
  if (info->fixed_rate) {
    if (info->audio_rate == audio_rate) return true;
    return peri__fail("the automation rate of %s.%s cannot be changed", owner->kind->info.name, info->name);
  }
  peri__param *param = param_of(engine, owner, index);
  if (!param || !PERI_ROOM(engine, PARAM_RATE)) return false;
  param->set_audio_rate = audio_rate;
  PERI_SEND(engine, PARAM_RATE, param, audio_rate);
  return peri__publish(engine);
}

bool peri_param_set_audio_rate(peri_engine *engine, peri_node id, uint32_t index, bool audio_rate) {
  peri__lock(engine);
  param_owner owner;
  bool done = find_owner(engine, id, index, &owner) && set_audio_rate(engine, &owner, index, audio_rate);
  peri__unlock(engine);
  return done;
}

bool peri_param_get_audio_rate(peri_engine *engine, peri_node id, uint32_t index, bool *audio_rate) {
  peri__lock(engine);
  param_owner owner;
  bool done = find_owner(engine, id, index, &owner);
  if (done) {
    const peri_param_info *info = &owner.kind->info.param[index];
    const peri__param *param = info->fixed_rate ? NULL : param_of(engine, &owner, index);
    *audio_rate = param ? param->set_audio_rate : info->audio_rate;
  }
  peri__unlock(engine);
  return done;
}
