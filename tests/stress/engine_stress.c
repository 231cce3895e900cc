/* One thread renders, three threads do whatever perilune.h allows, at random: nothing may be lost, leak or race. */
#include "unit/scene.h"

#include "base/base.h"
#include "base/thread.h"

#define WORKERS 3
#define STEPS 6000
#define SLOTS 24

typedef struct stage {
  peri_engine *engine;
  peri_buffer *sounds[4];
  atomic_bool over;
} stage;

typedef struct worker {
  stage *stage;
  uint32_t random;
  peri_owner owner;
  peri_node source[SLOTS], gain[SLOTS];
  uint64_t notified, ended, reloads, reloaded;
} worker;

static uint32_t pick(worker *w, uint32_t below) {
  w->random = w->random * 1664525u + 1013904223u;
  return (w->random >> 8) % below;
}

static void render_all_the_time(void *user) {
  stage *s = user;
  float out[2 * 512];
  for (uint32_t k = 0; !atomic_load(&s->over); k++) peri_engine_render(s->engine, out, 1 + k * 37 % 512);
}

static void play_one(worker *w) {
  peri_engine *engine = w->stage->engine;
  uint32_t k = pick(w, SLOTS);
  peri_source_def def = peri_default_source_def();
  peri_source_set_paused(engine, w->source[k], false); /* paused, it would never end */
  peri_node_release(engine, w->source[k]);
  def.buffer = w->stage->sounds[pick(w, 4)];
  def.owner = w->owner;
  def.notify = true;
  def.panned = pick(w, 2);
  def.loop = pick(w, 4) == 0;
  def.loop_start = pick(w, 3) * 0.0001;
  def.loop_end = 0.003;
  def.playback_rate = pick(w, 2) ? 1.0f : 0.5f + 0.1f * (float)pick(w, 20);
  def.at = peri_engine_time(engine) + pick(w, 3) * 0.001;
  def.interpolation = (peri_interpolation)pick(w, 5);
  def.filter.type = (peri_filter_type)(pick(w, 8) % 5 % 4);
  def.fade_in = pick(w, 3) * 0.002;
  def.duration = 0.02;
  w->source[k] = peri_source_play(engine, &def, w->gain[pick(w, SLOTS)]);
  if (w->source[k]) w->notified++;
}

/* Ids may have become stale at any time: a refusal is an answer too. */
static void change_one(worker *w) {
  peri_engine *engine = w->stage->engine;
  peri_node source = w->source[pick(w, SLOTS)], gain = w->gain[pick(w, SLOTS)];
  double now = peri_engine_time(engine), seconds;
  float curve[3] = {0.1f, 0.9f, 0.4f};
  peri_filter filter = {(peri_filter_type)pick(w, 4), 50.0f * (float)pick(w, 600), 0.1f * (float)(1 + pick(w, 90))};
  switch (pick(w, 22)) {
  case 0: peri_source_stop(engine, source, now); break;
  case 1: peri_source_fade_out(engine, source, 0.004, now); break;
  case 2: peri_source_set_volume(engine, source, 0.01f * (float)pick(w, 90), 0.003); break;
  case 3: peri_source_set_pan(engine, source, 0.5f, 0.0); break;
  case 4: peri_source_set_loop(engine, source, pick(w, 2)); break;
  case 5: peri_source_set_loop_points(engine, source, 0.0005, 0.0021); break;
  case 6: peri_source_get_position(engine, source, &seconds); break;
  case 7: peri_param_set_value(engine, source, PERI_SOURCE_DETUNE, (float)pick(w, 2400) - 1200.0f); break;
  case 8: peri_param_linear_ramp(engine, source, PERI_SOURCE_PLAYBACK_RATE, 1.5f, now + 0.01); break;
  case 9: peri_connect(engine, source, 0, gain, 0); break;
  case 10: peri_disconnect(engine, source, PERI_ANY, 0, PERI_ANY); break;
  case 11: peri_connect(engine, gain, 0, w->gain[pick(w, SLOTS)], 0); break; /* cycles too */
  case 12: peri_disconnect(engine, gain, 0, w->gain[pick(w, SLOTS)], 0); break;
  case 13: peri_connect_param(engine, gain, 0, source, PERI_SOURCE_DETUNE); break;
  case 14: peri_param_set_curve(engine, gain, PERI_GAIN_GAIN, curve, 3, now + 0.002, 0.003); break;
  case 15: peri_param_cancel_and_hold(engine, gain, PERI_GAIN_GAIN, now + 0.003); break;
  case 16: peri_param_set_target(engine, gain, PERI_GAIN_GAIN, 0.3f, now, 0.01); break;
  case 20: peri_source_set_paused(engine, source, true); break;
  case 21: peri_source_set_paused(engine, source, false); break;
  case 18: peri_source_set_filter(engine, source, &filter, pick(w, 3) * 0.003); break;
  case 19: peri_source_set_interpolation(engine, source, (peri_interpolation)pick(w, 5)); break;
  case 17: peri_param_cancel(engine, gain, PERI_GAIN_GAIN, now); break;
  default: break;
  }
}

