/* Hot reload under a host's engine: what sounds goes on to the bit, and what fails is never heard. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "perilune/perilune_lua.h"

#define STEP 480      /* frames between two updates */
#define STEPS 260     /* of a scene */
#define RELOADS 200   /* among them */
#define PATIENCE 10.0 /* seconds until a reload must have come */

/* A scene that is started from persist, and moved on by `frame` in a way that depends on what it has kept. */
static const char beginning[] =
    "local perilune = require 'perilune'\n"
    "local ctx = perilune.context()\n"
    "local scene = perilune.persist('scene', function()\n"
    "  local buffer = ctx:createBuffer(1, 9600, 48000)\n"
    "  local wave = {}\n"
    "  for i = 1, 9600 do wave[i] = math.sin(i * i * 1e-5) * .2 end\n"
    "  buffer:copyToChannel(wave, 1)\n"
    "  local s = { sound = perilune.load(buffer, { pitch = {.9, 1.1} }), buffer = buffer, gain = ctx:createGain(), n = "
    "0 }\n"
    "  s.loop = s.sound:play { loop = true, filter = { type = 'lowpass', frequency = 2000 } }\n"
    "  s.gain:connect(ctx.destination)\n"
    "  s.node = ctx:createBufferSource { buffer = buffer, loop = true }\n"
    "  s.node:connect(s.gain)\n"
    "  s.node:start()\n"
    "  s.gain.gain:setValueAtTime(0, 0):linearRampToValueAtTime(.8, 2)\n"
    "  return s\n"
    "end)\n"
    "scene.loop.volume = .7\n" /* what `frame` sets stays: this is equal each time */
    "scene.node.loopEnd = .15\n"
    "local function fade() scene.loop:fade(scene.n % 9 / 9, .3) end\n"
    "function frame()\n"
    "  scene.n = scene.n + 1\n"
    "  if scene.n % 17 == 0 then fade() end\n"
    "  if scene.n % 5 == 0 then scene.sound:play { volume = .3, onended = function() scene.n = scene.n + 1 end } end\n"
    "  if scene.n == 40 then scene.loop.volume = .2 end\n"
    "end\n";

static const char *const good[] = {
    "",
    "-- a comment\n",
    "local more = perilune.persist('more', { 1, 2 })\n",
    "local silent = perilune.load(scene.buffer):play { volume = 0, duration = .01 } silent:stop()\n",
    "local unused = ctx:createGain() unused:connect(ctx.destination)\n",
    "perilune.onReload(function(old) assert(old.fade) end)\n",
};

static const char *const broken[] = {
    "this is no Lua",
    "error 'on purpose'",
    "scene.sound:play() scene.sound:play { at = perilune.now() + .1, loop = true } error 'after it played'",
    "scene.loop.volume, scene.loop.pan, scene.loop.pitch = .1, 1, 2 error 'after it set'",
    "scene.loop:stop() scene.node:stop() scene.sound:stop() error 'after it stopped'",
    "scene.gain.gain:cancelScheduledValues(0) scene.gain.gain.value = 1 error 'after it scheduled'",
    "scene.gain:disconnect() scene.node:disconnect() scene.gain:connect(ctx:createGain()) error 'after it "
    "disconnected'",
    "scene.buffer:setSample(1, 5, 1) scene.buffer:copyToChannel({ 1, 1, 1 }, 1, 100) error 'after it wrote'",
    "scene.loop = nil scene.n = -1 frame = nil setmetatable(scene, {}) error 'after it changed tables'",
    "scene.node.onended = error scene.loop.onended = error scene.loop.paused = true error 'after it registered'",
    "local s = ctx:createBufferSource { buffer = scene.buffer } s:connect(scene.gain) s:start()\n"
    "s.onended = function() scene.n = 0 end perilune.seed(5) scene.node.loop = false error 'after it started'",
    "scene.sound:play { onended = function() scene.n = 0 end } perilune.onError(print) perilune.files(print) error {}",
    "require 'a module that is not there'",
};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct scene {
  const char *path;
  peri_engine *engine;
  lua_State *L;
  uint32_t random;
} scene;

static uint32_t pick(scene *s, uint32_t count) {
  s->random = s->random * 1664525u + 1013904223u;
  return (s->random >> 8) % count;
}

static void save(const scene *s, const char *tail, int version) {
  FILE *file = fopen(s->path, "w");
  CHECK(file != NULL);
  fprintf(file, "%s%s\nversion = %d\n", beginning, tail, version);
  CHECK(fclose(file) == 0);
}

static void run(lua_State *L, const char *script) {
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
}

static void open_scene(scene *s, const char *name, uint32_t random) {
  *s = (scene){.engine = peri_engine_create(NULL), .L = luaL_newstate(), .path = test_path(name), .random = random};
  luaL_openlibs(s->L);
  CHECK(peri_lua_attach(s->L, s->engine));
  save(s, "", 0);
  run(s->L, "reload, errors = require 'perilune.reload', 0\n"
            "reload.report(function(kind) if kind == 'error' then errors = errors + 1 end end)");
  lua_getglobal(s->L, "reload");
  lua_getfield(s->L, -1, "run");
  lua_pushstring(s->L, s->path);
  if (lua_pcall(s->L, 1, 0, 0) != LUA_OK) fail_msg("%s", lua_tostring(s->L, -1));
  lua_settop(s->L, 0);
}

static void close_scene(scene *s) {
  lua_close(s->L);
  peri_engine_destroy(s->engine);
}

static double number(lua_State *L, const char *name) {
  lua_getglobal(L, name);
  double value = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return value;
}

/* Saves a version, and updates until it has been taken or refused; nothing is rendered meanwhile. */
static void reload_once(scene *s, int version) {
  bool well = pick(s, 2);
  double errors = number(s->L, "errors"), patience = seconds() + PATIENCE;
  const char *tail = well ? good[pick(s, sizeof good / sizeof *good)] : broken[pick(s, sizeof broken / sizeof *broken)];
  save(s, tail, version);
  while (well ? number(s->L, "version") != version : number(s->L, "errors") == errors) {
    if (seconds() > patience) fail_msg("not %s: %s", well ? "reloaded" : "refused", tail);
    if (well && number(s->L, "errors") != errors) {
      run(s->L, "error(reload.error)");
    }
    CHECK(peri_lua_update(s->L));
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
}

static float *play(scene *s, int reloads) {
  float *out = calloc((size_t)STEPS * STEP * 2, sizeof *out);
  for (int step = 0, version = 0; step < STEPS; step++) {
    if (version < reloads && step > 5) reload_once(s, ++version);
    CHECK(peri_lua_update(s->L));
    run(s->L, "frame()");
    CHECK(peri_engine_render(s->engine, out + (size_t)step * STEP * 2, STEP));
  }
  return out;
}

TEST(a_steady_scene_is_the_same_to_the_bit_through_200_reloads_good_and_broken) {
  scene with, without;
  open_scene(&with, "with.lua", (uint32_t)time(NULL));
  open_scene(&without, "without.lua", 0);
  uint32_t seed = with.random;
  float *a = play(&with, RELOADS), *b = play(&without, 0);
  double loudest = 0;
  for (size_t i = 0; i < (size_t)STEPS * STEP * 2; i++) {
    if (memcmp(&a[i], &b[i], sizeof a[i]) != 0)
      fail_msg("seed %u: frame %zu is %g, not %g", seed, i / 2, (double)a[i], (double)b[i]);
    loudest = loudest > (double)a[i] ? loudest : (double)a[i];
  }
  CHECK(loudest > 0.1);
  free(a), free(b);
  close_scene(&with);
  close_scene(&without);
}
