/* Web Audio 1.1, DelayNode; cycles by its "rendering loop". */
#include "unit/scene.h"

#include "base/base.h"

static peri_node delay_of(peri_engine *engine, double most, double seconds) {
  peri_node_def def = peri_default_node_def(PERI_NODE_DELAY);
  def.max_delay = most;
  peri_node delay = peri_node_create_from(engine, &def);
  CHECK(delay != 0);
  CHECK(peri_param_set_value(engine, delay, PERI_DELAY_DELAY_TIME, (float)seconds));
  return delay;
}

static peri_node gain_of(peri_engine *engine, float value) {
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, value));
  return gain;
}

/* A source of `frames` frames of i + 1, started at frame `at`. */
static peri_node ramp_at(peri_engine *engine, uint32_t frames, uint32_t at) {
  peri_buffer *sound = scene_ramp(frames);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  peri_node source = peri_source_create(engine, &def);
  CHECK(peri_source_start(engine, source, at / 48000.0, 0.0, INFINITY));
  peri_buffer_release(sound);
  return source;
}

static void join(peri_engine *engine, peri_node from, peri_node to) {
  CHECK(peri_connect(engine, from, 0, to, 0));
  CHECK(peri_engine_update(engine));
}

static void finish(peri_engine *engine, float *out) {
  CHECK_EQ(scene_stats(engine).nonfinite, 0);
  free(out);
  peri_engine_destroy(engine);
}

/* ---- One line --------------------------------------------------------------------------------------------------- */

TEST(a_delay_of_whole_frames_is_exact_in_blocks_of_any_size) {
  static const uint32_t delays[] = {0, 1, 64, 127, 128, 129, 255, 256, 1000, 4799, 4800};
  static const uint32_t blocks[] = {1, 100, 128, 441, 4096};
  for (size_t d = 0; d < sizeof delays / sizeof *delays; d++) {
    peri_engine *engine = scene_engine(1);
    peri_node delay = delay_of(engine, 0.1, delays[d] / 48000.0);
    join(engine, ramp_at(engine, 700, 37), delay);
    join(engine, delay, peri_engine_destination(engine));
    float *out = scene_render(engine, 6000, blocks[d % 5]);
    for (uint32_t i = 0; i < 6000; i++) {
      int32_t k = (int32_t)i - 37 - (int32_t)delays[d];
      CHECK_NEAR(out[i], k >= 0 && k < 700 ? (k + 1) / 65536.0 : 0.0, 0.0);
    }
    finish(engine, out);
  }
}

TEST(a_delay_between_frames_is_interpolated_linearly) {
  static const double delays[] = {0.5, 0.25, 10.75, 127.5, 128.125, 300.0625};
  for (size_t d = 0; d < sizeof delays / sizeof *delays; d++) {
    peri_engine *engine = scene_engine(1);
    peri_node delay = delay_of(engine, 0.1, delays[d] / 48000.0);
    join(engine, ramp_at(engine, 700, 0), delay);
    join(engine, delay, peri_engine_destination(engine));
    float *out = scene_render(engine, 600, 128);
    for (uint32_t i = 0; i < 600; i++) {
      double at = i - delays[d] + 1.0; /* the ramp is its own argument, and comes out of silence */
      CHECK_NEAR(out[i] * 65536.0, at > 0.0 ? at : 0.0, 1e-3);
    }
    finish(engine, out);
  }
}

TEST(a_delay_time_is_taken_for_every_frame) {
  peri_engine *engine = scene_engine(1);
  peri_node delay = delay_of(engine, 0.1, 0.0);
  CHECK(peri_param_set_value_at_time(engine, delay, PERI_DELAY_DELAY_TIME, 0.0f, 0.0));
  CHECK(peri_param_linear_ramp(engine, delay, PERI_DELAY_DELAY_TIME, 0.03f, 0.1));
  CHECK(peri_param_set_value_at_time(engine, delay, PERI_DELAY_DELAY_TIME, 0.001f, 0.101));
  join(engine, ramp_at(engine, 6000, 0), delay);
  join(engine, delay, peri_engine_destination(engine));
  float *out = scene_render(engine, 6000, 300);
  for (uint32_t i = 1; i < 6000; i++) {
    double wait = i < 4800 ? i * 0.3 : i < 4848 ? 1440.0 : 48.0;
    CHECK_NEAR(out[i] * 65536.0, i - wait + 1.0, 2e-3);
  }
  finish(engine, out);
}

