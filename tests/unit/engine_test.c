#include "unit/scene.h"

#include "base/base.h"

#include <time.h>

TEST(an_engine_refuses_what_it_cannot_do) {
  peri_engine_def def = peri_default_engine_def();
  def.channels = 0;
  CHECK(!peri_engine_create(&def));
  CHECK_ERROR("channels must be 1 to 32");
  def = peri_default_engine_def();
  def.sample_rate = 0.0;
  CHECK(!peri_engine_create(&def));
  CHECK_ERROR("sample rate");
  def.sample_rate = NAN;
  CHECK(!peri_engine_create(&def));
  def = peri_default_engine_def();
  def.size = 3;
  CHECK(!peri_engine_create(&def));
  CHECK_ERROR("peri_default_engine_def");
  CHECK(!peri_buffer_create(0, 10, 48000));
  CHECK(!peri_buffer_create(255, 10, 48000));
  CHECK_ERROR("1 to 32");
  CHECK(!peri_buffer_create(1, 0, 48000));
  CHECK(!peri_buffer_create(1, 10, 1e7));
  CHECK_ERROR("1e+07");
}

TEST(an_engine_gives_back_all_its_memory) {
  uint64_t before = peri__memory_bytes();
  peri_engine *engine = scene_engine(2);
  peri_buffer *sound = scene_constant(1, 3000, 0.5f);
  for (int k = 0; k < 100; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = sound;
    def.detune = 5.0f;
    peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
    CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
    CHECK(peri_param_set_value_at_time(engine, gain, PERI_GAIN_GAIN, 0.5f, k * 0.01));
    peri_node source = k % 3 ? peri_source_play(engine, &def, gain) : peri_source_create(engine, &def);
    if (k % 5 == 0) CHECK(peri_param_linear_ramp(engine, source, PERI_SOURCE_DETUNE, 100.0f, 1.0));
    if (k % 7 == 0) CHECK(peri_connect(engine, source, 0, peri_engine_destination(engine), 0));
    if (k % 10 == 0) CHECK(peri_tap_create(engine, gain, NULL));
    if (k % 4 == 0) free(scene_render(engine, 512, 512));
    if (k % 2) peri_node_release(engine, gain);
  }
  CHECK(peri_engine_load_async(engine, peri_owner_create(engine), 1, "assets/laser.ogg", PERI_FORMAT_F32));
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
  CHECK_EQ(peri__memory_bytes(), before);
}

TEST(no_command_is_lost_while_the_audio_thread_sleeps) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 128, 1.0f);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.loop = true;
  CHECK(peri_source_play(engine, &def, gain));
  for (int k = 1; k <= 100000; k++) CHECK(peri_param_set_value_at_time(engine, gain, PERI_GAIN_GAIN, (float)k, 0.0));
  float out[128];
  CHECK(peri_engine_render(engine, out, 128)); /* no further call */
  CHECK_NEAR(out[0], 100000.0, 0.0);
  CHECK(scene_stats(engine).commands >= 100000);
  peri_engine_destroy(engine);
  peri_buffer_release(one);
}

TEST(a_hundred_thousand_sources_started_unheard_all_sound) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *click = scene_constant(1, 1, 1.0f / 131072);
  peri_source_def def = peri_default_source_def();
  def.buffer = click;
  for (int k = 0; k < 100000; k++) CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  float out[128];
  CHECK(peri_engine_render(engine, out, 128));
  CHECK_NEAR(out[0], 100000.0 / 131072, 0.0);
  CHECK_EQ(scene_stats(engine).sources_started, 100000);
  CHECK_EQ(scene_stats(engine).sources_ended, 100000);
  CHECK(peri_engine_update(engine));
  CHECK_EQ(scene_stats(engine).sources, 0);
  peri_engine_destroy(engine);
  peri_buffer_release(click);
}

TEST(commands_stop_growing_at_the_limit_and_say_so) {
  peri_engine_def def = peri_default_engine_def();
  def.command_limit = 100000;
  peri_engine *engine = peri_engine_create(&def);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  int sent = 0;
  while (sent < 100000 && peri_param_set_value(engine, gain, PERI_GAIN_GAIN, (float)sent)) sent++;
  CHECK(sent > 1000 && sent < 100000);
  CHECK_ERROR("nobody renders");
  float value;
  CHECK(peri_param_value(engine, gain, PERI_GAIN_GAIN, &value));
  CHECK_NEAR(value, sent - 1, 0.0); /* the refused one changed nothing */
  free(scene_render(engine, 128, 128));
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 1.0f));
  peri_engine_destroy(engine);
}

TEST(a_nan_of_a_sound_is_silenced_where_it_appears_and_counted) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *bad = scene_constant(1, 512, 0.5f), *good = scene_constant(1, 512, 0.25f);
  float nans[2] = {NAN, INFINITY};
  CHECK(peri_buffer_write(bad, 0, 130, nans, 2));
  peri_source_def def = peri_default_source_def();
  def.buffer = bad;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  def.buffer = good;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  float *out = scene_render(engine, 512, 512);
  for (int i = 0; i < 512; i++) CHECK_NEAR(out[2 * i], i == 130 || i == 131 ? 0.25 : 0.75, 0.0);
  CHECK_EQ(scene_stats(engine).nonfinite, 1);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(bad);
  peri_buffer_release(good);
}

