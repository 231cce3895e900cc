/* Starting and ending 10,000 sources at once while 1,000 play. What counts is the longest call of 512 frames around the
 * event, against the steady call with all 11,000 playing; and that nothing is late or lost. All play a sound of ones,
 * so that what is heard is the sum of the gains of those that play, and each frame says who does. */
#include "bench/bench.h"

#include "base/thread.h"
#include "perilune/perilune_lua.h"

#include <lauxlib.h>
#include <lualib.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEADY "a call with all 11,000"
#define FEW 1000
#define MANY 10000
#define CALL 512   /* frames */
#define WATCHED 12 /* calls around an event, and for the steady one */
#define RATE 48000.0

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return values[count / 2];
}

static double longest(const double *values, int count) {
  double most = 0;
  for (int i = 0; i < count; i++) most = fmax(most, values[i]);
  return most;
}

static peri_buffer *ones(uint32_t frames) {
  float *samples = malloc(frames * sizeof *samples);
  bench_must(samples != NULL, "memory");
  for (uint32_t i = 0; i < frames; i++) samples[i] = 1;
  peri_buffer *buffer = peri_buffer_create(1, frames, RATE);
  bench_must(buffer && peri_buffer_write(buffer, 0, 0, samples, frames), "buffer");
  free(samples);
  return buffer;
}

/* ---- In pull mode: script and audio take turns on one thread, so that all of an event falls into one call ------- */

typedef enum { STOPPED, RUN_OUT } ending; /* stopped one by one in one call of the script, or all sounds end at once */

typedef struct crowd {
  peri_engine *engine;
  peri_buffer *sound;
  bench_voice few[FEW], many[MANY];
  peri_node started[MANY];
  double few_heard, all_heard; /* left and right together */
  ending ending;
} crowd;

/* Of the sound, in frames: it ends inside a quantum, TURN frames after all were watched playing, twice. */
#define TURN (5 * CALL + 77)
#define LENGTH (2 * WATCHED * CALL + TURN)

static double heard(const bench_voice *voices, uint32_t count) {
  double sum = 0;
  for (uint32_t v = 0; v < count; v++) {
    double angle = ((double)voices[v].pan + 1) * 0.78539816339744831;
    sum += (double)voices[v].volume * (cos(angle) + sin(angle));
  }
  return sum;
}

#define TOLERANCE 2e-5 /* less than half of what the quietest adds */

/* Renders WATCHED calls; all frames up to `turn` must sound like `before`, those from there on like `after`. */
static void watch(const crowd *c, double *times, uint32_t turn, double before, double after) {
  static float out[2 * CALL];
  for (uint32_t call = 0; call < WATCHED; call++) {
    uint64_t from = bench_now(false);
    bench_must(peri_engine_render(c->engine, out, CALL), "render");
    times[call] = (double)(bench_now(false) - from);
    for (uint32_t i = 0; i < CALL; i++)
      bench_must(fabs((double)out[2 * i] + (double)out[2 * i + 1] - (call * CALL + i < turn ? before : after)) <
                     TOLERANCE,
                 "a source began or ended on a wrong frame");
  }
}

static void start_many(crowd *c) {
  peri_source_def def = peri_default_source_def();
  def.buffer = c->sound;
  def.panned = def.whole_frames = true;
  for (int v = 0; v < MANY; v++) {
    def.volume = c->many[v].volume;
    def.pan = c->many[v].pan;
    c->started[v] = peri_source_play(c->engine, &def, peri_engine_destination(c->engine));
    bench_must(c->started[v] != 0, "play");
    if (c->ending == RUN_OUT) peri_node_release(c->engine, c->started[v]);
  }
}

static void end_many(crowd *c) {
  for (int v = 0; v < MANY; v++) {
    bench_must(peri_source_stop(c->engine, c->started[v], 0.0), "stop");
    peri_node_release(c->engine, c->started[v]);
  }
}

static void pull_round(void *user, bench_pair *pairs) {
  crowd *c = user;
  double times[WATCHED], steady[WATCHED];
  peri_stats before = bench_stats(c->engine);
  watch(c, times, 0, 0, c->few_heard);
  start_many(c);
  watch(c, times, 0, 0, c->all_heard);
  peri_stats full = bench_stats(c->engine);
  bench_must(full.sources_playing == FEW + MANY && full.sources_started == before.sources_started + MANY,
             "not all that were started play");
  watch(c, steady, 0, 0, c->all_heard);
  double usual = median(steady, WATCHED);
  pairs[0] = (bench_pair){longest(times, WATCHED), usual};
  if (c->ending == STOPPED) end_many(c);
  watch(c, times, c->ending == STOPPED ? 0 : TURN, c->all_heard, c->few_heard);
  pairs[1] = (bench_pair){longest(times, WATCHED), usual};
  peri_engine_update(c->engine);
  peri_stats after = bench_stats(c->engine);
  bench_must(after.sources == FEW && after.sources_ended == before.sources_ended + MANY, "not all have ended");
}

static void pull(ending ending, const char *start_name, const char *end_name) {
  static crowd c;
  c = (crowd){.engine = bench_engine(), .sound = ones(LENGTH), .ending = ending};
  bench_plan_voices(c.few, FEW, false);
  bench_plan_voices(c.many, MANY, false);
  c.few_heard = heard(c.few, FEW);
  c.all_heard = c.few_heard + heard(c.many, MANY);
  bench_start_voices(c.engine, c.sound, c.few, FEW, BENCH_PLAIN);
  const bench_race races[2] = {
      {.name = start_name, .limit = {{.name = STEADY}}, .per = 1000, .unit = "us", .goal = {2}},
      {.name = end_name, .limit = {{.name = STEADY}}, .per = 1000, .unit = "us", .goal = {2}}};
  bench_run_pairs(races, 2, pull_round, &c);
  peri_engine_destroy(c.engine);
  peri_buffer_release(c.sound);
}

