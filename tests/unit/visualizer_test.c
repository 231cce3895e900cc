#include "unit/test.h"

#include "base/thread.h"
#include "visualizer/analysis.h"
#include "visualizer/visualizer.h"

#define RATE 48000.0
#define TURN 6.28318530717958647692
#define BLOCK 512

static float decibels[PERI_VIEW_SPECTRUM];
static peri__analysis analysis;
static peri_view view;

static void spectrum_of_sine(double bin, double amplitude) {
  static float samples[5000];
  for (int i = 0; i < 5000; i++) samples[i] = (float)(amplitude * sin(TURN * bin * i / 2048));
  peri_spectrum(samples, 5000, decibels);
}

/* Adds stereo blocks of constants, `left` and `right`, from the analysis's end on. */
static void add_constant(float left, float right, int blocks) {
  float samples[2 * BLOCK];
  for (int i = 0; i < BLOCK; i++) samples[i] = left, samples[BLOCK + i] = right;
  for (int n = 0; n < blocks; n++) {
    peri_block block = {.samples = samples, .frames = BLOCK, .channels = 2, .frame = analysis.end};
    peri__analysis_add(&analysis, &block);
  }
  peri__analysis_view(&analysis, &view);
}

TEST(a_full_scale_sine_is_zero_decibels_in_its_bin) {
  const double bins[] = {10, 64, 500, 1000};
  for (size_t i = 0; i < 4; i++) {
    spectrum_of_sine(bins[i], 1);
    CHECK_NEAR(decibels[(int)bins[i]], 0, 0.01);
    spectrum_of_sine(bins[i], 0.1);
    CHECK_NEAR(decibels[(int)bins[i]], -20, 0.01);
  }
}

/* Blackman's window: main lobe of ±3 bins, half-way between two bins 1.1 dB down, side lobes 58 dB down. */
TEST(a_sine_stays_near_its_bin) {
  spectrum_of_sine(100, 1);
  CHECK_NEAR(decibels[99], -4.5, 0.1);
  for (int k = 0; k < PERI_VIEW_SPECTRUM; k++)
    if (k < 97 || k > 103) CHECK(decibels[k] < -100);
  spectrum_of_sine(100.5, 1);
  CHECK_NEAR(decibels[100], -1.1, 0.05);
  CHECK_NEAR(decibels[101], -1.1, 0.05);
  for (int k = 0; k < PERI_VIEW_SPECTRUM; k++)
    if (k < 97 || k > 104) CHECK(decibels[k] < -57);
}

TEST(silence_is_minus_120_decibels) {
  static const float silence[2048];
  peri_spectrum(silence, 2048, decibels);
  for (int k = 0; k < PERI_VIEW_SPECTRUM; k++) CHECK(decibels[k] == -120.0f);
  spectrum_of_sine(100, 1e-7);
  CHECK(decibels[100] == -120.0f);
  peri_spectrum(NULL, 0, decibels);
  for (int k = 0; k < PERI_VIEW_SPECTRUM; k++) CHECK(decibels[k] == -120.0f);
}

TEST(a_short_sound_is_preceded_by_zeros_in_its_spectrum) {
  static float whole[2048], of_whole[PERI_VIEW_SPECTRUM];
  for (int i = 1548; i < 2048; i++) whole[i] = (float)sin(0.3 * i);
  peri_spectrum(whole, 2048, of_whole);
  peri_spectrum(whole + 1548, 500, decibels);
  CHECK(memcmp(decibels, of_whole, sizeof decibels) == 0);
  CHECK(decibels[97] > -60);
}

TEST(a_spectrum_is_of_the_last_2048_frames) {
  static float samples[4096];
  for (int i = 0; i < 2048; i++) samples[i] = 1;
  peri_spectrum(samples, 4096, decibels);
  CHECK(decibels[0] == -120.0f);
  peri_spectrum(samples, 4095, decibels);
  CHECK(decibels[0] == -120.0f); /* the window's first value is 0 */
  peri_spectrum(samples, 3000, decibels);
  CHECK(decibels[0] > -20);
}

TEST(spectra_have_no_nan) {
  static float samples[2048];
  samples[100] = NAN;
  samples[200] = INFINITY;
  peri_spectrum(samples, 2048, decibels);
  for (int k = 0; k < PERI_VIEW_SPECTRUM; k++) CHECK(decibels[k] == -120.0f);
  for (int i = 0; i < 2048; i++) samples[i] = i % 2 ? 3e38f : -3e38f;
  peri_spectrum(samples, 2048, decibels);
  for (int k = 0; k < PERI_VIEW_SPECTRUM; k++) CHECK(isfinite(decibels[k]));
}

