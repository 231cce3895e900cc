/* The game layer's Source. One that has ended ignores writes and calls, and keeps its last values.
 *
 * Its handle is as small as can be and has no finaliser: a source that was started needs none, the handle leads to its
 * context by way of the state's record, and what few sources have stands elsewhere, in a table of weak keys. One that
 * is paused has a finaliser there: without its handle nobody could let it go on. */
#include "playing.h"
#include "reloader.h"
#include "trial.h"
#include "voice.h"

#include <math.h>

typedef struct playing {
  peri__lua_head head;
  peri_node id;
  double duration; /* of the sound */
  float volume, pitch, pan;
  bool loop;
} playing;

/* Zeros where there is none. */
typedef struct extras {
  void *zero[2];               /* for LÖVE, as in a handle's head */
  double at;                   /* its start, on the engine's clock */
  double time;                 /* the playhead when it was last read; at first its offset */
  double loop_start, loop_end; /* an end of 0 is the sound's */
  peri_filter filter;
  peri_interpolation interpolation;
  peri_node paused; /* its id, while it is */
} extras;

float peri__lua_volume(lua_State *L, int index, const char *name) {
  float volume = peri__lua_float(L, index, name);
  if (volume < 0) peri__lua_bad(L, index, name, "number of at least 0");
  return volume;
}

float peri__lua_pitch(lua_State *L, int index, const char *name) {
  float pitch = peri__lua_float(L, index, name);
  if (!(pitch > 0)) peri__lua_bad(L, index, name, "number above 0");
  return pitch;
}

/* Those of the handle at `index`, made if there are none. */
static extras *extras_of(lua_State *L, peri__lua *state, int index) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->extras);
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  extras *found = lua_touserdata(L, -1);
  if (!found) {
    lua_pop(L, 1);
    lua_pushvalue(L, index);
    found = lua_newuserdatauv(L, sizeof *found, 0);
    *found = (extras){0};
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return found;
  }
  lua_pop(L, 2);
  return found;
}

/* The same to read, of the handle whose property is asked for. */
static extras read_extras(lua_State *L, peri__lua *state) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->extras);
  lua_pushvalue(L, 1);
  lua_rawget(L, -2);
  const extras *found = lua_touserdata(L, -1);
  extras result = found ? *found : (extras){0};
  lua_pop(L, 2);
  return result;
}

peri_node *peri__lua_new_playing(lua_State *L, peri__lua *state, const peri_source_def *def) {
  playing *source = peri__lua_new(L, state, &peri__lua_source_type, 0);
  source->duration = peri_buffer_duration(def->buffer);
  source->loop = def->loop;
  source->volume = def->volume;
  source->pitch = def->playback_rate;
  source->pan = def->pan;
  bool timed = def->at > 0 || def->offset > 0 || def->loop_start > 0 || def->loop_end > 0;
  if (timed || def->filter.type != PERI_FILTER_NONE || def->interpolation != PERI_INTERPOLATION_DEFAULT)
    *extras_of(L, state, lua_gettop(L)) =
        (extras){{0}, def->at, def->offset, def->loop_start, def->loop_end, def->filter, def->interpolation, 0};
  return &source->id;
}

/* The engine of a Source that has not ended; else NULL. */
static peri_engine *live(const peri__lua *state, const playing *source) {
  const peri__lua_context *context = state->context;
  if (!context || context->closed) return NULL;
  return peri_node_is_valid(context->engine, source->id) ? context->engine : NULL;
}

/* Whether a change took place. It does not when the Source ended meanwhile; any other failure raises. */
static bool changed(lua_State *L, const peri__lua *state, const playing *source, bool well) {
  if (!well && live(state, source)) peri__lua_fail_engine(L);
  return well;
}

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static void get_volume(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)((const playing *)self)->volume);
}

static void set_volume(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  float volume = peri__lua_volume(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (engine && changed(L, state, source, peri_source_set_volume(engine, source->id, volume, PERI_LUA_DEZIPPER)))
    source->volume = volume;
}

static void get_pitch(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)((const playing *)self)->pitch);
}

static void set_pitch(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  float pitch = peri__lua_pitch(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (engine && changed(L, state, source, peri_param_set_value(engine, source->id, PERI_SOURCE_PLAYBACK_RATE, pitch)))
    source->pitch = pitch;
}

static void get_pan(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)((const playing *)self)->pan);
}

