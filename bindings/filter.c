/* BiquadFilterNode, IIRFilterNode, and getFrequencyResponse (Web Audio 1.1). */
#include "check.h"

/* ---- The response to frequencies -------------------------------------------------------------------------------- */

static void fill(lua_State *L, int table, const float *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    lua_pushnumber(L, (lua_Number)numbers[i]);
    lua_rawseti(L, table, (int)(i + 1));
  }
}

/* Web Audio's own form fills two tables of the script's, as long as the frequencies are. */
static void check_result(lua_State *L, int index, const char *name, size_t count) {
  if (!lua_istable(L, index)) peri__lua_bad(L, index, name, "table");
  size_t length = lua_rawlen(L, index);
  if (length != 0 && length != count) {
    peri__lua_fail(L, "'%s' must be empty or as long as the frequencies, %lu, got %lu", name, (unsigned long)count,
                   (unsigned long)length);
  }
}

/* getFrequencyResponse(frequencies [, magnitudes, phases]): two tables, new ones unless they are given. */
static int get_frequency_response(lua_State *L) {
  const peri__lua_node *self = peri__lua_exact(L, 1, &peri__lua_iir_filter_type);
  if (!self) self = peri__lua_self(L, &peri__lua_biquad_filter_type);
  peri__lua_arguments(L, 4);
  size_t count;
  const float *frequencies = peri__lua_floats(L, 2, "frequencies", "frequency", &count);
  bool given = !lua_isnil(L, 3) || !lua_isnil(L, 4);
  if (given) {
    check_result(L, 3, "magnitudes", count);
    check_result(L, 4, "phases", count);
  }
  float *results = lua_newuserdatauv(L, 2 * count * sizeof *results + 1, 0);
  if (!peri_filter_get_response(peri__lua_node_engine(L, self), self->id, frequencies, results, results + count, count))
    peri__lua_fail_engine(L);
  for (int k = 0; k < 2; k++) {
    if (given)
      lua_pushvalue(L, 3 + k);
    else
      lua_createtable(L, (int)count, 0);
    fill(L, lua_gettop(L), results + (size_t)k * count, count);
  }
  return 2;
}

/* ---- Types ------------------------------------------------------------------------------------------------------ */

static int collect(lua_State *L) {
  peri__lua_node *node = peri__lua_test(L, 1, &peri__lua_audio_node);
  if (node) peri__lua_node_let_go(L, node, true);
  return 0;
}

static const luaL_Reg methods[] = {
    {"getFrequencyResponse", get_frequency_response},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_biquad_filter_type = {
    .name = "BiquadFilterNode",
    .base = &peri__lua_audio_node,
    .methods = methods,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_BIQUAD_FILTER,
    .node_kind = PERI_NODE_BIQUAD_FILTER,
};

int peri__lua_create_biquad_filter(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_biquad_filter_type, NULL, 2);
}

const peri__lua_type peri__lua_iir_filter_type = {
    .name = "IIRFilterNode",
    .base = &peri__lua_audio_node,
    .methods = methods,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_IIR_FILTER,
    .node_kind = PERI_NODE_IIR_FILTER,
};

/* Doubles, as Web Audio has these. A wrong count is the engine's to refuse. */
static uint32_t check_coefficients(lua_State *L, int index, const char *name, double to[PERI_MAX_COEFFICIENTS]) {
  if (!lua_istable(L, index)) peri__lua_bad(L, index, name, "table");
  size_t count = lua_rawlen(L, index);
  for (size_t i = 0; i < count && i < PERI_MAX_COEFFICIENTS; i++) {
    lua_rawgeti(L, index, (int)(i + 1));
    to[i] = peri__lua_number(L, lua_gettop(L), name);
    lua_pop(L, 1);
  }
  return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

/* Web Audio 1.1, IIRFilterOptions: one table with both and the options of every node. Leaves the rest of it at 2, and
 * both at 3 and 4. */
static void take_coefficients(lua_State *L) {
  lua_settop(L, 2);
  peri__lua_take_option(L, 2, "feedforward");
  peri__lua_take_option(L, 2, "feedback");
}

/* createIIRFilter(feedforward, feedback) or createIIRFilter{feedforward, feedback, channelCount, ...} */
int peri__lua_create_iir_filter(lua_State *L) {
  peri_node_def def = peri_default_node_def(PERI_NODE_IIR_FILTER);
  double feedforward[PERI_MAX_COEFFICIENTS] = {0}, feedback[PERI_MAX_COEFFICIENTS] = {0};
  peri__lua_arguments(L, 3);
  peri__lua_check_context(L, 1);
  bool one_table = false;
  if (lua_istable(L, 2) && lua_isnil(L, 3)) {
    lua_getfield(L, 2, "feedforward");
    one_table = !lua_isnil(L, -1);
    lua_pop(L, 1);
  }
  if (one_table) {
    lua_settop(L, 2);
    take_coefficients(L);
  } else {
    lua_pushnil(L);
    lua_insert(L, 2);
  }
  def.feedforward_count = check_coefficients(L, 3, "feedforward", feedforward);
  def.feedback_count = check_coefficients(L, 4, "feedback", feedback);
  def.feedforward = feedforward;
  def.feedback = feedback;
  return peri__lua_create_node(L, &peri__lua_iir_filter_type, &def, 2);
}
