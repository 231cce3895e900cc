/* Web Audio 1.1, OscillatorNode and PeriodicWave. */
#include "unit/scene.h"

#define RATE 48000.0
#define TAU 6.283185307179586477

static peri_node oscillator(peri_engine *engine, peri_oscillator_type type, float frequency) {
  peri_node node = peri_node_create(engine, PERI_NODE_OSCILLATOR);
  CHECK(node != 0);
  if (type != PERI_OSCILLATOR_SINE) CHECK(peri_node_set_option(engine, node, PERI_OSCILLATOR_TYPE, type));
  CHECK(peri_param_set_value(engine, node, PERI_OSCILLATOR_FREQUENCY, frequency));
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  return node;
}

static peri_node custom(peri_engine *engine, float frequency, const float *real, const float *imag, size_t count,
                        bool normalize) {
  peri_node node = oscillator(engine, PERI_OSCILLATOR_SINE, frequency);
  peri_wave *wave = peri_wave_create(real, imag, count, normalize);
  CHECK(wave != NULL);
  CHECK(peri_oscillator_set_wave(engine, node, wave));
  peri_wave_release(wave);
  return node;
}

static bool play(peri_engine *engine, peri_node node, double when) {
  return peri_source_start(engine, node, when, 0.0, INFINITY);
}

/* The sin and cos parts of a frequency in a second. */
static void partial(const float *out, double frequency, double *sine, double *cosine) {
  *sine = *cosine = 0.0;
  for (int i = 0; i < 48000; i++) {
    *sine += (double)out[i] * sin(TAU * frequency * i / RATE) / 24000.0;
    *cosine += (double)out[i] * cos(TAU * frequency * i / RATE) / 24000.0;
  }
}

TEST(an_oscillator_is_a_sine_whose_phase_is_zero_at_its_start) {
  peri_engine *engine = scene_engine(1);
  CHECK(play(engine, oscillator(engine, PERI_OSCILLATOR_SINE, 440.0f), 10.0 / RATE));
  float *out = scene_render(engine, 9600, 9600);
  for (int i = 0; i < 10; i++) CHECK_EQ(out[i], 0);
  for (int i = 10; i < 9600; i++) CHECK_NEAR(out[i], sin(TAU * 440.0 * (i - 10) / RATE), 1e-6);
  free(out);
  peri_engine_destroy(engine);
}

TEST(an_oscillator_that_starts_between_frames_is_on_its_way_in_the_first_one) {
  const double starts[] = {3.25, 127.5, 255.75};
  for (int s = 0; s < 3; s++) {
    peri_engine *engine = scene_engine(1);
    CHECK(play(engine, oscillator(engine, PERI_OSCILLATOR_SINE, 1000.0f), starts[s] / RATE));
    float *out = scene_render(engine, 512, 512);
    int first = (int)ceil(starts[s]);
    CHECK_EQ(out[first - 1], 0);
    for (int i = first; i < 512; i++) CHECK_NEAR(out[i], sin(TAU * 1000.0 * (i - starts[s]) / RATE), 1e-6);
    free(out);
    peri_engine_destroy(engine);
  }
}

/* "Oscillator Coefficients", the b[n]. */
static double coefficient(peri_oscillator_type type, int n) {
  if (type == PERI_OSCILLATOR_SQUARE) return 2.0 / (n * TAU / 2) * (1.0 - (n % 2 ? -1.0 : 1.0));
  if (type == PERI_OSCILLATOR_SAWTOOTH) return (n % 2 ? 1.0 : -1.0) * 2.0 / (n * TAU / 2);
  return 8.0 * sin(n * TAU / 4) / (TAU / 2 * n) / (TAU / 2 * n);
}

/* "Waveform Normalization" of 2,047 partials, N 8,192; by the sums themselves near the peak: square and sawtooth have
 * theirs beside the jump, the triangle at a quarter. */
static double factor_of(peri_oscillator_type type) {
  double most = 0.0;
  for (int i = 0; i < 8192; i++) {
    if (type != PERI_OSCILLATOR_TRIANGLE && i > 64 && (i < 4032 || i > 4160)) continue;
    if (type == PERI_OSCILLATOR_TRIANGLE && i != 2048) continue;
    double sum = 0.0;
    for (int n = 1; n < 2048; n++) sum += coefficient(type, n) * sin(TAU * n * i / 8192.0);
    if (fabs(sum) > most) most = fabs(sum);
  }
  return most;
}

