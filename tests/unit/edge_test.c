/* Calls in unusual orders and with unusual numbers. */
#include "unit/scene.h"

#include "control/control.h"

#define RATE 48000.0

static double at(int frame) { return frame / RATE; }

static bool is_scheduled(peri_engine *engine, peri_node source) {
  return peri_source_get_state(engine, source) == PERI_SOURCE_SCHEDULED;
}

/* ---- Clicks ----------------------------------------------------------------------------------------------------- */

/* A constant 1, so that every step in the output is one of the gain. */
static peri_node constant_source(peri_engine *engine, peri_buffer *one, double fade_in) {
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.loop = true;
  def.panned = true;
  def.fade_in = fade_in;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  CHECK(source != 0);
  return source;
}

static double steepest(const float *out, int frames, int channels, float *before) {
  double most = 0.0;
  for (int i = 0; i < frames * channels; i++) {
    double step = fabs((double)out[i] - (double)before[i % channels]);
    if (step > most) most = step;
    before[i % channels] = out[i];
  }
  return most;
}

/* 1 / 240 a frame is the slope of a change by 1 over 5 ms; a change of pan takes both gains at once. */
TEST(no_order_of_volume_pan_and_fades_clicks) {
  uint32_t random = 5;
  peri_buffer *one = scene_constant(1, 480, 1.0f);
  for (int life = 0; life < 150; life++) {
    peri_engine *engine = scene_engine(2);
    float before[2] = {0};
    double most = 0.0;
    peri_node source = constant_source(engine, one, 0.005 * (1 + life % 4));
    for (int step = 0; step < 24; step++) {
      random = random * 1664525u + 1013904223u;
      double number = (random >> 8) / 16777216.0, later = peri_engine_time(engine) + 0.004 * number;
      switch (random >> 29) {
      case 0:
      case 1: peri_source_set_volume(engine, source, (float)number, 0.005); break;
      case 2: peri_source_set_volume(engine, source, (float)number, 0.03); break;
      case 3:
      case 4: peri_source_set_pan(engine, source, (float)number * 2.0f - 1.0f, 0.005); break;
      case 5:
        if (step > 8) peri_source_fade_out(engine, source, 0.005 + 0.01 * number, later);
        break;
      default: break;
      }
      float *out = scene_render(engine, 128, 128);
      double slope = steepest(out, 128, 2, before);
      if (slope > most) most = slope;
      free(out);
    }
    CHECK(peri_engine_update(engine));
    if (peri_node_is_valid(engine, source)) CHECK(peri_source_fade_out(engine, source, 0.005, 0.0));
    float *out = scene_render(engine, 4096, 128);
    double slope = steepest(out, 4096, 2, before);
    if (slope > most) most = slope;
    if (most > 1.0 / 238) fail_msg("life %d steps by %g", life, most);
    CHECK_NEAR(out[2 * 4095], 0.0, 0.0);
    free(out);
    peri_engine_destroy(engine);
  }
  peri_buffer_release(one);
}

static peri_node play_loop(peri_engine *engine, peri_buffer *buffer) {
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  def.loop = true;
  return peri_source_play(engine, &def, peri_engine_destination(engine));
}

