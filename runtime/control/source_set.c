/* What can be read of a source and changed while it plays. */
#include "control/control.h"

#include <math.h>

peri_source_state peri_source_get_state(peri_engine *engine, peri_node id) {
  if (peri__is_node(id)) return peri__scheduled_state(engine, id);
  peri__lock(engine);
  peri__source *source = peri__peek_source(engine, id);
  peri_source_state state = PERI_SOURCE_GONE;
  if (source) {
    unsigned phase = atomic_load_explicit(&source->phase, memory_order_relaxed);
    state = !peri__source_started(source)           ? PERI_SOURCE_CREATED
            : phase == PERI_SOURCE_ENDED            ? PERI_SOURCE_GONE
            : source->flags & PERI_SOURCE_IS_PAUSED ? PERI_SOURCE_PAUSED
            : phase == PERI_SOURCE_SOUNDING         ? PERI_SOURCE_PLAYING
                                                    : PERI_SOURCE_SCHEDULED;
  }
  peri__unlock(engine);
  return state;
}

uint32_t peri_sources_keep(peri_engine *engine, peri_node *sources, uint32_t count) {
  uint32_t kept = 0;
  peri__lock(engine);
  for (uint32_t s = 0; s < count; s++) {
    if (peri__peek_source(engine, sources[s])) sources[kept++] = sources[s];
  }
  peri__unlock(engine);
  return kept;
}

/* Where the playhead must be by the clock, in 32.32 frames: good until the audio thread has shown it once. */
static int64_t extrapolate(const peri_engine *engine, const peri__source *source, const peri__source_details *details) {
  const peri__storage *storage = peri__source_storage(source);
  int64_t start, end, frames = (int64_t)peri_engine_frame(engine) - source->start;
  double position = (double)details->set_offset;
  if (peri__source_started(source) && frames > 0)
    position += (double)frames * (double)peri__source_step(engine, source, storage);
  peri__source_loop_points(source, storage, &start, &end);
  if (source->flags & PERI_SOURCE_LOOPS && position >= (double)end && end > start)
    position = (double)start + fmod(position - (double)start, (double)(end - start));
  double last = storage ? (double)storage->frames * (double)PERI_ONE : 0.0;
  return (int64_t)(position < 0.0 ? 0.0 : position > last ? last : position);
}

/* From the first question on, the audio thread shows the position. */
static bool watch(peri_engine *engine, peri__source *source, peri__source_details *details) {
  if (details->asked) return true;
  if (!peri__source_started(source)) {
    details->asked = details->watched = true;
    return true;
  }
  if (!PERI_ROOM(engine, SOURCE_DETAILS)) return false;
  details->asked = true;
  atomic_store_explicit(&details->shown_position, -1, memory_order_relaxed); /* what was shown may be old */
  PERI_SEND(engine, SOURCE_DETAILS, peri__voice_of(source), true);
  return peri__publish(engine);
}

/* One whose buffer was reloaded may play at another rate already. It may also be gone afterwards. */
static void look_what_it_plays(peri_engine *engine, peri_node id) {
  const peri__source *source = peri__peek_source(engine, id);
  const peri__source_details *details = source ? peri__source_details_now(source) : NULL;
  if (details && details->offered) peri__reclaim(engine, PERI_RECLAIM_EACH_CALL);
}

bool peri_source_get_position(peri_engine *engine, peri_node id, double *seconds) {
  peri__lock(engine);
  look_what_it_plays(engine, id);
  peri__source *source = peri__find_source(engine, id);
  peri__source_details *details = source ? peri__source_details_of(engine, source) : NULL;
  bool done = details && watch(engine, source, details);
  if (done) {
    const peri__storage *storage = peri__source_storage(source);
    double rate = storage ? storage->sample_rate : engine->sample_rate;
    int64_t shown = atomic_load_explicit(&details->shown_position, memory_order_relaxed);
    *seconds = (double)(shown < 0 ? extrapolate(engine, source, details) : shown) / (double)PERI_ONE / rate;
  }
  peri__unlock(engine);
  return done;
}