TEST(shapes_have_the_normalised_partials_of_the_text_and_nothing_else) {
  for (peri_oscillator_type type = PERI_OSCILLATOR_SQUARE; type <= PERI_OSCILLATOR_TRIANGLE; type++) {
    peri_engine *engine = scene_engine(1);
    CHECK(play(engine, oscillator(engine, type, 1031.0f), 0.0));
    float *out = scene_render(engine, 48000, 48000);
    double factor = factor_of(type), energy = 0.0, of_partials = 0.0;
    for (int i = 0; i < 48000; i++) energy += (double)out[i] * (double)out[i] / 24000.0;
    for (int n = 1; n < 24; n++) {
      double sine, cosine;
      partial(out, 1031.0 * n, &sine, &cosine);
      if (n < 19) CHECK_NEAR(sine, coefficient(type, n) / factor, 2e-4);
      CHECK_NEAR(cosine, 0.0, 1e-5);
      of_partials += sine * sine + cosine * cosine;
    }
    CHECK(energy - of_partials < 1e-8 * energy); /* what is not of a partial is an alias */
    free(out);
    peri_engine_destroy(engine);
  }
}

TEST(partials_at_half_the_sample_rate_and_above_are_left_out) {
  peri_engine *engine = scene_engine(1);
  CHECK(play(engine, oscillator(engine, PERI_OSCILLATOR_SAWTOOTH, 12000.0f), 0.0)); /* the second is at 24 kHz */
  float *out = scene_render(engine, 128, 128);
  double factor = factor_of(PERI_OSCILLATOR_SAWTOOTH);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[i], 2.0 / (TAU / 2) / factor * sin(TAU * i / 4.0), 1e-3);
  free(out);
  peri_engine_destroy(engine);
}

TEST(the_frequency_ranges_over_half_the_sample_rate_both_ways_and_is_silent_at_its_ends) {
  peri_engine *engine = scene_engine(1);
  peri_node node = oscillator(engine, PERI_OSCILLATOR_SINE, 1000.0f);
  peri_param_info info;
  float value;
  CHECK(peri_param_get_info(engine, node, PERI_OSCILLATOR_FREQUENCY, &info));
  CHECK_NEAR(info.min_value, -24000.0, 0.0);
  CHECK_NEAR(info.max_value, 24000.0, 0.0);
  CHECK(peri_param_get_info(engine, node, PERI_OSCILLATOR_DETUNE, &info));
  CHECK_NEAR(info.min_value, -153600.0, 0.0);
  CHECK_NEAR(info.max_value, 153600.0, 0.0);
  CHECK(play(engine, node, 0.0));
  CHECK(peri_param_set_value(engine, node, PERI_OSCILLATOR_FREQUENCY, 30000.0f));
  CHECK(peri_param_value(engine, node, PERI_OSCILLATOR_FREQUENCY, &value));
  CHECK_NEAR(value, 24000.0, 0.0);
  float *out = scene_render(engine, 256, 256);
  for (int i = 0; i < 256; i++) CHECK_EQ(out[i], 0);
  free(out);
  /* 256 half periods later its phase is 0 again. Detuned beyond, it is silent too, though its frequency is not. */
  CHECK(peri_param_set_value(engine, node, PERI_OSCILLATOR_FREQUENCY, 3000.0f));
  out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[i], sin(TAU * 3000.0 * i / RATE), 1e-6);
  free(out);
  CHECK(peri_param_set_value(engine, node, PERI_OSCILLATOR_DETUNE, 3600.0f));
  out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_EQ(out[i], 0);
  free(out);
  peri_engine_destroy(engine);
}

