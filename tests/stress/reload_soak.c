/* A script that plays without end, under a host's engine that renders at a device's pace, while its files are saved
 * again ten times a second, good and broken: nothing is lost, doubled or heard by mistake, and memory stays flat.
 * PERILUNE_SOAK=SECONDS makes it last that long, and shows what it has seen. */
#include "unit/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/base.h"
#include "base/thread.h"
#include "perilune/perilune_lua.h"

#define SECONDS 4.0   /* that it lasts */
#define PACE 0.1      /* between two saves */
#define PATIENCE 30.0 /* until what was saved must be taken or refused, and the last callback must come */
#define BLOCK 512     /* frames of a device's callback */
#define CHANNELS 4
#define STEADY 4801        /* frames of the loop that never has a gap */
#define SHOT (1.0f / 1024) /* what each shot adds to the sum of its channel */
#define LOUD 50.0f         /* only what a failed trial has played, set or written is so loud */
#define EXTRAS 8           /* modules that good versions require */

/* ---- What is saved ---------------------------------------------------------------------------------------------- */

/* The game's module. What is played with `wait` must call back once. */
static const char module_beginning[] =
    "local perilune = require 'perilune'\n"
    "local ctx = perilune.context()\n"
    "local M = {}\n"
    "local function wait(scene)\n"
    "  local id = scene.asked + 1\n"
    "  scene.asked, scene.waiting[id] = id, true\n"
    "  return function()\n"
    "    if not scene.waiting[id] then scene.doubled = scene.doubled + 1 end\n"
    "    scene.waiting[id], scene.told = nil, scene.told + 1\n"
    "  end\n"
    "end\n"
    "function M.play(scene)\n"
    "  scene.sound:play { volume = math.random(), pan = math.random() * 2 - 1, pitch = .5 + math.random(),\n"
    "    at = perilune.now() + math.random() * .2, duration = math.random() * .3, onended = wait(scene) }\n"
    "end\n"
    "function M.shoot(scene, fn)\n"
    "  local source = ctx:createBufferSource { buffer = scene.shot }\n"
    "  if fn then source.onended = fn end\n"
    "  source:connect(ctx.destination)\n"
    "  source:start()\n"
    "  scene.shots = scene.shots + 1\n"
    "end\n"
    "function M.load(scene)\n"
    "  local told = wait(scene)\n"
    "  perilune.loadAsync(scene.path, function(sound) if sound then sound:play(.1) end told() end)\n"
    "end\n"
    "function M.graph(scene)\n"
    "  local gain, pan = ctx:createGain { gain = .1 }, ctx:createStereoPanner()\n"
    "  local source = ctx:createBufferSource { buffer = scene.noise, loop = true }\n"
    "  source:connect(gain):connect(pan):connect(scene.gain)\n"
    "  source:connect(gain.gain)\n"
    "  pan.pan:linearRampToValueAtTime(1, perilune.now() + .2)\n"
    "  source.onended = wait(scene)\n"
    "  source:start()\n"
    "  source:stop(perilune.now() + math.random() * .3)\n"
    "end\n"
    "function M.frame(scene)\n"
    "  local n = scene.frames\n"
    "  if n % 3 == 0 then M.play(scene) end\n"
    "  if n % 4 == 1 then M.shoot(scene, wait(scene)) end\n"
    "  if n % 9 == 2 then M.load(scene) end\n"
    "  if n % 11 == 3 then M.graph(scene) end\n"
    "  if n % 7 == 4 then scene.gain.gain:cancelScheduledValues(0):setTargetAtTime(math.random(), perilune.now(), .1) "
    "end\n"
    "  if n % 13 == 5 then scene.loop:fade(math.random(), .2) end\n"
    "  if n % 50 == 6 then perilune.load(scene.noise):play { loop = true, volume = .1 } end\n" /* nobody can reach it */
    "end\n";