static void send_loop(peri_engine *engine, peri__source *source, bool loop) {
  int64_t start, end;
  peri__source_loop_points(source, peri__source_storage(source), &start, &end);
  if (!source->use) loop = false;
  PERI_SEND(engine, SOURCE_LOOP, peri__voice_of(source), start, end, loop);
  peri__successor_renew(engine, source);
}

/* The wish to loop, as control knows it: the voice's flag is the audio thread's once it has started. */
static bool wants_loop(const peri__source *source) { return (source->flags & PERI_SOURCE_LOOPS) != 0; }

bool peri_source_set_loop(peri_engine *engine, peri_node id, bool loop) {
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  bool done = source && peri__source_room(engine, source, PERI_COMMAND_BYTES(SOURCE_LOOP));
  if (done) {
    source->flags = (uint8_t)(loop ? source->flags | PERI_SOURCE_LOOPS : source->flags & ~PERI_SOURCE_LOOPS);
    if (peri__source_started(source)) send_loop(engine, source, loop);
    if (loop && peri__source_started(source) && peri__source_is_outdated(source) &&
        !peri__source_catch_up(engine, source, false))
      engine->replacements = UINT64_MAX; /* updates try again */
    peri__publish(engine);
  }
  peri__unlock(engine);
  return done;
}

bool peri_source_set_loop_points(peri_engine *engine, peri_node id, double start, double end) {
  if (!peri__check_loop(start, end)) return false;
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  peri__source_details *details = source ? peri__source_details_of(engine, source) : NULL;
  bool done = details && peri__source_room(engine, source, PERI_COMMAND_BYTES(SOURCE_LOOP));
  if (done) {
    details->loop_start_seconds = start;
    details->loop_end_seconds = end;
    if (peri__source_started(source)) send_loop(engine, source, wants_loop(source));
    peri__publish(engine);
  }
  peri__unlock(engine);
  return done;
}

bool peri_source_get_loop(peri_engine *engine, peri_node id, bool *loop, double *start, double *end) {
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  if (source) {
    const peri__source_details *details = peri__source_details_now(source);
    *loop = wants_loop(source);
    *start = details ? details->loop_start_seconds : 0.0;
    *end = details ? details->loop_end_seconds : 0.0;
  }
  peri__unlock(engine);
  return source != NULL;
}

/* ---- Volume and pan --------------------------------------------------------------------------------------------- */

/* `keep_ramp`: a longer ramp under way takes its time. */
static void send_gains(peri_engine *engine, peri__source *source, double seconds, bool keep_ramp) {
  if (!peri__source_started(source)) return; /* the start computes them */
  peri__command *record =
      peri__commands_push(&engine->render.commands, PERI_COMMAND_SOURCE_GAINS, PERI_COMMAND_BYTES(SOURCE_GAINS));
  engine->pushed++;
  double frames = seconds * engine->sample_rate;
  record->SOURCE_GAINS.voice = peri__voice_of(source);
  record->SOURCE_GAINS.keep_ramp = keep_ramp;
  record->SOURCE_GAINS.frames = frames < 4e9 ? (uint32_t)(frames + 0.5) : 4000000000u;
  const peri__storage *storage = peri__source_storage(source);
  peri__source_gains(source, source->volume, storage ? storage->channels : 1, record->SOURCE_GAINS.gain);
  peri__successor_renew_gains(engine, source, record->SOURCE_GAINS.frames, keep_ramp);
}

/* A source that may be changed over some time, or NULL. */
static peri__source *ramped_source(peri_engine *engine, peri_node id) {
  peri__source *source = peri__find_source(engine, id);
  if (!source || (peri__source_started(source) && !peri__source_details_of(engine, source))) return NULL;
  return peri__source_room(engine, source, PERI_COMMAND_BYTES(SOURCE_GAINS)) ? source : NULL;
}

