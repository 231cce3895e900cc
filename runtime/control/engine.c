/* Engines: life, clock, batches, reclaiming, statistics. */
#include "control/control.h"

#include "base/blocks.h"

#include <stdlib.h>

#define LAST_FRAME 4611686018427387904.0 /* 2^62: no clock reaches it, and a fade still fits behind it */

peri_engine_def peri_default_engine_def(void) {
  return (peri_engine_def){.size = sizeof(peri_engine_def),
                           .channels = 2,
                           .sample_rate = 48000.0,
                           .command_limit = (size_t)256 << 20,
                           .loader_threads = 1,
                           .interpolation = PERI_INTERPOLATION_LINEAR};
}

static bool check_def(const peri_engine_def *def) {
  if (!def || def->size != sizeof *def) return peri__fail("engine: begin with peri_default_engine_def()");
  if (def->channels < 1 || def->channels > PERI_MAX_CHANNELS)
    return peri__fail("engine: channels must be 1 to %d, got %u", PERI_MAX_CHANNELS, def->channels);
  if (!(def->sample_rate >= PERI_MIN_SAMPLE_RATE && def->sample_rate <= PERI_MAX_SAMPLE_RATE))
    return peri__fail("engine: the sample rate must be %g to %g Hz, got %g", PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE,
                      def->sample_rate);
  if (def->loader_threads < 1 || def->loader_threads > 16)
    return peri__fail("engine: loader_threads must be 1 to 16, got %u", def->loader_threads);
  return peri__check_interpolation("engine", def->interpolation);
}

/* The best kernels of this processor, or those that PERILUNE_CPU names. */
static const peri__kernels *choose_kernels(void) {
  const char *wanted = getenv("PERILUNE_CPU");
  if (!wanted || !*wanted) return peri__kernels_named(NULL);
  const peri__kernels *kernels = peri__kernels_named(wanted);
  if (kernels) return kernels;
  kernels = peri__kernels_named(NULL);
  peri__log(PERI_LOG_WARNING, "PERILUNE_CPU=%s is not to be had on this processor: %s is used", wanted, kernels->name);
  return kernels;
}

peri_engine *peri_engine_create(const peri_engine_def *def) {
  peri_engine_def defaults = peri_default_engine_def();
  if (!def) def = &defaults;
  if (!check_def(def)) return NULL;
  peri_engine *engine = PERI_NEW(peri_engine);
  if (!engine) return NULL;
  peri__quick_lock_create(&engine->lock);
  peri__mutex_create(&engine->changing_device);
  engine->files = def->files;
  engine->loader_threads = def->loader_threads;
  engine->sample_rate = def->sample_rate;
  engine->interpolation = def->interpolation ? def->interpolation : PERI_INTERPOLATION_LINEAR;
  bool made =
      peri__render_create(&engine->render, def->sample_rate, def->channels, def->command_limit, choose_kernels());
  if (made && peri__graph_create(engine, def->channels)) return engine;
  if (made) {
    peri__graph_destroy(engine);
    peri__render_destroy(&engine->render);
  }
  peri__mutex_destroy(&engine->changing_device);
  peri__quick_lock_destroy(&engine->lock);
  peri__release(engine, sizeof *engine);
  return NULL;
}

/* Device joined, loaders, visualizer and taps, last drain, plans, nodes, storages. */
void peri_engine_destroy(peri_engine *engine) {
  if (!engine) return;
  peri_device_close(engine);
  peri__lock(engine);
  atomic_store(&engine->closing, true);
  peri__loader *loader = engine->loader;
  peri__unlock(engine);
  peri__loader_destroy(loader);
  peri__lock(engine);
  engine->loader = NULL;
  peri__visualizers_destroy(engine);
  peri__registry_destroy(engine);
  peri__commands_commit(&engine->render.commands);
  peri__role before = peri__role_enter(PERI_ROLE_AUDIO);
  peri__render_apply(&engine->render); /* so that everything sent has one owner again */
  peri__role_enter(before);
  peri__handback_flush(&engine->render.ended_sources);
  peri__handback_flush(&engine->render.retired);
  peri__reclaim(engine, UINT32_MAX);
  if (engine->render.plan) peri__plan_free(engine, engine->render.plan);
  engine->graph.returned = engine->graph.sequence;
  peri__sources_destroy(engine);
  peri__release(engine->spare_successor, sizeof *engine->spare_successor);
  peri__uses_destroy(engine);
  peri__taps_destroy(engine);
  peri__graph_destroy(engine);
  peri__input_free(engine, &engine->render.nowhere);
  peri__owners_destroy(engine);
  for (int w = 0; w < PERI_OSCILLATOR_CUSTOM; w++) peri_wave_release(engine->waves[w]);
  peri__render_destroy(&engine->render);
  peri__unlock(engine);
  peri__mutex_destroy(&engine->changing_device);
  peri__quick_lock_destroy(&engine->lock);
  peri__release(engine, sizeof *engine);
}

