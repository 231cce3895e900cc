#include "unit/scene.h"

#define RATE 48000
#define LATENCY 288 /* 6 ms */
#define SETTLED (3 * RATE)

static float db(double x) { return (float)(20 * log10(x)); }

static peri_node make_compressor(peri_engine *engine, float threshold, float knee, float ratio) {
  peri_node node = peri_node_create(engine, PERI_NODE_DYNAMICS_COMPRESSOR);
  CHECK(node != 0);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  CHECK(peri_param_set_value(engine, node, PERI_COMPRESSOR_THRESHOLD, threshold));
  CHECK(peri_param_set_value(engine, node, PERI_COMPRESSOR_KNEE, knee));
  CHECK(peri_param_set_value(engine, node, PERI_COMPRESSOR_RATIO, ratio));
  return node;
}

/* A constant that begins at `when`, seconds. */
static peri_node feed(peri_engine *engine, peri_node to, float level, double when) {
  peri_node source = peri_node_create(engine, PERI_NODE_CONSTANT_SOURCE);
  CHECK(source != 0 && peri_param_set_value(engine, source, PERI_CONSTANT_SOURCE_OFFSET, level));
  CHECK(peri_connect(engine, source, 0, to, 0) && peri_source_start(engine, source, when, 0, INFINITY));
  return source;
}

static float reduction_of(peri_engine *engine, peri_node node) {
  float decibels = NAN;
  CHECK(peri_node_get_reduction(engine, node, &decibels));
  return decibels;
}

/* What comes of a level in the long run; its reduction, if asked for. */
static float settled(float level, float threshold, float knee, float ratio, float *reduction) {
  peri_engine *engine = scene_engine(1);
  peri_node node = make_compressor(engine, threshold, knee, ratio);
  feed(engine, node, level, 0);
  float *out = scene_render(engine, SETTLED, 512), last = out[SETTLED - 1];
  if (reduction) *reduction = reduction_of(engine, node);
  free(out);
  peri_engine_destroy(engine);
  return last;
}

/* Web Audio 1.1: the graph of a delay of 6 ms and a gain; ratio 1 leaves the signal as it is. */
TEST(a_compressor_that_does_not_compress_only_delays_by_6_ms) {
  static float samples[1000];
  for (int i = 0; i < 1000; i++) samples[i] = (float)((i * 37) % 200 - 100) / 100;
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = peri_buffer_create(1, 1000, RATE);
  CHECK(sound && peri_buffer_write(sound, 0, 0, samples, 1000));
  peri_node node = make_compressor(engine, 0, 0, 1);
  CHECK(peri_engine_update(engine)); /* the plan has it: time goes by for it */
  free(scene_render(engine, SETTLED, 512));
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_source_play(engine, &def, node) != 0);
  float *out = scene_render(engine, 2000, 100);
  for (int i = 0; i < 2000; i++) CHECK(out[i] == (i < LATENCY || i >= LATENCY + 1000 ? 0.0f : samples[i - LATENCY]));
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

/* The compression curve with a hard knee, and the makeup gain: what 0 dB loses, to the power of 0.6. */
TEST(levels_settle_where_curve_and_makeup_gain_put_them) {
  const float thresholds[] = {-24, -50, -6}, ratios[] = {1, 4, 20}, levels[] = {0.001f, 0.01f, 0.1f, 0.5f, 1, 2};
  for (int t = 0; t < 3; t++) {
    for (int r = 0; r < 3; r++) {
      for (int l = 0; l < 6; l++) {
        float reduction, in = db((double)levels[l]);
        float out = settled(levels[l], thresholds[t], 0, ratios[r], &reduction);
        float over = in > thresholds[t] ? in - thresholds[t] : 0, makeup = 0.6f * -thresholds[t] * (1 - 1 / ratios[r]);
        CHECK_NEAR(db((double)out), in - over * (1 - 1 / ratios[r]) + makeup, 0.05);
        CHECK_NEAR(reduction, -over * (1 - 1 / ratios[r]), 0.05);
      }
    }
  }
}

/* "identity up to the threshold", "monotonically increasing and continuous", then 1 dB for each `ratio` dB. */
TEST(the_soft_knee_bends_from_the_identity_to_the_ratio) {
  float levels[32];
  for (int l = 0; l < 32; l++) { /* −60 to 2 dB; the knee is from −40 to −20 dB */
    float level = (float)pow(10, (-60 + 2 * l) / 20.0);
    levels[l] = db((double)settled(level, -40, 20, 5, NULL));
  }
  for (int l = 1; l < 32; l++) {
    float step = levels[l] - levels[l - 1];
    int from = -60 + 2 * (l - 1);
    CHECK(step > 0.3f && step < 2.05f);
    if (from + 2 <= -40) CHECK_NEAR(step, 2, 0.02);
    if (from >= -20) CHECK_NEAR(step, 0.4, 0.02);
    if (l > 1) CHECK(step < levels[l - 1] - levels[l - 2] + 0.02f);
  }
}

