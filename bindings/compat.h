/* Everything in which Lua 5.4 and Lua 5.1 differ, written as 5.4 names it. LuaJIT is Lua 5.1 here: one module, built
 * with the headers of Lua 5.1, serves both, so what only LuaJIT has is asked for at run time. Helpers stay static:
 * hosts export their own copies of some of these names. */
#ifndef PERI_LUA_COMPAT_H
#define PERI_LUA_COMPAT_H

#include <stdbool.h>

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 504

#define LUA_OK 0
#define lua_rawlen lua_objlen

/* All numbers are doubles. 5.1's own lua_Integer has 32 bits on 32-bit machines, where frames and ids need 53. */
#define lua_Integer long long
#define lua_pushinteger(L, n) lua_pushnumber(L, (lua_Number)(n))

/* User values live in a table that is the userdata's environment. */
static inline void *peri__lua_newuserdatauv(lua_State *L, size_t size, int values) {
  void *memory = lua_newuserdata(L, size);
  if (values == 0) return memory;
  lua_createtable(L, values, 0);
  lua_setfenv(L, -2);
  return memory;
}
#define lua_newuserdatauv peri__lua_newuserdatauv

static inline void peri__lua_getiuservalue(lua_State *L, int index, int n) {
  lua_getfenv(L, index);
  lua_rawgeti(L, -1, n);
  lua_remove(L, -2);
}
#define lua_getiuservalue peri__lua_getiuservalue

static inline void peri__lua_setiuservalue(lua_State *L, int index, int n) {
  lua_getfenv(L, index);
  lua_insert(L, -2);
  lua_rawseti(L, -2, n);
  lua_pop(L, 1);
}
#define lua_setiuservalue peri__lua_setiuservalue

/* Keeps the value on top with the userdata at `handle` (an index from the bottom), though it may lead to it, and pops
 * it. The table of weak keys below it identifies the value; it does not hold it, because 5.1's never let go of what
 * leads to its own key. Only an environment does. */
static inline void peri__lua_setephemeron(lua_State *L, int handle) {
  lua_createtable(L, 0, 1);
  lua_insert(L, -2);
  lua_pushvalue(L, -3);
  lua_insert(L, -2);
  lua_rawset(L, -3);
  lua_setfenv(L, handle);
}

/* Pushes it, or nil. The environment of a userdata that keeps nothing is the globals. */
static inline void peri__lua_getephemeron(lua_State *L, int handle) {
  lua_getfenv(L, handle);
  lua_pushvalue(L, -2);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

/* Returns the type of what it pushes. */
static inline int peri__lua_rawget(lua_State *L, int index) {
  lua_rawget(L, index);
  return lua_type(L, -1);
}
#define lua_rawget peri__lua_rawget

/* Only for LUA_REGISTRYINDEX, which pushing does not move. */
static inline void peri__lua_rawgetp(lua_State *L, int index, const void *key) {
  lua_pushlightuserdata(L, (void *)key);
  lua_rawget(L, index);
}
#define lua_rawgetp peri__lua_rawgetp

static inline void peri__lua_rawsetp(lua_State *L, int index, const void *key) {
  lua_pushlightuserdata(L, (void *)key);
  lua_insert(L, -2);
  lua_rawset(L, index);
}
#define lua_rawsetp peri__lua_rawsetp

static inline void peri__lua_traceback(lua_State *L, lua_State *from, const char *message, int level) {
  (void)from;
  lua_pushstring(L, message);
  lua_getglobal(L, "debug");
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    return;
  }
  lua_getfield(L, -1, "traceback");
  lua_remove(L, -2);
  if (!lua_isfunction(L, -1)) {
    lua_pop(L, 1);
    return;
  }
  lua_insert(L, -2);
  lua_pushinteger(L, level + 1);
  if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
    lua_pop(L, 1);
    lua_pushstring(L, message);
  }
}
#define luaL_traceback peri__lua_traceback

#define LUA_GCISRUNNING 9 /* LuaJIT's; PUC 5.1 answers -1 */

