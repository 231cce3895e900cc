#include "bench/bench.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIN_ROUNDS 9
#define MAX_ROUNDS 400

static double seconds_a_race = 1.0;

uint64_t bench_now(bool brief) {
  if (brief) return peri__nanoseconds();
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- Rounds ----------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct summary {
  double median, spread; /* half of what the middle half of the values spans, as a part of the median */
} summary;

static summary summarise(const double *values, int count) {
  double sorted[MAX_ROUNDS];
  memcpy(sorted, values, (size_t)count * sizeof *sorted);
  qsort(sorted, (size_t)count, sizeof *sorted, ascending);
  double median = count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
  return (summary){median, median != 0 ? (sorted[count - 1 - count / 4] - sorted[count / 4]) / 2 / median : 0};
}

static double run_side(const bench_side *side) { return side->run ? side->run(side->scene) : NAN; }

static bool goes_on(int rounds, uint64_t began) {
  if (rounds < MIN_ROUNDS) return true;
  return rounds < MAX_ROUNDS && (double)(peri__nanoseconds() - began) < seconds_a_race * 1e9;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static const char *number(double value, char text[32]) {
  if (isnan(value)) return "-";
  double size = fabs(value);
  int decimals = size == 0 || size >= 100 ? 0 : size < 1 ? 3 : size < 10 ? 2 : 1;
  snprintf(text, 32, "%.*f", decimals, value);
  return text;
}

static const char *subject; /* under way */

bench_verdict bench_judge(const bench_row *row) {
  if (strcmp(row->limit_name, "must be 0") == 0) return row->ours == 0 ? BENCH_MET : BENCH_MISSED;
  double goal = strcmp(row->limit_name, "goal") == 0 ? 1 : row->goal;
  if (goal <= 0 || isnan(row->ratio)) return BENCH_NO_GOAL;
  return row->ratio <= goal ? BENCH_MET : BENCH_MISSED;
}

static void print_row(const bench_row *line) {
  static const char *const verdicts[] = {"", ", met", ", MISSED"};
  char ours[32], limit[32], ratio[32], rounds[32] = "";
  if (line->rounds) snprintf(rounds, sizeof rounds, "±%.0f%% of %d", line->spread * 100, line->rounds);
  printf("  %-38s %8s %-6s %8s %8s  %-13s %s", line->name, number(line->ours, ours), line->unit,
         number(line->limit, limit), number(line->ratio, ratio), rounds, line->limit_name);
  bench_verdict verdict = bench_judge(line);
  if (line->goal > 0) printf("; goal %.3g", line->goal);
  puts(verdicts[verdict]);
  if (verdict == BENCH_MISSED && line->reason) printf("      missed because %s\n", line->reason);
  fflush(stdout);
  bench_json_row(line);
}

void bench_print(const bench_figure *figure) {
  bench_row line = {.subject = subject, .name = figure->name, .unit = figure->unit, .limit_name = figure->limit_name};
  line.reason = figure->reason;
  line.goal = figure->goal;
  line.ours = figure->ours;
  line.limit = figure->limit;
  bool logarithmic = strcmp(line.unit, "dB") == 0;
  line.ratio = line.limit != 0 && !logarithmic ? line.ours / line.limit : NAN;
  print_row(&line);
}

static void print_race(const bench_race *race, int l, const double *ours, const double *limit, int rounds) {
  static double ratios[MAX_ROUNDS];
  for (int r = 0; r < rounds; r++) ratios[r] = ours[r] / limit[r];
  summary ratio = summarise(ratios, rounds);
  double our_time = summarise(ours, rounds).median, limit_time = summarise(limit, rounds).median;
  bench_row line = {.subject = subject, .name = race->name, .unit = "ns", .limit_name = race->limit[l].name};
  line.ours = our_time / race->per;
  line.limit = limit_time / race->per;
  if (race->unit) line.unit = race->unit;
  if (race->sound > 0)
    line.unit = "x", line.ours = race->sound * 1e9 / our_time, line.limit = race->sound * 1e9 / limit_time;
  line.ratio = ratio.median;
  line.spread = isnan(our_time) ? summarise(limit, rounds).spread : ratio.spread;
  line.goal = race->goal[l];
  line.reason = race->reason;
  line.rounds = rounds;
  print_row(&line);
  bench_plot_point(race->line[0], race->voices, line.ours);
  bench_plot_point(race->line[1 + l], race->voices, line.limit);
}

void bench_run(const bench_race *race) {
  static double times[1 + BENCH_LIMITS][MAX_ROUNDS];
  const bench_side *sides[1 + BENCH_LIMITS] = {&race->ours, &race->limit[0], &race->limit[1]};
  for (int s = 0; s <= BENCH_LIMITS; s++) run_side(sides[s]); /* warms caches and pools */
  int rounds = 0;
  for (uint64_t began = peri__nanoseconds(); goes_on(rounds, began); rounds++) {
    for (int k = 0; k <= BENCH_LIMITS; k++) {
      int s = rounds % 2 ? BENCH_LIMITS - k : k; /* nobody is always first */
      times[s][rounds] = run_side(sides[s]);
    }
  }
  for (int l = 0; l < BENCH_LIMITS; l++)
    if (race->limit[l].run) print_race(race, l, times[0], times[1 + l], rounds);
}

void bench_run_pairs(const bench_race *races, int count, void (*round)(void *scene, bench_pair *pairs), void *scene) {
  static double times[BENCH_PAIRS][2][MAX_ROUNDS];
  bench_pair pairs[BENCH_PAIRS];
  round(scene, pairs);
  int rounds = 0;
  for (uint64_t began = peri__nanoseconds(); goes_on(rounds, began); rounds++) {
    round(scene, pairs);
    for (int p = 0; p < count; p++) {
      times[p][0][rounds] = pairs[p].ours;
      times[p][1][rounds] = pairs[p].limit;
    }
  }
  for (int p = 0; p < count; p++) print_race(&races[p], 0, times[p][0], times[p][1], rounds);
}

void bench_time(const char *name, bench_side ours, const char *unit, double nanoseconds, double limit,
                const char *limit_name) {
  static double times[MAX_ROUNDS];
  run_side(&ours);
  int rounds = 0;
  for (uint64_t began = peri__nanoseconds(); goes_on(rounds, began); rounds++) times[rounds] = run_side(&ours);
  summary time = summarise(times, rounds);
  bench_row line = {.subject = subject, .name = name, .unit = unit, .limit_name = limit_name, .limit = limit};
  line.ours = time.median / nanoseconds;
  line.ratio = line.ours / limit;
  line.spread = time.spread;
  line.rounds = rounds;
  print_row(&line);
}

/* ---- What the scenes share -------------------------------------------------------------------------------------- */

void bench_must(bool well, const char *what) {
  if (well) return;
  fprintf(stderr, "perilune-bench: %s: %s\n", what, peri_error());
  exit(1);
}

peri_engine *bench_engine(void) {
  peri_engine_def def = peri_default_engine_def();
  peri_engine *engine = peri_engine_create(&def);
  bench_must(engine != NULL, "engine");
  return engine;
}

float bench_random(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / 16777216.0f;
}

peri_buffer *bench_noise(uint32_t frames) {
  float *samples = malloc(frames * sizeof *samples);
  bench_must(samples != NULL, "memory");
  for (uint32_t i = 0; i < frames; i++) samples[i] = 2 * bench_random() - 1;
  peri_buffer *buffer = peri_buffer_create(1, frames, 48000.0);
  bench_must(buffer && peri_buffer_write(buffer, 0, 0, samples, frames), "buffer");
  free(samples);
  return buffer;
}

void bench_render(peri_engine *engine, uint32_t quanta) {
  float out[2 * PERI_QUANTUM];
  for (uint32_t q = 0; q < quanta; q++) bench_must(peri_engine_render(engine, out, PERI_QUANTUM), "render");
}

peri_stats bench_stats(peri_engine *engine) {
  peri_stats stats = {.size = sizeof stats};
  bench_must(peri_engine_stats(engine, &stats), "statistics");
  return stats;
}

/* ---- The program ------------------------------------------------------------------------------------------------ */

static const struct {
  const char *name, *title;
  void (*run)(void);
} subjects[] = {
    {"starts", "Create and start a source from C", bench_starts},
    {"lua", "Create and start a source from Lua, the collector's work included", bench_lua},
    {"blocks", "Hand a block of 1,024 floats to another thread, on the audio thread's side", bench_blocks},
    {"mixing", "Mix looping voices over one sound of 0.3 s, own gain and pan: a voice and frame", bench_mixing},
    {"sinc", "Mix voices at their own rates by windowed sinc, against libsamplerate's SRC_SINC_FASTEST", bench_sinc},
    {"convolver", "Convolve a stereo sound with a stereo response, without latency", bench_convolver},
    {"openal", "Mix the same voices, against OpenAL Soft: goals are 8, 10, 12 times as fast, at other rates 4 times",
     bench_openal},
    {"webaudio", "Render graphs of Web Audio nodes, against npm node-web-audio-api: of one thing and frame",
     bench_webaudio},
    {"crowd", "Start and end 10,000 sources at once while 1,000 play: the longest call of 512 frames", bench_crowd},
    {"plan", "Add source -> gain -> destination to a graph of them, and start it", bench_plan},
    {"bytes", "Memory of one playing source", bench_bytes},
    {"reload", "Save a script: until the first sample that it changes leaves the engine", bench_reload},
    {"decode", "Decode Ogg Vorbis: times real time", bench_decode},
};
#define SUBJECTS (sizeof subjects / sizeof *subjects)

typedef struct options {
  const char *wanted, *json, *plot, *save;
} options;

static int usage(FILE *out, int status) {
  fputs("Usage: perilune-bench [--quick] [--json FILE] [--plot FILE.png] [--save STEM] [NAME]\n\n"
        "Measures everything, or the subjects with NAME in their names. --json writes all rows too, --plot draws what\n"
        "a voice costs by the number of voices (subjects mixing and openal), --save does both, to files named STEM, a\n"
        "dash and the instruction set in use. PERILUNE_CPU chooses that.\n\n",
        out);
  for (size_t s = 0; s < SUBJECTS; s++) fprintf(out, "  %-9s %s\n", subjects[s].name, subjects[s].title);
  return status;
}

static bool read_options(int count, char **arguments, options *o) {
  for (int a = 1; a < count; a++) {
    bool more = a + 1 < count;
    if (strcmp(arguments[a], "--quick") == 0)
      seconds_a_race = 0.15;
    else if (more && strcmp(arguments[a], "--json") == 0)
      o->json = arguments[++a];
    else if (more && strcmp(arguments[a], "--plot") == 0)
      o->plot = arguments[++a];
    else if (more && strcmp(arguments[a], "--save") == 0)
      o->save = arguments[++a];
    else if (arguments[a][0] == '-' || *o->wanted)
      return false;
    else
      o->wanted = arguments[a];
  }
  for (size_t s = 0; s < SUBJECTS; s++)
    if (strstr(subjects[s].name, o->wanted)) return true;
  return false;
}

/* As it would be typed. */
static const char *command_line(int count, char **arguments) {
  static char line[1024];
  const char *cpu = getenv("PERILUNE_CPU");
  int length = cpu && *cpu ? snprintf(line, sizeof line, "PERILUNE_CPU=%s", cpu) : 0;
  for (int a = 0; a < count && length < (int)sizeof line; a++)
    length += snprintf(line + length, sizeof line - (size_t)length, "%s%s", length ? " " : "", arguments[a]);
  return line;
}

static void run_subjects(const char *wanted) {
  printf(
      "perilune %s, %s kernels, on %s, %ld processors. Ours and limit take turns in every round; figures are medians;\n"
      "ratio is ours over limit in time or size, the median of all rounds, ± half of what the middle half of them "
      "spans.\n",
      peri_version(), bench_kernels(), bench_cpu(), sysconf(_SC_NPROCESSORS_ONLN));
#ifndef NDEBUG
  printf("This is no release build: its figures say little.\n");
#endif
  printf("\n  %-38s %8s %-6s %8s  %7s  %-12s %s\n", "", "ours", "", "limit", "ratio", "rounds", "limit is");
  for (size_t s = 0; s < SUBJECTS; s++) {
    if (!strstr(subjects[s].name, wanted)) continue;
    printf("%s: %s\n", subjects[s].name, subjects[s].title);
    subject = subjects[s].name;
    subjects[s].run();
  }
}

int main(int count, char **arguments) {
  options o = {.wanted = ""};
  if (count == 2 && strcmp(arguments[1], "--help") == 0) return usage(stdout, 0);
  if (!read_options(count, arguments, &o)) return usage(stderr, 2);
  static char json[1024], plot[1024];
  if (o.save) {
    snprintf(json, sizeof json, "%s-%s.json", o.save, bench_kernels());
    snprintf(plot, sizeof plot, "%s-%s.png", o.save, bench_kernels());
    o.json = json, o.plot = plot;
  }
  if (o.json) bench_json_open(o.json, command_line(count, arguments));

  /* Freed memory stays with the process, so that no round pays for pages that the one before has paid for. */
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);

  run_subjects(o.wanted);
  bench_json_close();
  if (o.plot) bench_plot_save(o.plot);
  return 0;
}