/* The script. Channel 3 has the loop that never has a gap, channel 4 the shots; what else plays is mono or stereo. */
static const char script_beginning[] =
    "local perilune = require 'perilune'\n"
    "local ctx = perilune.context()\n"
    "local game = require 'soak_game'\n"
    "local function noise(frames, level)\n"
    "  local samples, buffer = {}, ctx:createBuffer(1, frames, 48000)\n"
    "  for i = 1, frames do samples[i] = (math.random() * 2 - 1) * level end\n"
    "  buffer:copyToChannel(samples, 1)\n"
    "  return buffer\n"
    "end\n"
    "local scene = perilune.persist('scene', function()\n"
    "  local s = { frames = 0, shots = 0, asked = 0, told = 0, doubled = 0, peak = 0, waiting = {} }\n"
    "  s.path = soak_folder .. '/soak.wav'\n"
    "  s.noise = noise(9600, .1)\n"
    "  s.sound = perilune.load(s.noise, { pitch = { .9, 1.1 } })\n"
    "  s.loud = perilune.load(noise(9600, 1000))\n"
    "  s.file = perilune.load(s.path)\n"
    "  s.fileLoop = s.file:play { loop = true, volume = .2 }\n"
    "  s.loop = s.sound:play { loop = true, filter = { type = 'lowpass', frequency = 2000 } }\n"
    "  s.gain = ctx:createGain()\n"
    "  s.gain:connect(ctx.destination)\n"
    "  s.tap = ctx:createTap(s.gain, { blockSize = 512, blocks = 8 })\n"
    "  s.shot = ctx:createBuffer(4, 480, 48000)\n"
    "  s.shot:setSample(4, 1, 1 / 1024)\n"
    "  local wave = {}\n"
    "  for i = 1, 4801 do wave[i] = i / 65536 end\n"
    "  s.wave = ctx:createBuffer(4, 4801, 48000)\n"
    "  s.wave:copyToChannel(wave, 3)\n"
    "  s.steady = ctx:createBufferSource { buffer = s.wave, loop = true }\n"
    "  s.steady:connect(ctx.destination)\n"
    "  s.steady:start()\n"
    "  s.wave:setSample(1, 1, 0) s.noise:setSample(1, 1, 0)\n" /* which makes new samples: the loops keep the old */
    "  return s\n"
    "end)\n"
    "local tap = ctx:createTap(scene.gain, { blockSize = 512, blocks = 4 })\n" /* one for each version */
    "local loop = scene.sound:play { loop = true, volume = .1 }\n"
    "local node = ctx:createBufferSource { buffer = scene.noise, loop = true }\n"
    "node:connect(scene.gain)\n"
    "node.onended = function() end\n"
    "node:start()\n"
    "scene.loop.volume = .5\n"
    "function soak_frame()\n"
    "  scene.frames = scene.frames + 1\n"
    "  for _, from in ipairs { scene.tap, tap } do\n"
    "    for block in from.receive, from do\n"
    "      scene.peak = math.max(scene.peak, block:peak())\n"
    "      block:release()\n"
    "    end\n"
    "  end\n"
    "  if scene.frames % 20 == 0 then loop.pitch, node.playbackRate.value = .5 + math.random(), math.random() end\n"
    "  game.frame(scene)\n"
    "end\n";

/* Ends of a version; %d is a number that no other save has. */
static const char *const good[] = {
    "",
    "-- a comment %d",
    "local more = perilune.persist('more', { 1, 2, %d })",
    "scene.sound:play { volume = .1, duration = .1 } scene.shots = scene.shots + 1\n"
    "local s = ctx:createBufferSource { buffer = scene.shot } s:connect(ctx.destination) s:start()",
    "local unused = ctx:createGain() unused:connect(ctx.destination) scene.gain:connect(unused) scene.gain:disconnect("
    "unused)",
    "perilune.onReload(function(old) assert(old.ctx and old.perilune) end)",
    "perilune.onError(function(message) io.stderr:write(message, '\\n') end)",
    "scene.loop.pan, scene.loop.volume = math.random(), .25 scene.loop.filter = { type = 'highpass', frequency = 300 }",
    "local offline = perilune.newOfflineContext { length = 480 } offline:startRendering()",
    "local big = {} for i = 1, 200 do big[i] = { i } end",
    "assert(require 'soak_extra_%d' == 'extra')",
};