TEST(frequency_and_detune_are_integrated_frame_by_frame_through_zero_too) {
  peri_engine *engine = scene_engine(1);
  peri_node node = oscillator(engine, PERI_OSCILLATOR_SINE, 0.0f);
  CHECK(peri_param_set_value_at_time(engine, node, PERI_OSCILLATOR_FREQUENCY, 2000.0f, 0.0));
  CHECK(peri_param_linear_ramp(engine, node, PERI_OSCILLATOR_FREQUENCY, -2000.0f, 4800.0 / RATE));
  CHECK(peri_param_set_value_at_time(engine, node, PERI_OSCILLATOR_DETUNE, -1200.0f, 0.0));
  CHECK(peri_param_linear_ramp(engine, node, PERI_OSCILLATOR_DETUNE, 1200.0f, 4800.0 / RATE));
  CHECK(play(engine, node, 0.0));
  float *out = scene_render(engine, 4800, 4800);
  double phase = 0.0;
  for (int i = 0; i < 4800; i++) {
    CHECK_NEAR(out[i], sin(TAU * phase), 2e-5);
    float frequency = (float)(2000.0 - 4000.0 * i / 4800.0), cents = (float)(-1200.0 + 2400.0 * i / 4800.0);
    phase += (double)frequency * exp2((double)cents / 1200.0) / RATE;
  }
  free(out);
  peri_engine_destroy(engine);
}

/* Steady and moving frequencies go different ways; a saw that glides by nothing must sound as one that stands. */
TEST(a_glide_to_where_it_was_changes_nothing) {
  float *out[2];
  for (int glides = 0; glides < 2; glides++) {
    peri_engine *engine = scene_engine(1);
    peri_node node = oscillator(engine, PERI_OSCILLATOR_SAWTOOTH, 333.0f);
    if (glides) CHECK(peri_param_linear_ramp(engine, node, PERI_OSCILLATOR_FREQUENCY, 333.0f, 1.0));
    CHECK(play(engine, node, 5.5 / RATE));
    out[glides] = scene_render(engine, 2560, 2560);
    peri_engine_destroy(engine);
  }
  for (int i = 0; i < 2560; i++) CHECK_NEAR(out[0][i], out[1][i], 1e-5);
  free(out[0]);
  free(out[1]);
}

TEST(an_oscillator_sounds_alike_in_blocks_of_all_sizes) {
  const uint32_t blocks[] = {1280, 128, 100, 1};
  float *first = NULL;
  for (int b = 0; b < 4; b++) {
    peri_engine *engine = scene_engine(1);
    peri_node node = oscillator(engine, PERI_OSCILLATOR_SQUARE, 500.0f);
    CHECK(peri_param_linear_ramp(engine, node, PERI_OSCILLATOR_FREQUENCY, 20000.0f, 1000.0 / RATE));
    CHECK(play(engine, node, 3.3 / RATE));
    CHECK(peri_source_stop(engine, node, 1111.0 / RATE));
    float *out = scene_render(engine, 1280, blocks[b]);
    for (int i = 1111; i < 1280; i++) CHECK_EQ(out[i], 0);
    CHECK(out[1110] != 0.0f || out[1109] != 0.0f || out[1108] != 0.0f);
    if (first) {
      CHECK_EQ(memcmp(first, out, 1280 * sizeof *out), 0);
      free(out);
    } else {
      first = out;
    }
    peri_engine_destroy(engine);
  }
  free(first);
}

TEST(setting_the_type_keeps_the_phase_and_custom_is_refused) {
  peri_engine *engine = scene_engine(1);
  peri_node node = oscillator(engine, PERI_OSCILLATOR_TRIANGLE, 1000.0f);
  double type;
  CHECK(play(engine, node, 0.0));
  free(scene_render(engine, 128, 128));
  CHECK(!peri_node_set_option(engine, node, PERI_OSCILLATOR_TYPE, PERI_OSCILLATOR_CUSTOM));
  CHECK_ERROR("setPeriodicWave");
  CHECK(peri_node_get_option(engine, node, PERI_OSCILLATOR_TYPE, &type));
  CHECK_EQ(type, PERI_OSCILLATOR_TRIANGLE);
  CHECK(peri_node_set_option(engine, node, PERI_OSCILLATOR_TYPE, PERI_OSCILLATOR_SINE));
  float *out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[i], sin(TAU * 1000.0 * (i + 128) / RATE), 1e-6);
  free(out);
  peri_engine_destroy(engine);
}

