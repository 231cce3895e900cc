/* The game layer: Sound, what can be played. Each play makes one Source (playing.c) and nothing else. */
#include "playing.h"
#include "reloader.h"
#include "trial.h"
#include "voice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct sound {
  peri__lua_head head;
  peri__lua_context *context; /* a reference; NULL once finalised, with the arrays */
  peri_buffer **takes;        /* owned; a play picks one at random */
  peri_node *played;          /* for stop: what was played and may sound, ended ones among them */
  uint32_t take_count, played_count, played_capacity;
  float volume[2], pitch[2]; /* low and high end of a random factor */
} sound;

/* ---- Random picks ----------------------------------------------------------------------------------------------- */

/* SplitMix64, in [0, 1). */
static double next_random(peri__lua *state) {
  uint64_t z = state->random += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

int peri__lua_seed(lua_State *L) {
  peri__lua_arguments(L, 1);
  double seed = peri__lua_number(L, 1, NULL);
  memcpy(&peri__lua_state(L)->random, &seed, sizeof seed);
  return 0;
}

static float pick(peri__lua *state, const float range[2]) {
  if (range[0] == range[1]) return range[0];
  return range[0] + (float)((range[1] - range[0]) * next_random(state));
}

/* ---- Making and freeing ----------------------------------------------------------------------------------------- */

static void read_range(lua_State *L, int low, const char *name, float range[2]) {
  range[0] = peri__lua_float(L, low, name);
  range[1] = peri__lua_float(L, low + 1, name);
}

/* newSound(buffers, volumeLow, volumeHigh, pitchLow, pitchHigh) for the Lua half, which has checked the ranges. */
int peri__lua_new_sound(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri__lua_context *context = peri__lua_context_default(L, state);
  peri__lua_engine(L, context);
  luaL_checktype(L, 1, LUA_TTABLE);
  sound *self = peri__lua_new(L, state, &peri__lua_sound_type, 0);
  read_range(L, 2, "volume", self->volume);
  read_range(L, 4, "pitch", self->pitch);
  uint32_t count = (uint32_t)lua_rawlen(L, 1);
  self->takes = (peri_buffer **)peri__lua_own_memory(L, state, calloc(count, sizeof *self->takes));
  peri__lua_context_retain(context);
  self->context = context;
  for (uint32_t i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (int)i + 1);
    peri_buffer *buffer = peri__lua_check_buffer(L, -1, "buffer");
    self->takes[i] = peri__lua_own_buffer(L, state, peri_buffer_retain(buffer));
    self->take_count++;
    lua_pop(L, 1);
  }
  return 1;
}

static int collect(lua_State *L) {
  sound *self = peri__lua_test(L, 1, &peri__lua_sound_type);
  if (!self || !self->context) return 0;
  peri__lua *state = peri__lua_state(L);
  for (uint32_t i = 0; i < self->take_count; i++) peri__lua_disown(state, self->takes[i]);
  peri__lua_disown(state, (void *)self->takes);
  peri__lua_disown(state, self->played);
  peri__lua_context *context = self->context;
  self->context = NULL;
  peri__lua_context_release(L, context);
  return 0;
}

static sound *check_sound(lua_State *L) {
  sound *self = peri__lua_self(L, &peri__lua_sound_type);
  if (!self->context) peri__lua_fail(L, "the Sound was released");
  return self;
}

/* ---- Playing ---------------------------------------------------------------------------------------------------- */

static const char *const option_names[] = {
    "volume",    "pitch",   "pan",    "at",     "offset",        "duration", "loop",
    "loopStart", "loopEnd", "fadeIn", "filter", "interpolation", "onended",  NULL,
};
enum { VOLUME, PITCH, PAN, AT, OFFSET, DURATION, LOOP, LOOP_START, LOOP_END, FADE_IN, FILTER, INTERPOLATION, ON_ENDED };
_Static_assert(sizeof option_names / sizeof *option_names == PERI_LUA_PLAY_OPTIONS + 1, "one place for each option");

/* Lua has each short string once, so that an option is known by the address of its name. */
void peri__lua_intern_options(lua_State *L, peri__lua *state) {
  lua_createtable(L, PERI_LUA_PLAY_OPTIONS, 0);
  for (int i = 0; i < PERI_LUA_PLAY_OPTIONS; i++) {
    lua_pushstring(L, option_names[i]);
    state->play_options[i] = lua_tostring(L, -1);
    lua_rawseti(L, -2, i + 1);
  }
  luaL_ref(L, LUA_REGISTRYINDEX);
}

