/* Kinds of nodes that a host adds: peri_register_node_kind. */
#include "unit/kinds.h"
#include "unit/scene.h"

#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "perilune/perilune_lua.h"

static const peri_param_info crusher_params[] = {{"steps", 4.0f, 1.0f, 65536.0f, true, false}};
static const char *const crusher_words[] = {"floor", "nearest", NULL};
static const peri_option_info crusher_options[] = {
    {"rounding", PERI_OPTION_WORD, 0, 0, 0, crusher_words},
    {"amount", PERI_OPTION_NUMBER, 1, 0, 1, NULL},
};

static void crush(const peri_process *p) {
  const peri_signal *in = &p->inputs[0];
  if (in->silent) return;
  p->outputs[0].silent = false;
  for (uint32_t c = 0; c < in->channels; c++) {
    for (uint32_t i = 0; i < PERI_QUANTUM; i++) {
      float steps = p->params[0].frames[i], x = in->samples[c * PERI_QUANTUM + i];
      float crushed = floorf(x * steps + (p->options[0] != 0 ? 0.5f : 0.0f)) / steps;
      p->outputs[0].samples[c * PERI_QUANTUM + i] = x + (crushed - x) * (float)p->options[1];
    }
  }
}

typedef struct counter {
  uint64_t quanta;
} counter;

static int created, destroyed, resets;

static bool create(void *state, double sample_rate, void *user) {
  created++;
  return sample_rate == 48000.0 && user == &created && ((counter *)state)->quanta == 0;
}

static void destroy(void *state, void *user) {
  (void)state, (void)user;
  destroyed++;
}

static void reset(void *state, void *user) {
  (void)user;
  ((counter *)state)->quanta = 0;
  resets++;
}

/* The number of the quantum, from 1; on three channels. */
static void count(const peri_process *p) {
  counter *state = p->state;
  state->quanta++;
  p->outputs[0].silent = false;
  for (uint32_t i = 0; i < p->outputs[0].channels * PERI_QUANTUM; i++)
    p->outputs[0].samples[i] = (float)state->quanta / 64.0f;
}

/* The third quantum is no number; and it asks for more channels than there are. */
static void spoil(const peri_process *p) {
  count(p);
  if (((counter *)p->state)->quanta == 3) p->outputs[0].samples[5] = NAN;
  p->outputs[0].channels = 1000;
}

/* Rings for four quanta. */
static void ring(const peri_process *p) {
  counter *state = p->state;
  if (!p->inputs[0].silent) state->quanta = 4;
  if (!state->quanta) return;
  state->quanta--;
  p->outputs[0].silent = false;
  for (uint32_t i = 0; i < p->outputs[0].channels * PERI_QUANTUM; i++) p->outputs[0].samples[i] = 0.5f;
}

static bool rings(const void *state, void *user) {
  (void)user;
  return ((const counter *)state)->quanta > 0;
}

/* Kinds stay for good: each is registered once in a process. */
static peri_node_kind kind_of(const char *name) {
  peri_node_kind kind = peri_find_node_kind(name);
  if (kind) return kind;
  peri_node_kind_def def = peri_default_node_kind_def();
  def.name = name;
  if (strcmp(name, "TestCrusher") == 0) {
    def.process = crush;
    def.params = 1, def.param = crusher_params;
    def.options = 2, def.option = crusher_options;
  } else {
    def.process = strcmp(name, "TestRing") == 0 ? ring : strcmp(name, "TestSpoiler") == 0 ? spoil : count;
    def.inputs = def.process == ring;
    def.has_tail = def.process == ring;
    def.sounds = rings;
    def.output_channels = def.process == count ? 3 : 0;
    def.state_bytes = sizeof(counter);
    def.create = create, def.destroy = destroy, def.reset = reset, def.user = &created;
  }
  kind = peri_register_node_kind(&def);
  CHECK(kind >= PERI_NODE_KINDS);
  return kind;
}

static peri_node node_to_destination(peri_engine *engine, const char *name) {
  peri_node node = peri_node_create(engine, kind_of(name));
  CHECK(node != 0);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  CHECK(peri_engine_update(engine));
  return node;
}

