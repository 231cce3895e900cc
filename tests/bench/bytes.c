/* What a playing source takes: by the engine's own statistics, and by all memory that the engine holds. */
#include "bench/bench.h"

#include "perilune/perilune_lua.h"

#include <lauxlib.h>
#include <lualib.h>

#include <malloc.h>
#include <stdio.h>

#define LIMIT 160.0      /* bytes a source, pool slots included */
#define BOTH_LIMIT 256.0 /* with its handle and all else that Lua and the bindings take */

static void print(const char *name, double bytes, double limit) {
  bench_print(&(bench_figure){.name = name, .unit = "bytes", .limit_name = "goal", .ours = bytes, .limit = limit});
}

/* Sources started in one quantum: few, so that commands take their memory again and again. */
static uint32_t together(uint32_t count) { return count > 10000 ? count / 100 : 100; }

static void play(peri_engine *engine, peri_buffer *sound, uint32_t count) {
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = def.panned = def.whole_frames = true;
  for (uint32_t i = 0; i < count; i++) {
    bench_must(peri_source_play(engine, &def, peri_engine_destination(engine)) != 0, "play");
    if ((i + 1) % together(count) == 0) bench_render(engine, 1);
  }
  bench_render(engine, 1);
  peri_engine_update(engine);
}

static void from_c(peri_buffer *sound, uint32_t count) {
  char name[64];
  peri_engine *engine = bench_engine();
  uint64_t before = peri__memory_bytes();
  play(engine, sound, count);
  peri_stats stats = bench_stats(engine);
  snprintf(name, sizeof name, "%u, from C: source_bytes", count);
  print(name, (double)stats.source_bytes / stats.sources, LIMIT);
  snprintf(name, sizeof name, "%u, from C: all memory taken", count);
  print(name, (double)(peri__memory_bytes() - before) / stats.sources, BOTH_LIMIT);
  peri_engine_destroy(engine);
}

static const char script[] = "local perilune, count = require 'perilune', ...\n"
                             "local ctx, kept = perilune.context(), {}\n"
                             "for i = 1, count do kept[i] = false end\n"
                             "local sound = perilune.load(ctx:createBuffer(1, 14400, ctx.sampleRate))\n"
                             "return function(i) kept[i] = sound:play{ loop = true, volume = .5 } end\n";

/* By malloc's own account, with what it adds to each piece: the engine, Lua and the bindings all take theirs there. */
static uint64_t taken_from_malloc(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/* The script keeps every Source, in a table that is there before: the place in it is the script's. */
static void from_lua(uint32_t count) {
  char name[64];
  peri_engine *engine = bench_engine();
  lua_State *L = luaL_newstate();
  bench_must(L != NULL, "Lua");
  luaL_openlibs(L);
  bench_must(peri_lua_attach(L, engine) && luaL_loadstring(L, script) == LUA_OK, "script");
  lua_pushinteger(L, (lua_Integer)count);
  bench_must(lua_pcall(L, 1, 1, 0) == LUA_OK, "script");
  lua_gc(L, LUA_GCCOLLECT);
  uint64_t before = peri__memory_bytes(), all_before = taken_from_malloc();
  for (uint32_t i = 0; i < count; i++) {
    lua_pushvalue(L, 1);
    lua_pushinteger(L, (lua_Integer)i + 1);
    bench_must(lua_pcall(L, 1, 0, 0) == LUA_OK, "play");
    if ((i + 1) % together(count) == 0) bench_render(engine, 1);
  }
  bench_render(engine, 1);
  peri_engine_update(engine);
  lua_gc(L, LUA_GCCOLLECT); /* the tables of options */
  double sources = bench_stats(engine).sources;
  snprintf(name, sizeof name, "%u, from Lua: the engine's part", count);
  print(name, (double)(peri__memory_bytes() - before) / sources, LIMIT);
  snprintf(name, sizeof name, "%u, from Lua: engine, Lua, bindings", count);
  print(name, (double)(taken_from_malloc() - all_before) / sources, BOTH_LIMIT);
  lua_close(L);
  peri_engine_destroy(engine);
}

void bench_bytes(void) {
  peri_buffer *sound = bench_noise(14400);
  from_c(sound, 100);
  from_c(sound, 10000);
  from_c(sound, 100000);
  from_lua(10000);
  from_lua(100000);
  peri_buffer_release(sound);
}
