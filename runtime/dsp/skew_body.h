/* The body of the transform that convolves (dsp/skew.h), see mix_body.h: vectors of 1, 4 or 8 floats. Besides its
 * names:
 *
 *   MULTIPLY_TAKE(a, b, sum)  sum − a × b
 *   transpose(rows)           LANES vectors, in place
 *
 * Butterflies of a block share its turns, down to blocks of eight. Of these, LANES go at once, each in a lane: they are
 * turned for that, and stay so, since the order of bins is free. */

typedef struct numbers {
  VECTOR re, im;
} numbers;

#define EACH_OF_EIGHT(k) _Pragma("GCC unroll 8") for (int k = 0; k < 8; k++)

BODY numbers get(const float *re, const float *im, size_t at) { return (numbers){LOAD(re + at), LOAD(im + at)}; }

BODY void put(float *re, float *im, size_t at, numbers x) {
  STORE(re + at, x.re);
  STORE(im + at, x.im);
}

BODY numbers sum_of(numbers a, numbers b) { return (numbers){ADD(a.re, b.re), ADD(a.im, b.im)}; }
BODY numbers difference_of(numbers a, numbers b) { return (numbers){SUB(a.re, b.re), SUB(a.im, b.im)}; }

/* a ± i·b */
BODY numbers sum_turned(numbers a, numbers b) { return (numbers){SUB(a.re, b.im), ADD(a.im, b.re)}; }
BODY numbers difference_turned(numbers a, numbers b) { return (numbers){ADD(a.re, b.im), SUB(a.im, b.re)}; }

BODY numbers times(numbers a, numbers w) {
  return (numbers){MULTIPLY_TAKE(a.im, w.im, MUL(a.re, w.re)), MULTIPLY_ADD(a.im, w.re, MUL(a.re, w.im))};
}

/* a·w* */
BODY numbers times_back(numbers a, numbers w) {
  return (numbers){MULTIPLY_ADD(a.im, w.im, MUL(a.re, w.re)), MULTIPLY_TAKE(a.re, w.im, MUL(a.im, w.re))};
}

/* ---- Blocks in four --------------------------------------------------------------------------------------------- */

BODY void split_four(const peri__butterflies *b, const float *in_re, const float *in_im, float *re, float *im) {
  const float *w = b->turns;
  numbers w1 = {SPLAT(w[0]), SPLAT(w[1])}, w2 = {SPLAT(w[2]), SPLAT(w[3])}, w3 = {SPLAT(w[4]), SPLAT(w[5])};
  size_t quarter = b->quarter;
  for (size_t i = b->block + b->from; i < b->block + b->to; i += LANES) {
    numbers x0 = get(in_re, in_im, i), x1 = times(get(in_re, in_im, i + quarter), w1);
    numbers x2 = times(get(in_re, in_im, i + 2 * quarter), w2), x3 = times(get(in_re, in_im, i + 3 * quarter), w3);
    numbers even = sum_of(x0, x2), turned = difference_of(x0, x2), odd = sum_of(x1, x3), rest = difference_of(x1, x3);
    put(re, im, i, sum_of(even, odd));
    put(re, im, i + quarter, sum_turned(turned, rest));
    put(re, im, i + 2 * quarter, difference_of(even, odd));
    put(re, im, i + 3 * quarter, difference_turned(turned, rest));
  }
}

BODY void join_four(const peri__butterflies *b, float *re, float *im) {
  const float *w = b->turns;
  numbers w1 = {SPLAT(w[0]), SPLAT(w[1])}, w2 = {SPLAT(w[2]), SPLAT(w[3])}, w3 = {SPLAT(w[4]), SPLAT(w[5])};
  size_t quarter = b->quarter;
  for (size_t i = b->block + b->from; i < b->block + b->to; i += LANES) {
    numbers y0 = get(re, im, i), y1 = get(re, im, i + quarter);
    numbers y2 = get(re, im, i + 2 * quarter), y3 = get(re, im, i + 3 * quarter);
    numbers even = sum_of(y0, y2), odd = difference_of(y0, y2), turned = sum_of(y1, y3), rest = difference_of(y1, y3);
    put(re, im, i, sum_of(even, turned));
    put(re, im, i + quarter, times_back(difference_turned(odd, rest), w1));
    put(re, im, i + 2 * quarter, times_back(difference_of(even, turned), w2));
    put(re, im, i + 3 * quarter, times_back(sum_turned(odd, rest), w3));
  }
}

/* ---- Blocks of eight -------------------------------------------------------------------------------------------- */

typedef struct roots {
  numbers second, fourth, eighth, turned;
} roots;

BODY roots roots_of(const float *at) {
  return (roots){get(at, at + 8, 0), get(at + 16, at + 24, 0), get(at + 32, at + 40, 0), get(at + 48, at + 56, 0)};
}

BODY void split_two(numbers *a, numbers *b, numbers w) {
  numbers x = *a, y = times(*b, w);
  *a = sum_of(x, y), *b = difference_of(x, y);
}

/* Where the root of the blocks is i times w. */
BODY void split_two_turned(numbers *a, numbers *b, numbers w) {
  numbers x = *a, y = times(*b, w);
  *a = sum_turned(x, y), *b = difference_turned(x, y);
}

