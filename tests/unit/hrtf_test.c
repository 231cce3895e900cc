/* Web Audio 1.1, "PannerNode "HRTF" Panning": against the responses that libmysofa reads. */
#include "unit/panner_scene.h"

#include "base/base.h"
#include "base/mysofa.h"
#include "base/thread.h"
#include "nodes/hrtf.h"

#include <stdio.h>

#define RATE 44100.0 /* of the measurement: at it nothing is resampled */
#define MOST 2048

/* Every test here but those of its absence needs the library. The responses stay for all tests: making them takes
 * longer than any. */
#define NEED_MYSOFA()                                                                                                  \
  do {                                                                                                                 \
    if (peri__mysofa_functions()) {                                                                                    \
      keep_responses();                                                                                                \
      break;                                                                                                           \
    }                                                                                                                  \
    printf("%s\n", peri_error());                                                                                      \
    skip();                                                                                                            \
  } while (0)

static void keep_responses(void) {
  static bool kept;
  if (!kept) CHECK(peri__hrtf_set_hold(48000) && peri__hrtf_set_hold(RATE));
  kept = true;
}

static struct MYSOFA_EASY *measured;
static int measured_frames;

static void open_measured(void) {
  int error;
  if (!measured) measured = peri__mysofa_functions()->open(PERI_MYSOFA_DATA, (float)RATE, &measured_frames, &error);
  CHECK(measured != NULL && measured_frames < MOST);
}

/* The measured response of a direction in degrees, to the right and up. */
static void measure(double azimuth, double elevation, float ears[2][MOST]) {
  float delay[2];
  double a = azimuth * M_PI / 180, e = elevation * M_PI / 180;
  memset(ears, 0, 2 * sizeof ears[0]);
  open_measured();
  peri__mysofa_functions()->getfilter_float(measured, (float)(cos(e) * cos(a)), (float)(-cos(e) * sin(a)),
                                            (float)sin(e), ears[0], ears[1], &delay[0], &delay[1]);
}

static double energy(const float *samples, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += (double)samples[i] * (double)samples[i];
  return sum;
}

/* The factor to the measured responses: both ears together have the energy 1 straight ahead. */
static double level(void) {
  float ears[2][MOST];
  measure(0, 0, ears);
  return 1 / sqrt(energy(ears[0], MOST) + energy(ears[1], MOST));
}

typedef struct scene {
  peri_engine *engine;
  peri_node source, panner;
} scene;

static peri_node play(peri_engine *engine, const float *samples, uint32_t channels, uint32_t frames, bool loop) {
  peri_buffer *sound = peri_buffer_create(channels, frames, peri_engine_sample_rate(engine));
  for (uint32_t c = 0; c < channels; c++) CHECK(peri_buffer_write(sound, c, 0, samples + (size_t)c * frames, frames));
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = loop;
  peri_node source = peri_source_create(engine, &def);
  peri_buffer_release(sound);
  CHECK(source != 0);
  return source;
}

/* A sound that plays through a panner from now on. */
static scene make(double rate, const float *samples, uint32_t channels, uint32_t frames, bool loop) {
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = rate;
  scene s = {.engine = peri_engine_create(&def)};
  s.source = play(s.engine, samples, channels, frames, loop);
  s.panner = peri_node_create(s.engine, PERI_NODE_PANNER);
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF));
  CHECK(peri_connect(s.engine, s.source, 0, s.panner, 0));
  CHECK(peri_connect(s.engine, s.panner, 0, peri_engine_destination(s.engine), 0));
  CHECK(peri_source_start(s.engine, s.source, 0.0, 0.0, INFINITY));
  return s;
}

static void point(const scene *s, double azimuth, double elevation, double distance) {
  double a = azimuth * M_PI / 180, e = elevation * M_PI / 180;
  set_vector(s->engine, s->panner, PERI_PANNER_POSITION_X,
             (vec){distance * cos(e) * sin(a), distance * sin(e), -distance * cos(e) * cos(a)});
  CHECK(peri_engine_update(s->engine));
}

static void render(const scene *s, uint32_t frames, uint32_t block, float ears[2][MOST]) {
  float *out = scene_render(s->engine, frames, block);
  memset(ears, 0, 2 * sizeof ears[0]);
  for (uint32_t i = 0; i < frames; i++) ears[0][i] = out[2 * i], ears[1][i] = out[2 * i + 1];
  free(out);
}

