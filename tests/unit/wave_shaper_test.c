/* Web Audio 1.1, WaveShaperNode. */
#include "unit/scene.h"

#include "base/base.h"

#define LATENCY_2X 31
#define LATENCY_4X 38
#define PI 3.14159265358979323846

typedef struct stage {
  peri_engine *engine;
  peri_node shaper;
} stage;

static stage make_stage(uint32_t channels, const float *curve, uint32_t count, int oversample) {
  stage s = {.engine = scene_engine(channels)};
  s.shaper = peri_node_create(s.engine, PERI_NODE_WAVE_SHAPER);
  CHECK(s.shaper != 0);
  CHECK(peri_node_set_curve(s.engine, s.shaper, curve, count));
  CHECK(peri_node_set_option(s.engine, s.shaper, PERI_WAVE_SHAPER_OVERSAMPLE, oversample));
  CHECK(peri_connect(s.engine, s.shaper, 0, peri_engine_destination(s.engine), 0));
  CHECK(peri_engine_update(s.engine));
  return s;
}

/* Plays `frames` samples of a mono sound into the shaper. */
static void play(const stage *s, const float *samples, uint32_t frames) {
  peri_buffer *sound = peri_buffer_create(1, frames, 48000.0);
  CHECK(peri_buffer_write(sound, 0, 0, samples, frames));
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_source_play(s->engine, &def, s->shaper) != 0);
  peri_buffer_release(sound);
}

static void play_sine(const stage *s, double frequency, double amplitude, uint32_t frames) {
  float *samples = malloc(frames * sizeof *samples);
  for (uint32_t i = 0; i < frames; i++) samples[i] = (float)(amplitude * sin(2 * PI * frequency * i / 48000.0));
  play(s, samples, frames);
  free(samples);
}

/* How strong a frequency is in 4,800 frames. */
static double strength(const float *samples, double frequency) {
  double re = 0.0, im = 0.0;
  for (int i = 0; i < 4800; i++) {
    re += (double)samples[i] * cos(2 * PI * frequency * i / 48000.0);
    im += (double)samples[i] * sin(2 * PI * frequency * i / 48000.0);
  }
  return sqrt(re * re + im * im) / 2400.0;
}

static double shaped(const float *curve, uint32_t count, double x) {
  double v = (count - 1) / 2.0 * (x + 1.0);
  if (v < 0) return (double)curve[0];
  if (v >= count - 1) return (double)curve[count - 1];
  uint32_t k = (uint32_t)floor(v);
  return (1.0 - (v - k)) * (double)curve[k] + (v - k) * (double)curve[k + 1];
}

TEST(a_curve_is_looked_up_with_linear_interpolation_and_its_ends_hold) {
  static const uint32_t counts[] = {2, 3, 4, 5, 256, 1001, 65536};
  float ramp[640], curve[65536];
  for (int i = 0; i < 640; i++) ramp[i] = (float)(i - 320) / 200.0f; /* −1.6 to 1.6 */
  for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
    for (uint32_t i = 0; i < counts[k]; i++) curve[i] = (float)sin(0.7 + i * 9.0 / counts[k]);
    stage s = make_stage(1, curve, counts[k], 0);
    play(&s, ramp, 640);
    float *out = scene_render(s.engine, 640, 100);
    for (int i = 0; i < 640; i++) CHECK_NEAR(out[i], shaped(curve, counts[k], (double)ramp[i]), 3e-7);
    CHECK_NEAR(out[0], curve[0], 0.0);
    CHECK_NEAR(out[639], curve[counts[k] - 1], 0.0);
    free(out);
    peri_engine_destroy(s.engine);
  }
}

TEST(without_a_curve_everything_passes_unchanged_and_at_once) {
  for (int oversample = 0; oversample < 3; oversample++) {
    stage s = make_stage(1, NULL, 0, oversample);
    float ramp[300];
    for (int i = 0; i < 300; i++) ramp[i] = (float)(i - 100) / 37.0f;
    play(&s, ramp, 300);
    float *out = scene_render(s.engine, 512, 128);
    for (int i = 0; i < 512; i++) CHECK_NEAR(out[i], i < 300 ? ramp[i] : 0.0f, 0.0);
    free(out);
    peri_engine_destroy(s.engine);
  }
}

