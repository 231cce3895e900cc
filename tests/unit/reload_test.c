/* A changed sound file takes the place of the old one while everything plays. What is heard is compared to the bit with
 * one sound that is made of what was to be heard. */
#include "unit/scene.h"

#include "base/thread.h"
#include "control/control.h"

#include <stdio.h>

#define RATE 48000.0

/* ---- Files in memory -------------------------------------------------------------------------------------------- */

typedef struct sound {
  uint32_t channels, frames, seed;
  uint32_t rate;                 /* 0: the engine's */
  uint32_t loop_start, loop_end; /* its smpl chunk, frames; 0, 0: none */
} sound;

static float sample_of(const sound *s, uint32_t channel, uint32_t frame) {
  uint32_t x = (frame + 1) * 2654435761u ^ (s->seed * 7919u + channel * 104729u);
  return (float)((int32_t)((x ^ x >> 15) * 2246822519u) >> 16) / 65536.0f;
}

static unsigned char *put(unsigned char *at, uint32_t value, int bytes) {
  for (int b = 0; b < bytes; b++) at[b] = (unsigned char)(value >> 8 * b);
  return at + bytes;
}

/* A WAV of floats; the caller frees. */
static unsigned char *wav_of(const sound *s, size_t *size) {
  uint32_t bytes = s->channels * s->frames * 4, rate = s->rate ? s->rate : (uint32_t)RATE;
  unsigned char *made = calloc(1, bytes + 200), *at = made;
  memcpy(at, "RIFF....WAVEfmt ", 16);
  at = put(put(put(at + 16, 16, 4), 3, 2), s->channels, 2);
  at = put(put(put(put(at, rate, 4), rate * s->channels * 4, 4), s->channels * 4, 2), 32, 2);
  if (s->loop_end) {
    memcpy(at, "smpl", 4);
    put(at + 4, 60, 4);
    put(at + 8 + 28, 1, 4);
    put(at + 8 + 44, s->loop_start, 4);
    put(at + 8 + 48, s->loop_end - 1, 4);
    at += 68;
  }
  memcpy(at, "data", 4);
  at = put(at + 4, bytes, 4);
  for (uint32_t f = 0; f < s->frames; f++)
    for (uint32_t c = 0; c < s->channels; c++, at += 4) {
      float sample = sample_of(s, c, f);
      memcpy(at, &sample, 4);
    }
  *size = (size_t)(at - made);
  put(made + 4, (uint32_t)*size - 8, 4);
  return made;
}

/* ---- A stage: an engine whose files are served from here --------------------------------------------------------- */

typedef struct stage {
  peri_engine *engine;
  peri_owner owner;
  peri_event event; /* the last */
  sound file;       /* "sound.wav" */
  bool broken;      /* it is */
  atomic_bool held; /* reads of "held.wav" wait */
  atomic_uint reads;
} stage;

static bool read_file(const char *path, const void **bytes, size_t *size, void *user) {
  stage *s = user;
  atomic_fetch_add(&s->reads, 1);
  while (strcmp(path, "held.wav") == 0 && atomic_load(&s->held)) peri__sleep_until(peri__nanoseconds() + 100000);
  if (strncmp(path, "none", 4) == 0) return false;
  sound held = {1, 77, 99, 0, 0, 0};
  *bytes = wav_of(strcmp(path, "held.wav") == 0 ? &held : &s->file, size);
  if (s->broken && strcmp(path, "sound.wav") == 0) *size = 30;
  return true;
}

static void done_with_file(const void *bytes, size_t size, void *user) {
  (void)size, (void)user;
  free((void *)bytes);
}

static stage *set_up(uint32_t channels) {
  stage *s = calloc(1, sizeof *s);
  peri_engine_def def = peri_default_engine_def();
  def.channels = channels;
  def.loader_threads = 2;
  def.files = (peri_files){.read = read_file, .done = done_with_file, .user = s};
  s->engine = peri_engine_create(&def);
  CHECK(s->engine);
  s->owner = peri_owner_create(s->engine);
  return s;
}

static void tear_down(stage *s, peri_buffer *buffer) {
  peri_buffer_release(buffer);
  peri_engine_destroy(s->engine);
  free(s);
}

static peri_buffer *load(stage *s, sound file) {
  s->file = file;
  peri_buffer *buffer = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32);
  CHECK(buffer);
  CHECK_EQ(peri_buffer_frames(buffer), file.frames);
  return buffer;
}

