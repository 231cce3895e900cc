/* Callbacks: kept by number until they cannot come any more, run on the script's thread, their errors reported. */
#include "check.h"
#include "reloader.h"
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>

void peri__lua_push_callback(lua_State *L, peri__lua_context *context, int64_t key) {
  if (context->callbacks == LUA_NOREF) {
    lua_pushnil(L);
    return;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->callbacks);
  lua_pushinteger(L, (lua_Integer)key);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

void peri__lua_set_callback(lua_State *L, peri__lua_context *context, int64_t key, int index) {
  if (context->callbacks == LUA_NOREF) {
    if (lua_isnil(L, index)) return;
    lua_newtable(L);
    context->callbacks = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  peri__lua_push_callback(L, context, key);
  bool had = !lua_isnil(L, -1), has = !lua_isnil(L, index);
  lua_pop(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->callbacks);
  lua_pushinteger(L, (lua_Integer)key);
  lua_pushvalue(L, index);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  if (has && !had) context->callback_count++;
  if (had && !has) context->callback_count--;
}

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

static int describe_error(lua_State *L) {
  const char *message = lua_tostring(L, 1);
  if (!message && luaL_callmeta(L, 1, "__tostring")) message = lua_tostring(L, -1);
  if (!message) message = lua_pushfstring(L, "(an error that is a %s)", luaL_typename(L, 1));
  luaL_traceback(L, L, message, 1);
  return 1;
}

/* Takes the message on top of the stack. */
static void report(lua_State *L, peri__lua *state) {
  state->errors++;
  if (state->on_error != LUA_NOREF) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->on_error);
    lua_pushvalue(L, -2);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) {
      lua_pop(L, 1);
      return;
    }
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "perilune: error in the function given to perilune.onError: %s\n", message ? message : "?");
    lua_pop(L, 1);
  }
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "perilune: error in a callback: %s\n", message ? message : "?");
  fflush(stderr);
  lua_pop(L, 1);
}

bool peri__lua_call(lua_State *L, peri__lua *state, int arguments) {
  int handler = lua_gettop(L) - arguments;
  lua_pushcfunction(L, describe_error);
  lua_insert(L, handler);
  bool well = lua_pcall(L, arguments, 0, handler) == LUA_OK;
  lua_remove(L, handler);
  if (!well) report(L, state);
  return well;
}

bool peri_lua_call(lua_State *L, int arguments) { return peri__lua_call(L, peri__lua_open(L), arguments); }

/* ---- Events ----------------------------------------------------------------------------------------------------- */

typedef struct delivery {
  peri__lua_context *context;
  peri_event event;
} delivery;

static int run_callback(lua_State *L) {
  delivery *d = lua_touserdata(L, 1);
  bool load = d->event.type == PERI_EVENT_LOADED;
  int64_t key = load ? (int64_t)d->event.user : peri__lua_source_key(d->event.source);
  peri__lua_push_callback(L, d->context, key);
  if (lua_isnil(L, -1)) return 0;
  lua_pushnil(L);
  peri__lua_set_callback(L, d->context, key, 3);
  lua_settop(L, 2);
  if (!load) {
    lua_call(L, 0, 0);
    return 0;
  }
  if (d->event.buffer) {
    peri_buffer *buffer = d->event.buffer;
    d->event.buffer = NULL;
    peri__lua_push_buffer(L, d->context->state, buffer);
    lua_call(L, 1, 0);
  } else {
    lua_pushnil(L);
    lua_pushstring(L, d->event.message);
    lua_call(L, 2, 0);
  }
  return 0;
}

/* An event that came while a file ran on trial and is none of the trial's. */
struct peri__lua_late_event {
  struct peri__lua_late_event *next;
  peri_event event;
};

static void run(lua_State *L, delivery *d) {
  lua_pushcfunction(L, run_callback);
  lua_pushlightuserdata(L, d);
  peri__lua_call(L, d->context->state, 1);
  peri_buffer_release(d->event.buffer);
  d->event.buffer = NULL;
}

/* What the trial waits for comes at once. All else would be undone with it if it fails: that comes later. */
static bool is_for_later(const peri__lua_context *context, const peri_event *event) {
  const peri__lua *state = context->state;
  if (!state->trial) return false;
  return event->type != PERI_EVENT_LOADED || !peri__lua_trial_waits(state, context, (int64_t)event->user);
}

/* False without memory. */
static bool keep_for_later(peri__lua_context *context, const peri_event *event) {
  struct peri__lua_late_event **place = &context->late, *late = malloc(sizeof *late);
  if (!late) return false;
  while (*place) place = &(*place)->next;
  *late = (struct peri__lua_late_event){NULL, *event};
  *place = late;
  return true;
}

static bool take_late(peri__lua_context *context, peri_event *event) {
  struct peri__lua_late_event *late = context->state->trial ? NULL : context->late;
  if (!late) return false;
  context->late = late->next;
  *event = late->event;
  free(late);
  return true;
}

void peri__lua_forget_late(peri__lua_context *context) {
  while (context->late) {
    struct peri__lua_late_event *late = context->late;
    context->late = late->next;
    peri_buffer_release(late->event.buffer);
    free(late);
  }
}

void peri__lua_deliver(lua_State *L, peri__lua_context *context) {
  delivery d = {.context = context};
  luaL_checkstack(L, 10, "no room for a callback");
  while (!context->closed && take_late(context, &d.event)) run(L, &d);
  while (!context->closed && peri_owner_poll(context->engine, context->owner, &d.event)) {
    if (d.event.type == PERI_EVENT_LOADED && context->loads > 0) context->loads--;
    if (!is_for_later(context, &d.event) || !keep_for_later(context, &d.event)) run(L, &d);
  }
}

bool peri__lua_update(lua_State *L, peri__lua *state) {
  uint64_t errors = state->errors;
  for (peri__lua_context *context = state->contexts, *next; context; context = next) {
    peri__lua_context_retain(context);
    if (!context->closed) {
      peri_engine_update(context->engine);
      peri__lua_deliver(L, context);
    }
    next = context->next;
    peri__lua_context_release(L, context);
  }
  if (state->trial) return state->errors == errors;
  peri__lua_tell_reloader(L, state, "update", 0);
  peri__lua_trial_abandon(L, state);
  return state->errors == errors;
}