TEST(a_curve_may_be_replaced_and_is_copied) {
  float first[3] = {-1.0f, 0.0f, 1.0f}, second[2] = {0.25f, 0.25f}, seen[4] = {9, 9, 9, 9};
  stage s = make_stage(1, first, 3, 0);
  first[2] = 7.0f;
  uint32_t count = 2;
  CHECK(peri_node_get_curve(s.engine, s.shaper, seen, &count));
  CHECK_EQ(count, 3);
  CHECK_NEAR(seen[1], 0.0, 0.0);
  CHECK_NEAR(seen[2], 9.0, 0.0); /* no more than there was room for */
  count = 4;
  CHECK(peri_node_get_curve(s.engine, s.shaper, seen, &count));
  CHECK_NEAR(seen[2], 1.0, 0.0);
  free(scene_render(s.engine, 128, 128));
  for (int k = 0; k < 50; k++) CHECK(peri_node_set_curve(s.engine, s.shaper, second, 2)); /* nobody renders */
  float *out = scene_render(s.engine, 128, 128);
  CHECK_NEAR(out[0], 0.25, 0.0); /* sound of silence */
  CHECK_NEAR(out[127], 0.25, 0.0);
  free(out);
  CHECK(peri_node_set_curve(s.engine, s.shaper, NULL, 0));
  count = 4;
  CHECK(peri_node_get_curve(s.engine, s.shaper, seen, &count));
  CHECK_EQ(count, 0);
  out = scene_render(s.engine, 128, 128);
  CHECK_NEAR(out[127], 0.0, 0.0);
  free(out);
  peri_engine_destroy(s.engine);
}

TEST(a_wrong_curve_is_refused_and_changes_nothing) {
  const float good[2] = {-0.5f, 0.5f}, bad[3] = {0.0f, 1.0f, INFINITY};
  stage s = make_stage(1, good, 2, 0);
  CHECK(!peri_node_set_curve(s.engine, s.shaper, good, 1));
  CHECK_ERROR("a curve has at least 2 values, got 1");
  CHECK(!peri_node_set_curve(s.engine, s.shaper, bad, 3));
  CHECK_ERROR("value 3 of the curve is not finite");
  peri_node gain = peri_node_create(s.engine, PERI_NODE_GAIN);
  CHECK(!peri_node_set_curve(s.engine, gain, good, 2));
  CHECK_ERROR("GainNode has no curve");
  uint32_t count = 0;
  CHECK(!peri_node_get_curve(s.engine, gain, NULL, &count));
  CHECK(!peri_node_set_option(s.engine, s.shaper, PERI_WAVE_SHAPER_OVERSAMPLE, 3.0));
  CHECK(peri_node_get_curve(s.engine, s.shaper, NULL, &count));
  CHECK_EQ(count, 2);
  peri_engine_destroy(s.engine);
}

TEST(a_curve_that_lifts_silence_sounds_in_every_oversampling) {
  const float curve[3] = {-1.0f, 0.5f, 1.0f};
  for (int oversample = 0; oversample < 3; oversample++) {
    stage s = make_stage(1, curve, 3, oversample);
    float *out = scene_render(s.engine, 512, 128);
    for (int i = 0; i < 512; i++) CHECK_NEAR(out[i], 0.5, 0.0);
    free(out);
    play_sine(&s, 1000.0, 0.5, 256); /* and so it stays around a sound, without a step */
    out = scene_render(s.engine, 1024, 128);
    for (int i = 0; i < 1024; i++)
      if (i < 1 || i > 256 + 80) CHECK_NEAR(out[i], 0.5, 2e-3);
    CHECK(peri_node_is_valid(s.engine, s.shaper));
    free(out);
    peri_node_release(s.engine, s.shaper); /* nothing sounds through it: it need not stay for ever */
    CHECK(peri_engine_update(s.engine));
    free(scene_render(s.engine, 256, 128));
    CHECK(!peri_node_is_valid(s.engine, s.shaper));
    CHECK(!peri_engine_is_active(s.engine));
    peri_engine_destroy(s.engine);
  }
}

TEST(oversampling_is_late_by_whole_frames_and_otherwise_unheard) {
  static const double frequencies[] = {100.0, 1000.0, 7000.0, 15000.0, 19000.0};
  const float straight[2] = {-1.0f, 1.0f};
  for (int oversample = 1; oversample < 3; oversample++) {
    for (int f = 0; f < 5; f++) {
      stage s = make_stage(1, straight, 2, oversample);
      play_sine(&s, frequencies[f], 0.9, 2400);
      float *out = scene_render(s.engine, 2560, 441);
      int late = oversample == 1 ? LATENCY_2X : LATENCY_4X;
      for (int i = 0; i < late; i++) CHECK_NEAR(out[i], 0.0, f < 2 ? 2e-3 : 0.2);
      for (int i = 200; i < 2400; i++)
        CHECK_NEAR(out[i], 0.9 * sin(2 * PI * frequencies[f] * (i - late) / 48000.0), 3e-4);
      for (int i = 2400 + 2 * late + 2; i < 2560; i++) CHECK_NEAR(out[i], 0.0, 0.0);
      free(out);
      peri_engine_destroy(s.engine);
    }
  }
}