static void set_pan(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  float pan = (float)peri__lua_range(L, value, name, -1, 1);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (engine && changed(L, state, source, peri_source_set_pan(engine, source->id, pan, PERI_LUA_DEZIPPER)))
    source->pan = pan;
}

static void get_loop(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushboolean(L, ((const playing *)self)->loop);
}

static void set_loop(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  bool loop = peri__lua_boolean(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (!engine || !changed(L, state, source, peri_source_set_loop(engine, source->id, loop))) return;
  source->loop = loop;
  if (loop) peri__lua_note_loop(L, state, 1, 0, state->context, source->id);
}

static void set_loop_points(lua_State *L, peri__lua *state, const playing *source, double start, double end) {
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (end == 0 && start > 0) end = source->duration; /* which the engine takes 0 for only beside a start of 0 */
  if (!engine || !changed(L, state, source, peri_source_set_loop_points(engine, source->id, start, end))) return;
  extras *more = extras_of(L, state, 1);
  more->loop_start = start;
  more->loop_end = end;
}

static void get_loop_start(lua_State *L, peri__lua *state, void *self) {
  (void)self;
  lua_pushnumber(L, read_extras(L, state).loop_start);
}

static void set_loop_start(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  set_loop_points(L, state, self, peri__lua_time(L, value, name), read_extras(L, state).loop_end);
}

/* 0 means the end of the sound, and reads so. */
static void get_loop_end(lua_State *L, peri__lua *state, void *self) {
  double end = read_extras(L, state).loop_end;
  lua_pushnumber(L, end > 0 ? end : ((const playing *)self)->duration);
}

static void set_loop_end(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  set_loop_points(L, state, self, read_extras(L, state).loop_start, peri__lua_time(L, value, name));
}

static void get_time(lua_State *L, peri__lua *state, void *self) {
  const playing *source = self;
  peri_engine *engine = live(state, source);
  double time;
  if (engine && peri_source_get_position(engine, source->id, &time))
    extras_of(L, state, 1)->time = time;
  else
    time = read_extras(L, state).time;
  lua_pushnumber(L, time);
}

static void get_duration(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, ((const playing *)self)->duration);
}

/* One that starts at once plays from the call on, not only from the quantum that it waits for. */
static peri_source_state state_of(lua_State *L, peri__lua *state, const playing *source) {
  peri_engine *engine = live(state, source);
  if (!engine) return PERI_SOURCE_GONE;
  peri_source_state now = peri_source_get_state(engine, source->id);
  return now == PERI_SOURCE_SCHEDULED && read_extras(L, state).at <= peri_engine_time(engine) ? PERI_SOURCE_PLAYING
                                                                                              : now;
}

static void get_state(lua_State *L, peri__lua *state, void *self) {
  static const char *const names[] = {"ended", "scheduled", "scheduled", "playing",
                                      "paused"}; /* by peri_source_state */
  lua_pushstring(L, names[state_of(L, state, self)]);
}

static void get_playing(lua_State *L, peri__lua *state, void *self) {
  lua_pushboolean(L, state_of(L, state, self) == PERI_SOURCE_PLAYING);
}

/* A copy, or nil: what is changed in it changes nothing until it is assigned. */
static void get_filter(lua_State *L, peri__lua *state, void *self) {
  (void)self;
  peri_filter filter = read_extras(L, state).filter;
  peri__lua_push_filter(L, &filter);
}

