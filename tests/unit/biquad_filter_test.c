/* Web Audio 1.1, BiquadFilterNode. */
#include "unit/scene.h"

#include <complex.h>

#define RATE 48000.0
#define PI 3.14159265358979323846
#define FRAMES 1280

/* "Filters Characteristics", word for word: b0, b1, b2, a0, a1, a2. */
static void text_coefficients(peri_biquad_type type, double f0, double q, double gain, double c[6]) {
  double a = pow(10.0, gain / 40.0), w = 2.0 * PI * f0 / RATE, k = cos(w), alpha = sin(w) / (2.0 * q);
  double decibels = sin(w) / (2.0 * pow(10.0, q / 20.0)), s = sin(w) / 2.0 * sqrt(2.0) * 2.0 * sqrt(a);
  const double lowpass[] = {(1 - k) / 2, 1 - k, (1 - k) / 2, 1 + decibels, -2 * k, 1 - decibels};
  const double highpass[] = {(1 + k) / 2, -(1 + k), (1 + k) / 2, 1 + decibels, -2 * k, 1 - decibels};
  const double bandpass[] = {alpha, 0, -alpha, 1 + alpha, -2 * k, 1 - alpha};
  const double notch[] = {1, -2 * k, 1, 1 + alpha, -2 * k, 1 - alpha};
  const double allpass[] = {1 - alpha, -2 * k, 1 + alpha, 1 + alpha, -2 * k, 1 - alpha};
  const double peaking[] = {1 + alpha * a, -2 * k, 1 - alpha * a, 1 + alpha / a, -2 * k, 1 - alpha / a};
  const double lowshelf[] = {a * ((a + 1) - (a - 1) * k + s), 2 * a * ((a - 1) - (a + 1) * k),
                             a * ((a + 1) - (a - 1) * k - s), (a + 1) + (a - 1) * k + s,
                             -2 * ((a - 1) + (a + 1) * k),    (a + 1) + (a - 1) * k - s};
  const double highshelf[] = {a * ((a + 1) + (a - 1) * k + s), -2 * a * ((a - 1) + (a + 1) * k),
                              a * ((a + 1) + (a - 1) * k - s), (a + 1) - (a - 1) * k + s,
                              2 * ((a - 1) - (a + 1) * k),     (a + 1) - (a - 1) * k - s};
  const double *const of[] = {lowpass, highpass, bandpass, lowshelf, highshelf, peaking, notch, allpass};
  memcpy(c, of[type], 6 * sizeof *c);
}

typedef struct scene {
  peri_engine *engine;
  peri_node filter;
} scene;

/* Noise through a filter, started. */
static scene filtered(uint32_t channels, uint32_t frames) {
  scene s = {scene_engine(channels), 0};
  s.filter = peri_node_create(s.engine, PERI_NODE_BIQUAD_FILTER);
  CHECK(s.filter != 0);
  CHECK(peri_connect(s.engine, s.filter, 0, peri_engine_destination(s.engine), 0));
  peri_buffer *buffer = scene_noise(channels, frames);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_source_play(s.engine, &def, s.filter) != 0);
  peri_buffer_release(buffer);
  return s;
}

static void set(scene *s, peri_biquad_type type, float frequency, float detune, float q, float gain) {
  CHECK(peri_node_set_option(s->engine, s->filter, PERI_BIQUAD_TYPE, type));
  CHECK(peri_param_set_value(s->engine, s->filter, PERI_BIQUAD_FREQUENCY, frequency));
  CHECK(peri_param_set_value(s->engine, s->filter, PERI_BIQUAD_DETUNE, detune));
  CHECK(peri_param_set_value(s->engine, s->filter, PERI_BIQUAD_Q, q));
  CHECK(peri_param_set_value(s->engine, s->filter, PERI_BIQUAD_GAIN, gain));
}

/* The equation in time, over a0. */
typedef struct history {
  double x1, x2, y1, y2;
} history;

static double next(history *h, const double c[6], double x) {
  double y = (c[0] * x + c[1] * h->x1 + c[2] * h->x2 - c[4] * h->y1 - c[5] * h->y2) / c[3];
  *h = (history){x, h->x1, y, h->y1};
  return y;
}

