/* Buffer sources: a pool of slots. Control writes a slot until it starts and again when it has come back. */
#include "control/control.h"

#include "dsp/math.h"

#include <math.h>

#define GENERATION_SPENT UINT32_MAX

/* ---- Slots ------------------------------------------------------------------------------------------------------ */

static bool add_chunk(peri_engine *engine) {
  if (engine->chunk_count * PERI_SOURCE_CHUNK >= PERI_SOURCE_BIT - PERI_SOURCE_CHUNK)
    return peri__fail("too many sources");
  peri__source_chunk **chunks = peri__grow((void *)engine->chunks, sizeof *chunks, engine->chunk_count,
                                           &engine->chunk_capacity, engine->chunk_count + 1);
  if (!chunks) return false;
  engine->chunks = chunks;
  peri__source_chunk *chunk = PERI_NEW(peri__source_chunk);
  if (!chunk) return false;
  uint32_t first = (uint32_t)engine->chunk_count * PERI_SOURCE_CHUNK;
  chunks[engine->chunk_count++] = chunk;
  for (uint32_t k = PERI_SOURCE_CHUNK; k-- > 0;) {
    chunk->source[k].index = first + k;
    chunk->source[k].generation = 1;
    chunk->source[k].link.next = (peri__link *)engine->free_source;
    engine->free_source = &chunk->source[k];
  }
  return true;
}

static peri__source *take_slot(peri_engine *engine) {
  if (!engine->free_source && !add_chunk(engine)) return NULL;
  peri__source *source = engine->free_source;
  engine->free_source = (peri__source *)(void *)source->link.next;
  engine->sources++;
  return source;
}

static void give_slot(peri_engine *engine, peri__source *source) {
  engine->sources--;
  atomic_store_explicit(&source->phase, PERI_SOURCE_FREE, memory_order_relaxed);
  if (source->generation == GENERATION_SPENT) return;
  source->generation++;
  source->link.next = (peri__link *)engine->free_source;
  engine->free_source = source;
}

peri__source *peri__find_source(peri_engine *engine, peri_node id) {
  peri__source *source = peri__peek_source(engine, id);
  if (source) return source;
  uint32_t index = (uint32_t)id & ~PERI_SOURCE_BIT, generation = (uint32_t)(id >> 32);
  size_t chunk = index / PERI_SOURCE_CHUNK;
  if (id == 0)
    peri__fail("the source is null");
  else if (!((uint32_t)id & PERI_SOURCE_BIT))
    peri__fail("node %#llx is no buffer source", (unsigned long long)id);
  else if (chunk >= engine->chunk_count || generation == 0 ||
           generation > engine->chunks[chunk]->source[index % PERI_SOURCE_CHUNK].generation)
    peri__fail("source %#llx is not of this engine", (unsigned long long)id);
  else
    peri__fail("source %#llx is gone: it has ended, or was released before it started", (unsigned long long)id);
  return NULL;
}

/* ---- What the voice reads --------------------------------------------------------------------------------------- */

double peri__rate_ratio(const peri_engine *engine, const peri__storage *storage) {
  double rate = storage ? storage->sample_rate : engine->sample_rate;
  return rate == engine->sample_rate ? 1.0 : rate / engine->sample_rate;
}

void peri__source_gains(const peri__source *source, float volume, uint32_t channels, float gain[4]) {
  float pan = source->pan;
  gain[0] = gain[1] = volume;
  gain[2] = gain[3] = 0.0f;
  if (!(source->flags & PERI_SOURCE_PANNED) || channels > 2) return;
  bool mono = channels == 1;
  if (pan == 0.0f) { /* the middle, where most sounds are: to the bit what the sines below come to */
    if (mono) gain[0] = gain[1] = volume * 0.70710678118654752440f;
    return;
  }
  double x = mono ? ((double)pan + 1.0) / 2.0 : pan <= 0.0f ? (double)pan + 1.0 : (double)pan;
  peri__pair sides = peri__sin_quarters((peri__pair){1.0 - x, x});
  float left = volume * (float)sides[0], right = volume * (float)sides[1];
  if (mono)
    gain[0] = left, gain[1] = right;
  else if (pan <= 0.0f)
    gain[1] = right, gain[2] = left;
  else
    gain[0] = left, gain[3] = right;
}

