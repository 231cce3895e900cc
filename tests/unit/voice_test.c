/* What a voice does by itself: int16 sounds, moving between inputs, pausing, silence. */
#include "unit/voice_scene.h"

/* ---- int16 ------------------------------------------------------------------------------------------------------ */

/* A WAV file of 16-bit samples, in memory. */
static size_t make_wav16(unsigned char *file, const int16_t *samples, uint32_t channels, uint32_t frames) {
  uint32_t bytes = frames * channels * 2, rate = 48000, fields[] = {bytes + 36, 16, rate, rate * channels * 2, bytes};
  uint16_t shorts[] = {1, (uint16_t)channels, (uint16_t)(channels * 2), 16};
  memcpy(file, "RIFF", 4), memcpy(file + 4, &fields[0], 4), memcpy(file + 8, "WAVEfmt ", 8);
  memcpy(file + 16, &fields[1], 4), memcpy(file + 20, &shorts[0], 4), memcpy(file + 24, &fields[2], 4);
  memcpy(file + 28, &fields[3], 4), memcpy(file + 32, &shorts[2], 4), memcpy(file + 36, "data", 4);
  memcpy(file + 40, &fields[4], 4), memcpy(file + 44, samples, bytes);
  return bytes + 44;
}

static peri_buffer *decode16(uint32_t channels, uint32_t frames, peri_format format) {
  static int16_t samples[16000];
  static unsigned char file[32044];
  random_state = 3;
  for (uint32_t i = 0; i < channels * frames; i++) samples[i] = (int16_t)chance(-32768, 32767.9);
  samples[0] = -32768;
  size_t size = make_wav16(file, samples, channels, frames);
  peri_buffer *buffer = peri_buffer_decode(file, size, 0.0, format);
  CHECK(buffer != NULL);
  CHECK(peri_buffer_format(buffer) == format);
  return buffer;
}

/* Sources of every sort over one sound: in place, ramping, resampled, looping, filtered, panned. */
static float *play_sorts(peri_buffer *buffer) {
  peri_engine *engine = scene_engine(2);
  for (int k = 0; k < 24; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer;
    def.volume = 0.1f;
    def.panned = k % 2;
    def.pan = 0.5f;
    def.loop = k % 3 == 0;
    def.playback_rate = k % 4 < 2 ? 1.0f : 0.8f + 0.1f * (float)k;
    def.interpolation = (peri_interpolation)(1 + k % 4);
    def.at = k * 100 / RATE;
    if (k % 5 == 0) def.fade_in = 0.02;
    if (k % 7 == 0) def.filter = (peri_filter){PERI_FILTER_LOWPASS, 1000.0f, 1.0f};
    CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0);
  }
  float *out = scene_render(engine, 9000, 441);
  peri_engine_destroy(engine);
  return out;
}

TEST(int16_sounds_play_as_float_ones_in_half_the_memory) {
  for (uint32_t channels = 1; channels <= 3; channels++) {
    peri_buffer *s16 = decode16(channels, 5000, PERI_FORMAT_S16), *f32 = decode16(channels, 5000, PERI_FORMAT_F32);
    CHECK_EQ(peri_buffer_bytes(s16) * 2, peri_buffer_bytes(f32));
    float *a = play_sorts(s16), *b = play_sorts(f32);
    for (int i = 0; i < 18000; i++) CHECK_NEAR(a[i], b[i], 1e-6);
    free(a), free(b);
    peri_buffer_release(s16), peri_buffer_release(f32);
  }
}

TEST(what_is_written_to_an_int16_buffer_is_rounded_and_clipped) {
  static const float in[] = {0.5f, -1.0f, 1.0f, 2.0f, -7.0f, NAN, INFINITY, 0.4f / 32768, -0.6f / 32768};
  static const float out[] = {0.5f, -1.0f,        32767.0f / 32768, 32767.0f / 32768, -1.0f, 0.0f, 32767.0f / 32768,
                              0.0f, -1.0f / 32768};
  peri_buffer *buffer = decode16(1, 100, PERI_FORMAT_S16);
  float got[9];
  CHECK(peri_buffer_write(buffer, 0, 50, in, 9) && peri_buffer_read(buffer, 0, 50, got, 9));
  for (int i = 0; i < 9; i++) CHECK(got[i] == out[i]);
  peri_buffer_release(buffer);
}

