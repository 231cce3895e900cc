#include "unit/test.h"

#include "dsp/resample.h"

#include <stdlib.h>

#define PI 3.14159265358979323846

/* Resamples half a second of a sine; what is left beside the sine it should be, in dB below it. */
typedef struct outcome {
  double noise, level; /* dB */
} outcome;

static float *resample(double from, double to, const float *in, uint64_t frames, uint64_t *out_frames) {
  peri__resampler resampler = peri__resampler_plan(from, to);
  float *table = malloc(resampler.table_floats * sizeof *table);
  peri__resampler_prepare(&resampler, table);
  *out_frames = peri__resampler_frames(&resampler, frames);
  float *out = malloc(*out_frames * sizeof *out);
  peri__resampling job = {table, in, frames, out, *out_frames};
  peri__resampler_run(&resampler, &job);
  free(table);
  return out;
}

static outcome resample_sine(double from, double to, double frequency) {
  uint64_t frames = (uint64_t)from / 2, out_frames;
  float *in = malloc(frames * sizeof *in);
  for (uint64_t i = 0; i < frames; i++) in[i] = (float)(0.9 * sin(2 * PI * frequency * (double)i / from));
  float *out = resample(from, to, in, frames, &out_frames);
  double signal = 0, noise = 0, made = 0;
  for (uint64_t i = out_frames / 4; i < out_frames * 3 / 4; i++) {
    double wanted = 0.9 * sin(2 * PI * frequency * (double)i / to), difference = (double)out[i] - wanted;
    signal += wanted * wanted;
    noise += difference * difference;
    made += (double)out[i] * (double)out[i];
  }
  free(in);
  free(out);
  return (outcome){10 * log10(noise / signal), 10 * log10(made / signal)};
}

TEST(one_kilohertz_is_resampled_with_100_decibels_to_spare) {
  CHECK(resample_sine(44100, 48000, 1000).noise < -130);
  CHECK(resample_sine(48000, 44100, 1000).noise < -130);
  CHECK(resample_sine(22050, 48000, 1000).noise < -130);
  CHECK(resample_sine(96000, 48000, 1000).noise < -130);
}

TEST(resampling_is_flat_near_the_end_of_the_band) {
  CHECK(resample_sine(44100, 48000, 20000).noise < -110);
  CHECK(resample_sine(48000, 44100, 20000).noise < -110);
}

TEST(resampling_removes_what_the_lower_rate_cannot_hold) {
  CHECK(resample_sine(48000, 44100, 22100).level < -115);
  CHECK(resample_sine(96000, 48000, 24100).level < -115);
  CHECK(resample_sine(96000, 48000, 40000).level < -115);
}

TEST(rates_without_a_small_ratio_are_resampled_as_well) {
  CHECK(resample_sine(44100.5, 48000, 1000).noise < -125);
  CHECK(resample_sine(47999, 44101, 1000).noise < -125);
  CHECK(resample_sine(47999, 44101, 22100).level < -115);
  CHECK(resample_sine(767999, 3001, 400).noise < -110);
}

TEST(the_extreme_rates_are_resampled) {
  CHECK(resample_sine(768000, 3000, 500).noise < -110);
  CHECK(resample_sine(3000, 768000, 500).noise < -110);
}

TEST(a_resampled_length_is_rounded_and_never_nothing) {
  peri__resampler up = peri__resampler_plan(44100, 48000), down = peri__resampler_plan(768000, 3000);
  CHECK_EQ(peri__resampler_frames(&up, 44100), 48000);
  CHECK_EQ(peri__resampler_frames(&up, 441000), 480000);
  CHECK_EQ(peri__resampler_frames(&up, 10), 11);
  CHECK_EQ(peri__resampler_frames(&down, 1), 1);
}

TEST(a_constant_stays_as_loud) {
  float in[2000];
  for (int i = 0; i < 2000; i++) in[i] = 0.5f;
  uint64_t frames;
  float *out = resample(44100, 48000, in, 2000, &frames);
  for (uint64_t i = 300; i < frames - 300; i++) CHECK_NEAR(out[i], 0.5, 1e-6);
  free(out);
}

TEST(a_click_stays_where_it_is) {
  float in[441] = {0};
  in[147] = 1;
  uint64_t frames;
  float *out = resample(44100, 48000, in, 441, &frames);
  CHECK_EQ(frames, 480);
  for (uint64_t i = 0; i < frames; i++) CHECK(i == 160 || fabsf(out[i]) < out[160]);
  free(out);
}

TEST(resampling_twice_gives_the_same_bits) {
  float in[300];
  for (int i = 0; i < 300; i++) in[i] = (float)((i * 7919) % 200 - 100) / 100;
  uint64_t frames;
  float *a = resample(8000, 48000, in, 300, &frames), *b = resample(8000, 48000, in, 300, &frames);
  CHECK(memcmp(a, b, frames * sizeof *a) == 0);
  free(a);
  free(b);
}