TEST(a_volume_set_during_a_fade_to_the_end_does_not_bring_the_sound_back) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 480, 1.0f);
  peri_node source = play_loop(engine, one);
  free(scene_render(engine, 256, 128));
  CHECK(peri_source_fade_out(engine, source, at(1024), 0.0));
  free(scene_render(engine, 512, 128));
  CHECK(peri_source_set_volume(engine, source, 0.9f, 0.0));
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 512; i++) CHECK_NEAR(out[i], (511.0 - i) / 1024.0, 1e-4);
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_pan_set_during_a_fade_of_the_volume_lets_it_take_its_time) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *one = scene_constant(1, 480, 1.0f);
  for (int pending = 0; pending < 2; pending++) {
    peri_node source = constant_source(engine, one, at(12800));
    if (!pending) free(scene_render(engine, 1280, 128));
    CHECK(peri_source_set_pan(engine, source, 0.1f, 0.005));
    float *out = scene_render(engine, 1280, 128);
    float power = hypotf(out[2 * 1279], out[2 * 1279 + 1]);
    CHECK_NEAR(power, pending ? 0.1 : 0.2, 0.005);
    free(out);
    CHECK(peri_source_stop(engine, source, 0.0));
  }
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_second_fade_out_goes_on_from_where_the_first_one_was) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 480, 1.0f);
  peri_node source = play_loop(engine, one);
  CHECK(peri_source_fade_out(engine, source, at(1280), 0.0));
  free(scene_render(engine, 640, 128));
  CHECK(peri_source_fade_out(engine, source, at(256), 0.0));
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 512; i++) CHECK_NEAR(out[i], i < 256 ? 0.5 * (255 - i) / 256.0 : 0.0, 1e-5);
  CHECK(peri_engine_update(engine));
  CHECK(!peri_node_is_valid(engine, source));
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_fade_of_no_length_is_a_stop_and_the_last_call_counts) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 480, 1.0f);
  peri_node source = play_loop(engine, one);
  CHECK(peri_source_fade_out(engine, source, 0.0, at(640)));
  free(scene_render(engine, 128, 128));
  CHECK(peri_source_stop(engine, source, at(1500)));
  free(scene_render(engine, 896, 128));
  CHECK(peri_source_set_volume(engine, source, 0.5f, at(128)));
  float *out = scene_render(engine, 1024, 128);
  for (int i = 128; i < 1024; i++) CHECK_NEAR(out[i], i < 1500 - 1024 ? 0.5 : 0.0, 1e-6);
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

/* ---- Buffer sources, Web Audio 1.1 ------------------------------------------------------------------------------ */

TEST(a_time_that_no_clock_reaches_never_comes) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_node late = scene_source(engine, one), stopped = scene_source(engine, one), faded = scene_source(engine, one);
  CHECK(peri_source_start(engine, late, 1e300, 0.0, INFINITY));
  CHECK(peri_source_start(engine, stopped, 0.0, 0.0, INFINITY));
  CHECK(peri_source_stop(engine, stopped, 1e300));
  CHECK(peri_source_start(engine, faded, 0.0, 0.0, INFINITY));
  CHECK(peri_source_fade_out(engine, faded, 1e300, 1e300));
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_param_set_value_at_time(engine, gain, PERI_GAIN_GAIN, 0.0f, 1e300));
  CHECK(peri_param_set_target(engine, gain, PERI_GAIN_GAIN, 0.0f, 1e300, 1e300));
  CHECK(peri_param_linear_ramp(engine, gain, PERI_GAIN_GAIN, 0.5f, 1e305));
  float *out = scene_render(engine, 1024, 128);
  for (int i = 0; i < 1024; i++) CHECK_NEAR(out[i], 2.0, 0.0);
  CHECK(is_scheduled(engine, late));
  CHECK_EQ(scene_stats(engine).sources_scheduled, 1);
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(extreme_rates_and_durations_break_no_arithmetic) {
  static const float rates[] = {-3e38f, 3e38f, -1.0f, 0.0f, 1e-38f};
  static const float cents[] = {0.0f, 3e38f, -3e38f};
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(777);
  for (int k = 0; k < 5 * 3 * 4; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = ramp;
    def.loop = k & 1;
    def.loop_start = k & 2 ? 100.25 / RATE : 0.0;
    def.loop_end = k & 2 ? 100.375 / RATE : 0.0;
    def.duration = 22369.0; /* the longest that is counted, near enough */
    def.offset = 1e299;
    peri_node source = peri_source_create(engine, &def);
    CHECK(peri_connect(engine, source, 0, peri_engine_destination(engine), 0));
    CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, rates[k / 12]));
    CHECK(peri_param_set_value(engine, source, PERI_SOURCE_DETUNE, cents[k / 4 % 3]));
    CHECK(peri_source_start(engine, source, 0.3 / RATE, k % 3 ? 0.0 : 1e299, def.duration));
  }
  float *out = scene_render(engine, 128 * 100, 512);
  for (int i = 0; i < 128 * 100; i++) CHECK(isfinite(out[i]));
  free(out);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(the_position_of_a_playhead_before_the_sound_is_0) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(777);
  peri_node source = scene_source(engine, ramp);
  CHECK(peri_source_set_loop(engine, source, true));
  CHECK(peri_source_set_loop_points(engine, source, 300 / RATE, 500 / RATE));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  double seconds = -1.0;
  CHECK(peri_source_get_position(engine, source, &seconds));
  free(scene_render(engine, 128, 128));
  CHECK(peri_param_set_value_at_time(engine, source, PERI_SOURCE_PLAYBACK_RATE, -1.5f, 0.0));
  free(scene_render(engine, 1280, 128));
  CHECK(peri_source_get_position(engine, source, &seconds));
  CHECK(seconds == 0.0);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(a_loop_that_ran_backwards_at_full_speed_has_all_of_its_duration_left) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(777);
  peri_node source = scene_source(engine, ramp);
  CHECK(peri_source_set_loop(engine, source, true));
  CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, -3e38f));
  CHECK(peri_source_start(engine, source, 3 / RATE, 0.0, 22369.0));
  free(scene_render(engine, 128 * 100, 512));
  CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, 1.0f));
  free(scene_render(engine, 128 * 100, 512));
  CHECK(peri_source_get_state(engine, source) == PERI_SOURCE_PLAYING);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

