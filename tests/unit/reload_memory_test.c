/* A reload that runs out of memory, at whichever allocation: the engine never waits for what will not come, what played
 * plays on, and the next save is taken. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

static void save(const char *path, int version) {
  FILE *file = fopen(path, "w");
  CHECK(file != NULL);
  fprintf(file, "%s%d\n", script, version);
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
static void check_heard(peri_engine *engine, peri_buffer *loud) {
  static float out[512 * 2];
  peri_source_def def = peri_default_source_def();
  def.buffer = loud;
  CHECK(peri_source_play(engine, &def, peri_engine_destination(engine)));
  CHECK(peri_engine_render(engine, out, 512));
  CHECK(out[2 * 128] > 1.0f);
  CHECK(out[2 * 500] > 0.01f); /* the loop */
  CHECK(out[2 * 500] < 1.0f);
}

TEST(a_reload_without_memory_leaves_the_engine_going_and_the_next_is_taken) {
  memory m = {false, 0};
  peri_engine *engine = peri_engine_create(NULL);
  lua_State *L = lua_newstate(allocate, &m);
  peri_buffer *loud = peri_buffer_create(1, 256, 48000);
  char path[64];
  float ones[256];
  for (int i = 0; i < 256; i++) ones[i] = 8.0f;
  CHECK(engine && L && loud && peri_buffer_write(loud, 0, 0, ones, 256));
  snprintf(path, sizeof path, "/tmp/perilune-memory-%ld.lua", (long)getpid());
  luaL_openlibs(L);
  CHECK(peri_lua_attach(L, engine));
  save(path, 0);
  if (luaL_dostring(L, "reload = require 'perilune.reload' reload.report(function() end)") != LUA_OK)
    fail_msg("%s", lua_tostring(L, -1));
  lua_getglobal(L, "reload");
  lua_getfield(L, -1, "run");
  lua_pushstring(L, path);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  lua_settop(L, 0);
  check_heard(engine, loud);
  int version = 0;
  for (long round = 0; round < SAVES; round++) {
    save(path, ++version);
    await(L, &m, version, round < 60 ? round * 2 : round * round / 4);
    check_heard(engine, loud);
    if (version_of(L) == version) continue;
    save(path, ++version);
    await(L, &m, version, -1);
    check_heard(engine, loud);
  }
  lua_close(L);
  peri_buffer_release(loud);
  peri_engine_destroy(engine);
  unlink(path);
}
