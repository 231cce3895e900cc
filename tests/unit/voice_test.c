/* What a voice does by itself: interpolation, its filter, int16 sounds, and moving between inputs. */
#include "unit/scene.h"

#include "base/base.h"

#include <math.h>

#define RATE 48000.0
#define PI 3.14159265358979323846

static uint32_t random_state = 99;

static double chance(double low, double high) {
  random_state = random_state * 1664525u + 1013904223u;
  return low + (high - low) * (double)(random_state >> 8) / 16777216.0;
}

static peri_buffer *buffer_of(const float *samples, uint32_t channels, uint32_t frames) {
  peri_buffer *buffer = peri_buffer_create(channels, frames, RATE);
  CHECK(buffer != NULL);
  for (uint32_t c = 0; c < channels; c++) CHECK(peri_buffer_write(buffer, c, 0, samples + (size_t)c * frames, frames));
  return buffer;
}

/* One source's sound, alone in a mono engine. */
static float *play_alone(const peri_source_def *def, uint32_t frames) {
  peri_engine *engine = scene_engine(1);
  CHECK(peri_source_play(engine, def, peri_engine_destination(engine)) != 0);
  float *out = scene_render(engine, frames, 512);
  peri_engine_destroy(engine);
  return out;
}

/* ---- Interpolation ---------------------------------------------------------------------------------------------- */

#define FRAMES 300

typedef struct journey {
  float sound[FRAMES];
  bool loop;
  int low, high; /* of the loop */
  double rate, offset;
} journey;

/* The sound as the playhead meets it; `round`: it has come round the loop. */
static double met(const journey *j, long place, bool round) {
  long length = j->high - j->low;
  if (j->loop && place >= j->high) place = j->low + (place - j->high) % length;
  if (j->loop && round && place < j->low) place = j->high - 1 - (j->low - 1 - place) % length;
  if (place < 0) place = 0;
  if (place >= FRAMES) place = FRAMES - 1;
  return (double)j->sound[place];
}

static double between(const journey *j, peri_interpolation way, double position, bool round) {
  long place = (long)floor(position);
  double t = position - (double)place, b = met(j, place, round), c = met(j, place + 1, round);
  if (way == PERI_INTERPOLATION_NONE) return b;
  if (way == PERI_INTERPOLATION_LINEAR) return b + (c - b) * t;
  double a = met(j, place - 1, round), d = met(j, place + 2, round); /* Catmull-Rom, by its slopes */
  double from = (c - a) / 2, to = (d - b) / 2;
  return b + t * (from + t * (3 * (c - b) - 2 * from - to + t * (2 * (b - c) + from + to)));
}

static void check_journey(const journey *j, peri_interpolation way) {
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(j->sound, 1, FRAMES);
  def.interpolation = way;
  def.loop = j->loop;
  def.loop_start = j->low / RATE;
  def.loop_end = j->high / RATE;
  def.offset = j->offset / RATE;
  def.playback_rate = (float)j->rate;
  float *out = play_alone(&def, 2000);
  double position = j->offset;
  bool round = false;
  for (int i = 0; i < 2000; i++, position += (double)(float)j->rate) {
    while (j->loop && position >= j->high) position -= j->high - j->low, round = true;
    double wanted = position < FRAMES ? between(j, way, position, round) : 0.0;
    if (!(fabs((double)out[i] - wanted) < 2e-5)) /* positions of the engine and of this test part by 2^-33 a frame */
      fail_msg("way %d, rate %g, loop %d (%d to %d): frame %d at %.9g is %g, wanted %g", way, j->rate, j->loop, j->low,
               j->high, i, position, (double)out[i], wanted);
  }
  free(out);
  peri_buffer_release(def.buffer);
}

TEST(every_interpolation_reads_what_the_playhead_meets_round_loops_and_at_edges) {
  for (int round = 0; round < 300; round++) {
    journey j = {.loop = round % 3 != 0};
    for (int i = 0; i < FRAMES; i++) j.sound[i] = (float)chance(-0.5, 0.5);
    j.low = round % 4 ? (int)chance(0, FRAMES - 3) : 0;
    j.high = j.low + 1 + (int)chance(0, FRAMES - j.low - 1);
    j.rate = round % 5 == 0 ? chance(2, 40) : chance(0.3, 2.1);
    j.rate = floor(j.rate * 4096) / 4096; /* exact as float and as 32.32 */
    j.offset = floor(chance(0, j.high));
    check_journey(&j, PERI_INTERPOLATION_LINEAR);
    check_journey(&j, PERI_INTERPOLATION_CUBIC);
    check_journey(&j, PERI_INTERPOLATION_NONE);
  }
}