/* Frames after the level rises or falls until the gain is within 1 dB of where it settles. */
static int frames_to_settle(float attack, float release, bool rises) {
  peri_engine *engine = scene_engine(1);
  peri_node node = make_compressor(engine, -30, 0, 10);
  CHECK(peri_param_set_value(engine, node, PERI_COMPRESSOR_ATTACK, attack));
  CHECK(peri_param_set_value(engine, node, PERI_COMPRESSOR_RELEASE, release));
  peri_node source = feed(engine, node, rises ? 0.01f : 1.0f, 0);
  free(scene_render(engine, SETTLED, 512));
  CHECK(peri_param_set_value(engine, source, PERI_CONSTANT_SOURCE_OFFSET, rises ? 1.0f : 0.01f));
  int frames = 0;
  float *out = scene_render(engine, SETTLED, 512), end = db((double)out[SETTLED - 1]);
  for (int i = LATENCY + 128; i < SETTLED; i++)
    if (fabsf(db((double)out[i]) - end) > 1) frames = i;
  free(out);
  peri_engine_destroy(engine);
  return frames;
}

TEST(attack_and_release_take_the_longer_the_more_they_are) {
  CHECK(frames_to_settle(0.003f, 0.25f, true) < RATE / 50);
  int slow = frames_to_settle(0.5f, 0.25f, true), slower = frames_to_settle(1.0f, 0.25f, true);
  CHECK(slow > RATE / 4 && slow < RATE && slower > slow * 3 / 2);
  int quick = frames_to_settle(0.003f, 0.05f, false), late = frames_to_settle(0.003f, 0.5f, false);
  CHECK(quick < RATE / 5 && late > 3 * quick);
  CHECK(frames_to_settle(0.0f, 0.0f, false) < RATE / 10);
}

TEST(the_look_ahead_lowers_the_gain_before_the_peak_comes_out) {
  peri_engine *engine = scene_engine(1);
  peri_node node = make_compressor(engine, -40, 0, 20);
  feed(engine, node, 1e-3f, 0);
  feed(engine, node, 1, 1.0);
  float *out = scene_render(engine, 2 * RATE, 128), settles = out[2 * RATE - 1];
  for (int i = RATE; i < 2 * RATE; i++) CHECK(fabsf(out[i]) < 1.3f * settles);
  free(out);
  peri_engine_destroy(engine);
}

TEST(the_louder_side_lowers_both) {
  peri_engine *engine = scene_engine(2);
  peri_node node = make_compressor(engine, -40, 0, 20), merger = peri_node_create(engine, PERI_NODE_CHANNEL_MERGER);
  CHECK(merger != 0 && peri_connect(engine, merger, 0, node, 0));
  for (uint32_t side = 0; side < 2; side++) {
    peri_node source = peri_node_create(engine, PERI_NODE_CONSTANT_SOURCE);
    CHECK(peri_param_set_value(engine, source, PERI_CONSTANT_SOURCE_OFFSET, side ? -1.0f : 0.25f));
    CHECK(peri_connect(engine, source, 0, merger, side) && peri_source_start(engine, source, 0, 0, INFINITY));
  }
  float *out = scene_render(engine, RATE, 512);
  CHECK(out[2 * RATE - 2] > 0);
  for (int i = LATENCY; i < RATE; i++) CHECK_NEAR(out[2 * i + 1], -4 * out[2 * i], 1e-5);
  CHECK_NEAR(reduction_of(engine, node), -38, 0.1);
  free(out);
  peri_engine_destroy(engine);
}

TEST(what_was_stereo_comes_out_in_stereo_when_mono_has_followed) {
  const float zeros[128] = {0};
  peri_engine *engine = scene_engine(2);
  peri_buffer *wide = scene_constant(2, 128, 0.01f), *narrow = scene_constant(1, 128, 0.01f);
  CHECK(peri_buffer_write(wide, 1, 0, zeros, 128));
  peri_node node = make_compressor(engine, 0, 0, 1);
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, SETTLED, 512));
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  CHECK(peri_source_play(engine, &def, node) != 0);
  float *before = scene_render(engine, 128, 128);
  def.buffer = narrow;
  CHECK(peri_source_play(engine, &def, node) != 0);
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 512; i++) {
    bool first = i >= LATENCY - 128 && i < LATENCY, second = i >= LATENCY && i < LATENCY + 128;
    CHECK(out[2 * i] == (first || second ? 0.01f : 0.0f));
    CHECK(out[2 * i + 1] == (second ? 0.01f : 0.0f));
  }
  free(before), free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(wide), peri_buffer_release(narrow);
}