TEST(a_delay_time_that_jumps_within_a_quantum_reads_far_and_near) {
  static const uint32_t jumps[] = {100, 1000, 14400, 30000};
  for (size_t k = 0; k < sizeof jumps / sizeof *jumps; k++) {
    peri_engine *engine = scene_engine(2);
    peri_node delay = delay_of(engine, 1.0, 0.0);
    CHECK(peri_param_set_value_at_time(engine, delay, PERI_DELAY_DELAY_TIME, (float)(jumps[k] / 48000.0), 0.25));
    CHECK(peri_param_set_value_at_time(engine, delay, PERI_DELAY_DELAY_TIME, 0.0f, 12050 / 48000.0));
    join(engine, delay, peri_engine_destination(engine));
    join(engine, ramp_at(engine, 13000, 0), delay);
    peri_buffer *wide = scene_constant(2, 5000, 0.0f); /* the later part is stereo */
    float one = 1.0f;
    CHECK(peri_buffer_write(wide, 1, 2010, &one, 1));
    peri_source_def def = peri_default_source_def();
    def.buffer = wide;
    def.at = 10000 / 48000.0;
    CHECK(peri_source_play(engine, &def, delay) != 0);
    float *out = scene_render(engine, 12800, 128);
    for (uint32_t i = 11000; i < 12800; i++) {
      int32_t from = (int32_t)i - (i >= 12000 && i < 12050 ? (int32_t)jumps[k] : 0);
      double wanted = from >= 0 ? (from + 1) / 65536.0 : 0.0;
      CHECK_NEAR(out[2 * i], wanted, 0.0);
      CHECK_NEAR(out[2 * i + 1], wanted + (from == 12010 ? 1.0 : 0.0), 0.0);
    }
    peri_buffer_release(wide);
    finish(engine, out);
  }
}

TEST(a_delay_time_stays_in_its_range) {
  peri_engine *engine = scene_engine(1);
  peri_node delay = delay_of(engine, 0.01, 5.0);
  peri_param_info info;
  CHECK(peri_param_get_info(engine, delay, PERI_DELAY_DELAY_TIME, &info));
  CHECK_NEAR(info.max_value, 0.01f, 0.0);
  CHECK_NEAR(info.min_value, 0.0, 0.0);
  CHECK_NEAR(peri_node_kind_info(PERI_NODE_DELAY)->param[0].max_value, 1.0, 0.0);
  CHECK(!peri_param_get_info(engine, delay, 1, &info));
  join(engine, ramp_at(engine, 100, 0), delay);
  join(engine, delay, peri_engine_destination(engine));
  float *out = scene_render(engine, 600, 128);
  CHECK_NEAR(out[479], 0.0, 0.0);
  CHECK_NEAR(out[480], 1.0 / 65536.0, 0.0);
  finish(engine, out);
}

TEST(a_delay_is_made_for_more_than_nothing_and_less_than_three_minutes) {
  peri_engine *engine = scene_engine(1);
  static const double wrong[] = {0.0, -1.0, 180.0, 1e9, INFINITY, NAN};
  peri_node_def def = peri_default_node_def(PERI_NODE_DELAY);
  CHECK_NEAR(def.max_delay, 1.0, 0.0);
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    def.max_delay = wrong[k];
    CHECK_EQ(peri_node_create_from(engine, &def), 0);
    CHECK_ERROR("maxDelayTime must be above 0 and below 180 seconds");
  }
  peri_node longest = delay_of(engine, 179.999, 179.0), shortest = delay_of(engine, 1e-9, 1.0);
  join(engine, ramp_at(engine, 128, 0), shortest);
  join(engine, shortest, peri_engine_destination(engine));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[99] * 65536.0, 100.0, 1e-3);
  peri_node_release(engine, longest);
  finish(engine, out);
}

/* ---- Channels --------------------------------------------------------------------------------------------------- */