/* ---- From Lua, while another thread renders on the clock, as a device would -------------------------------------- */

/* The script's commands reach the audio thread while it writes more, and cold: from another processor's cache. Calls
 * are timed by the thread's own processor time, so that what else runs here does not count; that they are done in time
 * is judged by the clock. */
#define KEPT 4096 /* calls */
#define PERIOD ((uint64_t)(CALL / RATE * 1e9))

typedef struct live {
  peri_engine *engine;
  lua_State *L;
  peri__thread thread;
  atomic_bool over;
  atomic_uint calls;  /* done */
  atomic_uint late;   /* of them, those that took longer than what they rendered lasts */
  double times[KEPT]; /* of call n at n % KEPT, before it is counted */
} live;

static void render_on_the_clock(void *user) {
  static float out[2 * CALL];
  live *l = user;
  uint64_t due = peri__nanoseconds();
  for (unsigned call = 0; !atomic_load(&l->over); call++, due += PERIOD) {
    uint64_t now = peri__nanoseconds();
    if (now > due + PERIOD) due = now;
    struct timespec until = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    uint64_t began = peri__nanoseconds(), from = bench_now(false);
    bool well = peri_engine_render(l->engine, out, CALL);
    l->times[call % KEPT] = (double)(bench_now(false) - from);
    bench_must(well, "render");
    if (peri__nanoseconds() - began > PERIOD) atomic_fetch_add(&l->late, 1);
    atomic_store_explicit(&l->calls, call + 1, memory_order_release);
  }
}

static unsigned wait_for_calls(live *l, unsigned count) {
  unsigned calls;
  while ((calls = atomic_load_explicit(&l->calls, memory_order_acquire)) < count)
    nanosleep(&(struct timespec){.tv_nsec = PERIOD / 4}, NULL);
  return calls;
}

static unsigned wait_for_playing(live *l, uint32_t wanted) {
  unsigned calls = atomic_load(&l->calls), most = calls + 1000;
  while (bench_stats(l->engine).sources_playing != wanted) {
    bench_must(calls < most, "sources were lost");
    calls = wait_for_calls(l, calls + 1);
  }
  return calls;
}

static void copy_times(const live *l, double *times, unsigned from, unsigned to) {
  for (unsigned call = from; call < to; call++) times[call - from] = l->times[call % KEPT];
}

static const char script[] = "local perilune = require 'perilune'\n"
                             "local ctx = perilune.context()\n"
                             "local sound = perilune.load(ctx:createBuffer(1, 24000, ctx.sampleRate))\n"
                             "return function(count) for _ = 1, count do sound:play() end end\n";

/* The sound of half a second: over 20 calls with all of them, twice what is looked at. */
static void live_round(void *user, bench_pair *pairs) {
  static double times[KEPT];
  live *l = user;
  unsigned first = wait_for_calls(l, atomic_load(&l->calls) + 2);
  lua_pushvalue(l->L, 1);
  lua_pushinteger(l->L, MANY);
  bench_must(lua_pcall(l->L, 1, 0, 0) == LUA_OK, "sound:play()");
  unsigned all = wait_for_playing(l, FEW + MANY), steady = wait_for_calls(l, all + WATCHED);
  bench_must(bench_stats(l->engine).sources_playing == FEW + MANY, "the script took too long");
  copy_times(l, times, first, all + 1);
  double most = longest(times, (int)(all + 1 - first));
  copy_times(l, times, all + 1, steady);
  double usual = median(times, (int)(steady - all - 1));
  pairs[0] = (bench_pair){most, usual};
  unsigned none = wait_for_calls(l, wait_for_playing(l, FEW) + 1);
  copy_times(l, times, steady, none);
  pairs[1] = (bench_pair){longest(times, (int)(none - steady)), usual};
  bench_must(peri_lua_update(l->L), "update");
  lua_gc(l->L, LUA_GCCOLLECT);
}

static void from_lua(void) {
  static live l;
  static bench_voice few[FEW];
  l.engine = bench_engine();
  l.L = luaL_newstate();
  bench_must(l.L != NULL, "Lua");
  luaL_openlibs(l.L);
  bench_must(peri_lua_attach(l.L, l.engine) && luaL_dostring(l.L, script) == LUA_OK, "script");
  peri_buffer *sound = ones(14400);
  bench_plan_voices(few, FEW, false);
  bench_start_voices(l.engine, sound, few, FEW, BENCH_PLAIN);
  bench_must(peri__thread_start(&l.thread, "bench-render", render_on_the_clock, &l), "thread");
  const bench_race races[2] = {
      {.name = "sound:play() 10,000 times, from Lua",
       .limit = {{.name = STEADY}},
       .per = 1000,
       .unit = "us",
       .goal = {2}},
      {.name = "  and their ends", .limit = {{.name = STEADY}}, .per = 1000, .unit = "us", .goal = {2}}};
  bench_run_pairs(races, 2, live_round, &l);
  atomic_store(&l.over, true);
  peri__thread_join(l.thread);
  bench_print(&(bench_figure){.name = "  calls longer than what they render",
                              .unit = "",
                              .limit_name = "must be 0",
                              .ours = atomic_load(&l.late),
                              .reason = "the machine was busy with something else, if they are few"});
  lua_close(l.L);
  peri_engine_destroy(l.engine);
  peri_buffer_release(sound);
}

void bench_crowd(void) {
  pull(STOPPED, "start 10,000", "stop 10,000");
  pull(RUN_OUT, "start 10,000, then left alone", "their sounds end in one quantum");
  from_lua();
}
