#include "unit/scene.h"

#include "base/base.h"
#include "base/thread.h"

#include <math.h>

static const uint32_t blocks[] = {1, 7, 64, 128, 129, 480, 512, 1000, 4096};

TEST(a_start_lands_on_its_sample_for_every_block_size) {
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    peri_engine *engine = scene_engine(1);
    peri_buffer *ramp = scene_ramp(300);
    peri_node source = scene_source(engine, ramp);
    CHECK(peri_source_start(engine, source, 1000.0 / 48000.0, 0.0, INFINITY));
    float *out = scene_render(engine, 4096, blocks[b]);
    for (int i = 0; i < 4096; i++) {
      float wanted = i >= 1000 && i < 1300 ? (float)(i - 999) / 65536.0f : 0.0f;
      if (out[i] != wanted)
        fail_msg("block %u: frame %d is %g, wanted %g", blocks[b], i, (double)out[i], (double)wanted);
    }
    free(out);
    peri_buffer_release(ramp);
    peri_engine_destroy(engine);
  }
}

TEST(a_stop_lands_on_its_sample_for_every_block_size) {
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    peri_engine *engine = scene_engine(1);
    peri_buffer *one = scene_constant(1, 48000, 1.0f);
    peri_node source = scene_source(engine, one);
    CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
    CHECK(peri_source_stop(engine, source, 777.0 / 48000.0));
    float *out = scene_render(engine, 2048, blocks[b]);
    for (int i = 0; i < 2048; i++) CHECK_NEAR(out[i], i < 777 ? 1.0 : 0.0, 0.0);
    free(out);
    peri_buffer_release(one);
    peri_engine_destroy(engine);
  }
}

TEST(two_engines_keep_their_own_time) {
  peri_engine *a = scene_engine(1), *b = scene_engine(1);
  peri_buffer *ramp = scene_ramp(100);
  free(scene_render(a, 1280, 512));
  peri_node in_a = scene_source(a, ramp), in_b = scene_source(b, ramp);
  CHECK(peri_source_start(a, in_a, 1300.0 / 48000.0, 0.0, INFINITY));
  CHECK(peri_source_start(b, in_b, 20.0 / 48000.0, 0.0, INFINITY));
  float *out_a = scene_render(a, 512, 100), *out_b = scene_render(b, 512, 33);
  CHECK_NEAR(out_a[19], 0.0, 0.0);
  CHECK_NEAR(out_a[20], 1.0 / 65536, 0.0);
  CHECK_NEAR(out_b[19], 0.0, 0.0);
  CHECK_NEAR(out_b[20], 1.0 / 65536, 0.0);
  CHECK(!peri_node_is_valid(b, in_a + 1000000));
  free(out_a), free(out_b);
  peri_engine_destroy(a);
  peri_engine_destroy(b);
  peri_buffer_release(ramp);
}

TEST(offset_and_duration_count_in_the_sounds_time) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(1000);
  peri_node source = scene_source(engine, ramp);
  CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, 2.0f));
  CHECK(peri_source_start(engine, source, 0.0, 100.0 / 48000.0, 200.0 / 48000.0));
  float *out = scene_render(engine, 512, 512);
  for (int i = 0; i < 100; i++) CHECK_NEAR(out[i], (101 + 2 * i) / 65536.0, 0.0);
  for (int i = 100; i < 512; i++) CHECK_NEAR(out[i], 0.0, 0.0);
  free(out);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(a_loop_plays_between_its_points_without_a_seam) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(1000);
  peri_node source = scene_source(engine, ramp);
  CHECK(peri_source_set_loop(engine, source, true));
  CHECK(peri_source_set_loop_points(engine, source, 100.0 / 48000.0, 350.0 / 48000.0));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 48000, 333);
  for (int i = 0; i < 48000; i++) {
    int place = i < 350 ? i : 100 + (i - 100) % 250;
    if (out[i] != (float)(place + 1) / 65536.0f) fail_msg("frame %d is %g", i, (double)out[i] * 65536);
  }
  CHECK(peri_source_set_loop(engine, source, false)); /* and then to the end of the sound */
  free(out);
  out = scene_render(engine, 4096, 512);
  CHECK_NEAR(out[4095], 0.0, 0.0);
  free(out);
  peri_engine_update(engine);
  CHECK(!peri_node_is_valid(engine, source));
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

