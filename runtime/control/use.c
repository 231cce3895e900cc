/* What the sources of one engine play. A use holds one reference of a storage and its buffer for all sources over them,
 * and these are counted plainly, under the engine's lock: starting a source touches no counter that other threads have,
 * and takes the buffer's lock only when its samples are not in use yet. The use goes with its last source, so that a
 * write to the buffer finds the truth (copy on write) and everything is freed as soon as it could be. */
#include "control/control.h"

#define FIRST_PLACES 16u /* a power of two, as all sizes of the table */

static size_t place_of(const peri_engine *engine, const peri_buffer *buffer) {
  return (size_t)(buffer->id * 0x9E3779B97F4A7C15u >> 32) & (engine->use_places - 1);
}

/* A table with as many places as uses. Without memory the old one does: it is searched longer. */
static void make_room(peri_engine *engine) {
  if (engine->use_count < engine->use_places) return;
  size_t before = engine->use_places, places = before ? before * 2 : FIRST_PLACES;
  peri__use **old = engine->uses, **table = PERI_NEW_ARRAY(peri__use *, places);
  if (!table) return;
  engine->uses = table;
  engine->use_places = places;
  for (size_t p = 0; p < before; p++) {
    for (peri__use *use = old[p], *next; use; use = next) {
      peri__use **place = &table[place_of(engine, use->storage->buffer)];
      next = use->next;
      use->next = *place;
      *place = use;
    }
  }
  peri__release((void *)old, before * sizeof *old);
}

static peri__use *find(const peri_engine *engine, peri_buffer *buffer) {
  peri__use *use = engine->use_places ? engine->uses[place_of(engine, buffer)] : NULL;
  while (use && !peri__use_is_of(use, buffer)) use = use->next;
  return use;
}

peri__use *peri__use_find_or_make(peri_engine *engine, peri_buffer *buffer) {
  peri__use *use = find(engine, buffer);
  if (!use) {
    make_room(engine);
    if (!engine->use_places) return NULL;
    use = engine->free_use;
    if (use)
      engine->free_use = use->next;
    else if (!(use = PERI_NEW(peri__use)))
      return NULL;
    peri__use **place = &engine->uses[place_of(engine, buffer)];
    *use = (peri__use){.storage = peri__buffer_hold_storage(peri_buffer_retain(buffer)), .next = *place};
    *place = use;
    engine->use_count++;
  }
  engine->last_use = use;
  return use;
}

void peri__use_end(peri_engine *engine, peri__use *use) {
  peri_buffer *buffer = use->storage->buffer;
  peri__use **place = &engine->uses[place_of(engine, buffer)];
  while (*place != use) place = &(*place)->next;
  *place = use->next;
  engine->use_count--;
  if (engine->last_use == use) engine->last_use = NULL;
  peri__storage_drop(use->storage);
  peri_buffer_release(buffer);
  use->next = engine->free_use;
  engine->free_use = use;
}

void peri__uses_destroy(peri_engine *engine) {
  for (peri__use *use = engine->free_use, *next; use; use = next) {
    next = use->next;
    peri__release(use, sizeof *use);
  }
  peri__release((void *)engine->uses, engine->use_places * sizeof(peri__use *));
}
