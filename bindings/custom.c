/* Nodes of the kinds that a host has registered (peri_register_node_kind): one type for all of them, and one for those
 * that start and stop. Their parameters and options are found by name when they are asked for. */
#include "check.h"

#include <string.h>

int peri__lua_custom_member(lua_State *L, const peri__lua_node *node, int key) {
  const peri_node_info *info = peri__lua_node_info(node);
  if (lua_type(L, key) != LUA_TSTRING)
    peri__lua_fail(L, "a property of %s is named by a string, not by a %s", info->name, luaL_typename(L, key));
  const char *name = lua_tostring(L, key);
  for (uint32_t p = 0; p < info->params; p++)
    if (strcmp(info->param[p].name, name) == 0) return (int)p;
  for (uint32_t o = 0; o < info->options; o++)
    if (strcmp(info->option[o].name, name) == 0) return -1 - (int)o;
  peri__lua_fail(L, "%s has no property '%s'", info->name, name);
}

/* Takes the number of inputs or outputs out of the options at 2, where the kind lets it be chosen. */
static void take_ports(lua_State *L, const peri_node_info *info, peri_node_def *def) {
  const char *name = info->ports_are_outputs ? "numberOfOutputs" : "numberOfInputs";
  if (!info->min_ports || !lua_istable(L, 2)) return;
  peri__lua_take_option(L, 2, name);
  if (!lua_isnil(L, 3)) def->ports = (uint32_t)peri__lua_count(L, 3, name, info->min_ports, PERI_MAX_CHANNELS);
}

/* createNode(name [, options]) */
int peri__lua_create_custom(lua_State *L) {
  peri__lua_arguments(L, 3);
  peri__lua_engine(L, peri__lua_check_context(L, 1));
  peri_node_kind kind = peri_find_node_kind(peri__lua_string(L, 2, NULL, &(size_t){0}));
  if (!kind) peri__lua_fail_engine(L);
  if (!lua_isnil(L, 3) && !lua_istable(L, 3)) peri__lua_bad(L, 3, NULL, "table");
  peri_node_def def = peri_default_node_def(kind);
  const peri_node_info *info = peri_node_kind_info(kind);
  lua_remove(L, 2);
  take_ports(L, info, &def);
  const peri__lua_type *type = info->scheduled ? &peri__lua_custom_source_type : &peri__lua_custom_type;
  return peri__lua_create_node(L, type, &def, 2);
}

static const luaL_Reg metamethods[] = {
    {"__gc", peri__lua_collect_node},
    {NULL, NULL},
};

const peri__lua_type peri__lua_custom_type = {
    .name = "CustomNode",
    .base = &peri__lua_audio_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_CUSTOM,
    .node_kind = PERI_NODE_KINDS_END, /* a node; each handle has its own */
};

const peri__lua_type peri__lua_custom_source_type = {
    .name = "CustomSourceNode",
    .base = &peri__lua_scheduled_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_scheduled),
    .id = PERI_LUA_CUSTOM_SOURCE,
    .node_kind = PERI_NODE_KINDS_END,
};