/* The whole day is rendered in releases; it takes sanitizers minutes, and there an hour must do. */
#if defined(PERI_SANITIZE) || defined(PERI_DEBUG)
#define DAY (3600 * 375) /* quanta */
#else
#define DAY (86400 * 375)
#endif

typedef struct day {
  float rate;
  double worst; /* frames between where the playhead is and where it should be */
} day;

/* Sample i of the sound is i + 1, so that what is heard tells where the playhead is. */
static void spend_day(void *user) {
  day *d = user;
  peri_engine *engine = scene_engine(1);
  peri_source_def def = peri_default_source_def();
  def.buffer = scene_ramp(9600);
  def.loop = true;
  def.playback_rate = d->rate;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0);
  float out[1280];
  for (int k = 0; k < DAY / 10; k++) CHECK(peri_engine_render(engine, out, 1280));
  CHECK(peri_engine_render(engine, out, 1280));
  for (int i = 0; i < 1280; i++) {
    double wanted = fmod((double)d->rate * ((double)DAY * 128 + i), 9600.0);
    if (wanted > 9590 || wanted < 10) continue; /* the seam */
    d->worst = fmax(d->worst, fabs((double)out[i] * 65536.0 - 1.0 - wanted));
  }
  peri_buffer_release(def.buffer);
  peri_engine_destroy(engine);
}

TEST(a_day_of_looping_moves_the_playhead_by_nothing) {
  day one = {1.0f, 0.0}, other = {1.37f, 0.0}; /* rounded to 2^-32 of a frame, 4,147,200,000 times */
  peri__thread thread;
  CHECK(peri__thread_start(&thread, "day", spend_day, &one));
  spend_day(&other);
  peri__thread_join(thread);
  CHECK(one.worst == 0.0);
  CHECK(other.worst < 1.0);
}

static float *busy_scene(uint32_t block) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *ramp = scene_ramp(5000), *stereo = scene_constant(2, 700, 0.25f);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), panner = peri_node_create(engine, PERI_NODE_STEREO_PANNER);
  CHECK(peri_connect(engine, gain, 0, panner, 0));
  CHECK(peri_connect(engine, panner, 0, peri_engine_destination(engine), 0));
  CHECK(peri_param_linear_ramp(engine, gain, PERI_GAIN_GAIN, 0.2f, 0.1));
  CHECK(peri_param_set_target(engine, panner, PERI_STEREO_PANNER_PAN, -0.7f, 0.02, 0.05));
  for (int k = 0; k < 60; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = k % 3 ? ramp : stereo;
    def.panned = k % 2;
    def.pan = (float)(k % 7) / 3.5f - 1.0f;
    def.volume = 0.1f;
    def.playback_rate = k % 5 ? 1.0f : 0.7f + 0.1f * (float)k;
    def.loop = k % 4 == 0;
    def.at = k * 0.0021;
    def.fade_in = k % 6 ? 0.0 : 0.0103;
    peri_node source = peri_source_play(engine, &def, k % 2 ? gain : peri_engine_destination(engine));
    CHECK(source != 0);
    if (k % 8 == 0) CHECK(peri_source_fade_out(engine, source, 0.03, 0.15));
    if (k % 9 == 0) CHECK(peri_source_set_volume(engine, source, 0.05f, 0.02));
  }
  float *out = scene_render(engine, 16384, block);
  peri_engine_destroy(engine);
  peri_buffer_release(ramp);
  peri_buffer_release(stereo);
  return out;
}

TEST(the_same_calls_give_the_same_bits_for_every_block_size_and_run) {
  float *wanted = busy_scene(128);
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    float *out = busy_scene(blocks[b]);
    if (memcmp(out, wanted, 16384 * 2 * sizeof *out) != 0) fail_msg("block %u differs", blocks[b]);
    free(out);
  }
  float heard = 0.0f;
  for (int i = 0; i < 16384 * 2; i++) heard += fabsf(wanted[i]);
  CHECK(heard > 100.0f);
  free(wanted);
}

