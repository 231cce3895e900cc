/* AudioListener and PannerNode: where sounds are, and where they are heard from. */
#include "check.h"
#include "trial.h"

/* Sets `count` parameters from `first` on to the arguments behind self, all at once, or none. */
static void set_params(lua_State *L, const peri__lua_node *node, uint32_t first, int count) {
  float values[6];
  peri__lua_arguments(L, count + 1);
  for (int i = 0; i < count; i++) values[i] = peri__lua_float(L, i + 2, NULL);
  peri_engine *engine = peri__lua_node_engine(L, node);
  if (peri__lua_held(L, peri__lua_state(L), node, count + 1)) return;
  bool done = true;
  for (int i = 0; i < count; i++) {
    if (!peri_param_check_value(engine, node->id, first + (uint32_t)i, values[i])) peri__lua_fail_engine(L);
  }
  peri_engine_begin(engine);
  for (int i = 0; i < count; i++) done = peri_param_set_value(engine, node->id, first + (uint32_t)i, values[i]) && done;
  if (!peri_engine_commit(engine) || !done) peri__lua_fail_engine(L);
}

/* ---- AudioListener ---------------------------------------------------------------------------------------------- */

static int set_listener_position(lua_State *L) {
  set_params(L, peri__lua_self(L, &peri__lua_listener_type), PERI_LISTENER_POSITION_X, 3);
  return 0;
}

static int set_listener_orientation(lua_State *L) {
  set_params(L, peri__lua_self(L, &peri__lua_listener_type), PERI_LISTENER_FORWARD_X, 6);
  return 0;
}

static const luaL_Reg listener_methods[] = {
    {"setPosition", set_listener_position},
    {"setOrientation", set_listener_orientation},
    {NULL, NULL},
};

static int collect_listener(lua_State *L) {
  peri__lua_node *listener = peri__lua_test(L, 1, &peri__lua_listener_type);
  if (listener) peri__lua_node_let_go(L, listener, false);
  return 0;
}

static const luaL_Reg listener_metamethods[] = {
    {"__gc", collect_listener},
    {NULL, NULL},
};

/* No AudioNode: nothing connects to it but to its parameters. */
const peri__lua_type peri__lua_listener_type = {
    .name = "AudioListener",
    .methods = listener_methods,
    .metamethods = listener_metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_LISTENER,
    .node_kind = PERI_NODE_LISTENER,
};

void peri__lua_push_listener(lua_State *L, peri__lua *state, peri__lua_context *context) {
  if (peri__lua_find(L, state, &context->listener)) return;
  context->listener = peri_engine_listener(peri__lua_engine(L, context));
  if (!context->listener) peri__lua_fail_engine(L);
  peri__lua_node *listener = peri__lua_new_node(L, state, context, &peri__lua_listener_type);
  listener->id = context->listener;
  peri__lua_remember(L, state, &context->listener);
}

/* ---- PannerNode ------------------------------------------------------------------------------------------------- */

static int set_position(lua_State *L) {
  set_params(L, peri__lua_self(L, &peri__lua_panner_type), PERI_PANNER_POSITION_X, 3);
  return 0;
}

static int set_orientation(lua_State *L) {
  set_params(L, peri__lua_self(L, &peri__lua_panner_type), PERI_PANNER_ORIENTATION_X, 3);
  return 0;
}

static const luaL_Reg panner_methods[] = {
    {"setPosition", set_position},
    {"setOrientation", set_orientation},
    {NULL, NULL},
};

static int collect_panner(lua_State *L) {
  peri__lua_node *panner = peri__lua_test(L, 1, &peri__lua_panner_type);
  if (panner) peri__lua_node_let_go(L, panner, true);
  return 0;
}

static const luaL_Reg panner_metamethods[] = {
    {"__gc", collect_panner},
    {NULL, NULL},
};

const peri__lua_type peri__lua_panner_type = {
    .name = "PannerNode",
    .base = &peri__lua_audio_node,
    .methods = panner_methods,
    .metamethods = panner_metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_PANNER,
    .node_kind = PERI_NODE_PANNER,
};

int peri__lua_create_panner(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_panner_type, NULL, 2);
}
