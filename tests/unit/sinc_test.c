/* The figures in the head of dsp/sinc.h, and that the tables are what it says. "Nyquist" is half of the lower rate. */
#include "unit/test.h"

#include "dsp/kernels.h"

#define ONE 4294967296.0
#define IN 12000
#define FROM 300 /* where reading begins: any bank finds its taps before it */
#define TAU 6.28318530717958647693

static float in[IN], out[2 * IN];
static uint32_t out_count;

static const double measured_steps[] = {0.5, 44100.0 / 48000, 1.1, 1.5, 2.0};

/* Nyquist in cycles a frame of the sound. */
static double nyquist(double step) { return step > 1 ? 0.5 / step : 0.5; }

/* Reads a tone of full scale, `f` cycles a frame of the sound, at a step. */
static void read_tone(double step, double f) {
  const peri__kernels *kernels = peri__kernels_named(NULL);
  peri__sinc_prepare();
  for (int i = 0; i < IN; i++) in[i] = (float)sin(TAU * f * (i - FROM));
  int64_t fixed = (int64_t)(step * ONE + 0.5);
  out_count = (uint32_t)((IN - 2 * FROM) / step);
  kernels->sinc(out, in + FROM, 0, fixed, out_count, peri__sinc_bank_for(fixed));
}

static double decibels(double ratio) { return 20 * log10(ratio + 1e-12); }

typedef struct fit {
  double gain, rest; /* of the tone; of all else, as the amplitude that a tone of its power has */
} fit;

/* How much of what was read is the tone itself: the best fit of its sine and cosine. */
static fit fit_tone(double turn) {
  double ss = 0, cc = 0, sc = 0, ys = 0, yc = 0, rest = 0;
  for (uint32_t i = 0; i < out_count; i++) {
    double s = sin(turn * i), c = cos(turn * i), y = (double)out[i];
    ss += s * s, cc += c * c, sc += s * c, ys += y * s, yc += y * c;
  }
  double determinant = ss * cc - sc * sc;
  double a = (ys * cc - yc * sc) / determinant, b = (yc * ss - ys * sc) / determinant;
  for (uint32_t i = 0; i < out_count; i++) {
    double off = (double)out[i] - a * sin(turn * i) - b * cos(turn * i);
    rest += off * off;
  }
  return (fit){sqrt(a * a + b * b), sqrt(2 * rest / out_count)};
}

static fit fit_at(double step, double part_of_nyquist) {
  double f = nyquist(step) * part_of_nyquist;
  read_tone(step, f);
  return fit_tone(TAU * f * step);
}

TEST(sinc_passes_its_band_without_ripple) {
  for (size_t s = 0; s < 5; s++) {
    for (double part = 0.05; part < 0.701; part += 0.05)
      CHECK_NEAR(decibels(fit_at(measured_steps[s], part).gain), 0, 0.0005);
  }
}

TEST(sinc_keeps_four_fifths_of_the_band) {
  for (double step = 0.5; step < 2.001; step *= 1.0313) CHECK(decibels(fit_at(step, 0.8024).gain) > -3.01);
}

TEST(sinc_adds_no_more_than_105_dB_below_a_tone) {
  for (size_t s = 0; s < 5; s++) {
    for (double part = 0.0317; part < 0.8; part += 0.0511) {
      fit tone = fit_at(measured_steps[s], part);
      CHECK(decibels(tone.rest / tone.gain) < -105);
    }
  }
}

TEST(sinc_lets_no_more_than_109_dB_below_a_tone_alias) {
  for (size_t s = 2; s < 5; s++) {
    for (double part = 1.0003; part < 1.5 && nyquist(measured_steps[s]) * part < 0.5; part += 0.0127) {
      read_tone(measured_steps[s], nyquist(measured_steps[s]) * part);
      double power = 0;
      for (uint32_t i = 0; i < out_count; i++) power += (double)out[i] * (double)out[i];
      CHECK(decibels(sqrt(2 * power / out_count)) < -109);
    }
  }
}

TEST(sinc_leaves_no_more_than_105_dB_below_a_tone_of_its_images) {
  for (size_t s = 0; s < 2; s++)
    for (double part = 0.8; part < 0.995; part += 0.0213) CHECK(decibels(fit_at(measured_steps[s], part).rest) < -105);
}

/* Any bank, by a step that it is for, up to beyond the last. */
static const peri__sinc_bank *bank_of(double step) { return peri__sinc_bank_for((int64_t)(step * ONE)); }

TEST(sinc_keeps_a_constant_as_loud_as_it_is) {
  const peri__kernels *kernels = peri__kernels_named(NULL);
  peri__sinc_prepare();
  for (double step = 0.3; step < 12; step *= 1.07) {
    const peri__sinc_bank *bank = bank_of(step);
    for (uint32_t p = 0; p <= bank->phases; p++) {
      double sum = 0;
      for (uint32_t k = 0; k < bank->taps; k++) sum += (double)bank->rows[p * bank->taps + k];
      CHECK_NEAR(sum, 1, 3e-8);
    }
    for (int i = 0; i < IN; i++) in[i] = 1.0f;
    kernels->sinc(out, in + FROM, 0x12345678, (int64_t)(step * ONE), 500, bank);
    for (int i = 0; i < 500; i++) CHECK_NEAR(out[i], 1, 5e-7);
  }
}

TEST(sinc_rows_are_symmetric) {
  peri__sinc_prepare();
  for (double step = 0.9; step < 10; step *= 1.04) {
    const peri__sinc_bank *bank = bank_of(step);
    for (uint32_t p = 0; p <= bank->phases; p++)
      for (uint32_t k = 0; k < bank->taps; k++)
        CHECK(bank->rows[p * bank->taps + k] == bank->rows[(bank->phases - p) * bank->taps + bank->taps - 1 - k]);
  }
}

TEST(every_step_gets_the_first_sinc_bank_that_is_meant_for_it) {
  peri__sinc_prepare();
  const peri__sinc_bank *last = bank_of(1000);
  CHECK(bank_of(1e-9) == bank_of(1.0));
  CHECK_EQ(bank_of(1.0)->most, (int64_t)1 << 32);
  CHECK(peri__sinc_bank_for(((int64_t)1 << 32) + 1) != bank_of(1.0));
  CHECK_EQ(bank_of(2.0)->most, (int64_t)2 << 32);
  CHECK_EQ(last->most, (int64_t)8 << 32);
  const peri__sinc_bank *before = NULL;
  for (double step = 0.5; step < 8; step *= 1.003) {
    const peri__sinc_bank *bank = bank_of(step);
    CHECK(bank->most >= (int64_t)(step * ONE));
    if (before && bank != before) {
      CHECK(before->most < (int64_t)(step * ONE));
      CHECK((double)bank->most < (double)before->most * (step > 2 ? 1.2 : 1.05));
    }
    before = bank;
  }
}

TEST(sinc_banks_fit_every_kernel) {
  peri__sinc_prepare();
  for (double step = 0.5; step < 10; step *= 1.01) {
    const peri__sinc_bank *bank = bank_of(step);
    CHECK_EQ(bank->taps % 16, 0);
    CHECK(bank->taps <= PERI_SINC_MOST_TAPS);
    CHECK_EQ((uintptr_t)bank->rows % PERI_CACHE_LINE, 0);
  }
}
