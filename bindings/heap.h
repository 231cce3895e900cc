/* A walk over the objects of a Lua state: tables, functions, full userdata and coroutines.
 *
 * The Lua API cannot push an object by its address. So the objects reached stand in a Lua array, which is also the list
 * of those still to be looked into (no recursion: lists may be long), and a set of addresses on the C side says which
 * these are. Between `begin` and the end nothing creates an object, so the collector takes no step, and runs no
 * finaliser, in the midst of it. */
#ifndef PERI_LUA_HEAP_H
#define PERI_LUA_HEAP_H

#include "bindings.h"

typedef struct peri__lua_set {
  uintptr_t *keys; /* 0: free */
  size_t capacity; /* a power of two, or 0 */
  size_t count;
} peri__lua_set;

typedef enum {
  PERI_LUA_METATABLE, /* nil is reported too */
  PERI_LUA_VALUE,     /* of a table; its key stands below it, and is reported with it */
  PERI_LUA_UPVALUE,
  PERI_LUA_ENVIRONMENT, /* 5.1: of a function, a userdata or a coroutine */
  PERI_LUA_USER_VALUE,  /* 5.4 */
  PERI_LUA_LOCAL,       /* of a frame: named, temporary (slot > 0) or of varargs (slot < 0) */
  PERI_LUA_STACK_SLOT,  /* of a coroutine without frames */
} peri__lua_reference;

typedef struct peri__lua_change {
  peri__lua_reference kind;
  bool key, value; /* which of an entry is replaced */
  int level, slot;
} peri__lua_change;

/* What a walk owns: a full userdata, never looked into itself. Its user values are the arrays below. */
typedef struct peri__lua_heap {
  void *zero[2]; /* "not LÖVE's", as in peri__lua_head */
  peri__lua_set seen;
  peri__lua_set skipped;
  peri__lua_set environments; /* 5.1: of userdata, looked into without being saved */
  peri__lua_set replaced;
  size_t *starts; /* for each object the place of its contents */
  peri__lua_change *changes;
  size_t room; /* of starts or changes */
} peri__lua_heap;

typedef struct peri__lua_walk {
  lua_State *L;
  peri__lua_heap *heap;
  int owner, objects, list; /* stack indices: the heap, the objects reached, the user's own array */
  size_t count, done;       /* objects reached, looked into */
  size_t listed;            /* items of the list */
  bool whole;               /* what C libraries keep, too */
  /* Told of each reference of the object at `holder`, whose value is on top of the stack; leaves it there. */
  void (*refer)(struct peri__lua_walk *walk, int holder, peri__lua_reference kind, int level, int slot);
  int map; /* the user's */
} peri__lua_walk;

#define PERI_LUA_BASE_TYPES 7

/* Whether the key was not in it. Raises for want of memory. */
bool peri__lua_set_add(lua_State *L, peri__lua_set *set, uintptr_t key);
bool peri__lua_set_has(const peri__lua_set *set, uintptr_t key);
/* 0 for what is no object. */
uintptr_t peri__lua_object_key(lua_State *L, int index);

/* Pushes the three values at owner, objects and list, and skips what the array at `skip` names (or nil). */
void peri__lua_walk_begin(peri__lua_walk *walk, lua_State *L, int skip);
void peri__lua_walk_skip(peri__lua_walk *walk, int index);
/* Notes the object at `index`, to be looked into. */
void peri__lua_walk_reach(peri__lua_walk *walk, int index);
/* Pushes the next object to look into. */
bool peri__lua_walk_next(peri__lua_walk *walk);
/* Looks into the object on top of the stack. */
void peri__lua_walk_into(peri__lua_walk *walk);
/* Appends the value on top of the stack to the list, and pops it. */
void peri__lua_walk_list(peri__lua_walk *walk);
/* The running and the main coroutine, and the metatables of the basic types. */
void peri__lua_walk_roots(peri__lua_walk *walk);
/* Pushes a value of each type that shares one metatable among all its values. */
void peri__lua_push_base(lua_State *L, int number);
/* Room for one more item of `size` bytes in an array of heap->room. */
void *peri__lua_heap_grow(lua_State *L, peri__lua_heap *heap, void *array, size_t count, size_t size);
/* The heap at `index`, or raises. */
peri__lua_heap *peri__lua_check_heap(lua_State *L, int index);
void peri__lua_heap_free(peri__lua_heap *heap);

#endif
