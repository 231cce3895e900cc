/* What the engine's own kinds of nodes can do, kinds that a host adds can too: they start and stop, break cycles, get
 * parts while they play, have ports by number, ranges by the sample rate, channel rules that are fixed. */
#include "unit/kinds.h"
#include "unit/scene.h"

static const uint32_t blocks[] = {1, 7, 128, 480, 1000};

static peri_node node_of(peri_engine *engine, const char *name) {
  peri_node_kind kind = peri_find_node_kind(name);
  CHECK(kind != 0);
  peri_node node = peri_node_create(engine, kind);
  CHECK(node != 0);
  return node;
}

static peri_node heard(peri_engine *engine, const char *name) {
  peri_node node = node_of(engine, name);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  return node;
}

static peri_engine *engine_at(double sample_rate) {
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = sample_rate;
  peri_engine *engine = peri_engine_create(&def);
  CHECK(engine != NULL);
  return engine;
}

/* ---- Starts and stops ------------------------------------------------------------------------------------------- */

TEST(a_scheduled_kind_sounds_from_its_start_to_its_stop_and_knows_the_fraction_between_for_every_block_size) {
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    peri_engine *engine = scene_engine(1);
    peri_node node = heard(engine, "TestTone");
    CHECK(peri_source_start(engine, node, 300.25 / 48000.0, 0.0, INFINITY)); /* the first frame behind it is 301 */
    CHECK(peri_source_stop(engine, node, 777.0 / 48000.0));
    float *out = scene_render(engine, 2048, blocks[b]);
    for (int i = 0; i < 2048; i++) CHECK_NEAR(out[i], i >= 301 && i < 777 ? (i - 300.25 + 1.0) / 1024.0 : 0.0, 1e-6);
    CHECK_EQ(scene_stats(engine).nonfinite, 0);
    free(out);
    peri_engine_destroy(engine);
  }
}

TEST(a_scheduled_kind_tells_its_owner_of_its_end_and_goes_when_nobody_holds_it) {
  peri_engine *engine = scene_engine(1);
  peri_node_def def = peri_default_node_def(peri_find_node_kind("TestTone"));
  def.owner = peri_owner_create(engine);
  def.notify = true;
  def.user = 42;
  peri_node node = peri_node_create_from(engine, &def);
  peri_event event;
  CHECK(peri_node_kind_info(def.kind)->scheduled);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  CHECK(!peri_source_stop(engine, node, 0.0));
  CHECK_ERROR("a TestTone that was not started");
  CHECK_EQ(peri_source_get_state(engine, node), PERI_SOURCE_CREATED);
  CHECK(peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  CHECK_EQ(peri_source_get_state(engine, node), PERI_SOURCE_PLAYING);
  CHECK(!peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  CHECK_ERROR("the TestTone has been started already");
  CHECK(peri_source_stop(engine, node, 0.001));
  peri_node_release(engine, node);
  CHECK(!peri_owner_poll(engine, def.owner, &event));
  for (int i = 0; i < 3; i++) {
    free(scene_render(engine, 128, 128));
    CHECK(peri_engine_update(engine));
  }
  CHECK(peri_owner_poll(engine, def.owner, &event));
  CHECK_EQ(event.type, PERI_EVENT_ENDED);
  CHECK_EQ(event.source, node);
  CHECK_EQ(event.user, 42);
  CHECK(!peri_owner_poll(engine, def.owner, &event));
  CHECK(!peri_node_is_valid(engine, node));
  CHECK(!peri_engine_is_active(engine));
  peri_engine_destroy(engine);
}

/* ---- Cycles ----------------------------------------------------------------------------------------------------- */

/* A burst of `channels` channels into a loop of `delay` and a gain; what is heard of the loop. */
static float *loop_of(peri_engine *engine, peri_node delay, uint32_t channels, uint32_t block) {
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), half = peri_node_create(engine, PERI_NODE_GAIN);
  peri_buffer *buffer = scene_constant(channels, 200, 0.75f);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_param_set_value(engine, half, PERI_GAIN_GAIN, 0.5f));
  CHECK(peri_connect(engine, gain, 0, delay, 0));
  CHECK(peri_connect(engine, delay, 0, half, 0));
  CHECK(peri_connect(engine, half, 0, gain, 0));
  CHECK(peri_connect(engine, delay, 0, peri_engine_destination(engine), 0));
  CHECK(peri_source_play(engine, &def, gain));
  float *out = scene_render(engine, 2048, block);
  peri_buffer_release(buffer);
  return out;
}