/* Renders what `set_up` started over a ramp of 1000 frames, in frames of the sound (1 is the first). */
static void check_places(peri_engine *engine, const int *places, int count) {
  float *out = scene_render(engine, (uint32_t)count, 128);
  for (int i = 0; i < count; i++)
    if (fabs((double)out[i] * 65536.0 - places[i]) > 1e-3)
      fail_msg("frame %d is %g, wanted %d", i, (double)out[i] * 65536.0, places[i]);
  free(out);
}

typedef struct playing {
  double rate, offset, loop_start, loop_end; /* frames */
  bool loop;
} playing;

static peri_node start_ramp(peri_engine *engine, playing how) {
  peri_buffer *ramp = scene_ramp(1000);
  peri_node source = scene_source(engine, ramp);
  CHECK(peri_source_set_loop(engine, source, how.loop));
  if (how.loop_end > 0.0)
    CHECK(peri_source_set_loop_points(engine, source, how.loop_start / RATE, how.loop_end / RATE));
  CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, (float)how.rate));
  CHECK(peri_source_start(engine, source, 0.0, how.offset / RATE, INFINITY));
  peri_buffer_release(ramp);
  return source;
}

TEST(backwards_loops_go_round_and_backwards_sounds_end_before_their_beginning) {
  int places[1024];
  peri_engine *engine = scene_engine(1);
  start_ramp(engine, (playing){.rate = -1, .offset = 300, .loop = true, .loop_start = 100, .loop_end = 200});
  for (int i = 0; i < 1024; i++) places[i] = 1 + (i <= 200 ? 300 - i : 199 - (i - 201) % 100);
  check_places(engine, places, 1024);
  peri_engine_destroy(engine);
  engine = scene_engine(1);
  peri_node source = start_ramp(engine, (playing){.rate = -2, .offset = 400});
  for (int i = 0; i < 1024; i++) places[i] = i <= 200 ? 401 - 2 * i : 0;
  check_places(engine, places, 1024);
  CHECK(peri_engine_update(engine));
  CHECK(!peri_node_is_valid(engine, source));
  peri_engine_destroy(engine);
}

TEST(loop_points_and_the_loop_itself_can_change_while_it_plays) {
  int places[512];
  peri_engine *engine = scene_engine(1);
  peri_node source = start_ramp(engine, (playing){.rate = 1, .loop = true});
  for (int i = 0; i < 512; i++) places[i] = i + 1;
  check_places(engine, places, 512);
  CHECK(
      peri_source_set_loop_points(engine, source, 100 / RATE, 200 / RATE)); /* the playhead is behind them: it wraps */
  for (int i = 0; i < 512; i++) places[i] = 101 + (i + 12) % 100;
  check_places(engine, places, 512);
  CHECK(peri_source_set_loop(engine, source, false)); /* on to the end */
  for (int i = 0; i < 512; i++) places[i] = 101 + (512 + 12) % 100 + i;
  check_places(engine, places, 512);
  CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, -1.0f));
  int turn = places[511];
  for (int i = 0; i < 512; i++) places[i] = turn + 1 - i;
  check_places(engine, places, 512);
  peri_engine_destroy(engine);
}

