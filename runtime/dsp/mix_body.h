/* The body of the mixing kernels, for instruction sets that differ in names and width only: see kernels_avx2.c and its
 * siblings, which define what is in capitals here.
 *
 * Sums of four vectors a side stay in registers while a run of spans passes by: each costs its own loads and
 * multiply-adds only, and the independent sums hide the latency of the adds. Runs are of one sort, because a loop that
 * does several spills its sums. */

#define STRIP (4 * LANES) /* frames */
#define EACH(k) _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)
/* `s16` of what follows is a constant where it is called: each sort gets a loop of its own. */
#define BODY PERI_TARGET static inline __attribute__((always_inline))

BODY VECTOR load(const void *in, int frame, bool s16) {
  return s16 ? LOAD_S16((const int16_t *)in + frame) : LOAD((const float *)in + frame);
}

BODY const void *side_of(const peri__span *span, int side, bool s16) {
  ptrdiff_t other = side ? span->other : 0;
  return s16 ? (const void *)((const int16_t *)span->in + other) : (const void *)((const float *)span->in + other);
}

BODY void plain(float *left, float *right, const peri__span *spans, size_t count, bool s16) {
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) {
    VECTOR l[4], r[4];
    EACH(k) l[k] = LOAD(left + strip + k * LANES), r[k] = LOAD(right + strip + k * LANES);
    for (size_t s = 0; s < count; s++) {
      VECTOR gain_left = SPLAT(spans[s].gain[0]), gain_right = SPLAT(spans[s].gain[1]);
      EACH(k) {
        VECTOR x = load(spans[s].in, strip + k * LANES, s16);
        IN_REGISTER(x); /* else gcc loads it twice, once for each side, which takes 1.4 times as long */
        l[k] = MULTIPLY_ADD(x, gain_left, l[k]);
        r[k] = MULTIPLY_ADD(x, gain_right, r[k]);
      }
    }
    EACH(k) STORE(left + strip + k * LANES, l[k]), STORE(right + strip + k * LANES, r[k]);
  }
}

BODY void steady(float *out, const peri__span *spans, size_t count, int side, bool s16) {
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) {
    VECTOR sum[4];
    EACH(k) sum[k] = LOAD(out + strip + k * LANES);
    for (size_t s = 0; s < count; s++) {
      const void *in = side_of(&spans[s], side, s16);
      VECTOR gain = SPLAT(spans[s].gain[side]);
      EACH(k) sum[k] = MULTIPLY_ADD(load(in, strip + k * LANES, s16), gain, sum[k]);
    }
    EACH(k) STORE(out + strip + k * LANES, sum[k]);
  }
}

BODY void ramps(float *out, const peri__span *spans, size_t count, int side, bool s16) {
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) {
    VECTOR sum[4], frame[4];
    EACH(k) sum[k] = LOAD(out + strip + k * LANES);
    EACH(k) frame[k] = ADD(LANE_NUMBERS, SPLAT((float)(strip + k * LANES)));
    for (size_t s = 0; s < count; s++) {
      const void *in = side_of(&spans[s], side, s16);
      VECTOR gain = SPLAT(spans[s].gain[side]), slope = SPLAT(spans[s].slope[side]);
      EACH(k) {
        VECTOR x = load(in, strip + k * LANES, s16);
        sum[k] = MULTIPLY_ADD(x, ADD(gain, MUL(slope, frame[k])), sum[k]);
      }
    }
    EACH(k) STORE(out + strip + k * LANES, sum[k]);
  }
}

PERI_TARGET static void mix_plain(float *left, float *right, const peri__span *spans, size_t count) {
  plain(left, right, spans, count, false);
}

PERI_TARGET static void plain_s16(float *left, float *right, const peri__span *spans, size_t count) {
  plain(left, right, spans, count, true);
}

PERI_TARGET static void steady_float(float *out, const peri__span *spans, size_t count, int side) {
  steady(out, spans, count, side, false);
}

PERI_TARGET static void steady_s16(float *out, const peri__span *spans, size_t count, int side) {
  steady(out, spans, count, side, true);
}

PERI_TARGET static void ramps_float(float *out, const peri__span *spans, size_t count, int side) {
  ramps(out, spans, count, side, false);
}

PERI_TARGET static void ramps_s16(float *out, const peri__span *spans, size_t count, int side) {
  ramps(out, spans, count, side, true);
}

#define SORT_S16 1u
#define SORT_RAMPS 2u
#define SORT_PLAIN 4u /* a sound that both sides share, with steady gains: what most voices are */

static inline unsigned sort_of(const peri__span *span, bool two_sides) {
  unsigned sort = span->s16 ? SORT_S16 : 0;
  if (span->slope[0] != 0.0f || span->slope[1] != 0.0f) return sort | SORT_RAMPS;
  return two_sides && span->other == 0 ? sort | SORT_PLAIN : sort;
}

static void mix_spans(float *left, float *right, const peri__span *spans, size_t count) {
  while (count) {
    unsigned sort = sort_of(spans, right != NULL);
    size_t run = 1;
    while (run < count && sort_of(&spans[run], right != NULL) == sort) run++;
    if (sort & SORT_PLAIN) {
      (sort & SORT_S16 ? plain_s16 : mix_plain)(left, right, spans, run);
    } else {
      void (*one)(float *, const peri__span *, size_t, int) = sort & SORT_RAMPS
                                                                  ? (sort & SORT_S16 ? ramps_s16 : ramps_float)
                                                                  : (sort & SORT_S16 ? steady_s16 : steady_float);
      one(left, spans, run, 0);
      if (right) one(right, spans, run, 1);
    }
    spans += run;
    count -= run;
  }
}

/* Of sums of samples times zero: an infinity and a NaN leave a NaN, which stays. */
BODY bool are_finite(const VECTOR *sum) {
  VECTOR total = ADD(ADD(sum[0], sum[1]), ADD(sum[2], sum[3]));
  return ARE_NUMBERS(total);
}

PERI_TARGET static bool scale(float *out, const float *in, float gain) {
  VECTOR factor = SPLAT(gain), zero = SPLAT(0.0f), sum[4] = {zero, zero, zero, zero};
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) EACH(k) {
      VECTOR product = MUL(LOAD(in + strip + k * LANES), factor);
      STORE(out + strip + k * LANES, product);
      sum[k] = MULTIPLY_ADD(product, zero, sum[k]);
    }
  return are_finite(sum);
}

PERI_TARGET static bool all_finite(const float *samples, uint32_t quanta) {
  VECTOR zero = SPLAT(0.0f), sum[4] = {zero, zero, zero, zero};
  for (const float *end = samples + (size_t)quanta * PERI_QUANTUM; samples < end; samples += STRIP)
    EACH(k) sum[k] = MULTIPLY_ADD(LOAD(samples + k * LANES), zero, sum[k]);
  return are_finite(sum);
}

PERI_TARGET static void widen(float *out, const int16_t *in, uint32_t count) {
  uint32_t i = 0;
  for (; i + LANES <= count; i += LANES) STORE(out + i, MUL(LOAD_S16(in + i), SPLAT(1.0f / 32768)));
  for (; i < count; i++) out[i] = (float)in[i] * (1.0f / 32768); /* exact, like the vectors */
}
