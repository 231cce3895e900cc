/* AnalyserNode. Each of its four methods fills the table that it is given, or a new one, and returns it: as many
 * numbers as there are, whatever the table's length was. Bytes are numbers from 0 to 255. */
#include "check.h"

#include <math.h>

typedef bool (*get_floats)(peri_engine *engine, peri_node node, float *values, uint32_t count);
typedef bool (*get_bytes)(peri_engine *engine, peri_node node, uint8_t *values, uint32_t count);

/* The node of the method that runs; its table stands at 2 then, a new one if none was given. */
static const peri__lua_node *check_call(lua_State *L) {
  const peri__lua_node *node = peri__lua_self(L, &peri__lua_analyser_type);
  peri__lua_arguments(L, 2);
  if (lua_isnil(L, 2)) {
    lua_newtable(L);
    lua_replace(L, 2);
  }
  if (!lua_istable(L, 2)) peri__lua_bad(L, 2, NULL, "table");
  return node;
}

/* fftSize, or half of it. */
static uint32_t count_of(lua_State *L, const peri__lua_node *node, uint32_t divisor) {
  double size;
  if (!peri_node_get_option(peri__lua_node_engine(L, node), node->id, PERI_ANALYSER_FFT_SIZE, &size))
    peri__lua_fail_engine(L);
  return (uint32_t)size / divisor;
}

static int return_floats(lua_State *L, get_floats get, uint32_t divisor) {
  const peri__lua_node *node = check_call(L);
  uint32_t count = count_of(L, node, divisor);
  float *values = lua_newuserdatauv(L, count * sizeof *values, 0);
  if (!get(peri__lua_node_engine(L, node), node->id, values, count)) peri__lua_fail_engine(L);
  for (uint32_t i = 0; i < count; i++) {
    lua_pushnumber(L, (lua_Number)values[i]);
    lua_rawseti(L, 2, (int)(i + 1));
  }
  lua_settop(L, 2);
  return 1;
}

static int return_bytes(lua_State *L, get_bytes get, uint32_t divisor) {
  const peri__lua_node *node = check_call(L);
  uint32_t count = count_of(L, node, divisor);
  uint8_t *values = lua_newuserdatauv(L, count, 0);
  if (!get(peri__lua_node_engine(L, node), node->id, values, count)) peri__lua_fail_engine(L);
  for (uint32_t i = 0; i < count; i++) {
    lua_pushinteger(L, values[i]);
    lua_rawseti(L, 2, (int)(i + 1));
  }
  lua_settop(L, 2);
  return 1;
}

static int float_time(lua_State *L) { return return_floats(L, peri_analyser_get_time_data, 1); }
static int byte_time(lua_State *L) { return return_bytes(L, peri_analyser_get_time_bytes, 1); }
static int float_frequency(lua_State *L) { return return_floats(L, peri_analyser_get_frequency_data, 2); }
static int byte_frequency(lua_State *L) { return return_bytes(L, peri_analyser_get_frequency_bytes, 2); }

static const luaL_Reg methods[] = {
    {"getFloatTimeDomainData", float_time},
    {"getByteTimeDomainData", byte_time},
    {"getFloatFrequencyData", float_frequency},
    {"getByteFrequencyData", byte_frequency},
    {NULL, NULL},
};

static void get_bin_count(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)count_of(L, self, 2));
}

static const peri__lua_property properties[] = {
    {"frequencyBinCount", get_bin_count, NULL},
    {NULL, NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", peri__lua_collect_node},
    {NULL, NULL},
};

const peri__lua_type peri__lua_analyser_type = {
    .name = "AnalyserNode",
    .base = &peri__lua_audio_node,
    .methods = methods,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_ANALYSER,
    .node_kind = PERI_NODE_ANALYSER,
};

/* NaN: it was not given. */
static double take_number(lua_State *L, const char *name) {
  peri__lua_take_option(L, 2, name);
  double value = lua_isnil(L, 3) ? NAN : peri__lua_number(L, 3, name);
  lua_settop(L, 2);
  return value;
}

static void set_number(lua_State *L, uint32_t option, double value) {
  if (isnan(value)) return;
  lua_pushnumber(L, value);
  peri__lua_set_option(L, lua_touserdata(L, 3), option, 4,
                       peri_node_kind_info(PERI_NODE_ANALYSER)->option[option].name);
  lua_settop(L, 3);
}

/* minDecibels and maxDecibels are set in the order in which the one stays below the other. */
int peri__lua_create_analyser(lua_State *L) {
  double least = NAN, most = NAN;
  peri__lua_arguments(L, 2);
  if (lua_istable(L, 2)) {
    least = take_number(L, "minDecibels");
    most = take_number(L, "maxDecibels");
  }
  peri__lua_create_node(L, &peri__lua_analyser_type, NULL, 2);
  bool upwards = most > peri_node_kind_info(PERI_NODE_ANALYSER)->option[PERI_ANALYSER_MIN_DECIBELS].default_value;
  if (upwards) set_number(L, PERI_ANALYSER_MAX_DECIBELS, most);
  set_number(L, PERI_ANALYSER_MIN_DECIBELS, least);
  if (!upwards) set_number(L, PERI_ANALYSER_MAX_DECIBELS, most);
  return 1;
}