TEST(a_loop_that_ran_backwards_past_its_beginning_goes_on_forwards_inside_it) {
  for (int from = 0; from <= 200; from += 200) {
    int places[512];
    peri_engine *engine = scene_engine(1);
    double end = from + 384;
    peri_node source = start_ramp(
        engine, (playing){.rate = -1, .offset = from + 127, .loop = true, .loop_start = from, .loop_end = end});
    for (int i = 0; i < 128; i++) places[i] = from + 128 - i;
    check_places(engine, places, 128); /* the playhead stands one frame before the loop */
    CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, 1.0f));
    for (int i = 0; i < 512; i++) places[i] = from + 1 + (i + 383) % 384;
    check_places(engine, places, 512);
    peri_engine_destroy(engine);
  }
}

/* "If offset is greater than loopEnd …, playback will begin at loopEnd". */
TEST(a_start_behind_the_loop_begins_at_its_end_and_never_enters_it) {
  int places[1024];
  peri_engine *engine = scene_engine(1);
  start_ramp(engine, (playing){.rate = 1, .offset = 700, .loop = true, .loop_start = 100, .loop_end = 300});
  for (int i = 0; i < 1024; i++) places[i] = i < 700 ? 301 + i : 0;
  check_places(engine, places, 1024);
  peri_engine_destroy(engine);
}

TEST(a_loop_switched_on_behind_it_is_not_entered_by_a_sound_that_began_behind_it) {
  int places[512];
  peri_engine *engine = scene_engine(1);
  peri_node source = start_ramp(engine, (playing){.rate = 1, .offset = 400, .loop_start = 100, .loop_end = 300});
  for (int i = 0; i < 256; i++) places[i] = 401 + i;
  check_places(engine, places, 256);
  CHECK(peri_source_set_loop(engine, source, true));
  for (int i = 0; i < 512; i++) places[i] = i < 344 ? 657 + i : 0;
  check_places(engine, places, 512);
  peri_engine_destroy(engine);
}

TEST(a_stop_before_the_start_ends_it_unheard_and_a_second_start_is_refused) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 4800, 1.0f);
  peri_node source = scene_source(engine, one), unstarted = scene_source(engine, one);
  CHECK(!peri_source_stop(engine, unstarted, 0.0));
  CHECK_ERROR("was not started");
  CHECK(!peri_source_fade_out(engine, unstarted, 0.1, 0.0));
  CHECK(peri_source_start(engine, source, at(1000), 0.0, INFINITY));
  CHECK(!peri_source_start(engine, source, at(1000), 0.0, INFINITY));
  CHECK_ERROR("only once");
  CHECK(peri_source_stop(engine, source, at(500)));
  float *out = scene_render(engine, 2048, 128);
  for (int i = 0; i < 2048; i++) CHECK_NEAR(out[i], 0.0, 0.0);
  CHECK(peri_engine_update(engine));
  CHECK(!peri_node_is_valid(engine, source));
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_buffer_may_come_after_the_start) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(300);
  peri_node source = scene_source(engine, NULL);
  CHECK(peri_source_start(engine, source, 0.0, 50.0 / RATE, INFINITY));
  free(scene_render(engine, 256, 128));
  CHECK(peri_source_set_buffer(engine, source, ramp));
  CHECK(!peri_source_set_buffer(engine, source, ramp));
  CHECK_ERROR("only once");
  int places[512];
  for (int i = 0; i < 512; i++) places[i] = i < 250 ? 51 + i : 0;
  check_places(engine, places, 512);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

