/* Starting sources from C, against the least that a source by itself would cost: its memory taken and zeroed, an atomic
 * count, a link in a list.
 *
 * Both sides make the same number of things of the same size, all alive at once. Both are warm: the engine's slots and
 * lists, and malloc's pieces, are those of the round before. In the rows of the first 100 the engine is new and takes
 * its memory from malloc, which is warm. Both have the process to themselves: malloc takes no lock in a process of one
 * thread, and the limit gains by that. The limit does not fill in the thing: what it plays, its gains, its place. */
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>

#define FIRST 100
#define STEADY 10000

/* ---- The limit -------------------------------------------------------------------------------------------------- */

typedef struct thing {
  struct thing *next;
  unsigned char rest[120]; /* 128 bytes, as a source has in its two halves */
} thing;

typedef struct things {
  thing *first;
  atomic_uint count;
} things;

static void add_thing(things *list) {
  thing *added = calloc(1, sizeof *added);
  bench_must(added != NULL, "memory");
  atomic_fetch_add(&list->count, 1);
  added->next = list->first;
  list->first = added;
}

static void remove_thing(things *list) {
  thing *removed = list->first;
  list->first = removed->next;
  atomic_fetch_sub(&list->count, 1);
  free(removed);
}

static double add_things(void *scene) {
  static things list;
  const uint32_t *count = scene;
  uint64_t from = bench_now(*count == FIRST);
  for (uint32_t i = 0; i < *count; i++) add_thing(&list);
  uint64_t to = bench_now(*count == FIRST);
  while (list.first) remove_thing(&list);
  return (double)(to - from);
}

static double replace_things(void *scene) {
  static things lists[2]; /* of this run, and of the one before */
  static int now;
  const uint32_t *count = scene;
  while (atomic_load(&lists[now].count) < *count) add_thing(&lists[now]);
  things *old = &lists[now], *list = &lists[now ^= 1];
  uint64_t from = bench_now(*count == FIRST);
  for (uint32_t i = 0; i < *count; i++) {
    remove_thing(old);
    add_thing(list);
  }
  return (double)(bench_now(*count == FIRST) - from);
}

/* ---- Ours ------------------------------------------------------------------------------------------------------- */

typedef struct start_scene {
  peri_engine *engine; /* NULL: a new one each run */
  peri_source_def def;
  peri_node (*start)(peri_engine *engine, const peri_source_def *def);
  uint32_t count;
  bool reclaims;  /* the starts reclaim what has ended; else an update between the runs does */
  uint64_t takes; /* of memory in the timed part of all runs but two, in which pools grow */
  uint32_t runs;
} start_scene;

static peri_node play(peri_engine *engine, const peri_source_def *def) {
  return peri_source_play(engine, def, peri_engine_destination(engine));
}

static peri_node create_connect_start(peri_engine *engine, const peri_source_def *def) {
  peri_node source = peri_source_create(engine, def);
  peri_connect(engine, source, 0, peri_engine_destination(engine), 0);
  return peri_source_start(engine, source, 0.0, 0.0, INFINITY) ? source : 0;
}

static double start_all(const start_scene *scene, peri_engine *engine) {
  peri_node last = 0;
  uint64_t from = bench_now(scene->count == FIRST);
  for (uint32_t i = 0; i < scene->count; i++) last = scene->start(engine, &scene->def);
  uint64_t to = bench_now(scene->count == FIRST);
  bench_must(last != 0, "start");
  return (double)(to - from);
}

static double run_first(void *scene) {
  peri_engine *engine = bench_engine();
  double time = start_all(scene, engine);
  peri_engine_destroy(engine);
  return time;
}

static double run_steady(void *user) {
  start_scene *scene = user;
  uint64_t before = peri__memory_takes();
  double time = start_all(scene, scene->engine);
  if (scene->runs++ >= 2) scene->takes += peri__memory_takes() - before;
  bench_render(scene->engine, 2); /* all end */
  if (scene->reclaims) return time;
  peri_engine_update(scene->engine);
  bench_must(bench_stats(scene->engine).sources == 0, "sources were not reclaimed");
  return time;
}

static void race(const char *name, start_scene scene, bench_side limit) {
  bool first = scene.count == FIRST;
  scene.engine = first ? NULL : bench_engine();
  limit.scene = &scene.count;
  bench_run(&(bench_race){.name = name,
                          .ours = {NULL, first ? run_first : run_steady, &scene},
                          .limit = {limit},
                          .per = scene.count,
                          .goal = {1.5},
                          .reason = "a call also checks a definition, takes a lock, fills in both halves of "
                                    "the source and sends a command"});
  if (!first)
    bench_print(&(bench_figure){"  allocations in all of these", "", "must be 0", .ours = (double)scene.takes});
  peri_engine_destroy(scene.engine);
}

void bench_starts(void) {
  peri_buffer *sound = bench_noise(64);
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.panned = def.whole_frames = true;
  def.volume = 0.5f;
  def.pan = 0.3f;
  bench_side adding = {"calloc + count + link", add_things, NULL};
  bench_side replacing = {"calloc + count + link, unlink + free", replace_things, NULL};
  race("play, first 100", (start_scene){.def = def, .start = play, .count = FIRST}, adding);
  race("play, 10,000 at a time", (start_scene){.def = def, .start = play, .count = STEADY}, adding);
  race("play, each reclaims ended ones", (start_scene){.def = def, .start = play, .count = STEADY, .reclaims = true},
       replacing);
  race("create, connect, start, first 100", (start_scene){.def = def, .start = create_connect_start, .count = FIRST},
       adding);
  race("create, connect, start, 10,000", (start_scene){.def = def, .start = create_connect_start, .count = STEADY},
       adding);
  peri_buffer_release(sound);
}
