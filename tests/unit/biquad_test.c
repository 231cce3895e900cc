#include "unit/kernel_checks.h"
#include "unit/test.h"

#define N PERI_QUANTUM

/* The filter in its direct form, in double; i counts from 1. */
static double reference(const peri__lane *lane, double *state, float sample, int i) {
  double c[5], x = (double)sample;
  for (int k = 0; k < 5; k++) c[k] = (double)lane->coefs[k] + (lane->slope ? (double)lane->slope[k] * i : 0);
  double b1 = c[1] - c[0], b2 = c[3] - c[1], a1 = -1 - c[2], a2 = c[2] - c[4];
  double y = c[0] * x + state[0];
  state[0] = b1 * x - a1 * y + state[1];
  state[1] = b2 * x - a2 * y;
  return y;
}

typedef enum { NOISE, TONE, STEP } signal_kind;

static float next_sample(signal_kind kind, double hz, int frame) {
  if (kind == TONE) return (float)sin(2 * 3.14159265358979323846 * hz / 48000 * frame);
  return kind == STEP ? 1.0f : random_sample();
}

/* The worst error in dB of the peak, at least of full scale, in half a second. */
static double filter_error(const peri__kernels *kernels, const float *coefs, signal_kind kind, double hz) {
  float in[N], out[N], state[2] = {0};
  double exact[2] = {0}, worst = 0, peak = 1;
  peri__lane lane = {in, out, coefs, NULL, state};
  for (int frame = 0; frame < 24000; frame += N) {
    for (int i = 0; i < N; i++) in[i] = next_sample(kind, hz, frame + i);
    kernels->biquad(&lane, 1);
    for (int i = 0; i < N; i++) {
      double y = reference(&lane, exact, in[i], i + 1);
      worst = larger(fabs((double)out[i] - y), worst);
      peak = larger(fabs(y), peak);
    }
  }
  return 20 * log10(worst / peak + 1e-12);
}

static double worst_error(double from, double to) {
  const peri__kernels *kernels = peri__kernels_named(NULL);
  double worst = -300;
  for (int n = 0; n < 90; n++) {
    double hz = from * pow(to / from, n / 89.0), q = n % 3 ? 20 : 0.3 + n * 0.05;
    float coefs[5];
    design_filter(coefs, (filter_type)(n % 3), hz, q);
    worst = larger(filter_error(kernels, coefs, (signal_kind)(n / 3 % 3), hz), worst);
  }
  return worst;
}

/* A direct form in floats is some 50 dB worse at the lowest. */
TEST(filters_of_low_frequencies_and_high_q_stay_precise) {
  CHECK(worst_error(20, 100) < -75);
  CHECK(worst_error(100, 1000) < -85);
  CHECK(worst_error(1000, 16000) < -100);
}

/* The worst of a second of a node's steady biquad against its equation in time, over the largest output or input. */
static double steady_error(peri_biquad_type type, double pitch, double q, signal_kind kind) {
  peri__biquad b = peri__biquad_make(type, pitch, q, 12.0);
  peri__biquad_steady steady = peri__biquad_prepare(&b);
  peri__biquad_state state = {0}, exact = {0};
  double worst = 0, peak = 1;
  float in[N], out[N];
  for (int frame = 0; frame < 48000; frame += N) {
    for (int i = 0; i < N; i++) in[i] = next_sample(kind, pitch * 24000, frame + i);
    peri__biquad_run(peri__kernels_named(NULL), &steady, &state, in, out);
    for (int i = 0; i < N; i++) {
      double x = (double)in[i];
      double y = b.b0 * x + b.b1 * exact.x1 + b.b2 * exact.x2 - b.a1 * exact.y1 - b.a2 * exact.y2;
      exact = (peri__biquad_state){x, exact.x1, y, exact.y1};
      worst = larger(fabs((double)out[i] - y), worst);
      peak = larger(fabs(y), peak);
    }
  }
  return worst / peak;
}

/* A step of floats: half of one in rounding, the other for poles that are next to half the sample rate, or to 0. */
TEST(a_steady_biquad_is_its_equation_in_time_wherever_its_poles_are) {
  static const double pitches[] = {0.0005, 0.01, 0.1, 0.3, 0.4999, 0.5, 0.51, 0.7, 0.9, 0.9999};
  for (int p = 0; p < 10; p++)
    for (int q = 0; q <= 60; q += 20)
      for (int type = 0; type <= PERI_BIQUAD_ALLPASS; type++)
        for (int kind = NOISE; kind <= STEP; kind++) {
          double error = steady_error((peri_biquad_type)type, pitches[p], q, (signal_kind)kind);
          if (error > 1.3e-7) fail_msg("type %d at %g, Q %d, signal %d: %g", type, pitches[p], q, kind, error);
        }
}

TEST(a_ramping_filter_takes_each_frames_coefficients) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    float in[N], out[N], coefs[5], to[5], slope[5], state[2] = {0};
    double exact[2] = {0};
    design_filter(coefs, LOW_PASS, 300, 0.7);
    design_filter(to, LOW_PASS, 9000, 2);
    for (int c = 0; c < 5; c++) slope[c] = (to[c] - coefs[c]) / N;
    for (int i = 0; i < N; i++) in[i] = random_sample();
    kernels->biquad(&(peri__lane){in, out, coefs, slope, state}, 1);
    for (int i = 0; i < N; i++)
      CHECK_NEAR(out[i], reference(&(peri__lane){in, out, coefs, slope, state}, exact, in[i], i + 1), 2e-6);
  }
}

TEST(a_filter_goes_on_where_its_last_quantum_ended) {
  const peri__kernels *kernels = peri__kernels_named(NULL);
  float samples[3 * N] = {1}, coefs[5], state[2] = {0};
  double exact[2] = {0};
  design_filter(coefs, BAND_PASS, 1000, 5);
  for (int q = 0; q < 3; q++)
    kernels->biquad(&(peri__lane){samples + q * N, samples + q * N, coefs, NULL, state}, 1); /* in place */
  for (int i = 0; i < 3 * N; i++)
    CHECK_NEAR(samples[i], reference(&(peri__lane){.coefs = coefs}, exact, i ? 0.0f : 1.0f, i + 1), 1e-7);
}

TEST(a_filter_of_nothing_changes_no_bit) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    float in[N], out[N], through[5] = {1}, state[2] = {0};
    for (int i = 0; i < N; i++) in[i] = random_sample();
    kernels->biquad(&(peri__lane){in, out, through, NULL, state}, 1);
    for (int i = 0; i < N; i++) CHECK(in[i] == out[i]);
  }
}
