/* What sources hold of the buffers that they play, counted once an engine. */
#include "unit/scene.h"

#include "control/control.h"

#define SOUNDS 200 /* more than the table has places at first */

static peri_node play(peri_engine *engine, peri_buffer *buffer) {
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
  CHECK(source != 0);
  return source;
}

static uint32_t references(peri_buffer *buffer) { return (uint32_t)atomic_load(&buffer->references); }
static uint32_t holders(peri_buffer *buffer) { return (uint32_t)atomic_load(&atomic_load(&buffer->storage)->holders); }

TEST(any_number_of_sources_hold_a_buffer_once) {
  peri_engine *engine = scene_engine(2), *other = scene_engine(2);
  peri_buffer *click = scene_constant(1, 64, 0.1f);
  for (int k = 0; k < 1000; k++) play(engine, click);
  CHECK_EQ(references(click), 2);
  CHECK_EQ(holders(click), 2);
  play(other, click);
  CHECK_EQ(references(click), 3);
  CHECK_EQ(holders(click), 3);
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  CHECK_EQ(references(click), 2);
  peri_engine_destroy(other);
  peri_engine_destroy(engine);
  CHECK_EQ(references(click), 1);
  CHECK_EQ(holders(click), 1);
  peri_buffer_release(click);
}

TEST(many_sounds_in_turn_are_each_held_once_and_let_go) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *sound[SOUNDS];
  uint32_t before = peri_buffers_alive();
  for (int s = 0; s < SOUNDS; s++) sound[s] = scene_constant(1, 64, 0.001f);
  for (int round = 0; round < 3; round++)
    for (int s = 0; s < SOUNDS; s++) play(engine, sound[s]);
  for (int s = 0; s < SOUNDS; s++) CHECK_EQ(references(sound[s]), 2);
  for (int s = 0; s < SOUNDS; s++) peri_buffer_release(sound[s]);
  CHECK_EQ(peri_buffers_alive() - before, SOUNDS);
  free(scene_render(engine, 256, 128));
  CHECK(peri_engine_update(engine));
  CHECK_EQ(peri_buffers_alive(), before);
  peri_engine_destroy(engine);
}

TEST(a_write_is_heard_by_sources_to_come_and_not_by_those_that_play) {
  peri_engine *engine = scene_engine(1);
  float first[64], then = 0.25f;
  for (int i = 0; i < 64; i++) first[i] = 0.5f;
  peri_buffer *click = peri_buffer_create(1, 64, 48000.0);
  CHECK(peri_buffer_write(click, 0, 0, first, 64));
  peri__storage *own = atomic_load(&click->storage);
  play(engine, click);
  CHECK(peri_buffer_write(click, 0, 0, &then, 1));
  CHECK(atomic_load(&click->storage) != own); /* copied: it was in use */
  play(engine, click);
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[0], 0.75, 1e-6);
  CHECK_NEAR(out[1], 1.0, 1e-6);
  free(out);
  free(scene_render(engine, 128, 128));
  CHECK(peri_engine_update(engine));
  own = atomic_load(&click->storage);
  CHECK(peri_buffer_write(click, 0, 0, &then, 1));
  CHECK(atomic_load(&click->storage) == own); /* in place: nobody plays it any more */
  peri_engine_destroy(engine);
  peri_buffer_release(click);
}

TEST(sources_that_are_gone_are_left_out_of_those_kept) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *click = scene_constant(1, 64, 0.1f), *hum = scene_constant(1, 48000, 0.1f);
  peri_node a = play(engine, click), b = play(engine, hum), c = play(engine, click), d = play(engine, hum);
  peri_node sources[] = {a, b, 0, c, d};
  CHECK_EQ(peri_sources_keep(engine, sources, 0), 0);
  free(scene_render(engine, 256, 128));
  CHECK_EQ(peri_sources_keep(engine, sources, 5), 2);
  CHECK(sources[0] == b && sources[1] == d);
  peri_engine_destroy(engine);
  peri_buffer_release(click);
  peri_buffer_release(hum);
}

TEST(a_slot_serves_the_next_source_as_soon_as_it_is_back) {
  peri_engine *engine = scene_engine(2);
  peri_buffer *click = scene_constant(1, 64, 0.1f);
  uint64_t bytes = 0;
  for (int round = 0; round < 1000; round++) {
    play(engine, click);
    free(scene_render(engine, 128, 128));
    if (round == 4) bytes = scene_stats(engine).source_bytes;
  }
  CHECK(scene_stats(engine).source_bytes == bytes);
  CHECK(scene_stats(engine).sources <= 2);
  peri_engine_destroy(engine);
  peri_buffer_release(click);
}
