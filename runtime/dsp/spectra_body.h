/* The body of the multiplication of spectra, see mix_body.h.
 *
 * Two vectors of bins are summed over all products in registers: what is read is only what is multiplied. */

PERI_TARGET static void multiply(float *sum, const peri__product *products, size_t count, size_t imaginary,
                                 size_t bins) {
  for (size_t b = 0; b < bins; b += 2 * LANES) {
    VECTOR plus[2], minus[2], cross[2], other[2]; /* re·re, im·im, re·im, im·re */
    for (int k = 0; k < 2; k++) {
      plus[k] = LOAD(sum + b + (size_t)k * LANES);
      cross[k] = LOAD(sum + imaginary + b + (size_t)k * LANES);
      minus[k] = other[k] = SPLAT(0.0f);
    }
    for (size_t p = 0; p < count; p++) {
      const float *x = products[p].a + b, *h = products[p].b + b;
      _Pragma("GCC unroll 2") for (int k = 0; k < 2; k++) {
        VECTOR x_re = LOAD(x + k * LANES), x_im = LOAD(x + imaginary + k * LANES);
        VECTOR h_re = LOAD(h + k * LANES), h_im = LOAD(h + imaginary + k * LANES);
        plus[k] = MULTIPLY_ADD(x_re, h_re, plus[k]);
        minus[k] = MULTIPLY_ADD(x_im, h_im, minus[k]);
        cross[k] = MULTIPLY_ADD(x_re, h_im, cross[k]);
        other[k] = MULTIPLY_ADD(x_im, h_re, other[k]);
      }
    }
    for (int k = 0; k < 2; k++) {
      STORE(sum + b + (size_t)k * LANES, SUB(plus[k], minus[k]));
      STORE(sum + imaginary + b + (size_t)k * LANES, ADD(cross[k], other[k]));
    }
  }
}
