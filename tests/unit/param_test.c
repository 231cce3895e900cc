/* Automation, clause by clause: Web Audio 1.1, AudioParam methods. A constant 1 through a gain shows the parameter. */
#include "unit/scene.h"

#define RATE 48000.0
#define FRAMES 4800

typedef struct stand {
  peri_engine *engine;
  peri_node gain;
} stand;

static stand set_up(void) {
  stand s = {scene_engine(1), 0};
  peri_buffer *one = scene_constant(1, 128, 1.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.loop = true;
  s.gain = peri_node_create(s.engine, PERI_NODE_GAIN);
  CHECK(peri_connect(s.engine, s.gain, 0, peri_engine_destination(s.engine), 0));
  CHECK(peri_source_play(s.engine, &def, s.gain));
  peri_buffer_release(one);
  return s;
}

static void tear_down(stand s, float *out) {
  free(out);
  peri_engine_destroy(s.engine);
}

static double at(int frame) { return frame / RATE; }

#define SET(value, frame) CHECK(peri_param_set_value_at_time(s.engine, s.gain, 0, value, at(frame)))
#define LINEAR(value, frame) CHECK(peri_param_linear_ramp(s.engine, s.gain, 0, value, at(frame)))
#define EXPONENTIAL(value, frame) CHECK(peri_param_exponential_ramp(s.engine, s.gain, 0, value, at(frame)))
#define TARGET(value, frame, tau) CHECK(peri_param_set_target(s.engine, s.gain, 0, value, at(frame), tau))

TEST(set_value_at_time_holds_from_its_frame_on) {
  stand s = set_up();
  SET(0.25f, 1000);
  SET(0.5f, 1001);
  float *out = scene_render(s.engine, FRAMES, 512);
  CHECK_NEAR(out[999], 1.0, 0.0);
  CHECK_NEAR(out[1000], 0.25, 0.0);
  CHECK_NEAR(out[1001], 0.5, 0.0);
  CHECK_NEAR(out[FRAMES - 1], 0.5, 0.0);
  tear_down(s, out);
}

TEST(ramps_follow_their_formulas_from_the_event_before) {
  stand s = set_up();
  SET(0.5f, 100);
  LINEAR(0.1f, 1100);
  EXPONENTIAL(0.8f, 2100);
  float *out = scene_render(s.engine, FRAMES, 512);
  for (int i = 100; i <= 1100; i++) CHECK_NEAR(out[i], 0.5 - 0.4 * (i - 100) / 1000.0, 1e-6);
  for (int i = 1100; i <= 2100; i++) CHECK_NEAR(out[i], 0.1 * pow(8.0, (i - 1100) / 1000.0), 1e-6);
  CHECK_NEAR(out[3000], 0.8, 1e-7);
  tear_down(s, out);
}

TEST(a_ramp_with_no_event_before_it_begins_now) {
  stand s = set_up();
  free(scene_render(s.engine, 1280, 128));
  LINEAR(0.0f, 1280 + 1000);
  float *out = scene_render(s.engine, FRAMES, 512);
  for (int i = 0; i < 1000; i++) CHECK_NEAR(out[i], 1.0 - i / 1000.0, 1e-6);
  tear_down(s, out);
}

TEST(an_exponential_ramp_across_zero_holds_and_jumps) {
  stand s = set_up();
  SET(-0.5f, 0);
  EXPONENTIAL(0.5f, 1000);
  float *out = scene_render(s.engine, FRAMES, 512);
  CHECK_NEAR(out[999], -0.5, 0.0);
  CHECK_NEAR(out[1000], 0.5, 0.0);
  tear_down(s, out);
}

TEST(set_target_approaches_and_a_zero_time_constant_jumps) {
  stand s = set_up();
  TARGET(0.0f, 500, 0.01);
  TARGET(0.75f, 3000, 0.0);
  float *out = scene_render(s.engine, FRAMES, 512);
  CHECK_NEAR(out[499], 1.0, 0.0);
  for (int i = 500; i < 3000; i++) CHECK_NEAR(out[i], exp(-(i - 500) / RATE / 0.01), 1e-6);
  CHECK_NEAR(out[3000], 0.75, 1e-7);
  tear_down(s, out);
}

TEST(a_ramp_replaces_a_target_that_has_not_begun_and_continues_one_that_has) {
  stand s = set_up();
  TARGET(0.0f, 500, 0.01);
  LINEAR(0.5f, 1500);
  float *out = scene_render(s.engine, 2048, 512);
  for (int i = 500; i <= 1500; i++) CHECK_NEAR(out[i], 1.0 - 0.5 * (i - 500) / 1000.0, 1e-6);
  free(out);
  TARGET(0.0f, 2048, 0.01);
  out = scene_render(s.engine, 1024, 512);
  double here = 0.5 * exp(-1024 / RATE / 0.01);
  free(out);
  LINEAR(1.0f, 2048 + 1024 + 1000);
  out = scene_render(s.engine, 2048, 512);
  for (int i = 0; i <= 1000; i++) CHECK_NEAR(out[i], here + (1.0 - here) * i / 1000.0, 1e-5);
  tear_down(s, out);
}

TEST(a_value_curve_is_linear_between_its_values_and_keeps_the_last) {
  stand s = set_up();
  float curve[3] = {0.0f, 1.0f, 0.25f};
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 3, at(300), at(1000)));
  curve[1] = 99.0f; /* it was copied */
  float *out = scene_render(s.engine, FRAMES, 512);
  CHECK_NEAR(out[299], 1.0, 0.0);
  for (int i = 300; i <= 800; i++) CHECK_NEAR(out[i], (i - 300) / 500.0, 1e-6);
  for (int i = 800; i <= 1300; i++) CHECK_NEAR(out[i], 1.0 - 0.75 * (i - 800) / 500.0, 1e-6);
  CHECK_NEAR(out[4000], 0.25, 0.0);
  tear_down(s, out);
}

