/* Editing a large graph: what one gain chain more costs, which is compiling the render plan. */
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>

typedef struct plan_scene {
  peri_engine *engine;
  peri_source_def def;
} plan_scene;

/* source → new gain → destination, not started */
static peri_node add_chain(peri_engine *engine, const peri_source_def *def) {
  peri_node source = peri_source_create(engine, def), gain = peri_node_create(engine, PERI_NODE_GAIN);
  bool well =
      peri_connect(engine, source, 0, gain, 0) && peri_connect(engine, gain, 0, peri_engine_destination(engine), 0);
  peri_node_release(engine, gain); /* the source keeps it alive */
  bench_must(well, "connect");
  return source;
}

static double add_one(void *user) {
  const plan_scene *scene = user;
  uint64_t from = bench_now(false);
  peri_node source = add_chain(scene->engine, &scene->def);
  bool started = peri_source_start(scene->engine, source, 0.0, 0.0, INFINITY);
  uint64_t to = bench_now(false);
  bench_must(started, "start");
  bench_must(peri_source_stop(scene->engine, source, 0.0), "stop");
  bench_render(scene->engine,
               1); /* the plan before comes back, and the source ends: the graph stays as large as it was */
  bench_must(peri_engine_update(scene->engine), "update");
  bench_render(scene->engine, 1);
  bench_must(peri_engine_update(scene->engine), "update");
  return (double)(to - from);
}

static void measure(const char *name, peri_buffer *sound, uint32_t chains) {
  plan_scene scene = {bench_engine(), peri_default_source_def()};
  scene.def.buffer = sound;
  scene.def.loop = true;
  peri_node *sources = malloc(chains * sizeof *sources);
  bench_must(sources != NULL, "memory");
  for (uint32_t c = 0; c < chains; c++) sources[c] = add_chain(scene.engine, &scene.def);
  for (uint32_t c = 0; c < chains; c++) /* the first compiles, for all */
    bench_must(peri_source_start(scene.engine, sources[c], 0.0, 0.0, INFINITY), "start");
  free(sources);
  bench_render(scene.engine, 1);
  bench_time(name, (bench_side){NULL, add_one, &scene}, "ms", 1e6, 1.0, "goal");
  bench_must(bench_stats(scene.engine).nodes == chains + 1, "the graph has changed");
  peri_engine_destroy(scene.engine);
}

void bench_plan(void) {
  peri_buffer *sound = bench_noise(14400);
  measure("one beside 1,000", sound, 1000);
  measure("one beside 10,000", sound, 10000);
  peri_buffer_release(sound);
}
