/* Starting sources from Lua, against the least that Lua itself asks for an object of C that is to be told of its end:
 * an empty userdata with a metatable and __gc, of the same size as the handle that the script gets, and one of 32
 * bytes. What a call with options takes is shown beside the table of options alone, which the script makes. All sides
 * have a garbage collector that runs meanwhile; a full collection between the runs is not timed. */
#include "bench/bench.h"

#include "perilune/perilune_lua.h"

#include <lauxlib.h>
#include <lualib.h>

#include <stdlib.h>

#define FIRST 100
#define STEADY 10000

static const char script[] =
    "local newUserdata = ...\n"
    "local perilune = require 'perilune'\n"
    "local ctx = perilune.context()\n"
    "local buffer = ctx:createBuffer(1, 64, ctx.sampleRate)\n"
    "local out = ctx.destination\n"
    "local sound = perilune.load(buffer)\n"
    "local bodies = {}\n"
    "function bodies.smallUserdata(count)\n"
    "  for _ = 1, count do newUserdata(32) end\n"
    "end\n"
    "local nodeBytes, sourceBytes = newUserdata(ctx:createBufferSource()), newUserdata(sound:play())\n"
    "function bodies.nodeUserdata(count)\n"
    "  for _ = 1, count do newUserdata(nodeBytes) end\n"
    "end\n"
    "function bodies.sourceUserdata(count)\n"
    "  for _ = 1, count do newUserdata(sourceBytes) end\n"
    "end\n"
    "function bodies.graph(count)\n"
    "  for _ = 1, count do\n"
    "    local source = ctx:createBufferSource()\n"
    "    source.buffer = buffer\n"
    "    source:connect(out)\n"
    "    source:start()\n"
    "  end\n"
    "end\n"
    "function bodies.play(count)\n"
    "  for _ = 1, count do sound:play() end\n"
    "end\n"
    "function bodies.numbers(count)\n"
    "  for _ = 1, count do sound:play(.8, 1.1, -.3) end\n"
    "end\n"
    "local kept\n"
    "function bodies.optionTable(count)\n"
    "  for _ = 1, count do kept = { volume = .8, pitch = 1.1, pan = -.3 } end\n"
    "end\n"
    "function bodies.options(count)\n"
    "  for _ = 1, count do sound:play{ volume = .8, pitch = 1.1, pan = -.3 } end\n"
    "end\n"
    "return bodies\n";

/* ---- Empty userdata --------------------------------------------------------------------------------------------- */

static int collect_userdata(lua_State *L) {
  (void)L;
  return 0;
}

/* newUserdata(bytes) → an empty one; newUserdata(userdata) → its bytes */
static int new_userdata(lua_State *L) {
  if (lua_isuserdata(L, 1)) {
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
    return 1;
  }
  lua_newuserdatauv(L, (size_t)lua_tointeger(L, 1), 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setmetatable(L, -2);
  return 1;
}

static void push_new_userdata(lua_State *L) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, collect_userdata);
  lua_setfield(L, -2, "__gc");
  lua_pushcclosure(L, new_userdata, 1);
}

/* ---- A Lua state with an engine --------------------------------------------------------------------------------- */

typedef struct world {
  peri_engine *engine;
  lua_State *L; /* the table of bodies stands at index 1 */
} world;

static world world_create(void) {
  world w = {bench_engine(), luaL_newstate()};
  bench_must(w.L != NULL, "Lua");
  luaL_openlibs(w.L);
  bench_must(peri_lua_attach(w.L, w.engine), "peri_lua_attach");
  bench_must(luaL_loadstring(w.L, script) == LUA_OK, "script");
  push_new_userdata(w.L);
  if (lua_pcall(w.L, 1, 1, 0) != LUA_OK) bench_must(false, lua_tostring(w.L, -1));
  lua_gc(w.L, LUA_GCCOLLECT); /* what it took to get here is nobody's to pay for */
  return w;
}

