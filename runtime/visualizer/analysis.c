#include "visualizer/analysis.h"

#include "base/thread.h"
#include "dsp/fft.h"

#include <math.h>
#include <string.h>

#define SPECTRUM_FRAMES 2048 /* of a transform: twice PERI_VIEW_SPECTRUM */
#define SILENCE_DECIBELS (-120.0f)
#define SILENCE_POWER 1e-12 /* the same as power, 1 being a full-scale sine */

static float finite_or_zero(float sample) { return isfinite(sample) ? sample : 0.0f; }

/* ---- Spectrum --------------------------------------------------------------------------------------------------- */

/* Made once a process, then constant. */
static struct {
  pthread_once_t once;
  peri__fft *fft;
  float window[SPECTRUM_FRAMES]; /* scaled so that a sine of amplitude 1 on a bin gives 1 there */
  _Alignas(16) unsigned char plan[PERI__FFT_BYTES(SPECTRUM_FRAMES)];
} tables = {.once = PTHREAD_ONCE_INIT};

/* Blackman's window as in Web Audio 1.1, AnalyserNode, with α = 0.16. Its mean is 0.42, and half of a sine's amplitude
 * is at the negative frequency. */
static void prepare_tables(void) {
  const double turn = 6.28318530717958647692 / SPECTRUM_FRAMES, scale = 2.0 / (0.42 * SPECTRUM_FRAMES);
  for (int i = 0; i < SPECTRUM_FRAMES; i++)
    tables.window[i] = (float)(scale * (0.42 - 0.5 * cos(turn * i) + 0.08 * cos(2 * turn * i)));
  tables.fft = peri__fft_prepare(tables.plan, SPECTRUM_FRAMES);
}

void peri_spectrum(const float *samples, size_t frames, float decibels[PERI_VIEW_SPECTRUM]) {
  float windowed[SPECTRUM_FRAMES], scratch[PERI__FFT_SCRATCH(SPECTRUM_FRAMES)];
  float re[SPECTRUM_FRAMES / 2 + 1], im[SPECTRUM_FRAMES / 2 + 1];
  pthread_once(&tables.once, prepare_tables);
  size_t count = frames < SPECTRUM_FRAMES ? frames : SPECTRUM_FRAMES, before = SPECTRUM_FRAMES - count;
  memset(windowed, 0, before * sizeof *windowed);
  for (size_t i = 0; i < count; i++)
    windowed[before + i] = finite_or_zero(samples[frames - count + i]) * tables.window[before + i];
  peri__fft_forward(tables.fft, windowed, re, im, scratch);
  for (size_t k = 0; k < PERI_VIEW_SPECTRUM; k++) {
    double power = (double)re[k] * re[k] + (double)im[k] * im[k];
    bool heard = isfinite(power) && power > SILENCE_POWER;
    decibels[k] = heard ? (float)(10.0 * log10(power)) : SILENCE_DECIBELS;
  }
}

/* ---- Levels and waveform ---------------------------------------------------------------------------------------- */

void peri__analysis_prepare(peri__analysis *analysis, double sample_rate) {
  *analysis = (peri__analysis){.sample_rate = sample_rate};
  analysis->slice_frames = (uint32_t)(sample_rate * PERI__RMS_SLICE_SECONDS + 0.5);
}

/* By 20 dB a second: to a tenth. */
static void lower_peaks(peri__analysis *analysis, uint64_t frames) {
  float factor = (float)pow(0.1, (double)frames / analysis->sample_rate);
  for (uint32_t c = 0; c < analysis->channels; c++) analysis->peak[c] *= factor;
}

static void add_peaks(peri__analysis *analysis, const peri_block *block) {
  for (uint32_t c = 0; c < analysis->channels; c++) {
    const float *samples = block->samples + (size_t)c * block->frames;
    for (uint32_t i = 0; i < block->frames; i++) {
      float size = fabsf(finite_or_zero(samples[i]));
      if (size > analysis->peak[c]) analysis->peak[c] = size;
    }
  }
}

static void end_slice(peri__analysis *analysis) {
  memcpy(analysis->squares[analysis->slices % PERI__RMS_SLICES], analysis->filling, sizeof analysis->filling);
  memset(analysis->filling, 0, sizeof analysis->filling);
  analysis->slices++;
  analysis->slice_filled = 0;
}

static void add_squares(peri__analysis *analysis, const peri_block *block) {
  for (uint32_t done = 0, run; done < block->frames; done += run) {
    run = analysis->slice_frames - analysis->slice_filled;
    if (run > block->frames - done) run = block->frames - done;
    for (uint32_t c = 0; c < analysis->channels; c++) {
      const float *samples = block->samples + (size_t)c * block->frames + done;
      for (uint32_t i = 0; i < run; i++) {
        double sample = (double)finite_or_zero(samples[i]);
        analysis->filling[c] += sample * sample;
      }
    }
    analysis->slice_filled += run;
    if (analysis->slice_filled == analysis->slice_frames) end_slice(analysis);
  }
}

static void add_waveform(peri__analysis *analysis, const peri_block *block) {
  for (uint32_t i = 0; i < block->frames; i++) {
    const float *sample = block->samples + i;
    double sum = 0;
    for (uint32_t c = 0; c < block->channels; c++, sample += block->frames) sum += (double)finite_or_zero(*sample);
    analysis->waveform[analysis->waveform_at] = (float)(sum / block->channels);
    analysis->waveform_at = (analysis->waveform_at + 1) % PERI_VIEW_WAVEFORM;
  }
}

void peri__analysis_add(peri__analysis *analysis, const peri_block *block) {
  uint64_t end = block->frame + block->frames;
  analysis->channels = block->channels < PERI_VIEW_CHANNELS ? block->channels : PERI_VIEW_CHANNELS;
  if (analysis->blocks > 0) lower_peaks(analysis, end - analysis->end);
  add_peaks(analysis, block);
  add_squares(analysis, block);
  add_waveform(analysis, block);
  analysis->end = end;
  analysis->blocks++;
}

static float rms_of(const peri__analysis *analysis, uint32_t channel) {
  uint64_t slices = analysis->slices < PERI__RMS_SLICES ? analysis->slices : PERI__RMS_SLICES;
  if (slices == 0) return 0;
  double sum = 0;
  for (uint64_t i = 0; i < slices; i++) sum += analysis->squares[i][channel];
  return (float)sqrt(sum / (double)(slices * analysis->slice_frames));
}

void peri__analysis_view(const peri__analysis *analysis, peri_view *view) {
  *view = (peri_view){.frame = analysis->end, .blocks = analysis->blocks, .channels = analysis->channels};
  for (uint32_t c = 0; c < analysis->channels; c++) {
    view->peak[c] = analysis->peak[c];
    view->rms[c] = rms_of(analysis, c);
  }
  size_t older = PERI_VIEW_WAVEFORM - analysis->waveform_at;
  memcpy(view->waveform, analysis->waveform + analysis->waveform_at, older * sizeof *view->waveform);
  memcpy(view->waveform + older, analysis->waveform, analysis->waveform_at * sizeof *view->waveform);
  peri_spectrum(view->waveform, PERI_VIEW_WAVEFORM, view->spectrum);
}
