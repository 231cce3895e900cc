#include "unit/scene.h"

#include "base/base.h"

#define RATE 48000.0
/* Frames behind which another response has all of the input, and a short one has rung out. */
#define LED_OVER (9 * 128)

static peri_buffer *buffer_of(const float *samples, uint32_t channels, uint32_t frames, double rate) {
  peri_buffer *buffer = peri_buffer_create(channels, frames, rate);
  CHECK(buffer != NULL);
  for (uint32_t c = 0; c < channels; c++) CHECK(peri_buffer_write(buffer, c, 0, samples + (size_t)c * frames, frames));
  return buffer;
}

/* A convolver ahead of the destination, with a response or none. */
static peri_node make_convolver(peri_engine *engine, peri_buffer *response, bool normalize) {
  peri_node node = peri_node_create(engine, PERI_NODE_CONVOLVER);
  CHECK(node != 0);
  CHECK(peri_connect(engine, node, 0, peri_engine_destination(engine), 0));
  CHECK(peri_node_set_option(engine, node, PERI_CONVOLVER_NORMALIZE, normalize));
  if (response) CHECK(peri_node_set_buffer(engine, node, response));
  return node;
}

static void play(peri_engine *engine, peri_buffer *sound, peri_node to) {
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  CHECK(peri_source_play(engine, &def, to) != 0);
}

/* What an impulse gives, of a mono engine. */
static float impulse_response(peri_buffer *response, bool normalize) {
  const float one = 1.0f;
  peri_engine *engine = scene_engine(1);
  peri_buffer *impulse = buffer_of(&one, 1, 1, RATE);
  play(engine, impulse, make_convolver(engine, response, normalize));
  float *out = scene_render(engine, 128, 128), first = out[0];
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(impulse);
  return first;
}

/* Web Audio 1.1, ConvolverNode, normalize: calculateNormalizationScale. */
TEST(a_normalised_response_is_scaled_by_its_power_as_the_text_says) {
  float samples[4 * 3] = {0.5f, -0.25f, 0.125f, 0.75f, 0, 0, 0.1f, 0.2f, 0.3f, -1, 1, 0.5f};
  for (uint32_t channels = 1; channels <= 2; channels++) {
    double power = 0;
    for (uint32_t i = 0; i < channels * 3; i++) power += (double)samples[i] * (double)samples[i];
    double scale = 0.00125 / sqrt(power / (channels * 3)) * 44100 / RATE;
    peri_buffer *response = buffer_of(samples, channels, 3, RATE);
    double first = channels == 1 ? 0.5 : (0.5 + 0.75) / 2; /* the destination mixes stereo down */
    CHECK_NEAR(impulse_response(response, true), first * scale, 1e-9);
    CHECK_NEAR(impulse_response(response, false), first, 1e-6);
    peri_buffer_release(response);
  }
  double power = 0;
  for (uint32_t i = 0; i < 12; i++) power += (double)samples[i] * (double)samples[i];
  peri_buffer *matrix = buffer_of(samples, 4, 3, RATE);
  double left = 0.5 + (double)0.1f, right = 0.75 - 1;
  CHECK_NEAR(impulse_response(matrix, true), (left + right) / 2 * 0.5 * 0.00125 / sqrt(power / 12) * 44100 / RATE,
             1e-9);
  peri_buffer_release(matrix);
}

TEST(a_response_of_next_to_nothing_is_not_raised_beyond_the_least_power) {
  const float faint = 1e-6f;
  peri_buffer *response = buffer_of(&faint, 1, 1, RATE);
  CHECK_NEAR(impulse_response(response, true), 1e-6 * 10 * 44100 / RATE, 1e-9);
  peri_buffer_release(response);
}