BODY void join_two(numbers *a, numbers *b, numbers w) {
  numbers x = *a, y = *b;
  *a = sum_of(x, y), *b = times_back(difference_of(x, y), w);
}

BODY void join_two_turned(numbers *a, numbers *b, numbers w) {
  numbers x = *a, y = difference_of(*a, *b);
  *a = sum_of(x, *b), *b = times_back((numbers){y.im, SUB(SPLAT(0.0f), y.re)}, w);
}

/* Lane l of vector k is number k of block l. */
BODY void load_eights(VECTOR rows[8], const float *from) {
  EACH_OF_EIGHT(k) rows[k] = LOAD(from + 8 * (k % LANES) + k / LANES * LANES);
  _Pragma("GCC unroll 8") for (int k = 0; k < 8; k += LANES) transpose(rows + k);
}

BODY void store_eights(VECTOR rows[8], float *to) {
  _Pragma("GCC unroll 8") for (int k = 0; k < 8; k += LANES) transpose(rows + k);
  EACH_OF_EIGHT(k) STORE(to + 8 * (k % LANES) + k / LANES * LANES, rows[k]);
}

BODY void split_eights(const float *at, float *re, float *im) {
  roots w = roots_of(at);
  numbers x[8];
  VECTOR rows[8];
  load_eights(rows, re);
  EACH_OF_EIGHT(k) x[k].re = rows[k];
  load_eights(rows, im);
  EACH_OF_EIGHT(k) x[k].im = rows[k];
  split_two(&x[0], &x[4], w.second), split_two(&x[1], &x[5], w.second);
  split_two(&x[2], &x[6], w.second), split_two(&x[3], &x[7], w.second);
  split_two(&x[0], &x[2], w.fourth), split_two(&x[1], &x[3], w.fourth);
  split_two_turned(&x[4], &x[6], w.fourth), split_two_turned(&x[5], &x[7], w.fourth);
  split_two(&x[0], &x[1], w.eighth), split_two_turned(&x[2], &x[3], w.eighth);
  split_two(&x[4], &x[5], w.turned), split_two_turned(&x[6], &x[7], w.turned);
  EACH_OF_EIGHT(k) put(re, im, (size_t)k * LANES, x[k]);
}

BODY void join_eights(const float *at, float *re, float *im) {
  roots w = roots_of(at);
  numbers x[8];
  VECTOR rows[8];
  EACH_OF_EIGHT(k) x[k] = get(re, im, (size_t)k * LANES);
  join_two(&x[0], &x[1], w.eighth), join_two_turned(&x[2], &x[3], w.eighth);
  join_two(&x[4], &x[5], w.turned), join_two_turned(&x[6], &x[7], w.turned);
  join_two(&x[0], &x[2], w.fourth), join_two(&x[1], &x[3], w.fourth);
  join_two_turned(&x[4], &x[6], w.fourth), join_two_turned(&x[5], &x[7], w.fourth);
  join_two(&x[0], &x[4], w.second), join_two(&x[1], &x[5], w.second);
  join_two(&x[2], &x[6], w.second), join_two(&x[3], &x[7], w.second);
  EACH_OF_EIGHT(k) rows[k] = x[k].re;
  store_eights(rows, re);
  EACH_OF_EIGHT(k) rows[k] = x[k].im;
  store_eights(rows, im);
}

/* ---- The kernels ------------------------------------------------------------------------------------------------ */

PERI_TARGET static void split(const peri__butterflies *b, const float *in_re, const float *in_im, float *re,
                              float *im) {
  split_four(b, in_re, in_im, re, im);
}

PERI_TARGET static void join(const peri__butterflies *b, float *re, float *im) { join_four(b, re, im); }

/* The block of a level that begins at a number. */
BODY peri__butterflies whole_block(const peri__skew *skew, uint32_t level, size_t at) {
  size_t size = skew->n >> (2 * level);
  return (peri__butterflies){skew->turns[level] + at / size * PERI__SKEW_TURN, at, size / 4, 0, size / 4};
}

PERI_TARGET static void split_piece(const peri__skew *skew, size_t piece, const float *in_re, const float *in_im,
                                    float *re, float *im) {
  size_t from = piece * skew->piece, to = from + skew->piece, size = skew->piece;
  for (uint32_t level = skew->tops; size > 8; level++, size /= 4) {
    for (size_t at = from; at < to; at += size) {
      peri__butterflies b = whole_block(skew, level, at);
      split_four(&b, in_re, in_im, re, im);
    }
    in_re = re, in_im = im;
  }
  for (size_t at = from; at < to; at += 8 * LANES)
    split_eights(skew->eights + at / 64 * 64 + at % 64 / 8, re + at, im + at);
}

PERI_TARGET static void join_piece(const peri__skew *skew, size_t piece, float *re, float *im) {
  size_t from = piece * skew->piece, to = from + skew->piece, size = 32;
  for (size_t at = from; at < to; at += 8 * LANES)
    join_eights(skew->eights + at / 64 * 64 + at % 64 / 8, re + at, im + at);
  uint32_t level = skew->tops;
  while (skew->n >> (2 * level) > size) level++;
  for (; size <= skew->piece; level--, size *= 4) {
    for (size_t at = from; at < to; at += size) {
      peri__butterflies b = whole_block(skew, level, at);
      join_four(&b, re, im);
    }
  }
}