static const char *const broken[] = {
    "this is no Lua",
    "error 'on purpose'",
    "scene.loud:play() scene.loud:play { at = perilune.now() + .05, loop = true } error 'after it played'",
    "for i = 1, 200 do scene.loud:play { onended = function() scene.doubled = 1 end } end error 'after it played many'",
    "scene.loop.volume, scene.loop.pan, scene.loop.pitch = 1e6, 1, 2 error 'after it set'",
    "scene.steady:stop() scene.loop:stop() scene.fileLoop:stop() scene.sound:stop() error 'after it stopped'",
    "scene.gain.gain:cancelScheduledValues(0) scene.gain.gain.value = 1e6 error 'after it scheduled'",
    "scene.steady:disconnect() scene.steady:connect(scene.gain) scene.tap:close() error 'after it connected'",
    "scene.wave:setSample(3, 5, 1000) scene.wave:copyToChannel({ 1000, 1000 }, 3, 100) scene.noise:setSample(1, 1, "
    "1e6)\n"
    "error 'after it wrote'",
    "scene.shots, scene.asked, scene.told, scene.waiting = -1, 0, 0, {} setmetatable(scene, {}) soak_frame = nil "
    "error()",
    "scene.loop.onended = error scene.loop.paused = true scene.steady.onended = error error 'after it registered'",
    "local s = ctx:createBufferSource { buffer = scene.loud.buffer, loop = true } s:connect(scene.gain) s:start()\n"
    "s.onended = function() scene.doubled = 1 end error 'after it started'",
    "perilune.onError(error) perilune.files(function() error 'files' end) perilune.seed(%d) error { 'a table' }",
    "perilune.loadAsync(scene.path, function() scene.doubled = 1 end) error 'after it loaded'",
    "require 'soak_missing_%d'",
    "require 'soak_fresh_%d' error 'after it required'",
    "local own = perilune.newContext { device = 'null' } own:createGain():connect(own.destination) error 'in a "
    "context'",
    "local t = ctx:createTap(scene.gain) for i = 1, 50 do ctx:createGain():connect(scene.gain) end error 'in nodes'",
    "local function deeper() return (string.gsub('x', 'x', deeper)) end deeper()",
    "coroutine.yield()",
    "perilune.onReload(function() scene.loud:play() error 'in onReload' end)",
};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

typedef enum { SCRIPT, MODULE, SOUND, KINDS } kind;
static const char *const names[KINDS] = {"soak.lua", "soak_game.lua", "soak.wav"};

/* ---- What is watched -------------------------------------------------------------------------------------------- */

typedef enum {
  LUA_KILOBYTES,
  REGISTRY_ENTRIES,
  BUFFERS,
  BUFFER_BYTES,
  SOURCE_BYTES,
  COMMAND_BYTES,
  NODES,
  DESCRIPTORS,
  FIGURES
} figure;

static const struct {
  const char *name;
  double slack; /* what may come and go: callbacks, sounds under way, samples that a loop still has */
} figures[FIGURES] = {
    {"Lua's memory (KiB)", 48},  {"registry entries", 12},      {"buffers", 1}, {"bytes of buffers", 300000},
    {"bytes of sources", 65536}, {"bytes of commands", 131072}, {"nodes", 12},  {"descriptors", 0},
};

typedef struct soak {
  const char *folder;
  double seconds;
  peri_engine *engine;
  lua_State *L;
  uint32_t random;
  int version, written, extras;         /* numbers: of a save, of a module, modules of good versions that are there */
  uint64_t saves[KINDS][2];             /* broken, good */
  double first[FIGURES], last[FIGURES]; /* least in the first quarter, and in the last */

  atomic_bool over;
  /* The renderer's findings, for when it has been joined. */
  uint64_t place, frames, gaps, shots;
  float loudest;
} soak;

static double now(void) { return (double)peri__nanoseconds() * 1e-9; }

static uint32_t pick(soak *s, uint32_t count) {
  s->random = s->random * 1664525u + 1013904223u;
  return (s->random >> 8) % count;
}