TEST(events_within_a_value_curve_are_refused) {
  stand s = set_up();
  float curve[2] = {0.0f, 1.0f};
  SET(0.5f, 2000);
  CHECK(!peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(1500), at(1000)));
  CHECK_ERROR("would cover an event");
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(100), at(1000)));
  CHECK(!peri_param_set_value_at_time(s.engine, s.gain, 0, 1.0f, at(600)));
  CHECK_ERROR("lies within the value curve");
  CHECK(!peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(50), at(100)));
  CHECK(peri_param_set_value_at_time(s.engine, s.gain, 0, 1.0f, at(1100))); /* its end is free */
  CHECK(!peri_param_set_curve(s.engine, s.gain, 0, curve, 1, at(3000), 1.0));
  CHECK_ERROR("at least 2 values");
  CHECK(!peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(3000), 0.0));
  curve[1] = NAN;
  CHECK(!peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(3000), 1.0));
  tear_down(s, NULL);
}

TEST(cancel_removes_what_is_to_come_and_restores_the_value) {
  stand s = set_up();
  SET(0.5f, 0);
  LINEAR(1.0f, 2000);
  SET(0.2f, 3000);
  free(scene_render(s.engine, 1024, 512));
  CHECK(peri_param_cancel(s.engine, s.gain, 0, at(1500)));
  float *out = scene_render(s.engine, FRAMES, 512);
  CHECK_NEAR(out[0], 0.5, 0.0);
  CHECK_NEAR(out[4000], 0.5, 0.0);
  tear_down(s, out);
}

TEST(cancel_takes_a_running_curve_away) {
  stand s = set_up();
  float curve[2] = {0.0f, 1.0f};
  SET(0.75f, 10);
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(100), at(4000)));
  free(scene_render(s.engine, 1024, 512));
  CHECK(peri_param_cancel(s.engine, s.gain, 0, at(2000)));
  SET(0.25f, 3000); /* no curve is in the way any more */
  float *out = scene_render(s.engine, FRAMES, 512);
  CHECK_NEAR(out[0], 0.75, 0.0);
  CHECK_NEAR(out[2500], 0.25, 0.0);
  tear_down(s, out);
}