/* The worst difference of a sine, played at `rate`, from the sine that it should be. */
static double sine_error(peri_interpolation way, double frequency, double rate) {
  static float sound[24000];
  for (int i = 0; i < 24000; i++) sound[i] = (float)sin(2 * PI * frequency * i / RATE);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(sound, 1, 24000);
  def.interpolation = way;
  def.playback_rate = (float)rate;
  float *out = play_alone(&def, 8000);
  double worst = 0.0;
  for (int i = 200; i < 8000; i++)
    worst = fmax(worst, fabs((double)out[i] - sin(2 * PI * frequency * i * (double)(float)rate / RATE)));
  free(out);
  peri_buffer_release(def.buffer);
  return worst;
}

TEST(better_interpolations_are_better) {
  for (int k = 0; k < 3; k++) {
    double rate = 0.75 + 0.25 * k + 0.0625;
    double none = sine_error(PERI_INTERPOLATION_NONE, 3000, rate);
    double linear = sine_error(PERI_INTERPOLATION_LINEAR, 3000, rate);
    double cubic = sine_error(PERI_INTERPOLATION_CUBIC, 3000, rate);
    double sinc = sine_error(PERI_INTERPOLATION_SINC, 3000, rate);
    CHECK(linear < none / 5 && cubic < linear / 4 && sinc < cubic / 50);
    CHECK(sinc < 1e-4);
  }
}

TEST(the_engines_interpolation_is_that_of_sources_that_name_none) {
  peri_engine_def def = peri_default_engine_def();
  def.channels = 1;
  def.interpolation = PERI_INTERPOLATION_NONE;
  peri_engine *engine = peri_engine_create(&def);
  peri_buffer *ramp = scene_ramp(1000);
  peri_source_def source = peri_default_source_def();
  source.buffer = ramp;
  source.playback_rate = 0.5f;
  CHECK(peri_source_play(engine, &source, peri_engine_destination(engine)) != 0);
  float *out = scene_render(engine, 256, 256);
  for (int i = 0; i < 256; i++) CHECK_NEAR(out[i], (i / 2 + 1) / 65536.0, 0.0);
  free(out);
  def.interpolation = (peri_interpolation)17;
  CHECK(!peri_engine_create(&def));
  CHECK_ERROR("interpolation 17");
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(an_interpolation_can_change_while_it_plays) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(1000);
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  def.playback_rate = 0.5f;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[101], 51.5 / 65536.0, 0.0);
  free(out);
  CHECK(peri_source_set_interpolation(engine, source, PERI_INTERPOLATION_NONE));
  out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[101], 115.0 / 65536.0, 0.0);
  free(out);
  CHECK(!peri_source_set_interpolation(engine, source, (peri_interpolation)-1));
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(a_sinc_goes_round_a_loop_without_a_seam) {
  static float sound[480];
  for (int i = 0; i < 480; i++) sound[i] = (float)sin(2 * PI * 40 * i / 480); /* 40 periods, 4 kHz */
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(sound, 1, 480);
  def.interpolation = PERI_INTERPOLATION_SINC;
  def.loop = true;
  def.playback_rate = 0.8125f;
  float *out = play_alone(&def, 20000);
  for (int i = 100; i < 20000; i++) CHECK_NEAR(out[i], sin(2 * PI * 40 * 0.8125 * i / 480), 1e-4);
  free(out);
  peri_buffer_release(def.buffer);
}

/* So near to the next frame that any step at all would reach it. */
TEST(at_a_rate_of_0_every_interpolation_holds_its_place) {
  for (int way = PERI_INTERPOLATION_NONE; way <= PERI_INTERPOLATION_SINC; way++) {
    peri_engine *engine = scene_engine(1);
    peri_buffer *buffer = peri_buffer_create(1, 3, RATE * (1 - 0x1p-31));
    const float sound[3] = {0.25f, 0.5f, 1.0f};
    CHECK(peri_buffer_write(buffer, 0, 0, sound, 3));
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer;
    def.interpolation = (peri_interpolation)way;
    def.at = 127 / RATE;
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    free(scene_render(engine, 128, 128));
    CHECK(peri_param_set_value(engine, source, PERI_SOURCE_PLAYBACK_RATE, 0.0f));
    float *out = scene_render(engine, 256, 128);
    if (way < PERI_INTERPOLATION_SINC) CHECK_NEAR(out[0], way == PERI_INTERPOLATION_NONE ? 0.25 : 0.5, 1e-6);
    CHECK(out[0] != 0.0f);
    for (int i = 1; i < 256; i++) CHECK(out[i] == out[0]);
    free(out);
    peri_buffer_release(buffer);
    peri_engine_destroy(engine);
  }
}