/* The loop begins somewhere; from there on each sample of it is known. */
static void listen(soak *s, const float *out) {
  for (const float *frame = out; frame < out + BLOCK * CHANNELS; frame += CHANNELS, s->frames++) {
    if (s->place > 0 || frame[2] != 0.0f) {
      if (frame[2] != (float)(s->place % STEADY + 1) / 65536.0f) s->gaps++;
      s->place++;
    }
    s->shots += (uint64_t)lrintf(frame[3] / SHOT);
    for (int c = 0; c < CHANNELS; c++) s->loudest = fmaxf(s->loudest, fabsf(frame[c]));
  }
}

static void render(void *user) {
  soak *s = user;
  static float out[BLOCK * CHANNELS];
  uint64_t next = peri__nanoseconds(), step = BLOCK * 1000000000ull / 48000;
  while (!atomic_load(&s->over)) {
    peri_engine_render(s->engine, out, BLOCK);
    listen(s, out);
    next += step;
    uint64_t at = peri__nanoseconds();
    if (at > next + 10 * step) next = at; /* too late to make up for it */
    peri__sleep_until(next);
  }
}

/* ---- The script's thread ---------------------------------------------------------------------------------------- */

static void run(lua_State *L, const char *script) {
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  lua_settop(L, 0);
}

static double number(lua_State *L, const char *expression) {
  lua_pushfstring(L, "return %s", expression);
  if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  double value = lua_tonumber(L, -1);
  lua_settop(L, 0);
  return value;
}

static void write_file(const soak *s, const char *name, const void *bytes, size_t size) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", s->folder, name);
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL);
  CHECK(fwrite(bytes, 1, size, file) == size);
  CHECK(fclose(file) == 0);
}

/* Mono, 8 bits: all samples are version % 20 + 1 of 128. */
static void write_sound(const soak *s, bool well) {
  unsigned char wav[44 + 4000] = "RIFF....WAVEfmt \20\0\0\0\1\0\1\0\x80\xbb\0\0\x80\xbb\0\0\1\0\10\0data";
  uint32_t bytes = 1000 + 100 * ((uint32_t)s->version % 30);
  memcpy(wav + 4, &(uint32_t){36 + bytes}, 4);
  memcpy(wav + 40, &bytes, 4);
  memset(wav + 44, 129 + s->version % 20, bytes);
  write_file(s, names[SOUND], wav, well ? 44 + bytes : 12 + (uint32_t)s->version % 20);
}

/* Of a good version with a module of its own: the same few, as nothing forgets a module. */
static void write_required(soak *s, const char *tail, int number) {
  char name[40];
  bool extra = strstr(tail, "soak_extra") != NULL;
  if (!extra && !strstr(tail, "soak_fresh")) return;
  if (extra && s->extras & 1 << number) return;
  if (extra) s->extras |= 1 << number;
  snprintf(name, sizeof name, "%s_%d.lua", extra ? "soak_extra" : "soak_fresh", number);
  write_file(s, name, "return 'extra'", 14);
}

static void write_script(soak *s, kind what, bool well) {
  static char text[8192];
  char tail[512];
  const char *form = s->version == 0 ? "" : well ? good[pick(s, COUNT(good))] : broken[pick(s, COUNT(broken))];
  int number = strstr(form, "soak_extra") ? (int)pick(s, EXTRAS) : ++s->written;
  snprintf(tail, sizeof tail, form, number);
  write_required(s, tail, number);
  if (what == MODULE) {
    snprintf(text, sizeof text, "%slocal scene = perilune.persist('scene', {})\n%s\nM.version = %d\nreturn M\n",
             module_beginning, tail, s->version);
  } else {
    snprintf(text, sizeof text, "%s%s\nsoak_version = %d\n", script_beginning, tail, s->version);
  }
  if (what == MODULE && s->version == 0) snprintf(text, sizeof text, "%sM.version = 0\nreturn M\n", module_beginning);
  write_file(s, names[what], text, strlen(text));
}

static const char *const arrived[KINDS] = {"soak_version", "require('soak_game').version",
                                           "soak_scene().file.buffer:getSample(1, 1) * 128"};