TEST(a_kind_with_absorb_breaks_cycles_and_sounds_there_as_a_delay_node_does_for_every_block_size) {
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    for (uint32_t quanta = 1; quanta <= 3; quanta++) {
      peri_engine *engine = scene_engine(2), *other = scene_engine(2);
      peri_node echo = node_of(engine, "TestEcho"), delay = peri_node_create(other, PERI_NODE_DELAY);
      CHECK(peri_node_set_option(engine, echo, ECHO_QUANTA, quanta));
      CHECK(peri_param_set_value(other, delay, PERI_DELAY_DELAY_TIME, (float)(quanta * 128 / 48000.0)));
      float *got = loop_of(engine, echo, 1 + b % 2, blocks[b]), *wanted = loop_of(other, delay, 1 + b % 2, 128);
      CHECK_NEAR(got[2 * 128 * quanta - 1], 0.0, 0.0);
      CHECK_NEAR(got[2 * 128 * quanta], 0.75, 0.0);
      for (int i = 0; i < 2 * 2048; i++) CHECK_NEAR(got[i], wanted[i], 1e-5);
      free(got), free(wanted);
      peri_engine_destroy(engine);
      peri_engine_destroy(other);
    }
  }
}

TEST(what_goes_round_in_a_kind_of_a_host_keeps_its_channels) {
  peri_engine *engine = scene_engine(2);
  peri_channel_rule rule = {2, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, peri_engine_destination(engine), &rule));
  float *out = loop_of(engine, node_of(engine, "TestEcho"), 2, 128); /* mono would be on the left alone */
  for (int i = 0; i < 2048; i++) CHECK_NEAR(out[2 * i], out[2 * i + 1], 0.0);
  CHECK_NEAR(out[2 * 3 * 128], 0.75 * 0.75, 1e-6);
  free(out);
  peri_engine_destroy(engine);
}

TEST(nobody_waits_for_what_a_kind_calls_faint_and_it_goes_with_all_that_it_took) {
  peri_engine *engine = scene_engine(1);
  CHECK_EQ(atomic_load(&kinds_echoes), 0);
  peri_node echo = node_of(engine, "TestEcho");
  free(loop_of(engine, echo, 1, 128)); /* 16 quanta: 1.1 / 2^14 */
  CHECK(peri_engine_update(engine));
  CHECK(peri_engine_is_active(engine));
  free(scene_render(engine, 10 * 128, 128)); /* below 1e-6, and still there */
  CHECK(peri_engine_update(engine));
  CHECK(!peri_engine_is_active(engine));
  float *out = scene_render(engine, 128, 128);
  CHECK(out[0] > 0.0f);
  free(out);
  CHECK(atomic_load(&kinds_echoes) >= 2);
  peri_engine_destroy(engine);
  CHECK_EQ(atomic_load(&kinds_echoes), 0);
}

TEST(a_part_grows_with_the_channels_that_come) {
  peri_engine *engine = scene_engine(2);
  peri_node echo = heard(engine, "TestEcho");
  peri_buffer *mono = scene_constant(1, 128, 0.25f), *stereo = scene_constant(2, 128, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = mono;
  CHECK(peri_source_play(engine, &def, echo));
  float *out = scene_render(engine, 256, 128);
  CHECK_NEAR(out[2 * 128 + 1], 0.25, 0.0);
  free(out);
  def.buffer = stereo;
  CHECK(peri_source_play(engine, &def, echo));
  out = scene_render(engine, 256, 128);
  CHECK_NEAR(out[2 * 128 + 1], 0.5, 0.0);
  free(out);
  CHECK(!peri_node_set_part(engine, echo, NULL));
  CHECK_ERROR("TestEcho makes its parts itself");
  peri_buffer_release(mono), peri_buffer_release(stereo);
  peri_engine_destroy(engine);
  CHECK_EQ(atomic_load(&kinds_echoes), 0);
}

/* ---- Parts ------------------------------------------------------------------------------------------------------ */

static float level_now(peri_engine *engine) {
  float *out = scene_render(engine, 128, 128), level = out[0];
  free(out);
  return level;
}

static peri_node table_with_input(peri_engine *engine) {
  peri_node table = heard(engine, "TestTable");
  peri_node source = peri_node_create(engine, PERI_NODE_CONSTANT_SOURCE);
  CHECK(peri_connect(engine, source, 0, table, 0));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  return table;
}

TEST(a_part_is_swapped_at_a_quantum_while_it_plays_and_each_is_freed_once) {
  peri_engine *engine = scene_engine(1);
  peri_node table = table_with_input(engine);
  CHECK_NEAR(level_now(engine), 0.0, 0.0);
  for (int k = 1; k <= 5; k++) {
    CHECK(peri_node_set_part(engine, table, kinds_table((float)k / 8.0f)));
    CHECK_NEAR(level_now(engine), k / 8.0, 0.0);
    CHECK(peri_engine_update(engine));
    CHECK_EQ(atomic_load(&kinds_tables), 1);
  }
  CHECK(peri_node_set_part(engine, table, NULL));
  CHECK_NEAR(level_now(engine), 0.0, 0.0);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(atomic_load(&kinds_tables), 0);
  CHECK(peri_node_set_part(engine, table, kinds_table(1.0f)));
  CHECK(peri_node_set_part(engine, table, kinds_table(0.5f))); /* neither was seen: the engine ends */
  peri_engine_destroy(engine);
  CHECK_EQ(atomic_load(&kinds_tables), 0);
}

TEST(a_part_that_is_refused_stays_the_callers) {
  peri_engine *engine = scene_engine(1);
  table_part *part = kinds_table(1.0f);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), tone = node_of(engine, "TestTone");
  CHECK(!peri_node_set_part(engine, gain, part));
  CHECK_ERROR("GainNode has no parts");
  CHECK(!peri_node_set_part(engine, tone, part));
  CHECK_ERROR("TestTone has no parts");
  CHECK(!peri_node_set_part(engine, 0, part));
  CHECK_ERROR("null");
  peri_engine_destroy(engine);
  CHECK_EQ(atomic_load(&kinds_tables), 1);
  kinds_free_table(part, NULL);
}