TEST(every_type_of_biquad_is_the_filter_of_the_text) {
  const float sets[][4] = {
      {350, 0, 1, 0}, {20, 0, 6, -12}, {1000, 700, 0.5f, 9}, {9000, -1200, 20, -30}, {23000, 0, 3, 40}};
  for (peri_biquad_type type = PERI_BIQUAD_LOWPASS; type <= PERI_BIQUAD_ALLPASS; type++) {
    for (int k = 0; k < 5; k++) {
      scene s = filtered(1, FRAMES / 2);
      set(&s, type, sets[k][0], sets[k][1], sets[k][2], sets[k][3]);
      float *out = scene_render(s.engine, FRAMES, FRAMES);
      double c[6], peak = 1.0;
      text_coefficients(type, (double)sets[k][0] * exp2((double)sets[k][1] / 1200.0), (double)sets[k][2],
                        (double)sets[k][3], c);
      history h = {0};
      uint32_t seed = 1;
      for (int i = 0; i < FRAMES; i++) {
        double y = next(&h, c, i < FRAMES / 2 ? (double)scene_next_noise(&seed) : 0.0);
        if (fabs(y) > peak) peak = fabs(y);
        CHECK_NEAR(out[i], y, 1e-6 * peak);
      }
      free(out);
      peri_engine_destroy(s.engine);
    }
  }
}

TEST(all_parameters_of_a_biquad_count_in_each_frame) {
  for (peri_biquad_type type = PERI_BIQUAD_LOWPASS; type <= PERI_BIQUAD_ALLPASS; type++) {
    const float from[4] = {200, -600, 1, -6}, to[4] = {5000, 600, 9, 12};
    scene s = filtered(1, FRAMES);
    CHECK(peri_node_set_option(s.engine, s.filter, PERI_BIQUAD_TYPE, type));
    for (uint32_t p = 0; p < 4; p++) {
      CHECK(peri_param_set_value_at_time(s.engine, s.filter, p, from[p], 0.0));
      CHECK(peri_param_linear_ramp(s.engine, s.filter, p, to[p], FRAMES / RATE));
    }
    float *out = scene_render(s.engine, FRAMES, FRAMES);
    history h = {0};
    uint32_t seed = 1;
    for (int i = 0; i < FRAMES; i++) {
      double v[4], c[6];
      for (int p = 0; p < 4; p++)
        v[p] = (double)(float)((double)from[p] + ((double)to[p] - (double)from[p]) * i / FRAMES);
      text_coefficients(type, v[0] * exp2(v[1] / 1200.0), v[2], v[3], c);
      CHECK_NEAR(out[i], next(&h, c, (double)scene_next_noise(&seed)), 2e-5);
    }
    free(out);
    peri_engine_destroy(s.engine);
  }
}

/* Where the poles of the formulas lie on the unit circle, filters are what they come to: a plain gain. */
TEST(at_the_ends_of_its_ranges_a_biquad_is_a_gain) {
  const double at_0[] = {0, 1, 0, 1, 4, 1, 1, 1}, at_nyquist[] = {1, 0, 0, 4, 1, 1, 1, 1};
  const double without_q[] = {NAN, NAN, 1, NAN, NAN, 4, 0, -1};
  const float gain = 12.041199827f; /* A² is 4 */
  for (peri_biquad_type type = PERI_BIQUAD_LOWPASS; type <= PERI_BIQUAD_ALLPASS; type++) {
    const double wanted[] = {at_0[type], at_nyquist[type], at_nyquist[type], without_q[type]};
    const float frequency[] = {0, 24000, 20000, 1000}, detune[] = {0, 0, 1200, 0}, q[] = {1, 1, 1, 0};
    for (int k = 0; k < 4; k++) {
      if (isnan(wanted[k])) continue;
      scene s = filtered(1, FRAMES);
      set(&s, type, frequency[k], detune[k], q[k], gain);
      float *out = scene_render(s.engine, FRAMES, FRAMES);
      uint32_t seed = 1;
      for (int i = 0; i < FRAMES; i++) CHECK_NEAR(out[i], wanted[k] * (double)scene_next_noise(&seed), 1e-5);
      free(out);
      peri_engine_destroy(s.engine);
    }
  }
}

TEST(a_biquad_stays_finite_whatever_its_parameters_are) {
  const float big = 3.4e38f, q[] = {-big, big, 1e-30f}, gain[] = {-big, big, 0};
  for (peri_biquad_type type = PERI_BIQUAD_LOWPASS; type <= PERI_BIQUAD_ALLPASS; type++) {
    for (int k = 0; k < 9; k++) {
      scene s = filtered(1, FRAMES);
      set(&s, type, 1000.0f, k % 2 ? -1e6f : 0.0f, q[k % 3], gain[k / 3]);
      float *out = scene_render(s.engine, FRAMES, FRAMES);
      for (int i = 0; i < FRAMES; i++) CHECK(isfinite(out[i]));
      free(out);
      if (gain[k / 3] <= 0) CHECK_EQ(scene_stats(s.engine).nonfinite, 0);
      peri_engine_destroy(s.engine);
    }
  }
}