/* "An AudioNode that is not actively processing outputs a single channel of silence." */
TEST(a_scheduled_stereo_sound_does_not_change_the_pan_of_a_mono_one) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *mono = scene_constant(1, 48000, 1.0f), *stereo = scene_constant(2, 48000, 1.0f);
  peri_node panner = peri_node_create(engine, PERI_NODE_STEREO_PANNER);
  CHECK(peri_connect(engine, panner, 0, peri_engine_destination(engine), 0));
  peri_source_def def = peri_default_source_def();
  def.buffer = mono;
  CHECK(peri_source_play(engine, &def, panner));
  def.buffer = stereo;
  def.at = 0.5;
  CHECK(peri_source_play(engine, &def, panner));
  float *out = scene_render(engine, 512, 128);
  CHECK_NEAR(out[2 * 511], sqrt(0.5), 1e-6);
  free(out);
  peri_buffer_release(mono);
  peri_buffer_release(stereo);
  peri_engine_destroy(engine);
}

/* ---- Commands, plans and their memory ---------------------------------------------------------------------------- */

static bool chunk_is_sound(const peri_engine *engine) {
  const peri__chunk *chunk = engine->render.commands.writing;
  return chunk->filled <= chunk->capacity;
}

TEST(a_buffer_set_while_the_graph_has_changed_finds_room_for_all_its_commands) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 128, 1.0f);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), out = peri_engine_destination(engine);
  for (int k = 0; k < 3000; k++) {
    peri_node source = scene_source(engine, NULL);
    CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
    CHECK(k & 1 ? peri_disconnect(engine, gain, 0, out, 0) : peri_connect(engine, gain, 0, out, 0));
    CHECK(peri_source_set_buffer(engine, source, one));
    CHECK(chunk_is_sound(engine));
    CHECK(peri_source_stop(engine, source, 0.0));
    for (int n = 0; n < k * 7 % 5; n++) CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 0.5f));
    if (k % 500 == 0) free(scene_render(engine, 128, 128));
  }
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_node_outlives_the_commands_that_name_it) {
  peri_engine *engine = scene_engine(1);
  for (int k = 0; k < 20; k++) {
    peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
    CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 0.5f));
    CHECK(peri_param_linear_ramp(engine, gain, PERI_GAIN_GAIN, 0.1f, 0.2));
    peri_node_release(engine, gain);
    CHECK(peri_engine_update(engine));
    CHECK(peri_engine_update(engine));
    if (k > 10) free(scene_render(engine, 128, 128));
  }
  peri_engine_destroy(engine);
}

TEST(nodes_released_before_anything_was_rendered_are_freed_in_the_end) {
  peri_engine *engine = scene_engine(1);
  uint64_t first = 0;
  for (int k = 0; k < 200; k++) {
    peri_node_release(engine, peri_node_create(engine, PERI_NODE_GAIN));
    CHECK(peri_engine_update(engine));
    free(scene_render(engine, 128, 128));
    CHECK(peri_engine_update(engine));
    if (k == 20) first = peri__memory_bytes();
  }
  CHECK(peri__memory_bytes() <= first + 4096); /* a chunk of commands more or less */
  peri_engine_destroy(engine);
}

TEST(many_events_in_order_take_the_audio_thread_no_time) {
  peri_engine *engine = scene_engine(1);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  CHECK(peri_engine_update(engine));
  for (int k = 0; k < 60000; k++)
    CHECK(peri_param_set_value_at_time(engine, gain, PERI_GAIN_GAIN, (float)k, 1.0 + k * 0.001));
  uint64_t began = peri__nanoseconds();
  free(scene_render(engine, 128, 128));
  CHECK(peri__nanoseconds() - began < 300000000u);
  CHECK(peri_param_cancel(engine, gain, PERI_GAIN_GAIN, 1.0015));
  CHECK(peri_param_set_value_at_time(engine, gain, PERI_GAIN_GAIN, 7.0f, 1.02));
  CHECK(peri_param_set_value_at_time(engine, gain, PERI_GAIN_GAIN, 3.0f, 1.005));
  float value;
  free(scene_render(engine, (uint32_t)(1.006 * RATE), 128));
  CHECK(peri_param_value(engine, gain, PERI_GAIN_GAIN, &value));
  CHECK_NEAR(value, 3.0, 0.0);
  free(scene_render(engine, 960, 128));
  CHECK(peri_param_value(engine, gain, PERI_GAIN_GAIN, &value));
  CHECK_NEAR(value, 7.0, 0.0);
  peri_engine_destroy(engine);
}

