/* The dispatcher of commands. */
#include "render/gains.h"
#include "render/successor.h"

/* A command may come after its source has ended: then there is nothing left to do. Until control has had the source
 * back, nobody else writes to it. */
static bool is_live(peri__voice *voice) {
  unsigned phase = atomic_load_explicit(&peri__source_of(voice)->phase, memory_order_relaxed);
  return phase == PERI_SOURCE_STARTED || phase == PERI_SOURCE_SOUNDING;
}

/* Voices that move all out of one list leave it in one pass: before anything else happens to the list, or to them. */
static void settle_moves(peri__render *render) {
  if (render->leaving) peri__voices_remove_moving(render->leaving);
  render->leaving = NULL;
}

static void start(peri__render *render, peri__voice *voice, peri__input *input) {
  if (input == render->leaving) settle_moves(render);
  peri__source *source = peri__source_of(voice);
  peri__voices_add(input, voice);
  render->now_started++;
  voice->flags |= PERI_VOICE_PENDING;
  if (voice->flags & PERI_VOICE_PAUSED) peri__voice_hold(voice, (int64_t)render->frame); /* it has no stop yet */
  if (source->start <= (int64_t)render->frame && !(voice->flags & PERI_VOICE_DETAILED))
    peri__playhead_begin(voice); /* most: nothing is left to do at the start */
  else
    atomic_store_explicit(&source->phase, PERI_SOURCE_STARTED, memory_order_relaxed);
}

/* The position is asked for: one that is paused shows it at once, since it will not be played. */
static void detail(peri__voice *voice, bool watched) {
  peri__source_details *details = peri__voice_detailed(voice);
  details->watched |= watched;
  if (watched && voice->flags & PERI_VOICE_PAUSED && !(voice->flags & PERI_VOICE_PENDING))
    atomic_store_explicit(&details->shown_position, voice->position, memory_order_relaxed);
}

static void set_loop(peri__voice *voice, bool loop, int64_t from, int64_t to) {
  if (!loop) {
    voice->flags &= (uint16_t) ~(PERI_VOICE_LOOP | PERI_VOICE_ENTERED | PERI_VOICE_WRAPPED);
    return;
  }
  voice->flags |= PERI_VOICE_LOOP;
  peri__voice_set_loop_points(voice, from, to);
}

static void set_buffer(peri__voice *voice, const peri__storage *storage, double rate_ratio) {
  peri__voice_detailed(voice)->rate_ratio = rate_ratio;
  peri__voice_set_storage(voice, storage);
}

_Static_assert(PERI_SENT_COEFS == PERI_FILTER_COEFS, "a command holds a filter");

/* From where it is to the new filter, or to letting all pass; the first one from letting all pass. */
static void set_filter(peri__voice *voice, const float coefs[PERI_FILTER_COEFS], uint32_t quanta, bool leaves) {
  const peri__source_details *details = atomic_load_explicit(&peri__source_of(voice)->details, memory_order_acquire);
  peri__filter *filter = atomic_load_explicit(&details->filter, memory_order_acquire);
  bool filtered = (voice->flags & PERI_VOICE_FILTERED) != 0;
  if (leaves && !filtered) return;
  if (!filtered) peri__filter_pass(coefs, filter->coefs);
  if (leaves)
    peri__filter_pass(filter->coefs, filter->target);
  else
    memcpy(filter->target, coefs, sizeof filter->target);
  voice->flags |= PERI_VOICE_FILTERED;
  if (!quanta) memcpy(filter->coefs, filter->target, sizeof filter->coefs);
  filter->quanta = quanta;
  filter->leaves = leaves;
}

/* The record is the only one that control may still write to: it takes a plan back that has been overtaken. */
static void take_plan(peri__render *render, const peri__command *command) {
  peri__plan_place *place = (peri__plan_place *)&command->PLAN.plan;
  peri__plan *plan = atomic_exchange_explicit(place, NULL, memory_order_acquire);
  if (!plan) return;
  if (render->plan) peri__handback_add(&render->retired, &render->plan->retired.link);
  render->plan = plan;
}

/* Likewise. */
static void take_successor(peri__render *render, const peri__command *command) {
  peri__successor_place *place = (peri__successor_place *)&command->SOURCE_SUCCESSOR.successor;
  peri__successor *successor = atomic_exchange_explicit(place, NULL, memory_order_acquire);
  if (!successor) return;
  if (is_live(command->SOURCE_SUCCESSOR.voice))
    peri__voice_set_successor(render, command->SOURCE_SUCCESSOR.voice, successor);
  else
    peri__handback_add(&render->retired, &successor->retired.link);
}

static void move(peri__render *render, peri__voice *voice, peri__input *from, peri__input *to) {
  if (render->leaving != from || render->leaving == to || voice->flags & PERI_VOICE_MOVING) settle_moves(render);
  render->leaving = from;
  voice->flags |= PERI_VOICE_MOVING;
  peri__voices_add(to, voice);
}

static void replace_list(peri__render *render, peri__input *input, peri__voice_list *list) {
  peri__voice_list *old = input->list;
  for (uint32_t v = 0; v < input->count; v++) list->voice[v] = old->voice[v];
  input->list = list;
  if (old) peri__handback_add(&render->retired, &old->retired.link);
}

void peri__node_return_parts(peri__render *render, peri__node *node) {
  peri__part *part;
  while ((part = node->kind->spent_part(node->state)) != NULL)
    peri__handback_add(&render->retired, &part->retired.link);
}

static void set_part(peri__render *render, peri__node *node, peri__part *part) {
  if (node->kind->take_part) {
    node->kind->take_part(node->state, part);
    peri__node_return_parts(render, node);
    return;
  }
  if (node->part) peri__handback_add(&render->retired, &node->part->retired.link);
  node->part = part;
}