static void renew_gain(worker *w) {
  peri_engine *engine = w->stage->engine;
  uint32_t k = pick(w, SLOTS);
  peri_node_release(engine, w->gain[k]);
  w->gain[k] = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(w->gain[k] != 0);
  CHECK(peri_connect(engine, w->gain[k], 0, peri_engine_destination(engine), 0));
}

static void tap_one(worker *w) {
  peri_engine *engine = w->stage->engine;
  peri_node node = pick(w, 2) ? w->gain[pick(w, SLOTS)] : w->source[pick(w, SLOTS)];
  peri_tap_def def = peri_default_tap_def();
  def.block_size = 64;
  def.blocks = 4;
  def.max_blocks = 8;
  def.dry = pick(w, 2) ? PERI_DRY_SKIP : PERI_DRY_OLDEST;
  peri_tap *tap = peri_tap_create(engine, node, &def);
  for (int k = 0; tap && k < 20; k++) {
    peri_block *block = peri_tap_receive(tap);
    if (block) peri_block_release(&block);
  }
  peri_tap_close(tap);
}

/* Also while another thread switches it off, and nodes come and go. */
static void profile_some(worker *w) {
  peri_node_load loads[8];
  if (pick(w, 4) == 0) peri_engine_set_profiling(w->stage->engine, pick(w, 4) > 0);
  uint32_t count = peri_engine_profile(w->stage->engine, loads, 8);
  for (uint32_t k = 0; k < count && k < 8; k++) {
    CHECK(loads[k].load >= 0.0 && loads[k].voices_load >= 0.0 && loads[k].load_peak >= 0.0);
    CHECK(k == 0 || loads[k].load <= loads[k - 1].load);
  }
}

static void take_events(worker *w) {
  peri_event event;
  CHECK(peri_engine_update(w->stage->engine));
  while (peri_owner_poll(w->stage->engine, w->owner, &event)) {
    if (event.type == PERI_EVENT_ENDED) w->ended++;
    if (event.type == PERI_EVENT_LOADED) w->reloaded++;
    if (event.type == PERI_EVENT_LOADED) CHECK(event.buffer);
    peri_buffer_release(event.buffer);
  }
}