TEST(cancel_and_hold_keeps_the_value_of_a_ramp) {
  stand s = set_up();
  SET(0.0f, 0);
  LINEAR(1.0f, 4000);
  CHECK(peri_param_cancel_and_hold(s.engine, s.gain, 0, at(1000)));
  float *out = scene_render(s.engine, FRAMES, 512);
  for (int i = 0; i <= 1000; i++) CHECK_NEAR(out[i], i / 4000.0, 1e-6);
  CHECK_NEAR(out[FRAMES - 1], 0.25, 1e-6);
  tear_down(s, out);
}

TEST(cancel_and_hold_keeps_the_value_of_a_target_and_of_a_curve) {
  stand s = set_up();
  TARGET(0.0f, 0, 0.02);
  CHECK(peri_param_cancel_and_hold(s.engine, s.gain, 0, at(960)));
  float *out = scene_render(s.engine, 2048, 512);
  CHECK_NEAR(out[2000], exp(-1.0), 1e-6);
  free(out);
  float curve[2] = {0.0f, 1.0f};
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(2048), at(1000)));
  CHECK(peri_param_cancel_and_hold(s.engine, s.gain, 0, at(2048 + 500)));
  out = scene_render(s.engine, 2048, 512);
  CHECK_NEAR(out[250], 0.25, 1e-6);
  CHECK_NEAR(out[1500], 0.5, 1e-6);
  tear_down(s, out);
}

TEST(events_between_frames_count_from_their_own_time) {
  stand s = set_up();
  CHECK(peri_param_set_value_at_time(s.engine, s.gain, 0, 0.5f, 100.5 / RATE));
  CHECK(peri_param_linear_ramp(s.engine, s.gain, 0, 1.0f, 300.5 / RATE));
  float *out = scene_render(s.engine, 1024, 512);
  CHECK_NEAR(out[100], 1.0, 0.0);
  CHECK_NEAR(out[101], 0.5 + 0.5 * 0.5 / 200.0, 1e-6);
  CHECK_NEAR(out[300], 0.5 + 0.5 * 199.5 / 200.0, 1e-6);
  CHECK_NEAR(out[301], 1.0, 1e-7);
  tear_down(s, out);
}

TEST(a_k_rate_parameter_has_one_value_a_quantum) {
  stand s = set_up();
  bool audio_rate = true;
  CHECK(peri_param_set_audio_rate(s.engine, s.gain, 0, false));
  CHECK(peri_param_get_audio_rate(s.engine, s.gain, 0, &audio_rate));
  CHECK(!audio_rate);
  SET(0.0f, 0);
  LINEAR(1.0f, 1280);
  float *out = scene_render(s.engine, 1280, 512);
  for (int i = 0; i < 1280; i++) CHECK_NEAR(out[i], i / 128 * 128 / 1280.0, 1e-6);
  tear_down(s, out);
}

TEST(a_value_is_read_back_at_once_and_followed_while_it_moves) {
  stand s = set_up();
  float value;
  CHECK(peri_param_set_value(s.engine, s.gain, 0, 0.125f));
  CHECK(peri_param_value(s.engine, s.gain, 0, &value));
  CHECK_NEAR(value, 0.125, 0.0);
  free(scene_render(s.engine, 128, 128));
  LINEAR(1.125f, 128 + 1000);
  free(scene_render(s.engine, 512, 128));
  CHECK(peri_param_value(s.engine, s.gain, 0, &value));
  CHECK_NEAR(value, 0.125 + 512.0 / 1128.0, 1e-6); /* 1.6.3: what it was where the last quantum began */
  CHECK(!peri_param_exponential_ramp(s.engine, s.gain, 0, 0.0f, 1.0));
  CHECK_ERROR("cannot reach 0");
  CHECK(!peri_param_set_target(s.engine, s.gain, 0, 0.0f, 1.0, -1.0));
  CHECK(!peri_param_set_value_at_time(s.engine, s.gain, 0, 0.0f, -1.0));
  CHECK(!peri_param_set_value(s.engine, s.gain, 0, NAN));
  tear_down(s, NULL);
}

