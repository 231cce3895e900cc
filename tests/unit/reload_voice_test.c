/* A changed sound file takes the place of the old one while everything plays. What is heard is compared to the bit with
 * one sound that is made of what was to be heard. */
#include "unit/reload_scene.h"

/* ---- What is heard ---------------------------------------------------------------------------------------------- */

TEST(a_sound_that_plays_plays_to_its_end_and_the_next_start_is_the_new_one) {
  sound old = {1, 700, 1, 0, 0, 0}, new = {2, 300, 2, 0, 0, 0};
  for (size_t b = 0; b < sizeof reload_blocks / sizeof *reload_blocks; b++) {
    stage *s = set_up(2);
    float out[4 * 2000];
    take t = {out, 0, 2, reload_blocks[b]};
    peri_buffer *buffer = load(s, old);
    play(s, looped(false), buffer);
    peri_source_def later = looped(false);
    later.at = 1280 / RATE; /* its start has not come */
    play(s, later, buffer);
    peri_node created = scene_source(s->engine, buffer); /* nor has this one's */
    render_to(s, &t, 300);
    reload(s, buffer, new);
    render_to(s, &t, 896);
    CHECK(peri_source_start(s->engine, created, 0.0, 0.0, INFINITY));
    render_to(s, &t, 2000);
    uint32_t start = (896 + 127) / 128 * 128;
    for (uint32_t f = 0; f < 2000; f++)
      for (uint32_t c = 0; c < 2; c++) {
        float wanted = f < 700 ? sample_of(&old, 0, f) : 0.0f;
        if (f >= start && f < start + 300) wanted = sample_of(&new, c, f - start);
        if (f >= 1280 && f < 1580) wanted = sample_of(&new, c, f - 1280);
        if (out[2 * f + c] != wanted)
          fail_msg("block %u: frame %u is %g, wanted %g", reload_blocks[b], f, (double)out[2 * f + c], (double)wanted);
      }
    tear_down(s, buffer);
  }
}

/* What is set while a sound is heard, at the same frames in both scenes. */
typedef struct scenario {
  sound old, new;
  double loop_start, loop_end; /* frames */
  peri_source_def def;
  uint32_t format;
  bool step, pauses, changes;
} scenario;

#define LENGTH 2600
#define RELOADED 333

static uint32_t loop_length(const scenario *c, const sound *file, uint32_t *start) {
  double from = c->loop_start, to = c->loop_end;
  if (to > file->frames) to = file->frames;
  bool points = c->loop_end > 0 && from < to;
  *start = points ? (uint32_t)from : 0;
  return points ? (uint32_t)(to - from) : file->frames;
}

/* The one sound that both are: the old one up to its first loop point behind the reload, then the new one's loop. */
static peri_buffer *in_one(const scenario *c, uint32_t from) {
  uint32_t start, next, length = loop_length(c, &c->old, &start), after = loop_length(c, &c->new, &next), turn;
  for (turn = start + length; turn <= from; turn += length) continue;
  uint32_t channels = c->old.channels > c->new.channels ? c->old.channels : c->new.channels;
  peri_buffer *buffer = peri_buffer_create(channels, LENGTH + 1000, RATE);
  for (uint32_t ch = 0; ch < channels; ch++)
    for (uint32_t f = 0; f < LENGTH + 1000; f++) {
      uint32_t own = f < turn ? c->old.channels : c->new.channels, of = ch < own ? ch : own - 1;
      uint32_t place = f < start + length ? f : start + (f - start) % length;
      float sample = f < turn ? sample_of(&c->old, of, place) : sample_of(&c->new, of, next + (f - turn) % after);
      CHECK(peri_buffer_write(buffer, ch, f, &sample, 1));
    }
  return buffer;
}

