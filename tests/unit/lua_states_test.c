/* Lua states under a host: attaching, several at once, what the game layer sounds like. */
#include "unit/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/base.h"
#include "perilune/perilune_lua.h"

#define CHUNK 64

static void run(lua_State *L, const char *script) {
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
}

static lua_State *new_state(peri_engine *engine) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (engine)
    CHECK(peri_lua_attach(L, engine));
  else
    luaL_requiref(L, "perilune", luaopen_perilune, 0), lua_pop(L, 1);
  return L;
}

static peri_engine *new_engine(void) {
  peri_engine_def def = peri_default_engine_def();
  peri_engine *engine = peri_engine_create(&def);
  CHECK(engine != NULL);
  return engine;
}

/* A Sound of `frames` frames of 1.0 in the global `sound`. */
static void make_sound(lua_State *L, int frames) {
  lua_pushinteger(L, frames);
  lua_setglobal(L, "frames");
  run(L, "p = require 'perilune'\n"
         "local buffer = p.context():createBuffer(1, frames, 48000)\n"
         "local ones = {}\n"
         "for i = 1, frames do ones[i] = 1 end\n"
         "buffer:copyToChannel(ones, 1)\n"
         "sound = p.load(buffer)");
}

/* Renders, and keeps both channels of `frames` frames. */
static float *render(peri_engine *engine, uint32_t frames) {
  float *out = calloc(frames * 2, sizeof *out);
  for (uint32_t at = 0; at < frames; at += CHUNK) {
    CHECK(peri_engine_render(engine, out + 2 * at, frames - at < CHUNK ? frames - at : CHUNK));
  }
  return out;
}

/* The largest step between neighbouring frames of the left channel. */
static double largest_step(const float *out, uint32_t frames) {
  double step = 0;
  for (uint32_t i = 1; i < frames; i++) step = fmax(step, fabs((double)out[2 * i] - (double)out[2 * i - 2]));
  return step;
}

/* ---- Attaching -------------------------------------------------------------------------------------------------- */

TEST(an_attached_state_plays_on_the_hosts_engine) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  make_sound(L, 4800);
  run(L, "assert(p.context().sampleRate == 48000 and p.now() == 0) source = sound:play()");
  float *out = render(engine, 256);
  CHECK_NEAR(out[0], sqrt(0.5), 1e-6);
  CHECK_NEAR(out[1], sqrt(0.5), 1e-6);
  run(L, "assert(p.now() == 256 / 48000 and source.playing)");
  free(out);
  lua_close(L);
  peri_engine_destroy(engine);
}

TEST(an_attached_state_opens_no_device_and_run_returns_at_once) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  make_sound(L, 4800);
  run(L, "sound:play{ loop = true } p.run() assert(p.open{ device = 'null' } == p.context())");
  peri_device_info info = {PERI_DEVICE_SDL, PERI_DEVICE_SDL, 0, false, ""};
  if (peri_device_get_info(engine, &info)) CHECK_EQ(info.kind, PERI_DEVICE_NONE);
  lua_close(L);
  float *out = render(engine, 256);
  free(out);
  peri_engine_destroy(engine);
}

TEST(attaching_comes_before_the_first_use_and_once) {
  peri_engine *engine = new_engine(), *other = new_engine();
  lua_State *L = new_state(engine);
  CHECK(!peri_lua_attach(L, other));
  CHECK(!peri_lua_attach(L, NULL));
  run(L, "require('perilune').context()");
  CHECK(!peri_lua_attach(L, other));
  lua_close(L);
  peri_engine_destroy(engine);
  peri_engine_destroy(other);
}

TEST(require_finds_the_module_that_the_host_linked_in) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  run(L, "package.path, package.cpath = '', ''\n"
         "assert(require 'perilune' == require 'perilune')\n"
         "assert(require 'perilune.options')");
  lua_close(L);
  peri_engine_destroy(engine);
}

