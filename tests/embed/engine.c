/* A small game engine of the kind that embeds perilune: it owns the audio engine, the audio callback, the files and the
 * loop, and two Lua states, one for the game and one for its menus, play on the same output. Public headers only.
 *
 * usage: perilune-embed FOLDER    where game.lua, menu.lua are, from the project's folder; ends by itself after a
 * second
 */
#include <perilune/perilune_lua.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK 256 /* frames a callback */
#define FRAMES 60 /* of the game */

static void fail(const char *what, const char *why) {
  fprintf(stderr, "perilune-embed: %s: %s\n", what, why);
  exit(1);
}

static void sleep_ms(long ms) { nanosleep(&(struct timespec){0, ms * 1000000}, NULL); }

/* ---- The archive: the engine's files are found in it and nowhere else. Loader threads read it too. -------------- */

typedef struct archive {
  char *bytes;
  size_t size;
  atomic_int open; /* files that were read and not done with */
} archive;

static bool read_archive(const char *path, const void **bytes, size_t *size, void *user) {
  archive *a = user;
  if (strcmp(path, "archive:coin.ogg") != 0) return false;
  *bytes = a->bytes;
  *size = a->size;
  atomic_fetch_add(&a->open, 1);
  return true;
}

static void done_with(const void *bytes, size_t size, void *user) {
  archive *a = user;
  (void)bytes, (void)size;
  atomic_fetch_sub(&a->open, 1);
}

static void open_archive(archive *a, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path, "cannot be opened");
  a->bytes = malloc(1 << 20);
  if (!a->bytes) fail(path, "out of memory");
  a->size = fread(a->bytes, 1, 1 << 20, file);
  fclose(file);
}

/* ---- The audio callback: a thread that asks for the next block when the last one would be over. ------------------ */

typedef struct output {
  peri_engine *engine;
  pthread_t thread;
  atomic_bool over;
  float peak; /* the thread's until it is joined */
} output;

static void *play(void *user) {
  output *o = user;
  float block[2 * BLOCK];
  while (!atomic_load(&o->over)) {
    if (!peri_engine_render(o->engine, block, BLOCK)) fail("render", "somebody else renders");
    for (int i = 0; i < 2 * BLOCK; i++) o->peak = fmaxf(o->peak, fabsf(block[i]));
    sleep_ms(5);
  }
  return NULL;
}

/* ---- A processor of its own: samples in coarse steps ------------------------------------------------------------ */

static void crush(const peri_process *p) {
  const peri_signal *in = &p->inputs[0];
  peri_signal *to = &p->outputs[0];
  atomic_uint *sounding = p->user;
  if (in->silent) return;
  to->silent = false;
  atomic_fetch_add(sounding, 1);
  for (uint32_t c = 0; c < to->channels; c++) {
    for (uint32_t i = 0, at = c * PERI_QUANTUM; i < PERI_QUANTUM; i++, at++) {
      float steps = p->params[0].frames[i];
      to->samples[at] = floorf(in->samples[at] * steps + 0.5f) / steps;
    }
  }
}

static void add_crusher(atomic_uint *sounding) {
  static const peri_param_info steps = {"steps", 128.0f, 1.0f, 65536.0f, true, false};
  peri_node_kind_def def = peri_default_node_kind_def();
  def.name = "Crusher";
  def.params = 1;
  def.param = &steps;
  def.process = crush;
  def.user = sounding;
  if (!peri_register_node_kind(&def)) fail("Crusher", peri_error());
}

/* ---- A sound source of its own: a ping that starts and stops as an oscillator does ------------------------------ */

typedef struct ping {
  double age; /* frames since the exact start, of the next one that sounds */
} ping;

static void play_ping(const peri_process *p) {
  ping *state = p->state;
  float *samples = p->outputs[0].samples;
  if (p->fraction > 0) state->age = p->fraction;
  p->outputs[0].silent = false;
  for (uint32_t i = p->begin; i < p->end; i++, state->age++) { /* the engine silences the rest */
    double turns = state->age * (double)p->params[0].frames[i] / p->sample_rate;
    samples[i] = (float)(fabs(turns - floor(turns) - 0.5) * 4 - 1);
  }
}

