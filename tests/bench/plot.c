/* The plot: what a voice and frame costs against the number of voices, both axes logarithmic. */
#include "bench/bench.h"

#include "canvas.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 1600
#define HEIGHT 1000
#define LEFT 90.0f
#define RIGHT 320.0f /* room for the lines' names */
#define TOP 120.0f
#define BOTTOM 130.0f
#define TEXT 2.0f
#define LINE_HEIGHT 22.0f /* of names that stand above each other */

#define MOST_POINTS 8
#define FEWEST_VOICES 64.0
#define MOST_VOICES 100000.0
#define LEAST_COST 0.02 /* ns */
#define MOST_COST 100.0

typedef struct line {
  const char *name;
  colour ink;
  float thickness;
  bool dashed;
  int count;
  double voices[MOST_POINTS], cost[MOST_POINTS];
} line;

static line lines[BENCH_LINES] = {
    [BENCH_LINE_UNITY] = {.name = "perilune, rate 1", .ink = {140, 190, 255, 255}, .thickness = 4},
    [BENCH_LINE_LINEAR] = {.name = "perilune, own rate, linear", .ink = {94, 214, 164, 255}, .thickness = 4},
    [BENCH_LINE_CUBIC] = {.name = "perilune, own rate, cubic", .ink = {222, 220, 120, 255}, .thickness = 4},
    [BENCH_LINE_FILTERED] = {.name = "perilune, a low-pass each", .ink = {216, 150, 255, 255}, .thickness = 4},
    [BENCH_LINE_LIMIT_UNITY] = {.name = "bare AVX2 loop, rate 1", .ink = {104, 140, 194, 255}, .thickness = 2},
    [BENCH_LINE_LIMIT_LINEAR] = {.name = "bare AVX2 loop, linear", .ink = {74, 154, 120, 255}, .thickness = 2},
    [BENCH_LINE_OPENAL_UNITY] = {.name = "OpenAL Soft, rate 1", .ink = {255, 98, 98, 255}, .thickness = 3},
    [BENCH_LINE_OPENAL_LINEAR] = {.name = "OpenAL Soft, linear", .ink = {255, 150, 90, 255}, .thickness = 3},
    [BENCH_LINE_OPENAL_FILTERED] = {.name = "OpenAL Soft, a low-pass", .ink = {230, 110, 170, 255}, .thickness = 3},
};

/* Rate 1, measured once on another machine: see tests/bench/results/README.md. */
#define PEER(title, ...)                                                                                               \
  {                                                                                                                    \
    title, {122, 134, 155, 255}, 1.5f, true, 4, {64, 256, 1000, 4096}, { __VA_ARGS__ }                                 \
  }
static const line peers[] = {
    PEER("Chromium *", 13, 20, 38, 53),
    PEER("SDL2_mixer *", 5.7, 5.7, 6.6, 6.5),
    PEER("miniaudio *", 2.1, 2.0, 2.4, 3.2),
    PEER("cmixer *", 3.1, 3.0, 2.3, 2.5),
};
#define PEERS (sizeof peers / sizeof *peers)

void bench_plot_point(bench_line name, uint32_t voices, double nanoseconds) {
  line *l = &lines[name];
  if (name == BENCH_LINE_NONE || isnan(nanoseconds)) return;
  int p = 0;
  while (p < l->count && l->voices[p] < voices) p++;
  if (p == MOST_POINTS) return;
  if (p == l->count || l->voices[p] != voices) {
    if (l->count == MOST_POINTS) return;
    memmove(&l->voices[p + 1], &l->voices[p], (size_t)(l->count - p) * sizeof *l->voices);
    memmove(&l->cost[p + 1], &l->cost[p], (size_t)(l->count - p) * sizeof *l->cost);
    l->count++;
  }
  l->voices[p] = voices;
  l->cost[p] = nanoseconds;
}

/* ---- Axes ------------------------------------------------------------------------------------------------------- */

