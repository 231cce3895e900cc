#include "dsp/biquad.h"

#include "dsp/math.h"

#define LOG2_10 3.32192809488736234787
#define Q_LIMIT 770.63678  /* dB */
#define GAIN_LIMIT 1541.27 /* dB; what is lower than its negative comes to nothing all the same */
#define FLOAT_MAX 3.4028234663852886e38

/* ---- Coefficients ----------------------------------------------------------------------------------------------- */

/* 10^(decibels / per) */
static double power_of_ten(double decibels, double per) { return peri__exp2(decibels * (LOG2_10 / per)); }

static double clamp(double x, double least, double most) { return x < least ? least : x > most ? most : x; }

static peri__biquad level(double gain) { return (peri__biquad){gain, 0.0, 0.0, 0.0, 0.0}; }

/* What a filter is at 0 and at half the sample rate, where sin ω0 is 0. */
static peri__biquad at_end(peri_biquad_type type, bool upper, double a) {
  switch (type) {
  case PERI_BIQUAD_LOWPASS: return level(upper ? 1.0 : 0.0);
  case PERI_BIQUAD_HIGHPASS: return level(upper ? 0.0 : 1.0);
  case PERI_BIQUAD_BANDPASS: return level(0.0);
  case PERI_BIQUAD_LOWSHELF: return level(upper ? a * a : 1.0);
  case PERI_BIQUAD_HIGHSHELF: return level(upper ? 1.0 : a * a);
  default: return level(1.0);
  }
}

/* What one becomes as Q goes to 0, where α_Q grows beyond all limits. */
static peri__biquad without_q(peri_biquad_type type, double a) {
  switch (type) {
  case PERI_BIQUAD_NOTCH: return level(0.0);
  case PERI_BIQUAD_ALLPASS: return level(-1.0);
  case PERI_BIQUAD_PEAKING: return level(a * a);
  default: return level(1.0);
  }
}

static peri__biquad over(double a0, double b0, double b1, double b2, double a1, double a2) {
  return (peri__biquad){b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0};
}

/* The shelves, over A + 1. cos ω0 = cosine, 2 α_S √A = 2 sin ω0 √(A / 2). */
static peri__biquad shelf(bool high, double a, double sine, double cosine) {
  double sign = high ? -1.0 : 1.0, k = 2.0 * sine * peri__exp2(0.5 * (peri__log2(a) - 1.0));
  double sum = a + 1.0, difference = (a - 1.0) * cosine * sign;
  return over(sum + difference + k, a * (sum - difference + k), a * sign * 2.0 * ((a - 1.0) - sign * sum * cosine),
              a * (sum - difference - k), -2.0 * sign * ((a - 1.0) + sign * sum * cosine), sum + difference - k);
}

static bool has_gain(peri_biquad_type type) {
  return type == PERI_BIQUAD_PEAKING || type == PERI_BIQUAD_LOWSHELF || type == PERI_BIQUAD_HIGHSHELF;
}

