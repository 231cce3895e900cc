/* Mixing kernels: one signature, one file an instruction set, one table chosen for each engine when it is made. The
 * scalar kernels are the reference: |kernel − scalar| ≤ 1e-6 × Σ|gain × sample|. Within one table, the same spans in
 * the same order give the same bits, whatever stands beside them. */
#ifndef PERI_KERNELS_H
#define PERI_KERNELS_H

#include "dsp/mix.h"

typedef struct peri__kernels {
  const char *name;     /* "scalar", "sse2", "avx2", "avx512", "neon" */
  bool (*usable)(void); /* by this processor */
  /* AUDIO THREAD. Adds the spans, one after the other, to a quantum of one or two channels; `right` may be NULL. */
  void (*mix_spans)(float *left, float *right, const peri__span *spans, size_t count);
  /* AUDIO THREAD. The same for spans that are all mono and steady, to two channels: the same bits, sooner. */
  void (*mix_plain)(float *left, float *right, const peri__span *spans, size_t count);
  /* AUDIO THREAD. Reads `count` frames between samples, linearly: out[i] lies at position + i × step, 32.32 frames into
   * `in`. Positions are not negative, steps are positive; up to PERI_LINEAR_AHEAD samples behind a position may be
   * read, whether needed or not. */
  void (*linear)(float *out, const float *in, int64_t position, int64_t step, uint32_t count);
} peri__kernels;

#define PERI_LINEAR_AHEAD 32

/* dsp/linear*.c; the scalar one is the reference. */
void peri__linear_scalar(float *out, const float *in, int64_t position, int64_t step, uint32_t count);
void peri__linear_avx2(float *out, const float *in, int64_t position, int64_t step, uint32_t count);
void peri__linear_avx512(float *out, const float *in, int64_t position, int64_t step, uint32_t count);

/* The tables that this build has, the best one first, NULL at the end; not all are usable here. */
extern const peri__kernels *const peri__kernels_built[];

extern const peri__kernels peri__kernels_scalar;

/* The best usable table, or the usable one of that name; NULL where there is none. Not for the audio thread. */
const peri__kernels *peri__kernels_named(const char *name);

#endif
