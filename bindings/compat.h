/* Everything in which Lua 5.4 and Lua 5.1 (LuaJIT) differ, written as 5.4 names it. Helpers stay static: hosts export
 * their own copies of some of these names. */
#ifndef PERI_LUA_COMPAT_H
#define PERI_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 504

#define LUA_OK 0
#define lua_rawlen lua_objlen

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
#undef luaL_traceback
#define luaL_traceback peri__lua_traceback

#endif

/* Accounts for memory that Lua cannot see, as if the state had allocated it. PUC 5.1 cannot tell whether its collector
 * is stopped, and a step would start it again. */
static inline void peri__lua_account(lua_State *L, size_t bytes) {
#ifdef LUA_GCISRUNNING
  size_t kilobytes = bytes / 1024 < 1 << 20 ? bytes / 1024 : 1 << 20;
  if (kilobytes > 0 && lua_gc(L, LUA_GCISRUNNING, 0)) lua_gc(L, LUA_GCSTEP, (int)kilobytes);
#else
  (void)L, (void)bytes;
#endif
}

#endif
