#include "unit/scene.h"

#include "base/base.h"

static float last_of(peri_engine *engine, uint32_t frames) {
  float *out = scene_render(engine, frames, 128);
  float last = out[(frames - 1) * peri_engine_channels(engine)];
  free(out);
  return last;
}

static peri_node playing(peri_engine *engine, float value) {
  peri_buffer *sound = scene_constant(1, 128, value);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = true;
  peri_node source = peri_source_create(engine, &def);
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  peri_buffer_release(sound);
  return source;
}

static peri_node gain_of(peri_engine *engine, float value) {
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, value));
  return gain;
}

TEST(a_source_may_feed_several_nodes_and_one_again) {
  peri_engine *engine = scene_engine(1);
  peri_node out = peri_engine_destination(engine), source = playing(engine, 1.0f);
  peri_node half = gain_of(engine, 0.5f), quarter = gain_of(engine, 0.25f);
  CHECK_NEAR(last_of(engine, 128), 0.0, 0.0); /* it keeps time unheard */
  CHECK(peri_connect(engine, source, 0, half, 0));
  CHECK(peri_connect(engine, half, 0, out, 0));
  CHECK(peri_connect(engine, quarter, 0, out, 0));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.5, 0.0);
  CHECK(peri_connect(engine, source, 0, quarter, 0)); /* now a step of the plan */
  CHECK(peri_connect(engine, source, 0, quarter, 0)); /* twice changes nothing */
  CHECK(peri_connect(engine, source, 0, out, 0));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 1.75, 0.0);
  CHECK(peri_disconnect(engine, source, 0, half, 0));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 1.25, 0.0);
  CHECK(!peri_disconnect(engine, source, 0, half, 0));
  CHECK_ERROR("not connected");
  CHECK(peri_disconnect(engine, source, PERI_ANY, 0, PERI_ANY));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.0, 0.0);
  peri_engine_destroy(engine);
}

TEST(a_diamond_adds_its_two_ways) {
  peri_engine *engine = scene_engine(1);
  peri_node source = playing(engine, 1.0f), a = gain_of(engine, 1.0f), b = gain_of(engine, 0.25f),
            c = gain_of(engine, 0.5f);
  CHECK(peri_connect(engine, source, 0, a, 0));
  CHECK(peri_connect(engine, a, 0, b, 0));
  CHECK(peri_connect(engine, a, 0, c, 0));
  CHECK(peri_connect(engine, b, 0, peri_engine_destination(engine), 0));
  CHECK(peri_connect(engine, c, 0, peri_engine_destination(engine), 0));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 128), 0.75, 0.0);
  peri_engine_destroy(engine);
}

TEST(a_cycle_without_a_delay_is_mute_and_the_rest_plays) {
  peri_engine *engine = scene_engine(1);
  peri_node out = peri_engine_destination(engine), source = playing(engine, 1.0f);
  peri_node a = gain_of(engine, 0.5f), b = gain_of(engine, 0.5f), after = gain_of(engine, 1.0f),
            beside = gain_of(engine, 0.125f);
  peri_node self = gain_of(engine, 0.5f);
  CHECK(peri_connect(engine, source, 0, a, 0));
  CHECK(peri_connect(engine, a, 0, b, 0));
  CHECK(peri_connect(engine, b, 0, a, 0));
  CHECK(peri_connect(engine, b, 0, after, 0));
  CHECK(peri_connect(engine, after, 0, out, 0));
  CHECK(peri_connect(engine, source, 0, beside, 0));
  CHECK(peri_connect(engine, beside, 0, after, 0));
  CHECK(peri_connect(engine, beside, 0, self, 0));
  CHECK(peri_connect(engine, self, 0, self, 0));
  CHECK(peri_connect(engine, self, 0, out, 0));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.125, 0.0);
  CHECK(peri_disconnect(engine, b, 0, a, 0)); /* and heard once the cycle is cut */
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.375, 0.0);
  peri_engine_destroy(engine);
}