static void set_filter(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const playing *source = self;
  peri_filter filter = peri__lua_filter(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (!engine) return;
  if (changed(L, state, source, peri_source_set_filter(engine, source->id, &filter, PERI_LUA_FILTER_MOVES)))
    extras_of(L, state, 1)->filter = filter;
}

static void get_interpolation(lua_State *L, peri__lua *state, void *self) {
  (void)self;
  peri__lua_push_interpolation(L, read_extras(L, state).interpolation);
}

static void set_interpolation(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const playing *source = self;
  peri_interpolation way = peri__lua_interpolation(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (engine && changed(L, state, source, peri_source_set_interpolation(engine, source->id, way)))
    extras_of(L, state, 1)->interpolation = way;
}

/* The wish, as long as it lives. */
static void get_paused(lua_State *L, peri__lua *state, void *self) {
  lua_pushboolean(L, state_of(L, state, self) == PERI_SOURCE_PAUSED);
}

static int collect_extras(lua_State *L) {
  const peri__lua *state = peri__lua_state(L);
  const extras *more = lua_touserdata(L, 1);
  if (more->paused && state->context && !state->context->closed)
    peri_source_stop(state->context->engine, more->paused, 0);
  return 0;
}

/* Those of the handle at index 1, with a finaliser from now on. */
static extras *finalised_extras(lua_State *L, peri__lua *state) {
  extras *more = extras_of(L, state, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->extras);
  lua_pushvalue(L, 1);
  lua_rawget(L, -2);
  if (!lua_getmetatable(L, -1)) {
    lua_createtable(L, 0, 1);
    lua_pushlightuserdata(L, state);
    lua_pushcclosure(L, collect_extras, 1);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pop(L, 2);
  } else {
    lua_pop(L, 3);
  }
  return more;
}

static void set_paused(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const playing *source = self;
  bool paused = peri__lua_boolean(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (!engine) return;
  extras *more = paused ? finalised_extras(L, state) : extras_of(L, state, 1);
  if (changed(L, state, source, peri_source_set_paused(engine, source->id, paused)))
    more->paused = paused ? source->id : 0;
}

static void get_on_ended(lua_State *L, peri__lua *state, void *self) {
  if (state->context)
    peri__lua_push_callback(L, state->context, peri__lua_source_key(((const playing *)self)->id));
  else
    lua_pushnil(L);
}

static void set_on_ended(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const playing *source = self;
  if (!lua_isnil(L, value)) peri__lua_function(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri_engine *engine = live(state, source);
  if (!engine || !changed(L, state, source, peri_source_set_notify(engine, source->id, !lua_isnil(L, value), 0)))
    return;
  peri__lua_set_callback(L, state->context, peri__lua_source_key(source->id), value);
}

static const peri__lua_property properties[] = {
    {"volume", get_volume, set_volume},
    {"pitch", get_pitch, set_pitch},
    {"pan", get_pan, set_pan},
    {"loop", get_loop, set_loop},
    {"loopStart", get_loop_start, set_loop_start},
    {"loopEnd", get_loop_end, set_loop_end},
    {"filter", get_filter, set_filter},
    {"interpolation", get_interpolation, set_interpolation},
    {"time", get_time, NULL},
    {"duration", get_duration, NULL},
    {"state", get_state, NULL},
    {"paused", get_paused, set_paused},
    {"playing", get_playing, NULL},
    {"onended", get_on_ended, set_on_ended},
    {NULL, NULL, NULL},
};

/* ---- Methods ---------------------------------------------------------------------------------------------------- */

static int stop(lua_State *L) {
  const playing *source = peri__lua_self(L, &peri__lua_source_type);
  const peri__lua *state = peri__lua_state(L);
  peri__lua_arguments(L, 3);
  double fade = lua_isnil(L, 2) ? 0 : peri__lua_time(L, 2, NULL);
  double at = lua_isnil(L, 3) ? 0 : peri__lua_time(L, 3, NULL);
  if (peri__lua_held(L, state, source, 3)) return 0;
  peri_engine *engine = live(state, source);
  if (engine) changed(L, state, source, peri_source_fade_out(engine, source->id, fmax(fade, PERI_LUA_DEZIPPER), at));
  return 0;
}

static int fade(lua_State *L) {
  playing *source = peri__lua_self(L, &peri__lua_source_type);
  const peri__lua *state = peri__lua_state(L);
  peri__lua_arguments(L, 3);
  float volume = peri__lua_volume(L, 2, NULL);
  double seconds = fmax(peri__lua_time(L, 3, NULL), PERI_LUA_DEZIPPER);
  if (peri__lua_held(L, state, source, 3)) return 0;
  peri_engine *engine = live(state, source);
  if (engine && changed(L, state, source, peri_source_set_volume(engine, source->id, volume, seconds)))
    source->volume = volume;
  return 0;
}

static const luaL_Reg methods[] = {
    {"stop", stop},
    {"fade", fade},
    {NULL, NULL},
};

const peri__lua_type peri__lua_source_type = {
    .name = "Source",
    .methods = methods,
    .properties = properties,
    .size = sizeof(playing),
    .id = PERI_LUA_SOURCE,
    .node_kind = PERI_LUA_NO_NODE,
};