TEST(sounds_of_a_state_stop_when_it_closes_and_those_of_others_play_on) {
  peri_engine *engine = new_engine();
  lua_State *one = new_state(engine), *two = new_state(engine);
  make_sound(one, 4800);
  make_sound(two, 4800);
  run(one, "sound:play{ loop = true } sound:play{ loop = true, at = 0.1 }");
  run(two, "sound:play{ loop = true, volume = 0.5 }");
  free(render(engine, 256));
  lua_close(one);
  float *out = render(engine, 9600);
  CHECK_NEAR(out[2 * 9599], 0.5 * sqrt(0.5), 1e-6);
  free(out);
  lua_close(two);
  out = render(engine, 9600);
  CHECK(out[2 * 9599] == 0.0f);
  free(out);
  peri_engine_update(engine);
  peri_stats stats = {.size = sizeof stats};
  CHECK(peri_engine_stats(engine, &stats));
  CHECK_EQ(stats.sources, 0);
  CHECK_EQ(stats.nodes, 1);
  peri_engine_destroy(engine);
}

TEST(a_closing_state_takes_its_nodes_and_buffers_along) {
  peri_engine *engine = new_engine();
  uint32_t buffers = peri_buffers_alive();
  lua_State *L = new_state(engine);
  make_sound(L, 4800);
  run(L, "ctx = p.context() nodes = {}\n"
         "for i = 1, 100 do nodes[i] = ctx:createGain() nodes[i]:connect(nodes[i - 1] or ctx.destination) end\n"
         "source = ctx:createBufferSource() source.buffer = sound.buffer source:connect(nodes[100]) source:start()\n"
         "tap = ctx:createTap(nodes[1])");
  free(render(engine, 256));
  lua_close(L);
  free(render(engine, 4800));
  peri_engine_update(engine);
  free(render(engine, 256));
  peri_engine_update(engine);
  peri_stats stats = {.size = sizeof stats};
  CHECK(peri_engine_stats(engine, &stats));
  CHECK_EQ(stats.nodes, 1);
  CHECK_EQ(stats.sources, 0);
  CHECK_EQ(peri_buffers_alive(), buffers);
  peri_engine_destroy(engine);
}

/* ---- Update and waiting ----------------------------------------------------------------------------------------- */

TEST(update_runs_callbacks_and_tells_of_errors) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  CHECK(peri_lua_update(L));
  CHECK(!peri_lua_is_waiting(L));
  make_sound(L, 100);
  run(L, "p.onError(function(text) report = text end)\n"
         "sound:play{ onended = function() ended = true end } sound:play{ onended = function() error 'broken' end }");
  CHECK(peri_lua_is_waiting(L));
  CHECK(peri_lua_update(L));
  free(render(engine, 512));
  CHECK(!peri_lua_update(L));
  run(L, "assert(ended and report:find 'broken')");
  CHECK(!peri_lua_is_waiting(L));
  CHECK(peri_lua_update(L));
  CHECK_EQ(lua_gettop(L), 0);
  lua_close(L);
  peri_engine_destroy(engine);
}

TEST(a_state_waits_for_asynchronous_loads) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  run(L, "p = require 'perilune' p.loadAsync('no/such/file.ogg', function(sound, message) done = message end)");
  CHECK(peri_lua_is_waiting(L));
  for (int i = 0; i < 2000 && peri_lua_is_waiting(L); i++) {
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
    CHECK(peri_lua_update(L));
  }
  run(L, "assert(done)");
  lua_close(L);
  peri_engine_destroy(engine);
}

/* ---- The game layer's sound ------------------------------------------------------------------------------------- */

TEST(volume_pan_and_stop_of_the_game_layer_never_click) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  make_sound(L, 4800);
  run(L, "source = sound:play{ loop = true, fadeIn = 0.01 }");
  float *out = render(engine, 2048);
  CHECK(largest_step(out, 2048) < 0.01);
  CHECK_NEAR(out[2 * 2047], sqrt(0.5), 1e-6);
  free(out);

  run(L, "source.volume = 0.1");
  out = render(engine, 2048);
  CHECK(largest_step(out, 2048) < 0.01);
  CHECK_NEAR(out[2 * 2047], 0.1 * sqrt(0.5), 1e-6);
  free(out);

  run(L, "source.volume = 1 source.pan = -1");
  out = render(engine, 2048);
  CHECK(largest_step(out, 2048) < 0.02);
  CHECK_NEAR(out[2 * 2047], 1, 1e-6);
  CHECK_NEAR(out[2 * 2047 + 1], 0, 1e-6);
  free(out);

  run(L, "source:stop()");
  out = render(engine, 2048);
  CHECK(largest_step(out, 2048) < 0.02);
  CHECK(out[2 * 2047] == 0.0f);
  free(out);
  lua_close(L);
  peri_engine_destroy(engine);
}