static int find_option(lua_State *L, const peri__lua *state, int key) {
  const char *name = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key) : NULL;
  for (int i = 0; i < PERI_LUA_PLAY_OPTIONS; i++) {
    if (name == state->play_options[i]) return i;
  }
  return peri__lua_option(L, key, option_names);
}

/* `value` is the place of the option's value. */
static void read_option(lua_State *L, peri_source_def *def, int option, int value) {
  const char *name = option_names[option];
  switch (option) {
  case VOLUME: def->volume *= peri__lua_volume(L, value, name); break;
  case PITCH: def->playback_rate *= peri__lua_pitch(L, value, name); break;
  case PAN: def->pan = (float)peri__lua_range(L, value, name, -1, 1); break;
  case AT: def->at = peri__lua_time(L, value, name); break;
  case OFFSET: def->offset = peri__lua_time(L, value, name); break;
  case DURATION: def->duration = peri__lua_time(L, value, name); break;
  case LOOP: def->loop = peri__lua_boolean(L, value, name); break;
  case LOOP_START: def->loop_start = peri__lua_time(L, value, name); break;
  case LOOP_END: def->loop_end = peri__lua_time(L, value, name); break;
  case FADE_IN: def->fade_in = peri__lua_time(L, value, name); break;
  case FILTER: def->filter = peri__lua_filter(L, value, name); break;
  case INTERPOLATION: def->interpolation = peri__lua_interpolation(L, value, name); break;
  case ON_ENDED:
    peri__lua_function(L, value, name);
    def->notify = true;
    break;
  default: break;
  }
}

/* Loop points that the script left out (NaN) come from the file, where they make a loop with those it gave; the rest is
 * the beginning and the end of the sound. An end of 0 is its end, which the engine knows only beside a start of 0. The
 * file's are `start` and `end`, 0 and 0 where it names none. */
static void complete_loop(double start, double end, peri_source_def *def) {
  bool to_end = isnan(def->loop_end) || def->loop_end == 0;
  if (isnan(def->loop_start)) def->loop_start = to_end || start < def->loop_end ? start : 0;
  if (isnan(def->loop_end)) def->loop_end = def->loop_start < end ? end : 0;
  if (def->loop_end == 0 && def->loop_start > 0) def->loop_end = peri_buffer_duration(def->buffer);
}

static void read_options(lua_State *L, const peri__lua *state, peri_source_def *def) {
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    int value = lua_gettop(L);
    read_option(L, def, find_option(L, state, value - 1), value);
  }
}

/* play(volume, pitch, pan), each of them a number or nil. */
static void read_numbers(lua_State *L, peri_source_def *def) {
  int type = lua_type(L, 2), count = lua_gettop(L);
  if (type != LUA_TNUMBER && type != LUA_TNIL) peri__lua_bad(L, 2, NULL, "table or number");
  if (count > 4) peri__lua_arguments(L, 4);
  if (type == LUA_TNUMBER) def->volume *= peri__lua_volume(L, 2, NULL);
  if (count > 2 && !lua_isnil(L, 3)) def->playback_rate *= peri__lua_pitch(L, 3, NULL);
  if (count > 3 && !lua_isnil(L, 4)) def->pan = (float)peri__lua_range(L, 4, NULL, -1, 1);
}

static void read_arguments(lua_State *L, const peri__lua *state, peri_source_def *def) {
  if (lua_istable(L, 2)) {
    const double start = def->loop_start, end = def->loop_end;
    peri__lua_arguments(L, 2);
    def->loop_start = def->loop_end = NAN;
    read_options(L, state, def);
    complete_loop(start, end, def);
  } else {
    read_numbers(L, def);
  }
  if (!isfinite(def->volume) || !isfinite(def->playback_rate)) peri__lua_fail(L, "volume or pitch is too large");
}

/* Room for one more; sources that are gone make it. */
static void reserve_played(lua_State *L, sound *self, peri_engine *engine) {
  if (self->played_count < self->played_capacity) return;
  self->played_count = peri_sources_keep(engine, self->played, self->played_count);
  if (self->played_capacity > 0 && self->played_count <= self->played_capacity / 2) return;
  uint32_t capacity = self->played_capacity ? self->played_capacity * 2 : 8;
  peri__lua *state = peri__lua_state(L);
  peri_node *played = peri__lua_own_memory(L, state, malloc(capacity * sizeof *played));
  if (self->played_count) memcpy(played, self->played, self->played_count * sizeof *played);
  peri__lua_disown(state, self->played);
  self->played = played;
  self->played_capacity = capacity;
}

