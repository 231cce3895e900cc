#include "host_module.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "perilune/perilune_lua.h"

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

/* Raises at the line of the script, through whatever function of Lua's own it came. */
static int __attribute__((format(printf, 2, 3))) fail(lua_State *L, const char *format, ...) {
  char message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  lua_Debug frame;
  int level = 1;
  for (frame.currentline = 0; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "l", &frame);
    if (frame.currentline > 0) break;
  }
  luaL_where(L, level);
  lua_pushstring(L, message);
  lua_concat(L, 2);
  return lua_error(L);
}

static const char *type_name(lua_State *L, int index) {
  return luaL_getmetafield(L, index, "__name") == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, index);
}

/* Of wrong types the type is shown, of wrong numbers the number. */
static int bad(lua_State *L, int index, const char *function, const char *expected) {
  char came[64];
  if (lua_type(L, index) != LUA_TNUMBER || !strstr(expected, "number"))
    snprintf(came, sizeof came, "%s", type_name(L, index));
  else if (isnan(lua_tonumber(L, index)))
    strcpy(came, "nan"); /* whose sign means nothing */
  else
    snprintf(came, sizeof came, "%.14g", lua_tonumber(L, index));
  return fail(L, "bad argument #%d to '%s' (%s expected, got %s)", index, function, expected, came);
}

/* Nil at the end counts as nothing. */
static void check_count(lua_State *L, const char *function, int count) {
  int last = lua_gettop(L);
  while (last > count && lua_isnil(L, last)) last--;
  if (last > count) fail(L, "bad argument #%d to '%s' (no more than %d expected)", last, function, count);
  if (lua_gettop(L) > count) lua_settop(L, count);
}

static double check_number(lua_State *L, int index, const char *function) {
  if (lua_type(L, index) != LUA_TNUMBER) bad(L, index, function, "number");
  double value = lua_tonumber(L, index);
  if (!isfinite(value)) bad(L, index, function, "finite number");
  return value;
}

static double check_length(lua_State *L, int index, const char *function) {
  double value = check_number(L, index, function);
  if (value < 0) bad(L, index, function, "number of at least 0");
  return value;
}

static uint8_t check_light(lua_State *L, int index, const char *function) {
  double value = check_number(L, index, function);
  if (value < 0 || value > 1) bad(L, index, function, "number from 0 to 1");
  return (uint8_t)(value * 255 + 0.5);
}

/* ---- Functions that wait ----------------------------------------------------------------------------------------- */

#define REMOVER 2 /* where an entry {function, what removes it} has the latter */

static host_module *module_of(lua_State *L) { return lua_touserdata(L, lua_upvalueindex(1)); }

static int remove_entry(lua_State *L) {
  functions *list = lua_touserdata(L, lua_upvalueindex(1));
  bool there = lua_rawgeti(L, lua_upvalueindex(2), 1) != LUA_TNIL;
  for (int i = 1; i <= REMOVER; i++) {
    lua_pushnil(L);
    lua_rawseti(L, lua_upvalueindex(2), i);
  }
  if (there) list->count--;
  return 0;
}

static int list_entry(lua_State *L) {
  functions *list = lua_touserdata(L, lua_upvalueindex(1));
  lua_rawgeti(L, LUA_REGISTRYINDEX, list->entries);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  list->count++;
  return 0;
}

static int remove_function(lua_State *L) {
  check_count(L, "remove", 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_pushcclosure(L, remove_entry, 2);
  peri_lua_hold(L, 0);
  return 0;
}

static void push_for_entry(lua_State *L, functions *list, lua_CFunction function) {
  lua_pushlightuserdata(L, list);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, function, 2);
}

/* Keeps the function at 1; returns one that removes it. A newer version of the file that asks for it removes it too. */
static int add_function(lua_State *L, functions *list, const char *function) {
  check_count(L, function, 1);
  if (!lua_isfunction(L, 1)) return bad(L, 1, function, "function");
  lua_createtable(L, REMOVER, 0); /* 2: its entry */
  lua_pushvalue(L, 1);
  lua_rawseti(L, 2, 1);
  push_for_entry(L, list, remove_function); /* 3 */
  lua_pushvalue(L, 3);
  lua_rawseti(L, 2, REMOVER);
  push_for_entry(L, list, list_entry);
  peri_lua_hold(L, 0);
  lua_pushvalue(L, 3);
  peri_lua_undo(L);
  return 1;
}

static int on_frame(lua_State *L) { return add_function(L, &module_of(L)->on_frame, "onFrame"); }

static int on_key(lua_State *L) { return add_function(L, &module_of(L)->on_key, "onKey"); }

typedef struct {
  functions *list;
  const char *key; /* NULL: a frame */
  bool down;
  double seconds;
} occasion;

static int push_arguments(lua_State *L, const occasion *occasion) {
  if (!occasion->key) {
    lua_pushnumber(L, occasion->seconds);
    return 1;
  }
  lua_pushstring(L, occasion->key);
  lua_pushboolean(L, occasion->down);
  return 2;
}