bool peri_engine_render(peri_engine *engine, float *out, uint32_t frames) {
  return peri__render_frames(&engine->render, out, frames);
}

double peri_engine_sample_rate(const peri_engine *engine) { return engine->sample_rate; }
uint32_t peri_engine_channels(const peri_engine *engine) { return engine->render.channels; }

uint64_t peri_engine_frame(const peri_engine *engine) {
  return atomic_load_explicit(&engine->render.published, memory_order_acquire);
}

double peri_engine_time(const peri_engine *engine) { return (double)peri_engine_frame(engine) / engine->sample_rate; }

peri_node peri_engine_destination(const peri_engine *engine) { return engine->destination_id; }

double peri__frames_of(const peri_engine *engine, double seconds) {
  double frames = seconds * engine->sample_rate;
  if (!(frames < LAST_FRAME)) return LAST_FRAME;
  double whole = (double)(int64_t)(frames + 0.5);
  double away = frames - whole;
  return away < 1.0 / 1024 && away > -1.0 / 1024 ? whole : frames;
}

/* ---- Batches ---------------------------------------------------------------------------------------------------- */

void peri__publish_plan(peri_engine *engine) {
  if (engine->plan_owed && !peri__compile(engine)) return; /* the next call tries again */
  engine->plan_owed = false;
  peri__commands_commit(&engine->render.commands);
  if (engine->graph.overtaken) peri__plan_take_back(engine);
}

void peri_engine_begin(peri_engine *engine) {
  peri__lock(engine);
  engine->batch++;
  peri__unlock(engine);
}

bool peri_engine_commit(peri_engine *engine) {
  peri__lock(engine);
  bool done;
  if (engine->batch == 0) {
    done = peri__fail("commit without begin");
  } else {
    engine->plan_owed = --engine->batch == 0;
    peri__publish(engine);
    done = !engine->plan_owed;
  }
  peri__unlock(engine);
  return done;
}

/* ---- Reclaiming ------------------------------------------------------------------------------------------------- */

/* Nodes whose end could not be told. */
static void tell_ended_nodes(peri_engine *engine) {
  while (engine->ended_nodes) {
    peri__node *node = peri__node_of(engine->ended_nodes);
    peri__link *next = node->retired.link.next;
    if (!peri__scheduled_ended(engine, node)) return;
    engine->ended_nodes = next;
  }
}

static void reclaim_retired(peri_engine *engine) {
  if (engine->ended_nodes) tell_ended_nodes(engine);
  peri__link *link = peri__handback_take(&engine->render.retired);
  while (link) {
    peri__retired *retired = (peri__retired *)(void *)link;
    link = link->next;
    switch (retired->kind) {
    case PERI_RETIRED_PLAN: {
      peri__plan *plan = (peri__plan *)(void *)retired;
      peri__plan_returned(engine, plan->sequence);
      peri__plan_free(engine, plan);
      break;
    }
    case PERI_RETIRED_VOICE_LIST: {
      peri__voice_list *list = (peri__voice_list *)(void *)retired;
      size_t bytes = sizeof *list + list->capacity * sizeof *list->voice;
      engine->list_bytes -= bytes;
      peri__release(list, bytes);
      break;
    }
    case PERI_RETIRED_SUCCESSOR: peri__successor_returned(engine, (peri__successor *)(void *)retired); break;
    case PERI_RETIRED_PART: {
      peri__part *part = (peri__part *)(void *)retired;
      part->free(part);
      break;
    }
    case PERI_RETIRED_NODE: {
      peri__node *node = peri__node_of(&retired->link);
      if (peri__scheduled_ended(engine, node)) break;
      node->retired.link.next = engine->ended_nodes; /* no memory for its event: the next call tries again */
      engine->ended_nodes = &node->retired.link;
      break;
    }
    case PERI_RETIRED_EVENT: {
      peri__event *event = (peri__event *)(void *)retired;
      peri__release(event, peri__event_bytes(event));
      break;
    }
    }
  }
}

static void free_removed_nodes(peri_engine *engine) {
  peri__graph *graph = &engine->graph;
  uint64_t applied = atomic_load_explicit(&engine->render.applied, memory_order_acquire);
  size_t kept = 0;
  for (size_t r = 0; r < graph->removed_count; r++) {
    uint32_t index = graph->removed[r];
    const peri__graph_node *node = &graph->nodes[index];
    if (node->removed_in <= graph->returned + 1 && node->removed_as <= applied)
      peri__graph_free_node(engine, index);
    else
      graph->removed[kept++] = index;
  }
  graph->removed_count = kept;
}