static void world_destroy(world w) {
  lua_close(w.L);
  peri_engine_destroy(w.engine);
}

static double run_body(world w, const char *body, int count) {
  lua_getfield(w.L, 1, body);
  lua_pushinteger(w.L, count);
  uint64_t from = bench_now(count == FIRST);
  int status = lua_pcall(w.L, 1, 0, 0);
  uint64_t to = bench_now(count == FIRST);
  if (status != LUA_OK) bench_must(false, lua_tostring(w.L, -1));
  return (double)(to - from);
}

/* ---- The races -------------------------------------------------------------------------------------------------- */

typedef struct lua_scene {
  const char *body;
  world world;    /* of steady runs */
  uint64_t takes; /* of memory in the timed part of all runs but two, in which pools grow */
  uint32_t runs;
} lua_scene;

static double run_first(void *user) {
  const lua_scene *scene = user;
  world w = world_create();
  double time = run_body(w, scene->body, FIRST);
  world_destroy(w);
  return time;
}

static double run_steady(void *user) {
  lua_scene *scene = user;
  world w = scene->world;
  uint64_t before = peri__memory_takes();
  double time = run_body(w, scene->body, STEADY);
  if (scene->runs++ >= 2) scene->takes += peri__memory_takes() - before;
  bench_render(w.engine, 2); /* all end */
  bench_must(peri_lua_update(w.L), "update");
  lua_gc(w.L, LUA_GCCOLLECT);
  return time;
}

typedef struct lua_race {
  const char *first, *steady; /* names of the rows */
  const char *body, *same;    /* ours, and the limit beside the small userdata */
  const char *same_name;
  double goal; /* against the small userdata, of steady runs */
  const char *reason;
} lua_race;

static void race_first(const lua_race *r) {
  lua_scene ours = {.body = r->body}, limit = {.body = r->same}, small = {.body = "smallUserdata"};
  bench_run(&(bench_race){.name = r->first,
                          .ours = {NULL, run_first, &ours},
                          .limit = {{r->same_name, run_first, &limit}, {"empty userdata, 32 bytes", run_first, &small}},
                          .per = FIRST});
}

static void race_steady(const lua_race *r) {
  lua_scene ours = {.body = r->body, .world = world_create()}, limit = {.body = r->same, .world = ours.world};
  lua_scene small = {.body = "smallUserdata", .world = ours.world};
  bench_run(
      &(bench_race){.name = r->steady,
                    .ours = {NULL, run_steady, &ours},
                    .limit = {{r->same_name, run_steady, &limit}, {"empty userdata, 32 bytes", run_steady, &small}},
                    .per = STEADY,
                    .goal = {0, r->goal},
                    .reason = r->reason});
  bench_print(&(bench_figure){"  allocations in all of these, C side", "", "must be 0", .ours = (double)ours.takes});
  world_destroy(ours.world);
}

void bench_lua(void) {
  static const char calls[] = "Lua calls C seven times: for each of the four, and to find each method by its name";
  static const char play[] = "besides its userdata a call makes a source: a third of it is that, from C";
  static const char same[] = "empty userdata, same size", table[] = "the table of options alone";
  static const lua_race races[] = {
      {"create, .buffer=, connect, start, 100", "the same, 10,000 at a time", "graph", "nodeUserdata", same, 4, calls},
      {"sound:play(), first 100", "sound:play(), 10,000 at a time", "play", "sourceUserdata", same, 2, play},
      {"sound:play(.8, 1.1, -.3), first 100", "the same, 10,000 at a time", "numbers", "sourceUserdata", same, 0, NULL},
      {"sound:play{volume, pitch, pan}, 100", "the same, 10,000 at a time", "options", "optionTable", table, 0, NULL},
  };
  for (size_t r = 0; r < sizeof races / sizeof *races; r++) {
    race_first(&races[r]);
    race_steady(&races[r]);
  }
}
