/* A changed sound file takes the place of the old one: the buffer, the registry, memory. */
#include "unit/reload_scene.h"

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
