#include "scene.h"

#include "base/base.h"

#define SECOND 48000
#define MOST 16

/* The record of a node, all zeros when it has none. */
static peri_node_load load_of(peri_engine *engine, peri_node node) {
  peri_node_load loads[MOST];
  uint32_t count = peri_engine_profile(engine, loads, MOST);
  CHECK(count <= MOST);
  for (uint32_t k = 0; k < count; k++)
    if (loads[k].node == node) return loads[k];
  return (peri_node_load){0};
}

static peri_node gain_to(peri_engine *engine, peri_node to) {
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(gain != 0);
  CHECK(peri_connect(engine, gain, 0, to, 0));
  return gain;
}

static void play(peri_engine *engine, peri_buffer *buffer, peri_node to, uint32_t count) {
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  def.loop = true;
  def.playback_rate = 1.1f;
  for (uint32_t k = 0; k < count; k++) {
    peri_node source = peri_source_play(engine, &def, to);
    CHECK(source != 0);
    peri_node_release(engine, source);
  }
}

static void render(peri_engine *engine, uint32_t frames) {
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, frames, PERI_QUANTUM));
}

/* The machine may take its processor away inside any node: then another try tells. */
#define TRIES 10

TEST(a_node_with_many_voices_costs_more_than_one_without) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *buffer = scene_ramp(4800);
  peri_node full = gain_to(engine, peri_engine_destination(engine));
  peri_node empty = gain_to(engine, peri_engine_destination(engine));
  play(engine, buffer, full, 200);
  peri_engine_set_profiling(engine, true);
  peri_node_load busy = {0}, idle = {0};
  for (int tries = 0; tries < TRIES && busy.voices_load <= 2 * idle.load; tries++) {
    render(engine, SECOND / 2);
    busy = load_of(engine, full);
    idle = load_of(engine, empty);
  }
  CHECK_EQ(busy.kind, PERI_NODE_GAIN);
  CHECK_EQ(busy.voices, 200);
  CHECK_EQ(idle.node, empty);
  CHECK_EQ(idle.voices, 0);
  CHECK(idle.load > 0.0);
  CHECK(idle.voices_load == 0.0);
  CHECK(busy.voices_load > 2 * idle.load);
  CHECK(busy.load > busy.voices_load);
  CHECK(busy.load_peak >= busy.load);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

/* Not all of it: commands, the output and the profile itself belong to no node. */
TEST(the_nodes_together_make_up_most_of_the_load) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *buffer = scene_ramp(4800);
  peri_engine_set_profiling(engine, true);
  for (int k = 0; k < 4; k++) play(engine, buffer, gain_to(engine, peri_engine_destination(engine)), 100);
  double sum = 0.0, whole = 1.0;
  for (int tries = 0; tries < TRIES && sum < whole / 2; tries++) {
    peri_node_load loads[MOST];
    render(engine, SECOND / 2);
    CHECK_EQ(peri_engine_profile(engine, loads, MOST), 5);
    sum = 0.0;
    whole = scene_stats(engine).load;
    for (int k = 0; k < 5; k++) sum += loads[k].load;
    CHECK(sum <= whole);
  }
  CHECK(sum >= whole / 2);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(the_costliest_nodes_come_first_however_few_are_asked_for) {
  peri_engine *engine = scene_engine(2);
  peri_node_load all[64], some[64];
  peri_node to = peri_engine_destination(engine);
  peri_engine_set_profiling(engine, true);
  for (int k = 0; k < 40; k++) to = gain_to(engine, to);
  render(engine, SECOND / 10);
  CHECK_EQ(peri_engine_profile(engine, all, 64), 41);
  for (uint32_t k = 1; k < 41; k++) CHECK(all[k - 1].load >= all[k].load);
  for (uint32_t capacity = 1; capacity <= 41; capacity++) {
    memset(some, 0, sizeof some);
    CHECK_EQ(peri_engine_profile(engine, some, capacity), 41);
    for (uint32_t k = 0; k < capacity; k++) CHECK(some[k].load == all[k].load);
    CHECK_EQ(some[capacity].node, 0);
  }
  CHECK_EQ(peri_engine_profile(engine, NULL, 0), 41);
  peri_engine_destroy(engine);
}

