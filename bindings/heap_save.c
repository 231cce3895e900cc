/* All that scripts can reach, remembered before one is run on trial, and brought back when it failed. */
#include "heap.h"

#include <math.h>

static const char nothing; /* its address stands for nil in the list of contents */

/* ---- Saving ----------------------------------------------------------------------------------------------------- */

/* An object's contents in the list, one after the other: table: metatable, keys and values; Lua function: upvalues,
 * environment; userdata: metatable; coroutine: environment. */
static void keep(peri__lua_walk *walk, int index) {
  lua_pushvalue(walk->L, index);
  peri__lua_walk_list(walk);
}

static void keep_nothing(peri__lua_walk *walk) {
  lua_pushlightuserdata(walk->L, (void *)&nothing);
  peri__lua_walk_list(walk);
}

static void refer(peri__lua_walk *walk, int holder, peri__lua_reference kind, int level, int slot) {
  (void)holder;
  (void)level;
  (void)slot;
  switch (kind) {
  case PERI_LUA_VALUE:
    peri__lua_walk_reach(walk, -2);
    keep(walk, -2);
    keep(walk, -1);
    break;
  case PERI_LUA_METATABLE:
  case PERI_LUA_UPVALUE:
  case PERI_LUA_ENVIRONMENT:
    if (lua_isnil(walk->L, -1)) {
      keep_nothing(walk);
      return;
    }
    keep(walk, -1);
    break;
  default: break;
  }
  peri__lua_walk_reach(walk, -1);
}

static void reach_loaded(peri__lua_walk *walk) {
  lua_State *L = walk->L;
  lua_pushliteral(L, "_LOADED");
  lua_rawget(L, LUA_REGISTRYINDEX);
  peri__lua_walk_reach(walk, -1);
  lua_pop(L, 1);
}

int peri__lua_save_heap(lua_State *L) {
  peri__lua_walk walk = {.refer = refer};
  lua_settop(L, 1);
  peri__lua_walk_begin(&walk, L, 1);
  lua_pushvalue(L, LUA_REGISTRYINDEX);
  peri__lua_walk_skip(&walk, -1);
  lua_pop(L, 1);
  peri__lua_walk_roots(&walk);
  peri__lua_push_globals(L);
  peri__lua_walk_reach(&walk, -1);
  lua_pop(L, 1);
  reach_loaded(&walk);
  peri__lua_heap *heap = walk.heap;
  while (peri__lua_walk_next(&walk)) {
    heap->starts = peri__lua_heap_grow(L, heap, heap->starts, walk.done + 1, sizeof *heap->starts);
    heap->starts[walk.done] = walk.listed + 1;
    peri__lua_walk_into(&walk);
    heap->starts[walk.done + 1] = walk.listed + 1;
    lua_pop(L, 1);
  }
  lua_settop(L, walk.owner);
  return 1;
}

int peri__lua_was_in_heap(lua_State *L) {
  const peri__lua_heap *heap = peri__lua_check_heap(L, 1);
  uintptr_t key = peri__lua_object_key(L, 2);
  lua_pushboolean(L, peri__lua_set_has(&heap->seen, key) && !peri__lua_set_has(&heap->skipped, key));
  return 1;
}

/* ---- Restoring -------------------------------------------------------------------------------------------------- */

typedef struct restoration {
  lua_State *L;
  int objects, contents, marks; /* stack indices */
  bool changed;
} restoration;

/* Also of one kind, and zeros of one sign. */
static bool is_same(lua_State *L, int a, int b) {
  if (!lua_rawequal(L, a, b)) return false;
  if (lua_type(L, a) != LUA_TNUMBER) return true;
  return peri__lua_is_integer(L, a) == peri__lua_is_integer(L, b) &&
         signbit(lua_tonumber(L, a)) == signbit(lua_tonumber(L, b));
}

static void push_content(restoration *r, size_t place) {
  lua_rawgeti(r->L, r->contents, (int)place);
  if (lua_touserdata(r->L, -1) != &nothing) return;
  lua_pop(r->L, 1);
  lua_pushnil(r->L);
}

static void restore_metatable(restoration *r, int object, size_t place) {
  lua_State *L = r->L;
  if (!lua_getmetatable(L, object)) lua_pushnil(L);
  push_content(r, place);
  if (!lua_rawequal(L, -1, -2)) {
    lua_setmetatable(L, object);
    lua_pushnil(L);
    r->changed = true;
  }
  lua_pop(L, 2);
}

/* Indices from the bottom. */
static void assign(restoration *r, int table, int key, int value) {
  lua_pushvalue(r->L, key);
  lua_pushvalue(r->L, value);
  lua_rawset(r->L, table);
  r->changed = true;
}