static int64_t fixed_frames(double frames) {
  double limit = (double)((int64_t)1 << 30);
  if (!(frames > 0.0)) return 0;
  if (frames > limit) frames = limit;
  double whole = (double)(int64_t)(frames + 0.5), away = frames - whole;
  if (away < 1.0 / 1024 && away > -1.0 / 1024) frames = whole;
  return (int64_t)(frames * (double)PERI_ONE + 0.5);
}

/* Web Audio 1.1, actualLoopStart and actualLoopEnd. */
void peri__source_loop_points(const peri__source *source, const peri__storage *storage, int64_t *start, int64_t *end) {
  const peri__source_details *details = peri__source_details_now(source);
  *start = 0;
  *end = storage ? (int64_t)storage->frames << 32 : 0;
  if (!storage || !details ||
      !(details->loop_start_seconds >= 0.0 && details->loop_end_seconds > details->loop_start_seconds))
    return;
  int64_t from = fixed_frames(details->loop_start_seconds * storage->sample_rate);
  int64_t to = fixed_frames(details->loop_end_seconds * storage->sample_rate);
  if (to > *end) to = *end;
  if (from < to) *start = from, *end = to;
}

/* Before the start; PERI_VOICE_FINE_LOOP is not set yet. */
static void set_voice_loop(peri__source *source, peri__voice *voice) {
  peri__source_details *details = peri__source_details_now(source);
  voice->loop_start = 0;
  voice->loop_end = voice->frames;
  if (!details) return;
  peri__source_loop_points(source, peri__source_storage(source), &details->loop_start, &details->loop_end);
  voice->loop_start = (uint32_t)(details->loop_start >> 32);
  voice->loop_end = (uint32_t)(details->loop_end >> 32);
  bool fine = (uint32_t)details->loop_start || (uint32_t)details->loop_end;
  if (fine) voice->flags |= PERI_VOICE_FINE_LOOP;
}

int64_t peri__source_step(const peri_engine *engine, const peri__source *source, const peri__storage *storage) {
  const peri__source_details *details = peri__source_details_now(source);
  double ratio = peri__rate_ratio(engine, storage);
  if (ratio == 1.0 && source->playback_rate == 1.0f && !details) return PERI_ONE;
  return peri__step((double)source->playback_rate, details ? (double)details->detune : 0.0, ratio);
}

/* Before the start, all at once. */
static void set_up_voice(const peri_engine *engine, peri__source *source) {
  peri__voice *voice = peri__voice_of(source);
  const peri__storage *storage = peri__source_storage(source);
  voice->samples = storage ? peri__storage_data(storage) : NULL;
  voice->frames = storage ? storage->frames : 0;
  voice->channels = (uint8_t)(storage ? storage->channels : 1);
  voice->flags = 0;
  if (source->flags & PERI_SOURCE_PANNED) voice->flags |= PERI_VOICE_PANNED;
  if (storage && source->flags & PERI_SOURCE_LOOPS) voice->flags |= PERI_VOICE_LOOP;
  if (source->flags & PERI_SOURCE_IS_PAUSED) voice->flags |= PERI_VOICE_PAUSED;
  if (storage && storage->nonfinite) voice->flags |= PERI_VOICE_NONFINITE;
  if (storage && storage->samples16) voice->flags |= PERI_VOICE_S16;
  voice->step = peri__source_step(engine, source, storage);
  voice->stop = PERI_NEVER;
  voice->position = 0;
  peri__source_gains(source, source->volume, voice->channels, voice->gain);
  set_voice_loop(source, voice);
  peri__source_details *details = peri__source_details_now(source);
  if (!details) return;
  details->rate_ratio = peri__rate_ratio(engine, storage);
  voice->flags |= PERI_VOICE_DETAILED;
  peri__filter *filter = atomic_load_explicit(&details->filter, memory_order_relaxed);
  if (!filter || filter->set.type == PERI_FILTER_NONE) return;
  peri__filter_coefs(&filter->set, engine->sample_rate, filter->coefs);
  voice->flags |= PERI_VOICE_FILTERED;
}

/* ---- Destinations ----------------------------------------------------------------------------------------------- */