TEST(backwards_every_interpolation_reads_the_same_sound) {
  static float sound[4000], turned[4000];
  for (int i = 0; i < 4000; i++) sound[i] = turned[3999 - i] = (float)chance(-0.5, 0.5);
  static const peri_interpolation ways[] = {PERI_INTERPOLATION_LINEAR, PERI_INTERPOLATION_CUBIC,
                                            PERI_INTERPOLATION_SINC};
  for (int k = 0; k < 3; k++) {
    peri_engine *engine = scene_engine(2);
    peri_source_def def = peri_default_source_def();
    def.interpolation = ways[k];
    def.buffer = buffer_of(sound, 1, 4000);
    peri_node back = peri_source_create(engine, &def);
    CHECK(peri_param_set_value(engine, back, PERI_SOURCE_PLAYBACK_RATE, -0.75f));
    peri_buffer_release(def.buffer);
    def.buffer = buffer_of(turned, 1, 4000);
    peri_node forth = peri_source_create(engine, &def);
    CHECK(peri_param_set_value(engine, forth, PERI_SOURCE_PLAYBACK_RATE, 0.75f));
    peri_node minus = peri_node_create(engine, PERI_NODE_GAIN);
    CHECK(peri_param_set_value(engine, minus, PERI_GAIN_GAIN, -1.0f));
    CHECK(peri_connect(engine, back, 0, peri_engine_destination(engine), 0));
    CHECK(peri_connect(engine, forth, 0, minus, 0) &&
          peri_connect(engine, minus, 0, peri_engine_destination(engine), 0));
    CHECK(peri_source_start(engine, back, 0.0, 3999 / RATE, INFINITY));
    CHECK(peri_source_start(engine, forth, 0.0, 0.0, INFINITY));
    float *out = scene_render(engine, 4000, 480);
    for (int i = 0; i < 8000; i++) CHECK_NEAR(out[i], 0.0, 1e-6);
    free(out);
    peri_buffer_release(def.buffer);
    peri_engine_destroy(engine);
  }
}

/* ---- Filters ---------------------------------------------------------------------------------------------------- */

/* |H| of the Audio EQ Cookbook's filters (R. Bristow-Johnson) at `frequency`. */
static double cookbook(const peri_filter *filter, double frequency) {
  double w0 = 2 * PI * (double)filter->frequency / RATE, alpha = sin(w0) / (2 * (double)filter->q), c = cos(w0);
  double b[3], a[3] = {1 + alpha, -2 * c, 1 - alpha}, w = 2 * PI * frequency / RATE;
  if (filter->type == PERI_FILTER_LOWPASS) b[0] = b[2] = (1 - c) / 2, b[1] = 1 - c;
  if (filter->type == PERI_FILTER_HIGHPASS) b[0] = b[2] = (1 + c) / 2, b[1] = -1 - c;
  if (filter->type == PERI_FILTER_BANDPASS) b[0] = alpha, b[1] = 0, b[2] = -alpha;
  double re[2] = {0, 0}, im[2] = {0, 0};
  for (int k = 0; k < 3; k++) {
    re[0] += b[k] * cos(k * w), im[0] -= b[k] * sin(k * w);
    re[1] += a[k] * cos(k * w), im[1] -= a[k] * sin(k * w);
  }
  return sqrt((re[0] * re[0] + im[0] * im[0]) / (re[1] * re[1] + im[1] * im[1]));
}

static double response(const float *impulse, int frames, double frequency) {
  double re = 0, im = 0, w = 2 * PI * frequency / RATE;
  for (int i = 0; i < frames; i++) re += (double)impulse[i] * cos(w * i), im -= (double)impulse[i] * sin(w * i);
  return sqrt(re * re + im * im);
}

TEST(a_filter_in_the_voice_has_the_cookbooks_response) {
  static float click[48000] = {1.0f};
  static const float frequencies[] = {30.0f, 200.0f, 1000.0f, 9000.0f, 20000.0f}, qs[] = {0.3f, 0.7071f, 8.0f};
  for (int type = PERI_FILTER_LOWPASS; type <= PERI_FILTER_BANDPASS; type++) {
    for (int k = 0; k < 15; k++) {
      peri_source_def def = peri_default_source_def();
      def.filter = (peri_filter){(peri_filter_type)type, frequencies[k % 5], qs[k / 5]};
      def.buffer = buffer_of(click, 1, 48000);
      float *out = play_alone(&def, 48000);
      for (double f = 20; f < 24000; f *= 1.7)
        CHECK_NEAR(response(out, 48000, f), cookbook(&def.filter, f), 2e-4 * (1 + (double)def.filter.q));
      free(out);
      peri_buffer_release(def.buffer);
    }
  }
}

