#include "unit/test.h"

#include "dsp/convolution.h"

#include <stdlib.h>

#define N PERI_QUANTUM

static float noise(void) {
  static uint32_t state = 11;
  state = state * 1664525u + 1013904223u;
  return (float)(int32_t)state / 2147483648.0f;
}

/* ---- A convolution and what comes of it by the definition ---------------------------------------------------------
 */

typedef struct scene {
  uint32_t channels, frames, quanta;
  float *response[4];
  uint8_t *inputs; /* channels of each quantum: 0 is silence */
  float *in;       /* two channels a quantum */
  double *expected[2];
  double size; /* of what is expected */
  void *memory;
  peri__convolution *convolution;
} scene;

static scene *make_scene(uint32_t channels, uint32_t frames, uint32_t quanta, const char *kernels) {
  scene *s = calloc(1, sizeof *s);
  *s = (scene){.channels = channels, .frames = frames, .quanta = quanta};
  for (uint32_t c = 0; c < 4; c++) s->response[c] = malloc(frames * sizeof(float));
  for (uint32_t c = 0; c < channels; c++)
    for (uint32_t i = 0; i < frames; i++) s->response[c][i] = noise();
  s->inputs = calloc(quanta, 1);
  s->in = calloc((size_t)quanta * 2 * N, sizeof(float));
  for (int o = 0; o < 2; o++) s->expected[o] = calloc((size_t)quanta * N, sizeof(double));
  size_t bytes = peri__convolution_bytes(channels, frames);
  s->memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  memset(s->memory, 0, bytes);
  s->convolution = peri__convolution_prepare(s->memory, channels, frames, (const float *const *)s->response, 1.0,
                                             peri__kernels_named(kernels));
  return s;
}

static void free_scene(scene *s) {
  for (int c = 0; c < 4; c++) free(s->response[c]);
  for (int o = 0; o < 2; o++) free(s->expected[o]);
  free(s->inputs), free(s->in), free(s->memory), free(s);
}

static void add_shifted(scene *s, int output, uint32_t channel, uint32_t frame, double value) {
  uint32_t end = s->quanta * N;
  for (uint32_t i = 0; i < s->frames && frame + i < end; i++)
    s->expected[output][frame + i] += value * (double)s->response[channel][i];
}

/* One frame of a quantum, of one channel or two. */
static void put(scene *s, uint32_t quantum, uint32_t frame, uint8_t channels, float left, float right) {
  if (channels > s->inputs[quantum]) s->inputs[quantum] = channels;
  float *in = s->in + (size_t)quantum * 2 * N;
  in[frame] = left;
  in[N + frame] = right;
  double sides[2] = {(double)left, channels == 2 ? (double)right : (double)left};
  uint32_t at = quantum * N + frame;
  for (uint32_t o = 0; o < 2; o++) {
    if (s->channels == 4) {
      add_shifted(s, (int)o, o, at, sides[0]);
      add_shifted(s, (int)o, 2 + o, at, sides[1]);
    } else {
      add_shifted(s, (int)o, s->channels == 2 ? o : 0, at, sides[o]);
    }
  }
  s->size += fabs(sides[0]) + fabs(sides[1]);
}

/* Of the quantum: all of it noise. */
static void put_noise(scene *s, uint32_t quantum, uint8_t channels) {
  for (uint32_t i = 0; i < N; i++) put(s, quantum, i, channels, noise(), noise());
}

/* Runs it all; `channels_at` gets what came out of each quantum. */
static void check_scene(scene *s, uint8_t *channels_at) {
  double tolerance = 2e-7 * (1 + s->size);
  for (uint32_t q = 0; q < s->quanta; q++) {
    float out[2 * N];
    uint32_t made = peri__convolution_run(s->convolution, s->in + (size_t)q * 2 * N, s->inputs[q], out);
    if (channels_at) channels_at[q] = (uint8_t)made;
    for (uint32_t o = 0; o < 2; o++) {
      for (uint32_t i = 0; i < N; i++) {
        double got = made == 0 ? 0.0 : (double)out[(made == 2 ? o : 0) * N + i];
        if (!(fabs(got - s->expected[o][(size_t)q * N + i]) <= tolerance))
          fail_msg("%u channels of %u frames, quantum %u, output %u, frame %u: %.9g, wanted %.9g", s->channels,
                   s->frames, q, o, i, got, s->expected[o][(size_t)q * N + i]);
      }
    }
  }
}

