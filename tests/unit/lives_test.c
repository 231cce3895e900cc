/* Ends of lives: of engines, devices, owners and buffers, and by several threads at once. */
#include "unit/scene.h"

#include "base/thread.h"
#include "control/control.h"

#include <stdio.h>

#define RATE 48000.0

TEST(an_engine_takes_its_visualizers_and_taps_along) {
  uint64_t memory = peri__memory_bytes();
  peri_engine *engine = scene_engine(2);
  peri_device_def device = peri_default_device_def();
  device.kind = PERI_DEVICE_NULL;
  device.block_size = 64;
  peri_buffer *one = scene_constant(1, 48000, 0.5f);
  peri_node source = scene_source(engine, one);
  CHECK(peri_source_start(engine, source, 0.0, 0.0, INFINITY));
  CHECK(peri_visualizer_create(engine, source));
  peri_visualizer *other = peri_visualizer_create(engine, peri_engine_destination(engine));
  CHECK(other);
  CHECK(peri_visualizer_create(engine, peri_engine_destination(engine)));
  CHECK(peri_device_open(engine, &device));
  peri_tap_def def = peri_default_tap_def();
  def.block_size = 64;
  peri_tap *tap = peri_tap_create(engine, source, &def);
  peri_block *block = NULL;
  for (int tries = 0; tries < 2000 && !block; tries++) {
    peri__sleep_until(peri__nanoseconds() + 1000000);
    block = peri_tap_receive(tap);
  }
  CHECK(block);
  peri_visualizer_destroy(other);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
  CHECK_NEAR(block->samples[0], 0.5, 0.5); /* still the receiver's */
  peri_block_release(&block);
  CHECK(!block);
  CHECK_EQ(peri__memory_bytes(), memory);
}

static void close_device(void *engine) { peri_device_close(engine); }

TEST(a_device_closed_by_two_threads_is_closed_once) {
  peri_engine *engine = scene_engine(2);
  peri_device_def device = peri_default_device_def();
  device.kind = PERI_DEVICE_NULL;
  for (int k = 0; k < 60; k++) {
    peri__thread other;
    CHECK(peri_device_open(engine, &device));
    CHECK(peri__thread_start(&other, "closer", close_device, engine));
    peri_device_close(engine);
    peri__thread_join(other);
  }
  CHECK(!peri_device_set_paused(engine, true));
  peri_engine_destroy(engine);
}

TEST(a_source_of_a_closed_owner_never_tells_the_next_one) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 48000, 1.0f);
  peri_owner first = peri_owner_create(engine);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.owner = first;
  def.notify = true;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  free(scene_render(engine, 128, 128));
  peri__source *slot = peri__find_source(engine, source);
  atomic_store(&slot->phase, PERI_SOURCE_ENDED); /* as if its last quantum were being rendered right now */
  peri_owner_close(engine, first);
  atomic_store(&slot->phase, PERI_SOURCE_SOUNDING);
  peri_owner second = peri_owner_create(engine);
  CHECK_EQ(second, first);
  CHECK(peri_source_stop(engine, source, 0.0));
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  peri_event event;
  CHECK(!peri_owner_poll(engine, second, &event));
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

TEST(a_burst_of_events_leaves_no_memory_behind) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *one = scene_constant(1, 16, 1.0f);
  peri_owner owner = peri_owner_create(engine);
  peri_source_def def = peri_default_source_def();
  def.buffer = one;
  def.owner = owner;
  def.notify = true;
  peri_event event;
  uint64_t quiet = 0;
  for (int burst = 0; burst < 2; burst++) {
    for (int k = 0; k < 5000; k++) CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
    free(scene_render(engine, 512, 128));
    CHECK(peri_engine_update(engine));
    if (burst) CHECK(peri__memory_bytes() > quiet + 5000 * sizeof event);
    for (int k = 0; k < 5000; k++) CHECK(peri_owner_poll(engine, owner, &event));
    CHECK(!peri_owner_poll(engine, owner, &event));
    if (!burst) quiet = peri__memory_bytes();
  }
  CHECK(peri__memory_bytes() <= quiet);
  peri_buffer_release(one);
  peri_engine_destroy(engine);
}

/* ---- Several threads -------------------------------------------------------------------------------------------- */

typedef struct file_in_memory {
  peri_engine *engine;
  unsigned char *bytes;
  size_t size;
  atomic_uint waiting; /* at the gate */
  atomic_uint_fast64_t failures;
} file_in_memory;

static file_in_memory set_up_file(void) {
  file_in_memory file = {.engine = scene_engine(1)};
  peri_buffer *ramp = scene_ramp(300);
  const char *path = test_path("edge.wav");
  CHECK(peri_buffer_save(ramp, path));
  peri_buffer_release(ramp);
  FILE *opened = fopen(path, "rb");
  CHECK(opened);
  file.bytes = malloc(65536);
  file.size = fread(file.bytes, 1, 65536, opened);
  CHECK(file.size > 1200);
  fclose(opened);
  return file;
}