TEST(a_convolver_refuses_buffers_that_it_cannot_use_and_keeps_what_it_has) {
  static const float samples[4 * 5];
  peri_engine *engine = scene_engine(2);
  peri_buffer *good = buffer_of(samples, 2, 5, RATE), *three = buffer_of(samples, 3, 5, RATE),
              *slow = buffer_of(samples, 1, 5, 44100);
  peri_node node = make_convolver(engine, good, true), gain = peri_node_create(engine, PERI_NODE_GAIN);
  CHECK(!peri_node_set_buffer(engine, node, three));
  CHECK_ERROR("must have 1, 2 or 4 channels, got 3");
  CHECK(!peri_node_set_buffer(engine, node, slow));
  CHECK_ERROR("must have the engine's sample rate, 48000, got 44100");
  peri_buffer *has = peri_node_get_buffer(engine, node);
  CHECK(has == good);
  peri_buffer_release(has);
  CHECK(!peri_node_set_buffer(engine, gain, good));
  CHECK_ERROR("GainNode has no buffer");
  CHECK(peri_node_get_buffer(engine, gain) == NULL);
  CHECK(!peri_node_set_buffer(engine, 0, good));
  CHECK_ERROR("the node is null");
  peri_engine_destroy(engine);
  peri_buffer_release(good), peri_buffer_release(three), peri_buffer_release(slow);
}

/* Web Audio 1.1, ConvolverNode: channelCount and channelCountMode constraints. */
TEST(a_convolver_takes_at_most_two_channels_and_never_the_most_there_are) {
  peri_engine *engine = scene_engine(2);
  peri_node node = make_convolver(engine, NULL, true);
  peri_channel_rule rule;
  CHECK(peri_node_get_channels(engine, node, &rule));
  CHECK(rule.count == 2 && rule.mode == PERI_COUNT_CLAMPED_MAX && rule.interpretation == PERI_SPEAKERS);
  rule.count = 3;
  CHECK(!peri_node_set_channels(engine, node, &rule));
  CHECK_ERROR("channelCount of ConvolverNode must be 1 to 2, got 3");
  rule = (peri_channel_rule){2, PERI_COUNT_MAX, PERI_SPEAKERS};
  CHECK(!peri_node_set_channels(engine, node, &rule));
  CHECK_ERROR("channelCountMode of ConvolverNode cannot be max");
  rule = (peri_channel_rule){1, PERI_COUNT_EXPLICIT, PERI_SPEAKERS};
  CHECK(peri_node_set_channels(engine, node, &rule));
  peri_engine_destroy(engine);
}

TEST(a_convolver_without_a_buffer_is_silent) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 1000, 1.0f);
  peri_node node = make_convolver(engine, NULL, true);
  CHECK(peri_node_get_buffer(engine, node) == NULL);
  play(engine, sound, node);
  float *out = scene_render(engine, 512, 128);
  for (int i = 0; i < 512; i++) CHECK(out[i] == 0.0f);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(sound);
}

/* The text: the content is acquired, and normalize read, when the buffer is set. */
TEST(what_changes_after_the_buffer_is_set_counts_when_it_is_set_again) {
  float half = 0.5f, quarter = 0.25f;
  peri_engine *engine = scene_engine(1);
  peri_buffer *sound = scene_constant(1, 48000, 1.0f), *response = buffer_of(&half, 1, 1, RATE);
  peri_node node = make_convolver(engine, response, false);
  play(engine, sound, node);
  CHECK(peri_buffer_write(response, 0, 0, &quarter, 1));
  CHECK(peri_node_set_option(engine, node, PERI_CONVOLVER_NORMALIZE, 1.0));
  float *out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[i], 0.5, 1e-6);
  free(out);
  CHECK(peri_node_set_buffer(engine, node, response));
  free(scene_render(engine, LED_OVER, 128));
  out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK_NEAR(out[i], 0.00125 * 44100 / RATE, 1e-9); /* 0.25 × 0.00125 / 0.25 */
  free(out);
  CHECK(peri_node_set_buffer(engine, node, NULL));
  CHECK(peri_node_get_buffer(engine, node) == NULL);
  free(scene_render(engine, LED_OVER, 128));
  out = scene_render(engine, 128, 128);
  for (int i = 0; i < 128; i++) CHECK(out[i] == 0.0f);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(sound), peri_buffer_release(response);
}

