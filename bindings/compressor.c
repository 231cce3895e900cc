/* DynamicsCompressorNode. */
#include "check.h"

static int collect(lua_State *L) {
  peri__lua_node *node = peri__lua_test(L, 1, &peri__lua_dynamics_compressor_type);
  if (node) peri__lua_node_let_go(L, node, true);
  return 0;
}

static void get_reduction(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_node *node = self;
  float decibels;
  (void)state;
  if (!peri_node_get_reduction(peri__lua_node_engine(L, node), node->id, &decibels)) peri__lua_fail_engine(L);
  lua_pushnumber(L, (lua_Number)decibels);
}

static const peri__lua_property properties[] = {
    {"reduction", get_reduction, NULL},
    {NULL, NULL, NULL},
};

int peri__lua_create_dynamics_compressor(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_dynamics_compressor_type, NULL, 2);
}

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_dynamics_compressor_type = {
    .name = "DynamicsCompressorNode",
    .base = &peri__lua_audio_node,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_DYNAMICS_COMPRESSOR,
    .node_kind = PERI_NODE_DYNAMICS_COMPRESSOR,
};
