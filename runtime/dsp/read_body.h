/* The body of the readers with four floats a vector, see mix_body.h: no permute reaches further there, so each frame's
 * neighbours are loaded by themselves and turned. Besides its names:
 *
 *   LOAD_PAIRS(at, here, next)  two samples from each of four places: the first ones, the second ones
 *   FLOATS(a, b, c, d)          four int32_t as floats, by registers: stored and loaded, they would stall
 *
 * The same bits as the scalar readers, so a frame's place in the stretch changes none. */

/* How far a position lies behind its whole frame, in 1 / 2^24. */
static inline int32_t behind(int64_t position) { return (int32_t)((uint32_t)position >> 8); }

/* Where the next four frames lie, and how far behind their whole frames; moves the position past them. */
#define SPOTS(at, part)                                                                                                \
  const int64_t second = position + step, third = second + step, fourth = third + step;                                \
  const float *at[4] = {in + (position >> 32), in + (second >> 32), in + (third >> 32), in + (fourth >> 32)};          \
  VECTOR part = MUL(FLOATS(behind(position), behind(second), behind(third), behind(fourth)), SPLAT(0x1p-24f));         \
  position = fourth + step

static void read_linear(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    SPOTS(at, t);
    VECTOR here, next;
    LOAD_PAIRS(at, here, next);
    STORE(out + i, ADD(here, MUL(SUB(next, here), t)));
  }
  peri__linear_scalar(out + i, in, position, step, count - i);
}

static void read_cubic(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  const VECTOR half = SPLAT(0.5f), two = SPLAT(2.0f);
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    SPOTS(at, t);
    VECTOR row[4] = {LOAD(at[0] - 1), LOAD(at[1] - 1), LOAD(at[2] - 1), LOAD(at[3] - 1)};
    transpose(row); /* before, here, next, after */
    VECTOR c1 = MUL(SUB(row[2], row[0]), half);
    VECTOR c3 = ADD(ADD(MUL(SUB(row[3], row[1]), half), c1), MUL(SUB(row[1], row[2]), two));
    VECTOR c2 = SUB(SUB(row[2], row[1]), ADD(c1, c3));
    STORE(out + i, ADD(MUL(ADD(MUL(ADD(MUL(c3, t), c2), t), c1), t), row[1]));
  }
  peri__cubic_scalar(out + i, in, position, step, count - i);
}
