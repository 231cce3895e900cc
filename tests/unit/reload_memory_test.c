/* Whatever becomes of a reload, the host's engine never waits for what will not come: after one that ran out of memory,
 * at whichever allocation, or that closed its context. What played plays on, and the next save is taken. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "perilune/perilune_lua.h"

#define SAVES 120
#define PATIENCE 10.0 /* seconds */

/* Lua's memory, which is at an end after so many more allocations; none while it is not to be. */
typedef struct memory {
  bool limited;
  long left;
} memory;

static void *allocate(void *user, void *old, size_t old_size, size_t size) {
  memory *m = user;
  if (size == 0) return free(old), NULL;
  bool grows = !old || size > old_size;
  if (grows && m->limited && m->left-- <= 0) return NULL;
  return realloc(old, size);
}

static const char script[] =
    "local perilune = require 'perilune'\n"
    "local ctx = perilune.context()\n"
    "local scene = perilune.persist('scene', function()\n"
    "  local buffer = ctx:createBuffer(1, 480, 48000)\n"
    "  for i = 1, 480 do buffer:setSample(1, i, .25) end\n"
    "  return { sound = perilune.load(buffer), loop = perilune.load(buffer):play { loop = true } }\n"
    "end)\n"
    "perilune.onError(function() end)\n"
    "local shots = {}\n"
    "for i = 1, 20 do shots[i] = scene.sound:play { volume = 0, duration = .01, onended = function() end } end\n"
    "local gain = ctx:createGain()\n"
    "gain:connect(ctx.destination)\n"
    "scene.loop.volume = .5\n"
    "version = ";

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void save(const char *path, const char *end, int version) {
  FILE *file = fopen(path, "w");
  CHECK(file != NULL);
  fprintf(file, "%s%d\n%s\n", script, version, end);
  CHECK(fclose(file) == 0);
}

static int version_of(lua_State *L) {
  lua_getglobal(L, "version");
  int version = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return version;
}

/* Updates until it is taken, or until memory has run out in an update and `once`. */
static void await(lua_State *L, memory *m, int version, long allocations) {
  for (double patience = seconds() + PATIENCE; version_of(L) != version;) {
    if (seconds() > patience) fail_msg("version %d was not taken", version);
    *m = (memory){allocations >= 0, allocations};
    peri_lua_update(L);
    bool over = m->limited && m->left < 0;
    *m = (memory){false, 0};
    if (over) return;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
}

/* What is called now is heard: nothing holds the engine back. */
static void check_heard(peri_engine *engine, peri_buffer *loud, bool loops) {
  static float out[512 * 2];
  peri_source_def def = peri_default_source_def();
  def.buffer = loud;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  CHECK(peri_engine_render(engine, out, 512));
  CHECK(out[2 * 128] > 1.0f);
  CHECK(out[2 * 500] < 1.0f);
  CHECK((out[2 * 500] > 0.01f) == loops);
}

typedef struct game {
  memory m;
  peri_engine *engine;
  lua_State *L;
  peri_buffer *loud;
  const char *path;
} game;

static void run(lua_State *L, const char *text) {
  if (luaL_dostring(L, text) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  lua_settop(L, 0);
}

static void open_game(game *g) {
  float eights[256];
  for (int i = 0; i < 256; i++) eights[i] = 8.0f;
  *g = (game){.engine = peri_engine_create(NULL), .loud = peri_buffer_create(1, 256, 48000)};
  g->path = test_path("memory.lua");
  g->L = lua_newstate(allocate, &g->m);
  CHECK(g->engine && g->L && g->loud && peri_buffer_write(g->loud, 0, 0, eights, 256));
  luaL_openlibs(g->L);
  CHECK(peri_lua_attach(g->L, g->engine));
  save(g->path, "", 0);
  lua_pushstring(g->L, g->path);
  lua_setglobal(g->L, "path");
  run(g->L, "local reload = require 'perilune.reload' reload.report(function() end) reload.run(path)");
}

static void close_game(game *g) {
  lua_close(g->L);
  peri_buffer_release(g->loud);
  peri_engine_destroy(g->engine);
}

TEST(a_reload_without_memory_leaves_the_engine_going_and_the_next_is_taken) {
  game g;
  int version = 0, failed = 0;
  open_game(&g);
  check_heard(g.engine, g.loud, true);
  for (long round = 0; round < SAVES; round++) {
    save(g.path, "", ++version);
    await(g.L, &g.m, version, round < 60 ? round * 2 : round * round / 4);
    check_heard(g.engine, g.loud, true);
    if (version_of(g.L) == version) continue;
    failed++;
    save(g.path, "", ++version);
    await(g.L, &g.m, version, -1);
    check_heard(g.engine, g.loud, true);
  }
  CHECK(failed > SAVES / 4);
  close_game(&g);
}

TEST(a_reload_that_closes_its_context_leaves_the_hosts_engine_going) {
  game g;
  open_game(&g);
  save(g.path, "ctx:close()", 1);
  await(g.L, &g.m, 1, -1);
  check_heard(g.engine, g.loud, false);
  close_game(&g);
}