/* Another sound of 1 to 3 channels and up to 655 frames, and what the accessors say of it meanwhile. */
static void reload_one(worker *w) {
  unsigned char wav[44 + 2000] = "RIFF....WAVEfmt \20\0\0\0\1\0.\0\x80\xbb\0\0....\1\0\10\0data";
  uint32_t channels = 1 + pick(w, 3), bytes = channels * (10 + pick(w, 645));
  peri_buffer *buffer = w->stage->sounds[pick(w, 4)];
  wav[22] = wav[32] = (unsigned char)channels;
  memcpy(wav + 4, &(uint32_t){36 + bytes}, 4);
  memcpy(wav + 28, &(uint32_t){48000 * channels}, 4);
  memcpy(wav + 40, &bytes, 4);
  memset(wav + 44, (int)(128 + pick(w, 3)), bytes);
  CHECK(peri_engine_reload_memory_async(w->stage->engine, w->owner, 0, buffer, wav, 44 + bytes));
  w->reloads++;
  for (int k = 0; k < 50; k++) {
    CHECK(peri_buffer_channels(buffer) <= 3 && peri_buffer_duration(buffer) < 0.02);
    CHECK(peri_buffer_bytes(buffer) <= 3 * 655 * 4);
  }
}

static void work(void *user) {
  worker *w = user;
  float sample = 0.25f;
  for (int k = 0; k < SLOTS; k++) renew_gain(w);
  for (int step = 0; step < STEPS; step++) {
    uint32_t what = pick(w, 100);
    if (what < 30)
      play_one(w);
    else if (what < 80)
      change_one(w);
    else if (what < 85)
      renew_gain(w);
    else if (what < 87)
      tap_one(w);
    else if (what < 90)
      peri_buffer_write(w->stage->sounds[pick(w, 4)], 0, pick(w, 300), &sample, 1); /* where it is so long */
    else if (what < 91)
      reload_one(w);
    else if (what < 92)
      peri_engine_begin(w->stage->engine), play_one(w), change_one(w), peri_engine_commit(w->stage->engine);
    else if (what < 94)
      profile_some(w);
    else
      take_events(w);
  }
  for (int k = 0; k < SLOTS; k++) {
    peri_source_set_paused(w->stage->engine, w->source[k], false);
    peri_source_stop(w->stage->engine, w->source[k], 0.0);
    peri_node_release(w->stage->engine, w->source[k]);
    peri_node_release(w->stage->engine, w->gain[k]);
  }
}

TEST(random_calls_on_three_threads_lose_and_leak_nothing) {
  uint64_t memory = peri__memory_bytes();
  stage s = {.engine = scene_engine(2)};
  worker w[WORKERS];
  peri__thread renderer, threads[WORKERS];
  for (int k = 0; k < 4; k++) s.sounds[k] = scene_constant((uint32_t)k % 3 + 1, 300 + 77 * (uint32_t)k, 0.01f);
  CHECK(peri__thread_start(&renderer, "renderer", render_all_the_time, &s));
  for (uint32_t k = 0; k < WORKERS; k++) {
    w[k] = (worker){.stage = &s, .random = 77 + k, .owner = peri_owner_create(s.engine)};
    CHECK(peri__thread_start(&threads[k], "worker", work, &w[k]));
  }
  for (int k = 0; k < WORKERS; k++) peri__thread_join(threads[k]);
  for (int tries = 0; tries < 1000 && (scene_stats(s.engine).sources || scene_stats(s.engine).loads); tries++) {
    peri__sleep_until(peri__nanoseconds() + 2000000);
    CHECK(peri_engine_update(s.engine));
  }
  for (int k = 0; k < WORKERS; k++) {
    take_events(&w[k]);
    CHECK_EQ(w[k].ended, w[k].notified); /* each of them was told */
    CHECK_EQ(w[k].reloaded, w[k].reloads);
  }
  CHECK_EQ(scene_stats(s.engine).sources, 0);
  for (int tries = 0; tries < 1000 && scene_stats(s.engine).nodes > 1; tries++) {
    peri__sleep_until(peri__nanoseconds() + 2000000);
    CHECK(peri_engine_update(s.engine));
  }
  CHECK_EQ(scene_stats(s.engine).nodes, 1);
  atomic_store(&s.over, true);
  peri__thread_join(renderer);
  for (int k = 0; k < 4; k++) peri_buffer_release(s.sounds[k]);
  peri_engine_destroy(s.engine);
  CHECK_EQ(peri__memory_bytes(), memory);
}
