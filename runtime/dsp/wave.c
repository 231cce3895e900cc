#include "dsp/wave.h"

#include "dsp/fft.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define MIN_BITS 9
#define WHOLE_BITS 12 /* at least, of the last table: its peak is looked for among so many samples */
#define GUARDS 3      /* samples of a table besides the period */

/* ---- Making ----------------------------------------------------------------------------------------------------- */

/* Of the next larger table. */
static uint32_t more_partials(uint32_t partials) {
  return partials < 8 ? partials + 1 : partials < 128 ? partials + partials / 4 : partials + partials / 2;
}

static uint32_t bits_for(uint32_t partials) {
  uint32_t bits = MIN_BITS;
  while ((1u << bits) < 16 * partials) bits++;
  return bits;
}

static void add_table(peri_wave *wave, uint32_t bits, uint32_t partials) {
  wave->table[wave->table_count++] = (peri__wave_table){NULL, bits, partials};
  wave->floats += ((size_t)1 << bits) + GUARDS;
}

/* Tables of one partial, more, and at last of all. */
static void lay_out(peri_wave *wave, uint32_t partials) {
  uint32_t bits = bits_for(partials);
  for (uint32_t p = 1; p < partials; p = more_partials(p)) add_table(wave, bits_for(p), p);
  add_table(wave, bits < WHOLE_BITS ? WHOLE_BITS : bits, partials);
}

/* What a transform takes, for one table after the other. */
typedef struct workshop {
  void *memory;
  size_t bytes;
  peri__fft *fft;
  size_t size;
  float *re, *im, *samples, *scratch;
} workshop;

static size_t transform_size(uint32_t bits) {
  size_t size = (size_t)1 << bits;
  return size < PERI__FFT_MAX ? size : PERI__FFT_MAX;
}

static bool open_workshop(workshop *shop, uint32_t most_bits) {
  size_t size = transform_size(most_bits), fft = (PERI__FFT_BYTES(size) + 63) & ~(size_t)63;
  shop->bytes = fft + (2 * (size / 2 + 16) + size + PERI__FFT_SCRATCH(size)) * sizeof(float);
  shop->memory = peri__allocate_raw(shop->bytes, PERI_CACHE_LINE);
  if (!shop->memory) return false;
  shop->re = (float *)(void *)((char *)shop->memory + fft);
  shop->im = shop->re + size / 2 + 16;
  shop->samples = shop->im + size / 2 + 16;
  shop->scratch = shop->samples + size;
  shop->size = 0;
  return true;
}

/* A table that is larger than a transform is made of several, each one sample further on. */
static void fill_table(workshop *shop, const peri__wave_table *table, const float *real, const float *imag) {
  size_t size = transform_size(table->bits), period = (size_t)1 << table->bits, turns = period / size;
  float *samples = table->samples + 1;
  if (shop->size != size) shop->fft = peri__fft_prepare(shop->memory, shop->size = size);
  for (size_t t = 0; t < turns; t++) {
    memset(shop->re, 0, (size / 2 + 1) * sizeof(float));
    memset(shop->im, 0, (size / 2 + 1) * sizeof(float));
    for (uint32_t k = 1; k <= table->partials; k++) {
      double angle = 2.0 * PI * (double)k * (double)t / (double)period, half = (double)size / 2.0;
      double a = real ? (double)real[k] * half : 0.0, b = imag ? (double)imag[k] * half : 0.0;
      double c = t ? cos(angle) : 1.0, s = t ? sin(angle) : 0.0; /* (a − ib) e^(i angle) */
      shop->re[k] = (float)(a * c + b * s);
      shop->im[k] = (float)(a * s - b * c);
    }
    peri__fft_inverse(shop->fft, shop->re, shop->im, shop->samples, shop->scratch);
    for (size_t i = 0; i < size; i++) samples[i * turns + t] = shop->samples[i];
  }
  samples[-1] = samples[period - 1];
  samples[period] = samples[0];
  samples[period + 1] = samples[1];
}

/* Web Audio 1.1, "Waveform Normalization": the largest absolute value of N samples of all partials, N that of the last
 * table. */
static void normalise(peri_wave *wave) {
  const peri__wave_table *whole = &wave->table[wave->table_count - 1];
  float peak = 0.0f;
  for (size_t i = 0; i < (size_t)1 << whole->bits; i++)
    if (fabsf(whole->samples[i]) > peak) peak = fabsf(whole->samples[i]);
  if (!(peak > 0.0f)) return;
  for (size_t i = 0; i < wave->floats; i++) wave->samples[i] = (float)((double)wave->samples[i] / (double)peak);
}

peri_wave *peri__wave_make(const float *real, const float *imag, uint32_t count, bool normalize) {
  peri_wave *wave = PERI_NEW(peri_wave);
  if (!wave) return NULL;
  lay_out(wave, count - 1);
  workshop shop = {0};
  wave->samples = peri__allocate_raw(wave->floats * sizeof(float), PERI_CACHE_LINE);
  if (!wave->samples || !open_workshop(&shop, wave->table[wave->table_count - 1].bits)) {
    peri__wave_free(wave);
    return NULL;
  }
  float *next = wave->samples;
  for (uint32_t t = 0; t < wave->table_count; t++) {
    wave->table[t].samples = next;
    next += ((size_t)1 << wave->table[t].bits) + GUARDS;
    fill_table(&shop, &wave->table[t], real, imag);
  }
  peri__release(shop.memory, shop.bytes);
  if (normalize) normalise(wave);
  return wave;
}

void peri__wave_free(peri_wave *wave) {
  peri__release(wave->samples, wave->floats * sizeof(float));
  peri__release(wave, sizeof *wave);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

uint32_t peri__wave_find(const peri_wave *wave, double frequency, double nyquist) {
  for (uint32_t t = wave->table_count; t-- > 0;)
    if (peri__wave_fits(&wave->table[t], frequency, nyquist)) return t;
  return PERI_WAVE_TABLES;
}