TEST(filters_at_the_ends_of_the_scale_let_all_or_nothing_pass) {
  static float sound[1000];
  for (int i = 0; i < 1000; i++) sound[i] = (float)chance(-1, 1);
  static const struct {
    peri_filter filter;
    bool heard;
  } cases[] = {{{PERI_FILTER_LOWPASS, 0.0f, 1.0f}, false},  {{PERI_FILTER_LOWPASS, 24000.0f, 1.0f}, true},
               {{PERI_FILTER_HIGHPASS, 0.0f, 1.0f}, true},  {{PERI_FILTER_HIGHPASS, 1e9f, 1.0f}, false},
               {{PERI_FILTER_BANDPASS, 0.0f, 1.0f}, false}, {{PERI_FILTER_BANDPASS, 30000.0f, 1.0f}, false}};
  for (int k = 0; k < 6; k++) {
    peri_source_def def = peri_default_source_def();
    def.filter = cases[k].filter;
    def.buffer = buffer_of(sound, 1, 1000);
    float *out = play_alone(&def, 1000);
    for (int i = 0; i < 1000; i++) CHECK(out[i] == (cases[k].heard ? sound[i] : 0.0f));
    free(out);
    peri_buffer_release(def.buffer);
  }
}

TEST(a_filter_moves_without_a_click_and_goes_without_a_trace) {
  static float sound[48000];
  for (int i = 0; i < 48000; i++) sound[i] = (float)(0.5 * sin(2 * PI * 100 * i / RATE));
  peri_engine *engine = scene_engine(1);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(sound, 1, 48000);
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  static const peri_filter filters[] = {{PERI_FILTER_LOWPASS, 300.0f, 0.7f},  {PERI_FILTER_HIGHPASS, 2000.0f, 4.0f},
                                        {PERI_FILTER_BANDPASS, 90.0f, 2.0f},  {PERI_FILTER_LOWPASS, 20000.0f, 0.5f},
                                        {PERI_FILTER_HIGHPASS, 200.0f, 0.7f}, {PERI_FILTER_NONE, 1000.0f, 1.0f}};
  float last[2] = {0, 0};
  for (int k = 0; k < 6; k++) {
    CHECK(peri_source_set_filter(engine, source, &filters[k], 0.01));
    peri_filter got;
    CHECK(peri_source_get_filter(engine, source, &got) && got.type == filters[k].type && got.q == filters[k].q);
    float *out = scene_render(engine, 3000, 300);
    for (int i = 0; i < 3000; i++) { /* 100 Hz bends by 0.5 × (2 π 100 / 48,000)² = 9e-5 a frame; a jump by far more */
      CHECK(fabs((double)(out[i] - 2 * last[0] + last[1])) < 0.01);
      last[1] = last[0];
      last[0] = out[i];
    }
    free(out);
  }
  float *out = scene_render(engine, 1000, 100);
  for (int i = 0; i < 1000; i++) CHECK(out[i] == sound[18000 + i]);
  free(out);
  peri_buffer_release(def.buffer);
  peri_engine_destroy(engine);
}

TEST(a_filter_rings_out_when_the_sound_ends_and_then_the_source_ends) {
  for (int channels = 1; channels <= 3; channels++) { /* three: gains and filter of voices that no kernel mixes */
    static float click[3 * 128] = {[0] = 1.0f, [128] = 1.0f, [256] = 1.0f};
    peri_engine *engine = scene_engine((uint32_t)channels);
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer_of(click, (uint32_t)channels, 128);
    def.filter = (peri_filter){PERI_FILTER_BANDPASS, 440.0f, 20.0f};
    def.at = 100 / RATE; /* the sound ends amid a quantum */
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    float *out = scene_render(engine, 48000, 512);
    float late = 0.0f, end = 0.0f;
    for (int i = 2000 * channels; i < 4000 * channels; i++) late = fmaxf(late, fabsf(out[i]));
    for (int i = 40000 * channels; i < 48000 * channels; i++) end = fmaxf(end, fabsf(out[i]));
    CHECK(late > 1e-4f && end == 0.0f);
    peri_engine_update(engine);
    CHECK(peri_source_get_state(engine, source) == PERI_SOURCE_GONE);
    free(out);
    CHECK((source = peri_source_play(engine, &def, peri_engine_destination(engine))) != 0);
    free(scene_render(engine, 1024, 512));
    CHECK(peri_source_stop(engine, source, 0.0)); /* a stop is one, ringing or not */
    out = scene_render(engine, 1024, 512);
    for (int i = 0; i < 1024 * channels; i++) CHECK(out[i] == 0.0f);
    free(out);
    peri_buffer_release(def.buffer);
    peri_engine_destroy(engine);
  }
}