static void set_ping_ranges(double sample_rate, peri_param_info *params, void *user) {
  (void)user;
  params[0].max_value = (float)sample_rate / 2;
}

static void add_ping(void) {
  static const peri_param_info frequency = {"frequency", 880.0f, 0.0f, 24000.0f, true, false};
  peri_node_kind_def def = peri_default_node_kind_def();
  def.name = "Ping";
  def.scheduled = true;
  def.inputs = 0;
  def.output_channels = 1;
  def.params = 1;
  def.param = &frequency;
  def.ranges = set_ping_ranges;
  def.state_bytes = sizeof(ping);
  def.process = play_ping;
  if (!peri_register_node_kind(&def)) fail("Ping", peri_error());
}

/* ---- Scripts ---------------------------------------------------------------------------------------------------- */

static lua_State *open_script(peri_engine *engine, const char *folder, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  lua_State *L = luaL_newstate();
  if (!L) fail(name, "out of memory");
  luaL_openlibs(L);
  if (!peri_lua_attach(L, engine)) fail(name, peri_error());
  if (luaL_dofile(L, path) != LUA_OK) fail(name, lua_tostring(L, -1));
  lua_settop(L, 1); /* the table that it returns stays at index 1 */
  return L;
}

/* Calls a function of the script's table with a number; its result as one. */
static double call(lua_State *L, const char *name, double argument) {
  lua_getfield(L, 1, name);
  lua_pushnumber(L, argument);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) fail(name, lua_tostring(L, -1));
  double result = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return result;
}

/* The menus live on a thread of their own: states may, as long as each belongs to one thread at a time. */
static void *run_menu(void *user) {
  lua_State *L = user;
  for (int frame = 0; frame < FRAMES; frame++) {
    peri_lua_update(L);
    call(L, "frame", 1.0 / 60);
    sleep_ms(16);
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 2) return fputs("usage: perilune-embed FOLDER\n", stderr), 2;
  archive files = {.bytes = NULL};
  atomic_uint crushed = 0; /* quanta */
  add_crusher(&crushed);
  add_ping();
  open_archive(&files, "assets/coin.ogg");
  peri_engine_def def = peri_default_engine_def();
  def.files = (peri_files){.read = read_archive, .done = done_with, .user = &files};
  output out = {.engine = peri_engine_create(&def)};
  if (!out.engine) fail("engine", peri_error());
  if (pthread_create(&out.thread, NULL, play, &out) != 0) fail("audio", "no thread");

  lua_State *game = open_script(out.engine, arguments[1], "game.lua");
  lua_State *menu = open_script(out.engine, arguments[1], "menu.lua");
  pthread_t menus;
  if (pthread_create(&menus, NULL, run_menu, menu) != 0) fail("menus", "no thread");
  for (int frame = 0; frame < FRAMES; frame++) {
    peri_lua_update(game);
    call(game, "frame", 1.0 / 60);
    sleep_ms(16);
  }
  pthread_join(menus, NULL);
  double coins = call(game, "ended", 0), pings = call(game, "pinged", 0), clicks = call(menu, "ended", 0);

  lua_close(menu); /* its sounds fade; the game's play on */
  peri_stats stats = {.size = sizeof stats};
  sleep_ms(50);
  peri_engine_update(out.engine);
  peri_engine_stats(out.engine, &stats);
  uint32_t left = stats.sources;
  lua_close(game);
  atomic_store(&out.over, true);
  pthread_join(out.thread, NULL);
  peri_engine_destroy(out.engine);
  printf("coins %g, pings %g, clicks %g, left %u, peak %.2f, open files %d, buffers %u, %s\n", coins, pings, clicks,
         left, (double)out.peak, atomic_load(&files.open), peri_buffers_alive(),
         atomic_load(&crushed) > 100 ? "crushed" : "not crushed");
  free(files.bytes);
  return 0;
}
