/* The body of the reading of waves, see mix_body.h. Besides its names:
 *
 *   PHASES                  LANES uint32_t
 *   FLOATS_OF(places)       LANES int32_t as floats
 *   TAPS(samples, at, tap)  four samples from each of LANES places: tap[0] the first ones, tap[1] the second ones …
 *
 * Places are stored and loaded one by one: that is sooner than to take them from the vector. */

typedef int32_t wholes __attribute__((vector_size(LANES * sizeof(float))));

/* Lagrange's cubic through samples at −1, 0, 1 and 2, at 0 ≤ x < 1. */
BODY VECTOR lagrange(const VECTOR *tap, VECTOR x) {
  const VECTOR half = SPLAT(0.5f), sixth = SPLAT(1.0f / 6.0f);
  VECTOR c1 = MULTIPLY_ADD(tap[3], SPLAT(-1.0f / 6.0f), tap[2]);
  c1 = MULTIPLY_ADD(tap[1], SPLAT(-0.5f), MULTIPLY_ADD(tap[0], SPLAT(-1.0f / 3.0f), c1));
  VECTOR c2 = SUB(MUL(ADD(tap[0], tap[2]), half), tap[1]);
  VECTOR c3 = MULTIPLY_ADD(SUB(tap[3], tap[0]), sixth, MUL(SUB(tap[1], tap[2]), half));
  return MULTIPLY_ADD(MULTIPLY_ADD(MULTIPLY_ADD(c3, x, c2), x, c1), x, tap[1]);
}

BODY VECTOR table_at(PHASES phase, const peri__wave_table *table) {
  uint32_t shift = 32 - table->bits;
  uint32_t at[LANES] __attribute__((aligned(64)));
  PHASES place = phase >> shift;
  memcpy(at, &place, sizeof at);
  VECTOR tap[4], x = MUL(FLOATS_OF(phase & ((1u << shift) - 1)), SPLAT(1.0f / (float)(1u << shift)));
  TAPS(table->samples, at, tap);
  return lagrange(tap, x);
}

/* In −½ … ½ of a period, what lies beyond a quarter is mirrored there; the polynomial is sin(π/2 x) for |x| ≤ 1, by its
 * values at Chebyshev's nodes, within 7e-9. */
BODY VECTOR sine_at(PHASES phase) {
  PHASES beyond = (PHASES)((wholes)(phase + 0x40000000u) >> 31);
  phase = (phase ^ beyond) + (beyond & 0x80000001u);
  VECTOR x = MUL(FLOATS_OF(phase), SPLAT(1.0f / 1073741824.0f)), z = MUL(x, x);
  VECTOR sum = MULTIPLY_ADD(z, SPLAT(0.0001516717036657391f), SPLAT(-0.004674143838153858f));
  sum = MULTIPLY_ADD(sum, z, SPLAT(0.07968991832902929f));
  sum = MULTIPLY_ADD(sum, z, SPLAT(-0.6459637595835395f));
  return MUL(x, MULTIPLY_ADD(sum, z, SPLAT(1.5707963200386015f)));
}

BODY VECTOR shape_at(PHASES phase, const peri__wave_table *table) {
  return table ? table_at(phase, table) : sine_at(phase);
}

BODY void read_steady(float *out, uint32_t from, uint32_t step, const peri__wave_table *table) {
  PHASES phase;
#pragma GCC unroll 16
  for (uint32_t k = 0; k < LANES; k++) phase[k] = from + k * step;
  for (uint32_t i = 0; i < PERI_QUANTUM; i += LANES, phase += LANES * step) STORE(out + i, shape_at(phase, table));
}

PERI_TARGET static void wave_steady(float *out, uint32_t from, uint32_t step, const peri__wave_table *table) {
  if (table)
    read_steady(out, from, step, table);
  else
    read_steady(out, from, step, NULL);
}

BODY void read_wave(float *out, const uint32_t *phases, uint32_t count, const peri__wave_table *table) {
  PHASES phase;
  uint32_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    memcpy(&phase, phases + i, sizeof phase);
    STORE(out + i, shape_at(phase, table));
  }
  if (i == count) return;
  float last[LANES];
  phase = (PHASES){0};
  memcpy(&phase, phases + i, (count - i) * sizeof *phases);
  STORE(last, shape_at(phase, table));
  memcpy(out + i, last, (count - i) * sizeof *out);
}

PERI_TARGET static void wave(float *out, const uint32_t *phases, uint32_t count, const peri__wave_table *table) {
  if (table)
    read_wave(out, phases, count, table);
  else
    read_wave(out, phases, count, NULL);
}
