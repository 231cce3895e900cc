/* ConvolverNode. */
#include "check.h"
#include "trial.h"

static int collect(lua_State *L) {
  peri__lua_node *node = peri__lua_test(L, 1, &peri__lua_convolver_type);
  if (node) peri__lua_node_let_go(L, node, true);
  return 0;
}

static void get_buffer(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_node *node = self;
  peri_buffer *buffer = peri_node_get_buffer(peri__lua_node_engine(L, node), node->id);
  if (buffer)
    peri__lua_push_buffer(L, state, buffer);
  else
    lua_pushnil(L);
}

/* What the engine would refuse, at once: the assignment may wait for the end of a trial. */
static void check_response(lua_State *L, const peri_engine *engine, const peri_buffer *buffer) {
  uint32_t channels = peri_buffer_channels(buffer);
  double rate = peri_buffer_sample_rate(buffer), wanted = peri_engine_sample_rate(engine);
  if (channels != 1 && channels != 2 && channels != 4)
    peri__lua_fail(L, "the buffer of a ConvolverNode must have 1, 2 or 4 channels, got %u", channels);
  if (rate != wanted)
    peri__lua_fail(L, "the buffer of a ConvolverNode must have the engine's sample rate, %g, got %g", wanted, rate);
}

static void set_buffer(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const peri__lua_node *node = self;
  peri_engine *engine = peri__lua_node_engine(L, node);
  if (!lua_isnil(L, value) && !peri__lua_test(L, value, &peri__lua_buffer_type))
    peri__lua_bad(L, value, name, "Buffer or nil");
  peri_buffer *buffer = lua_isnil(L, value) ? NULL : peri__lua_check_buffer(L, value, name);
  if (buffer) check_response(L, engine, buffer);
  if (peri__lua_assignment_held(L, state, self)) return;
  if (!peri_node_set_buffer(engine, node->id, buffer)) peri__lua_fail_engine(L);
}

static const peri__lua_property properties[] = {
    {"buffer", get_buffer, set_buffer},
    {NULL, NULL, NULL},
};

/* Pushes a copy of the table at 2 without its buffer, where the text's disableNormalization has become `normalize`. */
static void push_all_but_buffer(lua_State *L) {
  lua_newtable(L);
  int copy = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, copy);
  }
  lua_pushnil(L);
  lua_setfield(L, copy, "buffer");
  lua_getfield(L, copy, "disableNormalization");
  if (!lua_isnil(L, -1)) {
    lua_pushboolean(L, !peri__lua_boolean(L, lua_gettop(L), "disableNormalization"));
    lua_setfield(L, copy, "normalize");
  }
  lua_pushnil(L);
  lua_setfield(L, copy, "disableNormalization");
  lua_settop(L, copy);
}

/* createConvolver([options]). The buffer comes last: it goes by what the others say. */
int peri__lua_create_convolver(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri__lua_arguments(L, 2);
  peri__lua_create_node(L, &peri__lua_convolver_type, NULL, 0);
  if (!lua_istable(L, 2)) {
    peri__lua_apply_options(L, state, 3, 2);
    return 1;
  }
  push_all_but_buffer(L);
  peri__lua_apply_options(L, state, 3, 4);
  lua_createtable(L, 0, 1);
  lua_getfield(L, 2, "buffer");
  lua_setfield(L, 5, "buffer");
  peri__lua_apply_options(L, state, 3, 5);
  lua_settop(L, 3);
  return 1;
}

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_convolver_type = {
    .name = "ConvolverNode",
    .base = &peri__lua_audio_node,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_CONVOLVER,
    .node_kind = PERI_NODE_CONVOLVER,
};