/* Sends a larger list ahead if one more voice would not fit. Room for the command was reserved. */
static bool room_in_list(peri_engine *engine, peri__input *input) {
  uint32_t needed = input->started + 1;
  if (needed <= input->promised) return true;
  uint32_t capacity = needed <= 8 ? 8 : needed <= 128 ? 128 : needed + needed / 2;
#ifdef PERI_VALIDATE
  if (needed <= 128) capacity = needed; /* lists change all the time */
#endif
  size_t bytes = sizeof(peri__voice_list) + capacity * sizeof(peri__voice *);
  peri__voice_list *list = peri__allocate(bytes, 16);
  if (!list) return false;
  list->retired.kind = PERI_RETIRED_VOICE_LIST;
  list->capacity = capacity;
  engine->list_bytes += bytes;
  input->promised = capacity;
  PERI_SEND(engine, VOICE_LIST, input, list);
  return true;
}

static void count_source(peri_engine *engine, peri__input *input, int more) {
  input->sources += (uint32_t)more;
  if (input->node == PERI_NONE) return;
  peri__graph_node *node = &engine->graph.nodes[input->node];
  node->sources += (uint32_t)more;
  if (node->sources == 0 && !node->held) engine->graph.dirty = true;
}

void peri__source_raise_channels(peri_engine *engine, peri__input *input, uint32_t channels) {
  if (channels <= input->channels) return;
  input->channels = channels;
  engine->graph.dirty = true;
}

uint32_t peri__source_channels(const peri__source *source) {
  const peri__source_details *details = peri__source_details_now(source);
  uint32_t channels = source->use ? source->use->storage->channels : 1;
  uint32_t next = details && details->offered ? details->offered->use->storage->channels : 1;
  return next > channels ? next : channels;
}

static void enter(peri_engine *engine, peri__source *source, peri__input *input) {
  count_source(engine, input, 1);
  uint32_t channels = peri__source_channels(source);
  peri__source_raise_channels(engine, input, channels == 1 && source->flags & PERI_SOURCE_PANNED ? 2 : channels);
  source->destination = input;
}

/* A started one moves with the next plan. */
static bool note_move(peri_engine *engine, peri__source *source, peri__input *from, peri__input *to) {
  peri__graph *graph = &engine->graph;
  peri__move *moves =
      peri__grow(graph->moves, sizeof *moves, graph->move_count, &graph->move_capacity, graph->move_count + 1);
  if (!moves) return false;
  graph->moves = moves;
  if (!PERI_ROOM(engine, VOICE_LIST) || !room_in_list(engine, to)) return false;
  moves[graph->move_count++] = (peri__move){source, source->generation, from, to};
  to->started++; /* the other one has it until the move is sent */
  graph->dirty = true;
  return true;
}

bool peri__source_attach(peri_engine *engine, peri__source *source, peri__input *input) {
  peri__input *from = source->destination, *to = input ? input : &engine->render.nowhere;
  if (peri__source_started(source) && !note_move(engine, source, from, to)) return false;
  count_source(engine, from, -1);
  enter(engine, source, to);
  return true;
}

uint32_t peri__source_junction(peri_engine *engine, peri__source *source) {
  peri__source_details *details = peri__source_details_of(engine, source);
  if (!details) return PERI_NONE;
  if (details->junction != PERI_NONE) return details->junction;
  peri__param *params = peri__source_params(engine, source);
  if (!params) return PERI_NONE;
  peri_node_def def = peri_default_node_def(PERI_NODE_BUFFER_SOURCE);
  uint32_t index = peri__graph_add(engine, &def, params);
  if (index == PERI_NONE) return PERI_NONE;
  peri__graph_node *node = &engine->graph.nodes[index];
  node->source = source;
  if (!peri__source_attach(engine, source, &node->render->inputs[0])) {
    node->source = NULL;
    node->render->params = NULL; /* they stay the source's */
    return PERI_NONE;
  }
  details->junction = index;
  return index;
}

/* ---- Create ----------------------------------------------------------------------------------------------------- */

static inline bool take_use(peri_engine *engine, peri__source *source, peri_buffer *buffer) {
  peri__use *use = engine->last_use;
  if (!(use && peri__use_is_of(use, buffer)) && !(use = peri__use_find_or_make(engine, buffer))) return false;
  use->count++;
  source->use = use;
  source->flags |= PERI_SOURCE_HAD_BUFFER;
  return true;
}