TEST(a_wave_is_the_sum_of_its_terms_without_the_first_one) {
  const float real[] = {9.0f, 0.0f, 0.5f, 0.0f}, imag[] = {7.0f, 1.0f, 0.0f, -0.25f};
  for (int normal = 0; normal < 2; normal++) {
    peri_engine *engine = scene_engine(1);
    peri_node node = custom(engine, 300.0f, real, imag, 4, normal);
    double type, most = 0.0;
    CHECK(peri_node_get_option(engine, node, PERI_OSCILLATOR_TYPE, &type));
    CHECK_EQ(type, PERI_OSCILLATOR_CUSTOM);
    CHECK(play(engine, node, 0.0));
    float *out = scene_render(engine, 960, 960);
    for (int i = 0; i < 65536; i++) {
      double t = TAU * i / 65536.0, x = sin(t) + 0.5 * cos(2 * t) - 0.25 * sin(3 * t);
      if (fabs(x) > most) most = fabs(x);
    }
    for (int i = 0; i < 960; i++) {
      double t = TAU * 300.0 * i / RATE, x = sin(t) + 0.5 * cos(2 * t) - 0.25 * sin(3 * t);
      CHECK_NEAR(out[i], normal ? x / most : x, 3e-6);
    }
    free(out);
    peri_engine_destroy(engine);
  }
}

TEST(a_wave_has_up_to_8192_terms_each_at_its_level) {
  static float imag[PERI_MAX_WAVE_TERMS];
  memset(imag, 0, sizeof imag);
  imag[1] = 0.5f, imag[4000] = 0.25f, imag[8191] = 0.25f;
  peri_engine *engine = scene_engine(1);
  CHECK(play(engine, custom(engine, 2.0f, NULL, imag, PERI_MAX_WAVE_TERMS, false), 0.0));
  float *out = scene_render(engine, 48000, 48000);
  const int places[] = {1, 4000, 8191, 4001};
  const double levels[] = {0.5, 0.25, 0.25, 0.0};
  for (int k = 0; k < 4; k++) {
    double sine, cosine;
    partial(out, 2.0 * places[k], &sine, &cosine);
    CHECK_NEAR(sine, levels[k], 1e-4);
    CHECK_NEAR(cosine, 0.0, 1e-4);
  }
  free(out);
  peri_engine_destroy(engine);
}

TEST(a_wave_of_nothing_is_silent_and_finite) {
  const float zeros[2] = {1.0f, 0.0f};
  peri_engine *engine = scene_engine(1);
  CHECK(play(engine, custom(engine, 300.0f, zeros, NULL, 2, true), 0.0));
  float *out = scene_render(engine, 256, 256);
  for (int i = 0; i < 256; i++) CHECK_EQ(out[i] * 1e9f, 0);
  free(out);
  peri_engine_destroy(engine);
}

TEST(a_wrong_wave_is_refused_with_what_is_right) {
  const float terms[3] = {0.0f, 1.0f, NAN};
  peri_engine *engine = scene_engine(1);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(!peri_wave_create(terms, terms, 1, true));
  CHECK_ERROR("2 to 8192 terms");
  CHECK(!peri_wave_create(terms, terms, PERI_MAX_WAVE_TERMS + 1, true));
  CHECK_ERROR("2 to 8192 terms");
  CHECK(!peri_wave_create(terms, terms, 3, true));
  CHECK_ERROR("real[2] is not");
  peri_wave *wave = peri_wave_create(NULL, terms, 2, true);
  CHECK(!peri_oscillator_set_wave(engine, gain, wave));
  CHECK_ERROR("GainNode has no wave");
  CHECK(!peri_oscillator_set_wave(engine, gain, NULL));
  CHECK_ERROR("the wave is null");
  CHECK(!peri_oscillator_set_wave(engine, 0, wave));
  peri_wave_release(wave);
  peri_engine_destroy(engine);
}

TEST(an_oscillator_holds_its_wave_and_changes_it_while_it_plays) {
  const float high[] = {0.0f, 0.0f, 1.0f};
  peri_engine *engine = scene_engine(1);
  peri_node node = oscillator(engine, PERI_OSCILLATOR_SQUARE, 1000.0f);
  CHECK(play(engine, node, 0.0));
  free(scene_render(engine, 128, 128));
  peri_wave *wave = peri_wave_create(NULL, high, 3, false);
  CHECK(peri_oscillator_set_wave(engine, node, wave));
  peri_wave_release(wave);
  float *out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[i], sin(TAU * 2000.0 * (i + 128) / RATE), 2e-6);
  free(out);
  CHECK(peri_source_stop(engine, node, 0.0));
  free(scene_render(engine, 256, 256));
  peri_node_release(engine, node);
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, 256, 256));
  CHECK(peri_engine_update(engine));
  CHECK(!peri_node_is_valid(engine, node));
  peri_engine_destroy(engine);
}
