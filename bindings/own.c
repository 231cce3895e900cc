/* Buffers, waves and memory that handles of a state lead to. The state has one reference of each, and counts its
 * handles itself.
 *
 * Lua calls finalisers wherever its collector happens to run, and one that finds no room on the C stack ("C stack
 * overflow", in a recursion without end) is neither called then nor ever again. What it would have let go goes with the
 * state at the latest. */
#include "check.h"

#include <stdlib.h>

#define FIRST_PLACES 16u /* a power of two, as all sizes of the table */

struct peri__lua_owned {
  struct peri__lua_owned *next; /* in its place of the table */
  void *object;
  void (*release)(void *object);
  uint32_t handles;
};

static size_t place_of(const peri__lua *state, const void *object) {
  return (size_t)((uint64_t)(uintptr_t)object * 0x9E3779B97F4A7C15u >> 32) & (state->owned_places - 1);
}

static struct peri__lua_owned **find(const peri__lua *state, const void *object) {
  struct peri__lua_owned **place = &state->owned[place_of(state, object)];
  while (*place && (*place)->object != object) place = &(*place)->next;
  return place;
}

/* A table with as many places as objects. Without memory the old one does: it is searched longer. */
static bool make_room(peri__lua *state) {
  size_t before = state->owned_places, places = before ? before * 2 : FIRST_PLACES;
  if (state->owned_count < before) return true;
  struct peri__lua_owned **old = state->owned, **table = (struct peri__lua_owned **)calloc(places, sizeof *table);
  if (!table) return before > 0;
  state->owned = table;
  state->owned_places = places;
  for (size_t p = 0; p < before; p++) {
    for (struct peri__lua_owned *one = old[p], *next; one; one = next) {
      struct peri__lua_owned **place = &table[place_of(state, one->object)];
      next = one->next;
      one->next = *place;
      *place = one;
    }
  }
  free((void *)old);
  return true;
}

static bool add(peri__lua *state, void *object, void (*release)(void *)) {
  struct peri__lua_owned *one = make_room(state) ? malloc(sizeof *one) : NULL;
  if (!one) return false;
  struct peri__lua_owned **place = &state->owned[place_of(state, object)];
  *one = (struct peri__lua_owned){*place, object, release, 1};
  *place = one;
  state->owned_count++;
  return true;
}

static void own(lua_State *L, peri__lua *state, void *object, void (*release)(void *)) {
  struct peri__lua_owned *one = state->owned_places ? *find(state, object) : NULL;
  if (one) {
    one->handles++;
    release(object); /* the state has one already */
  } else if (!add(state, object, release)) {
    release(object);
    peri__lua_fail(L, "out of memory");
  }
}

static void release_buffer(void *buffer) { peri_buffer_release(buffer); }
static void release_wave(void *wave) { peri_wave_release(wave); }

peri_buffer *peri__lua_own_buffer(lua_State *L, peri__lua *state, peri_buffer *buffer) {
  if (buffer) own(L, state, buffer, release_buffer);
  return buffer;
}

peri_wave *peri__lua_own_wave(lua_State *L, peri__lua *state, peri_wave *wave) {
  own(L, state, wave, release_wave);
  return wave;
}

void *peri__lua_own_memory(lua_State *L, peri__lua *state, void *memory) {
  if (!memory) peri__lua_fail(L, "out of memory");
  own(L, state, memory, free);
  return memory;
}

void peri__lua_disown(peri__lua *state, const void *object) {
  if (!object || !state->owned_places) return;
  struct peri__lua_owned **place = find(state, object), *one = *place;
  if (!one || --one->handles) return;
  *place = one->next;
  state->owned_count--;
  one->release(one->object);
  free(one);
}

void peri__lua_disown_all(peri__lua *state) {
  for (size_t p = 0; p < state->owned_places; p++) {
    for (struct peri__lua_owned *one = state->owned[p], *next; one; one = next) {
      next = one->next;
      one->release(one->object);
      free(one);
    }
  }
  free((void *)state->owned);
  state->owned = NULL;
  state->owned_places = state->owned_count = 0;
}