/* The past means now. */
static void start_node(const peri__render *render, peri__node *node, double frame) {
  double now = (double)render->frame;
  node->start = frame > now ? frame : now;
}

void peri__render_apply(peri__render *render) {
  const peri__command *c;
  uint64_t applied = 0;
  while ((c = peri__commands_next(&render->commands)) != NULL) {
    applied++;
    switch ((peri__command_type)c->type) {
    case PERI_COMMAND_PLAN: take_plan(render, c); break;
    case PERI_COMMAND_SOURCE_MOVE:
      if (is_live(c->SOURCE_MOVE.voice)) move(render, c->SOURCE_MOVE.voice, c->SOURCE_MOVE.from, c->SOURCE_MOVE.to);
      break;
    case PERI_COMMAND_SOURCE_DETAILS:
      if (is_live(c->SOURCE_DETAILS.voice)) detail(c->SOURCE_DETAILS.voice, c->SOURCE_DETAILS.watched);
      break;
    case PERI_COMMAND_VOICE_LIST: replace_list(render, c->VOICE_LIST.input, c->VOICE_LIST.list); break;
    case PERI_COMMAND_SOURCE_START: start(render, c->SOURCE_START.voice, c->SOURCE_START.input); break;
    case PERI_COMMAND_SOURCE_STOP:
      if (is_live(c->SOURCE_STOP.voice)) peri__voice_stop(c->SOURCE_STOP.voice, c->SOURCE_STOP.frame);
      break;
    case PERI_COMMAND_SOURCE_FADE_OUT:
      if (is_live(c->SOURCE_FADE_OUT.voice))
        peri__voice_fade_out(render, c->SOURCE_FADE_OUT.voice, c->SOURCE_FADE_OUT.frame, c->SOURCE_FADE_OUT.frames);
      break;
    case PERI_COMMAND_SOURCE_GAINS:
      if (is_live(c->SOURCE_GAINS.voice))
        peri__voice_set_gains(c->SOURCE_GAINS.voice, c->SOURCE_GAINS.gain, c->SOURCE_GAINS.frames,
                              c->SOURCE_GAINS.keep_ramp);
      break;
    case PERI_COMMAND_SOURCE_STEP:
      if (is_live(c->SOURCE_STEP.voice)) c->SOURCE_STEP.voice->step = c->SOURCE_STEP.step;
      break;
    case PERI_COMMAND_SOURCE_LOOP:
      if (is_live(c->SOURCE_LOOP.voice))
        set_loop(c->SOURCE_LOOP.voice, c->SOURCE_LOOP.loop, c->SOURCE_LOOP.start, c->SOURCE_LOOP.end);
      break;
    case PERI_COMMAND_SOURCE_PAUSE:
      if (is_live(c->SOURCE_PAUSE.voice)) peri__voice_pause(render, c->SOURCE_PAUSE.voice, c->SOURCE_PAUSE.pause);
      break;
    case PERI_COMMAND_SOURCE_FILTER:
      if (is_live(c->SOURCE_FILTER.voice))
        set_filter(c->SOURCE_FILTER.voice, c->SOURCE_FILTER.coefs, c->SOURCE_FILTER.quanta, c->SOURCE_FILTER.leaves);
      break;
    case PERI_COMMAND_SOURCE_INTERPOLATION:
      if (is_live(c->SOURCE_INTERPOLATION.voice))
        c->SOURCE_INTERPOLATION.voice->interpolation = (uint8_t)c->SOURCE_INTERPOLATION.interpolation;
      break;
    case PERI_COMMAND_SOURCE_BUFFER:
      if (is_live(c->SOURCE_BUFFER.voice))
        set_buffer(c->SOURCE_BUFFER.voice, c->SOURCE_BUFFER.storage, c->SOURCE_BUFFER.rate_ratio);
      break;
    case PERI_COMMAND_SOURCE_SUCCESSOR: take_successor(render, c); break;
    case PERI_COMMAND_NODE_OPTION:
      c->NODE_OPTION.node->kind->set_option(c->NODE_OPTION.node->state, c->NODE_OPTION.option, c->NODE_OPTION.value);
      break;
    case PERI_COMMAND_NODE_PART: set_part(render, c->NODE_PART.node, c->NODE_PART.part); break;
    case PERI_COMMAND_NODE_START: start_node(render, c->NODE_START.node, c->NODE_START.frame); break;
    case PERI_COMMAND_NODE_STOP: c->NODE_STOP.node->stop = c->NODE_STOP.frame; break;
    case PERI_COMMAND_PARAM_VALUE:
      peri__param_set(render, c->PARAM_VALUE.param, c->PARAM_VALUE.value);
      atomic_store_explicit(&c->PARAM_VALUE.param->applied, c->PARAM_VALUE.sequence, memory_order_release);
      break;
    case PERI_COMMAND_PARAM_EVENT: peri__param_insert(render, c->PARAM_EVENT.param, c->PARAM_EVENT.event); break;
    case PERI_COMMAND_PARAM_CANCEL:
      peri__param_cancel(render, c->PARAM_CANCEL.param, c->PARAM_CANCEL.time, c->PARAM_CANCEL.hold);
      break;
    case PERI_COMMAND_PARAM_RATE: c->PARAM_RATE.param->audio_rate = c->PARAM_RATE.audio_rate; break;
    }
  }
  settle_moves(render);
  if (render->now_started) atomic_fetch_add_explicit(&render->started, render->now_started, memory_order_relaxed);
  render->now_started = 0;
  if (applied) atomic_fetch_add_explicit(&render->applied, applied, memory_order_release);
}
