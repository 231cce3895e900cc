/* Nodes of the graph that start and stop (Web Audio 1.1, AudioScheduledSourceNode), and those with ports by number. */
#include "unit/scene.h"

#include <math.h>

static const uint32_t blocks[] = {1, 7, 128, 480, 1000};

static peri_node constant(peri_engine *engine, float value) {
  peri_node node = peri_node_create(engine, PERI_NODE_CONSTANT_SOURCE);
  CHECK(node != 0);
  CHECK(peri_param_set_value(engine, node, PERI_CONSTANT_SOURCE_OFFSET, value));
  return node;
}

static peri_node heard(peri_engine *engine, float value) {
  peri_node node = constant(engine, value);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  return node;
}

TEST(a_constant_source_sounds_from_its_start_to_its_stop_for_every_block_size) {
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    peri_engine *engine = scene_engine(1);
    peri_node node = heard(engine, 0.5f);
    CHECK(peri_source_start(engine, node, 300.25 / 48000.0, 0.0, INFINITY)); /* the first frame behind it is 301 */
    CHECK(peri_source_stop(engine, node, 777.0 / 48000.0));
    float *out = scene_render(engine, 2048, blocks[b]);
    for (int i = 0; i < 2048; i++) CHECK_NEAR(out[i], i >= 301 && i < 777 ? 0.5 : 0.0, 0.0);
    free(out);
    peri_engine_destroy(engine);
  }
}

TEST(a_stop_before_the_start_is_silence_and_an_end) {
  peri_engine *engine = scene_engine(1);
  peri_node node = heard(engine, 1.0f);
  CHECK(peri_source_start(engine, node, 0.01, 0.0, INFINITY));
  CHECK(peri_source_stop(engine, node, 0.005));
  CHECK(peri_engine_is_active(engine));
  float *out = scene_render(engine, 1024, 128);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i], 0.0, 0.0);
  CHECK(peri_engine_update(engine));
  CHECK(!peri_engine_is_active(engine));
  CHECK_EQ(peri_source_get_state(engine, node), PERI_SOURCE_GONE);
  free(out);
  peri_engine_destroy(engine);
}

