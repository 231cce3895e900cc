/* Kaiser's window: Kaiser, "Nonrecursive digital filter design using the I0-sinh window function" (1974). For tables,
 * not for the audio thread: it uses libm. */
#ifndef PERI_KAISER_H
#define PERI_KAISER_H

#define PERI_PI 3.14159265358979323846

/* The shape β for an attenuation in dB, of 50 and more. */
#define PERI_KAISER_BETA(attenuation) (0.1102 * ((attenuation)-8.7))

/* The width of the transition from pass to stop, as a part of half the rate, of a filter `taps` long. */
#define PERI_KAISER_WIDTH(attenuation, taps) (((attenuation)-8) / (2.285 * (taps)) / PERI_PI)

/* The modified Bessel function of the first kind, order 0. The window at x of its half length is I0(β √(1 − x²)). */
static inline double peri__bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > sum * 1e-18; k++) {
    double half = x / (2 * k);
    term *= half * half;
    sum += term;
  }
  return sum;
}

#endif