/* "If fed no signal the value will be 0 (no gain reduction)." */
TEST(there_is_no_reduction_without_a_signal) {
  peri_engine *engine = scene_engine(1);
  peri_node node = make_compressor(engine, -40, 0, 20), gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(reduction_of(engine, node) == 0.0f);
  free(scene_render(engine, 1024, 128));
  CHECK(reduction_of(engine, node) == 0.0f);
  peri_node source = feed(engine, node, 1, 0);
  free(scene_render(engine, RATE, 128));
  CHECK_NEAR(reduction_of(engine, node), -38, 0.1);
  CHECK(peri_source_stop(engine, source, 0));
  free(scene_render(engine, 1024, 128));
  CHECK(reduction_of(engine, node) == 0.0f);
  float none;
  CHECK(!peri_node_get_reduction(engine, gain, &none));
  CHECK_ERROR("GainNode has no reduction");
  CHECK(!peri_node_get_reduction(engine, 0, &none));
  CHECK_ERROR("the node is null");
  peri_engine_destroy(engine);
}

/* Web Audio 1.1, DynamicsCompressorNode: channelCount and channelCountMode constraints, automation rate constraints. */
TEST(a_compressor_keeps_the_constraints_of_the_text) {
  static const float ranges[5][3] = {{-24, -100, 0}, {30, 0, 40}, {12, 1, 20}, {0.003f, 0, 1}, {0.25f, 0, 1}};
  peri_engine *engine = scene_engine(2);
  peri_node node = peri_node_create(engine, PERI_NODE_DYNAMICS_COMPRESSOR);
  peri_channel_rule rule;
  CHECK(peri_node_get_channels(engine, node, &rule));
  CHECK(rule.count == 2 && rule.mode == PERI_COUNT_CLAMPED_MAX && rule.interpretation == PERI_SPEAKERS);
  rule.count = 3;
  CHECK(!peri_node_set_channels(engine, node, &rule));
  CHECK_ERROR("channelCount of DynamicsCompressorNode must be 1 to 2, got 3");
  rule = (peri_channel_rule){2, PERI_COUNT_MAX, PERI_SPEAKERS};
  CHECK(!peri_node_set_channels(engine, node, &rule));
  CHECK_ERROR("channelCountMode of DynamicsCompressorNode cannot be max");
  const peri_node_info *info = peri_node_kind_info(PERI_NODE_DYNAMICS_COMPRESSOR);
  for (int p = 0; p < 5; p++) {
    CHECK(info->param[p].default_value == ranges[p][0]);
    CHECK(info->param[p].min_value == ranges[p][1] && info->param[p].max_value == ranges[p][2]);
    CHECK(!info->param[p].audio_rate && info->param[p].fixed_rate);
  }
  peri_engine_destroy(engine);
}

static float *render_noise(uint32_t block) {
  static float samples[9000];
  uint32_t state = 9;
  for (int i = 0; i < 9000; i++) {
    state = state * 1664525u + 1013904223u;
    samples[i] = (float)(int32_t)state / 2147483648.0f * (float)(i / 1000 % 3);
  }
  peri_engine *engine = scene_engine(2);
  peri_buffer *sound = peri_buffer_create(1, 9000, RATE);
  CHECK(sound && peri_buffer_write(sound, 0, 0, samples, 9000));
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_source_play(engine, &def, make_compressor(engine, -24, 30, 12)) != 0);
  float *out = scene_render(engine, 10000, block);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
  return out;
}

TEST(blocks_of_any_size_compress_to_the_same_bits) {
  const uint32_t sizes[] = {1, 64, 127, 480, 1024};
  float *reference = render_noise(128);
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    float *out = render_noise(sizes[k]);
    CHECK(memcmp(out, reference, 10000 * 2 * sizeof *out) == 0);
    free(out);
  }
  free(reference);
}

TEST(the_look_ahead_of_a_released_compressor_comes_out_before_it_is_freed) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 128, 0.01f);
  peri_node node = make_compressor(engine, 0, 0, 1);
  CHECK(peri_engine_update(engine)); /* the plan has it: time goes by for it */
  free(scene_render(engine, SETTLED, 512));
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_source_play(engine, &def, node) != 0);
  peri_node_release(engine, node);
  float heard = 0;
  for (int q = 0; q < 8; q++) {
    CHECK(peri_engine_update(engine));
    float *out = scene_render(engine, 128, 128);
    for (int i = 0; i < 128; i++) heard += out[i];
    free(out);
  }
  CHECK_NEAR(heard, 1.28, 1e-4);
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  CHECK_EQ(scene_stats(engine).nodes, 1);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

TEST(a_compressor_recovers_from_what_is_not_finite) {
  peri_engine *engine = scene_engine(1);
  peri_node node = make_compressor(engine, -24, 30, 12);
  peri_buffer *huge = scene_constant(1, 64, 3e38f);
  peri_source_def def = peri_default_source_def();
  def.buffer = huge;
  CHECK(peri_source_play(engine, &def, node) != 0 && peri_source_play(engine, &def, node) != 0);
  free(scene_render(engine, 1024, 128));
  CHECK(scene_stats(engine).nonfinite > 0);
  feed(engine, node, 0.1f, 0);
  float *out = scene_render(engine, SETTLED, 512);
  CHECK_NEAR(out[SETTLED - 1], settled(0.1f, -24, 30, 12, NULL), 1e-5);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(huge);
}
