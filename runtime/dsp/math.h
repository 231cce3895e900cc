/* Transcendental functions for the audio thread: polynomials, since libm's results depend on CPU and version. */
#ifndef PERI_MATH_H
#define PERI_MATH_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* 2^x to 1e-14 relative; x is clamped to ±1020. The terms are added in pairs (Estrin): one after the other, each would
 * wait for the one before. */
static inline double peri__exp2(double x) {
  if (x > 1020.0) x = 1020.0;
  if (!(x > -1020.0)) x = -1020.0;
  int64_t whole = (int64_t)(x + (x < 0 ? -0.5 : 0.5));
  double y = (x - (double)whole) * 0.693147180559945309417; /* |y| ≤ 0.3466: 12 terms of e^y */
  double y2 = y * y, y4 = y2 * y2;
  double first = (1.0 + y) + (1.0 / 2 + y * (1.0 / 6)) * y2;
  double next = (1.0 / 24 + y * (1.0 / 120)) + (1.0 / 720 + y * (1.0 / 5040)) * y2;
  double last = (1.0 / 40320 + y * (1.0 / 362880)) + (1.0 / 3628800 + y * (1.0 / 39916800)) * y2;
  double sum = first + (next + (last + y4 * (1.0 / 479001600)) * y4) * y4;
  uint64_t bits = (uint64_t)(whole + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return sum * power;
}

/* log2 of a positive normal number, to 1e-14 absolute. */
static inline double peri__log2(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int64_t exponent = (int64_t)(bits >> 52 & 0x7ff) - 1023;
  bits = (bits & 0xfffffffffffffu) | (uint64_t)1023 << 52;
  double m;
  memcpy(&m, &bits, sizeof m); /* 1 ≤ m < 2 */
  if (m > 1.41421356237309504880) m *= 0.5, exponent++;
  double s = (m - 1.0) / (m + 1.0), square = s * s, sum = 0.0; /* log m = 2 artanh s, |s| ≤ 0.1716 */
  for (int k = 19; k > 0; k -= 2) sum = sum * square + 1.0 / k;
  return (double)exponent + 2.88539008177792681472 * s * sum;
}

typedef double peri__pair __attribute__((vector_size(16)));

/* sin(x × π/2) of two numbers 0 ≤ x ≤ 1, to 1e-13; exactly 0 at 0. cos(x × π/2) is the same of 1 − x. The terms are
 * added in pairs, as above. */
static inline peri__pair peri__sin_quarters(peri__pair x) {
  peri__pair y = x * 1.57079632679489661923, z = y * y, z2 = z * z, z4 = z2 * z2;
  peri__pair first = (1.0 - z * (1.0 / 6)) + (1.0 / 120 - z * (1.0 / 5040)) * z2;
  peri__pair next = (1.0 / 362880 - z * (1.0 / 39916800)) + (1.0 / 6227020800 - z * (1.0 / 1307674368000)) * z2;
  peri__pair last = 1.0 / 355687428096000 - z * (1.0 / 121645100408832000);
  return y * (first + (next + last * z4) * z4);
}

static inline double peri__sin_quarter(double x) { return peri__sin_quarters((peri__pair){x, x})[0]; }

/* 2^(cents / 1200) */
static inline double peri__cents(double cents) { return cents == 0 ? 1.0 : peri__exp2(cents / 1200.0); }

/* The angle of the point (x, y) from the x axis in quarter turns, −2 to 2, to 1e-13; 0 for the origin. The square root
 * is exact everywhere (IEEE 754), as no other function of libm. */
static inline double peri__quarter_turns(double y, double x) {
  double up = y < 0.0 ? -y : y, along = x < 0.0 ? -x : x;
  bool steep = up > along;
  double t = steep ? along / up : along > 0.0 ? up / along : 0.0; /* 0 to 1 */
  t /= 1.0 + sqrt(1.0 + t * t);                                   /* half the angle, and again: up to 0.1989 */
  t /= 1.0 + sqrt(1.0 + t * t);
  double z = t * t, sum = 0.0; /* 4 artan t over a quarter turn */
  for (int k = 15; k > 0; k -= 2) sum = 1.0 / k - z * sum;
  double quarters = 2.54647908947032537230 * t * sum;
  if (steep) quarters = 1.0 - quarters;
  if (x < 0.0) quarters = 2.0 - quarters;
  return y < 0.0 ? -quarters : quarters;
}

#endif