static void impulse(double rate, double azimuth, double elevation, float ears[2][MOST]) {
  float one = 1.0f;
  scene s = make(rate, &one, 1, 1, false);
  point(&s, azimuth, elevation, 1.0);
  render(&s, MOST, 128, ears);
  peri_engine_destroy(s.engine);
}

TEST(a_steady_source_is_heard_by_the_measured_response) {
  NEED_MYSOFA();
  static const double directions[][2] = {{0, 0},   {30, 0},   {90, 0},  {180, 0},   {-120, 0}, {25, -20},
                                         {45, 10}, {-60, 60}, {30, 80}, {135, -40}, {0, 90}};
  float got[2][MOST], wanted[2][MOST];
  double factor = level();
  for (size_t d = 0; d < sizeof directions / sizeof *directions; d++) {
    impulse(RATE, directions[d][0], directions[d][1], got);
    measure(directions[d][0], directions[d][1], wanted);
    for (int ear = 0; ear < 2; ear++)
      for (int i = 0; i < MOST; i++) CHECK_NEAR(got[ear][i], (double)wanted[ear][i] * factor, 2e-6);
  }
}

/* At another rate the same signal in time; 100 dB are lost where the resampler's filter begins to fall. */
TEST(a_response_is_resampled_to_the_engines_rate) {
  NEED_MYSOFA();
  float got[2][MOST], raw[2][MOST];
  double factor = level();
  impulse(48000, 40, 0, got);
  measure(40, 0, raw);
  for (int ear = 0; ear < 2; ear++) {
    double wrong = 0, all = 0;
    for (int i = 0; i < 500; i++) {
      double t = i * RATE / 48000, wanted = 0;
      for (int k = 0; k < measured_frames; k++) {
        double x = M_PI * (t - k);
        wanted += (double)raw[ear][k] * (fabs(x) < 1e-9 ? 1 : sin(x) / x);
      }
      wanted *= factor * RATE / 48000;
      wrong += (got[ear][i] - wanted) * (got[ear][i] - wanted);
      all += wanted * wanted;
    }
    CHECK(10 * log10(all / wrong) > 50);
  }
}

/* The gain of a tone does not depend on the rate, and neither does its loudness beside equal power. */
TEST(loudness_does_not_depend_on_the_rate) {
  NEED_MYSOFA();
  static const double rates[] = {48000, 96000};
  for (int r = 0; r < 2; r++) {
    float ears[2][MOST];
    impulse(rates[r], 0, 0, ears);
    CHECK_NEAR((energy(ears[0], MOST) + energy(ears[1], MOST)) * rates[r] / RATE, 1.0, 1e-3);
  }
}

/* The lag at which what the far ear hears is most like what the near one does. */
static double lag_of(const float *near, const float *far) {
  int best = 0;
  double most = 0;
  for (int lag = -80; lag <= 80; lag++) {
    double sum = 0;
    for (int i = lag < 0 ? -lag : 0; i < MOST - 80; i++) sum += (double)near[i] * (double)far[i + lag];
    if (sum > most) most = sum, best = lag;
  }
  return best / 48000.0;
}

TEST(the_far_ear_hears_later_and_quieter) {
  NEED_MYSOFA();
  static const double azimuths[] = {30, 60, 90, 120, 150};
  float ears[2][MOST];
  for (int i = 0; i < 5; i++) {
    impulse(48000, azimuths[i], 0, ears);
    double apart = 10 * log10(energy(ears[1], MOST) / energy(ears[0], MOST)), lag = lag_of(ears[1], ears[0]);
    /* Woodworth's sphere of 8.75 cm: (a + sin a) r / c, a measured to the nearer side */
    double a = (azimuths[i] <= 90 ? azimuths[i] : 180 - azimuths[i]) * M_PI / 180, sphere = (a + sin(a)) * 0.0875 / 343;
    CHECK(apart > 4 && apart < 20);
    CHECK(lag > 0.85 * sphere && lag < 1.2 * sphere);
  }
  impulse(48000, 0, 0, ears);
  CHECK_NEAR(lag_of(ears[1], ears[0]), 0.0, 0.0);
}

