/* WaveShaperNode. Its curve is given as a table of numbers or a string of float32, and read as a table: a copy. */
#include "check.h"
#include "trial.h"

#include <math.h>
#include <string.h>

static const float *curve_of_string(lua_State *L, int value, uint32_t *count) {
  size_t bytes;
  const char *text = lua_tolstring(L, value, &bytes);
  if (bytes % sizeof(float) != 0 || bytes / sizeof(float) > UINT32_MAX)
    peri__lua_fail(L, "bad value for 'curve' (a string of float32 expected, 4 bytes each, got %lu bytes)",
                   (unsigned long)bytes);
  *count = (uint32_t)(bytes / sizeof(float));
  float *values = lua_newuserdatauv(L, bytes + 1, 0); /* a string is not aligned to floats */
  memcpy(values, text, bytes);
  for (uint32_t i = 0; i < *count; i++) {
    if (!isfinite(values[i])) peri__lua_fail(L, "value %d of the curve is not finite", (int)(i + 1));
  }
  return values;
}

static const float *curve_of_table(lua_State *L, int value, uint32_t *count) {
  *count = (uint32_t)lua_rawlen(L, value);
  float *values = lua_newuserdatauv(L, *count * sizeof *values + 1, 0);
  for (uint32_t i = 0; i < *count; i++) {
    lua_rawgeti(L, value, (int)(i + 1));
    values[i] = peri__lua_float(L, lua_gettop(L), "value of the curve");
    lua_pop(L, 1);
  }
  return values;
}

/* Leaves the memory of the values on the stack. */
static void set_curve(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const peri__lua_node *node = self;
  uint32_t count = 0;
  const float *values = NULL;
  if (lua_type(L, value) == LUA_TSTRING)
    values = curve_of_string(L, value, &count);
  else if (lua_istable(L, value))
    values = curve_of_table(L, value, &count);
  else if (!lua_isnil(L, value))
    peri__lua_bad(L, value, name, "table, string or nil");
  if (values && count < 2) peri__lua_fail(L, "bad value for 'curve' (at least 2 values expected, got %d)", (int)count);
  if (!peri__lua_assignment_held(L, state, self) &&
      !peri_node_set_curve(peri__lua_node_engine(L, node), node->id, values, count))
    peri__lua_fail_engine(L);
  if (values) lua_pop(L, 1);
}

static void get_curve(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_node *node = self;
  peri_engine *engine = peri__lua_node_engine(L, node);
  uint32_t count = 0;
  (void)state;
  if (!peri_node_get_curve(engine, node->id, NULL, &count)) peri__lua_fail_engine(L);
  if (count == 0) {
    lua_pushnil(L);
    return;
  }
  uint32_t room = count;
  float *values = lua_newuserdatauv(L, room * sizeof *values, 0);
  if (!peri_node_get_curve(engine, node->id, values, &count)) peri__lua_fail_engine(L);
  if (count > room) count = room; /* another thread has set a longer one meanwhile */
  lua_createtable(L, (int)count, 0);
  for (uint32_t i = 0; i < count; i++) {
    lua_pushnumber(L, (lua_Number)values[i]);
    lua_rawseti(L, -2, (int)(i + 1));
  }
  lua_remove(L, -2);
}

static const peri__lua_property properties[] = {
    {"curve", get_curve, set_curve},
    {NULL, NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", peri__lua_collect_node},
    {NULL, NULL},
};

const peri__lua_type peri__lua_wave_shaper_type = {
    .name = "WaveShaperNode",
    .base = &peri__lua_audio_node,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_WAVE_SHAPER,
    .node_kind = PERI_NODE_WAVE_SHAPER,
};

int peri__lua_create_wave_shaper(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_wave_shaper_type, NULL, 2);
}
