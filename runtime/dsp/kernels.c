#include "dsp/parts.h"

#include <string.h>

const peri__kernels *const peri__kernels_built[] = {
#if defined(__x86_64__)
    &peri__kernels_avx512, &peri__kernels_avx2, &peri__kernels_sse2,
#elif defined(__aarch64__)
    &peri__kernels_neon,
#endif
    &peri__kernels_scalar, NULL};

const peri__kernels *peri__kernels_named(const char *name) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (kernels->usable() && (!name || strcmp(name, kernels->name) == 0)) return kernels;
  }
  return NULL;
}
