/* What few sources have: details, with their parameters and filters. Made when first needed, kept for reuse. */
#include "control/control.h"

peri__source_details *peri__source_details_of(peri_engine *engine, peri__source *source) {
  peri__source_details *details = peri__source_details_now(source);
  if (details) return details;
  details = engine->free_details;
  if (details)
    engine->free_details = details->next_free;
  else if (!(details = PERI_NEW(peri__source_details)))
    return NULL;
  *details = (peri__source_details){
      .duration = PERI_NEVER, .fade_at = PERI_NEVER, .kept_stop = PERI_NEVER, .junction = PERI_NONE};
  atomic_store_explicit(&details->shown_position, -1, memory_order_relaxed);
  details->rate_ratio = peri__rate_ratio(engine, peri__source_storage(source));
  atomic_store_explicit(&source->details, details, memory_order_release);
  return details;
}

peri__param *peri__source_params(peri_engine *engine, peri__source *source) {
  peri__source_details *details = peri__source_details_of(engine, source);
  if (!details) return NULL;
  peri__param *params = atomic_load_explicit(&details->params, memory_order_relaxed);
  if (params) return params;
  bool started = peri__source_started(source);
  if (started && !PERI_ROOM(engine, SOURCE_DETAILS)) return NULL;
  if (!(params = peri__params_create(&peri__kind_buffer_source))) return NULL;
  float values[2] = {source->playback_rate, details->detune};
  for (int p = 0; p < 2; p++) {
    params[p].anchor.value = (double)values[p];
    params[p].value = params[p].set_value = values[p];
    atomic_store_explicit(&params[p].shown, values[p], memory_order_relaxed);
  }
  atomic_store_explicit(&details->params, params, memory_order_release);
  if (started) {
    PERI_SEND(engine, SOURCE_DETAILS, peri__voice_of(source), false);
    peri__publish(engine);
  }
  return params;
}

peri__filter *peri__source_filter_of(peri_engine *engine, peri__source *source) {
  peri__source_details *details = peri__source_details_of(engine, source);
  peri__filter *filter = details ? atomic_load_explicit(&details->filter, memory_order_relaxed) : NULL;
  if (!details || filter) return filter;
  filter = engine->free_filters;
  if (filter)
    engine->free_filters = filter->next_free;
  else if (!(filter = PERI_NEW(peri__filter)))
    return NULL;
  *filter = (peri__filter){.set = peri_default_source_def().filter};
  atomic_store_explicit(&details->filter, filter, memory_order_release);
  return filter;
}

static void free_details(peri_engine *engine, peri__source_details *details) {
  peri__filter *filter = atomic_load_explicit(&details->filter, memory_order_relaxed);
  if (filter) {
    filter->next_free = engine->free_filters;
    engine->free_filters = filter;
  }
  details->next_free = engine->free_details;
  engine->free_details = details;
}

void peri__details_collect(peri_engine *engine, uint64_t applied) {
  while (engine->old_details && engine->old_details->named_until <= applied) {
    peri__source_details *old = engine->old_details;
    engine->old_details = old->next_free;
    peri__params_free(&peri__kind_buffer_source, atomic_load_explicit(&old->params, memory_order_relaxed));
    free_details(engine, old);
  }
}

static void keep_for_commands(peri_engine *engine, peri__source_details *details) {
  details->named_until = engine->pushed;
  details->next_free = NULL;
  if (engine->old_details)
    engine->last_old_details->next_free = details;
  else
    engine->old_details = details;
  engine->last_old_details = details;
}

void peri__source_drop_details(peri_engine *engine, peri__source *source) {
  peri__source_details *details = peri__source_details_now(source);
  if (!details) return;
  atomic_store_explicit(&source->details, NULL, memory_order_relaxed);
  if (details->next) peri__successor_free(engine, details->next);
  details->next = details->offered = NULL;
  if (details->junction != PERI_NONE) {
    engine->graph.nodes[details->junction].source =
        NULL; /* the next plan is without it, and its parameters are the node's */
    engine->graph.dirty = true;
  } else if (atomic_load_explicit(&details->params, memory_order_relaxed)) {
    keep_for_commands(engine, details);
    return;
  }
  free_details(engine, details);
}

void peri__details_destroy(peri_engine *engine) {
  peri__details_collect(engine, UINT64_MAX);
  for (peri__source_details *details = engine->free_details, *next; details; details = next) {
    next = details->next_free;
    peri__release(details, sizeof *details);
  }
  for (peri__filter *filter = engine->free_filters, *next; filter; filter = next) {
    next = filter->next_free;
    peri__release(filter, sizeof *filter);
  }
}
