/* AudioScheduledSourceNode: what starts and stops. Its onended is kept with the handle until the source starts, so that
 * a source that never does can be collected with its function; from then on in the context's callbacks, until it has
 * been called. */
#include "check.h"
#include "reloader.h"
#include "trial.h"

#include <math.h>

/* ---- The function that is called at its end --------------------------------------------------------------------- */

void peri__lua_get_on_ended(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_scheduled *source = self;
  if (!source->started)
    peri__lua_push_kept(L, state, 1);
  else if (source->node.context)
    peri__lua_push_callback(L, source->node.context, peri__lua_source_key(source->node.id));
  else
    lua_pushnil(L);
}

/* The handle stands at index 1 (an assignment) or below the options of its factory. */
void peri__lua_set_on_ended(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  peri__lua_scheduled *source = self;
  peri_engine *engine = peri__lua_node_engine(L, &source->node);
  if (!lua_isnil(L, value)) peri__lua_function(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  if (!peri_source_set_notify(engine, source->node.id, !lua_isnil(L, value), 0)) peri__lua_fail_engine(L);
  if (source->started) {
    peri__lua_set_callback(L, source->node.context, peri__lua_source_key(source->node.id), value);
    return;
  }
  source->keeps_function = !lua_isnil(L, value);
  lua_pushvalue(L, value);
  peri__lua_keep(L, state, lua_touserdata(L, 1) == self ? 1 : 3);
}

/* The function goes where it is found when the source has ended, and comes back when it does not start. */
static void hand_over_function(lua_State *L, const peri__lua_scheduled *source) {
  peri__lua_push_kept(L, peri__lua_state(L), 1);
  peri__lua_set_callback(L, source->node.context, peri__lua_source_key(source->node.id), lua_gettop(L));
  lua_pop(L, 1);
}

static void take_back_function(lua_State *L, peri__lua_scheduled *source) {
  lua_pushnil(L);
  peri__lua_set_callback(L, source->node.context, peri__lua_source_key(source->node.id), lua_gettop(L));
  lua_pop(L, 1);
}

/* ---- Start and stop --------------------------------------------------------------------------------------------- */

void peri__lua_start(lua_State *L, peri__lua_scheduled *source, int count, double when, double offset,
                     double duration) {
  peri__lua *state = peri__lua_state(L);
  const char *name = peri__lua_node_name(&source->node);
  peri_engine *engine = peri__lua_engine(L, source->node.context);
  if (source->started) {
    peri__lua_node_engine(L, &source->node);
    peri__lua_fail(L, "the %s has been started already: make a new one for each start", name);
  }
  if (peri__lua_held(L, state, source, count)) return;
  if (source->keeps_function) {
    hand_over_function(L, source);
    engine = peri__lua_engine(L, source->node.context); /* a script's finaliser may have closed the context */
  }
  peri__lua_trial_reserve(L, state);
  if (!peri_source_start(engine, source->node.id, when, offset, duration)) {
    if (source->keeps_function) take_back_function(L, source);
    peri__lua_node_fail(L, &source->node);
  }
  source->started = true;
  peri__lua_trial_played(state, source->node.context, source->node.id);
  if (!source->keeps_function) return;
  source->keeps_function = false;
  lua_pushnil(L);
  peri__lua_keep(L, state, 1);
}

static peri__lua_scheduled *self(lua_State *L) {
  peri__lua_scheduled *exact = peri__lua_exact(L, 1, &peri__lua_buffer_source_type);
  return exact ? exact : peri__lua_self(L, &peri__lua_scheduled_node);
}

int peri__lua_stop_scheduled(lua_State *L) {
  const peri__lua_scheduled *source = self(L);
  peri__lua_arguments(L, 2);
  peri_engine *engine = peri__lua_engine(L, source->node.context);
  double when = lua_isnil(L, 2) ? 0 : peri__lua_time(L, 2, NULL);
  if (!source->started)
    peri__lua_fail(L, "the %s has not been started: call start before stop", peri__lua_node_name(&source->node));
  if (peri__lua_held(L, peri__lua_state(L), source, 2)) return 0;
  if (peri__lua_node_has_ended(&source->node)) return 0;
  if (!peri_source_stop(engine, source->node.id, when) && !peri__lua_node_has_ended(&source->node))
    peri__lua_fail_engine(L);
  peri__lua_note_end(L, peri__lua_state(L), 1);
  return 0;
}

static int start(lua_State *L) {
  peri__lua_scheduled *source = peri__lua_self(L, &peri__lua_scheduled_node);
  peri__lua_arguments(L, 2);
  double when = lua_isnil(L, 2) ? 0 : peri__lua_time(L, 2, NULL);
  peri__lua_start(L, source, 2, when, 0, INFINITY);
  if (source->started) peri__lua_note_loop(L, peri__lua_state(L), 1, 0, source->node.context, source->node.id);
  return 0;
}

static const peri__lua_property properties[] = {
    {"onended", peri__lua_get_on_ended, peri__lua_set_on_ended},
    {NULL, NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"start", start},
    {"stop", peri__lua_stop_scheduled},
    {NULL, NULL},
};

/* ---- Types ------------------------------------------------------------------------------------------------------ */

static int collect(lua_State *L) {
  peri__lua_scheduled *source = peri__lua_test(L, 1, &peri__lua_scheduled_node);
  if (source) peri__lua_node_let_go(L, &source->node, true);
  return 0;
}

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

/* All but buffer sources, whose ids are others. */
const peri__lua_type peri__lua_scheduled_node = {
    .name = "AudioScheduledSourceNode",
    .base = &peri__lua_audio_node,
    .methods = methods,
    .properties = properties,
    .node_kind = PERI_LUA_NO_NODE,
};

const peri__lua_type peri__lua_constant_source_type = {
    .name = "ConstantSourceNode",
    .base = &peri__lua_scheduled_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_scheduled),
    .id = PERI_LUA_CONSTANT_SOURCE,
    .node_kind = PERI_NODE_CONSTANT_SOURCE,
};

int peri__lua_create_constant_source(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_constant_source_type, NULL, 2);
}