TEST(many_automated_sources_that_ended_take_an_update_no_time) {
  enum { MANY = 20000 };
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(100);
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  for (int k = 0; k < MANY; k++) {
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    CHECK(peri_param_linear_ramp(engine, source, PERI_SOURCE_PLAYBACK_RATE, 2.0f, 0.001));
  }
  free(scene_render(engine, 512, 512));
  def.at = 10.0;
  peri_node last = peri_source_play(engine, &def, peri_engine_destination(engine));
  CHECK(peri_source_set_volume(engine, last, 0.5f, 0.0)); /* a command that waits */
  uint64_t began = peri__nanoseconds();
  CHECK(peri_engine_update(engine));
  CHECK(peri__nanoseconds() - began < 1000000000u); /* it takes some 1 ms */
  CHECK_EQ(scene_stats(engine).sources, 1);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(an_inner_commit_publishes_nothing) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 4800, 1.0f);
  peri_engine_begin(engine);
  peri_engine_begin(engine);
  peri_node source = scene_source(engine, one);
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK(peri_engine_commit(engine));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[127], 0.0, 0.0);
  free(out);
  CHECK(peri_engine_update(engine));
  out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[127], 0.0, 0.0);
  free(out);
  CHECK(peri_engine_commit(engine));
  CHECK(!peri_engine_commit(engine));
  CHECK_ERROR("commit without begin");
  out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[0], 1.0, 0.0);
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(an_engine_may_end_within_a_batch) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(2, 4800, 1.0f);
  peri_engine_begin(engine);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  peri_node source = scene_source(engine, one);
  CHECK(peri_connect(engine, source, 0, gain, 0));
  CHECK(peri_param_set_target(engine, gain, PERI_GAIN_GAIN, 0.5f, 0.0, 0.1));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK(peri_disconnect(engine, source, 0, gain, 0));
  peri_node_release(engine, gain);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_spent_slot_is_never_used_again) {
  uint64_t memory = peri__memory_bytes();
  peri_engine *engine = scene_engine(1);
  peri_source_def def = peri_default_source_def();
  peri_node source = peri_source_create(engine, &def), gain = peri_node_create(engine, PERI_NODE_GAIN);
  uint32_t slot = (uint32_t)source & ~PERI_SOURCE_BIT, node = (uint32_t)gain;
  engine->chunks[0]->source[slot].generation = UINT32_MAX;
  engine->graph.nodes[node].generation = UINT32_MAX;
  source = (peri_node)UINT32_MAX << 32 | (uint32_t)source;
  gain = (peri_node)UINT32_MAX << 32 | node;
  CHECK(peri_node_is_valid(engine, source));
  CHECK(peri_node_is_valid(engine, gain));
  peri_node_release(engine, source);
  peri_node_release(engine, gain);
  for (int k = 0; k < 3; k++) {
    CHECK(peri_connect(engine, peri_node_create(engine, PERI_NODE_GAIN), 0, peri_engine_destination(engine), 0));
    CHECK(peri_engine_update(engine));
    free(scene_render(engine, 128, 128));
  }
  CHECK(!peri_node_is_valid(engine, source));
  CHECK(!peri_node_is_valid(engine, gain));
  for (int k = 0; k < 100; k++) {
    CHECK((uint32_t)peri_source_create(engine, &def) != (uint32_t)source);
    CHECK((uint32_t)peri_node_create(engine, PERI_NODE_GAIN) != node);
  }
  peri_engine_destroy(engine);
  CHECK_EQ(peri__memory_bytes(), memory);
}

/* Web Audio 1.1, section 1.4, "acquire the content": at the start, not when the buffer is set. */
TEST(a_source_plays_what_its_buffer_has_when_it_starts) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 256, 0.5f);
  peri_node source = scene_source(engine, sound);
  float two = 2.0f, three = 3.0f;
  CHECK(peri_buffer_write(sound, 0, 10, &two, 1));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK(peri_buffer_write(sound, 0, 20, &three, 1));
  float *out = scene_render(engine, 256, 128);
  CHECK_NEAR(out[10], 2.0, 0.0);
  CHECK_NEAR(out[20], 0.5, 0.0);
  free(out);
  peri_buffer_release(sound);
  peri_engine_destroy(engine);
}