static void tear_down_file(file_in_memory *file) {
  free(file->bytes);
  peri_engine_destroy(file->engine);
}

static void load_and_release(void *user) {
  file_in_memory *file = user;
  for (int k = 0; k < 1500; k++) {
    peri_buffer *buffer = peri_engine_load_memory(file->engine, file->bytes, file->size, PERI_FORMAT_F32);
    if (!buffer || peri_buffer_frames(buffer) != 300) atomic_fetch_add(&file->failures, 1);
    peri_buffer_release(buffer);
  }
}

TEST(a_buffer_found_while_its_last_holder_lets_go_is_a_whole_one) {
  file_in_memory file = set_up_file();
  uint32_t alive = peri_buffers_alive();
  peri__thread threads[3];
  for (int t = 0; t < 3; t++) CHECK(peri__thread_start(&threads[t], "loader", load_and_release, &file));
  for (int t = 0; t < 3; t++) peri__thread_join(threads[t]);
  CHECK_EQ(atomic_load(&file.failures), 0);
  CHECK_EQ(peri_buffers_alive(), alive);
  tear_down_file(&file);
}

typedef struct meeting {
  file_in_memory *file;
  peri_buffer *buffer;
} meeting;

static void load_together(void *user) {
  meeting *m = user;
  atomic_fetch_add(&m->file->waiting, 1);
  while (atomic_load(&m->file->waiting) < 2) continue;
  m->buffer = peri_engine_load_memory(m->file->engine, m->file->bytes, m->file->size, PERI_FORMAT_F32);
}

TEST(two_threads_that_load_one_file_at_once_get_one_buffer) {
  file_in_memory file = set_up_file();
  for (int k = 0; k < 200; k++) {
    meeting a = {&file, NULL}, b = {&file, NULL};
    peri__thread other;
    atomic_store(&file.waiting, 0);
    CHECK(peri__thread_start(&other, "loader", load_together, &b));
    load_together(&a);
    peri__thread_join(other);
    CHECK(a.buffer && a.buffer == b.buffer);
    peri_buffer_release(a.buffer);
    peri_buffer_release(b.buffer);
  }
  tear_down_file(&file);
}

typedef struct shared_sound {
  peri_buffer *buffer;
  atomic_bool over;
} shared_sound;

static void play_on_own_engine(void *user) {
  shared_sound *shared = user;
  peri_engine *engine = scene_engine(2);
  float out[2 * 128];
  while (!atomic_load(&shared->over)) {
    peri_source_def def = peri_default_source_def();
    def.buffer = shared->buffer;
    if (!peri_source_play(engine, &def, peri_engine_destination(engine))) abort();
    if (peri_buffer_frames(shared->buffer) != 200 || peri_buffer_channels(shared->buffer) != 2) abort();
    peri_engine_render(engine, out, 128);
  }
  peri_engine_destroy(engine);
}

TEST(a_buffer_is_written_while_two_engines_play_it) {
  shared_sound shared = {.buffer = scene_constant(2, 200, 0.5f)};
  peri__thread threads[2];
  for (int t = 0; t < 2; t++) CHECK(peri__thread_start(&threads[t], "engine", play_on_own_engine, &shared));
  float samples[200] = {0};
  for (int k = 0; k < 3000; k++) {
    CHECK(peri_buffer_write(shared.buffer, 0, 0, samples, 200));
    CHECK(peri_buffer_read(shared.buffer, 1, 0, samples, 200));
    CHECK_NEAR(peri_buffer_duration(shared.buffer), 200 / RATE, 0.0);
    CHECK_EQ(peri_buffer_bytes(shared.buffer), 1600);
  }
  atomic_store(&shared.over, true);
  for (int t = 0; t < 2; t++) peri__thread_join(threads[t]);
  peri_buffer_release(shared.buffer);
}

TEST(an_engine_ends_with_its_device_open_and_loads_under_way) {
  uint64_t memory = peri__memory_bytes();
  for (int k = 0; k < 20; k++) {
    file_in_memory file = set_up_file();
    peri_owner owner = peri_owner_create(file.engine);
    peri_device_def device = peri_default_device_def();
    device.kind = PERI_DEVICE_NULL;
    CHECK(peri_device_open(file.engine, &device));
    for (unsigned n = 0; n < 30; n++) {
      file.bytes[file.size - 1 - n % 4] ^= 1; /* another file */
      CHECK(peri_engine_load_memory_async(file.engine, owner, n, file.bytes, file.size, PERI_FORMAT_F32));
    }
    tear_down_file(&file);
  }
  CHECK_EQ(peri__memory_bytes(), memory);
}