TEST(channels_of_a_biquad_have_nothing_to_do_with_each_other) {
  enum { CHANNELS = PERI_MAX_CHANNELS };
  scene s = filtered(CHANNELS, 256);
  set(&s, PERI_BIQUAD_PEAKING, 2000.0f, 0.0f, 4.0f, 10.0f);
  float *out = scene_render(s.engine, 512, 512);
  double c[6];
  text_coefficients(PERI_BIQUAD_PEAKING, 2000.0, 4.0, 10.0, c);
  for (uint32_t channel = 0; channel < CHANNELS; channel++) {
    history h = {0};
    uint32_t seed = channel + 1;
    for (int i = 0; i < 512; i++)
      CHECK_NEAR(out[i * CHANNELS + (int)channel], next(&h, c, i < 256 ? (double)scene_next_noise(&seed) : 0.0), 1e-5);
  }
  free(out);
  peri_engine_destroy(s.engine);
}

/* "tail-time: Yes". The plan is compiled anew while it rings, with nothing connected any more. */
TEST(what_rings_in_a_biquad_is_heard_in_all_its_channels_and_then_it_goes) {
  scene s = filtered(2, 128);
  set(&s, PERI_BIQUAD_BANDPASS, 1000.0f, 0.0f, 30.0f, 0.0f);
  free(scene_render(s.engine, 128, 128));
  peri_node_release(s.engine, s.filter);
  CHECK(peri_engine_update(s.engine));
  free(scene_render(s.engine, 128, 128));
  CHECK(peri_engine_update(s.engine));
  CHECK(peri_node_is_valid(s.engine, s.filter));
  float *out = scene_render(s.engine, 128, 128);
  double c[6], y[2] = {0, 0};
  text_coefficients(PERI_BIQUAD_BANDPASS, 1000.0, 30.0, 0.0, c);
  for (uint32_t channel = 0; channel < 2; channel++) {
    history h = {0};
    uint32_t seed = channel + 1;
    for (int i = 0; i < 384; i++) {
      y[channel] = next(&h, c, i < 128 ? (double)scene_next_noise(&seed) : 0.0);
      if (i >= 256) CHECK_NEAR(out[(i - 256) * 2 + (int)channel], y[channel], 1e-6);
    }
  }
  free(out);
  out = scene_render(s.engine, 48000, 48000); /* 30 / (π 1000) s to 1/e */
  CHECK_EQ(out[95999] * 1e12f, 0);
  free(out);
  CHECK(peri_engine_update(s.engine));
  free(scene_render(s.engine, 256, 256));
  CHECK(peri_engine_update(s.engine));
  CHECK(!peri_node_is_valid(s.engine, s.filter));
  peri_engine_destroy(s.engine);
}

TEST(a_biquad_whose_type_is_set_goes_on_with_what_was) {
  scene s = filtered(1, 512);
  set(&s, PERI_BIQUAD_LOWPASS, 500.0f, 0.0f, 12.0f, 0.0f);
  float *first = scene_render(s.engine, 256, 256);
  CHECK(peri_node_set_option(s.engine, s.filter, PERI_BIQUAD_TYPE, PERI_BIQUAD_HIGHPASS));
  float *then = scene_render(s.engine, 256, 256);
  double low[6], high[6];
  text_coefficients(PERI_BIQUAD_LOWPASS, 500.0, 12.0, 0.0, low);
  text_coefficients(PERI_BIQUAD_HIGHPASS, 500.0, 12.0, 0.0, high);
  history h = {0};
  uint32_t seed = 1;
  for (int i = 0; i < 256; i++) CHECK_NEAR(first[i], next(&h, low, (double)scene_next_noise(&seed)), 1e-5);
  for (int i = 0; i < 256; i++) CHECK_NEAR(then[i], next(&h, high, (double)scene_next_noise(&seed)), 1e-5);
  free(first);
  free(then);
  peri_engine_destroy(s.engine);
}