static bool is_taken(const soak *s, kind what) {
  return number(s->L, arrived[what]) == (what == SOUND ? s->version % 20 + 1 : s->version);
}

static void spend(soak *s, double seconds) {
  CHECK(peri_lua_update(s->L));
  run(s->L, "soak_frame()");
  peri__sleep_until(peri__nanoseconds() + (uint64_t)(seconds * 1e9));
}

/* Saves a file, and goes on until it is taken or refused. */
static void save_one(soak *s) {
  static const kind kinds[] = {SCRIPT, SCRIPT, SCRIPT, MODULE, MODULE, SOUND};
  kind what = kinds[pick(s, COUNT(kinds))];
  bool well = pick(s, 2);
  double errors = number(s->L, "soak_errors"), patience = now() + PATIENCE;
  s->version++;
  if (what == SOUND)
    write_sound(s, well);
  else
    write_script(s, what, well);
  while (well ? !is_taken(s, what) : number(s->L, "soak_errors") == errors) {
    spend(s, 0.004);
    if (now() < patience) continue;
    lua_getglobal(s->L, "soak_last");
    fail_msg("version %d of %s was not %s; the last error is: %s", s->version, names[what], well ? "taken" : "refused",
             lua_tostring(s->L, -1));
  }
  s->saves[what][well]++;
}

static int open_descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder && readdir(folder)) count++;
  if (folder) closedir(folder);
  return count;
}

static int registry_entries(lua_State *L) {
  int count = 0;
  for (lua_pushnil(L); lua_next(L, LUA_REGISTRYINDEX); lua_pop(L, 1)) count++;
  return count;
}