TEST(peaks_are_of_their_channel_and_fall_by_20_decibels_a_second) {
  peri__analysis_prepare(&analysis, RATE);
  add_constant(0.25f, -1.0f, 1);
  CHECK_EQ(view.channels, 2);
  CHECK_NEAR(view.peak[0], 0.25, 0);
  CHECK_NEAR(view.peak[1], 1, 0);
  add_constant(0, 0, 375); /* 4 s */
  CHECK_NEAR(view.peak[1], 1e-4, 1e-6);
  CHECK_NEAR(view.peak[0], 0.25e-4, 1e-6);
  add_constant(0.5f, 0, 1);
  CHECK_NEAR(view.peak[0], 0.5, 0);
}

TEST(peaks_fall_through_a_gap_for_as_long_as_it_lasts) {
  peri__analysis_prepare(&analysis, RATE);
  add_constant(1, 1, 1);
  float samples[2 * BLOCK] = {0};
  peri_block block = {.samples = samples, .frames = BLOCK, .channels = 2, .frame = 48000};
  peri__analysis_add(&analysis, &block);
  peri__analysis_view(&analysis, &view);
  CHECK_NEAR(view.peak[0], 0.1, 1e-6);
  CHECK_EQ(view.frame, 48000 + BLOCK);
}

TEST(rms_is_over_50_milliseconds) {
  peri__analysis_prepare(&analysis, RATE);
  add_constant(0.5f, 0.25f, 20);
  CHECK_NEAR(view.rms[0], 0.5, 1e-6);
  CHECK_NEAR(view.rms[1], 0.25, 1e-6);
  add_constant(0, 0, 2); /* 21 ms */
  CHECK_NEAR(view.rms[0], 0.5 * sqrt(30.0 / 50), 0.04);
  add_constant(0, 0, 4); /* 64 ms in all */
  CHECK(view.rms[0] == 0);
  add_constant(1, 0, 1); /* two whole slices of ten */
  CHECK(view.rms[0] > 0.3 && view.rms[0] < 0.5);
}

TEST(the_first_view_has_the_level_of_what_there_is) {
  peri__analysis_prepare(&analysis, RATE);
  add_constant(0.5f, 0, 1);
  CHECK_NEAR(view.rms[0], 0.5, 1e-6);
}

TEST(the_waveform_is_the_last_2048_frames_averaged) {
  peri__analysis_prepare(&analysis, RATE);
  float samples[2 * 300];
  for (uint64_t n = 0; n < 10; n++) {
    for (int i = 0; i < 300; i++) {
      samples[i] = (float)(n * 300) + (float)i;
      samples[300 + i] = -1;
    }
    peri_block block = {.samples = samples, .frames = 300, .channels = 2, .frame = n * 300};
    peri__analysis_add(&analysis, &block);
  }
  peri__analysis_view(&analysis, &view);
  CHECK_EQ(view.frame, 3000);
  CHECK_EQ(view.blocks, 10);
  for (int i = 0; i < PERI_VIEW_WAVEFORM; i++) CHECK(view.waveform[i] == (float)(3000 - 2048 + i - 1) / 2);
}

TEST(a_view_has_no_more_channels_than_levels) {
  static float samples[32 * 4];
  for (int i = 0; i < 32 * 4; i++) samples[i] = (float)i;
  peri__analysis_prepare(&analysis, RATE);
  peri_block block = {.samples = samples, .frames = 4, .channels = 32};
  peri__analysis_add(&analysis, &block);
  peri__analysis_view(&analysis, &view);
  CHECK_EQ(view.channels, PERI_VIEW_CHANNELS);
  CHECK_NEAR(view.peak[7], 31, 0);
  CHECK_NEAR(view.waveform[2047], 15.5 * 4 + 3, 0); /* of all 32 */
}