TEST(a_released_node_sounds_while_something_leads_to_it_and_then_goes) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 300, 1.0f);
  peri_node source = 0, gain = gain_of(engine, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  source = peri_source_play(engine, &def, gain);
  peri_node_release(engine, gain);
  peri_node_release(engine, source);
  CHECK_NEAR(last_of(engine, 256), 0.5, 0.0);
  CHECK_EQ(scene_stats(engine).nodes, 2);
  free(scene_render(engine, 512, 128));
  for (int k = 0; k < 3; k++) {
    CHECK(peri_engine_update(engine));
    free(scene_render(engine, 128, 128));
  }
  CHECK_EQ(scene_stats(engine).nodes, 1);
  CHECK(!peri_node_is_valid(engine, gain));
  CHECK(!peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 1.0f));
  CHECK_ERROR("gone");
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

TEST(ten_thousand_chains_come_and_go) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 300, 1.0f / 1024);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  peri_engine_begin(engine);
  for (int k = 0; k < 10000; k++) {
    peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), source = peri_source_create(engine, &def);
    CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
    CHECK(peri_connect(engine, source, 0, gain, 0));
    if (k == 9999) CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
    peri_node_release(engine, gain);
    if (k == 9999) peri_node_release(engine, source);
  }
  CHECK(peri_engine_commit(engine));
  CHECK_NEAR(last_of(engine, 128), 1.0 / 1024, 0.0);
  CHECK_EQ(scene_stats(engine).nodes, 10001);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

TEST(what_begin_and_commit_enclose_applies_in_one_quantum) {
  peri_engine *engine = scene_engine(1);
  peri_node a = playing(engine, 1.0f), b = playing(engine, -1.0f);
  peri_engine_begin(engine);
  CHECK(peri_connect(engine, a, 0, peri_engine_destination(engine), 0));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.0, 0.0);
  CHECK(peri_connect(engine, b, 0, peri_engine_destination(engine), 0));
  CHECK(peri_engine_commit(engine));
  CHECK_NEAR(last_of(engine, 256), 0.0, 0.0);
  CHECK(!peri_engine_commit(engine));
  CHECK_ERROR("without begin");
  peri_engine_destroy(engine);
}

TEST(a_node_connected_to_a_parameter_is_added_to_it) {
  peri_engine *engine = scene_engine(1);
  peri_node carrier = playing(engine, 1.0f), control = playing(engine, 0.25f), gain = gain_of(engine, 0.5f);
  CHECK(peri_connect(engine, carrier, 0, gain, 0));
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  CHECK(peri_connect_param(engine, control, 0, gain, PERI_GAIN_GAIN));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.75, 0.0);
  CHECK(peri_disconnect_param(engine, control, 0, gain, PERI_GAIN_GAIN));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.5, 0.0);
  peri_engine_destroy(engine);
}

TEST(a_parameter_that_has_rested_hears_what_starts_or_comes_to_feed_it) {
  peri_engine *engine = scene_engine(1);
  peri_node carrier = playing(engine, 1.0f), moved = playing(engine, 0.25f), gain = gain_of(engine, 0.5f);
  CHECK(peri_connect(engine, carrier, 0, gain, 0));
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  peri_buffer *sound = scene_constant(1, 256, 1.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  peri_node late = peri_source_create(engine, &def);
  CHECK(peri_connect_param(engine, late, 0, gain, PERI_GAIN_GAIN));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 512), 0.5, 0.0);
  CHECK(peri_source_start(engine, late, 0.0, 0.0, INFINITY));
  CHECK_NEAR(last_of(engine, 256), 1.5, 0.0);
  CHECK_NEAR(last_of(engine, 256), 0.5, 0.0);
  CHECK(peri_connect_param(engine, moved, 0, gain, PERI_GAIN_GAIN));
  CHECK(peri_engine_update(engine));
  CHECK_NEAR(last_of(engine, 256), 0.75, 0.0);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

TEST(a_source_modulates_the_rate_of_another) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(4000);
  peri_node source = scene_source(engine, ramp), control = playing(engine, 1.0f);
  CHECK(peri_connect_param(engine, control, 0, source, PERI_SOURCE_PLAYBACK_RATE));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 512; i++) CHECK_NEAR(out[i], (2 * i + 1) / 65536.0, 0.0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(ramp);
}