/* ---- Another response while it sounds --------------------------------------------------------------------------- */

static peri_buffer *decaying(uint32_t frames, float peak, double time) {
  float *samples = malloc(frames * sizeof *samples);
  for (uint32_t i = 0; i < frames; i++) samples[i] = peak * (float)exp(-(double)i / time);
  peri_buffer *response = buffer_of(samples, 1, frames, RATE);
  free(samples);
  return response;
}

/* A sine of 240 Hz that loops. */
static void play_sine(peri_engine *engine, peri_node to) {
  float samples[200];
  for (int i = 0; i < 200; i++) samples[i] = (float)sin(6.283185307179586 * i / 200);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer_of(samples, 1, 200, RATE);
  def.loop = true;
  CHECK(peri_source_play(engine, &def, to) != 0);
  peri_buffer_release(def.buffer);
}

#define SINE_STEP (6.283185307179586 / 200) /* the largest from one sample to the next */

/* Renders on from `*last`; returns the largest step from one sample to the next. */
static double largest_step(peri_engine *engine, uint32_t frames, float *last) {
  double step = 0;
  float *out = scene_render(engine, frames, 128);
  for (uint32_t i = 0; i < frames; i++) {
    step = fmax(step, fabs((double)out[i] - (double)*last));
    *last = out[i];
  }
  free(out);
  return step;
}

/* The worst case: the sine's direct sound turns over, or comes and goes, at every place of the sine. */
TEST(another_response_while_it_sounds_makes_no_click) {
  for (uint32_t quanta = 3; quanta < 13; quanta++) {
    peri_engine *engine = scene_engine(1);
    const float one = 1.0f, other = -1.0f;
    peri_buffer *dry = buffer_of(&one, 1, 1, RATE), *turned = buffer_of(&other, 1, 1, RATE);
    peri_buffer *room = decaying(9000, 0.001f, 1000);
    peri_buffer *const responses[] = {NULL, turned, room, dry, NULL, room, turned, NULL, NULL, dry};
    peri_node node = make_convolver(engine, dry, false);
    play_sine(engine, node);
    float last = 0;
    double step = largest_step(engine, quanta * 128, &last);
    for (size_t k = 0; k < sizeof responses / sizeof *responses; k++) {
      CHECK(peri_node_set_buffer(engine, node, responses[k]));
      step = fmax(step, largest_step(engine, quanta * 2 * 128, &last));
    }
    CHECK(step > SINE_STEP / 2 && step < 2.5 * SINE_STEP); /* two that sound, and what leads over */
    peri_engine_destroy(engine);
    peri_buffer_release(dry), peri_buffer_release(turned), peri_buffer_release(room);
  }
}

TEST(the_same_response_again_changes_nothing_that_is_heard) {
  float *out[2];
  for (int again = 0; again < 2; again++) {
    peri_engine *engine = scene_engine(1);
    peri_buffer *room = decaying(9000, 0.01f, 3000);
    peri_node node = make_convolver(engine, room, false);
    play_sine(engine, node);
    out[again] = malloc(60 * 1280 * sizeof(float));
    for (int k = 0; k < 60; k++) { /* the second time while the first one rings out */
      if (again && k == 20) CHECK(peri_node_set_buffer(engine, node, room));
      float *some = scene_render(engine, 1280, 128);
      memcpy(out[again] + (size_t)k * 1280, some, 1280 * sizeof *some);
      free(some);
    }
    peri_engine_destroy(engine);
    peri_buffer_release(room);
  }
  for (int i = 0; i < 60 * 1280; i++) CHECK_NEAR(out[1][i], out[0][i], 1e-5);
  free(out[0]), free(out[1]);
}