TEST(left_and_right_are_alike) {
  NEED_MYSOFA();
  float right[2][MOST], left[2][MOST];
  for (int azimuth = 0; azimuth <= 180; azimuth += 37) {
    impulse(48000, azimuth, 13, right);
    impulse(48000, -azimuth, 13, left);
    for (int i = 0; i < MOST; i++) {
      CHECK_NEAR(right[0][i], left[1][i], 2e-6);
      CHECK_NEAR(right[1][i], left[0][i], 2e-6);
    }
  }
}

/* Each ear has its own channel of a stereo sound; one of both ears' is as a mono one. */
TEST(each_channel_of_a_stereo_sound_is_heard_by_its_ear) {
  NEED_MYSOFA();
  float mono[2][MOST], ears[2][MOST];
  static const float left_only[2] = {1.0f, 0.0f}, both[2] = {1.0f, 1.0f};
  impulse(48000, 50, 20, mono);
  for (int k = 0; k < 2; k++) {
    scene s = make(48000, k ? both : left_only, 2, 1, false);
    point(&s, 50, 20, 1.0);
    render(&s, MOST, 128, ears);
    for (int i = 0; i < MOST; i++) {
      CHECK_NEAR(ears[0][i], mono[0][i], 1e-7);
      CHECK_NEAR(ears[1][i], k ? mono[1][i] : 0.0f, 1e-7);
    }
    peri_engine_destroy(s.engine);
  }
}

static void tone(float *samples, int frames) {
  for (int i = 0; i < frames; i++) samples[i] = 0.5f * (float)sin(2 * M_PI * i * 6 / frames);
}

/* A turn is faded over one quantum: by then it is what it would be had the source been there all the time, and between
 * them both in proportion. */
TEST(a_turn_fades_from_one_response_to_the_other) {
  NEED_MYSOFA();
  static float sound[960], from[2][MOST], to[2][MOST], turned[2][MOST], part[2][MOST];
  tone(sound, 960);
  for (int k = 0; k < 2; k++) {
    scene s = make(48000, sound, 1, 960, true);
    point(&s, k ? 75 : -60, k ? -10 : 33, 1.0);
    render(&s, 1280, 128, k ? to : from);
    peri_engine_destroy(s.engine);
  }
  scene s = make(48000, sound, 1, 960, true);
  point(&s, -60, 33, 1.0);
  render(&s, 896, 128, turned);
  point(&s, 75, -10, 1.0);
  render(&s, 384, 128, part);
  for (int ear = 0; ear < 2; ear++) {
    for (int i = 0; i < 896; i++) CHECK_NEAR(turned[ear][i], from[ear][i], 0.0);
    for (int i = 0; i < 384; i++) {
      double w = i < 128 ? (i + 1) / 128.0 : 1.0;
      CHECK_NEAR(part[ear][i], from[ear][896 + i] + (to[ear][896 + i] - from[ear][896 + i]) * w, 2e-6);
    }
  }
  peri_engine_destroy(s.engine);
}

/* A source that flies past makes no steps: between its samples the tone changes as fast as it does standing still and
 * near, and hardly more. */
TEST(a_source_that_moves_does_not_click) {
  NEED_MYSOFA();
  float sound[960], ears[2][MOST];
  double still = 0, moving = 0;
  tone(sound, 960);
  for (int k = 0; k < 2; k++) {
    scene s = make(48000, sound, 1, 960, true);
    set_vector(s.engine, s.panner, PERI_PANNER_POSITION_X, (vec){k ? -3 : 1, 0, k ? -0.5 : 0});
    if (k) CHECK(peri_param_linear_ramp(s.engine, s.panner, PERI_PANNER_POSITION_X, 3, MOST / 48000.0));
    CHECK(peri_engine_update(s.engine));
    render(&s, MOST, 128, ears);
    double *most = k ? &moving : &still;
    for (int ear = 0; ear < 2; ear++)
      for (int i = 802; i < MOST; i++)
        *most = fmax(*most, fabs((double)ears[ear][i] - 2 * (double)ears[ear][i - 1] + (double)ears[ear][i - 2]));
    peri_engine_destroy(s.engine);
  }
  CHECK(moving < 3 * still);
}

/* "all the AudioParams used to compute the output of this node are k-rate": what happens within a quantum is heard from
 * the next one on. */