TEST(channels_are_mixed_as_the_input_says) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *stereo = scene_constant(2, 4800, 1.0f);
  float quiet[4800] = {0};
  CHECK(peri_buffer_write(stereo, 1, 0, quiet, 4800));
  peri_node gain = gain_of(engine, 1.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = stereo;
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  CHECK(peri_source_play(engine, &def, gain));
  float out[256];
  CHECK(peri_engine_render(engine, out, 128));
  CHECK_NEAR(out[0], 1.0, 0.0);
  CHECK_NEAR(out[1], 0.0, 0.0);
  peri_channel_rule rule = {1, PERI_COUNT_EXPLICIT, PERI_SPEAKERS};
  CHECK(peri_node_set_channels(engine, gain, &rule));
  CHECK(peri_engine_update(engine));
  CHECK(peri_engine_render(engine, out, 128));
  CHECK_NEAR(out[0], 0.5, 0.0); /* mono is half of each, and goes to both */
  CHECK_NEAR(out[1], 0.5, 0.0);
  rule = (peri_channel_rule){33, PERI_COUNT_EXPLICIT, PERI_SPEAKERS};
  CHECK(!peri_node_set_channels(engine, gain, &rule));
  CHECK_ERROR("1 to 32");
  peri_engine_destroy(engine);
  peri_buffer_release(stereo);
}

TEST(a_wide_sound_finds_room_in_a_graph_made_for_stereo) {
  peri_engine *engine = scene_engine(2);
  peri_node gain = gain_of(engine, 1.0f);
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, 128, 128));
  peri_buffer *wide = scene_constant(6, 1000, 0.25f);
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  CHECK(peri_source_play(engine, &def, gain));
  CHECK_NEAR(last_of(engine, 256), 0.25 * (1 + 2 * 0.70710678), 1e-6);
  peri_engine_destroy(engine);
  peri_buffer_release(wide);
}

TEST(connections_that_cannot_be_are_refused) {
  peri_engine *engine = scene_engine(1);
  peri_node gain = gain_of(engine, 1.0f), out = peri_engine_destination(engine);
  CHECK(!peri_connect(engine, out, 1, gain, 0));
  CHECK_ERROR("no output 1");
  CHECK(!peri_connect(engine, gain, 1, out, 0));
  CHECK_ERROR("no output 1");
  CHECK(!peri_connect(engine, gain, 0, out, 3));
  CHECK_ERROR("no input 3");
  CHECK(!peri_connect(engine, gain, 0, 0, 0));
  CHECK_ERROR("null");
  CHECK(!peri_connect(engine, gain, 0, 0x700000000ull, 0));
  CHECK(!peri_connect_param(engine, gain, 0, gain, 1));
  CHECK_ERROR("no parameter 1");
  CHECK(!peri_node_create(engine, PERI_NODE_DESTINATION));
  CHECK(!peri_node_create(engine, (peri_node_kind)99));
  peri_engine_destroy(engine);
}

TEST(a_tap_on_a_source_hears_it_alone) {
  peri_engine *engine = scene_engine(1);
  peri_node source = playing(engine, 0.5f), other = playing(engine, 0.25f);
  CHECK(peri_connect(engine, source, 0, peri_engine_destination(engine), 0));
  CHECK(peri_connect(engine, other, 0, peri_engine_destination(engine), 0));
  peri_tap *tap = peri_tap_create(engine, source, NULL);
  CHECK(tap != NULL);
  CHECK_NEAR(last_of(engine, 2048), 0.75, 0.0);
  peri_block *block = peri_tap_receive(tap);
  CHECK(block != NULL);
  CHECK_EQ(block->frames, 1024);
  CHECK_EQ(block->sequence, 0);
  for (uint32_t i = 0; i < block->frames; i++) CHECK_NEAR(block->samples[i], 0.5, 0.0);
  peri_block_release(&block);
  CHECK(block == NULL);
  block = peri_tap_receive(tap);
  CHECK_EQ(block->frame, 1024);
  peri_tap_close(tap);
  CHECK_NEAR(block->samples[0], 0.5, 0.0); /* still the receiver's */
  peri_block_release(&block);
  CHECK_NEAR(last_of(engine, 256), 0.75, 0.0);
  peri_engine_destroy(engine);
}