TEST(a_change_of_channels_is_heard_after_the_delay) {
  peri_engine *engine = scene_engine(4);
  peri_channel_rule rule = {4, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, peri_engine_destination(engine), &rule));
  peri_node delay = delay_of(engine, 0.1, 320 / 48000.0);
  peri_buffer *wide = scene_constant(2, 250, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  peri_node source = peri_source_create(engine, &def);
  join(engine, source, delay);
  join(engine, delay, peri_engine_destination(engine));
  CHECK(peri_source_start(engine, source, 128 / 48000.0, 0.0, INFINITY));
  peri_buffer *narrow = scene_constant(1, 640, 0.25f);
  def.buffer = narrow;
  CHECK(peri_source_play(engine, &def, delay) != 0);
  float *out = scene_render(engine, 1280, 128);
  for (uint32_t i = 0; i < 1280; i++) {
    bool mono = i >= 320 && i < 960, stereo = i >= 448 && i < 698;
    /* mono is mixed up to two channels in every quantum that has something stereo, and only there */
    bool up = i / 128 >= 448 / 128 && i / 128 <= 697 / 128;
    CHECK_NEAR(out[i * 4], (mono ? 0.25 : 0.0) + (stereo ? 0.5 : 0.0), 0.0);
    CHECK_NEAR(out[i * 4 + 1], (mono && up ? 0.25 : 0.0) + (stereo ? 0.5 : 0.0), 0.0);
    CHECK_NEAR(out[i * 4 + 2], 0.0, 0.0);
  }
  peri_buffer_release(wide);
  peri_buffer_release(narrow);
  finish(engine, out);
}

TEST(what_a_delay_holds_outlives_a_narrower_input) {
  peri_engine *engine = scene_engine(2);
  peri_node delay = delay_of(engine, 0.1, 1000 / 48000.0), source = 0;
  peri_buffer *wide = scene_constant(2, 300, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  source = peri_source_create(engine, &def);
  join(engine, source, delay);
  join(engine, delay, peri_engine_destination(engine));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  free(scene_render(engine, 384, 128));
  join(engine, ramp_at(engine, 10, 0), delay); /* mono: new plans know of one channel */
  CHECK(peri_engine_update(engine));
  float *out = scene_render(engine, 1280, 128);
  for (uint32_t i = 0; i < 1280; i++) {
    uint32_t frame = i + 384;
    bool heard = frame >= 1000 && frame < 1300;
    if (frame >= 1384 && frame < 1394) continue;
    CHECK_NEAR(out[i * 2], heard ? 0.5 : 0.0, 0.0);
    CHECK_NEAR(out[i * 2 + 1], heard ? 0.5 : 0.0, 0.0);
  }
  peri_buffer_release(wide);
  finish(engine, out);
}

TEST(a_delay_takes_memory_by_channels_and_copies_nothing) {
  peri_engine *engine = scene_engine(2);
  peri_node delay = delay_of(engine, 10.0, 0.5);
  join(engine, delay, peri_engine_destination(engine));
  CHECK(peri_engine_update(engine));
  uint64_t one = peri__memory_bytes(), line = 480000 * sizeof(float);
  peri_channel_rule rule = {3, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, delay, &rule));
  CHECK(peri_engine_update(engine));
  CHECK(peri__memory_bytes() - one > 2 * line && peri__memory_bytes() - one < 2 * line + 100000);
  rule.count = 2;
  CHECK(peri_node_set_channels(engine, delay, &rule));
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  peri_node_release(engine, delay);
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, 128, 128));
  CHECK(peri_engine_update(engine));
  CHECK(peri__memory_bytes() < one);
  peri_engine_destroy(engine);
}

/* ---- Tails ------------------------------------------------------------------------------------------------------ */

TEST(a_delay_that_nobody_holds_lives_until_its_tail_is_over) {
  peri_engine *engine = scene_engine(1);
  peri_node delay = delay_of(engine, 1.0, 0.5), gain = gain_of(engine, 0.5f), source = ramp_at(engine, 100, 0);
  join(engine, source, delay);
  join(engine, delay, gain);
  join(engine, gain, peri_engine_destination(engine));
  peri_node_release(engine, source);
  peri_node_release(engine, delay);
  peri_node_release(engine, gain);
  uint32_t heard = 0, there = 0;
  for (uint32_t quantum = 0; quantum < 600; quantum++) {
    float *out = scene_render(engine, 128, 128);
    for (int i = 0; i < 128; i++) heard += out[i] != 0.0f;
    free(out);
    CHECK(peri_engine_update(engine));
    if (!peri_node_is_valid(engine, delay)) break;
    there = quantum * 128;
    if (there < 24000) CHECK(peri_engine_is_active(engine));
  }
  CHECK_EQ(heard, 100);
  CHECK(there >= 24000 && there < 50000); /* what is in the line may yet be heard: delayTime may grow */
  CHECK(!peri_node_is_valid(engine, gain));
  free(scene_render(engine, 128, 128));
  CHECK(!peri_engine_is_active(engine));
  CHECK_EQ(scene_stats(engine).nodes, 1);
  peri_engine_destroy(engine);
}

