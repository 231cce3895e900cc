/* Web Audio 1.1, "PannerNode "HRTF" Panning": measured responses of a head for many directions, and the convolution
 * with them.
 *
 * A set has, for each of its directions and each ear, the response cut into parts of one quantum, each of them as the
 * spectrum of two quanta. A convolver keeps the spectra of the last quanta that came in, each with the one before it;
 * their products with the response's parts, added up, are the spectrum of what comes out: in its second half, without
 * any delay (uniformly partitioned overlap-save). Between directions of the set four of them are mixed in proportion.
 * When the direction changes, the quantum is made by the response before and by the new one, and faded across. */
#ifndef PERI_HRTF_H
#define PERI_HRTF_H

#include "dsp/space.h"
#include "render/render.h"

typedef struct peri__hrtf_set peri__hrtf_set;
typedef struct peri__hrtf peri__hrtf;

/* CONTROL. The set for a rate, made at the first need from what libmysofa has and shared by all who hold it; NULL with
 * a message. White noise from straight ahead is as loud as with equal power; above 44,100 Hz, up to 22,050 Hz. */
peri__hrtf_set *peri__hrtf_set_hold(double sample_rate);
void peri__hrtf_set_drop(peri__hrtf_set *set); /* NULL is ignored */

/* A part that convolves with a set, which must stay as long as the audio thread has it; NULL without memory. */
peri__part *peri__hrtf_create(const peri__hrtf_set *set);

/* AUDIO THREAD. One quantum: `in` of one channel for both ears or two, one for each, times `gain`, which is reached
 * from the one before over the quantum; `out` of two channels. */
void peri__hrtf_process(const peri__part *part, const peri__signal *in, const peri__direction *direction, double gain,
                        peri__signal *out) PERI_AUDIO_THREAD;
/* AUDIO THREAD. As if nothing had been heard yet. */
void peri__hrtf_clear(const peri__part *part) PERI_AUDIO_THREAD;

/* Both, for hrtf.c and hrtf_set.c. A spectrum: 129 real parts, then as many imaginary ones, each filled up with zeros
 * to a multiple of four. */
#define PERI_HRTF_WINDOW (2 * PERI_QUANTUM)
#define PERI_HRTF_BINS 132
#define PERI_HRTF_SPECTRUM (2 * PERI_HRTF_BINS)

/* Elevations from −90 to 90 degrees, ten apart; on each azimuths from 0 to the right, fewer towards the poles. */
#define PERI_HRTF_RINGS 19

struct peri__hrtf_set {
  double sample_rate;
  uint32_t parts;
  uint32_t first[PERI_HRTF_RINGS + 1]; /* direction of each ring */
  float *spectra;                      /* directions × ears × parts */
  struct peri__fft *fft;
  /* control, behind a lock */
  uint32_t holders;
  struct peri__hrtf_set *next;
};

static inline size_t peri__hrtf_response_floats(const peri__hrtf_set *set) {
  return (size_t)2 * set->parts * PERI_HRTF_SPECTRUM;
}

#endif