TEST(plans_that_nobody_takes_do_not_pile_up) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 300, 1.0f / 1024);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  for (int batched = 0; batched < 2; batched++) {
    uint64_t before = peri__memory_bytes();
    if (batched) peri_engine_begin(engine);
    for (int k = 0; k < 1000; k++) { /* each start needs a plan, and nobody renders */
      peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), source = peri_source_create(engine, &def);
      CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
      CHECK(peri_connect(engine, source, 0, gain, 0));
      CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
      peri_node_release(engine, gain);
    }
    if (batched) CHECK(peri_engine_commit(engine));
    CHECK(peri__memory_bytes() - before < 4u << 20);
    CHECK_NEAR(last_of(engine, 128), 1000.0 / 1024, 0.0);
    free(scene_render(engine, 512, 128));
    CHECK(peri_engine_update(engine));
    free(scene_render(engine, 128, 128));
    CHECK(peri_engine_update(engine));
  }
  CHECK_EQ(scene_stats(engine).nodes, 1);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

/* Web Audio 1.1, AudioDestinationNode: it has an output, too. */
TEST(the_destination_may_be_connected_on) {
  peri_engine *engine = scene_engine(1);
  peri_node gain = gain_of(engine, 0.0f), out = peri_engine_destination(engine);
  peri_buffer *one = scene_constant(1, 4800, 1.0f);
  peri_node source = scene_source(engine, one);
  CHECK(peri_connect_param(engine, out, 0, gain, 0));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  float *samples = scene_render(engine, 256, 128), value;
  CHECK_NEAR(samples[255], 1.0, 0.0);
  free(samples);
  CHECK(peri_connect(engine, out, 0, gain, 0) && peri_connect(engine, gain, 0, out, 0)); /* a cycle: mute */
  CHECK(peri_engine_update(engine));
  samples = scene_render(engine, 256, 128);
  CHECK_NEAR(samples[255], 0.0, 0.0);
  free(samples);
  CHECK(peri_disconnect(engine, gain, PERI_ANY, 0, PERI_ANY) && peri_engine_update(engine));
  samples = scene_render(engine, 256, 128);
  CHECK_NEAR(samples[255], 1.0, 0.0);
  free(samples);
  CHECK(peri_param_value(engine, gain, 0, &value));
  CHECK_NEAR(value, 0.0, 0.0); /* what is connected is no part of it */
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(what_a_node_would_refuse_can_be_asked_and_changes_nothing) {
  peri_engine *engine = scene_engine(2);
  peri_node analyser = peri_node_create(engine, PERI_NODE_ANALYSER);
  peri_node splitter = peri_node_create(engine, PERI_NODE_CHANNEL_SPLITTER);
  double value,
      others[PERI_ANALYSER_SMOOTHING + 1] = {
          [PERI_ANALYSER_FFT_SIZE] = 512, [PERI_ANALYSER_MIN_DECIBELS] = -20, [PERI_ANALYSER_MAX_DECIBELS] = -10};
  CHECK(peri_node_check_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 64, NULL));
  CHECK(!peri_node_check_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 65, NULL));
  CHECK_ERROR("power of two");
  CHECK(!peri_node_check_option(engine, analyser, PERI_ANALYSER_MIN_DECIBELS, -15, NULL));
  CHECK(peri_node_check_option(engine, analyser, PERI_ANALYSER_MIN_DECIBELS, -15, others));
  CHECK(!peri_node_check_option(engine, analyser, 9, 0, NULL));
  CHECK_ERROR("no option 9");
  CHECK(peri_node_get_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, &value));
  CHECK_NEAR(value, 2048.0, 0.0);
  peri_channel_rule rule;
  CHECK(peri_node_get_channels(engine, splitter, &rule));
  CHECK(peri_node_check_channels(engine, splitter, &rule));
  rule.mode = PERI_COUNT_MAX;
  CHECK(!peri_node_check_channels(engine, splitter, &rule));
  CHECK_ERROR("cannot be changed");
  peri_engine_destroy(engine);
}