TEST(a_file_loads_once_for_each_format) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *f32 = peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_F32);
  peri_buffer *s16 = peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_S16);
  CHECK(f32 && s16 && f32 != s16);
  CHECK_EQ(peri_buffer_bytes(s16) * 2, peri_buffer_bytes(f32));
  CHECK(peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_S16) == s16);
  float a[100], b[100];
  CHECK(peri_buffer_read(f32, 0, 1000, a, 100) && peri_buffer_read(s16, 0, 1000, b, 100));
  for (int i = 0; i < 100; i++) CHECK_NEAR(a[i], b[i], 0.5001 / 32768);
  CHECK(!peri_engine_load(engine, "assets/laser.ogg", (peri_format)5));
  CHECK_ERROR("format 5");
  peri_buffer_release(f32), peri_buffer_release(s16), peri_buffer_release(s16);
  peri_engine_destroy(engine);
}

/* ---- Moving ----------------------------------------------------------------------------------------------------- */

TEST(thousands_of_voices_move_at_once_and_go_on_where_they_were) {
  enum { COUNT = 3000 };
  static peri_node source[COUNT];
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(8000);
  peri_node out = peri_engine_destination(engine), a = peri_node_create(engine, PERI_NODE_GAIN),
            b = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, a, 0, out, 0) && peri_connect(engine, b, 0, out, 0));
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  def.volume = 1.0f / 4096;
  for (int k = 0; k < COUNT; k++) CHECK((source[k] = peri_source_play(engine, &def, k % 3 ? a : out)) != 0);
  free(scene_render(engine, 256, 128));
  for (int round = 0; round < 6; round++) {
    peri_engine_begin(engine);
    for (int k = 0; k < COUNT; k++) { /* to and fro within one batch, out of several lists in turns */
      if ((k + round) % 7 == 0) continue;
      CHECK(peri_disconnect(engine, source[k], 0, 0, 0));
      CHECK(peri_connect(engine, source[k], 0, round % 2 ? a : k % 2 ? b : out, 0));
      if (k % 11) continue;
      CHECK(peri_disconnect(engine, source[k], 0, 0, 0));
      CHECK(peri_connect(engine, source[k], 0, b, 0));
    }
    for (int k = 0; k < 10; k++) CHECK(peri_source_play(engine, &(peri_source_def){0}, a) == 0);
    CHECK(peri_engine_commit(engine));
    float *heard = scene_render(engine, 256, 128);
    for (int i = 0; i < 256; i++) CHECK_NEAR(heard[i], COUNT / 4096.0 * (256 * (round + 1) + i + 1) / 65536, 1e-5);
    free(heard);
  }
  CHECK_EQ(scene_stats(engine).sources_playing, COUNT);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

/* ---- Pausing ---------------------------------------------------------------------------------------------------- */