TEST(parameters_of_hrtf_panners_are_k_rate) {
  NEED_MYSOFA();
  static float sound[960], still[2][MOST], jumping[2][MOST];
  tone(sound, 960);
  for (int k = 0; k < 2; k++) {
    scene s = make(48000, sound, 1, 960, true);
    point(&s, 45, 0, 1.0);
    if (k) CHECK(peri_param_set_value_at_time(s.engine, s.panner, PERI_PANNER_POSITION_X, -5, 600 / 48000.0));
    CHECK(peri_engine_update(s.engine));
    render(&s, 1024, 128, k ? jumping : still);
    peri_engine_destroy(s.engine);
  }
  for (int i = 0; i < 640; i++) CHECK_NEAR(jumping[0][i], still[0][i], 0.0);
  CHECK(fabs((double)jumping[0][767] - (double)still[0][767]) > 1e-3);
}

/* Distance and cone scale the input. A gain that changes is a ramp over its quantum. */
TEST(distance_is_a_gain_on_the_input) {
  NEED_MYSOFA();
  float near[2][MOST], far[2][MOST], one = 1.0f;
  impulse(48000, 90, 0, near);
  scene s = make(48000, &one, 1, 1, false);
  point(&s, 90, 0, 4.0);
  render(&s, MOST, 128, far);
  for (int i = 0; i < MOST; i++) CHECK_NEAR(far[1][i], near[1][i] / 4, 1e-7);
  peri_engine_destroy(s.engine);
}

TEST(any_block_size_is_heard_alike) {
  NEED_MYSOFA();
  static const uint32_t blocks[] = {1, 37, 256, 1500};
  static float sound[960], wanted[2][MOST], got[2][MOST];
  tone(sound, 960);
  for (int b = -1; b < 4; b++) {
    scene s = make(48000, sound, 1, 960, true);
    point(&s, -100, 5, 1.0);
    CHECK(peri_param_linear_ramp(s.engine, s.panner, PERI_PANNER_POSITION_Z, 3, 0.02));
    CHECK(peri_engine_update(s.engine));
    render(&s, 1500, b < 0 ? 128 : blocks[b], b < 0 ? wanted : got);
    if (b >= 0) CHECK(memcmp(wanted, got, sizeof wanted) == 0);
    peri_engine_destroy(s.engine);
  }
}

/* "tail-time: Maybe": a response's length behind the last sound, then silence; a panner that nobody holds stays for it,
 * and is freed behind it. What comes later begins where the panner is then. */
TEST(a_panner_is_heard_out_and_then_silent) {
  NEED_MYSOFA();
  float one = 1.0f, ears[2][MOST], whole[2][MOST];
  impulse(48000, 20, 0, whole);
  scene s = make(48000, &one, 1, 1, false);
  point(&s, 20, 0, 1.0);
  peri_node_release(s.engine, s.panner);
  peri_node_release(s.engine, s.source);
  uint32_t at = 0;
  for (; at < MOST; at += 128) {
    CHECK(peri_engine_update(s.engine));
    float part[2][MOST];
    render(&s, 128, 128, part);
    for (int ear = 0; ear < 2; ear++) memcpy(ears[ear] + at, part[ear], 128 * sizeof(float));
    if (at == 256) CHECK(peri_node_is_valid(s.engine, s.panner));
  }
  CHECK(memcmp(ears, whole, sizeof whole) == 0);
  CHECK(energy(ears[1] + 512, 64) > 0);
  CHECK(energy(ears[1] + 900, MOST - 900) == 0.0);
  CHECK(!peri_node_is_valid(s.engine, s.panner));
  peri_engine_destroy(s.engine);
}

TEST(a_sound_after_silence_begins_where_the_panner_is_then) {
  NEED_MYSOFA();
  float one = 1.0f, wanted[2][MOST], got[2][MOST];
  impulse(48000, -80, 40, wanted);
  scene s = make(48000, &one, 1, 1, false);
  point(&s, 20, 0, 1.0);
  render(&s, 1024, 128, got);
  peri_node again = play(s.engine, &one, 1, 1, false);
  CHECK(peri_connect(s.engine, again, 0, s.panner, 0));
  CHECK(peri_source_start(s.engine, again, 0.0, 0.0, INFINITY));
  point(&s, -80, 40, 1.0);
  render(&s, MOST, 128, got);
  CHECK(memcmp(wanted, got, sizeof wanted) == 0);
  peri_engine_destroy(s.engine);
}

