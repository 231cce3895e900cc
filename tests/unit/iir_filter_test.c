/* Web Audio 1.1, IIRFilterNode. */
#include "unit/scene.h"

#include <complex.h>

#define RATE 48000.0
#define PI 3.14159265358979323846
#define FRAMES 1280

static peri_node iir(peri_engine *engine, const double *b, uint32_t b_count, const double *a, uint32_t a_count) {
  peri_node_def def = peri_default_node_def(PERI_NODE_IIR_FILTER);
  def.feedforward = b, def.feedforward_count = b_count;
  def.feedback = a, def.feedback_count = a_count;
  return peri_node_create_from(engine, &def);
}

/* Noise through a filter, started; `channels` of it. */
static peri_node filtered(peri_engine *engine, peri_node filter, uint32_t frames) {
  uint32_t channels = peri_engine_channels(engine);
  peri_buffer *buffer = scene_noise(channels, frames);
  CHECK(filter != 0);
  CHECK(peri_connect(engine, filter, 0, peri_engine_destination(engine), 0));
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_source_play(engine, &def, filter) != 0);
  peri_buffer_release(buffer);
  return filter;
}

/* "Filter Definition", the equation in time, of one channel's noise. */
static void wanted(double *y, const double *b, uint32_t b_count, const double *a, uint32_t a_count, uint32_t channel,
                   int sounding) {
  double x[FRAMES];
  uint32_t seed = channel + 1;
  for (int i = 0; i < FRAMES; i++) {
    x[i] = i < sounding ? (double)scene_next_noise(&seed) : 0.0;
    double sum = 0.0;
    for (int k = 0; k < (int)b_count && k <= i; k++) sum += b[k] * x[i - k];
    for (int k = 1; k < (int)a_count && k <= i; k++) sum -= a[k] * y[i - k];
    y[i] = sum / a[0];
  }
}

TEST(an_iir_filter_is_its_equation_for_any_number_of_coefficients) {
  double b[PERI_MAX_COEFFICIENTS], a[PERI_MAX_COEFFICIENTS], y[FRAMES];
  uint32_t seed = 99;
  for (uint32_t n = 0; n < 2 * PERI_MAX_COEFFICIENTS; n++) {
    uint32_t b_count = 1 + n % PERI_MAX_COEFFICIENTS, a_count = 1 + (n * 7) % PERI_MAX_COEFFICIENTS;
    for (uint32_t k = 0; k < b_count; k++) b[k] = (double)scene_next_noise(&seed);
    for (uint32_t k = 0; k < a_count; k++) a[k] = k ? (double)scene_next_noise(&seed) / a_count : -2.5; /* stable */
    peri_engine *engine = scene_engine(2);
    filtered(engine, iir(engine, b, b_count, a, a_count), FRAMES / 2);
    float *out = scene_render(engine, FRAMES, FRAMES);
    for (uint32_t c = 0; c < 2; c++) {
      wanted(y, b, b_count, a, a_count, c, FRAMES / 2);
      for (int i = 0; i < FRAMES; i++) CHECK_NEAR(out[2 * i + (int)c], y[i], 1e-6);
    }
    free(out);
    peri_engine_destroy(engine);
  }
}

/* Poles at 0.9999 of the unit circle, 20 Hz: floats would lose them. */
TEST(an_iir_filter_is_computed_in_doubles) {
  double w = 2.0 * PI * 20.0 / RATE, r = 0.9999, y[FRAMES];
  const double b[] = {1e-4}, a[] = {1.0, -2.0 * r * cos(w), r * r};
  peri_engine *engine = scene_engine(1);
  filtered(engine, iir(engine, b, 1, a, 3), FRAMES);
  float *out = scene_render(engine, FRAMES, 128);
  wanted(y, b, 1, a, 3, 0, FRAMES);
  for (int i = 0; i < FRAMES; i++) CHECK_NEAR(out[i], y[i], 1e-7 * (1.0 + fabs(y[i])));
  free(out);
  peri_engine_destroy(engine);
}

TEST(an_iir_filter_copies_its_coefficients) {
  double b[] = {0.5}, a[] = {1.0}, y[FRAMES];
  peri_engine *engine = scene_engine(1);
  filtered(engine, iir(engine, b, 1, a, 1), FRAMES);
  b[0] = 7.0;
  float *out = scene_render(engine, FRAMES, FRAMES);
  b[0] = 0.5;
  wanted(y, b, 1, a, 1, 0, FRAMES);
  for (int i = 0; i < FRAMES; i++) CHECK_NEAR(out[i], y[i], 0.0);
  free(out);
  peri_engine_destroy(engine);
}