/* While it sounds, fades or rings; alike in the kernels' way and in that of many channels. */
TEST(a_filtered_source_stops_on_its_exact_frame) {
  for (int k = 0; k < 9; k++) {
    uint32_t channels = 1 + (uint32_t)(k % 3);
    peri_engine *engine = scene_engine(channels);
    peri_source_def def = peri_default_source_def();
    def.buffer = scene_constant(channels, 10000, 0.5f);
    def.filter = (peri_filter){PERI_FILTER_LOWPASS, 50.0f, 5.0f};
    if (k / 3 == 2) def.duration = 300 / RATE;
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    if (k / 3 == 1)
      CHECK(peri_source_fade_out(engine, source, 600 / RATE, 400 / RATE));
    else
      CHECK(peri_source_stop(engine, source, 1000 / RATE));
    float *out = scene_render(engine, 1280, 128);
    if (k / 3 != 1) CHECK(fabsf(out[999 * channels]) > 0.01f);
    for (uint32_t i = 1000 * channels; i < 1280 * channels; i++) CHECK(out[i] == 0.0f);
    free(out);
    peri_buffer_release(def.buffer);
    peri_engine_destroy(engine);
  }
}

/* A filtered source of noise, between `neighbours` that are filtered, resampled, ramping and silent. */
static float *among(int neighbours) {
  static float sound[20000];
  random_state = 5;
  for (int i = 0; i < 20000; i++) sound[i] = (float)chance(-0.5, 0.5);
  peri_engine *engine = scene_engine(2);
  peri_buffer *buffer = buffer_of(sound, 1, 20000);
  for (int k = 0; k <= neighbours; k++) {
    bool own = k == neighbours / 2;
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer;
    def.panned = true;
    def.pan = 0.25f;
    def.volume = own ? 1.0f : 0.0f;
    def.playback_rate = own || k % 3 ? 1.0f : 1.25f;
    if (own || k % 4) def.filter = (peri_filter){PERI_FILTER_LOWPASS, own ? 700.0f : 90.0f * (float)k, 2.0f};
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    peri_filter next = {PERI_FILTER_HIGHPASS, 100.0f, 1.0f};
    if (k % 5 == 0 && !own) CHECK(peri_source_set_filter(engine, source, &next, 0.1));
  }
  float *out = scene_render(engine, 8000, 512);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
  return out;
}

TEST(neighbours_change_no_bit_of_a_filtered_voice) {
  float *alone = among(0);
  for (int neighbours = 1; neighbours < 60; neighbours = neighbours * 2 + 1) {
    float *out = among(neighbours);
    for (int i = 0; i < 16000; i++)
      if (out[i] != alone[i]) fail_msg("%d neighbours: sample %d", neighbours, i);
    free(out);
  }
  free(alone);
}

TEST(a_filter_over_broken_samples_recovers) {
  float *sound = calloc(4800, sizeof *sound);
  sound[200] = INFINITY;
  sound[300] = 3e38f; /* finite, and too much for any filter */
  sound[301] = -3e38f;
  peri_engine *engine = scene_engine(1);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(sound, 1, 4800);
  def.filter = (peri_filter){PERI_FILTER_HIGHPASS, 5000.0f, 40.0f};
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0);
  float *out = scene_render(engine, 4800, 480);
  for (int i = 0; i < 4800; i++) CHECK(isfinite(out[i]));
  for (int i = 1024; i < 4800; i++) CHECK(out[i] == 0.0f);
  CHECK(scene_stats(engine).nonfinite > 0);
  free(out);
  free(sound);
  peri_buffer_release(def.buffer);
  peri_engine_destroy(engine);
}