/* Sample i of the sound is (i + 1) / 65536. */
TEST(a_paused_source_stands_still_and_goes_on_where_it_was) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(20000);
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  free(scene_render(engine, 1280, 128));
  CHECK(peri_source_set_paused(engine, source, true));
  CHECK(peri_source_set_paused(engine, source, true));
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_PAUSED);
  float *out = scene_render(engine, 5120, 512);
  for (int i = 1; i < 5120; i++) CHECK(out[i] <= out[i - 1] + 1e-9f && out[i - 1] - out[i] < 0.001f);
  for (int i = 256; i < 5120; i++) CHECK(out[i] == 0.0f);
  free(out);
  CHECK_EQ(scene_stats(engine).sources_paused, 1);
  CHECK_EQ(scene_stats(engine).sources_playing, 0);
  CHECK(!peri_engine_is_active(engine));
  CHECK(peri_source_set_paused(engine, source, false));
  CHECK(peri_engine_is_active(engine));
  out = scene_render(engine, 1280, 128);
  for (int i = 0; i < 256; i++) CHECK_NEAR(out[i], (1536 + i + 1) / 65536.0 * (i + 1) / 256, 1e-6);
  for (int i = 256; i < 1280; i++) CHECK(out[i] == (float)(1536 + i + 1) / 65536.0f);
  free(out);
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_PLAYING);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(what_is_scheduled_waits_with_a_paused_source) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.at = 1000 / RATE;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  CHECK(peri_source_stop(engine, source, 3000 / RATE));
  free(scene_render(engine, 256, 128));
  CHECK(peri_source_set_paused(engine, source, true)); /* before its start */
  free(scene_render(engine, 5120, 128));
  CHECK(peri_source_set_paused(engine, source, false));
  free(scene_render(engine, 512, 128));
  float *out = scene_render(engine, 2560, 128); /* from frame 5,888 on: it starts at 6,120 and stops at 8,120 */
  for (int i = 0; i < 2560; i++) CHECK(out[i] == (i >= 232 && i < 2232 ? 1.0f : 0.0f));
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_source_paused_before_its_start_starts_when_it_goes_on_and_a_stop_ends_a_paused_one) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_node source = scene_source(engine, one), other = scene_source(engine, one);
  CHECK(peri_source_set_paused(engine, source, true) && peri_source_set_paused(engine, other, true));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY) && peri_source_start(engine, other, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 1280, 128);
  for (int i = 0; i < 1280; i++) CHECK(out[i] == 0.0f);
  free(out);
  CHECK(peri_source_set_paused(engine, source, false));
  CHECK(peri_source_fade_out(engine, other, 1.0, 0.0));
  out = scene_render(engine, 256, 128);
  for (int i = 0; i < 256; i++) CHECK(out[i] == 1.0f);
  free(out);
  peri_engine_update(engine);
  CHECK_EQ(peri_source_get_state(engine, other), PERI_SOURCE_GONE);
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_PLAYING);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_stop_right_after_a_pause_ends_the_source_and_none_is_lost_when_it_goes_on_at_once) {
  for (int sort = 0; sort < 3; sort++) {
    peri_engine *engine = scene_engine(1);
    peri_buffer *one = scene_constant(1, 480000, 1.0f);
    peri_source_def def = peri_default_source_def();
    def.buffer = one;
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    free(scene_render(engine, 128, 128));
    if (sort == 2) CHECK(peri_source_stop(engine, source, 2000 / RATE));
    CHECK(peri_source_set_paused(engine, source, true));
    if (sort == 0) CHECK(peri_source_fade_out(engine, source, 2.0, 0.0));
    if (sort == 1) CHECK(peri_source_stop(engine, source, 1000 / RATE));
    free(scene_render(engine, 128, 128));
    if (sort == 2) CHECK(peri_source_set_paused(engine, source, false));
    free(scene_render(engine, 1280, 128));
    CHECK_EQ(scene_stats(engine).sources_playing, sort == 2);
    free(scene_render(engine, 1280, 128));
    peri_engine_update(engine);
    CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_GONE);
    peri_buffer_release(one);
    peri_engine_destroy(engine);
  }
}

TEST(no_order_of_pauses_and_fades_clicks_and_every_source_ends) {
  for (int seed = 0; seed < 60; seed++) {
    random_state = (uint32_t)seed;
    peri_engine *engine = scene_engine(1);
    peri_buffer *one = scene_constant(1, 4000, 1.0f);
    peri_source_def def = peri_default_source_def();
    def.buffer = one;
    def.loop = true;
    def.fade_in = chance(0.005, 0.02);
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    float last = 0.0f;
    for (int k = 0; k < 60; k++) {
      int what = (int)chance(0, 5);
      if (what < 3) CHECK(peri_source_set_paused(engine, source, what > 0));
      if (what == 3) CHECK(peri_source_set_volume(engine, source, (float)chance(0, 1), chance(0.005, 0.03)));
      uint32_t frames = 128 * (1 + (uint32_t)chance(0, 5));
      float *out = scene_render(engine, frames, 128);
      for (uint32_t i = 0; i < frames; i++) {
        CHECK(fabs((double)(out[i] - last)) < 0.011); /* over 5 ms at least: two of them at once */
        last = out[i];
      }
      free(out);
    }
    CHECK(peri_source_set_paused(engine, source, seed % 2));
    free(scene_render(engine, 640, 128));
    CHECK(peri_source_fade_out(engine, source, 0.005, 0.0));
    free(scene_render(engine, 640, 128));
    peri_engine_update(engine);
    CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_GONE);
    peri_buffer_release(one);
    peri_engine_destroy(engine);
  }
}

TEST(silent_voices_keep_time) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *ramp = scene_ramp(20000);
  peri_node source[3];
  for (int k = 0; k < 3; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = ramp;
    def.volume = 0.0f;
    def.panned = k == 1;
    def.playback_rate = k == 2 ? 0.5f : 1.0f;
    CHECK((source[k] = peri_source_play(engine, &def, peri_engine_destination(engine))) != 0);
  }
  float *out = scene_render(engine, 6400, 512);
  for (int i = 0; i < 12800; i++) CHECK(out[i] == 0.0f);
  free(out);
  CHECK(peri_source_set_volume(engine, source[0], 1.0f, 0.0) && peri_source_set_volume(engine, source[2], 1.0f, 0.0));
  out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[2 * i], (6400 + i + 1 + 3200 + i * 0.5 + 1) / 65536.0, 1e-7);
  free(out);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}
