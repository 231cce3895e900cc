/* Convolution of one or two channels with a long response, quantum by quantum, without latency, at a cost that hardly
 * changes from quantum to quantum. One state, no allocation: everything lies in memory that the caller gives. */
#ifndef PERI_CONVOLUTION_H
#define PERI_CONVOLUTION_H

#include "dsp/kernels.h"

typedef struct peri__convolution peri__convolution;

/* Bytes that a response of 1, 2 or 4 channels and at least one frame takes, with all that is worked with. */
size_t peri__convolution_bytes(uint32_t channels, uint32_t frames);

/* Prepares zeroed memory of that size, aligned to a cache line. `response` has each channel's samples, which are
 * multiplied by `scale` and not kept; what is not finite counts as 0. Not for the audio thread. */
peri__convolution *peri__convolution_prepare(void *memory, uint32_t channels, uint32_t frames,
                                             const float *const *response, double scale, const peri__kernels *kernels);

/* AUDIO THREAD. One quantum: `in` has 1 or 2 channels, PERI_QUANTUM floats apart, or none (silence); `out` has room for
 * two. Returns the channels that were made: 0 is silence, and nothing was written.
 *
 * Web Audio 1.1, "Channel Configurations for Input, Impulse Response and Output": one channel comes out only of one
 * channel and a response of one; a mono input counts as two equal channels for the others. What was stereo rings out in
 * stereo. A response of four is a matrix: left to left, left to right, right to left, right to right. */
uint32_t peri__convolution_run(peri__convolution *c, const float *in, uint32_t channels, float *out) PERI_AUDIO_THREAD;

/* AUDIO THREAD. As if nothing had come in yet. */
void peri__convolution_reset(peri__convolution *c) PERI_AUDIO_THREAD;

#endif
