#include "dsp/sinc.h"

#include "dsp/kaiser.h"

#include <math.h>
#include <pthread.h>

/* At steps up to 1, and in proportion above. With this attenuation the stop band begins where the lower rate ends, and
 * what the steps between two banks cost in bandwidth leaves more than libsamplerate's fastest converter has. */
#define TAPS 48
#define ATTENUATION 110.0
#define PHASES 256

/* Banks: 1, the next octave in 24 steps, two octaves more in quarters. */
#define FINE 24
#define COARSE 4
#define FINE_BANKS (1 + FINE)
#define BANKS (FINE_BANKS + 2 * COARSE)
#define BANK_FLOATS 16448 /* what the largest takes */

static peri__sinc_bank banks[BANKS];
static float tables[BANKS][BANK_FLOATS] __attribute__((aligned(PERI_CACHE_LINE)));

/* The window over the first half of the kernel, from its middle. */
#define WINDOW 2048
typedef struct kaiser {
  double at[WINDOW + 2];
} kaiser;

static double window_at(const kaiser *window, double x) {
  double place = fabs(x) * WINDOW;
  if (place >= WINDOW) return window->at[WINDOW];
  int k = (int)place;
  return window->at[k] + (window->at[k + 1] - window->at[k]) * (place - k);
}

/* Every row sums to 1, so that a constant stays exactly as loud. What rounding leaves goes to two taps that are small
 * enough to hold it, and lie alike on both sides. */
static void normalise(float *row, const double *exact, uint32_t taps) {
  double sum = 0, rest = 1;
  for (uint32_t k = 0; k < taps; k++) sum += exact[k];
  for (uint32_t k = 0; k < taps; k++) {
    row[k] = (float)(exact[k] / sum);
    rest -= (double)row[k];
  }
  float *pair[2] = {&row[taps / 2 - 3], &row[taps / 2 + 2]};
  for (int k = 0; k < 2; k++) *pair[k] = (float)((double)*pair[k] + rest / 2);
}

/* Row `phase` of `phases` stands that part of a frame behind tap taps / 2 − 1. The sine of each tap is made from the
 * last one's by a rotation. */
static void fill_row(const peri__sinc_bank *bank, float *row, uint32_t phase, double cutoff, const kaiser *window) {
  double exact[PERI_SINC_MOST_TAPS], half = bank->taps / 2.0, x = 1 - half - (double)phase / bank->phases;
  double turn = PERI_PI * cutoff, c = cos(turn), s = sin(turn), re = cos(turn * x), im = sin(turn * x);
  for (uint32_t k = 0; k < bank->taps; k++, x += 1) {
    exact[k] = (fabs(x) < 1e-9 ? turn : im / x) * window_at(window, x / half);
    double next = re * c - im * s;
    im = re * s + im * c;
    re = next;
  }
  normalise(row, exact, bank->taps);
}

static uint32_t round_up(double number, uint32_t multiple) {
  return ((uint32_t)ceil(number) + multiple - 1) / multiple * multiple;
}

/* Phases in eighths of a frame: positions at small ratios then lie on a row. */
static void fill_bank(peri__sinc_bank *bank, float *rows, double step, const kaiser *window) {
  uint32_t taps = round_up(TAPS * step, 16);
  bank->taps = taps < PERI_SINC_MOST_TAPS ? taps : PERI_SINC_MOST_TAPS;
  bank->phases = round_up(PHASES / step, 8);
  bank->most = (int64_t)(step * 4294967296.0);
  bank->rows = rows;
  PERI_ASSERT((bank->phases + 1) * bank->taps <= BANK_FLOATS);
  double cutoff = 1 / step - PERI_KAISER_WIDTH(ATTENUATION, bank->taps) / 2;
  for (uint32_t p = 0; p <= bank->phases / 2; p++) {
    float *row = rows + (size_t)p * bank->taps, *mirrored = rows + (size_t)(bank->phases - p) * bank->taps;
    fill_row(bank, row, p, cutoff, window);
    for (uint32_t k = 0; k < bank->taps; k++) mirrored[bank->taps - 1 - k] = row[k];
  }
}

static void prepare(void) {
  kaiser window;
  for (int k = 0; k < WINDOW + 2; k++) {
    double x = (double)k / WINDOW;
    window.at[k] = x < 1 ? peri__bessel_i0(PERI_KAISER_BETA(ATTENUATION) * sqrt(1 - x * x)) : 1;
  }
  for (int b = 0; b < BANKS; b++) {
    double octaves = b < FINE_BANKS ? (double)b / FINE : 1 + (double)(b - FINE_BANKS + 1) / COARSE;
    fill_bank(&banks[b], tables[b], exp2(octaves), &window);
  }
}

void peri__sinc_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
}

const peri__sinc_bank *peri__sinc_bank_for(int64_t step) {
  int from = 0, to = BANKS - 1;
  while (from < to) {
    int middle = (from + to) / 2;
    if (banks[middle].most < step)
      from = middle + 1;
    else
      to = middle;
  }
  return &banks[from];
}
