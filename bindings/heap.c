#include "heap.h"

#include <stdlib.h>
#include <string.h>

static const char metatable_key; /* its address is the key of the metatable in the registry */

/* ---- Sets of addresses ------------------------------------------------------------------------------------------ */

static size_t place_of(const peri__lua_set *set, uintptr_t key) {
  size_t mask = set->capacity - 1;
  size_t place = (size_t)(((uint64_t)key * 0x9E3779B97F4A7C15u) >> 32) & mask;
  while (set->keys[place] && set->keys[place] != key) place = (place + 1) & mask;
  return place;
}

static void widen(lua_State *L, peri__lua_set *set) {
  peri__lua_set wider = {.capacity = set->capacity ? set->capacity * 2 : 256, .count = set->count};
  wider.keys = calloc(wider.capacity, sizeof *wider.keys);
  if (!wider.keys) luaL_error(L, "not enough memory");
  for (size_t i = 0; i < set->capacity; i++) {
    if (set->keys[i]) wider.keys[place_of(&wider, set->keys[i])] = set->keys[i];
  }
  free(set->keys);
  *set = wider;
}

bool peri__lua_set_add(lua_State *L, peri__lua_set *set, uintptr_t key) {
  if (set->count * 2 >= set->capacity) widen(L, set);
  size_t place = place_of(set, key);
  if (set->keys[place]) return false;
  set->keys[place] = key;
  set->count++;
  return true;
}

bool peri__lua_set_has(const peri__lua_set *set, uintptr_t key) {
  return set->count > 0 && key != 0 && set->keys[place_of(set, key)] != 0;
}

/* The address of an empty userdata is that of whatever comes after it, so the type goes in, too. */
uintptr_t peri__lua_object_key(lua_State *L, int index) {
  int type = lua_type(L, index);
  if (type < LUA_TTABLE || type > LUA_TTHREAD) return 0;
  return (uintptr_t)lua_topointer(L, index) + ((unsigned)type & 3);
}

/* ---- What a walk owns ------------------------------------------------------------------------------------------- */

void peri__lua_heap_free(peri__lua_heap *heap) {
  free(heap->seen.keys);
  free(heap->skipped.keys);
  free(heap->environments.keys);
  free(heap->replaced.keys);
  free(heap->starts);
  free(heap->changes);
  memset(heap, 0, sizeof *heap);
}

static int collect(lua_State *L) {
  peri__lua_heap_free(lua_touserdata(L, 1));
  return 0;
}

static void push_metatable(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

static bool is_heap(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  push_metatable(L);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is;
}

peri__lua_heap *peri__lua_check_heap(lua_State *L, int index) {
  luaL_argcheck(L, is_heap(L, index), index, "what saveHeap returned expected");
  return lua_touserdata(L, index);
}

void *peri__lua_heap_grow(lua_State *L, peri__lua_heap *heap, void *array, size_t count, size_t size) {
  if (count < heap->room) return array;
  size_t room = heap->room ? heap->room * 2 : 256;
  void *grown = realloc(array, room * size);
  if (!grown) luaL_error(L, "not enough memory");
  heap->room = room;
  return grown;
}

void peri__lua_walk_begin(peri__lua_walk *walk, lua_State *L, int skip) {
  luaL_checkstack(L, 40, "no room to walk over all objects");
  peri__lua_note_main_thread(L);
  peri__lua_heap *heap = lua_newuserdatauv(L, sizeof *heap, 3);
  memset(heap, 0, sizeof *heap);
  walk->L = L;
  walk->heap = heap;
  walk->owner = lua_gettop(L);
  push_metatable(L);
  lua_setmetatable(L, walk->owner);
  for (int i = 1; i <= 2; i++) {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, walk->owner, i);
  }
  lua_newtable(L);
  lua_setiuservalue(L, walk->owner, 3);
  walk->objects = walk->owner + 1;
  walk->list = walk->owner + 2;
  peri__lua_walk_skip(walk, walk->objects);
  peri__lua_walk_skip(walk, walk->list);

  if (!lua_istable(L, skip)) return;
  peri__lua_walk_skip(walk, skip);
  for (int i = 1, count = (int)lua_rawlen(L, skip); i <= count; i++) {
    lua_rawgeti(L, skip, i);
    peri__lua_walk_skip(walk, -1);
    lua_pop(L, 1);
  }
}

void peri__lua_walk_skip(peri__lua_walk *walk, int index) {
  uintptr_t key = peri__lua_object_key(walk->L, index);
  if (key == 0) return;
  peri__lua_set_add(walk->L, &walk->heap->skipped, key);
  peri__lua_set_add(walk->L, &walk->heap->seen, key);
}

void peri__lua_walk_list(peri__lua_walk *walk) { lua_rawseti(walk->L, walk->list, (int)++walk->listed); }

/* ---- The walk --------------------------------------------------------------------------------------------------- */

void peri__lua_walk_reach(peri__lua_walk *walk, int index) {
  uintptr_t key = peri__lua_object_key(walk->L, index);
  if (key == 0 || !peri__lua_set_add(walk->L, &walk->heap->seen, key)) return;
  lua_pushvalue(walk->L, index);
  lua_rawseti(walk->L, walk->objects, (int)++walk->count);
}

bool peri__lua_walk_next(peri__lua_walk *walk) {
  if (walk->done == walk->count) return false;
  lua_rawgeti(walk->L, walk->objects, (int)++walk->done);
  return true;
}

