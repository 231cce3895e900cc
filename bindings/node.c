/* AudioNode: what every node of the graph layer has; and the kinds that have nothing but parameters. */
#include "check.h"
#include "trial.h"

#include <stdio.h>
#include <string.h>

peri__lua_node *peri__lua_new_node(lua_State *L, peri__lua *state, peri__lua_context *context,
                                   const peri__lua_type *type) {
  peri__lua_node *node = peri__lua_new(L, state, type, 0);
  peri__lua_context_retain(context);
  node->context = context;
  return node;
}

void peri__lua_node_let_go(lua_State *L, peri__lua_node *node, bool release) {
  peri__lua_context *context = node->context;
  if (!context) return;
  node->context = NULL;
  if (release && context->engine) peri_node_release(context->engine, node->id);
  peri__lua_context_release(L, context);
}

int peri__lua_collect_node(lua_State *L) {
  peri__lua_node *node = peri__lua_test(L, 1, &peri__lua_audio_node);
  if (node) peri__lua_node_let_go(L, node, node->head.type->id != PERI_LUA_DESTINATION);
  return 0;
}

/* Where a handle is kept: by the lower half of its id, because a number of Lua 5.1 does not hold the whole. */
static int slot_of(peri_node id) { return (int)(id & 0x7FFFFFFFu); }

void peri__lua_remember_node(lua_State *L, peri__lua_context *context) {
  const peri__lua_node *node = lua_touserdata(L, -1);
  if (context->nodes == LUA_NOREF) {
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    context->nodes = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->nodes);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, slot_of(node->id));
  lua_pop(L, 1);
}

void peri__lua_push_node(lua_State *L, peri__lua_context *context, peri_node id) {
  if (id == context->destination) {
    peri__lua_push_destination(L, context->state, context);
    return;
  }
  if (context->nodes == LUA_NOREF) {
    lua_pushnil(L);
    return;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->nodes);
  lua_rawgeti(L, -1, slot_of(id));
  lua_remove(L, -2);
  const peri__lua_node *node = lua_touserdata(L, -1);
  if (!node || node->id == id) return; /* else one of before or after it */
  lua_pop(L, 1);
  lua_pushnil(L);
}

void peri__lua_push_destination(lua_State *L, peri__lua *state, peri__lua_context *context) {
  if (peri__lua_find(L, state, &context->destination)) return;
  peri__lua_node *node = peri__lua_new_node(L, state, context, &peri__lua_destination_type);
  node->id = context->destination;
  peri__lua_remember(L, state, &context->destination);
}

bool peri__lua_node_has_ended(const peri__lua_node *node) {
  return node->head.type->id == PERI_LUA_BUFFER_SOURCE && !peri_node_is_valid(node->context->engine, node->id);
}

peri_engine *peri__lua_node_engine(lua_State *L, const peri__lua_node *node) {
  peri_engine *engine = peri__lua_engine(L, node->context);
  if (peri__lua_node_has_ended(node))
    peri__lua_fail(L, "the %s has ended: make a new one for each start", node->head.type->name);
  return engine;
}

void peri__lua_node_fail(lua_State *L, const peri__lua_node *node) {
  char why[256]; /* asking may replace it */
  snprintf(why, sizeof why, "%s", peri_error());
  peri__lua_node_engine(L, node);
  peri__lua_fail(L, "%s", why);
}

const peri_node_info *peri__lua_node_info(const peri__lua_node *node) {
  const peri__lua_type *type = node->head.type;
  return peri_node_kind_info(peri__lua_is_custom(type) ? node->kind : (peri_node_kind)type->node_kind);
}

const char *peri__lua_node_name(const peri__lua_node *node) {
  return peri__lua_is_custom(node->head.type) ? peri__lua_node_info(node)->name : node->head.type->name;
}

peri_node peri_lua_to_node(lua_State *L, int index, peri_engine **engine) {
  const peri__lua_node *node = peri__lua_test(L, index, &peri__lua_audio_node);
  if (!node || !node->context || node->context->closed) return 0;
  if (engine) *engine = node->context->engine;
  return node->id;
}

/* Its outputs or inputs. A node that is gone has what its kind has. */
static uint32_t count_ports(lua_State *L, const peri__lua_node *node, bool outputs) {
  uint32_t in, out;
  if (!peri_node_get_ports(peri__lua_engine(L, node->context), node->id, &in, &out)) {
    in = peri__lua_node_info(node)->inputs;
    out = peri__lua_node_info(node)->outputs;
  }
  return outputs ? out : in;
}