/* "tail-time: Yes" */
TEST(an_iir_filter_rings_until_nothing_is_left_and_then_it_goes) {
  double b[] = {1.0}, a[11] = {1.0}, y[FRAMES];
  a[10] = -0.9; /* an echo each 10 frames, −0.9 dB: −180 dB after 2,000 */
  peri_engine *engine = scene_engine(2);
  peri_node filter = filtered(engine, iir(engine, b, 1, a, 11), 64);
  free(scene_render(engine, 128, 128));
  peri_node_release(engine, filter);
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, 128, 128));
  CHECK(peri_engine_update(engine));
  float *out = scene_render(engine, 1024, 1024);
  for (uint32_t c = 0; c < 2; c++) {
    wanted(y, b, 1, a, 11, c, 64);
    for (int i = 0; i < 1024; i++) CHECK_NEAR(out[2 * i + (int)c], y[i + 256], 1e-6);
  }
  free(out);
  CHECK(peri_node_is_valid(engine, filter));
  free(scene_render(engine, 4096, 4096));
  CHECK(peri_engine_update(engine));
  free(scene_render(engine, 256, 256));
  CHECK(peri_engine_update(engine));
  CHECK(!peri_node_is_valid(engine, filter));
  peri_engine_destroy(engine);
}

TEST(an_iir_filter_that_grows_over_all_numbers_is_silenced) {
  const double b[] = {1.0}, a[] = {1.0, -2.0};
  peri_engine *engine = scene_engine(1);
  filtered(engine, iir(engine, b, 1, a, 2), 4096);
  float *out = scene_render(engine, 4096, 4096);
  for (int i = 0; i < 4096; i++) CHECK(isfinite(out[i]));
  CHECK(scene_stats(engine).nonfinite > 0);
  free(out);
  peri_engine_destroy(engine);
}

TEST(the_response_of_an_iir_filter_is_its_transfer_function) {
  const double b[] = {1.0, -0.5, 0.25, 0.125}, a[] = {2.0, 0.5, -0.25};
  const float frequencies[] = {0.0f, 100.0f, 5000.0f, 24000.0f, -0.5f, 24000.5f, NAN};
  float magnitudes[7], phases[7];
  peri_engine *engine = scene_engine(1);
  peri_node filter = iir(engine, b, 4, a, 3);
  CHECK(peri_filter_get_response(engine, filter, frequencies, magnitudes, phases, 7));
  for (int k = 0; k < 4; k++) {
    double complex z = cexp(-2.0 * PI * I * (double)frequencies[k] / RATE);
    double complex h = (b[0] + b[1] * z + b[2] * z * z + b[3] * z * z * z) / (a[0] + a[1] * z + a[2] * z * z);
    CHECK_NEAR(magnitudes[k], cabs(h), 1e-6);
    CHECK_NEAR(phases[k], carg(h), 1e-6);
  }
  for (int k = 4; k < 7; k++) CHECK(isnan(magnitudes[k]) && isnan(phases[k]));
  peri_engine_destroy(engine);
}

/* createIIRFilter: NotSupportedError for their number, InvalidStateError for zeros. */
TEST(wrong_coefficients_are_refused_with_what_is_right) {
  double numbers[PERI_MAX_COEFFICIENTS + 1] = {1.0};
  const double zeros[2] = {0.0, 0.0}, late[2] = {0.0, 1.0}, bad[2] = {1.0, INFINITY};
  peri_engine *engine = scene_engine(1);
  CHECK(!iir(engine, numbers, 0, numbers, 1));
  CHECK_ERROR("1 to 20 coefficients in feedforward, got 0");
  CHECK(!iir(engine, numbers, 1, numbers, PERI_MAX_COEFFICIENTS + 1));
  CHECK_ERROR("1 to 20 coefficients in feedback, got 21");
  CHECK(!iir(engine, zeros, 2, numbers, 1));
  CHECK_ERROR("feedforward must not all be 0");
  CHECK(!iir(engine, numbers, 1, late, 2));
  CHECK_ERROR("the first coefficient in feedback must not be 0");
  CHECK(!iir(engine, bad, 2, numbers, 1));
  CHECK_ERROR("feedforward[1] is no finite number");
  CHECK(!peri_node_create(engine, PERI_NODE_IIR_FILTER));
  CHECK_ERROR("1 to 20 coefficients in feedforward, got 0");
  CHECK(iir(engine, late, 2, numbers, 1) != 0);
  peri_engine_destroy(engine);
}