/* The list at 2 without the entries whose function was removed. */
static void tidy(lua_State *L, lua_Integer length) {
  lua_Integer kept = 0;
  for (lua_Integer i = 1; i <= length; i++) {
    lua_rawgeti(L, 2, i);
    if (lua_rawgeti(L, 3, 1) != LUA_TNIL) {
      lua_pushvalue(L, 3);
      lua_rawseti(L, 2, ++kept);
    }
    lua_settop(L, 2);
  }
  for (lua_Integer i = kept + 1; i <= length; i++) {
    lua_pushnil(L);
    lua_rawseti(L, 2, i);
  }
}

/* Functions that are added meanwhile have their turn the next time. */
static int call_all(lua_State *L) {
  const occasion *occasion = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, occasion->list->entries);
  lua_Integer length = (lua_Integer)lua_rawlen(L, 2);
  for (lua_Integer i = 1; i <= length; i++) {
    lua_rawgeti(L, 2, i);
    if (lua_rawgeti(L, 3, 1) != LUA_TNIL) peri_lua_call(L, push_arguments(L, occasion));
    lua_settop(L, 2);
  }
  length = (lua_Integer)lua_rawlen(L, 2);
  if (occasion->list->count < length) tidy(L, length);
  return 0;
}

static void call(lua_State *L, occasion *occasion) {
  if (occasion->list->count == 0 || !lua_checkstack(L, 10)) return;
  lua_pushcfunction(L, call_all);
  lua_pushlightuserdata(L, occasion);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1); /* memory ran out between two calls */
}

void host_module_frame(host_module *module, double seconds) {
  call(module->L, &(occasion){.list = &module->on_frame, .seconds = seconds});
}

void host_module_key(host_module *module, const char *name, bool down) {
  call(module->L, &(occasion){.list = &module->on_key, .key = name, .down = down});
}

/* ---- The window, the end ----------------------------------------------------------------------------------------- */

static int rectangle(lua_State *L) {
  double at[4];
  check_count(L, "rectangle", 7);
  for (int i = 0; i < 4; i++) at[i] = i < 2 ? check_number(L, i + 1, "rectangle") : check_length(L, i + 1, "rectangle");
  colour ink = {.a = 255};
  ink.r = check_light(L, 5, "rectangle"), ink.g = check_light(L, 6, "rectangle"),
  ink.b = check_light(L, 7, "rectangle");
  drawing *drawing = module_of(L)->drawing;
  if (drawing && !drawing_rectangle(drawing, at[0], at[1], at[2], at[3], ink)) fail(L, "no memory to draw with");
  return 0;
}

static int text(lua_State *L) {
  check_count(L, "text", 3);
  double x = check_number(L, 1, "text"), y = check_number(L, 2, "text");
  if (lua_type(L, 3) != LUA_TSTRING) return bad(L, 3, "text", "string");
  drawing *drawing = module_of(L)->drawing;
  if (drawing && !drawing_text(drawing, x, y, lua_tostring(L, 3))) fail(L, "no memory to draw with");
  return 0;
}

static int begin_to_quit(lua_State *L) {
  host_module *module = module_of(L);
  module->quitting = true;
  module->exit_code = (int)lua_tointeger(L, lua_upvalueindex(2));
  return 0;
}

static int quit(lua_State *L) {
  check_count(L, "quit", 1);
  double code = 0;
  if (!lua_isnoneornil(L, 1)) {
    if (lua_type(L, 1) == LUA_TNUMBER) code = lua_tonumber(L, 1);
    if (lua_type(L, 1) != LUA_TNUMBER || !(code >= 0 && code <= 255 && code == floor(code)))
      return bad(L, 1, "quit", "whole number from 0 to 255");
  }
  lua_pushlightuserdata(L, module_of(L));
  lua_pushinteger(L, (lua_Integer)code);
  lua_pushcclosure(L, begin_to_quit, 2);
  peri_lua_hold(L, 0);
  return 0;
}

static const luaL_Reg FUNCTIONS[] = {
    {"onFrame", on_frame}, {"onKey", on_key}, {"rectangle", rectangle}, {"text", text}, {"quit", quit}, {NULL, NULL},
};

static int open_module(lua_State *L) {
  luaL_newlibtable(L, FUNCTIONS);
  lua_pushlightuserdata(L, module_of(L));
  luaL_setfuncs(L, FUNCTIONS, 1);
  return 1;
}

void host_module_open(host_module *module, lua_State *L, drawing *drawing) {
  *module = (host_module){.L = L, .drawing = drawing};
  lua_newtable(L);
  module->on_frame.entries = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_newtable(L);
  module->on_key.entries = luaL_ref(L, LUA_REGISTRYINDEX);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushlightuserdata(L, module);
  lua_pushcclosure(L, open_module, 1);
  lua_setfield(L, -2, "perilune.host");
  lua_pop(L, 1);
}
