/* Web Audio 1.1, AnalyserNode, against the text's formulas, computed directly. */
#include "unit/scene.h"

#include <pthread.h>
#include <time.h>

#define PI 3.14159265358979323846

typedef struct stage {
  peri_engine *engine;
  peri_node analyser;
  float *sound; /* what is played */
} stage;

static float noise(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return (float)(int32_t)*state / 2147483648.0f;
}

/* An analyser that hears `frames` frames of noise and a sine, from frame 0 on. */
static stage make_stage(uint32_t frames, uint32_t fft_size, double smoothing) {
  stage s = {.engine = scene_engine(1)};
  uint32_t random = 9;
  s.sound = malloc(frames * sizeof *s.sound);
  for (uint32_t i = 0; i < frames; i++) s.sound[i] = 0.2f * noise(&random) + 0.5f * (float)sin(i * 0.3);
  s.analyser = peri_node_create(s.engine, PERI_NODE_ANALYSER);
  CHECK(s.analyser != 0);
  CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_FFT_SIZE, fft_size));
  CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_SMOOTHING, smoothing));
  peri_buffer *buffer = peri_buffer_create(1, frames, 48000.0);
  CHECK(peri_buffer_write(buffer, 0, 0, s.sound, frames));
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_source_play(s.engine, &def, s.analyser) != 0);
  peri_buffer_release(buffer);
  return s;
}

static void finish(stage *s) {
  free(s->sound);
  peri_engine_destroy(s->engine);
}

/* |X[k]| of the `size` frames before `end`, by the text's sums. */
static double magnitude(const float *sound, uint32_t end, uint32_t size, uint32_t k) {
  double re = 0.0, im = 0.0;
  for (uint32_t n = 0; n < size; n++) {
    if (end + n < size) continue; /* before the beginning */
    double w = 0.42 - 0.5 * cos(2 * PI * n / size) + 0.08 * cos(4 * PI * n / size);
    double x = (double)sound[end + n - size] * w, turn = 2 * PI * ((uint64_t)k * n % size) / size;
    re += x * cos(turn);
    im -= x * sin(turn);
  }
  return sqrt(re * re + im * im) / size;
}

TEST(an_analyser_passes_its_input_unchanged) {
  peri_engine *engine = scene_engine(2);
  peri_node analyser = peri_node_create(engine, PERI_NODE_ANALYSER);
  CHECK(peri_connect(engine, analyser, 0, peri_engine_destination(engine), 0));
  peri_buffer *wide = scene_constant(2, 200, 0.5f);
  float left = 0.25f;
  CHECK(peri_buffer_write(wide, 0, 7, &left, 1));
  peri_source_def def = peri_default_source_def();
  def.buffer = wide;
  CHECK(peri_source_play(engine, &def, analyser) != 0);
  float *out = scene_render(engine, 256, 100);
  for (int i = 0; i < 256; i++) {
    CHECK_NEAR(out[2 * i], i == 7 ? 0.25 : i < 200 ? 0.5 : 0.0, 0.0);
    CHECK_NEAR(out[2 * i + 1], i < 200 ? 0.5 : 0.0, 0.0);
  }
  float latest[32];
  CHECK(peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 256));
  float all[256];
  CHECK(peri_analyser_get_time_data(engine, analyser, all, 256));
  CHECK_NEAR(all[7], 0.375, 0.0); /* mixed to mono */
  CHECK_NEAR(all[8], 0.5, 0.0);
  CHECK(peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 32));
  CHECK(peri_analyser_get_time_data(engine, analyser, latest, 32));
  CHECK_NEAR(latest[0], 0.0, 0.0);
  free(out);
  peri_buffer_release(wide);
  peri_engine_destroy(engine);
}