TEST(a_scheduled_node_starts_once_and_says_what_it_cannot) {
  peri_engine *engine = scene_engine(1);
  peri_node node = heard(engine, 1.0f);
  CHECK(!peri_source_stop(engine, node, 0.0));
  CHECK_ERROR("not started");
  CHECK(!peri_source_start(engine, node, 0.0, 0.5, INFINITY));
  CHECK_ERROR("only a buffer source");
  CHECK_EQ(peri_source_get_state(engine, node), PERI_SOURCE_CREATED);
  CHECK(peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  CHECK_EQ(peri_source_get_state(engine, node), PERI_SOURCE_PLAYING);
  CHECK(!peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  CHECK_ERROR("already");
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(!peri_source_start(engine, gain, 0.0, 0.0, INFINITY));
  CHECK_ERROR("neither starts nor stops");
  peri_engine_destroy(engine);
}

TEST(a_scheduled_node_that_nobody_holds_plays_to_its_end_and_is_gone) {
  peri_engine *engine = scene_engine(1);
  peri_node node = heard(engine, 0.25f);
  CHECK(peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  CHECK(peri_source_stop(engine, node, 500.0 / 48000.0));
  peri_node_release(engine, node);
  CHECK(peri_engine_update(engine));
  float *out = scene_render(engine, 1024, 128);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i], i < 500 ? 0.25 : 0.0, 0.0);
  CHECK(peri_engine_update(engine));
  free(out);
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  CHECK(!peri_node_is_valid(engine, node));
  CHECK_EQ(scene_stats(engine).nodes, 1);
  peri_engine_destroy(engine);
}

TEST(a_scheduled_node_tells_its_owner_once_of_its_end_and_stays_valid_while_it_is_held) {
  peri_engine *engine = scene_engine(1);
  peri_owner owner = peri_owner_create(engine);
  peri_node_def def = peri_default_node_def(PERI_NODE_CONSTANT_SOURCE);
  def.owner = owner;
  def.notify = true;
  def.user = 42;
  peri_node node = peri_node_create_from(engine, &def);
  peri_event event;
  CHECK(peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  CHECK(peri_source_stop(engine, node, 0.001));
  free(scene_render(engine, 512, 128));
  CHECK(peri_engine_update(engine));
  CHECK(peri_owner_poll(engine, owner, &event));
  CHECK_EQ(event.type, PERI_EVENT_ENDED);
  CHECK_EQ(event.source, node);
  CHECK_EQ(event.user, 42);
  CHECK(!peri_owner_poll(engine, owner, &event));
  CHECK(peri_node_is_valid(engine, node));
  peri_engine_destroy(engine);
}

TEST(a_closing_owner_stops_its_scheduled_nodes) {
  peri_engine *engine = scene_engine(1);
  peri_node_def def = peri_default_node_def(PERI_NODE_CONSTANT_SOURCE);
  def.owner = peri_owner_create(engine);
  peri_node node = peri_node_create_from(engine, &def);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  CHECK(peri_source_start(engine, node, 0.0, 0.0, INFINITY));
  free(scene_render(engine, 256, 128));
  peri_owner_close(engine, def.owner);
  CHECK(peri_engine_update(engine));
  float *out = scene_render(engine, 512, 128);
  CHECK_NEAR(out[511], 0.0, 0.0);
  free(out);
  peri_engine_destroy(engine);
}

/* Web Audio 1.1, ChannelSplitterNode and ChannelMergerNode. */
TEST(a_splitter_parts_the_channels_and_a_merger_puts_them_together) {
  peri_engine *engine = scene_engine(4);
  peri_node_def many = peri_default_node_def(PERI_NODE_CHANNEL_MERGER), two = many;
  many.ports = 4;
  two.ports = 2;
  peri_node merger = peri_node_create_from(engine, &many), pair = peri_node_create_from(engine, &two);
  peri_node_def parts = peri_default_node_def(PERI_NODE_CHANNEL_SPLITTER);
  parts.ports = 3;
  peri_node splitter = peri_node_create_from(engine, &parts);
  peri_node a = constant(engine, 0.25f), b = constant(engine, 0.5f);
  uint32_t inputs, outputs;
  CHECK(peri_node_get_ports(engine, splitter, &inputs, &outputs));
  CHECK_EQ(inputs, 1);
  CHECK_EQ(outputs, 3);
  CHECK(peri_connect(engine, a, 0, pair, 0) && peri_connect(engine, b, 0, pair, 1));
  CHECK(peri_connect(engine, pair, 0, splitter, 0));
  CHECK(peri_connect(engine, splitter, 0, merger, 3)); /* a */
  CHECK(peri_connect(engine, splitter, 1, merger, 1)); /* b */
  CHECK(peri_connect(engine, splitter, 2, merger, 0)); /* no channel */
  CHECK(peri_connect(engine, pair, 0, merger, 2));     /* mixed to one: (a + b) / 2 */
  CHECK(peri_connect(engine, merger, 0, peri_engine_destination(engine), 0));
  CHECK(peri_source_start(engine, a, 0.0, 0.0, INFINITY) && peri_source_start(engine, b, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 256, 128);
  const double wanted[4] = {0.0, 0.5, 0.375, 0.25};
  for (int i = 0; i < 256; i++)
    for (int c = 0; c < 4; c++) CHECK_NEAR(out[4 * i + c], wanted[c], 0.0);
  CHECK(!peri_connect(engine, splitter, 3, merger, 0));
  CHECK_ERROR("no output 3");
  CHECK(!peri_connect(engine, a, 0, merger, 4));
  CHECK_ERROR("no input 4");
  free(out);
  peri_engine_destroy(engine);
}

TEST(ports_and_their_channels_are_what_the_text_allows) {
  peri_engine *engine = scene_engine(2);
  peri_node_def def = peri_default_node_def(PERI_NODE_CHANNEL_SPLITTER);
  CHECK_EQ(def.ports, 6);
  for (uint32_t wrong = 0; wrong <= 33; wrong += 33) {
    def.ports = wrong;
    CHECK_EQ(peri_node_create_from(engine, &def), 0);
    CHECK_ERROR("1 to 32 outputs");
  }
  def.ports = 32;
  peri_node splitter = peri_node_create_from(engine, &def), merger = peri_node_create(engine, PERI_NODE_CHANNEL_MERGER);
  peri_channel_rule rule;
  CHECK(peri_node_get_channels(engine, splitter, &rule));
  CHECK_EQ(rule.count, 32);
  CHECK_EQ(rule.mode, PERI_COUNT_EXPLICIT);
  CHECK_EQ(rule.interpretation, PERI_DISCRETE);
  rule.interpretation = PERI_SPEAKERS;
  CHECK(!peri_node_set_channels(engine, splitter, &rule));
  CHECK_ERROR("channelInterpretation");
  CHECK(peri_node_get_channels(engine, merger, &rule));
  CHECK_EQ(rule.count, 1);
  rule.mode = PERI_COUNT_MAX;
  CHECK(!peri_node_set_channels(engine, merger, &rule));
  CHECK_ERROR("channelCountMode");
  CHECK(!peri_node_set_option(engine, merger, 0, 1.0));
  CHECK_ERROR("no option 0");
  peri_engine_destroy(engine);
}