/* The buffer of the event is let go: an address to compare with. */
static void wait_for_event(stage *s) {
  for (int tries = 0; tries < 20000; tries++) {
    if (peri_owner_poll(s->engine, s->owner, &s->event)) {
      CHECK_EQ(s->event.type, PERI_EVENT_LOADED);
      peri_buffer_release(s->event.buffer);
      return;
    }
    peri__sleep_until(peri__nanoseconds() + 100000);
  }
  fail_msg("no event came");
}

static void reload(stage *s, peri_buffer *buffer, sound file) {
  s->file = file;
  CHECK(peri_engine_reload_async(s->engine, s->owner, 42, buffer, "sound.wav"));
  wait_for_event(s);
  CHECK(s->event.buffer == buffer);
  CHECK_EQ(s->event.user, 42);
}

static peri_node play(stage *s, peri_source_def def, peri_buffer *buffer) {
  def.size = sizeof def;
  def.buffer = buffer;
  peri_node source = peri_source_play(s->engine, &def, peri_engine_destination(s->engine));
  CHECK(source);
  return source;
}

static peri_source_def looped(bool loop) {
  peri_source_def def = peri_default_source_def();
  def.loop = loop;
  return def;
}

/* Where a scene stands: `frame` frames are rendered, into `out`. */
typedef struct take {
  float *out;
  uint32_t frame, channels, block;
} take;

static void render_to(stage *s, take *t, uint32_t frame) {
  while (t->frame < frame) {
    uint32_t count = frame - t->frame < t->block ? frame - t->frame : t->block;
    CHECK(peri_engine_render(s->engine, t->out + t->frame * t->channels, count));
    t->frame += count;
  }
}

static const uint32_t blocks[] = {128, 1, 37, 64, 1000};

#define CHECK_SAME(a, b, count)                                                                                        \
  do {                                                                                                                 \
    for (uint32_t check_i = 0; check_i < (count); check_i++)                                                           \
      if ((a)[check_i] != (b)[check_i])                                                                                \
        fail_msg("%s:%d: sample %u is %.9g, wanted %.9g", __FILE__, __LINE__, check_i, (double)(a)[check_i],           \
                 (double)(b)[check_i]);                                                                                \
  } while (0)

/* ---- The buffer ------------------------------------------------------------------------------------------------- */

TEST(a_reloaded_buffer_is_the_same_one_with_all_that_the_new_file_says) {
  stage *s = set_up(1);
  s->file = (sound){1, 100, 1, 0, 0, 0};
  peri_buffer *buffer = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_S16);
  uint64_t id = peri_buffer_id(buffer), before = peri_buffer_bytes_alive();
  double start = 0.0, end = 0.0;
  CHECK(!peri_buffer_get_loop(buffer, &start, &end));
  reload(s, buffer, (sound){2, 250, 2, 0, 24, 240});
  CHECK_EQ(peri_buffer_id(buffer), id);
  CHECK_EQ(peri_buffer_channels(buffer), 2);
  CHECK_EQ(peri_buffer_frames(buffer), 250);
  CHECK_EQ(peri_buffer_format(buffer), PERI_FORMAT_S16);
  CHECK_EQ(peri_buffer_bytes(buffer), 1000);
  CHECK_EQ(peri_buffer_bytes_alive() - before, 800);
  CHECK_NEAR(peri_buffer_duration(buffer), 250 / RATE, 1e-12);
  CHECK(peri_buffer_get_loop(buffer, &start, &end));
  CHECK_NEAR(start, 24 / RATE, 1e-12);
  CHECK_NEAR(end, 240 / RATE, 1e-12);
  float sample;
  CHECK(peri_buffer_read(buffer, 1, 249, &sample, 1));
  CHECK_NEAR(sample, sample_of(&s->file, 1, 249), 1e-4);
  reload(s, buffer, (sound){1, 100, 1, 24000, 0, 0}); /* at the engine's rate */
  CHECK_EQ(peri_buffer_frames(buffer), 200);
  CHECK_NEAR(peri_buffer_sample_rate(buffer), RATE, 0);
  CHECK(!peri_buffer_get_loop(buffer, &start, &end));
  peri_buffer *made = peri_buffer_create(3, 10, 8000.0); /* of no file and another rate */
  reload(s, made, (sound){1, 100, 1, 0, 0, 0});
  CHECK_EQ(peri_buffer_channels(made), 1);
  CHECK_NEAR(peri_buffer_sample_rate(made), RATE, 0);
  peri_buffer_release(made);
  tear_down(s, buffer);
}