TEST(an_analyser_keeps_the_latest_frames_and_needs_no_output) {
  stage s = make_stage(100000, 32, 0.8);
  static float latest[32768];
  for (uint32_t end = 128; end <= 98304; end *= 2) {
    peri_stats stats = scene_stats(s.engine);
    free(scene_render(s.engine, end - (uint32_t)stats.quanta * 128, 1000));
    for (uint32_t size = 32; size <= 32768; size *= 4) {
      CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_FFT_SIZE, size));
      memset(latest, 0x55, sizeof latest);
      CHECK(peri_analyser_get_time_data(s.engine, s.analyser, latest, 32768));
      for (uint32_t i = 0; i < size; i++) {
        float wanted = end + i >= size ? s.sound[end + i - size] : 0.0f;
        if (latest[i] != wanted) fail_msg("size %u, end %u: frame %u", size, end, i);
      }
      if (size < 32768) CHECK(latest[size] > 1e12f); /* no more than there are */
      float first[5] = {9, 9, 9, 9, 9};
      CHECK(peri_analyser_get_time_data(s.engine, s.analyser, first, 4));
      CHECK_NEAR(first[3], latest[3], 0.0);
      CHECK_NEAR(first[4], 9.0, 0.0);
    }
  }
  finish(&s);
}

TEST(frequency_data_is_what_the_text_computes) {
  static const uint32_t sizes[] = {32, 64, 256, 2048, 8192};
  static float levels[4096];
  for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++) {
    uint32_t size = sizes[z];
    stage s = make_stage(9000, size, 0.0);
    free(scene_render(s.engine, 8576, 128));
    CHECK(peri_analyser_get_frequency_data(s.engine, s.analyser, levels, size / 2));
    for (uint32_t k = 0; k<size / 2; k += size> 1024 ? 37 : 1)
      CHECK_NEAR(levels[k], 20.0 * log10(magnitude(s.sound, 8576, size, k)), 0.02);
    finish(&s);
  }
}

TEST(frequency_data_is_smoothed_from_call_to_call_once_a_quantum) {
  stage s = make_stage(4000, 256, 0.75);
  double smoothed[128] = {0};
  float levels[128], again[128];
  for (uint32_t end = 128; end <= 1280; end += 128) {
    free(scene_render(s.engine, 128, 128));
    if (end == 384) continue; /* nobody asks: nothing is smoothed */
    CHECK(peri_analyser_get_frequency_data(s.engine, s.analyser, levels, 128));
    CHECK(peri_analyser_get_frequency_data(s.engine, s.analyser, again, 128));
    CHECK(memcmp(levels, again, sizeof levels) == 0);
    for (uint32_t k = 0; k < 128; k++) {
      smoothed[k] = 0.75 * smoothed[k] + 0.25 * magnitude(s.sound, end, 256, k);
      CHECK_NEAR(levels[k], 20.0 * log10(smoothed[k]), 0.02);
    }
  }
  /* Another fftSize forgets. */
  CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_FFT_SIZE, 128));
  CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_FFT_SIZE, 256));
  CHECK(peri_analyser_get_frequency_data(s.engine, s.analyser, levels, 128));
  for (uint32_t k = 0; k < 128; k++) CHECK_NEAR(levels[k], 20.0 * log10(0.25 * magnitude(s.sound, 1280, 256, k)), 0.02);
  finish(&s);
}

TEST(bytes_are_floors_and_stay_in_their_range) {
  stage s = make_stage(4000, 512, 0.0);
  uint8_t bytes[512];
  float samples[512], levels[256];
  free(scene_render(s.engine, 2048, 128));
  CHECK(peri_analyser_get_time_data(s.engine, s.analyser, samples, 512));
  CHECK(peri_analyser_get_time_bytes(s.engine, s.analyser, bytes, 512));
  for (int i = 0; i < 512; i++) CHECK_EQ(bytes[i], (int)floor(128.0 * (1.0 + (double)samples[i])));
  CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_MIN_DECIBELS, -48.0));
  CHECK(peri_node_set_option(s.engine, s.analyser, PERI_ANALYSER_MAX_DECIBELS, -24.0));
  CHECK(peri_analyser_get_frequency_data(s.engine, s.analyser, levels, 256));
  CHECK(peri_analyser_get_frequency_bytes(s.engine, s.analyser, bytes, 256));
  int low = 0, high = 0;
  for (int k = 0; k < 256; k++) {
    double wanted = floor(255.0 / 24.0 * ((double)levels[k] + 48.0));
    wanted = wanted < 0.0 ? 0.0 : wanted > 255.0 ? 255.0 : wanted;
    CHECK_NEAR(bytes[k], wanted, 1.0); /* the level was rounded to float */
    low += bytes[k] == 0;
    high += bytes[k] == 255;
  }
  CHECK(low > 0 && high > 0);
  finish(&s);
}