static void refer_metatable(peri__lua_walk *walk, int holder) {
  if (!lua_getmetatable(walk->L, holder)) lua_pushnil(walk->L);
  walk->refer(walk, holder, PERI_LUA_METATABLE, 0, 0);
  lua_pop(walk->L, 1);
}

static void refer_environment(peri__lua_walk *walk, int holder) {
  if (!peri__lua_push_environment(walk->L, holder)) return;
  walk->refer(walk, holder, PERI_LUA_ENVIRONMENT, 0, 0);
  lua_pop(walk->L, 1);
}

static void into_table(peri__lua_walk *walk, int table) {
  lua_State *L = walk->L;
  refer_metatable(walk, table);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    walk->refer(walk, table, PERI_LUA_VALUE, 0, 0);
    lua_pop(L, 1);
  }
}

/* Of a C function only a coroutine is a script's: what coroutine.wrap returned holds it. */
static void into_function(peri__lua_walk *walk, int function) {
  lua_State *L = walk->L;
  bool native = lua_iscfunction(L, function);
  for (int i = 1; lua_getupvalue(L, function, i); i++) {
    if (!native || walk->whole)
      walk->refer(walk, function, PERI_LUA_UPVALUE, 0, i);
    else if (lua_isthread(L, -1))
      peri__lua_walk_reach(walk, -1);
    lua_pop(L, 1);
  }
  if (!native || walk->whole) refer_environment(walk, function);
}

/* An environment of userdata is where C libraries keep user values in 5.1: not a script's table, though what stands
 * in it may be. */
static void past_environment(peri__lua_walk *walk, int userdata) {
  lua_State *L = walk->L;
  if (!peri__lua_push_environment(L, userdata)) return;
  uintptr_t key = peri__lua_object_key(L, -1);
  if (!peri__lua_set_has(&walk->heap->seen, key) && peri__lua_set_add(L, &walk->heap->environments, key)) {
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      peri__lua_walk_reach(walk, -2);
      peri__lua_walk_reach(walk, -1);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static void into_userdata(peri__lua_walk *walk, int userdata) {
  if (is_heap(walk->L, userdata)) return;
  refer_metatable(walk, userdata);
  for (int i = 1; peri__lua_push_user_value(walk->L, userdata, i); i++) {
    walk->refer(walk, userdata, PERI_LUA_USER_VALUE, 0, i);
    lua_pop(walk->L, 1);
  }
  if (walk->whole)
    refer_environment(walk, userdata);
  else
    past_environment(walk, userdata);
}

static void into_frame(peri__lua_walk *walk, int holder, lua_State *thread, lua_Debug *frame, int level) {
  lua_State *L = walk->L;
  lua_getinfo(thread, "f", frame);
  lua_xmove(thread, L, 1);
  peri__lua_walk_reach(walk, -1);
  lua_pop(L, 1);
  for (int step = 1; step >= -1; step -= 2) {
    for (int slot = step; lua_getlocal(thread, frame, slot); slot += step) {
      lua_xmove(thread, L, 1);
      walk->refer(walk, holder, PERI_LUA_LOCAL, level, slot);
      lua_pop(L, 1);
    }
  }
}

/* Frame 0 of the running coroutine is the walk's own. */
static void into_thread(peri__lua_walk *walk, int holder) {
  lua_State *L = walk->L, *thread = lua_tothread(L, holder);
  refer_environment(walk, holder);
  if (lua_status(thread) > LUA_YIELD) return; /* dead of an error: its frames will not run again */
  if (!lua_checkstack(thread, 4)) luaL_error(L, "a coroutine has no stack left to look into it");
  lua_Debug frame;
  int level = thread == L ? 1 : 0;
  bool has_frames = lua_getstack(thread, 0, &frame);
  for (; lua_getstack(thread, level, &frame); level++) into_frame(walk, holder, thread, &frame, level);
  if (has_frames) return;
  for (int slot = 1, top = lua_gettop(thread); slot <= top; slot++) {
    lua_pushvalue(thread, slot);
    lua_xmove(thread, L, 1);
    walk->refer(walk, holder, PERI_LUA_STACK_SLOT, 0, slot);
    lua_pop(L, 1);
  }
}

void peri__lua_walk_into(peri__lua_walk *walk) {
  int object = lua_gettop(walk->L);
  switch (lua_type(walk->L, object)) {
  case LUA_TTABLE: into_table(walk, object); break;
  case LUA_TFUNCTION: into_function(walk, object); break;
  case LUA_TUSERDATA: into_userdata(walk, object); break;
  case LUA_TTHREAD: into_thread(walk, object); break;
  }
}

void peri__lua_push_base(lua_State *L, int number) {
  switch (number) {
  case 0: lua_pushnil(L); break;
  case 1: lua_pushboolean(L, 0); break;
  case 2: lua_pushlightuserdata(L, NULL); break;
  case 3: lua_pushnumber(L, 0); break;
  case 4: lua_pushliteral(L, ""); break;
  case 5: lua_pushcfunction(L, collect); break;
  default: lua_pushthread(L); break;
  }
}

void peri__lua_walk_roots(peri__lua_walk *walk) {
  lua_State *L = walk->L;
  for (int i = 0; i < PERI_LUA_BASE_TYPES; i++) {
    peri__lua_push_base(L, i);
    refer_metatable(walk, lua_gettop(L));
    lua_pop(L, 1);
  }
  lua_pushthread(L);
  peri__lua_walk_reach(walk, -1);
  peri__lua_push_main_thread(L);
  peri__lua_walk_reach(walk, -1);
  lua_pop(L, 2);
}
