#include "reloader.h"

#include "check.h"
#include "trial.h"

void peri__lua_tell_reloader(lua_State *L, peri__lua *state, const char *name, int arguments) {
  if (state->reloader == LUA_NOREF) {
    lua_pop(L, arguments);
    return;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->reloader);
  lua_getfield(L, -1, name);
  lua_replace(L, -2);
  lua_insert(L, -1 - arguments);
  peri__lua_call(L, state, arguments);
}

/* setReloader(functions) */
static int set_reloader(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_unref(L, LUA_REGISTRYINDEX, state->reloader);
  state->reloader = LUA_NOREF;
  state->reloader = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

/* hold(function, ...): calls it, in a trial when that has succeeded. */
static int hold(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  peri__lua_hold(L, peri__lua_state(L), lua_gettop(L) - 1);
  return 0;
}

/* ---- Loops that nobody can reach -------------------------------------------------------------------------------- */

/* A source without its handle. */
typedef struct sounding {
  void *zero[2]; /* for LÖVE, as in a handle's head */
  peri__lua_context *context;
  peri_node source;
} sounding;

static int release_sounding(lua_State *L) {
  sounding *self = lua_touserdata(L, 1);
  peri__lua_context *context = self->context;
  self->context = NULL;
  if (context) peri__lua_context_release(L, context);
  return 0;
}

void peri__lua_note_loop(lua_State *L, peri__lua *state, int handle, int sound, peri__lua_context *context,
                         peri_node source) {
  if (state->reloader == LUA_NOREF || context->kind == PERI_LUA_OFFLINE) return;
  sounding *self = lua_newuserdatauv(L, sizeof *self, 0);
  *self = (sounding){.source = source};
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, release_sounding);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  peri__lua_context_retain(context);
  self->context = context;
  lua_pushvalue(L, handle);
  if (sound)
    lua_pushvalue(L, sound);
  else
    lua_pushnil(L);
  peri__lua_tell_reloader(L, state, "looping", 3);
}

void peri__lua_note_end(lua_State *L, peri__lua *state, int handle) {
  if (state->reloader == LUA_NOREF) return;
  lua_pushvalue(L, handle);
  peri__lua_tell_reloader(L, state, "ending", 1);
}

static sounding *check_sounding(lua_State *L) {
  sounding *self = lua_touserdata(L, 1);
  if (!self || lua_rawlen(L, 1) != sizeof *self) peri__lua_fail(L, "bad argument #1 (a source expected)");
  return self;
}

/* isGone(source) */
static int is_gone(lua_State *L) {
  const sounding *self = check_sounding(L);
  const peri__lua_context *context = self->context;
  lua_pushboolean(L, !context || context->closed || !peri_node_is_valid(context->engine, self->source));
  return 1;
}

/* fadeOut(source, seconds). One that ends meanwhile has ended; nodes of the graph, which cannot fade, are cut. */
static int fade_out(lua_State *L) {
  const sounding *self = check_sounding(L);
  const peri__lua_context *context = self->context;
  if (!context || context->closed) return 0;
  if (!peri_source_fade_out(context->engine, self->source, luaL_checknumber(L, 2), 0))
    peri_source_stop(context->engine, self->source, 0);
  return 0;
}

/* ---- When it is heard ------------------------------------------------------------------------------------------- */

/* nextFrame() → the frame that the default context renders next, and whether its clock runs; nil when it is not open.
 */
static int next_frame(lua_State *L) {
  const peri__lua_context *context = peri__lua_state(L)->context;
  if (!context || context->closed) return 0;
  peri_device_info info = {.paused = false};
  peri_device_get_info(context->engine, &info);
  lua_pushnumber(L, (lua_Number)peri_engine_frame(context->engine));
  lua_pushboolean(L, !info.paused);
  return 2;
}

const luaL_Reg peri__lua_reloader_functions[] = {
    {"setReloader", set_reloader}, {"hold", hold}, {"isGone", is_gone}, {"fadeOut", fade_out},
    {"nextFrame", next_frame},     {NULL, NULL},
};