static void drop_use(peri_engine *engine, peri__source *source) {
  peri__use_drop(engine, source->use);
  source->use = NULL;
}

bool peri__source_take_buffer(peri_engine *engine, peri__source *source, peri_buffer *buffer) {
  peri__use *before = source->use;
  source->use = NULL;
  if (buffer && !take_use(engine, source, buffer)) {
    source->use = before;
    return false;
  }
  peri__use_drop(engine, before);
  return true;
}

/* What of a definition is not plain goes into the details. */
static bool detail(peri_engine *engine, peri__source *source, const peri_source_def *def) {
  bool filtered = def->filter.type != PERI_FILTER_NONE;
  bool any = (def->notify && def->user) || def->detune != 0.0f || def->loop_start != 0.0 || def->loop_end != 0.0;
  if (!any && !filtered) return true;
  peri__source_details *details = peri__source_details_of(engine, source);
  if (!details) return false;
  details->user = def->user;
  details->detune = def->detune;
  details->loop_start_seconds = def->loop_start;
  details->loop_end_seconds = def->loop_end;
  peri__filter *filter = filtered ? peri__source_filter_of(engine, source) : NULL;
  if (filter) filter->set = def->filter;
  return filter || !filtered;
}

/* A slot, set up by a definition that was checked, as a source of `input`; NULL on failure. */
static peri__source *create(peri_engine *engine, const peri_source_def *def, peri__def_kind kind, peri__input *input) {
  peri__reclaim_some(engine);
  peri__source *source = take_slot(engine);
  if (!source) return NULL;
  source->use = NULL;
  source->flags = (uint8_t)((def->notify ? PERI_SOURCE_NOTIFY : 0) | (def->panned ? PERI_SOURCE_PANNED : 0) |
                            (def->whole_frames ? PERI_SOURCE_WHOLE_FRAMES : 0) | (def->loop ? PERI_SOURCE_LOOPS : 0));
  source->owner = (uint16_t)def->owner;
  source->volume = def->volume;
  source->pan = def->pan;
  source->playback_rate = def->playback_rate;
  peri__voice_of(source)->interpolation = (uint8_t)(def->interpolation ? def->interpolation : engine->interpolation);
  if ((kind != PERI_DEF_PLAIN && !detail(engine, source, def)) ||
      (def->buffer && !take_use(engine, source, def->buffer))) {
    peri__source_drop_details(engine, source);
    give_slot(engine, source);
    return NULL;
  }
  atomic_store_explicit(&source->phase, PERI_SOURCE_NEW, memory_order_relaxed);
  enter(engine, source, input);
  return source;
}

/* Out of the graph, all that it held let go, the slot free. The audio thread does not know it (any more). */
static void destroy(peri_engine *engine, peri__source *source) {
  peri__input *input = source->destination;
  if (peri__source_started(source)) input->started--;
  count_source(engine, input, -1);
  peri__source_drop_details(engine, source);
  drop_use(engine, source);
  give_slot(engine, source);
}

peri_node peri_source_create(peri_engine *engine, const peri_source_def *def) {
  peri__lock(engine);
  peri__def_kind kind = peri__check_source_def(engine, def);
  peri__source *source = kind != PERI_DEF_WRONG ? create(engine, def, kind, &engine->render.nowhere) : NULL;
  peri_node id = source ? peri__source_id(source) : 0;
  peri__unlock(engine);
  return id;
}

void peri__source_release(peri_engine *engine, peri__source *source) {
  if (!peri__source_started(source)) destroy(engine, source);
}

bool peri__source_reclaim(peri_engine *engine, peri__source *source) {
  const peri__source_details *details = peri__source_details_now(source);
  if (source->flags & PERI_SOURCE_NOTIFY) {
    peri_event event = {
        .type = PERI_EVENT_ENDED, .source = peri__source_id(source), .user = details ? details->user : 0};
    if (!peri__owner_notify(engine, source->owner, &event)) return false;
  }
  destroy(engine, source);
  return true;
}