TEST(oversampling_keeps_out_what_folds_back) {
  float curve[1025];
  for (int i = 0; i < 1025; i++) curve[i] = (float)tanh(3.0 * (i - 512) / 512.0);
  double folded[3], tone[3];
  for (int oversample = 0; oversample < 3; oversample++) {
    stage s = make_stage(1, curve, 1025, oversample);
    play_sine(&s, 10000.0, 0.9, 6000);
    float *out = scene_render(s.engine, 6000, 128);
    tone[oversample] = strength(out + 1000, 10000.0);
    folded[oversample] = strength(out + 1000, 18000.0); /* 48 − 3 × 10 kHz */
    CHECK(tone[oversample] > 0.9);
    free(out);
    peri_engine_destroy(s.engine);
  }
  CHECK(folded[0] > 0.1);
  CHECK(folded[1] < folded[0] / 1000.0); /* 30 kHz lies within twice the rate: the filter takes it */
  CHECK(folded[2] < folded[0] / 1000.0);
  CHECK_NEAR(tone[1], tone[2], 0.02);
}

TEST(oversampling_4x_keeps_out_more_than_2x) {
  float curve[1025];
  for (int i = 0; i < 1025; i++) curve[i] = i < 512 ? -0.8f : 0.8f; /* a square */
  double folded[3];
  for (int oversample = 0; oversample < 3; oversample++) {
    stage s = make_stage(1, curve, 1025, oversample);
    play_sine(&s, 5100.0, 0.9, 6000);
    float *out = scene_render(s.engine, 6000, 128);
    folded[oversample] = strength(out + 1000, 96000.0 - 17 * 5100.0); /* folds at twice the rate, not at four times */
    free(out);
    peri_engine_destroy(s.engine);
  }
  CHECK(folded[2] < folded[1] / 10.0);
}

TEST(a_wave_shaper_sounds_the_same_in_blocks_of_any_size) {
  static const uint32_t blocks[] = {1, 37, 128, 1024};
  float curve[129];
  for (int i = 0; i < 129; i++) curve[i] = (float)sin(i * 0.05 - 3.2);
  for (int oversample = 0; oversample < 3; oversample++) {
    float *first = NULL;
    for (int b = 0; b < 4; b++) {
      stage s = make_stage(2, curve, 129, oversample);
      play_sine(&s, 777.0, 1.2, 1500);
      float *out = scene_render(s.engine, 2048, blocks[b]);
      if (first) CHECK(memcmp(first, out, 4096 * sizeof *out) == 0);
      if (first) free(out);
      if (!first) first = out;
      peri_engine_destroy(s.engine);
    }
    free(first);
  }
}

TEST(the_filters_ring_on_in_all_channels_when_the_input_has_fewer) {
  const float straight[2] = {-1.0f, 1.0f};
  stage s = make_stage(2, straight, 2, 1);
  peri_buffer *wide = scene_constant(2, 120, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  CHECK(peri_source_play(s.engine, &def, s.shaper) != 0);
  float *out = scene_render(s.engine, 512, 128);
  double after = 0.0;
  for (int i = 0; i < 512; i++) {
    CHECK_NEAR(out[2 * i], out[2 * i + 1], 0.0);
    if (i >= 128) after += fabs((double)out[2 * i]);
    if (i >= 256) CHECK_NEAR(out[2 * i], 0.0, 0.0);
  }
  CHECK(after > 5.0); /* the last 23 frames */
  free(out);
  peri_buffer_release(wide);
  peri_engine_destroy(s.engine);
}

TEST(mono_that_becomes_stereo_goes_on_in_both_channels) {
  const float straight[2] = {-1.0f, 1.0f};
  stage s = make_stage(2, straight, 2, 2);
  peri_buffer *mono = scene_constant(1, 1024, 0.25f), *stereo = scene_constant(2, 512, 0.5f);
  peri_source_def def = peri_default_source_def();
  def.buffer = mono;
  CHECK(peri_source_play(s.engine, &def, s.shaper) != 0);
  def.buffer = stereo;
  def.at = 256 / 48000.0;
  CHECK(peri_source_play(s.engine, &def, s.shaper) != 0);
  float *out = scene_render(s.engine, 1024, 128);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[2 * i], out[2 * i + 1], 0.0);
  CHECK_NEAR(out[2 * 255], 0.25, 1e-6);
  CHECK_NEAR(out[2 * 500], 0.75, 1e-6);
  free(out);
  peri_buffer_release(mono);
  peri_buffer_release(stereo);
  peri_engine_destroy(s.engine);
}

TEST(a_nan_does_not_stay_in_a_wave_shaper) {
  const float curve[3] = {-1.0f, 0.0f, 1.0f};
  for (int oversample = 0; oversample < 3; oversample++) {
    stage s = make_stage(1, curve, 3, oversample);
    const float bad[3] = {NAN, INFINITY, -INFINITY};
    play(&s, bad, 3);
    float *out = scene_render(s.engine, 512, 128);
    for (int i = 0; i < 512; i++) CHECK(isfinite(out[i]));
    for (int i = 384; i < 512; i++) CHECK_NEAR(out[i], 0.0, 0.0);
    free(out);
    peri_engine_destroy(s.engine);
  }
}