TEST(play_starts_on_the_frame_of_at_and_fades_take_their_time) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  make_sound(L, 48000);
  run(L, "source = sound:play{ at = 1000 / 48000, pan = -1 }");
  float *out = render(engine, 2048);
  CHECK(out[2 * 999] == 0.0f);
  CHECK_NEAR(out[2 * 1000], 1, 1e-6);
  free(out);
  run(L, "source:fade(0, 0.1)");
  out = render(engine, 4800);
  CHECK_NEAR(out[2 * 2400], 0.5, 0.05);
  CHECK_NEAR(out[2 * 4799], 0, 0.05);
  free(out);
  lua_close(L);
  peri_engine_destroy(engine);
}

/* ---- Several states --------------------------------------------------------------------------------------------- */

TEST(states_without_a_host_share_one_engine_and_end_in_any_order) {
  lua_State *one = new_state(NULL), *two = new_state(NULL);
  run(one, "p = require 'perilune' ctx = p.open{ device = 'null', blockSize = 256 } gain = ctx:createGain()");
  run(two, "p = require 'perilune'\n"
           "assert(not pcall(p.open, { device = 'null', blockSize = 512 }))\n"
           "ctx = p.open{ device = 'null', blockSize = 256 }\n"
           "gain = ctx:createGain() gain:connect(ctx.destination)");
  run(one, "nodes = p.stats().nodes");
  lua_getglobal(one, "nodes");
  CHECK_EQ(lua_tointeger(one, -1), 3);
  lua_close(one);
  run(two, "gain:disconnect() gain = nil collectgarbage() assert(p.context().state == 'running')");

  lua_State *three = new_state(NULL);
  run(three, "p = require 'perilune' assert(p.context().sampleRate == 48000)");
  run(two, "p.context():close() assert(p.context().state == 'closed')");
  lua_close(two);
  run(three, "assert(p.context().state == 'running')");
  lua_close(three);

  lua_State *four = new_state(NULL);
  run(four, "assert(require('perilune').open{ device = 'null', sampleRate = 44100 }.sampleRate == 44100)");
  lua_close(four);
}

static void *live_in_a_thread(void *result) {
  for (int round = 0; round < 10; round++) {
    lua_State *L = new_state(NULL);
    if (luaL_dostring(L, "local p = require 'perilune'\n"
                         "local ctx = p.open{ device = 'null' }\n"
                         "local buffer = ctx:createBuffer(1, 480, 48000)\n"
                         "local sound, ended = p.load(buffer), 0\n"
                         "for i = 1, 20 do sound:play{ onended = function() ended = ended + 1 end } end\n"
                         "for i = 1, 20 do ctx:createGain():connect(ctx.destination) end\n"
                         "p.run(5)\n"
                         "assert(ended == 20, ended)\n"
                         "sound:play{ loop = true }") != LUA_OK) {
      snprintf(result, 200, "%s", lua_tostring(L, -1));
    }
    lua_close(L);
  }
  return NULL;
}

TEST(states_in_two_threads_open_play_and_close_on_their_own) {
  char errors[2][200] = {"", ""};
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) CHECK_EQ(pthread_create(&threads[i], NULL, live_in_a_thread, errors[i]), 0);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 2; i++) CHECK_STR(errors[i], "");
}

TEST(the_module_may_be_opened_again_in_a_state_and_stays_one) {
  lua_State *L = new_state(NULL);
  run(L, "first = require 'perilune' package.loaded.perilune = nil");
  luaL_requiref(L, "perilune", luaopen_perilune, 0);
  lua_setglobal(L, "second");
  run(L, "assert(first == second)");
  lua_close(L);
}

TEST(plays_from_lua_take_no_memory_of_the_engine_once_the_pools_have_grown) {
  peri_engine *engine = new_engine();
  lua_State *L = new_state(engine);
  make_sound(L, 64);
  run(L, "function plays() for _ = 1, 100 do sound:play() sound:play(.5, 1, .25) sound:play{ volume = .5 } end end");
  uint64_t takes = 0;
  for (int round = 0; round < 50; round++) {
    if (round == 10) takes = peri__memory_takes();
    run(L, "plays()");
    free(render(engine, 256));
    CHECK(peri_lua_update(L));
  }
  CHECK_EQ(peri__memory_takes(), takes);
  lua_close(L);
  peri_engine_destroy(engine);
}
