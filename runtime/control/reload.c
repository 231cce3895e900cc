/* Sources follow their buffers when these are reloaded. A source that plays is offered a successor of its sound, which
 * it takes at its loop point (render/successor.c). The successor holds the new samples; when it comes back taken, its
 * hold is the source's, and that on the old samples ends. */
#include "control/control.h"

void peri__successor_free(peri_engine *engine, peri__successor *successor) {
  peri__use_drop(engine, successor->use);
  peri__release(successor, sizeof *successor);
}

void peri__successor_returned(peri_engine *engine, peri__successor *successor) {
  peri__source *source = successor->source;
  if (source->generation == successor->generation) { /* else it has ended, and was let go */
    peri__source_details *details = peri__source_details_now(source);
    if (details && details->offered == successor) details->offered = NULL;
    if (successor->taken && source->use) {
      peri__use *before = source->use;
      source->use = successor->use;
      successor->use = before;
    }
  }
  peri__successor_free(engine, successor);
}

/* ---- Offers ----------------------------------------------------------------------------------------------------- */

static peri__successor *spare(peri_engine *engine) {
  if (!engine->spare_successor) engine->spare_successor = PERI_NEW(peri__successor);
  return engine->spare_successor;
}

/* One that the audio thread has not seen gives way to the next, which has its gains to set as well: nothing piles up
 * while nobody renders. */
static void take_back(peri_engine *engine, const peri__source_details *details, peri__successor *next) {
  if (!details->offered || atomic_load_explicit(&engine->render.applied, memory_order_acquire) >= details->offered_as)
    return;
  peri__successor *unseen = atomic_exchange_explicit(details->offered_place, NULL, memory_order_acquire);
  if (!unseen) return;
  next->sets_gains = unseen->sets_gains;
  next->ramp_frames = unseen->ramp_frames;
  next->keep_ramp = unseen->keep_ramp;
  peri__successor_free(engine, unseen);
}

/* The spare one, sent, over a use that it takes over; there is room for the command. */
static peri__successor *send(peri_engine *engine, peri__source *source, peri__use *use) {
  peri__successor *successor = engine->spare_successor;
  engine->spare_successor = NULL;
  const peri__storage *storage = use->storage, *before = peri__source_storage(source);
  float law[4];
  peri__source_gains(source, 1.0f, before->channels, law);
  *successor = (peri__successor){
      .retired.kind = PERI_RETIRED_SUCCESSOR,
      .storage = storage,
      .rate_ratio = peri__rate_ratio(engine, storage),
      .step = peri__source_step(engine, source, storage),
      .volume = source->volume,
      .law_before = law[0] + law[1] + law[2] + law[3],
      .source = source,
      .generation = source->generation,
      .use = use,
  };
  peri__source_gains(source, 1.0f, storage->channels, successor->law);
  peri__source_loop_points(source, storage, &successor->loop_start, &successor->loop_end);
  peri__source_details *details = peri__source_details_now(source);
  take_back(engine, details, successor);
  peri__command *record = peri__commands_push(&engine->render.commands, PERI_COMMAND_SOURCE_SUCCESSOR,
                                              PERI_COMMAND_BYTES(SOURCE_SUCCESSOR));
  record->SOURCE_SUCCESSOR.voice = peri__voice_of(source);
  atomic_init(&record->SOURCE_SUCCESSOR.successor, successor);
  details->offered = successor;
  details->offered_place = &record->SOURCE_SUCCESSOR.successor;
  details->offered_as = ++engine->pushed;
  return successor;
}

static void raise_channels(peri_engine *engine, const peri__source *source, uint32_t channels) {
  bool panned = (source->flags & PERI_SOURCE_PANNED) != 0;
  peri__source_raise_channels(engine, source->destination, panned && channels < 2 ? 2 : channels);
}

/* They must have room first. What the game has edited, and may not be done with, is compiled only when it says so. */
static bool make_room_for_channels(peri_engine *engine, const peri__source *source, uint32_t channels, bool own) {
  if (channels <= peri__source_channels(source)) return true;
  if (engine->graph.dirty && !own) return false;
  raise_channels(engine, source, channels);
  return peri__compile(engine);
}

bool peri__source_catch_up(peri_engine *engine, peri__source *source, bool own) {
  const peri__source_details *details = peri__source_details_of(engine, source);
  if (!details) return false;
  if (details->offered && !peri__use_is_outdated(details->offered->use)) return true;
  if (!spare(engine)) return false;
  peri__use *use = peri__use_find_or_make(engine, source->use->storage->buffer);
  if (!use) return false;
  use->count++;
  if (!make_room_for_channels(engine, source, use->storage->channels, own) || !PERI_ROOM(engine, SOURCE_SUCCESSOR)) {
    peri__use_drop(engine, use);
    return false;
  }
  send(engine, source, use);
  return true;
}

/* Whether it plays, or will, samples of which there are newer ones that it may take. */
static bool waits(const peri_engine *engine, const peri__source *source) {
  if (peri__source_gone(source) || !peri__source_started(source)) return false;
  if (!peri__source_is_outdated(source)) return false;
  int64_t start = atomic_load_explicit(&((peri__source *)source)->start, memory_order_relaxed);
  return source->flags & PERI_SOURCE_LOOPS || start > (int64_t)peri_engine_frame(engine);
}

bool peri__reloads_offer(peri_engine *engine, bool own) {
  uint64_t replacements = peri__buffer_replacements();
  bool done = true;
  for (size_t c = 0; c < engine->chunk_count; c++) {
    for (uint32_t k = 0; k < PERI_SOURCE_CHUNK; k++) {
      peri__source *source = &engine->chunks[c]->source[k];
      if (waits(engine, source) && !peri__source_catch_up(engine, source, own)) done = false;
    }
  }
  if (done) engine->replacements = replacements;
  peri__publish(engine);
  return done;
}

bool peri__source_acquire(peri_engine *engine, peri__source *source) {
  if (!peri__source_take_buffer(engine, source, source->use->storage->buffer)) return false;
  raise_channels(engine, source, source->use->storage->channels);
  return true;
}

/* ---- Changes while an offer is under way ------------------------------------------------------------------------ */

/* Nobody here knows whether it was taken. So what is set goes out twice: as it is over the old samples, and in a new
 * successor; a voice that has taken these samples already takes that at once. */

static bool is_offered(const peri__source *source) {
  const peri__source_details *details = peri__source_details_now(source);
  return details && details->offered;
}

bool peri__source_room(peri_engine *engine, peri__source *source, uint32_t bytes) {
  bool offered = is_offered(source);
  if (offered && !spare(engine)) return false;
  return peri__commands_reserve(&engine->render.commands, bytes + (offered ? PERI_COMMAND_BYTES(SOURCE_SUCCESSOR) : 0));
}

static peri__successor *renew(peri_engine *engine, peri__source *source) {
  if (!is_offered(source)) return NULL;
  peri__use *use = peri__source_details_now(source)->offered->use;
  use->count++;
  return send(engine, source, use);
}

void peri__successor_renew(peri_engine *engine, peri__source *source) { renew(engine, source); }

void peri__successor_renew_gains(peri_engine *engine, peri__source *source, uint32_t frames, bool keep_ramp) {
  peri__successor *successor = renew(engine, source);
  if (!successor) return;
  bool before = successor->sets_gains;
  successor->sets_gains = true;
  if (before && keep_ramp && successor->ramp_frames > frames) return;
  successor->ramp_frames = frames;
  successor->keep_ramp = keep_ramp && (!before || successor->keep_ramp);
}