TEST(a_registered_kind_processes_with_its_parameters_and_options) {
  peri_engine *engine = scene_engine(2);
  peri_node node = node_to_destination(engine, "TestCrusher");
  const peri_node_info *info = peri_node_kind_info(kind_of("TestCrusher"));
  CHECK_STR(info->name, "TestCrusher");
  CHECK_EQ(info->params, 1);
  CHECK_EQ(info->options, 2);
  peri_buffer *buffer = scene_constant(2, 4096, 0.7f);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_source_play(engine, &def, node));
  float *out = scene_render(engine, 256, 64);
  CHECK_NEAR(out[0], 0.5, 0);
  CHECK_NEAR(out[511], 0.5, 0);
  CHECK(peri_node_set_option(engine, node, 0, 1));
  free(out);
  out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[1], 0.75, 0);
  CHECK(peri_param_set_value(engine, node, 0, 2.0f));
  CHECK(peri_node_set_option(engine, node, 1, 0.5));
  free(out);
  out = scene_render(engine, 128, 37);
  CHECK_NEAR(out[9], 0.6, 1e-6);
  CHECK(!peri_node_set_option(engine, node, 1, 2.0));
  CHECK_ERROR("amount of TestCrusher must be a number from 0 to 1, got 2");
  CHECK(!peri_node_set_option(engine, node, 2, 0.0));
  free(out);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(a_registered_source_is_made_and_destroyed_once_and_has_its_own_channels) {
  peri_engine *engine = scene_engine(4);
  created = destroyed = 0;
  peri_node node = node_to_destination(engine, "TestCounter");
  peri_channel_rule rule = {4, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, peri_engine_destination(engine), &rule));
  float *out = scene_render(engine, 256, 100);
  CHECK_NEAR(out[2], 1.0 / 64, 0);
  CHECK_NEAR(out[3], 0, 0);
  CHECK_NEAR(out[4 * 255 + 2], 2.0 / 64, 0);
  CHECK_EQ(created, 1);
  peri_node_release(engine, node);
  CHECK(peri_engine_update(engine));
  free(out);
  out = scene_render(engine, 256, 128);
  CHECK_NEAR(out[4 * 255], 0, 0);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(destroyed, 1);
  free(out);
  peri_engine_destroy(engine);
  CHECK_EQ(destroyed, 1);
}

TEST(a_registered_kind_that_refuses_makes_no_node_and_is_not_destroyed) {
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = 44100;
  peri_engine *engine = peri_engine_create(&def);
  destroyed = 0;
  CHECK(!peri_node_create(engine, kind_of("TestCounter")));
  CHECK_ERROR("a TestCounter could not be made");
  CHECK_EQ(destroyed, 0);
  peri_engine_destroy(engine);
}

TEST(a_registered_kind_that_makes_a_nan_is_silenced_and_reset_and_cannot_widen_its_output) {
  peri_engine *engine = scene_engine(1);
  resets = 0;
  node_to_destination(engine, "TestSpoiler");
  float *out = scene_render(engine, 4 * 128, 128);
  CHECK_NEAR(out[128], 2.0 / 64, 0);
  CHECK_NEAR(out[256], 0, 0);
  CHECK_NEAR(out[384], 1.0 / 64, 0);
  CHECK_EQ(resets, 1);
  CHECK_EQ(scene_stats(engine).nonfinite, 1);
  free(out);
  peri_engine_destroy(engine);
}

