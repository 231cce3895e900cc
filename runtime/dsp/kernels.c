#include "dsp/kernels.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
extern const peri__kernels peri__kernels_avx512, peri__kernels_avx2, peri__kernels_sse2;
#elif defined(__aarch64__)
extern const peri__kernels peri__kernels_neon;
#endif

const peri__kernels *const peri__kernels_built[] = {
#if defined(__x86_64__)
    &peri__kernels_avx512, &peri__kernels_avx2, &peri__kernels_sse2,
#elif defined(__aarch64__)
    &peri__kernels_neon,
#endif
    &peri__kernels_scalar, NULL};

static _Atomic(const peri__kernels *) chosen;

static const peri__kernels *choose(void) {
  const char *wanted = getenv("PERILUNE_CPU");
  const peri__kernels *best = NULL;
  for (int k = 0; peri__kernels_built[k]; k++) {
    const peri__kernels *kernels = peri__kernels_built[k];
    if (!kernels->usable()) continue;
    if (wanted && strcmp(wanted, kernels->name) == 0) return kernels;
    if (!best) best = kernels;
  }
  if (wanted && *wanted)
    peri__log(PERI_LOG_WARNING, "PERILUNE_CPU=%s is not to be had on this processor: %s is used", wanted, best->name);
  return best;
}

const peri__kernels *peri__kernels_chosen(void) {
  const peri__kernels *kernels = atomic_load_explicit(&chosen, memory_order_acquire);
  if (kernels) return kernels;
  kernels = choose();
  atomic_store_explicit(&chosen, kernels, memory_order_release);
  return kernels;
}

void peri__kernels_use(const peri__kernels *kernels) {
  atomic_store_explicit(&chosen, kernels ? kernels : choose(), memory_order_release);
}
