/* New objects in the place of old ones, wherever a state refers to these.
 *
 * All references are found before the first is changed: a table must not get keys while it is traversed, and an upvalue
 * that several closures share, or that is a frame's local variable still, is come upon more than once. */
#include "heap.h"

static bool is_replaced(const peri__lua_walk *walk, int index) {
  return peri__lua_set_has(&walk->heap->replaced, peri__lua_object_key(walk->L, index));
}

/* Pushes what comes in the place of the value at `index`, from the bottom: itself, mostly. */
static void push_new(peri__lua_walk *walk, int index) {
  lua_pushvalue(walk->L, index);
  if (is_replaced(walk, index)) lua_rawget(walk->L, walk->map);
}

/* Whether the value is replaced. It is not looked into then, as it is used no more; what replaces it is. */
static bool pass(peri__lua_walk *walk, int index) {
  if (!is_replaced(walk, index)) {
    peri__lua_walk_reach(walk, index);
    return false;
  }
  push_new(walk, index);
  peri__lua_walk_reach(walk, -1);
  lua_pop(walk->L, 1);
  return true;
}

/* Lists the holder, the key (of an entry) and the new value. */
static void note_change(peri__lua_walk *walk, int holder, const peri__lua_change *change) {
  lua_State *L = walk->L;
  peri__lua_heap *heap = walk->heap;
  int value = lua_gettop(L);
  size_t number = walk->listed / 3;
  heap->changes = peri__lua_heap_grow(L, heap, heap->changes, number, sizeof *change);
  heap->changes[number] = *change;
  lua_pushvalue(L, holder);
  peri__lua_walk_list(walk);
  lua_pushvalue(L, value - 1);
  peri__lua_walk_list(walk);
  push_new(walk, value);
  peri__lua_walk_list(walk);
}

static void refer(peri__lua_walk *walk, int holder, peri__lua_reference kind, int level, int slot) {
  int top = lua_gettop(walk->L);
  bool key = kind == PERI_LUA_VALUE && pass(walk, top - 1), value = pass(walk, top);
  if (!key && !value) return;
  peri__lua_change change = {.kind = kind, .key = key, .value = value, .level = level, .slot = slot};
  note_change(walk, holder, &change);
}

/* ---- Changing --------------------------------------------------------------------------------------------------- */

static bool can_be_metatable(lua_State *L) { return lua_istable(L, -1) || lua_isnil(L, -1); }

/* Takes the value on top of the stack; the coroutine has room for it since it was looked into. */
static bool change_stack(lua_State *L, int holder, const peri__lua_change *change) {
  lua_State *thread = lua_tothread(L, holder);
  lua_xmove(L, thread, 1);
  lua_Debug frame;
  if (change->kind == PERI_LUA_STACK_SLOT) {
    lua_replace(thread, change->slot);
    return true;
  }
  if (lua_getstack(thread, change->level, &frame)) return lua_setlocal(thread, &frame, change->slot) != NULL;
  lua_pop(thread, 1);
  return false;
}

/* Puts the value on top of the stack in its place, and pops it. Of an entry whose key is replaced only the old key
 * goes: the new one must not hide another that is replaced as well. */
static bool change_one(lua_State *L, int holder, const peri__lua_change *change) {
  int key = holder + 1;
  switch (change->kind) {
  case PERI_LUA_VALUE:
    lua_pushvalue(L, key);
    lua_insert(L, -2);
    if (change->key) {
      lua_pop(L, 1);
      lua_pushnil(L);
    }
    lua_rawset(L, holder);
    return true;
  case PERI_LUA_METATABLE:
    if (can_be_metatable(L)) return lua_setmetatable(L, holder);
    break;
  case PERI_LUA_ENVIRONMENT:
    if (!lua_istable(L, -1)) break;
    peri__lua_set_environment(L, holder);
    return true;
  case PERI_LUA_UPVALUE: return lua_setupvalue(L, holder, change->slot) != NULL;
  case PERI_LUA_USER_VALUE: lua_setiuservalue(L, holder, change->slot); return true;
  default: return change_stack(L, holder, change);
  }
  lua_pop(L, 1);
  return false;
}

/* Pushes holder, key and new value. */
static int push_change(const peri__lua_walk *walk, size_t number) {
  for (int i = 1; i <= 3; i++) lua_rawgeti(walk->L, walk->list, (int)number * 3 + i);
  return lua_gettop(walk->L) - 2;
}

static size_t change_all(peri__lua_walk *walk) {
  lua_State *L = walk->L;
  size_t changed = 0, count = walk->listed / 3;
  for (size_t i = 0; i < count; i++) {
    int holder = push_change(walk, i);
    const peri__lua_change *change = &walk->heap->changes[i];
    changed += change_one(L, holder, change) && change->value;
    lua_settop(L, holder - 1);
  }
  for (size_t i = 0; i < count; i++) {
    if (!walk->heap->changes[i].key) continue;
    int holder = push_change(walk, i);
    push_new(walk, holder + 1);
    lua_insert(L, -2);
    lua_rawset(L, holder);
    changed++;
    lua_settop(L, holder - 1);
  }
  return changed;
}

static void read_map(peri__lua_walk *walk) {
  lua_State *L = walk->L;
  peri__lua_walk_skip(walk, walk->map);
  lua_pushnil(L);
  while (lua_next(L, walk->map)) {
    lua_pop(L, 1);
    uintptr_t key = peri__lua_object_key(L, -1);
    if (key) peri__lua_set_add(L, &walk->heap->replaced, key);
  }
}

int peri__lua_replace_in_heap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  peri__lua_walk walk = {.refer = refer, .whole = true, .map = 1};
  peri__lua_walk_begin(&walk, L, 2);
  read_map(&walk);
  peri__lua_walk_roots(&walk);
  lua_pushvalue(L, LUA_REGISTRYINDEX);
  peri__lua_walk_reach(&walk, -1);
  lua_pop(L, 1);
  while (peri__lua_walk_next(&walk)) {
    peri__lua_walk_into(&walk);
    lua_pop(L, 1);
  }
  size_t changed = change_all(&walk);
  peri__lua_heap_free(walk.heap);
  if (changed > 0) peri__lua_flush_traces(L);
  lua_pushinteger(L, (lua_Integer)changed);
  return 1;
}