bool peri_source_set_volume(peri_engine *engine, peri_node id, float volume, double seconds) {
  if (!peri__check_finite("volume", (double)volume) || !peri__check_time("the ramp", seconds)) return false;
  peri__lock(engine);
  peri__source *source = ramped_source(engine, id);
  if (source) {
    source->volume = volume;
    send_gains(engine, source, seconds, false);
    peri__publish(engine);
  }
  peri__unlock(engine);
  return source != NULL;
}

bool peri_source_set_pan(peri_engine *engine, peri_node id, float pan, double seconds) {
  if (!peri__check_pan(pan) || !peri__check_time("the ramp", seconds)) return false;
  peri__lock(engine);
  peri__source *source = ramped_source(engine, id);
  if (source && !(source->flags & PERI_SOURCE_PANNED)) {
    peri__fail("the source was made without `panned`: connect it to a StereoPannerNode");
    source = NULL;
  }
  if (source) {
    source->pan = pan;
    send_gains(engine, source, seconds, true);
    peri__publish(engine);
  }
  peri__unlock(engine);
  return source != NULL;
}

bool peri_source_get_volume(peri_engine *engine, peri_node id, float *volume, float *pan) {
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  if (source) {
    *volume = source->volume;
    *pan = source->pan;
  }
  peri__unlock(engine);
  return source != NULL;
}

/* ---- Pausing ---------------------------------------------------------------------------------------------------- */

bool peri_source_set_paused(peri_engine *engine, peri_node id, bool paused) {
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  bool done = source && peri__source_details_of(engine, source) && PERI_ROOM(engine, SOURCE_PAUSE);
  if (done) {
    bool before = (source->flags & PERI_SOURCE_IS_PAUSED) != 0;
    source->flags = (uint8_t)(paused ? source->flags | PERI_SOURCE_IS_PAUSED : source->flags & ~PERI_SOURCE_IS_PAUSED);
    if (peri__source_started(source) && paused != before)
      PERI_SEND(engine, SOURCE_PAUSE, peri__voice_of(source), paused);
    peri__publish(engine);
  }
  peri__unlock(engine);
  return done;
}

/* ---- Filter and interpolation ----------------------------------------------------------------------------------- */

bool peri_source_set_filter(peri_engine *engine, peri_node id, const peri_filter *filter, double seconds) {
  if (!peri__check_filter(filter) || !peri__check_time("the ramp", seconds)) return false;
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  peri__filter *own = source ? peri__source_filter_of(engine, source) : NULL;
  bool done = own && PERI_ROOM(engine, SOURCE_FILTER);
  if (done) own->set = *filter;
  if (done && peri__source_started(source)) {
    double quanta = ceil(seconds * engine->sample_rate / PERI_QUANTUM);
    peri__command *record =
        peri__commands_push(&engine->render.commands, PERI_COMMAND_SOURCE_FILTER, PERI_COMMAND_BYTES(SOURCE_FILTER));
    engine->pushed++;
    record->SOURCE_FILTER.voice = peri__voice_of(source);
    record->SOURCE_FILTER.quanta = quanta < 1e6 ? (uint32_t)quanta : 1000000;
    record->SOURCE_FILTER.leaves = filter->type == PERI_FILTER_NONE;
    memset(record->SOURCE_FILTER.coefs, 0, sizeof record->SOURCE_FILTER.coefs);
    if (filter->type != PERI_FILTER_NONE) peri__filter_coefs(filter, engine->sample_rate, record->SOURCE_FILTER.coefs);
    peri__publish(engine);
  }
  peri__unlock(engine);
  return done;
}

bool peri_source_get_filter(peri_engine *engine, peri_node id, peri_filter *filter) {
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  if (source) {
    const peri__source_details *details = peri__source_details_now(source);
    const peri__filter *own = details ? atomic_load_explicit(&details->filter, memory_order_relaxed) : NULL;
    *filter = own ? own->set : peri_default_source_def().filter;
  }
  peri__unlock(engine);
  return source != NULL;
}