TEST(there_is_no_profile_while_it_is_off_and_each_begins_anew) {
  peri_engine *engine = scene_engine(2);
  peri_node destination = peri_engine_destination(engine);
  peri_node_load loads[MOST];
  render(engine, 1000);
  CHECK(!peri_engine_is_profiling(engine));
  CHECK_EQ(peri_engine_profile(engine, loads, MOST), 0);
  peri_engine_set_profiling(engine, true);
  CHECK(peri_engine_is_profiling(engine));
  CHECK_EQ(peri_engine_profile(engine, loads, MOST), 0); /* nothing is rendered yet */
  render(engine, 1000);
  CHECK(load_of(engine, destination).load > 0.0);
  peri_engine_set_profiling(engine, true); /* changes nothing */
  CHECK(load_of(engine, destination).load > 0.0);
  peri_engine_set_profiling(engine, false);
  CHECK_EQ(peri_engine_profile(engine, loads, MOST), 0);
  render(engine, 1000);
  CHECK_EQ(peri_engine_profile(engine, loads, MOST), 0);
  peri_engine_set_profiling(engine, true);
  CHECK_EQ(peri_engine_profile(engine, loads, MOST), 0); /* what was measured before is forgotten */
  peri_engine_destroy(engine);
}

TEST(a_profile_follows_the_graph) {
  peri_engine *engine = scene_engine(2);
  peri_node gain = gain_to(engine, peri_engine_destination(engine));
  peri_engine_set_profiling(engine, true);
  render(engine, 1000);
  CHECK_EQ(load_of(engine, gain).node, gain);
  CHECK(peri_disconnect(engine, gain, PERI_ANY, 0, PERI_ANY));
  peri_node second = gain_to(engine, gain);
  CHECK_EQ(load_of(engine, second).node, 0); /* not rendered yet */
  render(engine, 1000);
  CHECK_EQ(load_of(engine, second).node, second);
  CHECK_EQ(load_of(engine, gain).node, gain);
  peri_node_release(engine, second);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(load_of(engine, second).node, 0);
  peri_node_release(engine, gain);
  render(engine, 1000);
  CHECK_EQ(peri_engine_profile(engine, NULL, 0), 1); /* the destination */
  peri_engine_destroy(engine);
}

TEST(voices_of_parameters_and_those_that_lead_nowhere_are_in_the_profile) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *buffer = scene_ramp(4800);
  peri_node gain = gain_to(engine, peri_engine_destination(engine));
  peri_node source = scene_source(engine, buffer);
  CHECK(peri_disconnect(engine, source, PERI_ANY, 0, PERI_ANY));
  CHECK(peri_connect_param(engine, source, 0, gain, PERI_GAIN_GAIN));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, 1.0));
  peri_engine_set_profiling(engine, true);
  render(engine, 1000);
  CHECK_EQ(load_of(engine, gain).voices, 1);
  CHECK(load_of(engine, gain).voices_load > 0.0);
  CHECK_EQ(peri_engine_profile(engine, NULL, 0), 2);
  CHECK(peri_disconnect_param(engine, source, 0, gain, PERI_GAIN_GAIN));
  render(engine, 1000);
  CHECK_EQ(load_of(engine, gain).voices, 0);
  CHECK_EQ(peri_engine_profile(engine, NULL, 0), 3);
  CHECK_EQ(load_of(engine, 0).kind, PERI_NODE_BUFFER_SOURCE);
  CHECK_EQ(load_of(engine, 0).voices, 1);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(a_source_that_is_rendered_as_a_node_has_its_own_record) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *buffer = scene_ramp(4800);
  peri_node gain = gain_to(engine, peri_engine_destination(engine));
  peri_node source = scene_source(engine, buffer);
  CHECK(peri_connect(engine, source, 0, gain, 0));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, 1.0));
  peri_engine_set_profiling(engine, true);
  render(engine, 1000);
  CHECK_EQ(load_of(engine, source).kind, PERI_NODE_BUFFER_SOURCE);
  CHECK_EQ(load_of(engine, source).voices, 1);
  render(engine, 4800); /* it ends */
  render(engine, 1000);
  CHECK_EQ(load_of(engine, source).node, 0);
  CHECK_EQ(peri_engine_profile(engine, NULL, 0), 2);
  peri_node_release(engine, source);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(profiling_takes_no_memory_and_changes_no_sample) {
  float *heard[2];
  for (int on = 0; on < 2; on++) {
    peri_engine *engine = scene_engine(2);
    peri_buffer *buffer = scene_ramp(4800);
    play(engine, buffer, gain_to(engine, peri_engine_destination(engine)), 20);
    CHECK(peri_engine_update(engine));
    uint64_t takes = peri__memory_takes();
    peri_engine_set_profiling(engine, on);
    heard[on] = scene_render(engine, 10000, 333);
    CHECK_EQ(peri__memory_takes(), takes);
    peri_buffer_release(buffer);
    peri_engine_destroy(engine);
  }
  CHECK(memcmp(heard[0], heard[1], 10000 * 2 * sizeof(float)) == 0);
  free(heard[0]);
  free(heard[1]);
}