TEST(samples_beyond_one_are_clipped_as_bytes_and_silence_is_minus_infinity) {
  peri_engine *engine = scene_engine(1);
  peri_node analyser = peri_node_create(engine, PERI_NODE_ANALYSER);
  CHECK(peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 32));
  float levels[16];
  uint8_t bytes[32];
  CHECK(peri_analyser_get_frequency_data(engine, analyser, levels, 16)); /* before anything was rendered */
  CHECK(levels[3] == -INFINITY);
  free(scene_render(engine, 128, 128));
  CHECK(peri_analyser_get_frequency_data(engine, analyser, levels, 16));
  CHECK(levels[0] == -INFINITY);
  CHECK(peri_analyser_get_frequency_bytes(engine, analyser, bytes, 16));
  CHECK_EQ(bytes[0], 0);
  CHECK(peri_analyser_get_time_bytes(engine, analyser, bytes, 32));
  CHECK_EQ(bytes[0], 128);
  peri_buffer *loud = scene_constant(1, 128, 3.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = loud;
  CHECK(peri_source_play(engine, &def, analyser) != 0);
  free(scene_render(engine, 128, 128));
  CHECK(peri_analyser_get_time_bytes(engine, analyser, bytes, 32));
  CHECK_EQ(bytes[31], 255);
  peri_buffer_release(loud);
  peri_engine_destroy(engine);
}

TEST(an_analyser_refuses_what_it_cannot_be) {
  peri_engine *engine = scene_engine(1);
  peri_node analyser = peri_node_create(engine, PERI_NODE_ANALYSER), gain = peri_node_create(engine, PERI_NODE_GAIN);
  static const double wrong[] = {0, 16, 33, 1000, 65536, 32.5, -32};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
    CHECK(!peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, wrong[k]));
  CHECK(!peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 1000));
  CHECK_ERROR("fftSize must be a power of two from 32 to 32768, got 1000");
  CHECK(!peri_node_set_option(engine, analyser, PERI_ANALYSER_MIN_DECIBELS, -30));
  CHECK_ERROR("minDecibels must be below maxDecibels, got -30 and -30");
  CHECK(!peri_node_set_option(engine, analyser, PERI_ANALYSER_MAX_DECIBELS, -100));
  CHECK(!peri_node_set_option(engine, analyser, PERI_ANALYSER_SMOOTHING, 1.01));
  CHECK(!peri_node_set_option(engine, analyser, PERI_ANALYSER_SMOOTHING, NAN));
  double value;
  CHECK(peri_node_get_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, &value));
  CHECK_NEAR(value, 2048, 0.0);
  float one;
  CHECK(!peri_analyser_get_time_data(engine, gain, &one, 1));
  CHECK_ERROR("GainNode is no analyser");
  CHECK(!peri_analyser_get_frequency_data(engine, gain, &one, 1));
  peri_engine_destroy(engine);
}

/* ---- From another thread ---------------------------------------------------------------------------------------- */

/* It rests now and then: on a busy machine all would be over before the reader had its turn. */
static void *render_on(void *engine) {
  float out[441];
  for (int i = 0; i < 2000; i++) {
    peri_engine_render(engine, out, 441);
    if (i % 100 == 0) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  }
  return NULL;
}

TEST(an_analyser_is_read_while_it_is_written_and_never_torn) {
  peri_engine *engine = scene_engine(1);
  peri_node analyser = peri_node_create(engine, PERI_NODE_ANALYSER);
  peri_buffer *ramp = scene_ramp(1 << 20);
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  CHECK(peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 32768));
  CHECK(peri_source_play(engine, &def, analyser) != 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, render_on, engine) == 0);
  static float latest[32768];
  uint32_t moved = 0;
  for (float last = -1.0f; last < 13.0f;) {
    CHECK(peri_analyser_get_time_data(engine, analyser, latest, 32768));
    for (int i = 1; i < 32768; i++)
      if (latest[i] != latest[i - 1] + (latest[i] ? 1.0f / 65536.0f : 0.0f)) fail_msg("torn at %d", i);
    moved += latest[32767] != last;
    last = latest[32767];
  }
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(moved > 1);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}
