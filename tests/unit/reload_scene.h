/* What the tests of reloads share: sound files made up in memory, an engine that is served them, and its renders. */
#ifndef PERI_RELOAD_SCENE_H
#define PERI_RELOAD_SCENE_H

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

static inline float sample_of(const sound *s, uint32_t channel, uint32_t frame) {
  uint32_t x = (frame + 1) * 2654435761u ^ (s->seed * 7919u + channel * 104729u);
  return (float)((int32_t)((x ^ x >> 15) * 2246822519u) >> 16) / 65536.0f;
}

static inline unsigned char *put(unsigned char *at, uint32_t value, int bytes) {
  for (int b = 0; b < bytes; b++) at[b] = (unsigned char)(value >> 8 * b);
  return at + bytes;
}

/* A WAV of floats; the caller frees. */
static inline unsigned char *wav_of(const sound *s, size_t *size) {
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

static inline bool read_file(const char *path, const void **bytes, size_t *size, void *user) {
  stage *s = user;
  atomic_fetch_add(&s->reads, 1);
  while (strcmp(path, "held.wav") == 0 && atomic_load(&s->held)) peri__sleep_until(peri__nanoseconds() + 100000);
  if (strncmp(path, "none", 4) == 0) return false;
  sound held = {1, 77, 99, 0, 0, 0};
  *bytes = wav_of(strcmp(path, "held.wav") == 0 ? &held : &s->file, size);
  if (s->broken && strcmp(path, "sound.wav") == 0) *size = 30;
  return true;
}

static inline void done_with_file(const void *bytes, size_t size, void *user) {
  (void)size, (void)user;
  free((void *)bytes);
}

static inline stage *set_up(uint32_t channels) {
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

static inline void tear_down(stage *s, peri_buffer *buffer) {
  peri_buffer_release(buffer);
  peri_engine_destroy(s->engine);
  free(s);
}

static inline peri_buffer *load(stage *s, sound file) {
  s->file = file;
  peri_buffer *buffer = peri_engine_load(s->engine, "sound.wav", PERI_FORMAT_F32);
  CHECK(buffer);
  CHECK_EQ(peri_buffer_frames(buffer), file.frames);
  return buffer;
}

/* The buffer of the event is let go: an address to compare with. */
static inline void wait_for_event(stage *s) {
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

static inline void reload(stage *s, peri_buffer *buffer, sound file) {
  s->file = file;
  CHECK(peri_engine_reload_async(s->engine, s->owner, 42, buffer, "sound.wav"));
  wait_for_event(s);
  CHECK(s->event.buffer == buffer);
  CHECK_EQ(s->event.user, 42);
}

static inline peri_node play(stage *s, peri_source_def def, peri_buffer *buffer) {
  def.size = sizeof def;
  def.buffer = buffer;
  peri_node source = peri_source_play(s->engine, &def, peri_engine_destination(s->engine));
  CHECK(source);
  return source;
}

static inline peri_source_def looped(bool loop) {
  peri_source_def def = peri_default_source_def();
  def.loop = loop;
  return def;
}

/* Where a scene stands: `frame` frames are rendered, into `out`. */
typedef struct take {
  float *out;
  uint32_t frame, channels, block;
} take;

static inline void render_to(stage *s, take *t, uint32_t frame) {
  while (t->frame < frame) {
    uint32_t count = frame - t->frame < t->block ? frame - t->frame : t->block;
    CHECK(peri_engine_render(s->engine, t->out + t->frame * t->channels, count));
    t->frame += count;
  }
}

static const uint32_t reload_blocks[] = {128, 1, 37, 64, 1000};

#define CHECK_SAME(a, b, count)                                                                                        \
  do {                                                                                                                 \
    for (uint32_t check_i = 0; check_i < (count); check_i++)                                                           \
      if ((a)[check_i] != (b)[check_i])                                                                                \
        fail_msg("%s:%d: sample %u is %.9g, wanted %.9g", __FILE__, __LINE__, check_i, (double)(a)[check_i],           \
                 (double)(b)[check_i]);                                                                                \
  } while (0)

#endif