TEST(bad_filters_are_refused_and_change_nothing) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(100);
  peri_node source = scene_source(engine, ramp);
  static const struct {
    peri_filter filter;
    const char *error;
  } cases[] = {{{PERI_FILTER_LOWPASS, -1.0f, 1.0f}, "frequency"},
               {{PERI_FILTER_LOWPASS, NAN, 1.0f}, "frequency"},
               {{PERI_FILTER_LOWPASS, 100.0f, 0.0f}, "Q must"},
               {{PERI_FILTER_LOWPASS, 100.0f, NAN}, "Q must"},
               {{(peri_filter_type)9, 100.0f, 1.0f}, "type 9"}};
  for (int k = 0; k < 5; k++) {
    peri_filter got;
    CHECK(!peri_source_set_filter(engine, source, &cases[k].filter, 0.0));
    if (!strstr(peri_error(), cases[k].error)) fail_msg("%s", peri_error());
    CHECK(peri_source_get_filter(engine, source, &got) && got.type == PERI_FILTER_NONE);
  }
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

/* ---- int16 ------------------------------------------------------------------------------------------------------ */

/* A WAV file of 16-bit samples, in memory. */
static size_t make_wav16(unsigned char *file, const int16_t *samples, uint32_t channels, uint32_t frames) {
  uint32_t bytes = frames * channels * 2, rate = 48000, fields[] = {bytes + 36, 16, rate, rate * channels * 2, bytes};
  uint16_t shorts[] = {1, (uint16_t)channels, (uint16_t)(channels * 2), 16};
  memcpy(file, "RIFF", 4), memcpy(file + 4, &fields[0], 4), memcpy(file + 8, "WAVEfmt ", 8);
  memcpy(file + 16, &fields[1], 4), memcpy(file + 20, &shorts[0], 4), memcpy(file + 24, &fields[2], 4);
  memcpy(file + 28, &fields[3], 4), memcpy(file + 32, &shorts[2], 4), memcpy(file + 36, "data", 4);
  memcpy(file + 40, &fields[4], 4), memcpy(file + 44, samples, bytes);
  return bytes + 44;
}

static peri_buffer *decode16(uint32_t channels, uint32_t frames, peri_format format) {
  static int16_t samples[16000];
  static unsigned char file[32044];
  random_state = 3;
  for (uint32_t i = 0; i < channels * frames; i++) samples[i] = (int16_t)chance(-32768, 32767.9);
  samples[0] = -32768;
  size_t size = make_wav16(file, samples, channels, frames);
  peri_buffer *buffer = peri_buffer_decode(file, size, 0.0, format);
  CHECK(buffer != NULL);
  CHECK(peri_buffer_format(buffer) == format);
  return buffer;
}

/* Sources of every sort over one sound: in place, ramping, resampled, looping, filtered, panned. */
static float *play_sorts(peri_buffer *buffer) {
  peri_engine *engine = scene_engine(2);
  for (int k = 0; k < 24; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = buffer;
    def.volume = 0.1f;
    def.panned = k % 2;
    def.pan = 0.5f;
    def.loop = k % 3 == 0;
    def.playback_rate = k % 4 < 2 ? 1.0f : 0.8f + 0.1f * (float)k;
    def.interpolation = (peri_interpolation)(1 + k % 4);
    def.at = k * 100 / RATE;
    if (k % 5 == 0) def.fade_in = 0.02;
    if (k % 7 == 0) def.filter = (peri_filter){PERI_FILTER_LOWPASS, 1000.0f, 1.0f};
    CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0);
  }
  float *out = scene_render(engine, 9000, 441);
  peri_engine_destroy(engine);
  return out;
}

TEST(int16_sounds_play_as_float_ones_in_half_the_memory) {
  for (uint32_t channels = 1; channels <= 3; channels++) {
    peri_buffer *s16 = decode16(channels, 5000, PERI_FORMAT_S16), *f32 = decode16(channels, 5000, PERI_FORMAT_F32);
    CHECK_EQ(peri_buffer_bytes(s16) * 2, peri_buffer_bytes(f32));
    float *a = play_sorts(s16), *b = play_sorts(f32);
    for (int i = 0; i < 18000; i++) CHECK_NEAR(a[i], b[i], 1e-6);
    free(a), free(b);
    peri_buffer_release(s16), peri_buffer_release(f32);
  }
}

TEST(what_is_written_to_an_int16_buffer_is_rounded_and_clipped) {
  static const float in[] = {0.5f, -1.0f, 1.0f, 2.0f, -7.0f, NAN, INFINITY, 0.4f / 32768, -0.6f / 32768};
  static const float out[] = {0.5f, -1.0f,        32767.0f / 32768, 32767.0f / 32768, -1.0f, 0.0f, 32767.0f / 32768,
                              0.0f, -1.0f / 32768};
  peri_buffer *buffer = decode16(1, 100, PERI_FORMAT_S16);
  float got[9];
  CHECK(peri_buffer_write(buffer, 0, 50, in, 9) && peri_buffer_read(buffer, 0, 50, got, 9));
  for (int i = 0; i < 9; i++) CHECK(got[i] == out[i]);
  peri_buffer_release(buffer);
}

