/* Mixing, offline, through peri_engine_render. The limits play the same voices from the same places, and before each
 * race all sides have to sound the same. */
#include "bench/bench.h"
#include "bench/mix_limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N PERI_QUANTUM
#define FRAMES 14400 /* 0.3 s */

static float samples[FRAMES + LIMIT_TAIL];

typedef struct mix_scene {
  peri_engine *engine;
  limit_voice *voices; /* of a limit */
  mix_limit limit;
  uint32_t count, quanta; /* of a run */
  float *out;             /* interleaved stereo, of a run */
} mix_scene;

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

static double run_engine(void *user) {
  const mix_scene *scene = user;
  uint64_t from = bench_now(false);
  bench_must(peri_engine_render(scene->engine, scene->out, scene->quanta * N), "render");
  return (double)(bench_now(false) - from);
}

static double run_limit(void *user) {
  const mix_scene *scene = user;
  uint64_t from = bench_now(false);
  for (uint32_t q = 0; q < scene->quanta; q++) {
    float left[N] = {0}, right[N] = {0}, *out = scene->out + (size_t)q * 2 * N;
    scene->limit(scene->voices, scene->count, left, right);
    for (int i = 0; i < N; i++) out[2 * i] = left[i], out[2 * i + 1] = right[i];
  }
  return (double)(bench_now(false) - from);
}

/* ---- Voices ----------------------------------------------------------------------------------------------------- */

void bench_plan_voices(bench_voice *voices, uint32_t count, bool rates) {
  for (uint32_t v = 0; v < count; v++)
    voices[v] = (bench_voice){(0.5f + bench_random()) / (float)count, 2 * bench_random() - 1,
                              rates ? 0.5f + 1.5f * bench_random() : 1.0f};
}

void bench_start_voices(peri_engine *engine, peri_buffer *sound, const bench_voice *voices, uint32_t count) {
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = def.panned = true;
  for (uint32_t q = 0, v = 0; q < BENCH_STAGGER; q++) {
    for (; v < count && v * BENCH_STAGGER < (q + 1) * count; v++) {
      def.volume = voices[v].volume;
      def.pan = voices[v].pan;
      def.playback_rate = voices[v].rate;
      bench_must(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0, "play");
    }
    bench_render(engine, 1);
  }
  peri_engine_update(engine);
}

/* Where voice v is after bench_start_voices. */
static limit_voice limit_voice_of(const bench_voice *plan, uint32_t v, uint32_t count) {
  double angle = ((double)plan->pan + 1) / 2 * 1.57079632679489662;
  limit_voice voice = {
      .samples = samples, .step = (int64_t)((double)plan->rate * 0x1p32 + 0.5), .length = (int64_t)FRAMES << 32};
  voice.left = plan->volume * (float)cos(angle);
  voice.right = plan->volume * (float)sin(angle);
  uint32_t started = v * BENCH_STAGGER / count;
  voice.position = (int64_t)(BENCH_STAGGER - started) * N * voice.step % voice.length;
  return voice;
}

static mix_scene limit_scene(const mix_scene *ours, const bench_voice *plans, mix_limit limit) {
  mix_scene scene = {.limit = limit, .count = ours->count, .quanta = ours->quanta};
  scene.voices = malloc(scene.count * sizeof *scene.voices);
  scene.out = malloc((size_t)scene.quanta * 2 * N * sizeof(float));
  bench_must(scene.voices && scene.out, "memory");
  for (uint32_t v = 0; v < scene.count; v++) scene.voices[v] = limit_voice_of(&plans[v], v, scene.count);
  return scene;
}

static void check_same(const mix_scene *ours, const mix_scene *limit) {
  float worst = 0;
  for (uint32_t i = 0; i < ours->quanta * 2 * N; i++) worst = fmaxf(worst, fabsf(ours->out[i] - limit->out[i]));
  bench_must(worst < 1e-4f, "a limit of mixing sounds different from ours");
}

static void free_scene(mix_scene *scene) {
  free(scene->voices);
  free(scene->out);
}

/* ---- Races ------------------------------------------------------------------------------------------------------ */

static void race(const char *name, peri_buffer *sound, uint32_t count, bool rates) {
  bench_voice *plans = malloc(count * sizeof *plans);
  mix_scene ours = {.engine = bench_engine(), .count = count, .quanta = count > 2048 ? 4 : 8192 / count};
  ours.out = malloc((size_t)ours.quanta * 2 * N * sizeof(float));
  bench_must(plans && ours.out, "memory");
  bench_plan_voices(plans, count, rates);
  bench_start_voices(ours.engine, sound, plans, count);

  mix_limit fast = rates ? limit_rates_avx2() : limit_unity_avx2();
  mix_scene plain = limit_scene(&ours, plans, rates ? limit_rates_plain : limit_unity_plain);
  mix_scene vector = limit_scene(&ours, plans, fast ? fast : plain.limit);
  run_engine(&ours);
  run_limit(&plain);
  run_limit(&vector);
  check_same(&ours, &plain);
  check_same(&ours, &vector);

  bench_race figures = {.name = name, .ours = {NULL, run_engine, &ours}, .per = (double)count * ours.quanta * N};
  figures.limit[0] = (bench_side){"one voice at a time, plain C", run_limit, &plain};
  if (fast) figures.limit[1] = (bench_side){"8 voices a pass, AVX2", run_limit, &vector};
  bench_run(&figures);

  peri_engine_destroy(ours.engine);
  free_scene(&ours);
  free_scene(&plain);
  free_scene(&vector);
  free(plans);
}

void bench_mixing(void) {
  peri_buffer *sound = bench_noise(FRAMES);
  bench_must(peri_buffer_read(sound, 0, 0, samples, FRAMES), "buffer");
  memcpy(samples + FRAMES, samples, LIMIT_TAIL * sizeof *samples);
  race("64 voices, rate 1", sound, 64, false);
  race("256 voices, rate 1", sound, 256, false);
  race("1,000 voices, rate 1", sound, 1000, false);
  race("4,096 voices, rate 1", sound, 4096, false);
  race("64 voices, rates 0.5 to 2", sound, 64, true);
  race("256 voices, rates 0.5 to 2", sound, 256, true);
  race("1,000 voices, rates 0.5 to 2", sound, 1000, true);
  race("4,096 voices, rates 0.5 to 2", sound, 4096, true);
  peri_buffer_release(sound);
}