TEST(a_registered_kind_with_a_tail_is_heard_to_its_end_and_then_goes) {
  peri_engine *engine = scene_engine(1);
  peri_node node = node_to_destination(engine, "TestRing");
  peri_buffer *buffer = scene_constant(1, 128, 0.25f);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  peri_node source = peri_source_play(engine, &def, node);
  peri_node_release(engine, source);
  peri_node_release(engine, node);
  float *out = scene_render(engine, 128, 128);
  CHECK(peri_engine_update(engine));
  CHECK(peri_engine_is_active(engine));
  float *rest = scene_render(engine, 5 * 128, 64);
  CHECK_NEAR(out[127], 0.5, 0);
  CHECK_NEAR(rest[3 * 128 - 1], 0.5, 0);
  CHECK_NEAR(rest[3 * 128], 0, 0);
  for (int i = 0; i < 3; i++) {
    CHECK(peri_engine_update(engine));
    free(scene_render(engine, 128, 128));
  }
  CHECK(!peri_node_is_valid(engine, node));
  CHECK(!peri_engine_is_active(engine));
  free(out), free(rest);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

static void check_refused(const peri_node_kind_def *def, const char *why) {
  CHECK(!peri_register_node_kind(def));
  CHECK_ERROR(why);
}

TEST(wrong_definitions_of_kinds_are_refused) {
  static const peri_param_info bad_param = {"level", 2.0f, 0.0f, 1.0f, true, false};
  static const peri_param_info twice[] = {{"a", 0, 0, 1, true, false}, {"a", 0, 0, 1, true, false}};
  static const peri_option_info no_words = {"type", PERI_OPTION_WORD, 0, 0, 0, NULL};
  static const peri_option_info half = {"size", PERI_OPTION_WHOLE, 0.5, 0, 1, NULL};
  static const char *const same[] = {"up", "down", "up", NULL}, *const empty[] = {"", NULL};
  static const peri_option_info same_words = {"type", PERI_OPTION_WORD, 0, 0, 0, same};
  static const peri_option_info empty_word = {"type", PERI_OPTION_WORD, 0, 0, 0, empty};
  peri_node_kind_def good = peri_default_node_kind_def(), def;
  check_refused(NULL, "peri_default_node_kind_def");
  check_refused(&good, "1 to 63 characters");
  good.name = "TestWrong";
  check_refused(&good, "process function");
  good.process = count;
  def = good, def.size = 3, check_refused(&def, "peri_default_node_kind_def");
  def = good, def.name = "GainNode", check_refused(&def, "'GainNode' already");
  def = good, def.inputs = 33, check_refused(&def, "0 to 32 inputs");
  def = good, def.outputs = 0, check_refused(&def, "1 to 32 outputs");
  def = good, def.output_channels = 33, check_refused(&def, "1 to 32 channels");
  def = good, def.rule.count = 0, check_refused(&def, "channel rule");
  def = good, def.inputs = 0, def.has_tail = true, check_refused(&def, "no tail");
  def = good, def.state_bytes = SIZE_MAX, check_refused(&def, "2^30");
  def = good, def.params = 17, check_refused(&def, "0 to 16 parameters");
  def = good, def.params = 1, check_refused(&def, "and their array");
  def = good, def.params = 1, def.param = &bad_param, check_refused(&def, "level of TestWrong");
  def = good, def.params = 2, def.param = twice, check_refused(&def, "two members of the name 'a'");
  def = good, def.options = 9, check_refused(&def, "0 to 8 options");
  def = good, def.options = 1, def.option = &no_words, check_refused(&def, "no words");
  def = good, def.options = 1, def.option = &half, check_refused(&def, "size of TestWrong");
  def = good, def.options = 1, def.option = &same_words, check_refused(&def, "the word 'up' twice");
  def = good, def.options = 1, def.option = &empty_word, check_refused(&def, "word 0 is empty");
  CHECK(!peri_find_node_kind("TestWrong"));
  CHECK_ERROR("no node kind 'TestWrong'");
}

static void set_range(double sample_rate, peri_param_info *params, void *user) {
  (void)sample_rate, (void)params, (void)user;
}

static const char *any_value(const double *options, uint32_t option, double value, void *user) {
  (void)options, (void)option, (void)value, (void)user;
  return NULL;
}

static const char *no_part(double sample_rate, const double *options, uint32_t option, double value, void **part,
                           void *user) {
  (void)sample_rate, (void)options, (void)option, (void)value, (void)part, (void)user;
  return NULL;
}

static void *no_room(void *state, uint32_t channels, void *user) {
  (void)state, (void)channels, (void)user;
  return NULL;
}

TEST(parts_of_a_definition_that_do_not_go_together_are_refused) {
  peri_node_kind_def good = peri_default_node_kind_def(), def;
  good.name = "TestWrong";
  good.process = count;
  def = good, def.scheduled = true, check_refused(&def, "what starts and stops has no inputs");
  def = good, def.has_tail = false, def.absorb = count, check_refused(&def, "breaks cycles has inputs and a tail");
  def = good, def.inputs = 0, def.absorb = count, check_refused(&def, "breaks cycles has inputs and a tail");
  def = good, def.grow = no_room, check_refused(&def, "free_part");
  def = good, def.option_part = no_part, check_refused(&def, "free_part");
  def.free_part = destroy, def.grow = no_room, check_refused(&def, "not from both");
  def = good, def.option_part = no_part, def.free_part = destroy, check_refused(&def, "without options");
  def = good, def.check_option = any_value, check_refused(&def, "without options");
  def = good, def.ranges = set_range, check_refused(&def, "without parameters");
  def = good, def.ports_are_outputs = true, check_refused(&def, "need min_ports");
  def = good, def.channels_are_ports = true, check_refused(&def, "need min_ports");
  def = good, def.min_ports = 33, check_refused(&def, "min_ports is 1 to 32");
  def = good, def.min_ports = 2, check_refused(&def, "has 1 inputs and min_ports 2");
  def = good, def.min_ports = 2, def.ports_are_outputs = true, check_refused(&def, "has 1 outputs and min_ports 2");
  def = good, def.min_ports = 1, def.channels_are_ports = true, def.output_channels = 2;
  check_refused(&def, "say different things");
  def = good, def.max_count = 33, check_refused(&def, "max_count is 1 to 32");
  def = good, def.max_count = 1, check_refused(&def, "channel count 2 is above max_count 1");
  def = good, def.min_ports = 1, def.ports_are_outputs = def.channels_are_ports = true, def.max_count = 2;
  check_refused(&def, "which max_count 2 does not allow");
  def = good, def.no_max_mode = true, check_refused(&def, "another mode than PERI_COUNT_MAX");
  CHECK(!peri_find_node_kind("TestWrong"));
}

static void check_names_refused(const char *name, const char *why) {
  peri_param_info param = {name, 0, 0, 1, true, false};
  peri_option_info option = {name, PERI_OPTION_BOOLEAN, 0, 0, 0, NULL};
  peri_node_kind_def good = peri_default_node_kind_def(), def;
  good.name = "TestWrong";
  good.process = count;
  def = good, def.params = 1, def.param = &param, check_refused(&def, why);
  if (!strstr(peri_error(), "parameter 0 of TestWrong")) fail_msg("%s", peri_error());
  def = good, def.options = 1, def.option = &option, check_refused(&def, why);
  if (!strstr(peri_error(), "option 0 of TestWrong")) fail_msg("%s", peri_error());
}

TEST(names_that_are_none_or_could_not_be_reached_are_refused) {
  static const char *const none[] = {"1st",
                                     "a b",
                                     "a-b",
                                     "a.b",
                                     "gr\303\266\303\237e",
                                     "tab\t",
                                     "a_name_of_64_characters_which_is_one_more_than_there_may_be_in_it"};
  static const char *const lua[] = {"end", "repeat", "nil", "goto"};
  check_names_refused(NULL, "has no name");
  check_names_refused("", "has no name");
  for (size_t k = 0; k < sizeof none / sizeof *none; k++) check_names_refused(none[k], "is no name");
  for (size_t k = 0; k < sizeof lua / sizeof *lua; k++) check_names_refused(lua[k], "a word of Lua's");
  static const peri_param_info level = {"level", 0, 0, 1, true, false};
  static const peri_option_info also = {"level", PERI_OPTION_BOOLEAN, 0, 0, 0, NULL};
  static const peri_option_info twice[] = {{"on", PERI_OPTION_BOOLEAN, 0, 0, 0, NULL},
                                           {"on", PERI_OPTION_BOOLEAN, 0, 0, 0, NULL}};
  peri_node_kind_def good = peri_default_node_kind_def(), def;
  good.process = count;
  def = good, def.name = "", check_refused(&def, "1 to 63 characters");
  def = good, def.name = "two\nlines", check_refused(&def, "character 4 is one");
  def = good, def.name = " Crusher", check_refused(&def, "begin or end with a space");
  def = good, def.name = "Crusher ", check_refused(&def, "begin or end with a space");
  good.name = "TestWrong";
  def = good, def.params = 1, def.param = &level, def.options = 1, def.option = &also;
  check_refused(&def, "two members of the name 'level'");
  def = good, def.options = 2, def.option = twice, check_refused(&def, "two members of the name 'on'");
}

static int refuse_member(lua_State *L) {
  check_names_refused(lua_tostring(L, 1), "all nodes have that in Lua");
  return 0;
}

/* Members are an upvalue of the metatable's __index. */
TEST(every_member_that_nodes_of_hosts_kinds_have_in_lua_is_refused_as_a_name) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  luaL_requiref(L, "perilune", luaopen_perilune, 0);
  lua_register(L, "refuse", refuse_member);
  const char *script = "for _, metatable in pairs(debug.getregistry()) do\n"
                       "  local name = type(metatable) == 'table' and rawget(metatable, '__name')\n"
                       "  if name == 'CustomNode' or name == 'CustomSourceNode' then\n"
                       "    local _, members = debug.getupvalue(metatable.__index, 3)\n"
                       "    for member in pairs(members) do refuse(member) count = (count or 0) + 1 end\n"
                       "  end\n"
                       "end\n"
                       "assert(count == 8 + 11, count)\n";
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  lua_close(L);
}

