/* The game layer's Source. One that has ended ignores writes and calls, and keeps its last values. */
#include "playing.h"

#include <math.h>

typedef struct playing {
  peri__lua_head head;
  peri__lua_context *context; /* a reference; NULL once finalised */
  peri_node id;
  uint64_t user;
  double at;             /* its start, on the engine's clock; 0: at once */
  double duration, time; /* of the sound; the playhead when it was last read */
  double loop_start, loop_end;
  float volume, pitch, pan;
  bool loop;
} playing;

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

peri_node *peri__lua_new_playing(lua_State *L, peri__lua *state, peri__lua_context *context,
                                 const peri_source_def *def) {
  playing *source = peri__lua_new(L, state, &peri__lua_source_type, 0);
  peri__lua_context_retain(context);
  source->context = context;
  source->user = def->user;
  source->at = def->at;
  source->duration = peri_buffer_duration(def->buffer);
  source->loop = def->loop;
  source->loop_start = def->loop_start;
  source->loop_end = def->loop_end;
  source->volume = def->volume;
  source->pitch = def->playback_rate;
  source->pan = def->pan;
  source->time = def->offset;
  return &source->id;
}

static int collect(lua_State *L) {
  playing *source = peri__lua_test(L, 1, &peri__lua_source_type);
  peri__lua_context *context = source ? source->context : NULL;
  if (!context) return 0;
  source->context = NULL;
  if (context->engine) peri_node_release(context->engine, source->id);
  peri__lua_context_release(L, context);
  return 0;
}

/* The engine of a Source that has not ended; else NULL. */
static peri_engine *live(const playing *source) {
  if (!source->context || source->context->closed) return NULL;
  return peri_node_is_valid(source->context->engine, source->id) ? source->context->engine : NULL;
}

/* Whether a change took place. It does not when the Source ended meanwhile; any other failure raises. */
static bool changed(lua_State *L, const playing *source, bool well) {
  if (!well && live(source)) peri__lua_fail_engine(L);
  return well;
}

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static void get_volume(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)((const playing *)self)->volume);
}

static void set_volume(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  (void)state;
  float volume = peri__lua_volume(L, value, name);
  peri_engine *engine = live(source);
  if (engine && changed(L, source, peri_source_set_volume(engine, source->id, volume, PERI_LUA_DEZIPPER)))
    source->volume = volume;
}

static void get_pitch(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)((const playing *)self)->pitch);
}

static void set_pitch(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  (void)state;
  float pitch = peri__lua_pitch(L, value, name);
  peri_engine *engine = live(source);
  if (engine && changed(L, source, peri_param_set_value(engine, source->id, PERI_SOURCE_PLAYBACK_RATE, pitch)))
    source->pitch = pitch;
}

static void get_pan(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (lua_Number)((const playing *)self)->pan);
}

static void set_pan(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  (void)state;
  float pan = (float)peri__lua_range(L, value, name, -1, 1);
  peri_engine *engine = live(source);
  if (engine && changed(L, source, peri_source_set_pan(engine, source->id, pan, PERI_LUA_DEZIPPER))) source->pan = pan;
}

static void get_loop(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushboolean(L, ((const playing *)self)->loop);
}

static void set_loop(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  (void)state;
  bool loop = peri__lua_boolean(L, value, name);
  peri_engine *engine = live(source);
  if (engine && changed(L, source, peri_source_set_loop(engine, source->id, loop))) source->loop = loop;
}

static void set_loop_points(lua_State *L, playing *source, double start, double end) {
  peri_engine *engine = live(source);
  if (end == 0 && start > 0) end = source->duration; /* which the engine takes 0 for only beside a start of 0 */
  if (!engine || !changed(L, source, peri_source_set_loop_points(engine, source->id, start, end))) return;
  source->loop_start = start;
  source->loop_end = end;
}

static void get_loop_start(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, ((const playing *)self)->loop_start);
}

static void set_loop_start(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  (void)state;
  set_loop_points(L, source, peri__lua_time(L, value, name), source->loop_end);
}