void peri__sources_destroy(peri_engine *engine) {
  for (size_t c = 0; c < engine->chunk_count; c++) {
    for (uint32_t k = 0; k < PERI_SOURCE_CHUNK; k++) {
      peri__source *source = &engine->chunks[c]->source[k];
      if (atomic_load(&source->phase) != PERI_SOURCE_FREE) destroy(engine, source);
    }
  }
  peri__details_destroy(engine);
  for (size_t c = 0; c < engine->chunk_count; c++) peri__release(engine->chunks[c], sizeof **engine->chunks);
  peri__release((void *)engine->chunks, engine->chunk_capacity * sizeof(void *));
}

/* ---- Start and stop --------------------------------------------------------------------------------------------- */

typedef struct start_plan {
  double when, offset, duration, fade_in;
} start_plan;

/* What of a start is not plain goes into the details. */
static bool detail_start(peri_engine *engine, peri__source *source, const start_plan *plan, uint32_t fraction) {
  bool plain = plan->offset <= 0.0 && plan->duration == INFINITY && plan->fade_in <= 0.0 && !fraction;
  if (plain) return true;
  peri__source_details *details = peri__source_details_of(engine, source);
  if (!details) return false;
  const peri__storage *storage = peri__source_storage(source);
  double rate = storage ? storage->sample_rate : engine->sample_rate;
  int64_t end = storage ? (int64_t)storage->frames << 32 : PERI_NEVER, offset = fixed_frames(plan->offset * rate);
  details->offset = details->set_offset = offset < end ? offset : end;
  details->duration = plan->duration * rate < (double)(1 << 30) ? fixed_frames(plan->duration * rate) : PERI_NEVER;
  details->elapsed = 0;
  details->fraction = fraction;
  details->ramp_frames =
      (uint32_t)(plan->fade_in * engine->sample_rate < 4e9 ? plan->fade_in * engine->sample_rate + 0.5 : 4e9);
  return true;
}

static void begin_silent(peri__voice *voice, peri__source_details *details) {
  for (int k = 0; k < 4; k++) {
    details->target[k] = voice->gain[k];
    if (details->ramp_frames) voice->gain[k] = 0.0f;
  }
}

/* At a time that is not past; the part of a frame before the first one that sounds. */
static uint32_t set_start(const peri_engine *engine, peri__source *source, double when) {
  double frames = peri__frames_of(engine, when);
  if (source->flags & PERI_SOURCE_WHOLE_FRAMES) frames = floor(frames + 0.5);
  double first = ceil(frames);
  if (frames <= (double)source->start) return 0;
  source->start = (int64_t)first;
  return (uint32_t)((first - frames) * (double)PERI_ONE);
}

/* `plan` NULL: at once, from the beginning to the end. */
static bool start(peri_engine *engine, peri__source *source, const start_plan *plan) {
  if (engine->graph.dirty && !peri__compile(engine)) return false;
  if (!peri__commands_reserve(&engine->render.commands,
                              PERI_COMMAND_BYTES(VOICE_LIST) + PERI_COMMAND_BYTES(SOURCE_START)))
    return false;
  source->start = (int64_t)atomic_load_explicit(&engine->render.published, memory_order_acquire);
  if (plan) {
    uint32_t fraction = plan->when > 0.0 ? set_start(engine, source, plan->when) : 0;
    if (!detail_start(engine, source, plan, fraction)) return false;
  }
  if (!room_in_list(engine, source->destination)) return false;
  peri__voice *voice = peri__voice_of(source);
  set_up_voice(engine, source);
  if (plan && plan->fade_in > 0.0) begin_silent(voice, peri__source_details_now(source));
  source->destination->started++;
  source->flags |= PERI_SOURCE_WAS_STARTED;
  PERI_SEND(engine, SOURCE_START, voice, source->destination);
  return peri__publish(engine);
}

static bool check_not_started(const peri__source *source) {
  return peri__source_started(source) ? peri__fail("a source can be started only once: create another one") : true;
}

bool peri_source_start(peri_engine *engine, peri_node id, double when, double offset, double duration) {
  if (peri__is_node(id)) return peri__scheduled_start(engine, id, when, offset, duration);
  bool plain = when == 0.0 && offset == 0.0 && duration == INFINITY;
  if (!plain && (!peri__check_time("the start time", when) || !peri__check_time("offset", offset) ||
                 !peri__check_duration(duration)))
    return false;
  peri__lock(engine);
  peri__source *source = peri__peek_source(engine, id);
  if (!source) source = peri__find_source(engine, id);
  bool done = source && check_not_started(source) &&
              (!peri__source_is_behind(source) || peri__source_acquire(engine, source)) &&
              start(engine, source, plain ? NULL : &(start_plan){when, offset, duration, 0.0});
  peri__unlock(engine);
  return done;
}