static void perform(stage *s, const scenario *c, peri_buffer *buffer, bool loops, float *out, uint32_t block) {
  take t = {out, 0, 2, block};
  peri_source_def def = c->def;
  def.loop = loops;
  if (loops) def.loop_start = c->loop_start / RATE, def.loop_end = c->loop_end / RATE;
  peri_node source = play(s, def, buffer);
  if (c->step) {
    peri_node gain = peri_node_create(s->engine, PERI_NODE_GAIN);
    CHECK(peri_connect(s->engine, gain, 0, peri_engine_destination(s->engine), 0));
    CHECK(peri_connect(s->engine, source, 0, gain, 0)); /* two outputs: a step of the plan */
    CHECK(peri_engine_update(s->engine));
  }
  render_to(s, &t, RELOADED);
  if (loops) reload(s, buffer, c->new);
  if (c->pauses) CHECK(peri_source_set_paused(s->engine, source, true));
  render_to(s, &t, 896);
  if (c->pauses) CHECK(peri_source_set_paused(s->engine, source, false));
  if (c->changes) CHECK(peri_source_set_volume(s->engine, source, 0.4f, 0.02));
  render_to(s, &t, 1900);
  if (c->changes) CHECK(peri_source_set_volume(s->engine, source, 0.8f, 0.0));
  render_to(s, &t, LENGTH);
}

static void check_turn(const char *name, scenario c) {
  static float wanted[2 * LENGTH], out[2 * LENGTH];
  stage *s = set_up(2);
  peri_buffer *one = in_one(&c, RELOADED);
  perform(s, &c, one, false, wanted, 128);
  tear_down(s, one);
  for (size_t b = 0; b < sizeof reload_blocks / sizeof *reload_blocks; b++) {
    s = set_up(2);
    peri_buffer *buffer = load(s, c.old);
    perform(s, &c, buffer, true, out, reload_blocks[b]);
    for (uint32_t i = 0; i < 2 * LENGTH; i++)
      if (out[i] != wanted[i])
        fail_msg("%s, block %u: frame %u, channel %u is %.9g, wanted %.9g", name, reload_blocks[b], i / 2, i % 2,
                 (double)out[i], (double)wanted[i]);
    tear_down(s, buffer);
  }
}

TEST(a_loop_takes_the_new_sound_at_its_loop_point_without_a_frame_lost_or_repeated) {
  peri_source_def plain = peri_default_source_def();
  sound mono = {1, 500, 1, 0, 0, 0}, longer = {1, 801, 2, 0, 0, 0}, tiny = {1, 7, 3, 0, 0, 0};
  sound stereo = {2, 450, 4, 0, 0, 0}, even = {1, 384, 5, 0, 0, 0};
  check_turn("longer", (scenario){.old = mono, .new = longer, .def = plain});
  check_turn("shorter", (scenario){.old = longer, .new = mono, .def = plain});
  check_turn("tiny", (scenario){.old = tiny, .new = tiny, .def = plain});
  check_turn("to tiny", (scenario){.old = longer, .new = tiny, .def = plain});
  check_turn("at a quantum", (scenario){.old = even, .new = longer, .def = plain});
  check_turn("wider", (scenario){.old = mono, .new = stereo, .def = plain});
  check_turn("narrower", (scenario){.old = stereo, .new = mono, .def = plain});
  check_turn("points", (scenario){.old = mono, .new = longer, .loop_start = 100, .loop_end = 420, .def = plain});
  check_turn("points behind the end",
             (scenario){.old = longer, .new = mono, .loop_start = 100, .loop_end = 700, .def = plain});
  check_turn("points outside",
             (scenario){.old = longer, .new = tiny, .loop_start = 100, .loop_end = 700, .def = plain});
}

TEST(a_turn_to_the_new_sound_keeps_filters_ramps_pauses_and_steps_of_the_plan) {
  peri_source_def plain = peri_default_source_def(), filtered = plain, fading = plain;
  filtered.filter = (peri_filter){PERI_FILTER_LOWPASS, 900.0f, 2.0f};
  fading.fade_in = 0.03;
  sound mono = {1, 500, 1, 0, 0, 0}, longer = {1, 801, 2, 0, 0, 0}, stereo = {2, 450, 4, 0, 0, 0};
  check_turn("filter", (scenario){.old = mono, .new = longer, .def = filtered});
  check_turn("filter, wider", (scenario){.old = mono, .new = stereo, .def = filtered});
  check_turn("ramps", (scenario){.old = mono, .new = longer, .def = fading, .changes = true});
  check_turn("ramps, wider", (scenario){.old = longer, .new = stereo, .def = plain, .changes = true});
  check_turn("pause", (scenario){.old = longer, .new = mono, .def = plain, .pauses = true});
  check_turn("step", (scenario){.old = mono, .new = stereo, .def = plain, .step = true});
  check_turn("all", (scenario){.old = longer, .new = mono, .def = filtered, .step = true, .changes = true});
}

