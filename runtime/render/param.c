/* Parameters: Web Audio 1.1, AudioParam. The timeline is an anchor (what is in force) and a list of events to come. */
#include "render/render.h"

#include "dsp/math.h"

#define LOG2_E 1.44269504088896340736
#define NEVER 1e300             /* in frames */
#define SAME_FRAME (1.0 / 1024) /* times so near are one: start + duration is rounded */

static void retire_event(peri__render *render, peri__event *event) {
  if (event) peri__handback_add(&render->retired, &event->retired.link);
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

/* Web Audio 1.1, setValueCurveAtTime: linear between the values, the last one from the end on. */
static double curve_at(const peri__event *event, double time) {
  double place = (time - event->time) / event->span * (event->curve_count - 1);
  if (!(place > 0.0)) return (double)event->curve[0];
  bool is_over = time >= event->time + event->span || place >= event->curve_count - 1;
  if (is_over) return (double)event->curve[event->curve_count - 1];
  uint32_t k = (uint32_t)place;
  double here = (double)event->curve[k], next = (double)event->curve[k + 1];
  return here + (next - here) * (place - k);
}

/* setTargetAtTime: target + (from − target) e^(−t / τ) */
static double target_at(const peri__anchor *anchor, double time) {
  double target = (double)anchor->event->value, span = anchor->event->span;
  if (span <= 0.0) return target;
  return target + (anchor->value - target) * peri__exp2(-(time - anchor->time) / span * LOG2_E);
}

/* Whether there is a ratio to follow. A hold may have made an end of 0. */
static bool bends(const peri__anchor *from, const peri__event *ramp) {
  double to = (double)ramp->value;
  return from->value < 0.0 ? to < 0.0 : from->value > 0.0 && to > 0.0;
}

static double ramp_at(const peri__anchor *from, const peri__event *ramp, double time) {
  double length = ramp->time - from->time, to = (double)ramp->value;
  if (time >= ramp->time || length <= 0.0) return to;
  double part = (time - from->time) / length;
  if (ramp->type == PERI_EVENT_LINEAR) return from->value + (to - from->value) * part;
  if (!bends(from, ramp)) return from->value;
  return from->value * peri__exp2(peri__log2(to / from->value) * part);
}

static bool is_ramp(const peri__event *event) {
  return event && (event->type == PERI_EVENT_LINEAR || event->type == PERI_EVENT_EXPONENTIAL);
}

/* The value at `time`, which lies before the next event. */
static double value_at(const peri__anchor *anchor, const peri__event *next, double time) {
  if (anchor->type == PERI_EVENT_CURVE) {
    if (time < anchor->curve_end) return curve_at(anchor->event, time);
    peri__anchor over = {PERI_EVENT_SET, anchor->curve_end, curve_at(anchor->event, anchor->curve_end), NULL, 0};
    return is_ramp(next) ? ramp_at(&over, next, time) : over.value;
  }
  if (is_ramp(next)) return ramp_at(anchor, next, time);
  return anchor->type == PERI_EVENT_TARGET ? target_at(anchor, time) : anchor->value;
}

/* The anchor after `event` has come. A target's holds where a ramp that follows it begins: the ramp replaces it. */
static peri__anchor passed(const peri__anchor *anchor, peri__event *event) {
  double before = value_at(anchor, event, event->time);
  switch (event->type) {
  case PERI_EVENT_TARGET: return (peri__anchor){PERI_EVENT_TARGET, event->time, before, event, 0};
  case PERI_EVENT_CURVE: return (peri__anchor){PERI_EVENT_CURVE, event->time, before, event, event->time + event->span};
  default: return (peri__anchor){PERI_EVENT_SET, event->time, (double)event->value, NULL, 0};
  }
}

static void replace_anchor(peri__render *render, peri__param *param, peri__anchor next) {
  retire_event(render, param->anchor.event);
  if (param->anchor.type == PERI_EVENT_CURVE) retire_event(render, param->beneath.event);
  param->beneath.type = PERI_EVENT_SET;
  param->beneath.event = NULL;
  param->anchor = next;
}

/* Web Audio 1.1, setValueCurveAtTime: its last value is set at its end. */
static void settle_curve(peri__render *render, peri__param *param) {
  const peri__anchor *curve = &param->anchor;
  double last = curve_at(curve->event, curve->curve_end);
  replace_anchor(render, param, (peri__anchor){PERI_EVENT_SET, curve->curve_end, last, NULL, 0});
}

static bool is_over(const peri__anchor *anchor, double time) {
  return anchor->type == PERI_EVENT_CURVE && time >= anchor->curve_end;
}

static void pass(peri__render *render, peri__param *param, peri__event *event) {
  if (is_over(&param->anchor, event->time + SAME_FRAME)) settle_curve(render, param);
  peri__anchor before = param->anchor, next = passed(&before, event);
  if (event->type == PERI_EVENT_CURVE && before.type != PERI_EVENT_CURVE) {
    param->beneath = before;
    param->anchor = next;
    return;
  }
  replace_anchor(render, param, next);
  if (next.event != event) retire_event(render, event);
}

/* Takes events whose time has come off the list; those of `time` itself only when `through` it. */
static void advance(peri__render *render, peri__param *param, double time, bool through) {
  while (param->events && (through ? param->events->time <= time : param->events->time < time)) {
    peri__event *event = param->events;
    param->events = event->next;
    if (!param->events) param->last = NULL;
    pass(render, param, event);
  }
  if (is_over(&param->anchor, time) && (through || time > param->anchor.curve_end)) settle_curve(render, param);
}

/* ---- Motion ---------------------------------------------------------------------------------------------------- */

static peri__motion ramp_motion(const peri__anchor *from, const peri__event *ramp) {
  double length = ramp->time - from->time, to = (double)ramp->value;
  peri__motion motion = {.shape = PERI_MOTION_LINE, .since = from->time, .base = from->value};
  if (ramp->type == PERI_EVENT_LINEAR) {
    motion.step = (to - from->value) / length;
  } else if (bends(from, ramp)) {
    motion.shape = PERI_MOTION_POWER;
    motion.base = 0.0;
    motion.scale = from->value;
    motion.step = peri__log2(to / from->value) / length;
  }
  return motion; /* else a line that is flat */
}

/* What the anchor and the next event, whose time has not come, make of the values in between. */
static peri__motion motion_of(const peri__anchor *anchor, const peri__event *next) {
  double until = next ? next->time : NEVER;
  peri__motion motion = {.shape = PERI_MOTION_LINE, .since = anchor->time, .base = anchor->value};
  if (anchor->type == PERI_EVENT_CURVE) {
    motion.shape = PERI_MOTION_CURVE;
    motion.since = anchor->event->time;
    motion.step = (anchor->event->curve_count - 1) / anchor->event->span;
    if (anchor->curve_end < until) until = anchor->curve_end;
  } else if (is_ramp(next) && next->time > anchor->time) {
    motion = ramp_motion(anchor, next);
  } else if (anchor->type == PERI_EVENT_TARGET && anchor->event->span > 0.0) {
    motion.shape = PERI_MOTION_POWER;
    motion.base = (double)anchor->event->value;
    motion.scale = anchor->value - motion.base;
    motion.step = -LOG2_E / anchor->event->span;
  } else if (anchor->type == PERI_EVENT_TARGET) {
    motion.base = (double)anchor->event->value;
  }
  if (motion.shape == PERI_MOTION_POWER) motion.ratio = peri__exp2(motion.step);
  motion.moves = motion.shape != PERI_MOTION_LINE || motion.step != 0.0;
  motion.until = until;
  return motion;
}

/* The motion at `time`; times do not go back. */
static const peri__motion *follow(peri__render *render, peri__param *param, double time) {
  if (time < param->motion.until) return &param->motion;
  advance(render, param, time, true);
  param->motion = motion_of(&param->anchor, param->events);
  return &param->motion;
}

/* At `time`, which it lasts. */
static double motion_at(const peri__motion *motion, const peri__anchor *anchor, double time) {
  double gone = time - motion->since;
  switch (motion->shape) {
  case PERI_MOTION_CURVE: return curve_at(anchor->event, time);
  case PERI_MOTION_POWER: return motion->base + motion->scale * peri__exp2(motion->step * gone);
  default: return motion->base + motion->step * gone;
  }
}

/* Web Audio 1.1, "Computation of Value": NaN becomes the default, the rest is clamped to the nominal range. */
static float computed(const peri__param *param, double intrinsic, float added) {
  float sum = (float)intrinsic + added;
  if (!(sum == sum)) return param->info->default_value;
  if (sum < param->info->min_value) return param->info->min_value;
  if (sum > param->info->max_value) return param->info->max_value;
  return sum;
}

/* First frame of the quantum, behind `from`, at which the motion is over. */
static uint32_t end_of(const peri__motion *motion, double start, uint32_t from) {
  double place = motion->until - start;
  if (!(place < PERI_QUANTUM)) return PERI_QUANTUM;
  uint32_t whole = place > 0.0 ? (uint32_t)place : 0;
  if ((double)whole < place) whole++;
  return whole <= from ? from + 1 : whole;
}

/* values[i] = base + scale × ratio^i. Four chains of products, since each waits for the one before it. A quantum of
 * them stays within 2e-12 of the powers, relatively. */
static void powers(double base, double scale, double ratio, double *values, uint32_t count) {
  double square = ratio * ratio, fourth = square * square;
  double power[4] = {scale, scale * ratio, scale * square, scale * square * ratio};
  for (uint32_t i = 0; i < count; i++) {
    values[i] = base + power[i & 3];
    power[i & 3] *= fourth;
  }
}

/* Web Audio 1.1, setValueCurveAtTime, of `count` frames from a place between the curve's values on. */
static void curve_values(const peri__event *event, double place, double step, double *values, uint32_t count) {
  uint32_t last = event->curve_count - 2; /* the last one that has another behind it */
  for (uint32_t i = 0; i < count; i++) {
    double at = place + step * i;
    uint32_t k = at > 0.0 ? (uint32_t)at : 0;
    if (k > last) k = last;
    double part = at - k, here = (double)event->curve[k], next = (double)event->curve[k + 1];
    values[i] = here + (next - here) * (part < 1.0 ? part : 1.0);
  }
}

/* Values of `count` frames from `time` on, which the motion lasts. */
static void values_from(const peri__param *param, double time, double *values, uint32_t count) {
  const peri__motion *motion = &param->motion;
  double first = motion_at(motion, &param->anchor, time);
  if (motion->shape == PERI_MOTION_POWER) {
    powers(motion->base, first - motion->base, motion->ratio, values, count);
  } else if (motion->shape == PERI_MOTION_LINE) {
    for (uint32_t i = 0; i < count; i++) values[i] = first + motion->step * i;
  } else {
    curve_values(param->anchor.event, (time - motion->since) * motion->step, motion->step, values, count);
  }
}

/* `computed` of a quantum. */
static void compute(const peri__param *param, const double *restrict intrinsic, const float *restrict added,
                    float *restrict frames) {
  float least = param->info->min_value, most = param->info->max_value, otherwise = param->info->default_value;
  if (added)
    for (int i = 0; i < PERI_QUANTUM; i++) frames[i] = (float)intrinsic[i] + added[i];
  else
    for (int i = 0; i < PERI_QUANTUM; i++) frames[i] = (float)intrinsic[i];
  for (int i = 0; i < PERI_QUANTUM; i++) {
    float sum = frames[i];
    float low = sum < least ? least : sum, both = low > most ? most : low;
    frames[i] = sum == sum ? both : otherwise;
  }
}

static void show(peri__param *param, double intrinsic) {
  atomic_store_explicit(&param->shown, (float)intrinsic, memory_order_relaxed);
}

/* What a quantum that begins with `first` comes to. */
static peri__values note_first(peri__param *param, uint64_t frame, const float *frames, float first, bool steady) {
  param->evaluated = frame + 1;
  param->value = first;
  return (peri__values){frames, first, steady};
}

/* A quantum that is one line, or one power: by a kernel. False where it is neither. */
static bool glide(const peri__render *render, const peri__param *param, double start, double first, float *frames) {
  const peri__motion *motion = &param->motion;
  peri__glide glide = {first, motion->step, 1.0, param->info->min_value, param->info->max_value};
  if (motion->shape == PERI_MOTION_LINE) {
    render->kernels->line(frames, &glide);
    return true;
  }
  if (motion->shape == PERI_MOTION_POWER) {
    glide.base = motion->base;
    glide.scale = first - motion->base;
    glide.ratio = motion->ratio;
    render->kernels->powers(frames, &glide);
    return true;
  }
  double place = (start - motion->since) * motion->step; /* of a curve */
  if (!(place >= 0.0)) return false;
  uint32_t k = (uint32_t)place;
  const peri__event *event = param->anchor.event;
  if (k + 2 > event->curve_count || place + motion->step * (PERI_QUANTUM - 1) > k + 1) return false;
  glide.scale = ((double)event->curve[k + 1] - (double)event->curve[k]) * motion->step;
  render->kernels->line(frames, &glide);
  return true;
}

/* A quantum, piece by piece. */
static void go_along(peri__render *render, peri__param *param, double start, const float *added, float *frames) {
  double values[PERI_QUANTUM];
  for (uint32_t i = 0, end; i < PERI_QUANTUM; i = end) {
    const peri__motion *motion = follow(render, param, start + i);
    end = end_of(motion, start, i);
    values_from(param, start + i, values + i, end - i);
  }
  compute(param, values, added, frames);
}

peri__values peri__param_values(peri__render *render, peri__param *param, uint64_t frame, const float *added,
                                float *frames) {
  double start = (double)frame;
  const peri__motion *motion = follow(render, param, start);
  double intrinsic = motion_at(motion, &param->anchor, start);
  float first = computed(param, intrinsic, added ? added[0] : 0.0f);
  bool whole = motion->until >= start + PERI_QUANTUM;
  show(param, intrinsic);
  if (!param->audio_rate || (whole && !motion->moves)) {
    if (!added || !param->audio_rate) return note_first(param, frame, frames, first, true);
    for (uint32_t i = 0; i < PERI_QUANTUM; i++) frames[i] = computed(param, intrinsic, added[i]);
  } else if (!whole || added || !glide(render, param, start, intrinsic, frames)) {
    go_along(render, param, start, added, frames);
  }
  return note_first(param, frame, frames, first, false);
}

float peri__param_at(peri__render *render, peri__param *param, uint64_t frame) {
  if (param->evaluated == frame + 1) return param->value;
  double intrinsic = motion_at(follow(render, param, (double)frame), &param->anchor, (double)frame);
  show(param, intrinsic);
  return note_first(param, frame, NULL, computed(param, intrinsic, 0.0f), true).first;
}

/* ---- Changes ---------------------------------------------------------------------------------------------------- */

/* What was worked out no longer holds. */
static void unsettle(peri__param *param) {
  param->motion.until = 0.0;
  param->evaluated = 0;
  if (param->input.settled) *param->input.settled = false;
}

static void set_anchor(peri__render *render, peri__param *param, double time, double value) {
  replace_anchor(render, param, (peri__anchor){PERI_EVENT_SET, time, value, NULL, 0});
}

void peri__param_set(peri__render *render, peri__param *param, float value) {
  double now = (double)render->frame;
  advance(render, param, now, true);
  set_anchor(render, param, now, (double)value);
  atomic_store_explicit(&param->shown, value, memory_order_relaxed); /* before it counts as applied */
  unsettle(param);
}

/* Events of the present frame stay on the list: they can be cancelled until it is rendered. */
void peri__param_insert(peri__render *render, peri__param *param, peri__event *event) {
  double now = (double)render->frame;
  advance(render, param, now, false);
  if (event->time < now) event->time = now;
  peri__event **place = &param->events;
  if (param->last && param->last->time <= event->time) place = &param->last->next;
  while (*place && (*place)->time <= event->time) place = &(*place)->next;
  bool first = place == &param->events;
  /* A ramp that is first begins at the last event; where there is none, or a target is under way, it begins now. */
  if (first && is_ramp(event) && (param->anchor.time < 0.0 || param->anchor.type == PERI_EVENT_TARGET))
    set_anchor(render, param, now, value_at(&param->anchor, param->events, now));
  event->next = *place;
  *place = event;
  if (!event->next) param->last = event;
  unsettle(param);
}

/* All events behind `before`; NULL: all. */
static void drop_behind(peri__render *render, peri__param *param, peri__event *before) {
  peri__event **place = before ? &before->next : &param->events, *event = *place;
  *place = NULL;
  param->last = before;
  while (event) {
    peri__event *next = event->next;
    retire_event(render, event);
    event = next;
  }
}

/* Web Audio 1.1, cancelAndHoldAtTime, its steps 4 to 8. */
static void hold(peri__render *render, peri__param *param, double time, peri__event *spare) {
  peri__anchor anchor = param->anchor;
  peri__event *before = NULL, *following = param->events;
  while (following && following->time <= time) {
    anchor = passed(&anchor, following);
    before = following;
    following = following->next;
  }
  double value = value_at(&anchor, following, time);
  if (is_ramp(following) && !(anchor.type == PERI_EVENT_CURVE && time < anchor.curve_end)) {
    following->time = time;
    following->value = (float)value;
    drop_behind(render, param, following);
    retire_event(render, spare);
    return;
  }
  bool running = anchor.type == PERI_EVENT_TARGET || (anchor.type == PERI_EVENT_CURVE && time < anchor.curve_end);
  drop_behind(render, param, before);
  if (!running) {
    retire_event(render, spare);
    return;
  }
  spare->type = PERI_EVENT_SET;
  spare->time = time;
  spare->value = (float)value;
  spare->next = NULL;
  if (before)
    before->next = spare;
  else
    param->events = spare;
  param->last = spare;
  if (anchor.type == PERI_EVENT_CURVE && param->anchor.event == anchor.event) param->anchor.curve_end = time;
}

/* Whether a curve that ends at `end` goes by a cancellation at `time`. Nothing else lies within a curve: an event that
 * does is a hold, which has cut it short. */
static bool reaches(double end, const peri__event *next, double time) {
  double last = next && next->time < end ? next->time : end;
  return last + SAME_FRAME >= time;
}

/* Web Audio 1.1, cancelScheduledValues: also a curve goes that has begun, up to and with its end. What was before it
 * goes on. */
void peri__param_cancel(peri__render *render, peri__param *param, double time, peri__event *spare) {
  double now = (double)render->frame;
  if (time < now) time = now;
  advance(render, param, now, false);
  unsettle(param);
  if (spare) {
    hold(render, param, time, spare);
    return;
  }
  peri__event *before = NULL;
  for (peri__event *event = param->events; event && event->time < time; event = event->next) {
    if (event->type == PERI_EVENT_CURVE && reaches(event->time + event->span, event->next, time)) break;
    before = event;
  }
  const peri__anchor *anchor = &param->anchor;
  bool running = anchor->type == PERI_EVENT_CURVE && reaches(anchor->curve_end, param->events, time);
  drop_behind(render, param, before);
  if (!running) return;
  retire_event(render, param->anchor.event);
  param->anchor = param->beneath;
}

void peri__param_clear(peri__param *param) {
  if (param->anchor.type == PERI_EVENT_CURVE && param->beneath.event)
    peri__release(param->beneath.event, peri__event_bytes(param->beneath.event));
  peri__event *events = param->events;
  if (param->anchor.event) peri__release(param->anchor.event, peri__event_bytes(param->anchor.event));
  while (events) {
    peri__event *next = events->next;
    peri__release(events, peri__event_bytes(events));
    events = next;
  }
  param->events = NULL;
  param->anchor.event = NULL;
}