/* A table whose keys did not change comes in the same order. False when another order, or another key, came up. */
static bool restore_in_order(restoration *r, int table, size_t from, size_t to) {
  lua_State *L = r->L;
  lua_pushnil(L);
  int key = lua_gettop(L), value = key + 1, saved = key + 2;
  while (lua_next(L, table)) {
    if (from < to) lua_rawgeti(L, r->contents, (int)from);
    if (from >= to || !lua_rawequal(L, key, saved)) {
      lua_settop(L, key - 1);
      return false;
    }
    lua_rawgeti(L, r->contents, (int)from + 1);
    if (!is_same(L, value, saved + 1)) assign(r, table, key, saved + 1);
    lua_settop(L, key);
    from += 2;
  }
  return from == to;
}

/* The marks say for each key in which object it was seen last: so they need not be wiped. */
static void remove_new_keys(restoration *r, int table, size_t number, size_t from, size_t to) {
  lua_State *L = r->L;
  for (size_t i = from; i < to; i += 2) {
    lua_rawgeti(L, r->contents, (int)i);
    lua_pushnumber(L, (lua_Number)number);
    lua_rawset(L, r->marks);
  }
  lua_pushnil(L);
  int key = lua_gettop(L);
  while (lua_next(L, table)) {
    lua_pushvalue(L, key);
    lua_rawget(L, r->marks);
    if (lua_tonumber(L, -1) != (lua_Number)number) {
      lua_pushnil(L);
      assign(r, table, key, key + 3);
    }
    lua_settop(L, key);
  }
}

static void restore_table(restoration *r, int table, size_t number, size_t from, size_t to) {
  lua_State *L = r->L;
  restore_metatable(r, table, from++);
  if (restore_in_order(r, table, from, to)) return;
  remove_new_keys(r, table, number, from, to);
  int key = lua_gettop(L) + 1;
  for (; from < to; from += 2) {
    lua_rawgeti(L, r->contents, (int)from);
    lua_pushvalue(L, key);
    lua_rawget(L, table);
    lua_rawgeti(L, r->contents, (int)from + 1);
    if (!is_same(L, key + 1, key + 2)) assign(r, table, key, key + 2);
    lua_settop(L, key - 1);
  }
}

static void restore_environment(restoration *r, int object, size_t place) {
  lua_State *L = r->L;
  if (!peri__lua_push_environment(L, object)) return;
  push_content(r, place);
  if (!lua_rawequal(L, -1, -2)) {
    peri__lua_set_environment(L, object);
    lua_pushnil(L);
    r->changed = true;
  }
  lua_pop(L, 2);
}

static void restore_function(restoration *r, int function, size_t from) {
  lua_State *L = r->L;
  if (lua_iscfunction(L, function)) return;
  for (int i = 1; lua_getupvalue(L, function, i); i++) {
    push_content(r, from++);
    if (!is_same(L, -1, -2)) {
      lua_setupvalue(L, function, i);
      lua_pushnil(L);
      r->changed = true;
    }
    lua_pop(L, 2);
  }
  restore_environment(r, function, from);
}

static void restore(restoration *r, size_t number, size_t from, size_t to) {
  lua_State *L = r->L;
  lua_rawgeti(L, r->objects, (int)number);
  int object = lua_gettop(L);
  switch (from < to ? lua_type(L, object) : LUA_TNIL) {
  case LUA_TTABLE: restore_table(r, object, number, from, to); break;
  case LUA_TFUNCTION: restore_function(r, object, from); break;
  case LUA_TUSERDATA: restore_metatable(r, object, from); break;
  case LUA_TTHREAD: restore_environment(r, object, from); break;
  }
  lua_pop(L, 1);
}

int peri__lua_restore_heap(lua_State *L) {
  const peri__lua_heap *heap = peri__lua_check_heap(L, 1);
  luaL_checkstack(L, 40, "no room to restore all objects");
  lua_settop(L, 1);
  for (int i = 1; i <= 3; i++) lua_getiuservalue(L, 1, i);
  restoration r = {.L = L, .objects = 2, .contents = 3, .marks = 4};
  for (int i = 0; i < PERI_LUA_BASE_TYPES; i++) {
    peri__lua_push_base(L, i);
    restore_metatable(&r, lua_gettop(L), (size_t)i + 1);
    lua_pop(L, 1);
  }
  size_t count = lua_rawlen(L, r.objects);
  for (size_t i = 1; i <= count; i++) restore(&r, i, heap->starts[i], heap->starts[i + 1]);
  if (r.changed) peri__lua_flush_traces(L);
  return 0;
}
