/* Convolvers follow the files that their responses come from. */
#include "unit/reload_scene.h"

#define QUANTUM 128
#define LED_OVER (9 * QUANTUM)

static peri_node make_convolver(stage *s, peri_buffer *response, bool normalize) {
  peri_node node = peri_node_create(s->engine, PERI_NODE_CONVOLVER);
  CHECK(peri_connect(s->engine, node, 0, peri_engine_destination(s->engine), 0));
  CHECK(peri_node_set_option(s->engine, node, PERI_CONVOLVER_NORMALIZE, normalize));
  CHECK(peri_node_set_buffer(s->engine, node, response));
  return node;
}

/* An impulse through the convolver, which must give the sound times `scale`. */
static void check_heard(stage *s, peri_node convolver, const sound *wanted, double scale) {
  const float one = 1.0f;
  peri_source_def def = peri_default_source_def();
  def.buffer = peri_buffer_create(1, 1, RATE);
  CHECK(peri_buffer_write(def.buffer, 0, 0, &one, 1));
  CHECK(peri_source_play(s->engine, &def, convolver));
  float *out = scene_render(s->engine, 4096, QUANTUM);
  for (uint32_t i = 0; i < 4096; i++)
    CHECK_NEAR(out[i], i < wanted->frames ? scale * (double)sample_of(wanted, 0, i) : 0, 1e-6);
  free(out);
  peri_buffer_release(def.buffer);
}

static double power_of(const sound *s) {
  double sum = 0;
  for (uint32_t i = 0; i < s->frames; i++) sum += (double)sample_of(s, 0, i) * (double)sample_of(s, 0, i);
  return sqrt(sum / s->frames);
}

static const sound first = {1, 700, 1, 0, 0, 0}, second = {1, 3000, 2, 0, 0, 0}, third = {1, 50, 3, 0, 0, 0};

/* Nothing is called but the reload; and every convolver has it before its event comes. */
TEST(convolvers_follow_the_reload_of_their_buffer_by_themselves) {
  stage *s = set_up(1);
  peri_buffer *buffer = load(s, first);
  peri_node one = make_convolver(s, buffer, false), two = make_convolver(s, buffer, false);
  check_heard(s, one, &first, 1);
  reload(s, buffer, second);
  check_heard(s, one, &second, 1);
  check_heard(s, two, &second, 1);
  reload(s, buffer, third);
  check_heard(s, two, &third, 1);
  check_heard(s, one, &third, 1);
  peri_buffer *has = peri_node_get_buffer(s->engine, one);
  CHECK(has == buffer);
  peri_buffer_release(has);
  tear_down(s, buffer);
}

TEST(a_reloaded_response_is_normalised_if_it_was_when_it_was_set) {
  stage *s = set_up(1);
  peri_buffer *buffer = load(s, first);
  peri_node scaled = make_convolver(s, buffer, true), plain = make_convolver(s, buffer, false);
  CHECK(peri_node_set_option(s->engine, scaled, PERI_CONVOLVER_NORMALIZE, false));
  CHECK(peri_node_set_option(s->engine, plain, PERI_CONVOLVER_NORMALIZE, true));
  reload(s, buffer, second);
  check_heard(s, scaled, &second, 0.00125 / power_of(&second) * 44100 / RATE);
  check_heard(s, plain, &second, 1);
  tear_down(s, buffer);
}

TEST(a_convolver_keeps_its_response_where_the_new_file_can_be_none) {
  stage *s = set_up(1);
  peri_buffer *buffer = load(s, first);
  peri_node node = make_convolver(s, buffer, false);
  sound wide = {3, 700, 4, 0, 0, 0};
  reload(s, buffer, wide);
  CHECK(peri_engine_update(s->engine));
  check_heard(s, node, &first, 1);
  reload(s, buffer, second);
  check_heard(s, node, &second, 1);
  tear_down(s, buffer);
}

/* One engine reloads; the others follow at their next update. */
TEST(convolvers_of_other_engines_follow_when_these_are_updated) {
  stage *s = set_up(1), *other = set_up(1);
  peri_buffer *buffer = load(s, first);
  peri_node node = make_convolver(other, buffer, false);
  check_heard(other, node, &first, 1);
  CHECK(peri_engine_update(other->engine));
  reload(s, buffer, second);
  check_heard(other, node, &first, 1);
  CHECK(peri_engine_update(other->engine));
  check_heard(other, node, &second, 1);
  tear_down(other, NULL);
  tear_down(s, buffer);
}

TEST(without_memory_for_a_reloaded_response_an_update_tries_again) {
  stage *s = set_up(1), *other = set_up(1);
  peri_buffer *buffer = load(s, first);
  peri_node node = make_convolver(other, buffer, false);
  CHECK(peri_engine_update(other->engine));
  reload(s, buffer, second);
  uint64_t bytes = peri__memory_bytes();
  for (uint64_t nth = 1; nth <= 3; nth++) {
    peri__memory_fail_at(nth);
    CHECK(!peri_engine_update(other->engine));
    peri__memory_fail_at(0);
    CHECK_ERROR("out of memory");
    CHECK(peri__memory_bytes() <= bytes); /* less: the loader was not yet done with what it had reloaded by */
  }
  check_heard(other, node, &first, 1);
  CHECK(peri_engine_update(other->engine));
  check_heard(other, node, &second, 1);
  tear_down(other, NULL);
  tear_down(s, buffer);
}

/* A sound that goes on is led over, and does not click. */
TEST(a_reload_while_the_convolver_sounds_makes_no_click) {
  stage *s = set_up(1);
  peri_buffer *buffer = load(s, third), *constant = scene_constant(1, 48000, 1.0f);
  peri_node node = make_convolver(s, buffer, false);
  peri_source_def def = looped(true);
  def.buffer = constant;
  CHECK(peri_source_play(s->engine, &def, node));
  float sums[2] = {0, 0};
  for (uint32_t i = 0; i < 50; i++) sums[0] += sample_of(&third, 0, i);
  sound next = {1, 50, 77, 0, 0, 0};
  for (uint32_t i = 0; i < 50; i++) sums[1] += sample_of(&next, 0, i);
  free(scene_render(s->engine, 1280, QUANTUM));
  reload(s, buffer, next);
  float *out = scene_render(s->engine, 2 * LED_OVER, QUANTUM), last = sums[0];
  for (uint32_t i = 0; i < 2 * LED_OVER; i++) {
    CHECK(fabsf(out[i] - last) < 0.1f);
    last = out[i];
  }
  CHECK_NEAR(last, sums[1], 1e-4);
  CHECK(fabsf(sums[1] - sums[0]) > 0.5f);
  free(out);
  peri_buffer_release(constant);
  tear_down(s, buffer);
}