TEST(a_script_makes_nodes_of_a_registered_kind_with_parameters_and_options_as_properties) {
  peri_engine *engine = scene_engine(2);
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  CHECK(peri_lua_attach(L, engine));
  kind_of("TestCrusher");
  const char *script =
      "local ctx = require('perilune').context()\n"
      "local node = ctx:createNode('TestCrusher', { steps = 2, rounding = 'nearest', channelCountMode = 'explicit' })\n"
      "assert(node.steps.value == 2 and node.steps.minValue == 1 and node.rounding == 'nearest' and node.amount == 1)\n"
      "assert(node.channelCountMode == 'explicit' and node.numberOfInputs == 1 and node.context == ctx)\n"
      "local source = ctx:createConstantSource { offset = .4 }\n"
      "source:connect(node):connect(ctx.destination)\n"
      "source:start()\n"
      "node.amount = .5\n"
      "kept = node\n"
      "local function refused(message, fn, ...)\n"
      "  local ok, why = pcall(fn, ...)\n"
      "  assert(not ok and why:find(message, 1, true), why)\n"
      "end\n"
      "refused('amount of TestCrusher must be a number from 0 to 1', function() node.amount = 2 end)\n"
      "refused('rounding', function() node.rounding = 'up' end)\n"
      "refused('is an AudioParam', function() node.steps = 2 end)\n"
      "refused('TestCrusher has no property', function() return node.step end)\n"
      "refused('TestCrusher has no property', function() node.step = 1 end)\n"
      "refused('TestCrusher has no property', ctx.createNode, ctx, 'TestCrusher', { step = 1 })\n"
      "refused('named by a string', function() return node[1] end)\n"
      "refused('table expected', ctx.createNode, ctx, 'TestCrusher', 5)\n"
      "refused('no node kind', ctx.createNode, ctx, 'NoSuchKind')\n"
      "refused('string expected', ctx.createNode, ctx)\n";
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  CHECK(peri_lua_update(L));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[0], 0.45, 1e-6);
  free(out);
  lua_close(L);
  peri_engine_destroy(engine);
}