/* 1 − cos ω0 and 1 + cos ω0 come from half the angle: they would cancel. */
peri__biquad peri__biquad_make(peri_biquad_type type, double pitch, double q, double gain) {
  double a = has_gain(type) ? power_of_ten(clamp(gain, -GAIN_LIMIT, GAIN_LIMIT), 40.0) : 1.0;
  if (pitch <= 0.0 || pitch >= 1.0) return at_end(type, pitch >= 1.0, a);
  double s = peri__sin_quarter(pitch), c = peri__sin_quarter(1.0 - pitch); /* of ω0 / 2 */
  double sine = 2.0 * s * c, cosine = 1.0 - 2.0 * s * s, low = s * s, high = c * c;
  if (type == PERI_BIQUAD_LOWSHELF || type == PERI_BIQUAD_HIGHSHELF)
    return shelf(type == PERI_BIQUAD_HIGHSHELF, a, sine, cosine);
  bool decibels = type == PERI_BIQUAD_LOWPASS || type == PERI_BIQUAD_HIGHPASS;
  if (decibels)
    q = power_of_ten(clamp(q, -Q_LIMIT, Q_LIMIT), 20.0);
  else
    q = clamp(q, 0.0, FLOAT_MAX);
  double alpha = sine / (2.0 * q), a0 = 1.0 + alpha, a1 = -2.0 * cosine, a2 = 1.0 - alpha;
  if (!decibels && !(alpha < 1e30)) return without_q(type, a);
  switch (type) {
  case PERI_BIQUAD_LOWPASS: return over(a0, low, 2.0 * low, low, a1, a2);
  case PERI_BIQUAD_HIGHPASS: return over(a0, high, -2.0 * high, high, a1, a2);
  case PERI_BIQUAD_BANDPASS: return over(a0, alpha, 0.0, -alpha, a1, a2);
  case PERI_BIQUAD_NOTCH: return over(a0, 1.0, a1, 1.0, a1, a2);
  case PERI_BIQUAD_ALLPASS: return over(a0, a2, a1, a0, a1, a2);
  default: return over(1.0 + alpha / a, 1.0 + alpha * a, a1, 1.0 - alpha * a, a1, 1.0 - alpha / a);
  }
}

/* ---- Filtering -------------------------------------------------------------------------------------------------- */

#define N PERI_QUANTUM
#define BEGUN 8 /* frames that the kernel does not make */

/* Poles of nearly −1, of filters within 1% of half the sample rate: what makes their denominator one of z⁻⁴ takes away
 * what is slow but for its rounding, which they would then swell. */
#define MOST_A1 1.999

peri__biquad_steady peri__biquad_prepare(const peri__biquad *b) {
  double a1 = b->a1, a2 = b->a2, c1 = 2.0 * a2 - a1 * a1, c2 = a2 * a2;
  return (peri__biquad_steady){
      *b,
      {b->b0, b->b1 - a1 * b->b0, (b->b2 - a1 * b->b1) + a2 * b->b0, a2 * b->b1 - a1 * b->b2, a2 * b->b2},
      {-c1, c2},
      {c1 * c1 - 2.0 * c2, -c2 * c2}};
}

static double step(const peri__biquad *b, const double *x, double y1, double y2) {
  return b->b0 * x[2] + b->b1 * x[1] + b->b2 * x[0] - b->a2 * y2 - b->a1 * y1;
}

/* x[0] and x[1] are the two frames before. */
static void read_frames(const peri__biquad_state *state, const float *in, double *x, int count) {
  x[0] = state->x2, x[1] = state->x1;
  for (int i = 0; i < count; i++) x[i + 2] = (double)in[i];
}

static const float silence[N];

bool peri__biquad_run(const peri__kernels *kernels, const peri__biquad_steady *biquad, peri__biquad_state *state,
                      const float *in, float *out) {
  double x[N + 2], y[N], *last = y, y1 = state->y1, y2 = state->y2;
  int begun = biquad->biquad.a1 > MOST_A1 ? N : BEGUN;
  if (!in) in = silence;
  read_frames(state, in, x, begun);
  for (int i = 0; i < begun; i++) {
    y[i] = step(&biquad->biquad, x + i, y1, y2);
    y2 = y1, y1 = y[i];
    out[i] = (float)y1;
  }
  bool finite = begun < N ? kernels->recursion(biquad, in, last, out) : kernels->all_finite(out, 1);
  if (begun == N) last = y + N - BEGUN;
  *state = (peri__biquad_state){(double)in[N - 1], (double)in[N - 2], last[BEGUN - 1], last[BEGUN - 2]};
  return finite;
}

void peri__biquad_run_varying(const peri__biquad *biquads, peri__biquad_state *state, const float *in, float *out) {
  double x[N + 2], y1 = state->y1, y2 = state->y2;
  read_frames(state, in ? in : silence, x, N);
  for (int i = 0; i < N; i++) {
    double y = step(&biquads[i], x + i, y1, y2);
    y2 = y1, y1 = y;
    out[i] = (float)y;
  }
  *state = (peri__biquad_state){x[N + 1], x[N], y1, y2};
}