TEST(a_nan_does_not_stay_in_a_biquad) {
  peri_engine *engine = scene_engine(1);
  peri_node filter = peri_node_create(engine, PERI_NODE_BIQUAD_FILTER);
  peri_node source = peri_node_create(engine, PERI_NODE_CONSTANT_SOURCE);
  peri_node gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, source, 0, gain, 0));
  CHECK(peri_connect(engine, gain, 0, filter, 0));
  CHECK(peri_connect(engine, filter, 0, peri_engine_destination(engine), 0));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK(peri_param_set_value(engine, filter, PERI_BIQUAD_Q, 300.0f)); /* 10^15: it grows over all limits */
  CHECK(peri_param_set_value(engine, filter, PERI_BIQUAD_FREQUENCY, 24000.0f / 2));
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 3e38f));
  free(scene_render(engine, 4096, 4096));
  CHECK(scene_stats(engine).nonfinite > 0);
  CHECK(peri_param_set_value(engine, filter, PERI_BIQUAD_Q, 0.0f));
  CHECK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 0.5f));
  float *out = scene_render(engine, 4096, 4096);
  CHECK_NEAR(out[4095], 0.5, 1e-6);
  free(out);
  peri_engine_destroy(engine);
}

TEST(a_biquad_sounds_alike_in_blocks_of_all_sizes) {
  const uint32_t blocks[] = {FRAMES, 128, 77, 1};
  float *first = NULL;
  for (int b = 0; b < 4; b++) {
    scene s = filtered(2, FRAMES / 2);
    CHECK(peri_param_linear_ramp(s.engine, s.filter, PERI_BIQUAD_FREQUENCY, 9000.0f, 300.0 / RATE));
    float *out = scene_render(s.engine, FRAMES, blocks[b]);
    if (first) CHECK_EQ(memcmp(first, out, 2 * FRAMES * sizeof *out), 0);
    if (first)
      free(out);
    else
      first = out;
    peri_engine_destroy(s.engine);
  }
  free(first);
}

TEST(the_response_of_a_biquad_is_its_transfer_function) {
  const float frequencies[] = {0.0f, 20.0f, 350.0f, 1000.0f, 12000.0f, 24000.0f, -1.0f, 24001.0f, NAN};
  float magnitudes[9], phases[9];
  for (peri_biquad_type type = PERI_BIQUAD_LOWPASS; type <= PERI_BIQUAD_ALLPASS; type++) {
    scene s = filtered(1, 128);
    set(&s, type, 700.0f, 386.0f, 2.0f, -9.0f);
    CHECK(peri_filter_get_response(s.engine, s.filter, frequencies, magnitudes, phases, 9));
    double c[6];
    text_coefficients(type, 700.0 * exp2(386.0 / 1200.0), 2.0, -9.0, c);
    for (int k = 0; k < 6; k++) {
      double complex z = cexp(-2.0 * PI * I * (double)frequencies[k] / RATE);
      double complex h = (c[0] + c[1] * z + c[2] * z * z) / (c[3] + c[4] * z + c[5] * z * z);
      CHECK_NEAR(magnitudes[k], cabs(h), 1e-6);
      if (cabs(h) > 1e-6) CHECK_NEAR(cos((double)phases[k] - carg(h)), 1.0, 1e-9);
    }
    for (int k = 6; k < 9; k++) CHECK(isnan(magnitudes[k]) && isnan(phases[k]));
    peri_engine_destroy(s.engine);
  }
}

TEST(the_response_of_a_biquad_is_of_the_current_values_and_of_filters_alone) {
  const float frequency = 1000.0f;
  float before, after, phase;
  scene s = filtered(1, 128);
  CHECK(peri_param_set_value_at_time(s.engine, s.filter, PERI_BIQUAD_FREQUENCY, 4000.0f, 100 * 128 / RATE));
  free(scene_render(s.engine, 128, 128));
  CHECK(peri_filter_get_response(s.engine, s.filter, &frequency, &before, &phase, 1));
  free(scene_render(s.engine, 128 * 128, 128));
  CHECK(peri_filter_get_response(s.engine, s.filter, &frequency, &after, &phase, 1));
  CHECK(before < 0.2f && after > 0.9f);
  CHECK(!peri_filter_get_response(s.engine, peri_engine_destination(s.engine), &frequency, &after, &phase, 1));
  CHECK_ERROR("AudioDestinationNode is no filter");
  CHECK(!peri_filter_get_response(s.engine, 0, &frequency, &after, &phase, 1));
  peri_engine_destroy(s.engine);
}