/* Both are panned, so that a mono sound and a stereo one have other gains: each side of the turn has its own. */
TEST(either_side_of_a_turn_is_panned_as_the_sound_that_it_is_of) {
  enum { FRAMES = 1500, TURN = 1000 };
  sound kinds[2] = {{1, 500, 1, 0, 0, 0}, {2, 500, 2, 0, 0, 0}};
  for (int k = 0; k < 4; k++) {
    sound old = kinds[k & 1], new = kinds[!(k & 1)];
    float wanted[2][2 * FRAMES], out[2 * FRAMES];
    peri_source_def def = looped(true);
    def.panned = true;
    def.pan = -0.3f;
    if (k & 2) def.filter = (peri_filter){PERI_FILTER_HIGHPASS, 1.0f, 0.7f};
    for (int side = 0; side < 3; side++) {
      stage *s = set_up(2);
      take t = {side < 2 ? wanted[side] : out, 0, 2, 128};
      peri_buffer *buffer = load(s, side == 1 ? new : old);
      peri_node source = play(s, def, buffer);
      render_to(s, &t, 640);
      if (side == 2) reload(s, buffer, new);
      CHECK(peri_source_set_pan(s->engine, source, 0.4f, 0.0)); /* for both sounds */
      CHECK(peri_source_set_volume(s->engine, source, 0.5f, 0.0));
      render_to(s, &t, FRAMES);
      tear_down(s, buffer);
    }
    CHECK_SAME(out, wanted[0], 2 * TURN);
    for (int i = 2 * TURN; i < 2 * FRAMES; i++) /* a filter remembers what was before */
      if (fabsf(out[i] - wanted[1][i]) > (k & 2 ? 0.02f : 0.0f))
        fail_msg("%d: sample %d is %g, wanted %g", k, i, (double)out[i], (double)wanted[1][i]);
  }
}

TEST(what_is_set_right_after_the_turn_is_for_the_new_sound) {
  stage *s = set_up(2);
  float out[2 * 1024];
  take t = {out, 0, 2, 128};
  sound old = {1, 300, 1, 0, 0, 0}, new = {2, 300, 2, 0, 0, 0};
  peri_source_def def = looped(true);
  def.panned = true;
  peri_buffer *buffer = load(s, old);
  peri_node source = play(s, def, buffer);
  render_to(s, &t, 128);
  reload(s, buffer, new);
  render_to(s, &t, 384); /* it is taken, and nobody has looked */
  CHECK(peri_source_set_volume(s->engine, source, 0.5f, 0.0));
  CHECK(peri_source_set_loop_points(s->engine, source, 50 / RATE, 300 / RATE));
  render_to(s, &t, 1024);
  for (uint32_t f = 384; f < 1024; f++) {
    uint32_t place = f < 600 ? f - 300 : 50 + (f - 600) % 250;
    for (uint32_t c = 0; c < 2; c++)
      if (out[2 * f + c] != 0.5f * sample_of(&new, c, place))
        fail_msg("frame %u is %g, wanted %g", f, (double)out[2 * f + c], 0.5 * (double)sample_of(&new, c, place));
  }
  tear_down(s, buffer);
}