/* ---- Connections ------------------------------------------------------------------------------------------------ */

typedef struct target {
  peri__lua_node *node;
  bool is_param;
  uint32_t param;
} target;

static target check_target(lua_State *L, const peri__lua_node *from, int index) {
  target to = {.node = peri__lua_test(L, index, &peri__lua_audio_node)};
  peri__lua_param *param = to.node ? NULL : peri__lua_test(L, index, &peri__lua_param_type);
  if (param) to = (target){.node = param->node, .is_param = true, .param = param->index};
  if (!to.node) peri__lua_bad(L, index, NULL, "AudioNode or AudioParam");
  if (to.node->context != from->context)
    peri__lua_fail(L, "the %s belongs to another context", to.node->head.type->name);
  return to;
}

/* An output or input, counted from 1 in Lua; `absent` when the argument is not there. */
static uint32_t check_port(lua_State *L, int index, const peri__lua_node *node, bool output, uint32_t absent) {
  if (lua_isnoneornil(L, index)) return absent;
  uint32_t count = count_ports(L, node, output);
  if (count == 0) peri__lua_fail(L, "%s has no %s", peri__lua_node_name(node), output ? "output" : "input");
  return (uint32_t)peri__lua_count(L, index, NULL, 1, count) - 1;
}

/* Whether the nodes have ended is asked when the engine has refused them. */
static int connect(lua_State *L) {
  const peri__lua_node *self = peri__lua_self(L, &peri__lua_audio_node);
  int count = lua_gettop(L);
  if (count < 2) peri__lua_bad(L, 2, NULL, "AudioNode or AudioParam");
  peri_engine *engine = peri__lua_engine(L, self->context);
  target to = check_target(L, self, 2);
  uint32_t output = 0, input = 0;
  if (count > 2) {
    peri__lua_arguments(L, to.is_param ? 3 : 4);
    output = check_port(L, 3, self, true, 0);
    if (!to.is_param) input = check_port(L, 4, to.node, false, 0);
  }
  if (peri__lua_held(L, peri__lua_state(L), self, lua_gettop(L))) {
    lua_settop(L, 2);
    return to.is_param ? 0 : 1;
  }
  bool done = to.is_param ? peri_connect_param(engine, self->id, output, to.node->id, to.param)
                          : peri_connect(engine, self->id, output, to.node->id, input);
  if (!done) {
    peri__lua_node_engine(L, self);
    peri__lua_node_fail(L, to.node);
  }
  if (to.is_param) return 0;
  if (count > 2) lua_settop(L, 2);
  return 1;
}

/* Web Audio 1.1: disconnect(), (output), (node [, output [, input]]), (param [, output]). */
static bool disconnect_from(lua_State *L, peri_engine *engine, const peri__lua_node *self) {
  if (lua_isnone(L, 2)) return peri_disconnect(engine, self->id, PERI_ANY, 0, PERI_ANY);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    peri__lua_arguments(L, 2);
    return peri_disconnect(engine, self->id, check_port(L, 2, self, true, 0), 0, PERI_ANY);
  }
  if (lua_isnil(L, 2)) peri__lua_bad(L, 2, NULL, "AudioNode, AudioParam or number");
  target to = check_target(L, self, 2);
  peri__lua_arguments(L, to.is_param ? 3 : 4);
  uint32_t output = check_port(L, 3, self, true, PERI_ANY);
  if (to.is_param) return peri_disconnect_param(engine, self->id, output, to.node->id, to.param);
  return peri_disconnect(engine, self->id, output, to.node->id, check_port(L, 4, to.node, false, PERI_ANY));
}

static int disconnect(lua_State *L) {
  const peri__lua_node *self = peri__lua_self(L, &peri__lua_audio_node);
  peri_engine *engine = peri__lua_engine(L, self->context);
  if (peri__lua_node_has_ended(self)) return 0;
  if (peri__lua_held(L, peri__lua_state(L), self, lua_gettop(L))) return 0;
  if (!disconnect_from(L, engine, self)) peri__lua_fail_engine(L);
  return 0;
}

static const luaL_Reg methods[] = {
    {"connect", connect},
    {"disconnect", disconnect},
    {NULL, NULL},
};

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static void get_context(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_node *node = self;
  (void)state;
  if (!node->context) peri__lua_engine(L, NULL);
  peri__lua_push_context(L, node->context);
}