TEST(an_echo_that_nobody_holds_rings_until_it_has_died_away) {
  peri_engine *engine = scene_engine(1);
  peri_node delay = delay_of(engine, 0.01, 0.005), gain = gain_of(engine, 0.25f), source = ramp_at(engine, 1, 0);
  join(engine, source, delay);
  join(engine, delay, gain);
  join(engine, gain, delay);
  join(engine, delay, peri_engine_destination(engine));
  peri_node_release(engine, source);
  peri_node_release(engine, delay);
  peri_node_release(engine, gain);
  float *out = malloc(40000 * sizeof *out);
  for (uint32_t at = 0; at < 39936; at += 128) {
    CHECK(peri_engine_render(engine, out + at, 128));
    CHECK(peri_engine_update(engine));
    if (at < 480) CHECK(peri_engine_is_active(engine));
    if (at > 1400 && at < 12000) CHECK(!peri_engine_is_active(engine)); /* nobody hears what is below −120 dB */
  }
  double level = 1.0 / 65536.0;
  for (uint32_t i = 0; i < 39936; i++) {
    bool echo = i && i % 240 == 0;
    CHECK_NEAR(out[i], echo && level > 1.17e-38 ? level : 0.0, 0.0);
    if (echo) level /= 4.0;
  }
  CHECK(!peri_node_is_valid(engine, delay)); /* 55 echoes, then below the smallest normal float */
  CHECK_EQ(scene_stats(engine).nodes, 1);
  free(out);
  peri_engine_destroy(engine);
}

/* ---- Cycles ----------------------------------------------------------------------------------------------------- */

TEST(a_delay_in_a_cycle_lasts_its_time_but_at_least_a_quantum) {
  static const uint32_t delays[] = {0, 1, 100, 127, 128, 129, 200, 256, 999};
  for (size_t d = 0; d < sizeof delays / sizeof *delays; d++) {
    peri_engine *engine = scene_engine(1);
    uint32_t period = delays[d] < 128 ? 128 : delays[d];
    peri_node delay = delay_of(engine, 0.1, delays[d] / 48000.0), gain = gain_of(engine, 0.5f);
    join(engine, ramp_at(engine, 1, 5), delay);
    join(engine, delay, gain);
    join(engine, gain, delay);
    join(engine, delay, peri_engine_destination(engine));
    float *out = scene_render(engine, 5000, 77);
    for (uint32_t i = 0; i < 5000; i++) {
      bool echo = i > 5 && (i - 5) % period == 0;
      CHECK_NEAR(out[i], echo ? ldexp(1.0 / 65536.0, 1 - (int)((i - 5) / period)) : 0.0, 0.0);
    }
    finish(engine, out);
  }
}

TEST(several_delays_in_a_cycle_each_last_their_time) {
  peri_engine *engine = scene_engine(2);
  peri_node left = delay_of(engine, 0.1, 300 / 48000.0), right = delay_of(engine, 0.1, 500 / 48000.0);
  peri_node back = gain_of(engine, 0.5f), merger = peri_node_create(engine, PERI_NODE_CHANNEL_MERGER);
  join(engine, ramp_at(engine, 1, 0), left);
  join(engine, left, right);
  join(engine, right, back);
  join(engine, back, left);
  CHECK(peri_connect(engine, left, 0, merger, 0));
  CHECK(peri_connect(engine, right, 0, merger, 1));
  peri_channel_rule rule = {2, PERI_COUNT_EXPLICIT, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, peri_engine_destination(engine), &rule));
  join(engine, merger, peri_engine_destination(engine));
  float *out = scene_render(engine, 4000, 128);
  for (uint32_t i = 0; i < 4000; i++) {
    bool on_left = i >= 300 && (i - 300) % 800 == 0, on_right = i >= 800 && i % 800 == 0;
    CHECK_NEAR(out[i * 2], on_left ? ldexp(1.0 / 65536.0, -(int)((i - 300) / 800)) : 0.0, 0.0);
    CHECK_NEAR(out[i * 2 + 1], on_right ? ldexp(1.0 / 65536.0, 1 - (int)(i / 800)) : 0.0, 0.0);
  }
  finish(engine, out);
}

