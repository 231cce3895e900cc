/* AudioParam: a value and what it is to become (Web Audio 1.1, AudioParam). Its handle keeps the node's. */
#include "check.h"
#include "trial.h"

/* As its kind has it. */
const peri_param_info *peri__lua_param_info(const peri__lua_param *param) {
  return &peri__lua_node_info(param->node)->param[param->index];
}

/* Made when asked for. Found again by an address inside the node's handle, one for each parameter. */
void peri__lua_push_param(lua_State *L, peri__lua *state, int node_index, uint32_t param_index) {
  peri__lua_node *node = lua_touserdata(L, node_index);
  const char *address = (const char *)node + param_index;
  if (peri__lua_find(L, state, address)) return;
  peri__lua_param *param = peri__lua_new(L, state, &peri__lua_param_type, 1);
  param->node = node;
  param->index = param_index;
  lua_pushvalue(L, node_index);
  lua_setiuservalue(L, lua_gettop(L) - 1, 1);
  peri__lua_remember(L, state, address);
}

void peri__lua_set_param(lua_State *L, peri__lua_node *node, uint32_t param, int index, const char *name) {
  float value = peri__lua_float(L, index, name);
  if (!peri_param_set_value(peri__lua_node_engine(L, node), node->id, param, value)) peri__lua_fail_engine(L);
}

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static void get_value(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_param *param = self;
  float value;
  (void)state;
  if (!peri_param_value(peri__lua_node_engine(L, param->node), param->node->id, param->index, &value))
    peri__lua_fail_engine(L);
  lua_pushnumber(L, (lua_Number)value);
}

static void set_value(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const peri__lua_param *param = self;
  peri__lua_float(L, value, name);
  if (!peri__lua_assignment_held(L, state, param)) peri__lua_set_param(L, param->node, param->index, value, name);
}

static void get_default(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)peri__lua_param_info(self)->default_value);
}

/* Its own range. A node that is gone has its kind's. */
static peri_param_info own_info(const peri__lua_param *param) {
  peri_param_info info = *peri__lua_param_info(param);
  const peri__lua_context *context = param->node->context;
  if (context && context->engine) peri_param_get_info(context->engine, param->node->id, param->index, &info);
  return info;
}

static void get_least(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)own_info(self).min_value);
}

static void get_most(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)own_info(self).max_value);
}

static const char *const rates[] = {"k-rate", "a-rate", NULL};

static void get_rate(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_param *param = self;
  bool audio_rate;
  (void)state;
  if (!peri_param_get_audio_rate(peri__lua_node_engine(L, param->node), param->node->id, param->index, &audio_rate)) {
    peri__lua_fail_engine(L);
  }
  lua_pushstring(L, rates[audio_rate]);
}

static void set_rate(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const peri__lua_param *param = self;
  bool audio_rate = peri__lua_word(L, value, name, rates) == 1;
  bool fixed = own_info(param).fixed_rate; /* then the call changes nothing, or fails at once */
  if (!fixed && peri__lua_assignment_held(L, state, param)) return;
  if (!peri_param_set_audio_rate(peri__lua_node_engine(L, param->node), param->node->id, param->index, audio_rate)) {
    peri__lua_fail_engine(L);
  }
}

static const peri__lua_property properties[] = {
    {"value", get_value, set_value}, {"defaultValue", get_default, NULL},    {"minValue", get_least, NULL},
    {"maxValue", get_most, NULL},    {"automationRate", get_rate, set_rate}, {NULL, NULL, NULL},
};

/* ---- Automation ------------------------------------------------------------------------------------------------- */

/* Each method checks its arguments, calls, and returns the parameter. */
static peri__lua_param *check_param(lua_State *L, int arguments) {
  peri__lua_param *param = peri__lua_self(L, &peri__lua_param_type);
  peri__lua_arguments(L, arguments);
  return param;
}

static peri_engine *engine_of(lua_State *L, const peri__lua_param *param) {
  return peri__lua_node_engine(L, param->node);
}

/* Whether the method waits; the parameter is left for it to return. */
static bool held(lua_State *L, const peri__lua_param *param, int count) {
  if (!peri__lua_held(L, peri__lua_state(L), param, count)) return false;
  lua_settop(L, 1);
  return true;
}

