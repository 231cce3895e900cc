/* Hot reload, from the save of a script to the first sample that it changes: a thread takes blocks from the engine at a
 * device's pace, this one saves and updates as the program `perilune` does. Between two saves it waits a while that
 * differs each time, so that saves fall anywhere between two callbacks and two updates. */
#include "bench/bench.h"

#include "perilune/perilune_lua.h"

#include <lauxlib.h>
#include <lualib.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SAVES 100
#define BLOCK 512     /* frames a callback */
#define TURN 5000000L /* nanoseconds between two updates */
#define PATIENCE 2e9  /* nanoseconds in which a save must be heard */

/* A steady tone of level 1 that plays on through all versions, which only set its volume. */
static const char script[] = "local perilune = require 'perilune'\n"
                             "local loop = perilune.persist('loop', function()\n"
                             "  local buffer = perilune.context():createBuffer(1, 4800, 48000)\n"
                             "  local ones = {}\n"
                             "  for i = 1, 4800 do ones[i] = 1 end\n"
                             "  buffer:copyToChannel(ones, 1)\n"
                             "  return perilune.load(buffer):play { loop = true }\n"
                             "end)\n";

typedef struct reload_scene {
  peri_engine *engine;
  lua_State *L;
  char path[128];
  pthread_t device;
  atomic_bool closing;
  atomic_uint_fast64_t changed; /* when the last block left the engine that was not like the one before; nanoseconds */
} reload_scene;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void pause_for(long nanoseconds) { nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL); }

static void *run_device(void *user) {
  reload_scene *scene = user;
  float block[BLOCK * 2], last = 0;
  uint64_t due = now();
  while (!atomic_load(&scene->closing)) {
    bench_must(peri_engine_render(scene->engine, block, BLOCK), "render");
    if (block[2 * BLOCK - 2] != last) atomic_store(&scene->changed, now());
    last = block[2 * BLOCK - 2];
    due += (uint64_t)(BLOCK * 1e9 / 48000);
    uint64_t at = now();
    if (due > at) pause_for((long)(due - at));
  }
  return NULL;
}

static void save(const reload_scene *scene, int version) {
  FILE *file = fopen(scene->path, "w");
  bool well = file && fprintf(file, "%sloop.volume = %d / 8\n", script, version % 7 + 1) > 0;
  bench_must(file && fclose(file) == 0 && well, "write a script");
}

static void start_script(reload_scene *scene) {
  lua_State *L = scene->L;
  luaL_openlibs(L);
  bench_must(peri_lua_attach(L, scene->engine), "attach");
  bench_must(luaL_dostring(L, "local reload = require 'perilune.reload' reload.report(function(kind, "
                              "text) if kind == 'error' then error(text) end end)") == LUA_OK,
             "require");
  lua_getglobal(L, "require");
  lua_pushliteral(L, "perilune.reload");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "run");
  lua_pushstring(L, scene->path);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    bench_must(false, "run a script");
  }
  lua_settop(L, 0);
}

static void turn(const reload_scene *scene) {
  bench_must(peri_lua_update(scene->L), "update");
  pause_for(TURN);
}

/* Milliseconds. */
static double hear_a_save(reload_scene *scene, int version) {
  for (int turns = 8 + (int)(bench_random() * 8); turns > 0; turns--) turn(scene);
  pause_for((long)(bench_random() * TURN));
  uint64_t saved = now();
  save(scene, version);
  uint64_t written = now();
  while (atomic_load(&scene->changed) < saved) {
    turn(scene);
    bench_must((double)(now() - saved) < PATIENCE, "hear a save");
  }
  return (double)(atomic_load(&scene->changed) - written) / 1e6;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void show(const char *name, double milliseconds) {
  double goal = 50 + BLOCK * 1e3 / 48000;
  bench_print(&(bench_figure){
      .name = name, .unit = "ms", .limit_name = "goal", .ours = milliseconds, .limit = goal, .goal = 1});
}

void bench_reload(void) {
  reload_scene scene = {.engine = bench_engine(), .L = luaL_newstate()};
  const char *folder = getenv("TMPDIR");
  snprintf(scene.path, sizeof scene.path, "%s/perilune-bench-%ld.lua", folder ? folder : "/tmp", (long)getpid());
  save(&scene, 0);
  start_script(&scene);
  bench_must(pthread_create(&scene.device, NULL, run_device, &scene) == 0, "start a thread");
  double heard[SAVES];
  for (int s = 0; s < SAVES; s++) heard[s] = hear_a_save(&scene, s + 1);
  atomic_store(&scene.closing, true);
  pthread_join(scene.device, NULL);
  lua_close(scene.L);
  peri_engine_destroy(scene.engine);
  unlink(scene.path);
  qsort(heard, SAVES, sizeof *heard, compare);
  show("median of 100 saves", (heard[SAVES / 2 - 1] + heard[SAVES / 2]) / 2);
  show("the slowest of them", heard[SAVES - 1]);
}