/* FNV-1a of the bits. A change of what scenes sound like changes it, and the commit says why. */
static uint64_t hash_of(const float *samples, size_t count) {
  uint64_t hash = 14695981039346656037u;
  const unsigned char *bytes = (const unsigned char *)samples;
  for (size_t i = 0; i < count * sizeof *samples; i++) hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

TEST(the_golden_scene_sounds_as_it_did_on_every_compiler) {
  setenv("PERILUNE_CPU", "scalar", 1);
  float *out = busy_scene(512);
  unsetenv("PERILUNE_CPU");
  uint64_t hash = hash_of(out, 16384 * 2);
  free(out);
  if (hash != 0x3f67592ec113582du) fail_msg("the scene's hash is %#llx", (unsigned long long)hash);
}

TEST(silent_neighbours_change_no_bit) {
  float *out[2];
  for (int with = 0; with < 2; with++) {
    peri_engine *engine = scene_engine(2);
    peri_buffer *ramp = scene_ramp(4000);
    for (int k = 0; k < 40; k++) {
      peri_source_def def = peri_default_source_def();
      def.buffer = ramp;
      def.volume = 0.3f + 0.01f * (float)k;
      def.at = k * 0.0003;
      CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
      def.volume = 0.0f;
      def.playback_rate = 1.37f;
      if (with) CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
    }
    out[with] = scene_render(engine, 6000, 512);
    peri_engine_destroy(engine);
    peri_buffer_release(ramp);
  }
  CHECK(memcmp(out[0], out[1], 6000 * 2 * sizeof(float)) == 0);
  free(out[0]), free(out[1]);
}

TEST(silence_after_the_last_sound_is_exact_zero) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *ramp = scene_ramp(999);
  for (int k = 0; k < 20; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = ramp;
    def.panned = true;
    def.pan = 0.3f;
    def.playback_rate = 0.9f + 0.02f * (float)k;
    CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  }
  float *out = scene_render(engine, 8192, 512);
  for (int i = 1200 * 2; i < 8192 * 2; i++) CHECK(out[i] == 0.0f && !signbit(out[i]));
  free(out);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(scene_stats(engine).sources, 0);
  peri_engine_destroy(engine);
  peri_buffer_release(ramp);
}

TEST(one_buffer_serves_any_number_of_sources_and_goes_after_the_last) {
  peri_engine *engine = scene_engine(2);
  uint32_t before = peri_buffers_alive();
  uint64_t bytes = peri_buffer_bytes_alive();
  peri_buffer *laser = scene_constant(1, 14400, 0.001f);
  CHECK_EQ(peri_buffer_bytes(laser), 57600);
  for (int k = 0; k < 1000; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = laser;
    CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  }
  CHECK_EQ(peri_buffers_alive() - before, 1);
  CHECK(peri_buffer_bytes_alive() - bytes < 57600 + 4096);
  peri_buffer_release(laser); /* the sources hold it */
  free(scene_render(engine, 14336, 512));
  CHECK(peri_engine_update(engine));
  CHECK_EQ(peri_buffers_alive() - before, 1);
  free(scene_render(engine, 128, 128));
  CHECK(peri_engine_update(engine));
  CHECK_EQ(peri_buffers_alive(), before);
  CHECK_EQ(peri_buffer_bytes_alive(), bytes);
  peri_engine_destroy(engine);
}

TEST(starting_a_source_takes_no_memory_once_the_pools_have_grown) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *click = scene_constant(1, 64, 0.1f);
  peri_source_def def = peri_default_source_def();
  def.buffer = click;
  uint64_t takes = 0;
  for (int round = 0; round < 50; round++) {
    if (round == 10) takes = peri__memory_takes();
    for (int k = 0; k < 200; k++) CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
    free(scene_render(engine, 512, 512));
  }
  CHECK_EQ(peri__memory_takes(), takes);
  peri_engine_destroy(engine);
  peri_buffer_release(click);
}

TEST(a_source_costs_at_most_160_bytes) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *laser = scene_constant(1, 14400, 0.001f);
  peri_source_def def = peri_default_source_def();
  def.buffer = laser;
  def.panned = true;
  for (int k = 0; k < 100; k++) CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  peri_stats stats = scene_stats(engine);
  CHECK_EQ(stats.sources, 100);
#ifndef PERI_VALIDATE /* which has pools of two */
  CHECK(stats.source_bytes <= 16000);
#endif
  peri_engine_destroy(engine);
  peri_buffer_release(laser);
}

