#include "unit/voice_scene.h"

/* |H| of the Audio EQ Cookbook's filters (R. Bristow-Johnson) at `frequency`. */
static double cookbook(const peri_filter *filter, double frequency) {
  double w0 = 2 * PI * (double)filter->frequency / RATE, alpha = sin(w0) / (2 * (double)filter->q), c = cos(w0);
  double b[3], a[3] = {1 + alpha, -2 * c, 1 - alpha}, w = 2 * PI * frequency / RATE;
  if (filter->type == PERI_FILTER_LOWPASS) b[0] = b[2] = (1 - c) / 2, b[1] = 1 - c;
  if (filter->type == PERI_FILTER_HIGHPASS) b[0] = b[2] = (1 + c) / 2, b[1] = -1 - c;
  if (filter->type == PERI_FILTER_BANDPASS) b[0] = alpha, b[1] = 0, b[2] = -alpha;
  double re[2] = {0, 0}, im[2] = {0, 0};
  for (int k = 0; k < 3; k++) {
    re[0] += b[k] * cos(k * w), im[0] -= b[k] * sin(k * w);
    re[1] += a[k] * cos(k * w), im[1] -= a[k] * sin(k * w);
  }
  return sqrt((re[0] * re[0] + im[0] * im[0]) / (re[1] * re[1] + im[1] * im[1]));
}

static double response(const float *impulse, int frames, double frequency) {
  double re = 0, im = 0, w = 2 * PI * frequency / RATE;
  for (int i = 0; i < frames; i++) re += (double)impulse[i] * cos(w * i), im -= (double)impulse[i] * sin(w * i);
  return sqrt(re * re + im * im);
}

TEST(a_filter_in_the_voice_has_the_cookbooks_response) {
  static float click[48000] = {1.0f};
  static const float frequencies[] = {30.0f, 200.0f, 1000.0f, 9000.0f, 20000.0f}, qs[] = {0.3f, 0.7071f, 8.0f};
  for (int type = PERI_FILTER_LOWPASS; type <= PERI_FILTER_BANDPASS; type++) {
    for (int k = 0; k < 15; k++) {
      peri_source_def def = peri_default_source_def();
      def.filter = (peri_filter){(peri_filter_type)type, frequencies[k % 5], qs[k / 5]};
      def.buffer = buffer_of(click, 1, 48000);
      float *out = play_alone(&def, 48000);
      for (double f = 20; f < 24000; f *= 1.7)
        CHECK_NEAR(response(out, 48000, f), cookbook(&def.filter, f), 2e-4 * (1 + (double)def.filter.q));
      free(out);
      peri_buffer_release(def.buffer);
    }
  }
}

TEST(filters_at_the_ends_of_the_scale_let_all_or_nothing_pass) {
  static float sound[1000];
  for (int i = 0; i < 1000; i++) sound[i] = (float)chance(-1, 1);
  static const struct {
    peri_filter filter;
    bool heard;
  } cases[] = {{{PERI_FILTER_LOWPASS, 0.0f, 1.0f}, false},  {{PERI_FILTER_LOWPASS, 24000.0f, 1.0f}, true},
               {{PERI_FILTER_HIGHPASS, 0.0f, 1.0f}, true},  {{PERI_FILTER_HIGHPASS, 1e9f, 1.0f}, false},
               {{PERI_FILTER_BANDPASS, 0.0f, 1.0f}, false}, {{PERI_FILTER_BANDPASS, 30000.0f, 1.0f}, false}};
  for (int k = 0; k < 6; k++) {
    peri_source_def def = peri_default_source_def();
    def.filter = cases[k].filter;
    def.buffer = buffer_of(sound, 1, 1000);
    float *out = play_alone(&def, 1000);
    for (int i = 0; i < 1000; i++) CHECK(out[i] == (cases[k].heard ? sound[i] : 0.0f));
    free(out);
    peri_buffer_release(def.buffer);
  }
}

