/* The body of lines and powers, see mix_body.h. Besides its names:
 *
 *   DOUBLES                 LANES / 2 doubles, a vector as wide as VECTOR
 *   NARROW(low, high)       two of them as floats
 *   LOWER(a, b), HIGHER(a, b)  the lower and the higher of each two floats
 *
 * Sums and products are doubles, which are cut to floats at the end. */

typedef int64_t masks __attribute__((vector_size(LANES * sizeof(float))));

/* 0, 1, 2, … */
BODY masks lane_numbers(void) {
  masks number;
#pragma GCC unroll 8
  for (int k = 0; k < LANES / 2; k++) number[k] = k;
  return number;
}

/* Not 0 + x, which would have to turn −0 to 0. */
BODY DOUBLES all_of(double x) { return x - (DOUBLES){0}; }

/* Times `factor` in the lanes whose number has this bit. */
BODY DOUBLES times_at(DOUBLES power, double factor, int bit) {
  const masks chosen = -(lane_numbers() >> bit & 1);
  return power * (DOUBLES)(((masks)all_of(factor) & chosen) | ((masks)all_of(1.0) & ~chosen));
}

/* 1, ratio, ratio², … */
BODY DOUBLES first_powers(double ratio) {
  double square = ratio * ratio;
  DOUBLES power = times_at(all_of(1.0), ratio, 0);
  if (LANES > 4) power = times_at(power, square, 1);
  if (LANES > 8) power = times_at(power, square * square, 2);
  return power;
}

BODY void put_doubles(float *out, DOUBLES low, DOUBLES high, VECTOR least, VECTOR most) {
  STORE(out, LOWER(HIGHER(NARROW(low, high), least), most));
}

PERI_TARGET static void powers(float *out, const peri__glide *glide) {
  const VECTOR least = SPLAT(glide->least), most = SPLAT(glide->most);
  double half = glide->ratio; /* ratio^(LANES / 2) */
  for (int k = 2; k < LANES; k *= 2) half *= half;
  const DOUBLES base = all_of(glide->base), next = all_of(half * half);
  DOUBLES low = first_powers(glide->ratio) * glide->scale, high = low * half;
  for (int i = 0; i < PERI_QUANTUM; i += LANES) {
    put_doubles(out + i, base + low, base + high, least, most);
    low *= next;
    high *= next;
  }
}

PERI_TARGET static void line(float *out, const peri__glide *glide) {
  const VECTOR least = SPLAT(glide->least), most = SPLAT(glide->most);
  const DOUBLES half = all_of(glide->scale * (LANES / 2)), next = half + half;
  DOUBLES low = __builtin_convertvector(lane_numbers(), DOUBLES) * glide->scale + glide->base, high = low + half;
  for (int i = 0; i < PERI_QUANTUM; i += LANES) {
    put_doubles(out + i, low, high, least, most);
    low += next;
    high += next;
  }
}