/* At a rate of 1/2 a loop of n frames lasts 2n, and comes round on a frame: from the turn on, each turn is the same. */
TEST(between_frames_each_side_of_the_turn_sounds_as_if_its_own_sound_went_round) {
  enum { FRAMES = 3000 };
  sound old = {1, 500, 1, 0, 0, 0}, new = {1, 300, 2, 0, 0, 0};
  for (int way = PERI_INTERPOLATION_NONE; way <= PERI_INTERPOLATION_SINC; way++) {
    for (int backwards = 0; backwards < 2; backwards++) {
      float wanted[FRAMES], out[FRAMES];
      peri_source_def def = looped(true);
      def.interpolation = (peri_interpolation)way;
      if (backwards) def.offset = 499 / RATE;
      for (int side = 0; side < 2; side++) {
        stage *s = set_up(1);
        take t = {side ? out : wanted, 0, 1, side ? 100 : 128};
        peri_buffer *buffer = load(s, old);
        peri_node source = play(s, def, buffer);
        CHECK(peri_param_set_value(s->engine, source, PERI_SOURCE_PLAYBACK_RATE, backwards ? -0.5f : 0.5f));
        render_to(s, &t, 700);
        if (side) reload(s, buffer, new);
        render_to(s, &t, FRAMES);
        tear_down(s, buffer);
      }
      uint32_t turn = backwards ? 999 : 1000;
      CHECK_SAME(out, wanted, turn);
      CHECK_SAME(out + turn, out + turn + 600, FRAMES - turn - 600);
      uint32_t same = 0;
      for (uint32_t f = turn; f < FRAMES; f++) same += out[f] == wanted[f];
      CHECK(same < 20);
    }
  }
}

TEST(a_sound_of_another_rate_goes_on_at_its_own_speed) {
  enum { FRAMES = 2000 };
  stage *s = set_up(1);
  float out[FRAMES];
  take t = {out, 0, 1, 128};
  sound new = {2, 400, 2, 0, 0, 0};
  peri_buffer *buffer = peri_buffer_create(1, 125, 12000.0), *ramp = scene_ramp(125); /* 500 frames of the engine's */
  float samples[125];
  double seconds;
  CHECK(peri_buffer_read(ramp, 0, 0, samples, 125) && peri_buffer_write(buffer, 0, 0, samples, 125));
  peri_buffer_release(ramp);
  peri_source_def def = looped(true);
  def.duration = 1500 / RATE;
  peri_node source = play(s, def, buffer);
  render_to(s, &t, 128);
  reload(s, buffer, new); /* decoded at the engine's rate */
  render_to(s, &t, 640);
  CHECK(peri_source_get_position(s->engine, source, &seconds));
  render_to(s, &t, 768);
  CHECK(peri_source_get_position(s->engine, source, &seconds));
  CHECK_NEAR(seconds, 268 / RATE, 1e-9);
  render_to(s, &t, FRAMES);
  for (uint32_t f = 0; f < 496; f++) CHECK_NEAR(out[f], (1.0 + f / 4.0) / 65536.0, 1e-7);
  for (uint32_t f = 500; f < FRAMES; f++) {
    uint32_t place = (f - 500) % 400;
    float wanted = f < 1500 ? 0.5f * (sample_of(&new, 0, place) + sample_of(&new, 1, place)) : 0.0f;
    if (out[f] != wanted) fail_msg("frame %u is %g, wanted %g", f, (double)out[f], (double)wanted);
  }
  tear_down(s, buffer);
}

#define TAKEN 1200

/* A sound of 500 frames that loops or not, is replaced by one of 300, and is told to do the opposite before its end. */
static peri_buffer *change_its_mind(stage *s, bool loops, sound old, sound new, float out[TAKEN]) {
  take t = {out, 0, 1, 128};
  peri_buffer *buffer = load(s, old);
  peri_node source = play(s, looped(loops), buffer);
  render_to(s, &t, 128);
  reload(s, buffer, new);
  render_to(s, &t, 256);
  CHECK(peri_source_set_loop(s->engine, source, !loops));
  render_to(s, &t, TAKEN);
  return buffer;
}

TEST(a_source_told_to_loop_after_the_reload_takes_the_new_sound_too) {
  stage *s = set_up(1);
  float out[TAKEN];
  sound old = {1, 500, 1, 0, 0, 0}, new = {1, 300, 2, 0, 0, 0};
  peri_buffer *buffer = change_its_mind(s, false, old, new, out);
  for (uint32_t f = 0; f < TAKEN; f++)
    CHECK(out[f] == (f < 500 ? sample_of(&old, 0, f) : sample_of(&new, 0, (f - 500) % 300)));
  tear_down(s, buffer);
}