static int play(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  sound *self = check_sound(L);
  peri__lua_engine(L, self->context);
  peri_source_def def = peri_default_source_def();
  def.panned = def.whole_frames = true;
  def.owner = self->context->owner;
  def.volume = pick(state, self->volume);
  def.playback_rate = pick(state, self->pitch);
  uint32_t which = self->take_count == 1 ? 0 : (uint32_t)(next_random(state) * self->take_count);
  def.buffer = self->takes[which];
  peri_buffer_get_loop(def.buffer, &def.loop_start, &def.loop_end); /* each time: the file may have been reloaded */
  if (lua_gettop(L) > 1) read_arguments(L, state, &def);
  peri_node *id = peri__lua_new_playing(L, state, &def);
  /* Only now: making the handle may have collected, and a script's finaliser played or closed the context. */
  peri_engine *engine = peri__lua_engine(L, self->context);
  reserve_played(L, self, engine);
  peri__lua_trial_reserve(L, state);
  *id = peri_source_play(engine, &def, self->context->destination);
  if (!*id) peri__lua_fail_engine(L);
  self->played[self->played_count++] = *id;
  int handle = lua_gettop(L);
  peri__lua_trial_played(state, self->context, *id);
  if (def.loop) peri__lua_note_loop(L, state, handle, 1, self->context, *id);
  if (def.notify) {
    lua_getfield(L, 2, option_names[ON_ENDED]);
    peri__lua_set_callback(L, self->context, peri__lua_source_key(*id), lua_gettop(L));
    lua_pop(L, 1);
  }
  return 1;
}

/* In a trial: what was played until now is stopped when it has succeeded, and not what the trial plays after this. */
static int stop_later(lua_State *L, peri__lua *state, sound *self, double fade) {
  sound *later = peri__lua_new(L, state, &peri__lua_sound_type, 0);
  later->played = peri__lua_own_memory(L, state, malloc((self->played_count + 1) * sizeof *later->played));
  memcpy(later->played, self->played, self->played_count * sizeof *later->played);
  later->played_count = later->played_capacity = self->played_count;
  peri__lua_context_retain(self->context);
  later->context = self->context;
  lua_getfield(L, 1, "stop");
  lua_insert(L, -2);
  lua_pushnumber(L, fade);
  peri__lua_hold(L, state, 2);
  return 0;
}

static int stop(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  sound *self = check_sound(L);
  peri__lua_arguments(L, 2);
  peri_engine *engine = peri__lua_engine(L, self->context);
  double fade = lua_isnil(L, 2) ? 0 : peri__lua_time(L, 2, NULL);
  if (state->trial) return stop_later(L, state, self, fade);
  peri_engine_begin(engine);
  for (uint32_t i = 0; i < self->played_count; i++) {
    peri_source_fade_out(engine, self->played[i], fmax(fade, PERI_LUA_DEZIPPER), 0);
  }
  self->played_count = 0;
  if (!peri_engine_commit(engine)) peri__lua_fail_engine(L);
  return 0;
}

/* ---- Properties: of the first buffer ---------------------------------------------------------------------------- */

static void get_buffer(lua_State *L, peri__lua *state, void *self) {
  const sound *s = self;
  if (!s->context) peri__lua_fail(L, "the Sound was released");
  peri__lua_push_buffer(L, state, peri_buffer_retain(s->takes[0]));
}

static void get_duration(lua_State *L, peri__lua *state, void *self) {
  const sound *s = self;
  (void)state;
  if (!s->context) peri__lua_fail(L, "the Sound was released");
  lua_pushnumber(L, peri_buffer_duration(s->takes[0]));
}

static const peri__lua_property properties[] = {
    {"buffer", get_buffer, NULL},
    {"duration", get_duration, NULL},
    {NULL, NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"play", play},
    {"stop", stop},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_sound_type = {
    .name = "Sound",
    .methods = methods,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(sound),
    .id = PERI_LUA_SOUND,
    .node_kind = PERI_LUA_NO_NODE,
};