void peri__reclaim(peri_engine *engine, uint32_t most) {
  while (most) {
    if (!engine->ended) engine->ended = peri__handback_take(&engine->render.ended_sources);
    if (!engine->ended) break;
    peri__source *source = (peri__source *)(void *)engine->ended;
    peri__link *next = engine->ended->next;
    if (next) __builtin_prefetch(next, 1);            /* nobody has touched it since it ended */
    if (!peri__source_reclaim(engine, source)) break; /* no memory for its event: the next call tries again */
    engine->ended = next;
    most--;
  }
  if (engine->old_details)
    peri__details_collect(engine, atomic_load_explicit(&engine->render.applied, memory_order_acquire));
  reclaim_retired(engine);
  if (engine->graph.removed_count && !engine->graph.move_count) free_removed_nodes(engine); /* a move may name one */
  peri__taps_collect(engine);
}

/* Whether it is time to; the lock is not held while a hook logs. */
static bool tell_nonfinite(peri_engine *engine) {
  if (engine->told_nonfinite || !atomic_load_explicit(&engine->render.nonfinite, memory_order_relaxed)) return false;
  return engine->told_nonfinite = true;
}

static void report_nonfinite(void) {
  peri__log(PERI_LOG_WARNING,
            "a NaN or infinite sample was about to be heard; it was silenced (peri_stats.nonfinite counts "
            "them, this is said once)");
}

bool peri_engine_update(peri_engine *engine) {
  peri__lock(engine);
  bool tell = tell_nonfinite(engine);
  peri__reclaim(engine, UINT32_MAX);
  if (engine->graph.tail_count) peri__tails_check(engine);
  bool done = peri__compile(engine);
  if (engine->replacements != peri__buffer_replacements() && !peri__reloads_offer(engine, true)) done = false;
  peri__publish(engine);
  bool reloaded = engine->followed_replacements != peri__buffer_replacements();
  peri__unlock(engine);
  if (tell) report_nonfinite();
  if (reloaded && !peri__convolvers_follow(engine)) done = false;
  return done;
}

bool peri__need_loader(peri_engine *engine) {
  if (!engine->loader) engine->loader = peri__loader_create(engine->loader_threads);
  return engine->loader != NULL;
}

/* ---- Statistics ------------------------------------------------------------------------------------------------- */

static uint64_t tap_drops(const peri_engine *engine) {
  uint64_t dropped = engine->tap_dropped;
  for (peri_tap *tap = engine->taps; tap; tap = tap->next) {
    peri_tap_stats stats;
    if (tap->closed) continue;
    peri__blocks_get_stats(tap->blocks, &stats);
    dropped += stats.dropped;
  }
  return dropped;
}

bool peri_engine_stats(peri_engine *engine, peri_stats *stats) {
  if (!stats || stats->size != sizeof *stats) return peri__fail("stats: set stats.size to sizeof(peri_stats)");
  peri__lock(engine);
  peri__render *render = &engine->render;
  *stats = (peri_stats){
      .size = sizeof *stats,
      .sources = engine->sources,
      .sources_playing = (uint32_t)atomic_load_explicit(&render->playing, memory_order_relaxed),
      .sources_scheduled = (uint32_t)atomic_load_explicit(&render->scheduled, memory_order_relaxed),
      .sources_paused = (uint32_t)atomic_load_explicit(&render->paused, memory_order_relaxed),
      .sources_started = atomic_load_explicit(&render->started, memory_order_relaxed),
      .sources_ended = atomic_load_explicit(&render->ended, memory_order_relaxed),
      .nodes = engine->graph.live,
      .plan_steps = engine->graph.steps,
      .source_bytes = engine->chunk_count * sizeof(peri__source_chunk) + engine->list_bytes,
      .command_bytes = render->commands.bytes,
      .commands = atomic_load_explicit(&render->applied, memory_order_relaxed),
      .quanta = atomic_load_explicit(&render->quanta, memory_order_relaxed),
      .load = atomic_load_explicit(&render->load.mean, memory_order_relaxed),
      .load_peak = atomic_load_explicit(&render->load.peak, memory_order_relaxed),
      .underruns = engine->underruns + (engine->device ? peri__device_underruns(engine->device) : 0),
      .nonfinite = atomic_load_explicit(&render->nonfinite, memory_order_relaxed),
      .tap_dropped = tap_drops(engine),
      .loads = engine->load_count,
      .device_losses = engine->device_losses + (engine->device ? peri__device_losses(engine->device) : 0),
  };
  peri__unlock(engine);
  return true;
}

bool peri_engine_is_active(peri_engine *engine) {
  peri__lock(engine);
  peri__render *render = &engine->render;
  bool busy = engine->loads || atomic_load_explicit(&render->applied, memory_order_acquire) < engine->pushed;
  uint64_t alive = atomic_load_explicit(&render->started, memory_order_relaxed) -
                   atomic_load_explicit(&render->ended, memory_order_relaxed);
  busy = busy || atomic_load_explicit(&render->tails, memory_order_relaxed);
  busy = busy || alive != atomic_load_explicit(&render->paused, memory_order_relaxed) || engine->graph.scheduled;
  peri__unlock(engine);
  return busy;
}