static void get_inputs(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)count_ports(L, self, false));
}

static void get_outputs(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)count_ports(L, self, true));
}

static const char *const count_modes[] = {"max", "clamped-max", "explicit", NULL}; /* as peri_count_mode */
static const char *const interpretations[] = {"speakers", "discrete", NULL};       /* as peri_interpretation */

static peri_channel_rule get_rule(lua_State *L, const peri__lua_node *node) {
  peri_channel_rule rule;
  if (!peri_node_get_channels(peri__lua_node_engine(L, node), node->id, &rule)) peri__lua_fail_engine(L);
  return rule;
}

static void set_rule(lua_State *L, const peri__lua_node *node, peri_channel_rule rule) {
  if (!peri_node_set_channels(peri__lua_node_engine(L, node), node->id, &rule)) peri__lua_fail_engine(L);
}

/* Web Audio 1.1, channelCount constraints: the destination of an OfflineAudioContext keeps its channels. */
static void check_offline_rule(lua_State *L, const peri__lua_node *node, const peri_channel_rule *rule) {
  if (node->head.type->id != PERI_LUA_DESTINATION || node->context->kind != PERI_LUA_OFFLINE) return;
  peri_channel_rule now = get_rule(L, node);
  const char *what = rule->count != now.count ? "channelCount" : rule->mode != now.mode ? "channelCountMode" : NULL;
  if (what) peri__lua_fail(L, "%s of the destination of an OfflineAudioContext cannot be changed", what);
}

/* What the engine would refuse is refused at once: the assignment may wait for the end of a trial. */
static void assign_rule(lua_State *L, const peri__lua *state, const peri__lua_node *node, peri_channel_rule rule) {
  check_offline_rule(L, node, &rule);
  if (!peri_node_check_channels(peri__lua_node_engine(L, node), node->id, &rule)) peri__lua_fail_engine(L);
  if (!peri__lua_assignment_held(L, state, node)) set_rule(L, node, rule);
}

static void get_count(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)get_rule(L, self).count);
}

static void set_count(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  peri_channel_rule rule = get_rule(L, self);
  rule.count = (uint32_t)peri__lua_count(L, value, name, 1, PERI_MAX_CHANNELS);
  assign_rule(L, state, self, rule);
}

static void get_mode(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushstring(L, count_modes[get_rule(L, self).mode]);
}

static void set_mode(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  peri_channel_rule rule = get_rule(L, self);
  rule.mode = (peri_count_mode)peri__lua_word(L, value, name, count_modes);
  assign_rule(L, state, self, rule);
}

static void get_interpretation(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushstring(L, interpretations[get_rule(L, self).interpretation]);
}

static void set_interpretation(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  peri_channel_rule rule = get_rule(L, self);
  rule.interpretation = (peri_interpretation)peri__lua_word(L, value, name, interpretations);
  assign_rule(L, state, self, rule);
}

static const peri__lua_property properties[] = {
    {"context", get_context, NULL},
    {"numberOfInputs", get_inputs, NULL},
    {"numberOfOutputs", get_outputs, NULL},
    {"channelCount", get_count, set_count},
    {"channelCountMode", get_mode, set_mode},
    {"channelInterpretation", get_interpretation, set_interpretation},
    {NULL, NULL, NULL},
};

/* ---- Properties that are options of the engine ------------------------------------------------------------------ */

void peri__lua_push_option(lua_State *L, const peri__lua_node *node, uint32_t option) {
  const peri_option_info *info = &peri__lua_node_info(node)->option[option];
  double value;
  if (!peri_node_get_option(peri__lua_node_engine(L, node), node->id, option, &value)) peri__lua_fail_engine(L);
  switch (info->type) {
  case PERI_OPTION_BOOLEAN: lua_pushboolean(L, value != 0); break;
  case PERI_OPTION_WORD: lua_pushstring(L, info->words[(int)value]); break;
  case PERI_OPTION_WHOLE: lua_pushinteger(L, (lua_Integer)value); break;
  default: lua_pushnumber(L, (lua_Number)value); break;
  }
}