TEST(a_file_loads_once_for_each_format) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *f32 = peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_F32);
  peri_buffer *s16 = peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_S16);
  CHECK(f32 && s16 && f32 != s16);
  CHECK_EQ(peri_buffer_bytes(s16) * 2, peri_buffer_bytes(f32));
  CHECK(peri_engine_load(engine, "assets/laser.ogg", PERI_FORMAT_S16) == s16);
  float a[100], b[100];
  CHECK(peri_buffer_read(f32, 0, 1000, a, 100) && peri_buffer_read(s16, 0, 1000, b, 100));
  for (int i = 0; i < 100; i++) CHECK_NEAR(a[i], b[i], 0.5001 / 32768);
  CHECK(!peri_engine_load(engine, "assets/laser.ogg", (peri_format)5));
  CHECK_ERROR("format 5");
  peri_buffer_release(f32), peri_buffer_release(s16), peri_buffer_release(s16);
  peri_engine_destroy(engine);
}

/* ---- Moving ----------------------------------------------------------------------------------------------------- */

TEST(thousands_of_voices_move_at_once_and_go_on_where_they_were) {
  enum { COUNT = 3000 };
  static peri_node source[COUNT];
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(8000);
  peri_node out = peri_engine_destination(engine), a = peri_node_create(engine, PERI_NODE_GAIN),
            b = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(peri_connect(engine, a, 0, out, 0) && peri_connect(engine, b, 0, out, 0));
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  def.volume = 1.0f / 4096;
  for (int k = 0; k < COUNT; k++) CHECK((source[k] = peri_source_play(engine, &def, k % 3 ? a : out)) != 0);
  free(scene_render(engine, 256, 128));
  for (int round = 0; round < 6; round++) {
    peri_engine_begin(engine);
    for (int k = 0; k < COUNT; k++) { /* to and fro within one batch, out of several lists in turns */
      if ((k + round) % 7 == 0) continue;
      CHECK(peri_disconnect(engine, source[k], 0, 0, 0));
      CHECK(peri_connect(engine, source[k], 0, round % 2 ? a : k % 2 ? b : out, 0));
      if (k % 11) continue;
      CHECK(peri_disconnect(engine, source[k], 0, 0, 0));
      CHECK(peri_connect(engine, source[k], 0, b, 0));
    }
    for (int k = 0; k < 10; k++) CHECK(peri_source_play(engine, &(peri_source_def){0}, a) == 0);
    CHECK(peri_engine_commit(engine));
    float *heard = scene_render(engine, 256, 128);
    for (int i = 0; i < 256; i++) CHECK_NEAR(heard[i], COUNT / 4096.0 * (256 * (round + 1) + i + 1) / 65536, 1e-5);
    free(heard);
  }
  CHECK_EQ(scene_stats(engine).sources_playing, COUNT);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

/* ---- Pausing ---------------------------------------------------------------------------------------------------- */

/* Sample i of the sound is (i + 1) / 65536. */
TEST(a_paused_source_stands_still_and_goes_on_where_it_was) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *ramp = scene_ramp(20000);
  peri_source_def def = peri_default_source_def();
  def.buffer = ramp;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  free(scene_render(engine, 1280, 128));
  CHECK(peri_source_set_paused(engine, source, true));
  CHECK(peri_source_set_paused(engine, source, true));
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_PAUSED);
  float *out = scene_render(engine, 5120, 512);
  for (int i = 1; i < 5120; i++) CHECK(out[i] <= out[i - 1] + 1e-9f && out[i - 1] - out[i] < 0.001f);
  for (int i = 256; i < 5120; i++) CHECK(out[i] == 0.0f);
  free(out);
  CHECK_EQ(scene_stats(engine).sources_paused, 1);
  CHECK_EQ(scene_stats(engine).sources_playing, 0);
  CHECK(!peri_engine_is_active(engine));
  CHECK(peri_source_set_paused(engine, source, false));
  CHECK(peri_engine_is_active(engine));
  out = scene_render(engine, 1280, 128);
  for (int i = 0; i < 256; i++) CHECK_NEAR(out[i], (1536 + i + 1) / 65536.0 * (i + 1) / 256, 1e-6);
  for (int i = 256; i < 1280; i++) CHECK(out[i] == (float)(1536 + i + 1) / 65536.0f);
  free(out);
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_PLAYING);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}