/* Many quanta of each automation by itself: those that an event begins or ends in go another way than those between. */
TEST(every_automation_follows_its_formula_over_many_quanta) {
  const float curve[5] = {0.0f, 1.0f, 0.25f, 0.25f, -1.0f};
  const double end = 48000.0;
  for (int kind = 0; kind < 4; kind++) {
    stand s = set_up();
    SET(0.25f, 0);
    if (kind == 0) LINEAR(-0.75f, end);
    if (kind == 1) EXPONENTIAL(0.75f, end);
    if (kind == 2) TARGET(-0.5f, 0, 0.3);
    if (kind == 3) CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 5, 0.0, at((int)end)));
    float *out = scene_render(s.engine, (uint32_t)end, 512);
    for (int i = 0; i < end; i++) {
      double place = i / end * 4.0;
      int k = (int)place;
      const double wanted[] = {0.25 - i / end, 0.25 * pow(3.0, i / end), -0.5 + 0.75 * exp(-i / RATE / 0.3),
                               curve[k] + ((double)curve[k + 1] - curve[k]) * (place - k)};
      CHECK_NEAR(out[i], wanted[kind], 3e-7);
    }
    tear_down(s, out);
  }
}

/* More values than frames. */
TEST(a_dense_value_curve_is_read_at_each_frame) {
  stand s = set_up();
  static float curve[3001];
  for (int k = 0; k <= 3000; k++) curve[k] = (float)(k % 7) / 7.0f;
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 3001, at(100), at(1000)));
  float *out = scene_render(s.engine, 1280, 512);
  for (int i = 100; i < 1100; i++) CHECK_NEAR(out[i], curve[(i - 100) * 3], 1e-6);
  CHECK_NEAR(out[1100], curve[3000], 0.0);
  tear_down(s, out);
}

TEST(what_comes_while_a_ramp_is_under_way_is_heard_from_its_frame_on) {
  stand s = set_up();
  SET(0.0f, 0);
  LINEAR(1.0f, 4096);
  free(scene_render(s.engine, 1024, 128));
  SET(0.5f, 1600); /* the ramp goes on from there */
  float *out = scene_render(s.engine, 1024, 128);
  for (int i = 0; i < 576; i++) CHECK_NEAR(out[i], 0.0, 0.0); /* until then nothing ramps to it */
  for (int i = 576; i < 1024; i++) CHECK_NEAR(out[i], 0.5 + 0.5 * (i - 576) / 2496.0, 1e-6);
  free(out);
  CHECK(peri_param_set_value(s.engine, s.gain, 0, 0.125f)); /* at 2,048: and from here */
  out = scene_render(s.engine, 1024, 128);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i], 0.125 + 0.875 * i / 2048.0, 1e-6);
  free(out);
  CHECK(peri_param_cancel(s.engine, s.gain, 0, at(3072)));
  out = scene_render(s.engine, 256, 128);
  for (int i = 0; i < 256; i++) CHECK_NEAR(out[i], 0.125, 0.0);
  tear_down(s, out);
}

TEST(a_ramp_beyond_the_range_stays_at_its_ends) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *one = scene_constant(1, 1280, 1.0f);
  peri_node panner = peri_node_create(engine, PERI_NODE_STEREO_PANNER);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  CHECK(peri_connect(engine, panner, 0, peri_engine_destination(engine), 0));
  CHECK(peri_param_set_value_at_time(engine, panner, PERI_STEREO_PANNER_PAN, -5.0f, 0.0));
  CHECK(peri_param_linear_ramp(engine, panner, PERI_STEREO_PANNER_PAN, 5.0f, at(1280)));
  CHECK(peri_source_play(engine, &def, panner));
  float *out = scene_render(engine, 1280, 128);
  for (int i = 0; i < 1280; i++) {
    double pan = fmin(fmax(-5.0 + 10.0 * i / 1280.0, -1.0), 1.0), angle = (pan + 1.0) * 3.14159265358979323846 / 4.0;
    CHECK_NEAR(out[2 * i], cos(angle), 1e-6);
    CHECK_NEAR(out[2 * i + 1], sin(angle), 1e-6);
  }
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(pan_is_clamped_to_its_range) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *one = scene_constant(1, 1024, 1.0f), *five = scene_constant(1, 1024, 5.0f);
  peri_node panner = peri_node_create(engine, PERI_NODE_STEREO_PANNER);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  CHECK(peri_connect(engine, panner, 0, peri_engine_destination(engine), 0));
  CHECK(peri_source_play(engine, &def, panner));
  def.buffer = five;
  peri_node control = peri_source_create(engine, &def);
  CHECK(peri_connect_param(engine, control, 0, panner, PERI_STEREO_PANNER_PAN));
  CHECK(peri_source_start(engine, control, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 512, 512);
  CHECK_NEAR(out[200], 0.0, 1e-7);
  CHECK_NEAR(out[201], 1.0, 1e-7);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
  peri_buffer_release(five);
}