static float x_of(double voices) {
  double part = log(voices / FEWEST_VOICES) / log(MOST_VOICES / FEWEST_VOICES);
  return LEFT + (float)part * (WIDTH - LEFT - RIGHT);
}

static float y_of(double cost) {
  double part = log(cost / LEAST_COST) / log(MOST_COST / LEAST_COST);
  return HEIGHT - BOTTOM - (float)part * (HEIGHT - TOP - BOTTOM);
}

static void draw_axes(canvas *on) {
  static const struct {
    double voices;
    const char *text;
  } numbers[] = {{64, "64"}, {256, "256"}, {1000, "1,000"}, {4096, "4,096"}, {16384, "16,384"}, {100000, "100,000"}};
  const float left = x_of(FEWEST_VOICES), right = x_of(MOST_VOICES), top = y_of(MOST_COST), bottom = y_of(LEAST_COST);
  canvas_fill(on, left, top, right - left, bottom - top, INK_PANEL);
  for (double decade = 0.01; decade < MOST_COST * 2; decade *= 10) {
    for (int k = 1; k <= 5; k = k == 1 ? 2 : k + 3) {
      char text[32];
      double cost = decade * k;
      if (cost < LEAST_COST * 0.99 || cost > MOST_COST * 1.01) continue;
      float y = floorf(y_of(cost));
      canvas_fill(on, left, y, right - left, k == 1 ? 2 : 1, INK_GRID);
      snprintf(text, sizeof text, "%g", cost);
      canvas_text_right(on, left - 12, y - CANVAS_TEXT_HEIGHT, TEXT, INK_FAINT, text);
    }
  }
  for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
    float x = floorf(x_of(numbers[n].voices));
    canvas_fill(on, x, top, 1, bottom - top, INK_GRID);
    canvas_text_centred(on, x, bottom + 12, TEXT, INK_FAINT, numbers[n].text);
  }
  canvas_text(on, 24, TOP - 34, TEXT, INK_TEXT, "ns a voice and frame");
  canvas_text_centred(on, (left + right) / 2, bottom + 40, TEXT, INK_TEXT, "voices");
}

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static void draw_segment(canvas *on, const line *l, float x0, float y0, float x1, float y1) {
  float heights[WIDTH];
  int first = (int)x0, count = (int)x1 - first + 1;
  for (int i = 0; i < count; i++) {
    float part = (float)i / (float)(count - 1);
    heights[i] = y0 + (y1 - y0) * part;
  }
  int dash = l->dashed ? 9 : count;
  for (int i = 0; i < count; i += l->dashed ? 16 : count)
    canvas_curve(on, first + i, heights + i, count - i < dash ? count - i : dash, l->thickness, l->ink);
}

static void draw_line(canvas *on, const line *l) {
  for (int p = 0; p + 1 < l->count; p++)
    draw_segment(on, l, x_of(l->voices[p]), y_of(l->cost[p]), x_of(l->voices[p + 1]), y_of(l->cost[p + 1]));
  if (l->dashed) return;
  float size = l->thickness + 5;
  for (int p = 0; p < l->count; p++)
    canvas_panel(on, x_of(l->voices[p]) - size / 2, y_of(l->cost[p]) - size / 2, size, size, size / 2, l->ink);
}

/* Which voices one core can play in real time: the sum of their costs fills a frame's time. */
static void draw_real_time(canvas *on) {
  const double frame = 1e9 / 48000;
  line l = {.ink = INK_AMBER, .thickness = 1.5f, .dashed = true, .count = 2};
  l.voices[0] = frame / MOST_COST, l.cost[0] = MOST_COST;
  l.voices[1] = MOST_VOICES, l.cost[1] = frame / MOST_VOICES;
  draw_line(on, &l);
  canvas_text(on, x_of(l.voices[0]) + 54, TOP + 12, TEXT, INK_AMBER, "below this line: real time on one core, 48 kHz");
}

