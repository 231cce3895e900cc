/* Offline resampling by a Kaiser-windowed sinc, for decoding. Not for the audio thread: it uses libm. */
#ifndef PERI_RESAMPLE_H
#define PERI_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* How one rate becomes another; made by peri__resampler_plan, the table by peri__resampler_prepare. */
typedef struct peri__resampler {
  double from, to;     /* Hz, any from 3,000 to 768,000 */
  double scale;        /* zero crossings of the kernel in an input frame, at most 1: lower when downsampling */
  uint32_t taps;       /* input frames that make an output frame; even */
  uint32_t phases;     /* rows of taps, for places between two input frames */
  uint32_t advance;    /* output i stands at input i × advance / phases exactly; 0: rates without a small ratio */
  size_t table_floats; /* what peri__resampler_prepare fills */
} peri__resampler;

/* 1 kHz from 44.1 to 48 kHz comes out at 137 dB signal to noise or better. Let N be half of the lower rate: flat within
 * 0.0001 dB up to 0.91 N, and from N on at least 118 dB down. */
peri__resampler peri__resampler_plan(double from, double to);
void peri__resampler_prepare(const peri__resampler *resampler, float *table);

/* Round(frames × to / from), at least 1. */
uint64_t peri__resampler_frames(const peri__resampler *resampler, uint64_t frames);

typedef struct peri__resampling {
  const float *table;
  const float *in; /* one channel; silence before and after */
  uint64_t in_frames;
  float *out; /* frame i is the input at time i × from / to */
  uint64_t out_frames;
} peri__resampling;

void peri__resampler_run(const peri__resampler *resampler, const peri__resampling *job);

#endif