TEST(the_tail_of_a_response_that_was_replaced_rings_out_and_its_memory_comes_back) {
  const float one = 1.0f;
  peri_engine *engine = scene_engine(1);
  peri_buffer *impulse = buffer_of(&one, 1, 1, RATE), *room = decaying(50000, 0.5f, 20000);
  peri_buffer *other = decaying(100, 0.25f, 1e9);
  peri_node node = make_convolver(engine, room, false);
  play(engine, impulse, node);
  free(scene_render(engine, 1280, 128));
  CHECK(peri_node_set_buffer(engine, node, other));
  uint64_t both = peri__memory_bytes();
  play(engine, impulse, node);
  float *out = scene_render(engine, 50048, 128);
  for (int i = 0; i < 50048; i++) {
    double tail = 1280 + i < 50000 ? 0.5 * exp(-(1280 + i) / 20000.0) : 0;
    CHECK_NEAR(out[i], tail + (i < 100 ? 0.25 : 0), 1e-5); /* nothing came in before: all of it goes to the new one */
  }
  free(out);
  CHECK(peri_engine_update(engine));
  CHECK(peri__memory_bytes() + 50000 * sizeof(float) < both);
  peri_engine_destroy(engine);
  peri_buffer_release(impulse), peri_buffer_release(room), peri_buffer_release(other);
}

TEST(of_responses_that_are_set_in_a_row_the_last_one_stays) {
  const float one = 1.0f;
  peri_engine *engine = scene_engine(1);
  peri_buffer *impulse = buffer_of(&one, 1, 1, RATE), *room = decaying(90000, 0.5f, 20000);
  peri_node node = make_convolver(engine, room, false);
  play(engine, impulse, node);
  free(scene_render(engine, 128, 128));
  for (int k = 1; k <= 7; k++) {
    const float level = 0.1f * (float)k;
    peri_buffer *response = buffer_of(&level, 1, 1, RATE);
    CHECK(peri_node_set_buffer(engine, node, response));
    peri_buffer_release(response);
    free(scene_render(engine, 128, 128));
  }
  free(scene_render(engine, 2 * LED_OVER, 128));
  play(engine, impulse, node);
  float *out = scene_render(engine, 256, 128);
  for (int i = 0; i < 256; i++) CHECK_NEAR(out[i], i == 0 ? 0.7 : 0, 1e-6); /* the room has been faded out */
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(impulse), peri_buffer_release(room);
}

/* ---- Bits, ends, memory, errors --------------------------------------------------------------------------------- */

static float *render_noise(uint32_t frames, uint32_t block) {
  static float samples[2 * 6000], sound[4000];
  uint32_t state = 3;
  for (int i = 0; i < 2 * 6000; i++)
    state = state * 1664525u + 1013904223u, samples[i] = (float)(state >> 8) * 0x1p-24f;
  for (int i = 0; i < 4000; i++) sound[i] = samples[3 * i] - 0.5f;
  peri_engine *engine = scene_engine(2);
  peri_buffer *response = buffer_of(samples, 2, 6000, RATE), *played = buffer_of(sound, 1, 4000, RATE);
  play(engine, played, make_convolver(engine, response, true));
  float *out = scene_render(engine, frames, block);
  peri_engine_destroy(engine);
  peri_buffer_release(response), peri_buffer_release(played);
  return out;
}

TEST(blocks_of_any_size_convolve_to_the_same_bits) {
  const uint32_t sizes[] = {1, 64, 127, 480, 1024};
  float *reference = render_noise(12000, 128);
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    float *out = render_noise(12000, sizes[k]);
    CHECK(memcmp(out, reference, 12000 * 2 * sizeof *out) == 0);
    free(out);
  }
  free(reference);
}