TEST(what_is_scheduled_waits_with_a_paused_source) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.at = 1000 / RATE;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  CHECK(peri_source_stop(engine, source, 3000 / RATE));
  free(scene_render(engine, 256, 128));
  CHECK(peri_source_set_paused(engine, source, true)); /* before its start */
  free(scene_render(engine, 5120, 128));
  CHECK(peri_source_set_paused(engine, source, false));
  free(scene_render(engine, 512, 128));
  float *out = scene_render(engine, 2560, 128); /* from frame 5,888 on: it starts at 6,120 and stops at 8,120 */
  for (int i = 0; i < 2560; i++) CHECK(out[i] == (i >= 232 && i < 2232 ? 1.0f : 0.0f));
  free(out);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_source_paused_before_its_start_starts_when_it_goes_on_and_a_stop_ends_a_paused_one) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_node source = scene_source(engine, one), other = scene_source(engine, one);
  CHECK(peri_source_set_paused(engine, source, true) && peri_source_set_paused(engine, other, true));
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY) && peri_source_start(engine, other, 0.0, 0.0, INFINITY));
  float *out = scene_render(engine, 1280, 128);
  for (int i = 0; i < 1280; i++) CHECK(out[i] == 0.0f);
  free(out);
  CHECK(peri_source_set_paused(engine, source, false));
  CHECK(peri_source_fade_out(engine, other, 1.0, 0.0));
  out = scene_render(engine, 256, 128);
  for (int i = 0; i < 256; i++) CHECK(out[i] == 1.0f);
  free(out);
  peri_engine_update(engine);
  CHECK_EQ(peri_source_get_state(engine, other), PERI_SOURCE_GONE);
  CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_PLAYING);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(no_order_of_pauses_and_fades_clicks_and_every_source_ends) {
  for (int seed = 0; seed < 60; seed++) {
    random_state = (uint32_t)seed;
    peri_engine *engine = scene_engine(1);
    peri_buffer *one = scene_constant(1, 4000, 1.0f);
    peri_source_def def = peri_default_source_def();
    def.buffer = one;
    def.loop = true;
    def.fade_in = chance(0.005, 0.02);
    peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
    float last = 0.0f;
    for (int k = 0; k < 60; k++) {
      int what = (int)chance(0, 5);
      if (what < 3) CHECK(peri_source_set_paused(engine, source, what > 0));
      if (what == 3) CHECK(peri_source_set_volume(engine, source, (float)chance(0, 1), chance(0.005, 0.03)));
      uint32_t frames = 128 * (1 + (uint32_t)chance(0, 5));
      float *out = scene_render(engine, frames, 128);
      for (uint32_t i = 0; i < frames; i++) {
        CHECK(fabs((double)(out[i] - last)) < 0.011); /* over 5 ms at least: two of them at once */
        last = out[i];
      }
      free(out);
    }
    CHECK(peri_source_set_paused(engine, source, seed % 2));
    free(scene_render(engine, 640, 128));
    CHECK(peri_source_fade_out(engine, source, 0.005, 0.0));
    free(scene_render(engine, 640, 128));
    peri_engine_update(engine);
    CHECK_EQ(peri_source_get_state(engine, source), PERI_SOURCE_GONE);
    peri_buffer_release(one);
    peri_engine_destroy(engine);
  }
}

TEST(silent_voices_keep_time) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *ramp = scene_ramp(20000);
  peri_node source[3];
  for (int k = 0; k < 3; k++) {
    peri_source_def def = peri_default_source_def();
    def.buffer = ramp;
    def.volume = 0.0f;
    def.panned = k == 1;
    def.playback_rate = k == 2 ? 0.5f : 1.0f;
    CHECK((source[k] = peri_source_play(engine, &def, peri_engine_destination(engine))) != 0);
  }
  float *out = scene_render(engine, 6400, 512);
  for (int i = 0; i < 12800; i++) CHECK(out[i] == 0.0f);
  free(out);
  CHECK(peri_source_set_volume(engine, source[0], 1.0f, 0.0) && peri_source_set_volume(engine, source[2], 1.0f, 0.0));
  out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[2 * i], (6400 + i + 1 + 3200 + i * 0.5 + 1) / 65536.0, 1e-7);
  free(out);
  peri_buffer_release(ramp);
  peri_engine_destroy(engine);
}