TEST(a_filter_moves_without_a_click_and_goes_without_a_trace) {
  static float sound[48000];
  for (int i = 0; i < 48000; i++) sound[i] = (float)(0.5 * sin(2 * PI * 100 * i / RATE));
  peri_engine *engine = scene_engine(1);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(sound, 1, 48000);
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  static const peri_filter filters[] = {{PERI_FILTER_LOWPASS, 300.0f, 0.7f},  {PERI_FILTER_HIGHPASS, 2000.0f, 4.0f},
                                        {PERI_FILTER_BANDPASS, 90.0f, 2.0f},  {PERI_FILTER_LOWPASS, 20000.0f, 0.5f},
                                        {PERI_FILTER_HIGHPASS, 200.0f, 0.7f}, {PERI_FILTER_NONE, 1000.0f, 1.0f}};
  float last[2] = {0, 0};
  for (int k = 0; k < 6; k++) {
    CHECK(peri_source_set_filter(engine, source, &filters[k], 0.01));
    peri_filter got;
    CHECK(peri_source_get_filter(engine, source, &got) && got.type == filters[k].type && got.q == filters[k].q);
    float *out = scene_render(engine, 3000, 300);
    for (int i = 0; i < 3000; i++) { /* 100 Hz bends by 0.5 × (2 π 100 / 48,000)² = 9e-5 a frame; a jump by far more */
      CHECK(fabs((double)(out[i] - 2 * last[0] + last[1])) < 0.01);
      last[1] = last[0];
      last[0] = out[i];
    }
    free(out);
  }
  float *out = scene_render(engine, 1000, 100);
  for (int i = 0; i < 1000; i++) CHECK(out[i] == sound[18000 + i]);
  free(out);
  peri_buffer_release(def.buffer);
  peri_engine_destroy(engine);
}

TEST(a_filter_rings_out_when_the_sound_ends_and_then_the_source_ends) {
  for (int channels = 1; channels <= 3; channels++) { /* three: gains and filter of voices that no kernel mixes */
    static float click[3 * 128] = {[0] = 1.0f, [128] = 1.0f, [256] = 1.0f};
    peri_engine *engine = scene_engine((uint32_t)channels);
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer_of(click, (uint32_t)channels, 128);
    def.filter = (peri_filter){PERI_FILTER_BANDPASS, 440.0f, 20.0f};
    def.at = 100 / RATE; /* the sound ends amid a quantum */
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    float *out = scene_render(engine, 48000, 512);
    float late = 0.0f, end = 0.0f;
    for (int i = 2000 * channels; i < 4000 * channels; i++) late = fmaxf(late, fabsf(out[i]));
    for (int i = 40000 * channels; i < 48000 * channels; i++) end = fmaxf(end, fabsf(out[i]));
    CHECK(late > 1e-4f && end == 0.0f);
    peri_engine_update(engine);
    CHECK(peri_source_get_state(engine, source) == PERI_SOURCE_GONE);
    free(out);
    CHECK((source = peri_source_play(engine, &def, peri_engine_destination(engine))) != 0);
    free(scene_render(engine, 1024, 512));
    CHECK(peri_source_stop(engine, source, 0.0)); /* a stop is one, ringing or not */
    out = scene_render(engine, 1024, 512);
    for (int i = 0; i < 1024 * channels; i++) CHECK(out[i] == 0.0f);
    free(out);
    peri_buffer_release(def.buffer);
    peri_engine_destroy(engine);
  }
}

/* While it sounds, fades or rings; alike in the kernels' way and in that of many channels. */
TEST(a_filtered_source_stops_on_its_exact_frame) {
  for (int k = 0; k < 9; k++) {
    uint32_t channels = 1 + (uint32_t)(k % 3);
    peri_engine *engine = scene_engine(channels);
    peri_source_def def = peri_default_source_def();
    def.buffer = scene_constant(channels, 10000, 0.5f);
    def.filter = (peri_filter){PERI_FILTER_LOWPASS, 50.0f, 5.0f};
    if (k / 3 == 2) def.duration = 300 / RATE;
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    if (k / 3 == 1)
      CHECK(peri_source_fade_out(engine, source, 600 / RATE, 400 / RATE));
    else
      CHECK(peri_source_stop(engine, source, 1000 / RATE));
    float *out = scene_render(engine, 1280, 128);
    if (k / 3 != 1) CHECK(fabsf(out[999 * channels]) > 0.01f);
    for (uint32_t i = 1000 * channels; i < 1280 * channels; i++) CHECK(out[i] == 0.0f);
    free(out);
    peri_buffer_release(def.buffer);
    peri_engine_destroy(engine);
  }
}

