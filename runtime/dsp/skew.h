/* The transform that convolves. Real samples, a block and the one before it, are one block of complex numbers (the
 * earlier ones real, the later ones imaginary), and products of their transforms are those of a convolution that wraps
 * around with its sign turned. What is wrapped is what overlap-save throws away, so this does for a real transform of
 * twice the length, with no bin that is special, and nothing to be taken apart before or put together behind.
 *
 * Bins come in an order of their own, which is that of the table of kernels: they are good for products, bin by bin.
 * Pure functions: no allocation, no state but the plan, which is constant once prepared. */
#ifndef PERI_SKEW_H
#define PERI_SKEW_H

#include "dsp/kernels.h"

#define PERI__SKEW_PIECE 512
#define PERI__SKEW_LEVELS 6
#define PERI__SKEW_TURN 8 /* floats of a block's turns */

/* A block of numbers that stands for a polynomial modulo t^size − root is split into four of a quarter of the size, and
 * so on, down to blocks of eight, which are split to the end at once. The blocks of a level lie in order. */
typedef struct peri__skew {
  size_t n;      /* numbers: 128, 512, 2,048, 8,192 or 32,768 */
  size_t piece;  /* what is worked on at once, from some level down to the end: at most PERI__SKEW_PIECE */
  uint32_t tops; /* levels above the pieces */
  const peri__kernels *kernels;
  /* for each block of n, n/4, …, 32: its root's fourth root w, w² and w³, a real and an imaginary part each, and two
   * floats of nothing */
  const float *turns[PERI__SKEW_LEVELS];
  /* for each eight blocks of 8: the square roots, fourth roots and eighth roots of their roots, and e^(πi/4) times
   * these; eight real parts, then eight imaginary parts */
  const float *eights;
} peri__skew;

bool peri__skew_is_size(size_t n);

/* Bytes of a plan. */
size_t peri__skew_bytes(size_t n);

/* Prepares a plan in `memory`, aligned to a cache line. Calls sin and cos: not for the audio thread. */
peri__skew *peri__skew_prepare(void *memory, size_t n, const peri__kernels *kernels);

/* AUDIO THREAD. n samples and the n after them → n bins, without scaling. Nothing may overlap. */
void peri__skew_forward(const peri__skew *skew, const float *before, const float *samples, float *re,
                        float *im) PERI_AUDIO_THREAD;

/* AUDIO THREAD. In place: n bins → n samples and, in `im`, the n after them, all of them times n. */
void peri__skew_inverse(const peri__skew *skew, float *re, float *im) PERI_AUDIO_THREAD;

/* The same in steps 0 to peri__skew_steps(skew) − 1, in this order, with the same arrays and the same bits. Each costs
 * as much as peri__skew_cost says: in numbers that pass a level. */
uint32_t peri__skew_steps(const peri__skew *skew) PERI_AUDIO_THREAD;
uint32_t peri__skew_forward_cost(const peri__skew *skew, uint32_t step) PERI_AUDIO_THREAD;
uint32_t peri__skew_inverse_cost(const peri__skew *skew, uint32_t step) PERI_AUDIO_THREAD;
void peri__skew_forward_step(const peri__skew *skew, const float *before, const float *samples, float *re, float *im,
                             uint32_t step) PERI_AUDIO_THREAD;
void peri__skew_inverse_step(const peri__skew *skew, float *re, float *im, uint32_t step) PERI_AUDIO_THREAD;

#endif