bool peri_source_set_interpolation(peri_engine *engine, peri_node id, peri_interpolation interpolation) {
  if (!peri__check_interpolation("source", interpolation)) return false;
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  bool done = source && PERI_ROOM(engine, SOURCE_INTERPOLATION);
  if (done) {
    if (!interpolation) interpolation = engine->interpolation;
    if (peri__source_started(source))
      PERI_SEND(engine, SOURCE_INTERPOLATION, peri__voice_of(source), interpolation);
    else
      peri__voice_of(source)->interpolation = (uint8_t)interpolation;
    peri__publish(engine);
  }
  peri__unlock(engine);
  return done;
}

bool peri_source_set_notify(peri_engine *engine, peri_node id, bool notify, uint64_t user) {
  if (peri__is_node(id)) return peri__scheduled_set_notify(engine, id, notify, user);
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  bool done = source && (!notify || !user || peri__source_details_of(engine, source));
  if (done) {
    peri__source_details *details = peri__source_details_now(source);
    if (details) details->user = user;
    source->flags = (uint8_t)(notify ? source->flags | PERI_SOURCE_NOTIFY : source->flags & ~PERI_SOURCE_NOTIFY);
  }
  peri__unlock(engine);
  return done;
}

/* ---- The buffer ------------------------------------------------------------------------------------------------- */

static bool replace_buffer(peri_engine *engine, peri__source *source, peri_buffer *buffer) {
  bool started = peri__source_started(source);
  uint32_t bytes = PERI_COMMAND_BYTES(SOURCE_BUFFER) + PERI_COMMAND_BYTES(SOURCE_LOOP) +
                   PERI_COMMAND_BYTES(SOURCE_STEP) + PERI_COMMAND_BYTES(SOURCE_GAINS);
  const uint8_t flags = source->flags;
  if (started && !peri__source_details_of(engine, source)) return false;
  if (!peri__source_take_buffer(engine, source, buffer)) return false;
  const peri__storage *storage = peri__source_storage(source);
  if (buffer) peri__source_raise_channels(engine, source->destination, storage->channels);
  if (!started) return true;
  if (!peri__compile(engine) || !peri__commands_reserve(&engine->render.commands, bytes)) {
    peri__source_take_buffer(engine, source, NULL); /* it had none: a source that was started gets its first */
    source->flags = flags;
    return false;
  }
  PERI_SEND(engine, SOURCE_BUFFER, peri__voice_of(source), (peri__storage *)storage, peri__rate_ratio(engine, storage));
  PERI_SEND(engine, SOURCE_STEP, peri__voice_of(source), peri__source_step(engine, source, storage));
  send_gains(engine, source, 0.0, true);
  send_loop(engine, source, wants_loop(source));
  return peri__publish(engine);
}

bool peri_source_set_buffer(peri_engine *engine, peri_node id, peri_buffer *buffer) {
  peri__lock(engine);
  peri__source *source = peri__peek_source(engine, id);
  if (!source) source = peri__find_source(engine, id);
  bool done = source != NULL;
  if (done && buffer && source->flags & PERI_SOURCE_HAD_BUFFER)
    done = peri__fail("the buffer of a source can be set only once: create another source");
  if (done && peri__source_started(source) && !buffer)
    done = peri__fail("the buffer of a source that was started cannot be taken away");
  done = done && replace_buffer(engine, source, buffer);
  peri__unlock(engine);
  return done;
}

peri_buffer *peri_source_get_buffer(peri_engine *engine, peri_node id) {
  peri__lock(engine);
  peri__source *source = peri__find_source(engine, id);
  peri_buffer *buffer = source && source->use ? peri_buffer_retain(source->use->storage->buffer) : NULL;
  peri__unlock(engine);
  return buffer;
}
