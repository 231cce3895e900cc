/* Fourier transforms of real samples, of sizes that are powers of two. Pure functions: no allocation, no state but the
 * plan, which is constant once prepared and may be shared by any number of threads. Real and imaginary parts lie in
 * arrays of their own, so that four bins go through a register at a time. */
#ifndef PERI_FFT_H
#define PERI_FFT_H

#include "base/base.h"

#define PERI__FFT_MIN 32
#define PERI__FFT_MAX 32768

/* Bytes of a plan, and floats of scratch for one transform at a time, of size n. */
#define PERI__FFT_BYTES(n) (64 + 6 * (n))
#define PERI__FFT_SCRATCH(n) (2 * (n) + 16)

typedef struct peri__fft peri__fft;

/* Whether n is a power of two from PERI__FFT_MIN to PERI__FFT_MAX. */
bool peri__fft_is_size(size_t n);

/* Bytes that a plan for n takes; 0 where n is no size. */
size_t peri__fft_bytes(size_t n);

/* Prepares a plan in `memory`, of peri__fft_bytes(n) bytes aligned to 16, and returns it. Calls sin and cos: not for
 * the audio thread. */
peri__fft *peri__fft_prepare(void *memory, size_t n);

/* n samples → n/2 + 1 bins, without scaling: bin k is Σ samples[i] · e^(−2πi·k·i/n), so a cosine of amplitude 1 on
 * a bin gives n/2 there. The imaginary parts of the first and the last bin are 0. Nothing may overlap. */
void peri__fft_forward(const peri__fft *fft, const float *samples, float *re, float *im,
                       float *scratch) PERI_AUDIO_THREAD;

/* n/2 + 1 bins → n samples, scaled by 1/n: undoes peri__fft_forward. The imaginary parts of the first and the last
 * bin must be 0. Nothing may overlap. */
void peri__fft_inverse(const peri__fft *fft, const float *re, const float *im, float *samples,
                       float *scratch) PERI_AUDIO_THREAD;

#endif
