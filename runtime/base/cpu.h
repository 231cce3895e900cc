/* What this processor can do, as far as rendering cares. */
#ifndef PERI_CPU_H
#define PERI_CPU_H

#include <stdint.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* Denormal numbers become zero until peri__denormals_restore is called with what this returned, so that a decaying tail
 * costs no more than a loud one. */
static inline uint64_t peri__denormals_flush(void) {
#if defined(__SSE__)
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u); /* FTZ, DAZ */
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (uint64_t)1 << 24));
  return before;
#else
  return 0;
#endif
}

static inline void peri__denormals_restore(uint64_t before) {
#if defined(__SSE__)
  _mm_setcsr((uint32_t)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
  (void)before;
#endif
}

#endif