TEST(a_loop_that_ends_before_its_turn_stays_what_it_was) {
  stage *s = set_up(1);
  float out[TAKEN];
  sound old = {1, 500, 1, 0, 0, 0}, new = {1, 300, 2, 0, 0, 0};
  peri_buffer *buffer = change_its_mind(s, true, old, new, out);
  for (uint32_t f = 0; f < TAKEN; f++) CHECK(out[f] == (f < 500 ? sample_of(&old, 0, f) : 0.0f));
  CHECK(peri_engine_update(s->engine));
  CHECK_EQ(peri_buffer_bytes_alive(), 300 * sizeof(float));
  tear_down(s, buffer);
}

/* Loop points that are set before anybody has noticed that the voice took the new, shorter sound, while the next one is
 * offered already. */
TEST(loop_points_of_the_sound_before_lead_to_nothing_behind_the_one_that_plays) {
  enum { FRAMES = 6400, TURN = 5000 };
  stage *s = set_up(1);
  float out[FRAMES];
  take t = {out, 0, 1, 128};
  sound old = {1, TURN, 1, 0, 0, 0}, first = {1, 100, 2, 0, 0, 0}, second = {1, 200, 3, 0, 0, 0};
  peri_buffer *buffer = load(s, old);
  peri_node source = play(s, looped(true), buffer);
  render_to(s, &t, 128);
  reload(s, buffer, first);
  render_to(s, &t, 5120); /* it has turned; no update since */
  s->file = second;
  CHECK(peri_engine_reload_async(s->engine, s->owner, 0, buffer, "sound.wav"));
  while (scene_stats(s->engine).loads) peri__sleep_until(peri__nanoseconds() + 100000);
  CHECK(peri_source_set_loop_points(s->engine, source, 0.0, 4000 / RATE));
  render_to(s, &t, FRAMES);
  for (uint32_t f = TURN; f < FRAMES; f++) {
    bool any = false;
    for (uint32_t k = 0; k < 200; k++)
      any = any || (k < 100 && out[f] == sample_of(&first, 0, k)) || out[f] == sample_of(&second, 0, k);
    if (!any) fail_msg("frame %u is of neither sound: %g", f, (double)out[f]);
  }
  tear_down(s, buffer);
}

TEST(a_reload_publishes_no_edit_that_is_under_way) {
  for (uint32_t channels = 1; channels <= 2; channels++) {
    stage *s = set_up(2);
    float out[2 * 1100];
    take t = {out, 0, 2, 128};
    sound old = {1, 500, 1, 0, 0, 0}, new = {channels, 300, 2, 0, 0, 0};
    peri_buffer *buffer = load(s, old);
    peri_node source = play(s, looped(true), buffer);
    render_to(s, &t, 128);
    CHECK(peri_disconnect(s->engine, source, PERI_ANY, 0, PERI_ANY)); /* about to be connected elsewhere */
    reload(s, buffer, new);
    render_to(s, &t, 256);
    CHECK(peri_connect(s->engine, source, 0, peri_engine_destination(s->engine), 0));
    CHECK(peri_engine_update(s->engine));
    render_to(s, &t, 1100);
    for (uint32_t f = 0; f < 1100; f++)
      for (uint32_t c = 0; c < 2; c++)
        CHECK(out[2 * f + c] ==
              (f < 500 ? sample_of(&old, 0, f) : sample_of(&new, c < channels ? c : 0, (f - 500) % 300)));
    tear_down(s, buffer);
  }
}

TEST(other_engines_take_a_reload_when_they_are_updated) {
  stage *s = set_up(1);
  peri_engine *other = scene_engine(1);
  sound old = {1, 500, 1, 0, 0, 0}, new = {1, 300, 2, 0, 0, 0};
  peri_buffer *buffer = load(s, old);
  peri_source_def def = looped(true);
  def.buffer = buffer;
  CHECK(peri_source_play(other, &def, peri_engine_destination(other)));
  free(scene_render(other, 128, 128));
  reload(s, buffer, new);
  CHECK(peri_engine_update(other));
  float *out = scene_render(other, 1000, 64);
  for (uint32_t f = 128; f < 1000; f++)
    CHECK(out[f - 128] == (f < 500 ? sample_of(&old, 0, f) : sample_of(&new, 0, (f - 500) % 300)));
  free(out);
  peri_engine_destroy(other);
  tear_down(s, buffer);
}
