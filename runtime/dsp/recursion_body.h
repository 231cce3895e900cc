/* The body of the recursion of biquads (dsp/biquad.h), for instruction sets that differ in PERI_TARGET only. Vectors of
 * four doubles are the compiler's: where registers are shorter it takes several, and all tables have the same bits.
 *
 * Three passes, because each alone keeps the processor busy where one loop of all would wait for its longest chain. */

typedef double peri__doubles __attribute__((vector_size(32), aligned(8), may_alias));
typedef float peri__floats __attribute__((vector_size(16), aligned(4), may_alias));

#define FOUR_AT(at) (*(peri__doubles *)(void *)(at))
#define SAME(x) ((peri__doubles){x, x, x, x})
#define EACH_FOUR(i, from) for (int i = (from); i < PERI_QUANTUM; i += 4)

PERI_TARGET static bool recursion(const peri__biquad_steady *b, const float *in, double *last, float *out) {
  double x[PERI_QUANTUM], w[PERI_QUANTUM];
  peri__doubles before = FOUR_AT(last), y = FOUR_AT(last + 4);
  peri__doubles n0 = SAME(b->numerator[0]), n1 = SAME(b->numerator[1]), n2 = SAME(b->numerator[2]),
                n3 = SAME(b->numerator[3]), n4 = SAME(b->numerator[4]);
  peri__doubles s0 = SAME(b->spread[0]), s1 = SAME(b->spread[1]), d0 = SAME(b->poles[0]), d1 = SAME(b->poles[1]);
  EACH_FOUR(i, 0)
  FOUR_AT(x + i) = __builtin_convertvector(*(const peri__floats *)(const void *)(in + i), peri__doubles);
  EACH_FOUR(i, 4)
  FOUR_AT(w + i) =
      ((n0 * FOUR_AT(x + i) + n1 * FOUR_AT(x + i - 1)) + (n2 * FOUR_AT(x + i - 2) + n3 * FOUR_AT(x + i - 3))) +
      n4 * FOUR_AT(x + i - 4);
  /* Zero as long as all is finite, see all_finite. */
  peri__floats sum =
      __builtin_convertvector(before, peri__floats) * 0.0f + __builtin_convertvector(y, peri__floats) * 0.0f;
  EACH_FOUR(i, 8) {
    peri__doubles u = (FOUR_AT(w + i) + s0 * FOUR_AT(w + i - 2)) + s1 * FOUR_AT(w + i - 4);
    peri__doubles next = (u + d1 * before) + d0 * y;
    peri__floats four = __builtin_convertvector(next, peri__floats);
    *(peri__floats *)(void *)(out + i) = four;
    sum += four * 0.0f;
    before = y;
    y = next;
  }
  FOUR_AT(last) = before;
  FOUR_AT(last + 4) = y;
  return (sum[0] + sum[1]) + (sum[2] + sum[3]) == 0.0f;
}

#undef FOUR_AT
#undef SAME
#undef EACH_FOUR