/* ---- Names: at the ends of their lines, apart ------------------------------------------------------------------- */

typedef struct label {
  float x, y;
  const line *of;
} label;

static int from_top(const void *a, const void *b) {
  const label *p = a, *q = b;
  if (p->x != q->x) return p->x < q->x ? -1 : 1;
  return (p->y > q->y) - (p->y < q->y);
}

/* Neighbours that touch move from each other, until none does. */
static void spread(label *labels, int count) {
  for (int pass = 0; pass < 200; pass++) {
    for (int i = 0; i + 1 < count; i++) {
      label *upper = &labels[i], *lower = &labels[i + 1];
      float missing = LINE_HEIGHT - (lower->y - upper->y);
      if (upper->x != lower->x || missing <= 0) continue;
      upper->y -= missing / 2;
      lower->y += missing / 2;
    }
  }
}

static void draw_names(canvas *on) {
  label labels[BENCH_LINES + PEERS];
  int count = 0;
  for (size_t k = 0; k < BENCH_LINES + PEERS; k++) {
    const line *l = k < BENCH_LINES ? &lines[k] : &peers[k - BENCH_LINES];
    if (!l->count) continue;
    labels[count++] = (label){x_of(l->voices[l->count - 1]), y_of(l->cost[l->count - 1]), l};
  }
  qsort(labels, (size_t)count, sizeof *labels, from_top);
  spread(labels, count);
  for (int i = 0; i < count; i++) {
    const line *l = labels[i].of;
    float width = canvas_text_width(TEXT, l->name), top = floorf(labels[i].y - CANVAS_TEXT_HEIGHT);
    bool inside = labels[i].x < x_of(MOST_VOICES); /* other lines pass behind */
    if (inside) canvas_fill(on, labels[i].x + 10, top - 3, width + 6, LINE_HEIGHT - 2, INK_PANEL);
    canvas_text(on, labels[i].x + 14, top, TEXT, l->ink, l->name);
  }
}

/* ---- The picture ------------------------------------------------------------------------------------------------ */

static void draw_words(canvas *on) {
  char text[160], date[32];
  time_t now = time(NULL);
  struct tm parts;
  strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &parts));
  canvas_text(on, 24, 24, 3, INK_BRIGHT,
              "What one of N looping voices costs, mixed to stereo with its own gain and pan");
  snprintf(text, sizeof text, "perilune %s, %s kernels, on %s, %s", peri_version(), bench_kernels(), bench_cpu(), date);
  canvas_text(on, 24, 56, TEXT, INK_FAINT, text);
  canvas_text(on, 24, HEIGHT - 58, TEXT, INK_FAINT,
              "Full lines: measured in one run. OpenAL Soft: Debian's, offline, 1,024 frames a call.");
  canvas_text(
      on, 24, HEIGHT - 32, TEXT, INK_FAINT,
      "* Dashed: measured once on another machine (x86-64, AVX2, about 3 GHz), rate 1: orders of magnitude only.");
}

void bench_plot_save(const char *path) {
  int points = 0;
  for (int l = 0; l < BENCH_LINES; l++) points += lines[l].count;
  if (!points) {
    fprintf(stderr, "perilune-bench: nothing to plot: measure mixing or openal, or leave NAME out\n");
    exit(1);
  }
  canvas on;
  bench_must(canvas_make(&on, WIDTH, HEIGHT), "memory");
  canvas_clear(&on, INK_GROUND);
  draw_axes(&on);
  draw_real_time(&on);
  for (size_t p = 0; p < PEERS; p++) draw_line(&on, &peers[p]);
  for (int l = 0; l < BENCH_LINES; l++) draw_line(&on, &lines[l]);
  draw_names(&on);
  draw_words(&on);
  bool saved = canvas_save(&on, path);
  canvas_free(&on);
  if (saved) return;
  fprintf(stderr, "perilune-bench: cannot write '%s': %s\n", path, strerror(errno));
  exit(1);
}
