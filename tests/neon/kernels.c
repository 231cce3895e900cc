/* The kernels of 64-bit ARM against the scalar ones, in a program of its own that an emulator can run. The same checks
 * as in tests/unit/kernels_test.c, which needs a test library for the processor that it runs on. */
#include "unit/kernel_checks.h"

#include <stdio.h>

static bool is_within(const char *what, double excess) {
  printf("neon, %s: %.2g of the bound\n", what, excess);
  return excess <= 1;
}

static bool is_so(const char *what, bool so) {
  printf("neon, %s: %s\n", what, so ? "the same bits" : "NOT the same bits");
  return so;
}

int main(void) {
  const peri__kernels *kernels = peri__kernels_named("neon");
  if (!kernels) return puts("there are no neon kernels"), 1;
  bool fine = is_within("mixing", mix_excess(kernels, 500));
  fine = is_so("widening", widens_exactly(kernels)) && fine;
  fine = is_within("linear", reader_excess(kernels->linear, peri__kernels_scalar.linear, 0, 1)) && fine;
  fine = is_within("cubic", reader_excess(kernels->cubic, peri__kernels_scalar.cubic, 1, 2)) && fine;
  fine = is_within("sinc", sinc_excess(kernels, 100)) && fine;
  for (size_t count = 0; count <= 20 && fine; count++) fine = is_so("filters", filters_alike(kernels, count, 3));
  fine = is_so("recursion", recursions_alike(kernels, 300)) && fine;
  fine = is_so("scaling", scales_exactly(kernels)) && fine;
  fine = is_so("finding what is not finite", finds_the_nonfinite(kernels)) && fine;
  fine = is_within("waves", wave_excess(kernels, 500)) && fine;
  fine = is_within("glides", glide_excess(kernels, 500)) && fine;
  fine = is_within("spectra", multiply_excess(kernels, 50)) && fine;
  for (uint32_t n = 128; n <= 32768 && fine; n *= 4) fine = is_within("convolving", skew_excess(kernels, n));
  return fine ? 0 : 1;
}