/* ---- Promises --------------------------------------------------------------------------------------------------- */

/* Lengths at the edges of partitions and stages. */
TEST(a_convolution_agrees_with_the_definition_for_responses_of_every_length) {
  const uint32_t lengths[] = {1, 2, 127, 128, 129, 1000, 1535, 1536, 1537, 1664, 5000, 6144, 6145, 12000, 41000, 70001};
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
    scene *s = make_scene(1 + k % 2, lengths[k], lengths[k] / N + 40, NULL);
    for (uint32_t q = 0; q < 2; q++) put_noise(s, q, 2);
    put(s, 5, 17, 2, 1.0f, -0.5f);
    put(s, lengths[k] / N + 8, 127, 2, 0.25f, 1.0f);
    check_scene(s, NULL);
    free_scene(s);
  }
}

/* Web Audio 1.1, "Channel Configurations for Input, Impulse Response and Output". */
TEST(every_configuration_of_channels_is_as_the_text_draws_it) {
  for (uint32_t channels = 1; channels <= 4; channels += channels) {
    for (uint8_t inputs = 1; inputs <= 2; inputs++) {
      scene *s = make_scene(channels, 9000, 80, NULL);
      uint8_t made[80];
      put_noise(s, 0, inputs);
      put_noise(s, 1, inputs);
      check_scene(s, made);
      for (uint32_t q = 0; q < 70; q++) CHECK_EQ(made[q], channels == 1 && inputs == 1 ? 1 : 2);
      free_scene(s);
    }
  }
}

TEST(all_tables_of_kernels_convolve) {
  for (int k = 0; peri__kernels_built[k]; k++) {
    if (!peri__kernels_built[k]->usable()) continue;
    scene *s = make_scene(2, 20000, 200, peri__kernels_built[k]->name);
    put_noise(s, 0, 2);
    check_scene(s, NULL);
    free_scene(s);
  }
}

TEST(the_direct_part_of_the_response_is_in_the_first_quantum) {
  scene *s = make_scene(1, 48000, 1, NULL);
  float in[N] = {1.0f}, out[2 * N];
  CHECK_EQ(peri__convolution_run(s->convolution, in, 1, out), 1);
  for (uint32_t i = 0; i < N; i++) CHECK_NEAR(out[i], s->response[0][i], 1e-6);
  free_scene(s);
}

/* Blocks of the later stages have mono and stereo quanta in them, and silence. */
TEST(what_was_stereo_rings_out_in_stereo_whatever_comes_behind_it) {
  for (uint32_t channels = 1; channels <= 4; channels += channels) {
    scene *s = make_scene(channels, 30000, 700, NULL);
    uint8_t made[700];
    for (uint32_t q = 0; q < 400; q++)
      if (q % 3 == 0) put(s, q, q % N, (uint8_t)(q / 37 % 3 == 2 ? 2 : 1), noise(), noise());
    check_scene(s, made);
    free_scene(s);
  }
  scene *s = make_scene(1, 30000, 700, NULL); /* one response: stereo must end once it has rung out */
  uint8_t made[700];
  put(s, 0, 0, 2, 1.0f, -1.0f);
  for (uint32_t q = 1; q < 600; q++) put(s, q, 0, 1, noise(), 0.0f);
  check_scene(s, made);
  CHECK_EQ(made[30000 / N], 2);
  CHECK_EQ(made[599], 1);
  free_scene(s);
}