/* The range, which the engine knows too, is checked here because an assignment may wait for the end of a trial. */
static double check_option(lua_State *L, const peri__lua_node *node, const peri_option_info *info, int value,
                           const char *name) {
  if (info->type == PERI_OPTION_BOOLEAN) return peri__lua_boolean(L, value, name);
  if (info->type == PERI_OPTION_WORD) return peri__lua_word(L, value, name, info->words);
  double number = peri__lua_number(L, value, name);
  bool whole = info->type == PERI_OPTION_WHOLE;
  if (number < info->min_value || number > info->max_value || (whole && number != (double)(int64_t)number)) {
    peri__lua_fail(L, "%s of %s must be a %snumber from %g to %g, got %g", info->name, peri__lua_node_info(node)->name,
                   whole ? "whole " : "", info->min_value, info->max_value, number);
  }
  return number;
}

/* What another option of the node at 1 has now, or will have: what a trial has assigned is held back. */
static double other_option(lua_State *L, const peri__lua *state, const peri__lua_node *node, uint32_t option) {
  const peri_option_info *info = &peri__lua_node_info(node)->option[option];
  double value;
  if (!peri_node_get_option(peri__lua_node_engine(L, node), node->id, option, &value)) peri__lua_fail_engine(L);
  lua_pushvalue(L, 2);
  lua_pushstring(L, info->name);
  lua_replace(L, 2);
  if (peri__lua_push_held(L, state)) {
    value = check_option(L, node, info, lua_gettop(L), info->name);
    lua_pop(L, 1);
  }
  lua_replace(L, 2);
  return value;
}

/* While a trial runs, what the engine would refuse at its end is refused at once. */
static void check_ahead(lua_State *L, const peri__lua_node *node, uint32_t option, double value) {
  const peri__lua *state = peri__lua_state(L);
  const peri_node_info *info = peri__lua_node_info(node);
  if (!state->trial) return;
  double *others = lua_newuserdatauv(L, (info->options + 1) * sizeof *others, 0);
  for (uint32_t o = 0; o < info->options; o++) others[o] = other_option(L, state, node, o);
  if (!peri_node_check_option(peri__lua_node_engine(L, node), node->id, option, value, others))
    peri__lua_fail_engine(L);
  lua_pop(L, 1);
}

void peri__lua_set_option(lua_State *L, const peri__lua_node *node, uint32_t option, int value, const char *name) {
  double number = check_option(L, node, &peri__lua_node_info(node)->option[option], value, name);
  check_ahead(L, node, option, number);
  if (peri__lua_assignment_held(L, peri__lua_state(L), node)) return;
  if (!peri_node_set_option(peri__lua_node_engine(L, node), node->id, option, number)) peri__lua_fail_engine(L);
}

/* ---- Options of the factories ----------------------------------------------------------------------------------- */

static const peri__lua_property *find_property(const peri__lua_type *type, const char *name) {
  for (; type; type = type->base) {
    for (const peri__lua_property *p = type->properties; p && p->name; p++) {
      if (strcmp(p->name, name) == 0) return p->set ? p : NULL;
    }
  }
  return NULL;
}

static bool find_param(const peri__lua_node *node, const char *name, uint32_t *index) {
  const peri_node_info *info = peri__lua_node_info(node);
  for (*index = 0; *index < info->params; (*index)++) {
    if (strcmp(info->param[*index].name, name) == 0) return true;
  }
  return false;
}

static bool find_option(const peri__lua_node *node, const char *name, uint32_t *index) {
  const peri_node_info *info = peri__lua_node_info(node);
  for (*index = 0; *index < info->options; (*index)++) {
    if (strcmp(info->option[*index].name, name) == 0) return true;
  }
  return false;
}

void peri__lua_apply_options(lua_State *L, peri__lua *state, int index, int options) {
  peri__lua_node *node = lua_touserdata(L, index);
  if (lua_isnoneornil(L, options)) return;
  if (!lua_istable(L, options)) peri__lua_bad(L, options, NULL, "table");
  for (lua_pushnil(L); lua_next(L, options); lua_pop(L, 1)) {
    int name_index = lua_gettop(L) - 1;
    const char *name = lua_type(L, name_index) == LUA_TSTRING ? lua_tostring(L, name_index) : "";
    const peri__lua_property *property = find_property(node->head.type, name);
    uint32_t param;
    if (property)
      property->set(L, state, node, name_index + 1, name);
    else if (find_param(node, name, &param))
      peri__lua_set_param(L, node, param, name_index + 1, name);
    else if (find_option(node, name, &param))
      peri__lua_set_option(L, node, param, name_index + 1, name);
    else if (peri__lua_is_custom(node->head.type))
      peri__lua_custom_member(L, node, name_index); /* says that there is none */
    else
      peri__lua_unknown(L, node->head.type, name_index, true);
  }
}

