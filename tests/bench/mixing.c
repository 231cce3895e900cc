/* Mixing, offline, through peri_engine_render. The limits play the same voices from the same places, and before each
 * race all sides have to sound the same. */
#include "bench/bench.h"
#include "bench/mix_limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N PERI_QUANTUM
#define FRAMES 14400 /* 0.3 s */

static float head_and_samples[LIMIT_HEAD + FRAMES + LIMIT_TAIL];
static float *const samples = head_and_samples + LIMIT_HEAD;

typedef struct mix_scene {
  peri_engine *engine;
  limit_set set; /* of a limit */
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
    scene->limit(&scene->set, left, right);
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

static void set_extra(peri_source_def *def, bench_extra extra) {
  if (extra == BENCH_CUBIC) def->interpolation = PERI_INTERPOLATION_CUBIC;
  if (extra == BENCH_SINC) def->interpolation = PERI_INTERPOLATION_SINC;
  if (extra == BENCH_FILTERED)
    def->filter = (peri_filter){.type = PERI_FILTER_LOWPASS, .frequency = BENCH_LOWPASS_HZ, .q = BENCH_LOWPASS_Q};
}

void bench_start_voices(peri_engine *engine, peri_buffer *sound, const bench_voice *voices, uint32_t count,
                        bench_extra extra) {
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = def.panned = true;
  set_extra(&def, extra);
  for (uint32_t q = 0, v = 0; q < BENCH_STAGGER; q++) {
    for (; v < count && v * BENCH_STAGGER < (q + 1) * count; v++) {
      def.volume = voices[v].volume;
      def.pan = voices[v].pan;
      def.playback_rate = voices[v].rate;
      peri_node source = peri_source_play(engine, &def, peri_engine_destination(engine));
      bench_must(source != 0 && (extra != BENCH_PAUSED || peri_source_set_paused(engine, source, true)), "play");
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

static mix_scene limit_scene(const mix_scene *ours, const bench_voice *plans, mix_limit limit, mix_kind kind) {
  mix_scene scene = {.limit = limit, .count = ours->count, .quanta = ours->quanta};
  limit_set *set = &scene.set;
  set->count = scene.count;
  set->voice = malloc(scene.count * sizeof *set->voice);
  scene.out = malloc((size_t)scene.quanta * 2 * N * sizeof(float));
  bench_must(set->voice && scene.out, "memory");
  for (uint32_t v = 0; v < scene.count; v++) set->voice[v] = limit_voice_of(&plans[v], v, scene.count);
  if (kind != MIX_FILTERED) return scene;
  set->filter = malloc(scene.count / 8 * sizeof *set->filter);
  bench_must(set->filter != NULL, "memory");
  for (uint32_t v = 0; v < scene.count; v++)
    limit_lowpass(&set->filter[v / 8], v % 8, (double)BENCH_LOWPASS_HZ / 48000, (double)BENCH_LOWPASS_Q);
  return scene;
}

static void check_same(const mix_scene *ours, const mix_scene *limit) {
  float worst = 0;
  for (uint32_t i = 0; i < ours->quanta * 2 * N; i++) worst = fmaxf(worst, fabsf(ours->out[i] - limit->out[i]));
  bench_must(worst < 1e-4f, "a limit of mixing sounds different from ours");
}

static void free_scene(mix_scene *scene) {
  peri_engine_destroy(scene->engine);
  free(scene->set.voice);
  free(scene->set.filter);
  free(scene->out);
}

/* ---- Races ------------------------------------------------------------------------------------------------------ */

static const struct {
  const char *title;
  bench_line line, limit_line;
  bench_extra extra;
} kinds[] = {
    [MIX_UNITY] = {"rate 1", BENCH_LINE_UNITY, BENCH_LINE_LIMIT_UNITY, BENCH_PLAIN},
    [MIX_LINEAR] = {"rates 0.5 to 2, linear", BENCH_LINE_LINEAR, BENCH_LINE_LIMIT_LINEAR, BENCH_PLAIN},
    [MIX_CUBIC] = {"rates 0.5 to 2, cubic", BENCH_LINE_CUBIC, BENCH_LINE_NONE, BENCH_CUBIC},
    [MIX_FILTERED] = {"a low-pass each", BENCH_LINE_FILTERED, BENCH_LINE_NONE, BENCH_FILTERED},
};

static mix_scene engine_scene(peri_buffer *sound, const bench_voice *plans, uint32_t count, uint32_t quanta,
                              bench_extra extra) {
  mix_scene scene = {.engine = bench_engine(), .count = count, .quanta = quanta};
  scene.out = malloc((size_t)quanta * 2 * N * sizeof(float));
  bench_must(scene.out != NULL, "memory");
  bench_start_voices(scene.engine, sound, plans, count, extra);
  return scene;
}

static void race(peri_buffer *sound, uint32_t count, const char *shown, mix_kind kind, double goal) {
  bool rates = kind == MIX_LINEAR || kind == MIX_CUBIC;
  uint32_t quanta = count > 2048 ? 4 : 8192 / count;
  bench_voice *plans = malloc(count * sizeof *plans);
  bench_must(plans != NULL, "memory");
  bench_plan_voices(plans, count, rates);
  mix_scene ours = engine_scene(sound, plans, count, quanta, kinds[kind].extra);

  mix_limit fast = limit_avx2(kind);
  mix_scene plain = limit_scene(&ours, plans, limit_plain(kind), kind);
  mix_scene vector = limit_scene(&ours, plans, fast ? fast : plain.limit, kind);
  for (int run = 0; run < 2; run++) run_engine(&ours), run_limit(&plain), run_limit(&vector); /* filters settle */
  check_same(&ours, &vector);
  check_same(&ours, &plain);

  char name[64];
  snprintf(name, sizeof name, "%s voices, %s", shown, kinds[kind].title);
  bench_race figures = {.name = name, .per = (double)count * quanta * N, .voices = count};
  figures.ours = (bench_side){NULL, run_engine, &ours};
  figures.line[0] = kinds[kind].line;
  figures.limit[0] = (bench_side){"one voice at a time, plain C", run_limit, &plain};
  if (fast) figures.limit[1] = (bench_side){"8 voices a pass, AVX2", run_limit, &vector};
  figures.line[2] = kinds[kind].limit_line;
  figures.goal[1] = goal;
  bench_run(&figures);

  free_scene(&ours);
  free_scene(&plain);
  free_scene(&vector);
  free(plans);
}

/* The cost of a voice grows neither with their number nor past what 100,000 in real time leave it. */
static void race_numbers(peri_buffer *sound) {
  const uint32_t many = 100000, few = 1000, quanta = 4;
  bench_voice *plans = malloc(many * sizeof *plans);
  bench_must(plans != NULL, "memory");
  bench_plan_voices(plans, many, false);
  mix_scene all = engine_scene(sound, plans, many, quanta, BENCH_PLAIN);
  mix_scene some = engine_scene(sound, plans, few, quanta * (many / few), BENCH_PLAIN);
  bench_must(bench_stats(all.engine).sources_playing == many, "not all voices play");
  double per = (double)many * quanta * N;
  bench_side side = {NULL, run_engine, &all};
  bench_run(&(bench_race){.name = "100,000 voices, rate 1",
                          .ours = side,
                          .limit = {{"a voice of 1,000", run_engine, &some}},
                          .per = per,
                          .goal = {1.5},
                          .reason = "a quantum touches 6.4 MB of voices, which come from memory or a shared cache"});
  bench_time("  real time on one core", side, "ns", per, 0.2, "goal");
  free_scene(&all);
  free_scene(&some);
  free(plans);
}

/* What voices cost that are not heard, beside as many that are. */
static void race_idle(peri_buffer *sound) {
  const uint32_t count = 1000, quanta = 8;
  bench_voice *plans = malloc(count * sizeof *plans);
  bench_must(plans != NULL, "memory");
  bench_plan_voices(plans, count, false);
  mix_scene heard = engine_scene(sound, plans, count, quanta, BENCH_PLAIN);
  mix_scene paused = engine_scene(sound, plans, count, quanta, BENCH_PAUSED);
  for (uint32_t v = 0; v < count; v++) plans[v].volume = 0;
  mix_scene silent = engine_scene(sound, plans, count, quanta, BENCH_PLAIN);
  bench_render(paused.engine, 4); /* the last ones fade out */
  bench_must(bench_stats(paused.engine).sources_paused == count, "not all voices are paused");
  bench_race figures = {.limit = {{"a voice that is heard", run_engine, &heard}}, .per = (double)count * quanta * N};
  figures.name = "1,000 voices, silent";
  figures.ours = (bench_side){NULL, run_engine, &silent};
  bench_run(&figures);
  figures.name = "1,000 voices, paused";
  figures.ours.scene = &paused;
  bench_run(&figures);
  free_scene(&heard);
  free_scene(&paused);
  free_scene(&silent);
  free(plans);
}

void bench_mixing(void) {
  static const struct {
    uint32_t count;
    const char *shown;
    bool goal, cubic; /* goal: the numbers of voices that goals are set for; cubic: measured with these */
  } crowds[] = {{64, "64", false, false},    {256, "256", true, true},        {1000, "1,000", true, true},
                {4096, "4,096", true, true}, {16384, "16,384", false, false}, {100000, "100,000", false, false}};
  peri_buffer *sound = bench_noise(FRAMES);
  bench_must(peri_buffer_read(sound, 0, 0, samples, FRAMES), "buffer");
  memcpy(samples + FRAMES, samples, LIMIT_TAIL * sizeof *samples);
  memcpy(head_and_samples, samples + FRAMES - LIMIT_HEAD, LIMIT_HEAD * sizeof *samples);
  for (mix_kind kind = MIX_UNITY; kind <= MIX_FILTERED; kind++) {
    for (size_t c = 0; c < sizeof crowds / sizeof *crowds; c++) {
      if (kind == MIX_CUBIC && !crowds[c].cubic) continue;
      double goal = crowds[c].goal && kind != MIX_FILTERED ? 1.5 : 0;
      race(sound, crowds[c].count, crowds[c].shown, kind, goal);
    }
    if (kind == MIX_UNITY) race_numbers(sound), race_idle(sound);
  }
  peri_buffer_release(sound);
}