TEST(an_overflow_silences_its_node_and_nothing_else) {
  for (int moving = 0; moving < 2; moving++) {
    peri_engine *engine = scene_engine(1);
    peri_buffer *loud = scene_constant(1, 512, 3e38f), *good = scene_constant(1, 512, 0.25f);
    peri_node gain = peri_node_create(engine, PERI_NODE_GAIN), destination = peri_engine_destination(engine);
    CHECK(peri_connect(engine, gain, 0, destination, 0));
    CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 1e30f));
    if (moving) CHECK(peri_param_linear_ramp(engine, gain, PERI_GAIN_GAIN, 2e30f, 1.0));
    peri_source_def def = peri_default_source_def();
    def.buffer = loud;
    CHECK(peri_source_play(engine, &def, gain));
    def.buffer = good;
    CHECK(peri_source_play(engine, &def, destination));
    float *out = scene_render(engine, 512, 128);
    for (int i = 0; i < 512; i++) CHECK_NEAR(out[i], 0.25, 0.0);
    CHECK_EQ(scene_stats(engine).nonfinite, 4);
    free(out);
    peri_engine_destroy(engine);
    peri_buffer_release(loud);
    peri_buffer_release(good);
  }
}

TEST(an_overflow_in_the_graph_never_reaches_the_device) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *loud = scene_constant(1, 256, 3e38f);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 1e30f));
  peri_source_def def = peri_default_source_def();
  def.buffer = loud;
  CHECK(peri_source_play(engine, &def, gain));
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 512; i++) CHECK(out[i] == 0.0f);
  CHECK(scene_stats(engine).nonfinite > 0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(loud);
}

TEST(a_decaying_tail_becomes_exact_zero_not_denormal) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *tiny = scene_constant(1, 1024, 1e-30f);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, gain, 0, peri_engine_destination(engine), 0));
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 1e-12f));
  peri_source_def def = peri_default_source_def();
  def.buffer = tiny;
  CHECK(peri_source_play(engine, &def, gain));
  float *out = scene_render(engine, 512, 512);
  for (int i = 0; i < 512; i++) CHECK(out[i] == 0.0f);
  volatile float small = 1e-30f; /* the caller's own arithmetic is as it was */
  CHECK(small * 1e-12f != 0.0f);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(tiny);
}

TEST(a_second_caller_of_render_is_refused) {
  peri_engine *engine = scene_engine(1);
  /* A device that renders while the host does too. */
  peri_device_def def = peri_default_device_def();
  def.kind = PERI_DEVICE_NULL;
  def.block_size = 8192;
  CHECK(peri_device_open(engine, &def));
  CHECK(!peri_device_open(engine, &def));
  CHECK_ERROR("has a device");
  uint64_t before = peri_engine_frame(engine);
  float out[128];
  for (int k = 0; k < 1000; k++) peri_engine_render(engine, out, 128);
  CHECK(peri_engine_frame(engine) >= before);
  peri_device_close(engine);
  before = peri_engine_frame(engine);
  CHECK(peri_engine_render(engine, out, 128));
  CHECK_EQ(peri_engine_frame(engine), before + 128);
  peri_engine_destroy(engine);
}

TEST(a_hundred_loads_of_a_file_decode_once) {
  peri_engine *engine = scene_engine(2);
  uint32_t before = peri_buffers_alive();
  peri_buffer *first = peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_F32);
  CHECK(first != NULL);
  CHECK_EQ(peri_buffer_frames(first), 14400);
  for (int k = 0; k < 99; k++) CHECK(peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_F32) == first);
  CHECK_EQ(peri_buffers_alive() - before, 1);
  for (int k = 0; k < 100; k++) peri_buffer_release(first);
  CHECK_EQ(peri_buffers_alive(), before);
  CHECK(!peri_engine_load(engine, "assets/none.ogg", PERI_FORMAT_F32));
  CHECK_ERROR("assets/none.ogg");
  peri_engine_destroy(engine);
}

TEST(asynchronous_loads_of_a_file_share_one_buffer_and_each_is_told) {
  peri_engine *engine = scene_engine(2);
  peri_owner owner = peri_owner_create(engine);
  for (uint64_t k = 0; k < 20; k++) CHECK(peri_engine_load_async(engine, owner, k, "assets/coin.ogg", PERI_FORMAT_F32));
  CHECK(peri_engine_load_async(engine, owner, 20, "assets/none.ogg", PERI_FORMAT_F32));
  CHECK(peri_engine_is_active(engine));
  int loaded = 0, failed = 0;
  peri_buffer *seen = NULL;
  for (int tries = 0; tries < 2000 && loaded + failed < 21; tries++) {
    peri_event event;
    while (peri_owner_poll(engine, owner, &event)) {
      CHECK_EQ(event.type, PERI_EVENT_LOADED);
      if (!event.buffer) {
        CHECK_EQ(event.user, 20);
        CHECK(strstr(event.message, "none.ogg") != NULL);
        failed++;
        continue;
      }
      CHECK(!seen || seen == event.buffer);
      if (seen) peri_buffer_release(event.buffer);
      seen = event.buffer;
      loaded++;
    }
    struct timespec nap = {0, 5000000};
    nanosleep(&nap, NULL);
  }
  CHECK_EQ(loaded, 20);
  CHECK_EQ(failed, 1);
  CHECK(!peri_engine_is_active(engine));
  peri_buffer_release(seen);
  peri_engine_destroy(engine);
}

TEST(writing_to_a_sound_that_plays_changes_the_next_one) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 1024, 0.5f);
  uint64_t id = peri_buffer_id(sound);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  float *out = scene_render(engine, 128, 128), quiet[1024] = {0};
  free(out);
  CHECK(peri_buffer_write(sound, 0, 0, quiet, 1024));
  CHECK_EQ(peri_buffer_id(sound), id);
  out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[127], 0.5, 0.0);
  free(out);
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  out = scene_render(engine, 1024, 128);
  CHECK_NEAR(out[0], 0.5, 0.0);
  CHECK_NEAR(out[1000], 0.0, 0.0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}