/* Web Audio 1.1, section 1.6: a time that is past means now, for the rules on overlaps too. */
TEST(a_curve_in_the_past_begins_now_and_is_in_the_way_as_long_as_it_lasts) {
  stand s = set_up();
  float curve[2] = {2.0f, 4.0f};
  free(scene_render(s.engine, 1024, 512));
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(10), at(1000)));
  CHECK(!peri_param_set_value_at_time(s.engine, s.gain, 0, 1.0f, at(2000)));
  CHECK_ERROR("within the value curve");
  CHECK(!peri_param_set_value_at_time(s.engine, s.gain, 0, 1.0f, at(5)));
  CHECK(!peri_param_check_value(s.engine, s.gain, 0, 1.0f));
  SET(1.0f, 2024);
  float *out = scene_render(s.engine, 1024, 512);
  CHECK_NEAR(out[500], 3.0, 1e-5);
  CHECK_NEAR(out[1000], 1.0, 0.0);
  CHECK(peri_param_check_value(s.engine, s.gain, 0, 1.0f));
  tear_down(s, out);
}

/* Section 1.6.2, cancelScheduledValues: the event is removed, as if it had never been. */
TEST(a_curve_that_is_cancelled_gives_back_the_target_that_it_took_over) {
  stand s = set_up();
  float curve[2] = {4.0f, 8.0f};
  TARGET(0.0f, 0, at(1000));
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, curve, 2, at(500), at(2000)));
  float *out = scene_render(s.engine, 1024, 512);
  CHECK_NEAR(out[1000], 5.0, 1e-5);
  free(out);
  CHECK(peri_param_cancel(s.engine, s.gain, 0, at(2500))); /* its end */
  out = scene_render(s.engine, 1024, 512);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i], exp(-(1024 + i) / 1000.0), 1e-5);
  tear_down(s, out);
}

/* Section 1.6.2: a target is replaced by a ramp that follows it, but only as long as that does. */
TEST(a_target_under_way_goes_on_when_the_ramp_that_replaced_it_is_cancelled) {
  stand s = set_up();
  TARGET(0.0f, 100, at(1000));
  LINEAR(3.0f, 2100);
  float *out = scene_render(s.engine, 1024, 512);
  CHECK_NEAR(out[600], 1.5, 1e-5);
  free(out);
  CHECK(peri_param_cancel(s.engine, s.gain, 0, at(1500)));
  out = scene_render(s.engine, 1024, 512);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i], exp(-(924 + i) / 1000.0), 1e-5);
  tear_down(s, out);
}

/* 0.1 + 0.2 is more than 0.3 as a double. */
TEST(a_curve_begins_where_another_ends_however_the_sum_is_rounded) {
  stand s = set_up();
  float up[2] = {1.0f, 2.0f}, down[2] = {4.0f, 3.0f};
  TARGET(0.0f, 0, 1.0);
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, up, 2, 0.1, 0.2));
  CHECK(peri_param_set_curve(s.engine, s.gain, 0, down, 2, 0.3, 0.4));
  float *out = scene_render(s.engine, 24064, 512);
  CHECK_NEAR(out[14399], 2.0, 2e-4);
  CHECK_NEAR(out[14400], 4.0, 0.0);
  CHECK_NEAR(out[24000], 3.5, 1e-5);
  free(out);
  CHECK(peri_param_cancel(s.engine, s.gain, 0, 0.6));
  out = scene_render(s.engine, 512, 512);
  CHECK_NEAR(out[500], 2.0, 0.0);
  tear_down(s, out);
}