/* 0 means the end of the sound, and reads so. */
static void get_loop_end(lua_State *L, peri__lua *state, void *self) {
  const playing *source = self;
  (void)state;
  lua_pushnumber(L, source->loop_end > 0 ? source->loop_end : source->duration);
}

static void set_loop_end(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  playing *source = self;
  (void)state;
  set_loop_points(L, source, source->loop_start, peri__lua_time(L, value, name));
}

static void get_time(lua_State *L, peri__lua *state, void *self) {
  playing *source = self;
  (void)state;
  peri_engine *engine = live(source);
  if (engine) peri_source_get_position(engine, source->id, &source->time);
  lua_pushnumber(L, source->time);
}

static void get_duration(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, ((const playing *)self)->duration);
}

/* One that starts at once plays from the call on, not only from the quantum that it waits for. */
static peri_source_state state_of(const playing *source) {
  peri_engine *engine = live(source);
  if (!engine) return PERI_SOURCE_GONE;
  peri_source_state state = peri_source_get_state(engine, source->id);
  return state == PERI_SOURCE_SCHEDULED && source->at <= peri_engine_time(engine) ? PERI_SOURCE_PLAYING : state;
}

static void get_state(lua_State *L, peri__lua *state, void *self) {
  static const char *const names[] = {"ended", "scheduled", "scheduled", "playing"}; /* by peri_source_state */
  (void)state;
  lua_pushstring(L, names[state_of(self)]);
}

static void get_playing(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushboolean(L, state_of(self) == PERI_SOURCE_PLAYING);
}

static void get_on_ended(lua_State *L, peri__lua *state, void *self) {
  const playing *source = self;
  (void)state;
  if (source->context)
    peri__lua_push_callback(L, source->context, source->user);
  else
    lua_pushnil(L);
}

static void set_on_ended(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const playing *source = self;
  (void)state;
  if (!lua_isnil(L, value)) peri__lua_function(L, value, name);
  peri_engine *engine = live(source);
  if (!engine || !changed(L, source, peri_source_set_notify(engine, source->id, !lua_isnil(L, value), source->user)))
    return;
  peri__lua_set_callback(L, source->context, source->user, value);
}

static const peri__lua_property properties[] = {
    {"volume", get_volume, set_volume},
    {"pitch", get_pitch, set_pitch},
    {"pan", get_pan, set_pan},
    {"loop", get_loop, set_loop},
    {"loopStart", get_loop_start, set_loop_start},
    {"loopEnd", get_loop_end, set_loop_end},
    {"time", get_time, NULL},
    {"duration", get_duration, NULL},
    {"state", get_state, NULL},
    {"playing", get_playing, NULL},
    {"onended", get_on_ended, set_on_ended},
    {NULL, NULL, NULL},
};

/* ---- Methods ---------------------------------------------------------------------------------------------------- */

static int stop(lua_State *L) {
  const playing *source = peri__lua_self(L, &peri__lua_source_type);
  peri__lua_arguments(L, 3);
  double fade = lua_isnil(L, 2) ? 0 : peri__lua_time(L, 2, NULL);
  double at = lua_isnil(L, 3) ? 0 : peri__lua_time(L, 3, NULL);
  peri_engine *engine = live(source);
  if (engine) changed(L, source, peri_source_fade_out(engine, source->id, fmax(fade, PERI_LUA_DEZIPPER), at));
  return 0;
}

static int fade(lua_State *L) {
  playing *source = peri__lua_self(L, &peri__lua_source_type);
  peri__lua_arguments(L, 3);
  float volume = peri__lua_volume(L, 2, NULL);
  double seconds = fmax(peri__lua_time(L, 3, NULL), PERI_LUA_DEZIPPER);
  peri_engine *engine = live(source);
  if (engine && changed(L, source, peri_source_set_volume(engine, source->id, volume, seconds)))
    source->volume = volume;
  return 0;
}

static const luaL_Reg methods[] = {
    {"stop", stop},
    {"fade", fade},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_source_type = {
    .name = "Source",
    .methods = methods,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(playing),
    .id = PERI_LUA_SOURCE,
    .node_kind = PERI_LUA_NO_NODE,
};
