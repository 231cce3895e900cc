/* DelayNode. */
#include "check.h"

static const luaL_Reg metamethods[] = {
    {"__gc", peri__lua_collect_node},
    {NULL, NULL},
};

const peri__lua_type peri__lua_delay_type = {
    .name = "DelayNode",
    .base = &peri__lua_audio_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_DELAY,
    .node_kind = PERI_NODE_DELAY,
};

/* createDelay(maxDelayTime) or createDelay{maxDelayTime, …}: in seconds, 1 unless it is said. */
int peri__lua_create_delay(lua_State *L) {
  peri_node_def def = peri_default_node_def(PERI_NODE_DELAY);
  peri__lua_arguments(L, 2);
  if (lua_istable(L, 2)) {
    peri__lua_take_option(L, 2, "maxDelayTime");
    if (!lua_isnil(L, 3)) def.max_delay = peri__lua_number(L, 3, "maxDelayTime");
    return peri__lua_create_node(L, &peri__lua_delay_type, &def, 2);
  }
  if (!lua_isnil(L, 2)) def.max_delay = peri__lua_number(L, 2, NULL);
  return peri__lua_create_node(L, &peri__lua_delay_type, &def, 0);
}