TEST(a_file_that_does_not_load_changes_nothing_and_says_why) {
  stage *s = set_up(1);
  sound file = {1, 300, 1, 0, 0, 0};
  peri_buffer *buffer = load(s, file);
  uint64_t memory = peri_buffer_bytes_alive();
  float out[1000];
  take t = {out, 0, 1, 128};
  play(s, looped(true), buffer);
  s->broken = true;
  CHECK(peri_engine_reload_async(s->engine, s->owner, 5, buffer, "sound.wav"));
  wait_for_event(s);
  CHECK(!s->event.buffer && s->event.user == 5);
  CHECK(strstr(s->event.message, "'sound.wav' cannot be decoded"));
  CHECK(peri_engine_reload_async(s->engine, s->owner, 6, buffer, "none.wav"));
  wait_for_event(s);
  CHECK(!s->event.buffer && strstr(s->event.message, "'none.wav' cannot be read"));
  CHECK(peri_engine_reload_memory_async(s->engine, s->owner, 7, buffer, "RIFFxxxx", 8));
  wait_for_event(s);
  CHECK(!s->event.buffer && strstr(s->event.message, "cannot be decoded"));
  CHECK(!peri_engine_reload_async(s->engine, s->owner, 8, buffer, ""));
  CHECK_ERROR("a path is wanted");
  CHECK(!peri_engine_reload_async(s->engine, s->owner, 8, NULL, "sound.wav"));
  CHECK_ERROR("a buffer is wanted");
  CHECK(!peri_engine_reload_memory_async(s->engine, s->owner, 8, buffer, "", 0));
  CHECK_ERROR("is empty");
  CHECK(!peri_engine_reload_async(s->engine, 1234, 8, buffer, "sound.wav"));
  CHECK_ERROR("no owner 1234");
  CHECK_EQ(peri_buffer_bytes_alive(), memory);
  CHECK_EQ(scene_stats(s->engine).loads, 0);
  render_to(s, &t, 1000);
  for (uint32_t f = 0; f < 1000; f++) CHECK(out[f] == sample_of(&file, 0, f % 300));
  s->broken = false;
  peri_buffer *again = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32);
  CHECK(again == buffer);
  peri_buffer_release(again);
  tear_down(s, buffer);
}

TEST(of_two_reloads_the_one_asked_for_last_counts_whichever_is_done_first) {
  stage *s = set_up(1);
  peri_buffer *buffer = load(s, (sound){1, 300, 1, 0, 0, 0});
  atomic_store(&s->held, true);
  CHECK(peri_engine_reload_async(s->engine, s->owner, 1, buffer, "held.wav"));
  reload(s, buffer, (sound){1, 200, 2, 0, 0, 0});
  uint64_t memory = peri_buffer_bytes_alive();
  atomic_store(&s->held, false);
  wait_for_event(s);
  CHECK(s->event.user == 1 && s->event.buffer == buffer); /* it loaded, and was late */
  CHECK_EQ(peri_buffer_bytes_alive(), memory);
  CHECK_EQ(peri_buffer_frames(buffer), 200);
  peri_buffer *same = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32);
  CHECK(same == buffer);
  peri_buffer_release(same);
  atomic_store(&s->held, true);
  CHECK(peri_engine_reload_async(s->engine, s->owner, 1, buffer, "held.wav"));
  s->broken = true; /* the last asked for does not load: the one before counts */
  CHECK(peri_engine_reload_async(s->engine, s->owner, 2, buffer, "sound.wav"));
  wait_for_event(s);
  CHECK(s->event.user == 2 && !s->event.buffer);
  atomic_store(&s->held, false);
  wait_for_event(s);
  CHECK_EQ(peri_buffer_frames(buffer), 77);
  tear_down(s, buffer);
}

TEST(an_owner_that_closes_takes_its_reloads_along) {
  stage *s = set_up(1);
  peri_buffer *buffer = load(s, (sound){1, 300, 1, 0, 0, 0});
  atomic_store(&s->held, true);
  CHECK(peri_engine_reload_async(s->engine, s->owner, 1, buffer, "held.wav"));
  peri_owner_close(s->engine, s->owner);
  s->owner = peri_owner_create(s->engine);
  atomic_store(&s->held, false);
  for (int tries = 0; tries < 20000 && scene_stats(s->engine).loads; tries++)
    peri__sleep_until(peri__nanoseconds() + 100000);
  CHECK_EQ(peri_buffer_frames(buffer), 300);
  CHECK(!peri_owner_poll(s->engine, s->owner, &s->event));
  for (int k = 0; k < 20; k++) /* and the engine those that are under way */
    CHECK(peri_engine_reload_async(s->engine, s->owner, 1, buffer, "sound.wav"));
  peri_engine_destroy(s->engine);
  CHECK_EQ(atomic_load(&buffer->references), 1);
  peri_buffer_release(buffer);
  free(s);
}