TEST(a_convolution_is_silent_before_the_first_sound_and_once_the_tail_is_over) {
  scene *s = make_scene(2, 20000, 400, NULL);
  uint8_t made[400];
  put(s, 20, 127, 1, 1.0f, 0.0f);
  check_scene(s, made);
  for (uint32_t q = 0; q < 20; q++) CHECK_EQ(made[q], 0);
  uint32_t last = (20 * N + 127 + 20000 - 1) / N; /* the quantum of the last frame that sounds */
  for (uint32_t q = 20; q <= last; q++) CHECK_EQ(made[q], 2);
  for (uint32_t q = last + 1; q < 400; q++) CHECK_EQ(made[q], 0);
  free_scene(s);
}

TEST(a_convolution_goes_on_after_silence_of_any_length) {
  for (uint32_t gap = 1; gap < 400; gap += 57) {
    scene *s = make_scene(1, 7000, gap + 120, NULL);
    put_noise(s, 0, 1);
    put_noise(s, gap, 2);
    check_scene(s, NULL);
    free_scene(s);
  }
}

TEST(a_reset_forgets_everything_even_what_is_not_finite) {
  scene *s = make_scene(2, 20000, 300, NULL);
  float in[2 * N], out[2 * N];
  for (uint32_t q = 0; q < 77; q++) {
    for (uint32_t i = 0; i < 2 * N; i++) in[i] = q == 50 ? INFINITY : noise();
    peri__convolution_run(s->convolution, in, 2, out);
  }
  peri__convolution_reset(s->convolution);
  for (uint32_t q = 0; q < 20; q++) CHECK_EQ(peri__convolution_run(s->convolution, NULL, 0, out), 0);
  put_noise(s, 3, 2);
  check_scene(s, NULL);
  free_scene(s);
}

TEST(what_is_not_finite_in_a_response_counts_as_zero) {
  float samples[300] = {[0] = 1.0f, [1] = NAN, [200] = INFINITY, [299] = 0.5f};
  const float *response = samples;
  size_t bytes = peri__convolution_bytes(1, 300);
  void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  memset(memory, 0, bytes);
  peri__convolution *c = peri__convolution_prepare(memory, 1, 300, &response, 2.0, peri__kernels_named(NULL));
  float in[N] = {1.0f}, zeros[N] = {0}, out[2 * N];
  for (int q = 0; q < 3; q++) {
    CHECK_EQ(peri__convolution_run(c, q ? zeros : in, 1, out), 1);
    for (int i = 0; i < N; i++) CHECK_NEAR(out[i], q == 0 && i == 0 ? 2 : q == 2 && i == 43 ? 1 : 0, 1e-6);
  }
  free(memory);
}

/* Within the bytes that it asks for, and one way only. */
TEST(a_convolution_keeps_to_its_memory_and_repeats_itself) {
  const uint32_t lengths[] = {1, 129, 2000, 9000, 50000};
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
    float *outs[2];
    for (int run = 0; run < 2; run++) {
      scene *s = make_scene(2, lengths[k], 1, NULL);
      size_t bytes = peri__convolution_bytes(2, lengths[k]);
      unsigned char *memory = aligned_alloc(64, (bytes + 64 + 63) / 64 * 64);
      memset(memory, 0, bytes);
      memset(memory + bytes, 0xA5, 64);
      for (uint32_t i = 0; i < lengths[k]; i++) s->response[0][i] = s->response[1][i] = (float)(i % 7) - 3.0f;
      peri__convolution *c = peri__convolution_prepare(memory, 2, lengths[k], (const float *const *)s->response, 1.0,
                                                       peri__kernels_named(NULL));
      outs[run] = calloc(600 * 2 * N, sizeof(float));
      for (uint32_t q = 0; q < 600; q++) {
        float in[2 * N];
        for (uint32_t i = 0; i < 2 * N; i++) in[i] = (float)((q * 31 + i * 7) % 101) / 50 - 1;
        peri__convolution_run(c, in, 2, outs[run] + (size_t)q * 2 * N);
      }
      for (int i = 0; i < 64; i++) CHECK_EQ(memory[bytes + (size_t)i], 0xA5);
      free(memory);
      free_scene(s);
    }
    CHECK(memcmp(outs[0], outs[1], 600 * 2 * N * sizeof(float)) == 0);
    free(outs[0]), free(outs[1]);
  }
}