TEST(models_change_while_a_sound_plays) {
  NEED_MYSOFA();
  float sound[960], ears[2][MOST], wanted[2][MOST];
  tone(sound, 960);
  scene s = make(48000, sound, 1, 960, true);
  point(&s, 90, 0, 1.0);
  render(&s, 1920, 128, wanted);
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_EQUAL_POWER));
  render(&s, 1920, 128, ears);
  for (int i = 0; i < 1920; i++) CHECK_NEAR(ears[1][i], sound[i % 960], 1e-6);
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF));
  CHECK(peri_node_set_option(s.engine, s.panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF)); /* changes nothing */
  render(&s, 1920, 128, ears);
  CHECK(memcmp(wanted, ears, sizeof wanted) == 0);
  peri_engine_destroy(s.engine);
}

/* Threads: what the audio thread convolves with comes and goes by commands, and nothing is left behind. */
TEST(hrtf_panners_come_change_and_go_while_a_device_renders) {
  NEED_MYSOFA();
  float sound[960];
  tone(sound, 960);
  uint64_t before = peri__memory_bytes();
  peri_engine *engine = peri_engine_create(NULL);
  peri_device_def device = peri_default_device_def();
  device.kind = PERI_DEVICE_NULL;
  device.block_size = 128;
  CHECK(peri_device_open(engine, &device));
  for (int i = 0; i < 60; i++) {
    peri_node source = play(engine, sound, 1, 960, false), panner = peri_node_create(engine, PERI_NODE_PANNER);
    CHECK(peri_connect(engine, source, 0, panner, 0));
    CHECK(peri_connect(engine, panner, 0, peri_engine_destination(engine), 0));
    CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
    for (int k = 0; k < 6; k++) {
      CHECK(peri_node_set_option(engine, panner, PERI_PANNER_PANNING_MODEL, k % 2 ? 0 : PERI_PANNING_HRTF));
      CHECK(peri_param_set_value(engine, panner, PERI_PANNER_POSITION_X, (float)(k - 3)));
      CHECK(peri_param_set_value(engine, peri_engine_listener(engine), PERI_LISTENER_FORWARD_X, (float)(i % 3)));
      CHECK(peri_engine_update(engine));
    }
    peri_node_release(engine, source);
    peri_node_release(engine, panner);
  }
  peri_device_close(engine);
  CHECK_EQ(scene_stats(engine).nonfinite, 0);
  peri_engine_destroy(engine);
  CHECK_EQ(peri__memory_bytes(), before);
}

/* Samples that are finite alone and overflow in the convolution. */
TEST(what_overflows_does_not_stay_in_an_hrtf_panner) {
  NEED_MYSOFA();
  float big[128], sound[960], ears[2][MOST];
  for (int i = 0; i < 128; i++) big[i] = 3e38f;
  tone(sound, 960);
  scene s = make(48000, big, 1, 128, false);
  point(&s, 60, 0, 1.0);
  render(&s, 1024, 128, ears);
  CHECK(scene_stats(s.engine).nonfinite > 0);
  peri_node source = play(s.engine, sound, 1, 960, true);
  CHECK(peri_connect(s.engine, source, 0, s.panner, 0));
  CHECK(peri_source_start(s.engine, source, 0.0, 0.0, INFINITY));
  CHECK(peri_engine_update(s.engine));
  uint64_t before = scene_stats(s.engine).nonfinite;
  render(&s, 1024, 128, ears);
  CHECK(scene_stats(s.engine).nonfinite == before);
  CHECK(energy(ears[1], 1024) > 1);
  peri_engine_destroy(s.engine);
}

/* ---- Without it ------------------------------------------------------------------------------------------------- */

static struct MYSOFA_EASY *open_nothing(const char *path, float rate, int *frames, int *error) {
  (void)path, (void)rate, (void)frames;
  *error = 9999;
  return NULL;
}

/* At a rate whose responses nobody has. */
static void check_refused(const char *why) {
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = 22050;
  peri_engine *engine = peri_engine_create(&def);
  peri_node panner = peri_node_create(engine, PERI_NODE_PANNER);
  double model = 1;
  CHECK(!peri_node_set_option(engine, panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF));
  CHECK_ERROR(why);
  CHECK_ERROR("libmysofa1");
  CHECK(peri_node_get_option(engine, panner, PERI_PANNER_PANNING_MODEL, &model) && model == PERI_PANNING_EQUAL_POWER);
  peri_engine_destroy(engine);
}