/* ---- The registry ----------------------------------------------------------------------------------------------- */

static peri_buffer *known(peri_engine *engine, const sound *file) {
  size_t size;
  unsigned char *bytes = wav_of(file, &size);
  peri_buffer *buffer = peri_engine_load_memory(engine, bytes, size, PERI_FORMAT_F32);
  CHECK(buffer);
  free(bytes);
  return buffer;
}

static void reload_memory(stage *s, peri_buffer *buffer, const sound *file) {
  size_t size;
  unsigned char *bytes = wav_of(file, &size);
  CHECK(peri_engine_reload_memory_async(s->engine, s->owner, 3, buffer, bytes, size));
  free(bytes);
  wait_for_event(s);
  CHECK(s->event.buffer == buffer);
}

TEST(a_path_stays_the_buffers_and_contents_are_known_only_while_they_are_what_it_holds) {
  stage *s = set_up(1);
  sound first = {1, 100, 1, 0, 0, 0}, second = {1, 120, 2, 0, 0, 0}, third = {1, 140, 3, 0, 0, 0};
  peri_buffer *buffer = load(s, first), *same;
  reload(s, buffer, second);
  CHECK((same = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32)) == buffer);
  peri_buffer_release(same);
  reload_memory(s, buffer, &third); /* taken for the path's contents */
  CHECK((same = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32)) == buffer);
  peri_buffer_release(same);
  peri_buffer *content = known(s->engine, &first);
  reload_memory(s, content, &second);
  CHECK((same = known(s->engine, &second)) == content);
  peri_buffer_release(same);
  peri_buffer *other = known(s->engine, &first);
  CHECK(other != content);
  CHECK_EQ(peri_buffer_frames(other), 100);
  reload_memory(s, content, &first); /* another buffer is known by that: it stays the one */
  CHECK((same = known(s->engine, &first)) == other);
  peri_buffer_release(same);
  CHECK((same = known(s->engine, &second)) != content);
  CHECK_EQ(peri_buffer_frames(same), 120);
  peri_buffer_release(same);
  peri_buffer_release(other);
  reload_memory(s, content, &first); /* nobody is, any more */
  CHECK((same = known(s->engine, &first)) == content);
  peri_buffer_release(same);
  peri_buffer_release(content);
  peri_buffer *made = peri_buffer_create(1, 10, RATE);
  peri_buffer_release(buffer);
  reload(s, made, first); /* of no file before */
  CHECK((same = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32)) == made);
  peri_buffer_release(same);
  tear_down(s, made);
}

/* ---- What is heard ---------------------------------------------------------------------------------------------- */