TEST(an_option_of_a_host_is_checked_and_brings_its_part) {
  peri_engine *engine = scene_engine(1);
  peri_node table = table_with_input(engine);
  double size;
  CHECK(peri_node_set_option(engine, table, TABLE_SIZE, 4.0));
  CHECK_NEAR(level_now(engine), 4.0, 0.0);
  CHECK(peri_node_set_option(engine, table, TABLE_SIZE, 6.0));
  CHECK(!peri_node_set_option(engine, table, TABLE_SIZE, 3.0));
  CHECK_ERROR("size of TestTable: a size is 1 or even");
  CHECK(!peri_node_set_option(engine, table, TABLE_SIZE, 8.0));
  CHECK_ERROR("size of TestTable: there are no tables of 8");
  CHECK(!peri_node_set_option(engine, table, TABLE_SIZE, 9.0));
  CHECK_ERROR("from 1 to 8");
  CHECK(peri_node_get_option(engine, table, TABLE_SIZE, &size));
  CHECK_NEAR(size, 6.0, 0.0);
  CHECK_NEAR(level_now(engine), 6.0, 0.0);
  CHECK(peri_node_set_option(engine, table, TABLE_SIZE, 1.0)); /* which needs none */
  CHECK_NEAR(level_now(engine), 6.0, 0.0);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(atomic_load(&kinds_tables), 1);
  peri_engine_destroy(engine);
  CHECK_EQ(atomic_load(&kinds_tables), 0);
}

/* ---- Ports, ranges, channel rules ------------------------------------------------------------------------------- */

static peri_node with_ports(peri_engine *engine, const char *name, uint32_t ports) {
  peri_node_def def = peri_default_node_def(peri_find_node_kind(name));
  def.ports = ports;
  return peri_node_create_from(engine, &def);
}

static void check_ports(peri_engine *engine, peri_node node, uint32_t inputs, uint32_t outputs) {
  uint32_t in, out;
  CHECK(peri_node_get_ports(engine, node, &in, &out));
  CHECK_EQ(in, inputs);
  CHECK_EQ(out, outputs);
}

