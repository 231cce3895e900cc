/* The body of the reading of waves, see mix_body.h. Besides its names:
 *
 *   PHASES                  LANES uint32_t
 *   FLOATS_OF(places)       LANES int32_t as floats
 *   TAPS(samples, at, tap)  four samples from each of LANES places: tap[0] the first ones, tap[1] the second ones …
 *
 * Places are loaded one by one from memory: that is sooner than to take them from the vector. */

#define IN_MEMORY(array) __asm__("" : "+m"(array)) /* else gcc takes them from the vector after all */

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

/* What a table is read with. */
typedef struct table_units {
  const float *samples;
  int shift;         /* from a phase to a place */
  uint32_t fraction; /* of a phase: those bits that lie between places */
  VECTOR part;       /* of the way to the next place that one of those is */
} table_units;

BODY table_units units_of(const peri__wave_table *table) {
  uint32_t shift = 32 - table->bits;
  return (table_units){table->samples, (int)shift, (1u << shift) - 1, SPLAT(1.0f / (float)(1u << shift))};
}

BODY VECTOR table_at(PHASES phase, const uint32_t *place, const table_units *units) {
  VECTOR tap[4], x = MUL(FLOATS_OF(phase & units->fraction), units->part);
  TAPS(units->samples, place, tap);
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

/* Of a quantum, all stored before the first is loaded: a load that waits for its store holds up all that follows. */
#define PLACES(places) uint32_t places[PERI_QUANTUM] __attribute__((aligned(64)))

BODY void put_places(uint32_t *places, PHASES phase, const table_units *units) {
  phase >>= units->shift;
  memcpy(places, &phase, sizeof phase);
}

/* The first phases of a quantum. */
BODY PHASES first_phases(uint32_t from, uint32_t step) {
  PHASES number;
#pragma GCC unroll 16
  for (uint32_t k = 0; k < LANES; k++) number[k] = k;
  return number * step + from;
}

PERI_TARGET static void wave_steady(float *out, uint32_t from, uint32_t step, const peri__wave_table *table) {
  const PHASES first = first_phases(from, step);
  PHASES phase = first;
  if (!table) {
    for (uint32_t i = 0; i < PERI_QUANTUM; i += LANES, phase += LANES * step) STORE(out + i, sine_at(phase));
    return;
  }
  table_units units = units_of(table);
  PLACES(places);
  for (uint32_t i = 0; i < PERI_QUANTUM; i += LANES, phase += LANES * step) put_places(places + i, phase, &units);
  IN_MEMORY(places);
  phase = first;
  for (uint32_t i = 0; i < PERI_QUANTUM; i += LANES, phase += LANES * step)
    STORE(out + i, table_at(phase, places + i, &units));
}

BODY PHASES phases_at(const uint32_t *phases) {
  PHASES phase;
  memcpy(&phase, phases, sizeof phase);
  return phase;
}

BODY void put_some(float *out, VECTOR y, uint32_t count) {
  float some[LANES];
  STORE(some, y);
  memcpy(out, some, count * sizeof *out);
}

PERI_TARGET static void wave(float *out, const uint32_t *phases, uint32_t count, const peri__wave_table *table) {
  uint32_t i = 0;
  if (!table) {
    for (; i + LANES <= count; i += LANES) STORE(out + i, sine_at(phases_at(phases + i)));
    if (i < count) put_some(out + i, sine_at(phases_at(phases + i)), count - i);
    return;
  }
  table_units units = units_of(table);
  PLACES(places);
  for (i = 0; i < count; i += LANES) put_places(places + i, phases_at(phases + i), &units);
  IN_MEMORY(places);
  for (i = 0; i + LANES <= count; i += LANES) STORE(out + i, table_at(phases_at(phases + i), places + i, &units));
  if (i < count) put_some(out + i, table_at(phases_at(phases + i), places + i, &units), count - i);
}