TEST(hrtf_without_responses_says_what_to_install) {
  static const peri__mysofa empty = {.open = open_nothing};
  uint64_t before = peri__memory_bytes();
  peri__mysofa_replace(&empty);
  check_refused("libmysofa cannot read /usr/share/libmysofa/default.sofa (error 9999)");
  peri__mysofa_replace(NULL);
  CHECK_EQ(peri__memory_bytes(), before);
  peri__mysofa functions;
  CHECK(!peri__mysofa_find("libnot-there.so.1", &functions));
  CHECK_ERROR("HRTF needs libmysofa; install Debian's package libmysofa1");
  CHECK(!peri__mysofa_find("libm.so.6", &functions));
  CHECK_ERROR("lacks its functions");
}

typedef struct preparing {
  peri_engine *engine;
  peri_node panner;
  atomic_bool done;
  bool well;
} preparing;

static void *prepare_hrtf(void *user) {
  preparing *p = user;
  p->well = peri_node_set_option(p->engine, p->panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF);
  atomic_store(&p->done, true);
  return NULL;
}

/* Making the responses takes a hundred milliseconds and more. */
TEST(other_control_threads_go_on_while_the_responses_are_made) {
  NEED_MYSOFA();
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = 96000;
  preparing p = {.engine = peri_engine_create(&def)};
  p.panner = peri_node_create(p.engine, PERI_NODE_PANNER);
  pthread_t thread;
  CHECK_EQ(pthread_create(&thread, NULL, prepare_hrtf, &p), 0);
  int calls = 0; /* a millisecond apart: with the lock held meanwhile, one or two */
  while (!atomic_load(&p.done)) {
    peri_node gain = peri_node_create(p.engine, PERI_NODE_GAIN);
    peri_node_release(p.engine, gain);
    CHECK(peri_engine_update(p.engine));
    calls++;
    peri__sleep_until(peri__nanoseconds() + 1000000);
  }
  pthread_join(thread, NULL);
  CHECK(p.well);
  CHECK(calls > 5);
  peri_engine_destroy(p.engine);
}

/* Panners share the responses, which go with the last engine that has them. */
TEST(all_panners_of_a_rate_share_the_responses) {
  NEED_MYSOFA();
  uint64_t before = peri__memory_bytes();
  float one = 1.0f;
  scene a = make(32000, &one, 1, 1, true);
  uint64_t first = peri__memory_bytes();
  scene b = make(32000, &one, 1, 1, true);
  CHECK(peri__memory_bytes() - first < (first - before) / 10);
  peri_engine_destroy(a.engine);
  float out[2];
  heard(b.engine, out);
  peri_engine_destroy(b.engine);
  CHECK_EQ(peri__memory_bytes(), before);
}

#ifdef PERI_VALIDATE
/* Whatever there is no memory for: the model stays as it was, nothing leaks, and the next try does it. */
TEST(an_hrtf_panner_without_memory_stays_as_it_was) {
  NEED_MYSOFA();
  uint64_t before = peri__memory_bytes();
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = 22050;
  uint64_t failures = 0;
  for (uint64_t nth = 1, done = 0; !done; nth++) {
    peri_engine *engine = peri_engine_create(&def);
    CHECK(engine != NULL);
    peri__memory_fail_at(nth);
    peri_node panner = peri_node_create(engine, PERI_NODE_PANNER);
    done = panner && peri_node_set_option(engine, panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF);
    peri__memory_fail_at(0);
    failures += !done;
    if (!panner) panner = peri_node_create(engine, PERI_NODE_PANNER);
    double model = -1;
    CHECK(peri_node_get_option(engine, panner, PERI_PANNER_PANNING_MODEL, &model));
    CHECK(model == (done ? PERI_PANNING_HRTF : PERI_PANNING_EQUAL_POWER));
    CHECK(peri_node_set_option(engine, panner, PERI_PANNER_PANNING_MODEL, PERI_PANNING_HRTF));
    peri_engine_destroy(engine);
    CHECK_EQ(peri__memory_bytes(), before);
  }
  CHECK(failures > 5);
}
#endif