int peri__lua_create_node(lua_State *L, const peri__lua_type *type, const peri_node_def *def, int options) {
  peri__lua *state = peri__lua_state(L);
  peri__lua_context *context = peri__lua_check_context(L, 1);
  peri__lua_engine(L, context);
  peri_node_def own = def ? *def : peri_default_node_def((peri_node_kind)type->node_kind);
  own.owner = context->owner;
  lua_settop(L, 2);
  peri__lua_node *node = peri__lua_new_node(L, state, context, type);
  node->kind = own.kind;
  node->id = peri_node_create_from(peri__lua_engine(L, context), &own);
  if (!node->id) peri__lua_fail_engine(L);
  peri__lua_remember_node(L, context);
  if (options) peri__lua_apply_options(L, state, 3, options);
  lua_settop(L, 3);
  return 1;
}

/* ---- Types ------------------------------------------------------------------------------------------------------ */

static const luaL_Reg metamethods[] = {
    {"__gc", peri__lua_collect_node},
    {NULL, NULL},
};

const peri__lua_type peri__lua_audio_node = {
    .name = "AudioNode",
    .methods = methods,
    .properties = properties,
    .node_kind = PERI_LUA_NO_NODE,
};

/* The engine's channels: a device is opened with as many, and SDL fits them to the hardware's. */
static void get_most_channels(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)peri_engine_channels(peri__lua_node_engine(L, self)));
}

static const peri__lua_property destination_properties[] = {
    {"maxChannelCount", get_most_channels, NULL},
    {NULL, NULL, NULL},
};

const peri__lua_type peri__lua_destination_type = {
    .name = "AudioDestinationNode",
    .base = &peri__lua_audio_node,
    .properties = destination_properties,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_DESTINATION,
    .node_kind = PERI_NODE_DESTINATION,
};

const peri__lua_type peri__lua_gain_type = {
    .name = "GainNode",
    .base = &peri__lua_audio_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_GAIN,
    .node_kind = PERI_NODE_GAIN,
};

const peri__lua_type peri__lua_stereo_panner_type = {
    .name = "StereoPannerNode",
    .base = &peri__lua_audio_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_STEREO_PANNER,
    .node_kind = PERI_NODE_STEREO_PANNER,
};

const peri__lua_type peri__lua_channel_splitter_type = {
    .name = "ChannelSplitterNode",
    .base = &peri__lua_audio_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_CHANNEL_SPLITTER,
    .node_kind = PERI_NODE_CHANNEL_SPLITTER,
};

const peri__lua_type peri__lua_channel_merger_type = {
    .name = "ChannelMergerNode",
    .base = &peri__lua_audio_node,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_node),
    .id = PERI_LUA_CHANNEL_MERGER,
    .node_kind = PERI_NODE_CHANNEL_MERGER,
};

void peri__lua_take_option(lua_State *L, int options, const char *name) {
  lua_newtable(L);
  int rest = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, options); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, rest);
  }
  lua_pushnil(L);
  lua_setfield(L, rest, name);
  lua_getfield(L, options, name);
  lua_insert(L, rest);
  lua_replace(L, options);
}

/* The number of ports, 6 unless it is said: an argument, or an option by `name`. */
static int create_with_ports(lua_State *L, const peri__lua_type *type, const char *name) {
  peri_node_def def = peri_default_node_def((peri_node_kind)type->node_kind);
  peri__lua_arguments(L, 2);
  if (!lua_istable(L, 2)) {
    if (!lua_isnil(L, 2)) def.ports = (uint32_t)peri__lua_count(L, 2, NULL, 1, PERI_MAX_CHANNELS);
    return peri__lua_create_node(L, type, &def, 0);
  }
  peri__lua_take_option(L, 2, name);
  if (!lua_isnil(L, 3)) def.ports = (uint32_t)peri__lua_count(L, 3, name, 1, PERI_MAX_CHANNELS);
  return peri__lua_create_node(L, type, &def, 2);
}

int peri__lua_create_channel_splitter(lua_State *L) {
  return create_with_ports(L, &peri__lua_channel_splitter_type, "numberOfOutputs");
}

int peri__lua_create_channel_merger(lua_State *L) {
  return create_with_ports(L, &peri__lua_channel_merger_type, "numberOfInputs");
}