static int give_table(lua_State *L) {
  peri_engine *engine = NULL;
  peri_node node = peri_lua_to_node(L, 1, &engine);
  CHECK_EQ(peri_lua_to_node(L, 1, NULL), node);
  if (!node) return 0;
  table_part *part = kinds_table((float)lua_tonumber(L, 2));
  lua_pushboolean(L, peri_node_set_part(engine, node, part));
  if (!lua_toboolean(L, -1)) kinds_free_table(part, NULL);
  return 1;
}

TEST(a_function_of_the_host_gives_a_part_to_the_node_that_a_script_calls_it_with) {
  peri_engine *engine = scene_engine(1);
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  CHECK(peri_lua_attach(L, engine));
  lua_register(L, "give", give_table);
  const char *script = "perilune = require('perilune')\n"
                       "ctx = perilune.context()\n"
                       "table_ = ctx:createNode('TestTable')\n"
                       "source = ctx:createConstantSource()\n"
                       "source:connect(table_):connect(ctx.destination)\n"
                       "source:start()\n"
                       "assert(give(table_, .25) == true)\n"
                       "assert(give(source, 1) == false and give(nil, 1) == nil and give(ctx, 1) == nil)\n"
                       "assert(give(io.stdout, 1) == nil and give({}, 1) == nil)\n";
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  CHECK(peri_lua_update(L));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[0], 0.25, 0.0);
  free(out);
  if (luaL_dostring(L, "ctx:close() assert(give(table_, 1) == nil)") != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  lua_close(L);
  peri_engine_destroy(engine);
  CHECK_EQ(atomic_load(&kinds_tables), 0);
}

/* The kinds of the other tests come first: none can be added afterwards. */
TEST(of_a_hundred_kinds_those_are_refused_that_there_is_no_room_for) {
  static char names[100][32];
  kind_of("TestCrusher"), kind_of("TestCounter"), kind_of("TestSpoiler"), kind_of("TestRing");
  int added = 0, before = 0;
  while (before < 64 && peri_node_kind_info((peri_node_kind)(PERI_NODE_KINDS + before))) before++;
  CHECK(before >= 4 && before < 64);
  for (int k = 0; k < 100; k++) {
    peri_node_kind_def def = peri_default_node_kind_def();
    snprintf(names[k], sizeof names[k], "TestKind%d", k);
    def.name = names[k];
    def.process = count;
    if (peri_register_node_kind(&def)) added++;
  }
  CHECK_ERROR("no more than 64 node kinds");
  CHECK_EQ(added, 64 - before);
  CHECK_EQ(peri_find_node_kind(names[added - 1]), PERI_NODE_KINDS_END - 1);
  CHECK(!peri_find_node_kind(names[added]));
}