TEST(a_kind_with_inputs_by_number_has_a_channel_for_each_as_a_merger) {
  peri_engine *engine = scene_engine(4);
  CHECK_EQ(peri_node_kind_info(peri_find_node_kind("TestMerger"))->min_ports, 2);
  check_ports(engine, node_of(engine, "TestMerger"), 3, 1);
  CHECK(!with_ports(engine, "TestMerger", 1));
  CHECK_ERROR("TestMerger has 2 to 32 inputs, got 1");
  CHECK(!with_ports(engine, "TestMerger", 33));
  peri_node merger = with_ports(engine, "TestMerger", 4);
  check_ports(engine, merger, 4, 1);
  CHECK(peri_connect(engine, merger, 0, peri_engine_destination(engine), 0));
  peri_buffer *buffer = scene_constant(1, 128, 0.25f);
  for (uint32_t i = 0; i < 4; i += 3) {
    peri_node source = scene_source(engine, buffer);
    CHECK(peri_disconnect(engine, source, PERI_ANY, 0, PERI_ANY));
    CHECK(peri_connect(engine, source, 0, merger, i));
    CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  }
  float *out = scene_render(engine, 128, 128);
  const double wanted[4] = {0.25, 0.0, 0.0, 1.0};
  for (int c = 0; c < 4; c++) CHECK_NEAR(out[c], wanted[c], 0.0);
  free(out);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(a_kind_with_outputs_by_number_has_one_for_each_channel_as_a_splitter) {
  peri_engine *engine = scene_engine(1);
  peri_channel_rule rule;
  CHECK(peri_node_kind_info(peri_find_node_kind("TestSplitter"))->ports_are_outputs);
  check_ports(engine, node_of(engine, "TestSplitter"), 1, 2);
  CHECK(!with_ports(engine, "TestSplitter", 0));
  CHECK_ERROR("TestSplitter has 1 to 32 outputs, got 0");
  peri_node splitter = with_ports(engine, "TestSplitter", 5);
  check_ports(engine, splitter, 1, 5);
  CHECK(peri_node_get_channels(engine, splitter, &rule));
  CHECK_EQ(rule.count, 5);
  CHECK(peri_connect(engine, splitter, 4, peri_engine_destination(engine), 0));
  peri_buffer *buffer = scene_constant(5, 128, 0.125f);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_source_play(engine, &def, splitter));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[0], 0.625, 0.0);
  free(out);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(ports_and_their_default_are_the_engines_where_the_kind_is) {
  CHECK_EQ(peri_default_node_def(PERI_NODE_CHANNEL_MERGER).ports, 6);
  CHECK_EQ(peri_default_node_def(peri_find_node_kind("TestMerger")).ports, 3);
  CHECK_EQ(peri_default_node_def(peri_find_node_kind("TestSplitter")).ports, 2);
  CHECK_EQ(peri_node_kind_info(PERI_NODE_CHANNEL_SPLITTER)->min_ports, 1);
  CHECK(peri_node_kind_info(PERI_NODE_CHANNEL_SPLITTER)->ports_are_outputs);
  CHECK_EQ(peri_node_kind_info(PERI_NODE_GAIN)->min_ports, 0);
}

TEST(ranges_follow_the_sample_rate_and_those_without_the_default_are_refused) {
  const double rates[] = {8000.0, 48000.0};
  for (int r = 0; r < 2; r++) {
    peri_engine *engine = engine_at(rates[r]);
    peri_node tone = node_of(engine, "TestTone");
    peri_param_info info;
    CHECK(peri_param_get_info(engine, tone, TONE_FREQUENCY, &info));
    CHECK_STR(info.name, "frequency");
    CHECK_NEAR(info.min_value, -rates[r] / 2.0, 0.0);
    CHECK_NEAR(info.max_value, rates[r] / 2.0, 0.0);
    CHECK(peri_param_get_info(engine, tone, TONE_LEVEL, &info));
    CHECK_NEAR(info.max_value, 2.0, 0.0);
    peri_engine_destroy(engine);
  }
  peri_engine *engine = engine_at(3000.0);
  CHECK(!peri_node_create(engine, peri_find_node_kind("TestTone")));
  CHECK_ERROR("frequency of TestTone: its range at 3000 Hz");
  peri_engine_destroy(engine);
}

static void check_rule_refused(peri_engine *engine, peri_node node, peri_channel_rule rule, const char *why) {
  CHECK(!peri_node_set_channels(engine, node, &rule));
  CHECK_ERROR(why);
}

TEST(channel_rules_that_a_kind_fixes_cannot_be_changed) {
  peri_engine *engine = scene_engine(1);
  peri_node merger = node_of(engine, "TestMerger"), splitter = node_of(engine, "TestSplitter");
  peri_node table = node_of(engine, "TestTable");
  check_rule_refused(engine, table, (peri_channel_rule){5, PERI_COUNT_MAX, PERI_SPEAKERS},
                     "channelCount of TestTable must be 1 to 4, got 5");
  CHECK(peri_node_set_channels(engine, table, &(peri_channel_rule){4, PERI_COUNT_EXPLICIT, PERI_DISCRETE}));
  check_rule_refused(engine, merger, (peri_channel_rule){2, PERI_COUNT_EXPLICIT, PERI_SPEAKERS},
                     "channelCount of TestMerger cannot be changed");
  check_rule_refused(engine, merger, (peri_channel_rule){1, PERI_COUNT_MAX, PERI_SPEAKERS},
                     "channelCountMode of TestMerger cannot be changed");
  CHECK(peri_node_set_channels(engine, merger, &(peri_channel_rule){1, PERI_COUNT_EXPLICIT, PERI_DISCRETE}));
  check_rule_refused(engine, splitter, (peri_channel_rule){2, PERI_COUNT_EXPLICIT, PERI_SPEAKERS},
                     "channelInterpretation of TestSplitter cannot be changed");
  check_rule_refused(engine, splitter, (peri_channel_rule){2, PERI_COUNT_MAX, PERI_DISCRETE},
                     "channelCountMode of TestSplitter cannot be max");
  CHECK(peri_node_set_channels(engine, splitter, &(peri_channel_rule){3, PERI_COUNT_CLAMPED_MAX, PERI_DISCRETE}));
  peri_engine_destroy(engine);
}