TEST(a_cycle_through_delay_time_alone_is_mute_and_one_through_a_delay_too_is_not) {
  peri_engine *engine = scene_engine(1);
  peri_node out = peri_engine_destination(engine);
  peri_node own = delay_of(engine, 0.1, 0.0), gain = gain_of(engine, 0.0f);
  join(engine, ramp_at(engine, 1000, 0), own);
  join(engine, own, gain);
  CHECK(peri_connect_param(engine, gain, 0, own, PERI_DELAY_DELAY_TIME));
  join(engine, own, out);
  float *heard = scene_render(engine, 256, 128);
  for (int i = 0; i < 256; i++) CHECK_NEAR(heard[i], 0.0, 0.0);
  free(heard);
  /* what came in while it was mute is not heard later */
  peri_node second = delay_of(engine, 0.1, 0.0);
  CHECK(peri_disconnect_param(engine, gain, 0, own, PERI_DELAY_DELAY_TIME));
  join(engine, gain, second);
  CHECK(peri_connect_param(engine, second, 0, own, PERI_DELAY_DELAY_TIME));
  CHECK(peri_engine_update(engine));
  heard = scene_render(engine, 384, 128); /* in a cycle: a quantum later */
  for (int i = 0; i < 128; i++) CHECK_NEAR(heard[i], 0.0, 0.0);
  for (int i = 128; i < 384; i++) CHECK_NEAR(heard[i] * 65536.0, i + 256 - 128 + 1, 0.0);
  finish(engine, heard);
}

TEST(a_delay_of_its_own_plays_on_below_a_mute_cycle) {
  peri_engine *engine = scene_engine(1);
  peri_node a = gain_of(engine, 1.0f), b = gain_of(engine, 1.0f), delay = delay_of(engine, 0.1, 0.0);
  join(engine, a, b);
  join(engine, b, a);
  CHECK(peri_connect_param(engine, b, 0, delay, PERI_DELAY_DELAY_TIME)); /* it waits for what is mute */
  join(engine, delay, delay);
  join(engine, ramp_at(engine, 1, 0), delay);
  join(engine, delay, peri_engine_destination(engine));
  float *out = scene_render(engine, 1024, 128);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i] * 65536.0, i && i % 128 == 0 ? 1.0 : 0.0, 0.0);
  finish(engine, out);
}

TEST(channels_that_go_round_a_cycle_find_room) {
  peri_engine *engine = scene_engine(1);
  peri_node delay = delay_of(engine, 0.1, 200 / 48000.0), gain = gain_of(engine, 1.0f), first = gain_of(engine, 1.0f);
  peri_node outer = delay_of(engine, 0.1, 130 / 48000.0);
  join(engine, gain, delay);
  join(engine, delay, first);
  join(engine, first, gain);
  join(engine, first, outer); /* a cycle in a cycle */
  join(engine, outer, first);
  join(engine, first, peri_engine_destination(engine));
  peri_channel_rule rule = {1, PERI_COUNT_EXPLICIT, PERI_SPEAKERS};
  CHECK(peri_node_set_channels(engine, first, &rule));
  free(scene_render(engine, 640, 128));
  rule = (peri_channel_rule){2, PERI_COUNT_MAX, PERI_DISCRETE};
  CHECK(peri_node_set_channels(engine, first, &rule));
  peri_buffer *wide = scene_constant(32, 64, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  CHECK(peri_source_play(engine, &def, gain) != 0);
  float *out = scene_render(engine, 1280, 128);
  double sum = 0.0;
  for (int i = 0; i < 1280; i++) sum += (double)out[i];
  CHECK(sum > 0.5 * 64);
  peri_buffer_release(wide);
  finish(engine, out);
}

TEST(a_delay_that_got_a_nan_forgets_it) {
  peri_engine *engine = scene_engine(1);
  peri_node delay = delay_of(engine, 0.1, 200 / 48000.0), gain = gain_of(engine, 1.0f);
  peri_buffer *bad = scene_constant(1, 10, NAN);
  peri_source_def def = peri_default_source_def();
  def.buffer = bad;
  join(engine, delay, gain);
  join(engine, gain, delay);
  join(engine, delay, peri_engine_destination(engine));
  CHECK(peri_source_play(engine, &def, delay) != 0);
  float *out = scene_render(engine, 2560, 128);
  for (int i = 0; i < 2560; i++) CHECK(isfinite(out[i]));
  free(out);
  join(engine, ramp_at(engine, 10, 0), delay);
  CHECK(peri_engine_update(engine));
  out = scene_render(engine, 256, 128);
  CHECK_NEAR(out[200] * 65536.0, 1.0, 0.0);
  free(out);
  peri_buffer_release(bad);
  peri_engine_destroy(engine);
}