TEST(stale_sources_are_refused_with_a_reason) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *click = scene_constant(1, 10, 1.0f);
  peri_node source = scene_source(engine, click);
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK(!peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK_ERROR("only once");
  free(scene_render(engine, 256, 128));
  CHECK(!peri_source_set_loop(engine, source, true));
  CHECK_ERROR("gone");
  CHECK(!peri_connect(engine, source, 0, peri_engine_destination(engine), 0));
  CHECK_ERROR("gone");
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_GONE);
  CHECK(peri_engine_update(engine));
  peri_node next = scene_source(engine, click); /* takes the slot */
  CHECK(next != source);
  CHECK(!peri_source_stop(engine, source, 0.0));
  CHECK_ERROR("gone");
  CHECK(!peri_source_start(engine, 0, 0.0, 0.0, INFINITY));
  CHECK_ERROR("null");
  CHECK(!peri_source_start(engine, peri_engine_destination(engine), 0.0, 0.0, INFINITY));
  CHECK_ERROR("neither starts nor stops");
  peri_engine_destroy(engine);
  peri_buffer_release(click);
}

TEST(bad_numbers_change_nothing) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 1000, 1.0f);
  peri_node source = scene_source(engine, one);
  CHECK(!peri_source_start(engine, source, -1.0, 0.0, INFINITY));
  CHECK_ERROR("negative");
  CHECK(!peri_source_start(engine, source, NAN, 0.0, INFINITY));
  CHECK(!peri_source_start(engine, source, INFINITY, 0.0, INFINITY));
  CHECK(!peri_source_start(engine, source, 0.0, -0.5, INFINITY));
  CHECK(!peri_source_start(engine, source, 0.0, 0.0, -1.0));
  CHECK(!peri_source_start(engine, source, 0.0, 0.0, NAN));
  CHECK(!peri_source_stop(engine, source, 0.0));
  CHECK_ERROR("not started");
  CHECK(!peri_source_set_volume(engine, source, NAN, 0.0));
  CHECK(!peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, INFINITY));
  CHECK(!peri_param_set_value(engine, source, 2, 1.0f));
  CHECK_ERROR("no parameter 2");
  CHECK(!peri_source_set_buffer(engine, source, one));
  CHECK_ERROR("only once");
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_CREATED);
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[127], 1.0, 0.0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(a_released_source_plays_to_its_end_and_an_unstarted_one_goes) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 300, 1.0f);
  peri_node playing = scene_source(engine, one), waiting = scene_source(engine, one);
  CHECK(peri_source_start(engine, playing, 0.0, 0.0, INFINITY));
  peri_node_release(engine, playing);
  peri_node_release(engine, waiting);
  CHECK(!peri_node_is_valid(engine, waiting));
  float *out = scene_render(engine, 512, 128);
  CHECK_NEAR(out[299], 1.0, 0.0);
  CHECK_NEAR(out[300], 0.0, 0.0);
  free(out);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(scene_stats(engine).sources, 0);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(a_volume_change_is_a_straight_ramp) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_node source = scene_source(engine, one);
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  free(scene_render(engine, 128, 128));
  CHECK(peri_source_set_volume(engine, source, 0.0f, 200.0 / 48000.0));
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 200; i++) CHECK_NEAR(out[i], 1.0 - (i + 1) / 200.0, 1e-5);
  for (int i = 200; i < 512; i++) CHECK_NEAR(out[i], 0.0, 0.0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(a_fade_in_begins_at_the_start_and_a_fade_out_ends_at_silence) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.at = 50.0 / 48000.0;
  def.fade_in = 300.0 / 48000.0;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  CHECK(peri_source_fade_out(engine, source, 100.0 / 48000.0, 1000.0 / 48000.0));
  float *out = scene_render(engine, 2048, 128);
  for (int i = 0; i < 50; i++) CHECK_NEAR(out[i], 0.0, 0.0);
  for (int i = 50; i < 350; i++) CHECK_NEAR(out[i], (i - 49) / 300.0, 1e-5);
  for (int i = 350; i < 1000; i++) CHECK_NEAR(out[i], 1.0, 0.0);
  for (int i = 1000; i < 1100; i++) CHECK_NEAR(out[i], 1.0 - (i - 999) / 100.0, 1e-5);
  for (int i = 1100; i < 2048; i++) CHECK_NEAR(out[i], 0.0, 0.0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(a_pan_in_the_voice_sounds_like_a_stereo_panner) {
  for (int channels = 1; channels <= 2; channels++) {
    for (int p = -4; p <= 4; p++) {
      peri_engine *a = scene_engine(2), *b = scene_engine(2);
      peri_buffer *sound = scene_constant((uint32_t)channels, 500, 0.5f);
      float half[250] = {0};
      if (channels == 2) CHECK(peri_buffer_write(sound, 1, 100, half, 250));
      peri_source_def def = peri_default_source_def();
      def.buffer = sound;
      peri_node panner = peri_node_create(b, PERI_NODE_STEREO_PANNER);
      CHECK(peri_connect(b, panner, 0, peri_engine_destination(b), 0));
      CHECK(peri_param_set_value(b, panner, PERI_STEREO_PANNER_PAN, (float)p / 4.0f));
      CHECK(peri_source_play(b, &def, panner));
      def.panned = true;
      def.pan = (float)p / 4.0f;
      CHECK(peri_source_play(a, &def, peri_engine_destination(a)));
      float *in_voice = scene_render(a, 512, 512), *in_node = scene_render(b, 512, 512);
      for (int i = 0; i < 1024; i++) CHECK_NEAR(in_voice[i], in_node[i], 1e-7);
      free(in_voice), free(in_node);
      peri_engine_destroy(a), peri_engine_destroy(b);
      peri_buffer_release(sound);
    }
  }
}

TEST(a_position_can_be_read_while_it_plays) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_node source = scene_source(engine, one);
  double seconds = -1.0;
  CHECK(peri_source_start(engine, source, 0.0, 0.25, INFINITY));
  CHECK(peri_source_get_position(engine, source, &seconds));
  CHECK_NEAR(seconds, 0.25, 1e-9);
  free(scene_render(engine, 1280, 128));
  CHECK(peri_source_get_position(engine, source, &seconds));
  CHECK_NEAR(seconds, 0.25 + 1280.0 / 48000.0, 1e-9);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(the_first_question_for_a_position_is_answered_by_the_clock) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 480, 1.0f);
  peri_node source = scene_source(engine, one);
  double seconds = -1.0;
  CHECK(peri_source_set_loop(engine, source, true));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  free(scene_render(engine, 640, 128));
  CHECK(peri_source_get_position(engine, source, &seconds));
  CHECK_NEAR(seconds, 160.0 / 48000.0, 1e-9);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(an_ended_source_tells_its_owner_once) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 100, 1.0f);
  peri_owner mine = peri_owner_create(engine), other = peri_owner_create(engine);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.owner = mine;
  def.notify = true;
  def.user = 42;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  peri_event event;
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  CHECK(!peri_owner_poll(engine, other, &event));
  CHECK(peri_owner_poll(engine, mine, &event));
  CHECK_EQ(event.type, PERI_EVENT_ENDED);
  CHECK_EQ(event.user, 42);
  CHECK(event.source == source);
  CHECK(!peri_owner_poll(engine, mine, &event));
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(a_closing_owner_stops_its_sources_and_no_others) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 0.25f);
  peri_owner mine = peri_owner_create(engine);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  def.owner = mine;
  for (int k = 0; k < 3; k++) CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[127], 1.0, 0.0);
  free(out);
  peri_owner_close(engine, mine);
  out = scene_render(engine, 1024, 128);
  CHECK_NEAR(out[1023], 0.25, 0.0);
  for (int i = 1; i < 1024; i++) CHECK(fabsf(out[i] - out[i - 1]) < 0.01f); /* no click */
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

/* A pan that is not quite 0 comes to the same by way of the sines. */
TEST(the_middle_of_a_pan_is_what_the_sines_of_one_beside_it_are) {
  for (uint32_t channels = 1; channels <= 2; channels++) {
    peri_engine *engine = scene_engine(2);
    peri_buffer *buffer = scene_constant(channels, 1000, 0.7f);
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer;
    def.panned = true;
    def.volume = 0.9f;
    float *out[3];
    for (int k = 0; k < 3; k++) {
      def.pan = (float)(k - 1) * 1e-30f;
      CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
      out[k] = scene_render(engine, 1024, 1024);
      CHECK_NEAR(out[k][1], channels == 1 ? 0.63 * 0.70710678 : 0.63, 1e-6);
    }
    CHECK(memcmp(out[0], out[1], 2048 * sizeof(float)) == 0);
    CHECK(memcmp(out[2], out[1], 2048 * sizeof(float)) == 0);
    for (int k = 0; k < 3; k++) free(out[k]);
    peri_engine_destroy(engine);
    peri_buffer_release(buffer);
  }
}