TEST(views_have_no_nan) {
  peri__analysis_prepare(&analysis, RATE);
  add_constant(NAN, INFINITY, 10);
  CHECK(view.peak[0] == 0 && view.peak[1] == 0 && view.rms[0] == 0 && view.rms[1] == 0);
  add_constant(0.5f, 0.5f, 10);
  CHECK_NEAR(view.peak[0], 0.5, 0);
  CHECK_NEAR(view.rms[1], 0.5, 1e-6);
  for (int i = 0; i < PERI_VIEW_WAVEFORM; i++) CHECK(view.waveform[i] == 0.5f);
}

/* ---- The thread -------------------------------------------------------------------------------------------------- */

static void write_constant(peri__blocks *blocks, float value, uint64_t *frame) {
  float samples[BLOCK];
  for (int i = 0; i < BLOCK; i++) samples[i] = value;
  const float *const lines[2] = {samples, samples};
  peri__role before = peri__role_enter(PERI_ROLE_AUDIO);
  peri__blocks_write(blocks, lines, BLOCK, *frame);
  peri__role_enter(before);
  *frame += BLOCK;
}

/* Until the view has reached the frame, or two seconds. */
static bool wait_for_view(peri__visualizer *visualizer, uint64_t frame) {
  for (int i = 0; i < 2000; i++) {
    if (peri__visualizer_read(visualizer, &view) && view.frame >= frame) return true;
    peri__sleep_until(peri__nanoseconds() + 1000000);
  }
  return false;
}

TEST(the_visualizer_shows_what_comes_and_gives_the_blocks_back) {
  uint64_t memory = peri__memory_bytes(), frame = 0;
  peri__blocks_plan plan = {2, 2 * BLOCK, 16, 64, PERI_DRY_SKIP};
  peri__blocks *blocks = peri__blocks_create(&plan);
  peri__visualizer *visualizer = peri__visualizer_create(blocks, RATE);
  CHECK(blocks && visualizer);
  CHECK(!peri__visualizer_read(visualizer, &view));
  for (uint64_t n = 1; n <= 5; n++) {
    write_constant(blocks, 0.1f * (float)n, &frame);
    CHECK(wait_for_view(visualizer, frame));
    CHECK_EQ(view.frame, frame);
    CHECK_EQ(view.blocks, n);
    CHECK_EQ(view.channels, 2);
    CHECK_NEAR(view.peak[1], 0.1 * (double)n, 1e-6);
    CHECK_NEAR(view.waveform[2047], 0.1 * (double)n, 1e-6);
  }
  peri__visualizer_destroy(visualizer);
  peri_tap_stats stats;
  peri__blocks_get_stats(blocks, &stats);
  CHECK_EQ(stats.returned, 5);
  CHECK_EQ(stats.in_flight, 0);
  peri__blocks_close(blocks);
  CHECK_EQ(peri__memory_bytes(), memory);
}

TEST(a_visualizer_that_finds_no_memory_leaves_none_behind) {
  peri__blocks_plan plan = {2, 2 * BLOCK, 2, 4, PERI_DRY_SKIP};
  peri__blocks *blocks = peri__blocks_create(&plan);
  uint64_t memory = peri__memory_bytes();
  for (uint64_t nth = 1; nth <= 2; nth++) {
    peri__memory_fail_at(nth);
    CHECK(peri__visualizer_create(blocks, RATE) == NULL);
    peri__memory_fail_at(0);
    CHECK_ERROR("out of memory");
    CHECK_EQ(peri__memory_bytes(), memory);
  }
  peri__visualizer_destroy(NULL);
  peri__blocks_close(blocks);
}

TEST(views_are_never_half_of_one_and_half_of_another) {
  uint64_t frame = 0;
  peri__blocks_plan plan = {2, 2 * BLOCK, 16, 64, PERI_DRY_OLDEST};
  peri__blocks *blocks = peri__blocks_create(&plan);
  peri__visualizer *visualizer = peri__visualizer_create(blocks, RATE);
  CHECK(blocks && visualizer);
  int seen = 0;
  for (int n = 0; n < 1000 && (n < 100 || seen == 0); n++) {
    for (int i = 0; i < 4; i++) write_constant(blocks, (float)(frame + BLOCK), &frame); /* a block tells its end */
    for (int i = 0; i < 20; i++)
      if (peri__visualizer_read(visualizer, &view)) {
        CHECK(view.waveform[2047] == (float)view.frame);
        seen++;
      }
    peri__sleep_until(peri__nanoseconds() + 1000000);
  }
  CHECK(seen > 0);
  peri__visualizer_destroy(visualizer);
  peri__blocks_close(blocks);
}