/* A filtered source of noise, between `neighbours` that are filtered, resampled, ramping and silent. */
static float *among(int neighbours) {
  static float sound[20000];
  random_state = 5;
  for (int i = 0; i < 20000; i++) sound[i] = (float)chance(-0.5, 0.5);
  peri_engine *engine = scene_engine(2);
  peri_buffer *buffer = buffer_of(sound, 1, 20000);
  for (int k = 0; k <= neighbours; k++) {
    bool own = k == neighbours / 2;
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer;
    def.panned = true;
    def.pan = 0.25f;
    def.volume = own ? 1.0f : 0.0f;
    def.playback_rate = own || k % 3 ? 1.0f : 1.25f;
    if (own || k % 4) def.filter = (peri_filter){PERI_FILTER_LOWPASS, own ? 700.0f : 90.0f * (float)k, 2.0f};
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    peri_filter next = {PERI_FILTER_HIGHPASS, 100.0f, 1.0f};
    if (k % 5 == 0 && !own) CHECK(peri_source_set_filter(engine, source, &next, 0.1));
  }
  float *out = scene_render(engine, 8000, 512);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
  return out;
}

TEST(neighbours_change_no_bit_of_a_filtered_voice) {
  float *alone = among(0);
  for (int neighbours = 1; neighbours < 60; neighbours = neighbours * 2 + 1) {
    float *out = among(neighbours);
    for (int i = 0; i < 16000; i++)
      if (out[i] != alone[i]) fail_msg("%d neighbours: sample %d", neighbours, i);
    free(out);
  }
  free(alone);
}

TEST(a_filter_over_broken_samples_recovers) {
  float *sound = calloc(4800, sizeof *sound);
  sound[200] = INFINITY;
  sound[300] = 3e38f; /* finite, and too much for any filter */
  sound[301] = -3e38f;
  peri_engine *engine = scene_engine(1);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(sound, 1, 4800);
  def.filter = (peri_filter){PERI_FILTER_HIGHPASS, 5000.0f, 40.0f};
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0);
  float *out = scene_render(engine, 4800, 480);
  for (int i = 0; i < 4800; i++) CHECK(isfinite(out[i]));
  for (int i = 1024; i < 4800; i++) CHECK(out[i] == 0.0f);
  CHECK(scene_stats(engine).nonfinite > 0);
  free(out);
  free(sound);
  peri_buffer_release(def.buffer);
  peri_engine_destroy(engine);
}

TEST(bad_filters_are_refused_and_change_nothing) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(100);
  peri_node source = scene_source(engine, ramp);
  static const struct {
    peri_filter filter;
    const char *error;
  } cases[] = {{{PERI_FILTER_LOWPASS, -1.0f, 1.0f}, "frequency"},
               {{PERI_FILTER_LOWPASS, NAN, 1.0f}, "frequency"},
               {{PERI_FILTER_LOWPASS, 100.0f, 0.0f}, "Q must"},
               {{PERI_FILTER_LOWPASS, 100.0f, NAN}, "Q must"},
               {{(peri_filter_type)9, 100.0f, 1.0f}, "type 9"}};
  for (int k = 0; k < 5; k++) {
    peri_filter got;
    CHECK(!peri_source_set_filter(engine, source, &cases[k].filter, 0.0));
    if (!strstr(peri_error(), cases[k].error)) fail_msg("%s", peri_error());
    CHECK(peri_source_get_filter(engine, source, &got) && got.type == PERI_FILTER_NONE);
  }
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}