static int done(lua_State *L, bool well) {
  if (!well) peri__lua_fail_engine(L);
  lua_settop(L, 1);
  return 1;
}

static int set_value_at_time(lua_State *L) {
  const peri__lua_param *param = check_param(L, 3);
  float value = peri__lua_float(L, 2, NULL);
  double time = peri__lua_time(L, 3, NULL);
  if (held(L, param, 3)) return 1;
  return done(L, peri_param_set_value_at_time(engine_of(L, param), param->node->id, param->index, value, time));
}

static int linear_ramp(lua_State *L) {
  const peri__lua_param *param = check_param(L, 3);
  float value = peri__lua_float(L, 2, NULL);
  double time = peri__lua_time(L, 3, NULL);
  if (held(L, param, 3)) return 1;
  return done(L, peri_param_linear_ramp(engine_of(L, param), param->node->id, param->index, value, time));
}

static int exponential_ramp(lua_State *L) {
  const peri__lua_param *param = check_param(L, 3);
  float value = peri__lua_float(L, 2, NULL);
  if (value == 0.0f) peri__lua_bad(L, 2, NULL, "number other than 0");
  double time = peri__lua_time(L, 3, NULL);
  if (held(L, param, 3)) return 1;
  return done(L, peri_param_exponential_ramp(engine_of(L, param), param->node->id, param->index, value, time));
}

static int set_target(lua_State *L) {
  const peri__lua_param *param = check_param(L, 4);
  float target = peri__lua_float(L, 2, NULL);
  double time = peri__lua_time(L, 3, NULL), constant = peri__lua_time(L, 4, NULL);
  if (held(L, param, 4)) return 1;
  return done(L, peri_param_set_target(engine_of(L, param), param->node->id, param->index, target, time, constant));
}

static int set_curve(lua_State *L) {
  const peri__lua_param *param = check_param(L, 4);
  if (!lua_istable(L, 2)) peri__lua_bad(L, 2, NULL, "table");
  size_t count = lua_rawlen(L, 2);
  if (count < 2)
    peri__lua_fail(L, "bad argument #1 to 'setValueCurveAtTime' (at least 2 values expected, got %d)", (int)count);
  double time = peri__lua_time(L, 3, NULL), duration = peri__lua_number(L, 4, NULL);
  if (duration <= 0) peri__lua_bad(L, 4, NULL, "time above 0 seconds");
  float *values = lua_newuserdatauv(L, count * sizeof *values, 0);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 2, (int)(i + 1));
    values[i] = peri__lua_float(L, -1, "value of the curve");
    lua_pop(L, 1);
  }
  if (held(L, param, 4)) return 1;
  return done(L,
              peri_param_set_curve(engine_of(L, param), param->node->id, param->index, values, count, time, duration));
}

static int cancel(lua_State *L) {
  const peri__lua_param *param = check_param(L, 2);
  double time = peri__lua_time(L, 2, NULL);
  if (held(L, param, 2)) return 1;
  return done(L, peri_param_cancel(engine_of(L, param), param->node->id, param->index, time));
}

static int cancel_and_hold(lua_State *L) {
  const peri__lua_param *param = check_param(L, 2);
  double time = peri__lua_time(L, 2, NULL);
  if (held(L, param, 2)) return 1;
  return done(L, peri_param_cancel_and_hold(engine_of(L, param), param->node->id, param->index, time));
}

static const luaL_Reg methods[] = {
    {"setValueAtTime", set_value_at_time},
    {"linearRampToValueAtTime", linear_ramp},
    {"exponentialRampToValueAtTime", exponential_ramp},
    {"setTargetAtTime", set_target},
    {"setValueCurveAtTime", set_curve},
    {"cancelScheduledValues", cancel},
    {"cancelAndHoldAtTime", cancel_and_hold},
    {NULL, NULL},
};

const peri__lua_type peri__lua_param_type = {
    .name = "AudioParam",
    .methods = methods,
    .properties = properties,
    .size = sizeof(peri__lua_param),
    .id = PERI_LUA_PARAM,
    .node_kind = PERI_LUA_NO_NODE,
};