TEST(a_sound_that_plays_plays_to_its_end_and_the_next_start_is_the_new_one) {
  sound old = {1, 700, 1, 0, 0, 0}, new = {2, 300, 2, 0, 0, 0};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    stage *s = set_up(2);
    float out[4 * 2000];
    take t = {out, 0, 2, blocks[b]};
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
          fail_msg("block %u: frame %u is %g, wanted %g", blocks[b], f, (double)out[2 * f + c], (double)wanted);
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
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    s = set_up(2);
    peri_buffer *buffer = load(s, c.old);
    perform(s, &c, buffer, true, out, blocks[b]);
    for (uint32_t i = 0; i < 2 * LENGTH; i++)
      if (out[i] != wanted[i])
        fail_msg("%s, block %u: frame %u, channel %u is %.9g, wanted %.9g", name, blocks[b], i / 2, i % 2,
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

TEST(a_source_told_to_loop_after_the_reload_takes_the_new_sound_too) {
  stage *s = set_up(1);
  float out[1200];
  take t = {out, 0, 1, 128};
  sound old = {1, 500, 1, 0, 0, 0}, new = {1, 300, 2, 0, 0, 0};
  peri_buffer *buffer = load(s, old);
  peri_node source = play(s, looped(false), buffer);
  render_to(s, &t, 128);
  reload(s, buffer, new);
  render_to(s, &t, 256);
  CHECK(peri_source_set_loop(s->engine, source, true));
  render_to(s, &t, 1200);
  for (uint32_t f = 0; f < 1200; f++)
    CHECK(out[f] == (f < 500 ? sample_of(&old, 0, f) : sample_of(&new, 0, (f - 500) % 300)));
  tear_down(s, buffer);
}

TEST(a_loop_that_ends_before_its_turn_stays_what_it_was) {
  stage *s = set_up(1);
  float out[600];
  take t = {out, 0, 1, 128};
  sound old = {1, 500, 1, 0, 0, 0}, new = {1, 300, 2, 0, 0, 0};
  peri_buffer *buffer = load(s, old);
  peri_node source = play(s, looped(true), buffer);
  render_to(s, &t, 128);
  reload(s, buffer, new);
  render_to(s, &t, 256);
  CHECK(peri_source_set_loop(s->engine, source, false));
  render_to(s, &t, 600);
  for (uint32_t f = 0; f < 600; f++) CHECK(out[f] == (f < 500 ? sample_of(&old, 0, f) : 0.0f));
  CHECK(peri_engine_update(s->engine));
  CHECK_EQ(peri_buffer_bytes_alive(), 300 * sizeof(float));
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

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

TEST(a_loop_that_goes_on_over_a_thousand_reloads_holds_the_last_sound_alone) {
  uint64_t before = peri_buffer_bytes_alive(), memory = 0;
  stage *s = set_up(2);
  float out[2 * 600];
  peri_buffer *buffer = load(s, (sound){1, 100, 0, 0, 0, 0});
  peri_node source = play(s, looped(true), buffer);
  for (uint32_t k = 1; k <= 1000; k++) {
    sound file = {1 + k % 2, 100 + k % 7, k, 0, 0, 0};
    reload(s, buffer, file);
    CHECK(peri_engine_render(s->engine, out, 256));
    if (k % 3 == 0) /* a start takes back what it can, too */
      CHECK(peri_source_stop(s->engine, play(s, looped(false), buffer), 0.0));
    else
      CHECK(peri_engine_update(s->engine));
    CHECK_EQ(peri_buffer_bytes_alive() - before, file.channels * file.frames * sizeof(float));
    if (k == 100) memory = peri__memory_bytes();
  }
  CHECK(peri_source_get_state(s->engine, source) == PERI_SOURCE_PLAYING);
  CHECK(peri__memory_bytes() < memory + 40000); /* a chunk of commands more or less, not 44 bytes each time */
  tear_down(s, buffer);
  CHECK_EQ(peri_buffer_bytes_alive(), before);
}

TEST(nothing_piles_up_while_nobody_renders) {
  uint64_t memory = peri__memory_bytes(), before = peri_buffer_bytes_alive();
  stage *s = set_up(1);
  float out[512];
  sound file = {1, 100, 0, 0, 0, 0};
  peri_buffer *buffer = load(s, file);
  peri_node source = play(s, looped(true), buffer);
  CHECK(peri_engine_render(s->engine, out, 128));
  for (uint32_t k = 1; k <= 100; k++) {
    file.seed = k;
    reload(s, buffer, file);
    CHECK(peri_source_set_volume(s->engine, source, 0.5f, 0.0));
    CHECK_EQ(peri_buffer_bytes_alive() - before, 800);
  }
  CHECK(peri_engine_render(s->engine, out, 512));
  for (uint32_t f = 200 - 128; f < 512; f++) CHECK(out[f] == 0.5f * sample_of(&file, 0, (f + 128) % 100));
  reload(s, buffer, (sound){1, 100, 7, 0, 0, 0});
  tear_down(s, buffer); /* with a successor that was never seen */
  CHECK_EQ(peri__memory_bytes(), memory);
}

TEST(a_source_that_ends_lets_go_of_the_successor_that_it_never_took) {
  stage *s = set_up(1);
  float out[512];
  uint64_t before = peri_buffer_bytes_alive();
  sound file = {1, 10000, 1, 0, 0, 0};
  peri_buffer *buffer = load(s, file);
  peri_node source = play(s, looped(true), buffer);
  CHECK(peri_engine_render(s->engine, out, 128));
  reload(s, buffer, file);
  CHECK(peri_engine_render(s->engine, out, 128));
  CHECK_EQ(peri_buffer_bytes_alive() - before, 80000);
  CHECK(peri_source_stop(s->engine, source, 0.0));
  CHECK(peri_engine_render(s->engine, out, 256));
  CHECK(peri_engine_update(s->engine));
  CHECK_EQ(peri_buffer_bytes_alive() - before, 40000);
  CHECK_EQ(scene_stats(s->engine).sources, 0);
  tear_down(s, buffer);
}
