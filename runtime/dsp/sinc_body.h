/* The body of windowed sinc interpolation, see mix_body.h. Besides its names:
 *
 *   FOUR           four floats, one of each of four frames
 *   SUM4(a, b, c, d)  the sum of each vector's floats, always in the same order
 *   STORE4
 *
 * Four frames at a time: their sums are independent, which hides the latency of the adds, and one tree of horizontal
 * adds serves all four. Both rows' sums are made first, then mixed, so that a tap costs two multiply-adds and no mixing
 * of rows. */

PERI_TARGET static void sinc(float *out, const float *in, int64_t position, int64_t step, uint32_t count,
                             const peri__sinc_bank *bank) {
  const uint32_t taps = bank->taps;
  for (uint32_t i = 0; i < count; i += 4) {
    peri__sinc_place at[4];
    EACH(k) {
      at[k] = peri__sinc_place_at(in, position, bank);
      if (i + (uint32_t)k + 1 < count) position += step; /* where less than four are left, the last is made again */
    }
    VECTOR below[4], above[4];
    EACH(k) below[k] = above[k] = SPLAT(0.0f);
    for (uint32_t tap = 0; tap < taps; tap += LANES) {
      EACH(k) {
        VECTOR x = LOAD(at[k].in + tap);
        below[k] = MULTIPLY_ADD(x, LOAD(at[k].row + tap), below[k]);
        above[k] = MULTIPLY_ADD(x, LOAD(at[k].row + taps + tap), above[k]);
      }
    }
    EACH(k) below[k] = MULTIPLY_ADD(SUB(above[k], below[k]), SPLAT(at[k].part), below[k]);
    FOUR sums = SUM4(below[0], below[1], below[2], below[3]);
    if (i + 4 <= count) {
      STORE4(out + i, sums);
    } else {
      float rest[4];
      STORE4(rest, sums);
      memcpy(out + i, rest, (count - i) * sizeof(float));
    }
  }
}
