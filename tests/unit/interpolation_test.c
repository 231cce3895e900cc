#include "unit/voice_scene.h"

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