/* LuaJIT's; absent in PUC 5.1. The engine as a whole, flush: the values of luajit.h. */
extern int luaJIT_setmode(lua_State *L, int index, int mode) __attribute__((weak));

static inline bool peri__lua_is_jit(void) { return luaJIT_setmode != NULL; }

/* Compiled code takes upvalues that no script assigns for constants. */
static inline void peri__lua_flush_traces(lua_State *L) {
  if (luaJIT_setmode) luaJIT_setmode(L, 0, 0x0200);
}

/* Functions, threads and userdata have an environment, a table. */
static inline bool peri__lua_push_environment(lua_State *L, int index) {
  lua_getfenv(L, index);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

static inline void peri__lua_set_environment(lua_State *L, int index) { lua_setfenv(L, index); }

/* False (and nothing is pushed) when there is no such user value: here all are in the environment. */
static inline bool peri__lua_push_user_value(lua_State *L, int index, int n) {
  (void)L;
  (void)index;
  (void)n;
  return false;
}

static inline void peri__lua_push_globals(lua_State *L) { lua_pushvalue(L, LUA_GLOBALSINDEX); }

/* 5.1 does not tell which thread is the main one, unless it is asked there. */
static inline void peri__lua_note_main_thread(lua_State *L) {
  if (lua_pushthread(L))
    lua_setfield(L, LUA_REGISTRYINDEX, "perilune.mainThread");
  else
    lua_pop(L, 1);
}

/* Or nil, where it is not known. */
static inline void peri__lua_push_main_thread(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, "perilune.mainThread");
}

/* All numbers are of one kind. */
static inline bool peri__lua_is_integer(lua_State *L, int index) {
  (void)L;
  (void)index;
  return false;
}

#else

static inline void peri__lua_setephemeron(lua_State *L, int handle) {
  lua_pushvalue(L, handle);
  lua_insert(L, -2);
  lua_rawset(L, -3);
}

static inline void peri__lua_getephemeron(lua_State *L, int handle) {
  lua_pushvalue(L, handle);
  lua_rawget(L, -2);
}

static inline bool peri__lua_is_jit(void) { return false; }

static inline void peri__lua_flush_traces(lua_State *L) { (void)L; }

static inline bool peri__lua_push_environment(lua_State *L, int index) {
  (void)L;
  (void)index;
  return false;
}

static inline void peri__lua_set_environment(lua_State *L, int index) {
  (void)index;
  lua_pop(L, 1);
}

static inline bool peri__lua_push_user_value(lua_State *L, int index, int n) {
  if (lua_getiuservalue(L, index, n) != LUA_TNONE) return true;
  lua_pop(L, 1);
  return false;
}

static inline void peri__lua_push_globals(lua_State *L) { lua_pushglobaltable(L); }

static inline void peri__lua_note_main_thread(lua_State *L) { (void)L; }

static inline void peri__lua_push_main_thread(lua_State *L) { lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD); }

static inline bool peri__lua_is_integer(lua_State *L, int index) { return lua_isinteger(L, index); }

#endif

/* Accounts for memory that Lua cannot see, as if the state had allocated it. PUC 5.1 cannot tell whether its collector
 * is stopped, and a step would start it again. There it gets garbage of that size, which costs addresses and no memory,
 * because nothing is written to it; and as each allocation takes a step of a kilobyte if one is due, so many that
 * allocate nothing. */
static inline void peri__lua_account(lua_State *L, size_t bytes) {
  size_t kilobytes = bytes / 1024 < 1 << 16 ? bytes / 1024 : 1 << 16;
  if (kilobytes == 0) return;
  int running = lua_gc(L, LUA_GCISRUNNING, 0);
  if (running > 0) lua_gc(L, LUA_GCSTEP, (int)kilobytes);
  if (running >= 0) return;
  lua_newuserdatauv(L, kilobytes * 1024, 0);
  for (size_t i = 0; i < kilobytes; i++) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
  }
  lua_pop(L, 1);
}

#endif