TEST(a_released_convolver_rings_out_and_is_then_freed) {
  static float samples[9000];
  for (int i = 0; i < 9000; i++) samples[i] = 1.0f;
  peri_engine *engine = scene_engine(1);
  peri_buffer *response = buffer_of(samples, 1, 9000, RATE), *impulse = buffer_of(samples, 1, 1, RATE);
  peri_node node = make_convolver(engine, response, false);
  play(engine, impulse, node);
  peri_node_release(engine, node);
  for (uint32_t q = 0; q < 70; q++) { /* frames 0 to 8,959 of 9,000 */
    CHECK(peri_engine_update(engine));
    float *out = scene_render(engine, 128, 128);
    CHECK_NEAR(out[127], 1, 1e-5);
    free(out);
  }
  for (uint32_t q = 0; q < 8; q++) {
    free(scene_render(engine, 128, 128));
    CHECK(peri_engine_update(engine));
  }
  CHECK_EQ(scene_stats(engine).nodes, 1);
  peri_engine_destroy(engine);
  peri_buffer_release(response), peri_buffer_release(impulse);
}

TEST(all_memory_of_responses_comes_back) {
  uint64_t before = peri__memory_bytes();
  peri_buffer *response = scene_constant(2, 20000, 0.001f), *sound = scene_constant(1, 48000, 1.0f);
  peri_engine *engine = scene_engine(2);
  peri_node node = make_convolver(engine, response, true);
  play(engine, sound, node);
  uint64_t one = 0;
  for (int round = 0; round < 20; round++) {
    CHECK(peri_node_set_buffer(engine, node, response));
    free(scene_render(engine, 256, 128));
    CHECK(peri_engine_update(engine));
    if (round == 4) one = peri__memory_bytes();
  }
  CHECK(peri__memory_bytes() <= one + 65536); /* a chunk of commands more or less; a response has more */
  for (int round = 0; round < 3; round++) CHECK(peri_node_set_buffer(engine, node, response)); /* nobody renders */
  peri_engine_destroy(engine);
  peri_buffer_release(response), peri_buffer_release(sound);
  CHECK_EQ(peri__memory_bytes(), before);
}

TEST(without_memory_a_convolver_keeps_its_response) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *half = scene_constant(1, 1, 0.5f), *other = scene_constant(1, 5000, 1.0f);
  peri_buffer *sound = scene_constant(1, 48000, 1.0f);
  peri_node node = make_convolver(engine, half, false);
  play(engine, sound, node);
  free(scene_render(engine, 128, 128));
  uint64_t bytes = peri__memory_bytes();
  for (uint64_t nth = 1; nth <= 3; nth++) {
    peri__memory_fail_at(nth);
    CHECK(!peri_node_set_buffer(engine, node, other));
    peri__memory_fail_at(0);
    CHECK_ERROR("out of memory");
    CHECK_EQ(peri__memory_bytes(), bytes);
  }
  peri_buffer *has = peri_node_get_buffer(engine, node);
  CHECK(has == half);
  peri_buffer_release(has);
  float *out = scene_render(engine, 128, 128);
  CHECK_NEAR(out[5], 0.5, 1e-6);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(half), peri_buffer_release(other), peri_buffer_release(sound);
}

/* Sums of voices overflow to infinity where single sounds do not. */
TEST(a_convolver_recovers_from_what_is_not_finite) {
  peri_engine *engine = scene_engine(1);
  peri_buffer *response = scene_constant(1, 3000, 0.001f);
  peri_buffer *huge = scene_constant(1, 64, 3e38f), *one = scene_constant(1, 4000, 1.0f);
  peri_node node = make_convolver(engine, response, false);
  play(engine, huge, node), play(engine, huge, node);
  free(scene_render(engine, 1024, 128));
  play(engine, one, node);
  float *out = scene_render(engine, 4000, 128);
  CHECK_NEAR(out[3500], 3, 1e-3);
  CHECK(scene_stats(engine).nonfinite > 0);
  free(out);
  peri_engine_destroy(engine);
  peri_buffer_release(response), peri_buffer_release(huge), peri_buffer_release(one);
}