/* `progress` is the part of the time that has passed. */
static void measure(soak *s, double progress) {
  double seen[FIGURES];
  lua_gc(s->L, LUA_GCCOLLECT, 0);
  lua_gc(s->L, LUA_GCCOLLECT, 0);
  CHECK(peri_lua_update(s->L));
  lua_gc(s->L, LUA_GCCOLLECT, 0);
  peri_stats stats = {.size = sizeof stats};
  CHECK(peri_engine_stats(s->engine, &stats));
  seen[LUA_KILOBYTES] = lua_gc(s->L, LUA_GCCOUNT, 0);
  seen[REGISTRY_ENTRIES] = registry_entries(s->L);
  seen[BUFFERS] = peri_buffers_alive();
  seen[BUFFER_BYTES] = (double)peri_buffer_bytes_alive();
  seen[SOURCE_BYTES] = (double)stats.source_bytes;
  seen[COMMAND_BYTES] = (double)stats.command_bytes;
  seen[NODES] = stats.nodes;
  seen[DESCRIPTORS] = open_descriptors();
  for (int f = 0; f < FIGURES; f++) {
    if (progress < 0.25) s->first[f] = s->first[f] > 0 ? fmin(s->first[f], seen[f]) : seen[f];
    if (progress >= 0.75) s->last[f] = s->last[f] > 0 ? fmin(s->last[f], seen[f]) : seen[f];
  }
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static void open_soak(soak *s) {
  const char *wanted = getenv("PERILUNE_SOAK");
  peri_engine_def def = peri_default_engine_def();
  def.channels = CHANNELS;
  *s = (soak){.folder = test_path("soak"), .seconds = wanted ? atof(wanted) : SECONDS, .random = 1};
  const char *seed = getenv("PERILUNE_SEED");
  s->random = seed ? (uint32_t)strtoul(seed, NULL, 10) : (uint32_t)peri__nanoseconds();
  printf("PERILUNE_SEED=%u saves the same in the same order\n", s->random);
  CHECK_EQ(mkdir(s->folder, 0700), 0);
  s->engine = peri_engine_create(&def);
  s->L = luaL_newstate();
  CHECK(s->engine && s->L);
  luaL_openlibs(s->L);
  CHECK(peri_lua_attach(s->L, s->engine));
  write_sound(s, true);
  write_script(s, SCRIPT, true);
  write_script(s, MODULE, true);
  lua_pushstring(s->L, s->folder);
  lua_setglobal(s->L, "soak_folder");
  run(s->L, "local perilune, reload = require 'perilune', require 'perilune.reload'\n"
            "package.path = soak_folder .. '/?.lua'\n"
            "soak_errors, soak_last = 0, ''\n"
            "reload.report(function(kind, text)\n" /* an error that is there still is told again */
            "  if kind == 'reloaded' then soak_again = reload.error and not text:find 'the error is gone'\n"
            "  elseif soak_again then soak_again = false\n"
            "  else soak_errors, soak_last = soak_errors + 1, text end\n"
            "end)\n"
            "function soak_scene() return perilune.persist('scene', {}) end\n"
            "reload.run(soak_folder .. '/soak.lua')");
}

static void close_soak(soak *s) {
  lua_close(s->L);
  peri_engine_destroy(s->engine);
}

static void show(const soak *s) {
  uint64_t saves = 0;
  for (int k = 0; k < KINDS; k++) saves += s->saves[k][0] + s->saves[k][1];
  printf("soak of %.0f s, %llu saves, %llu frames, %.0f callbacks, %llu shots\n", s->seconds, (unsigned long long)saves,
         (unsigned long long)s->frames, number(s->L, "soak_scene().told"), (unsigned long long)s->shots);
  for (int k = 0; k < KINDS; k++) {
    printf("  %-20s %llu taken, %llu refused\n", names[k], (unsigned long long)s->saves[k][1],
           (unsigned long long)s->saves[k][0]);
  }
  for (int f = 0; f < FIGURES; f++) {
    printf("  %-20s %.0f at least in the first quarter, %.0f at least in the last\n", figures[f].name, s->first[f],
           s->last[f]);
  }
}

/* The first version's: what plays plays on. */
static void check_survivors(const soak *s) {
  CHECK_EQ(number(s->L, "soak_scene().loop.playing and soak_scene().fileLoop.playing and 1 or 0"), 1);
  CHECK_EQ(s->gaps, 0);
  CHECK(s->place > 0);
  CHECK(s->loudest < LOUD);
  CHECK(number(s->L, "soak_scene().peak") > 0);
}

static void check_callbacks(const soak *s) {
  CHECK_EQ(number(s->L, "soak_scene().doubled"), 0);
  CHECK_EQ(number(s->L, "soak_scene().told"), number(s->L, "soak_scene().asked"));
  CHECK_EQ(s->shots, number(s->L, "soak_scene().shots"));
}

TEST(a_soak_of_reloads_loses_nothing_and_memory_stays_flat) {
  static soak s;
  uint64_t memory = peri__memory_bytes(), buffer_bytes = peri_buffer_bytes_alive();
  peri__thread renderer;
  open_soak(&s);
  CHECK(peri__thread_start(&renderer, "renderer", render, &s));
  double warm = now() + fmin(0.2 * s.seconds, 20), next = now(), begin = 0, measured = 0;
  while (begin == 0 || now() < begin + s.seconds) {
    double at = now();
    if (begin == 0 && at >= warm) begin = measured = at;
    if (begin > 0 && at >= measured) {
      measure(&s, (at - begin) / s.seconds);
      measured = at + s.seconds / 40;
    }
    if (at >= next) {
      next = fmax(next + PACE, at);
      save_one(&s);
    }
    spend(&s, 0.004);
  }
  for (double patience = now() + PATIENCE; now() < patience && number(s.L, "next(soak_scene().waiting) and 1 or 0");) {
    CHECK(peri_lua_update(s.L));
    peri__sleep_until(peri__nanoseconds() + 4000000);
  }
  atomic_store(&s.over, true);
  peri__thread_join(renderer);
  if (getenv("PERILUNE_SOAK")) show(&s);
  check_survivors(&s);
  check_callbacks(&s);
  for (int f = 0; f < FIGURES; f++) {
    if (s.last[f] > s.first[f] + figures[f].slack)
      fail_msg("%s: %.0f at least in the first quarter, %.0f at least in the last", figures[f].name, s.first[f],
               s.last[f]);
  }
  close_soak(&s);
  CHECK_EQ(peri_buffer_bytes_alive(), buffer_bytes);
  CHECK_EQ(peri__memory_bytes(), memory);
}