static peri_node play(peri_engine *engine, const peri_source_def *def, peri__def_kind kind, peri_node destination) {
  const peri__graph_node *node = peri__peek_node(engine, destination);
  if (!node && !(node = peri__find_node(engine, destination))) return 0;
  const peri__node *render = node->render;
  if (render->input_count == 0)
    return peri__fail("a source cannot play into %s", render->kind->info.name), (peri_node)0;
  peri__source *source = create(engine, def, kind, &render->inputs[0]);
  if (!source) return 0;
  start_plan plan = {def->at, def->offset, def->duration, def->fade_in};
  if (start(engine, source, kind == PERI_DEF_PLAIN ? NULL : &plan)) return peri__source_id(source);
  destroy(engine, source);
  return 0;
}

peri_node peri_source_play(peri_engine *engine, const peri_source_def *def, peri_node destination) {
  peri__lock(engine);
  peri__def_kind kind = peri__check_source_def(engine, def);
  peri_node id = kind != PERI_DEF_WRONG ? play(engine, def, kind, destination) : 0;
  peri__unlock(engine);
  return id;
}

static bool check_started(const peri__source *source) {
  return peri__source_started(source) ? true : peri__fail("a source that was not started cannot be stopped");
}

static bool stop(peri_engine *engine, peri__source *source, double when) {
  if (!PERI_ROOM(engine, SOURCE_STOP)) return false;
  double frames = peri__frames_of(engine, when);
  if (source->flags & PERI_SOURCE_WHOLE_FRAMES) frames = floor(frames + 0.5);
  PERI_SEND(engine, SOURCE_STOP, peri__voice_of(source), (int64_t)ceil(frames));
  return peri__publish(engine);
}

bool peri_source_stop(peri_engine *engine, peri_node id, double when) {
  if (peri__is_node(id)) return peri__scheduled_stop(engine, id, when);
  if (!peri__check_time("the stop time", when)) return false;
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  bool done = source && check_started(source) && stop(engine, source, when);
  peri__unlock(engine);
  return done;
}

static bool fade_out(peri_engine *engine, peri__source *source, double fade, double when) {
  if (!peri__source_details_of(engine, source) || !PERI_ROOM(engine, SOURCE_FADE_OUT)) return false;
  double frames = fade * engine->sample_rate, at = floor(peri__frames_of(engine, when) + 0.5);
  double now = (double)peri_engine_frame(engine);
  PERI_SEND(engine, SOURCE_FADE_OUT, peri__voice_of(source), (int64_t)(at > now ? at : now),
            frames < 4e9 ? (uint32_t)(frames + 0.5) : 4000000000u);
  return peri__publish(engine);
}

bool peri_source_fade_out(peri_engine *engine, peri_node id, double fade, double when) {
  if (!peri__check_time("fade", fade) || !peri__check_time("the stop time", when)) return false;
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  bool done = source && check_started(source) && fade_out(engine, source, fade, when);
  peri__unlock(engine);
  return done;
}

/* What has just ended, on the audio thread, is not to tell the owner's successor either. */
void peri__source_stop_owner(peri_engine *engine, peri_owner owner) {
  for (size_t c = 0; c < engine->chunk_count; c++) {
    for (uint32_t k = 0; k < PERI_SOURCE_CHUNK; k++) {
      peri__source *source = &engine->chunks[c]->source[k];
      unsigned phase = atomic_load_explicit(&source->phase, memory_order_relaxed);
      if (phase == PERI_SOURCE_FREE || source->owner != owner) continue;
      source->owner = 0;
      source->flags &= (uint8_t)~PERI_SOURCE_NOTIFY;
      if (phase == PERI_SOURCE_ENDED) continue;
      if (!peri__source_started(source))
        destroy(engine, source);
      else if (!fade_out(engine, source, 0.005, 0.0))
        stop(engine, source, 0.0); /* for want of memory */
    }
  }
}
