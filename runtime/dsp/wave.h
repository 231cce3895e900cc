/* Periods of sound as tables, each with fewer partials than the one before it, so that one can be read at any frequency
 * without partials above half the sample rate.
 *
 * A table of P partials has at least 16 P samples and is read by cubics through four of them (Lagrange): its highest
 * partial comes out within −65 dB of itself, others closer by 24 dB an octave. Up to eight partials there
 * is a table for each count; from there on each has at most a quarter more, from 121 on half more. So what is left out
 * at the top lies in the last 0.6 octaves below half the sample rate. */
#ifndef PERI_WAVE_H
#define PERI_WAVE_H

#include "base/base.h"

#define PERI_WAVE_TABLES 40

typedef struct peri__wave_table {
  float *samples; /* 2^bits of a period; one of it before them and two behind, as it goes round */
  uint32_t bits;
  uint32_t partials;
} peri__wave_table;

/* Constant but for the count. */
struct peri_wave {
  atomic_uint references;
  uint32_t table_count; /* the first one has one partial, the last one all */
  size_t floats;
  float *samples;
  peri__wave_table table[PERI_WAVE_TABLES];
};

/* Not for the audio thread. A wave of `count` − 1 partials, see peri_wave_create; its arguments are right. NULL without
 * memory. */
peri_wave *peri__wave_make(const float *real, const float *imag, uint32_t count, bool normalize);
void peri__wave_free(peri_wave *wave);

/* Whether all partials of a table lie below half the sample rate; all in Hz, not negative. */
static inline bool peri__wave_fits(const peri__wave_table *table, double frequency, double nyquist) {
  return table->partials * frequency < nyquist;
}

/* The largest table that fits; PERI_WAVE_TABLES where none does. */
uint32_t peri__wave_find(const peri_wave *wave, double frequency, double nyquist) PERI_AUDIO_THREAD;

#endif
