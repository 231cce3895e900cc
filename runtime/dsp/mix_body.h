/* The body of a mixing kernel, for instruction sets that differ in names and width only. The file that includes it
 * defines:
 *
 *   PERI_TARGET         attribute of functions that may use the instructions
 *   VECTOR, LANES       the vector type and its floats
 *   LOAD STORE SPLAT    unaligned load and store; one float in all lanes
 *   ADD MUL MULTIPLY_ADD(a, b, sum)
 *   LANE_NUMBERS        1, 2, 3 … LANES
 *
 * Sums of four vectors a side stay in registers while a run of spans passes by: each costs its own loads and
 * multiply-adds only, and the independent sums hide the latency of the adds. Runs are of one sort, because a loop that
 * does several spills its sums. */

#define STRIP (4 * LANES) /* frames */
#define EACH(k) _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)

static inline bool is_steady(const peri__span *span) { return span->slope[0] == 0.0f && span->slope[1] == 0.0f; }
/* A sound that both sides share, with steady gains: what most voices are. */
static inline bool is_plain(const peri__span *span) { return span->in[0] == span->in[1] && is_steady(span); }

PERI_TARGET static void add_plain(float *left, float *right, const peri__span *spans, size_t count) {
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) {
    VECTOR l[4], r[4];
    EACH(k) l[k] = LOAD(left + strip + k * LANES), r[k] = LOAD(right + strip + k * LANES);
    for (size_t s = 0; s < count; s++) {
      const float *in = spans[s].in[0] + strip;
      VECTOR gain_left = SPLAT(spans[s].gain[0]), gain_right = SPLAT(spans[s].gain[1]);
      EACH(k) {
        VECTOR x = LOAD(in + k * LANES);
        l[k] = MULTIPLY_ADD(x, gain_left, l[k]);
        r[k] = MULTIPLY_ADD(x, gain_right, r[k]);
      }
    }
    EACH(k) STORE(left + strip + k * LANES, l[k]), STORE(right + strip + k * LANES, r[k]);
  }
}

PERI_TARGET static void add_steady(float *out, const peri__span *spans, size_t count, int side) {
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) {
    VECTOR sum[4];
    EACH(k) sum[k] = LOAD(out + strip + k * LANES);
    for (size_t s = 0; s < count; s++) {
      const float *in = spans[s].in[side] + strip;
      VECTOR gain = SPLAT(spans[s].gain[side]);
      EACH(k) sum[k] = MULTIPLY_ADD(LOAD(in + k * LANES), gain, sum[k]);
    }
    EACH(k) STORE(out + strip + k * LANES, sum[k]);
  }
}

PERI_TARGET static void add_ramps(float *out, const peri__span *spans, size_t count, int side) {
  for (int strip = 0; strip < PERI_QUANTUM; strip += STRIP) {
    VECTOR sum[4], frame[4];
    EACH(k) sum[k] = LOAD(out + strip + k * LANES);
    EACH(k) frame[k] = ADD(LANE_NUMBERS, SPLAT((float)(strip + k * LANES)));
    for (size_t s = 0; s < count; s++) {
      const float *in = spans[s].in[side] + strip;
      VECTOR gain = SPLAT(spans[s].gain[side]), slope = SPLAT(spans[s].slope[side]);
      EACH(k) sum[k] = MULTIPLY_ADD(LOAD(in + k * LANES), ADD(gain, MUL(slope, frame[k])), sum[k]);
    }
    EACH(k) STORE(out + strip + k * LANES, sum[k]);
  }
}

/* How many spans from the first on are of its sort. */
static size_t run_of(const peri__span *spans, size_t count, bool two_sides) {
  bool steady = is_steady(spans), plain = two_sides && is_plain(spans);
  size_t run = 1;
  while (run < count && is_steady(&spans[run]) == steady && (two_sides && is_plain(&spans[run])) == plain) run++;
  return run;
}

static void mix_spans(float *left, float *right, const peri__span *spans, size_t count) {
  while (count) {
    size_t run = run_of(spans, count, right != NULL);
    if (right && is_plain(spans)) {
      add_plain(left, right, spans, run);
    } else {
      void (*add)(float *, const peri__span *, size_t, int) = is_steady(spans) ? add_steady : add_ramps;
      add(left, spans, run, 0);
      if (right) add(right, spans, run, 1);
    }
    spans += run;
    count -= run;
  }
}
