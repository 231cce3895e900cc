/* Buffer: samples that any number of sources share. Channels and samples count from 1. */
#include "reloader.h"
#include "trial.h"
#include "voice.h"

#include <string.h>

/* ---- Handles ---------------------------------------------------------------------------------------------------- */

void peri__lua_push_buffer(lua_State *L, peri__lua *state, peri_buffer *buffer) {
  if (!buffer) peri__lua_fail_engine(L);
  if (peri__lua_find(L, state, buffer)) {
    peri_buffer_release(buffer);
    return;
  }
  peri__lua_buffer *handle = peri__lua_new(L, state, &peri__lua_buffer_type, 0);
  handle->buffer = peri__lua_own_buffer(L, state, buffer);
  peri__lua_remember(L, state, buffer);
  peri__lua_account(L, (size_t)peri_buffer_bytes(buffer));
}

static int collect(lua_State *L) {
  peri__lua_buffer *handle = peri__lua_test(L, 1, &peri__lua_buffer_type);
  if (!handle) return 0;
  peri__lua_disown(peri__lua_state(L), handle->buffer);
  handle->buffer = NULL;
  return 0;
}

static peri_buffer *buffer_of(lua_State *L, const void *self) {
  const peri__lua_buffer *handle = self;
  if (!handle->buffer) peri__lua_fail(L, "the Buffer was released");
  return handle->buffer;
}

peri_buffer *peri__lua_check_buffer(lua_State *L, int index, const char *name) {
  return buffer_of(L, peri__lua_handle(L, index, &peri__lua_buffer_type, name));
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

/* A file's contents rather than its path. */
static bool is_contents(const char *text, size_t length) {
  static const char *const beginnings[] = {"RIFF", "RIFX", "RF64", "OggS", "fLaC", "FORM", "ID3"};
  if (memchr(text, 0, length) || memchr(text, '\n', length)) return true;
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    size_t n = strlen(beginnings[i]);
    if (length >= n && memcmp(text, beginnings[i], n) == 0) return true;
  }
  return false;
}

/* The contents given at `index`, or those that the function of perilune.files has for the path there (then on the
 * stack); NULL: a path for the engine. */
static const char *find_contents(lua_State *L, peri__lua *state, int index, size_t *length) {
  if (lua_type(L, index) != LUA_TSTRING) peri__lua_bad(L, index, NULL, "path or file contents");
  const char *text = lua_tolstring(L, index, length);
  if (*length == 0) peri__lua_fail(L, "a path or file contents are wanted, the string is empty");
  if (is_contents(text, *length)) return text;
  if (state->files == LUA_NOREF) return NULL;
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->files);
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) return NULL;
  if (lua_type(L, -1) != LUA_TSTRING)
    peri__lua_fail(L, "the function given to perilune.files must return a string or nil, not a %s",
                   luaL_typename(L, -1));
  return lua_tolstring(L, -1, length);
}

/* Of a file, not of contents. */
static void tell_loaded(lua_State *L, peri__lua *state, int path, int buffer) {
  lua_pushvalue(L, path);
  lua_pushnumber(L, (lua_Number)peri_buffer_id(((const peri__lua_buffer *)lua_touserdata(L, buffer))->buffer));
  peri__lua_tell_reloader(L, state, "loaded", 2);
}

/* The context may have been closed by the function of perilune.files. */
void peri__lua_decode(lua_State *L, peri__lua *state, peri__lua_context *context, int index, peri_format format) {
  size_t length;
  const char *contents = find_contents(L, state, index, &length);
  peri_engine *engine = peri__lua_engine(L, context);
  const char *path = lua_tostring(L, index);
  peri_buffer *buffer =
      contents ? peri_engine_load_memory(engine, contents, length, format) : peri_engine_load(engine, path, format);
  if (!buffer && contents && contents != path) peri__lua_fail(L, "'%s' from perilune.files: %s", path, peri_error());
  peri__lua_push_buffer(L, state, buffer);
  if (contents != path) tell_loaded(L, state, index, lua_gettop(L));
}

/* (buffer or nil, message) → the script's function; upvalues: state, path, function. */
static int tell_and_call(lua_State *L) {
  if (!lua_isnil(L, 1)) {
    tell_loaded(L, peri__lua_state(L), lua_upvalueindex(2), 1);
  }
  lua_pushvalue(L, lua_upvalueindex(3));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 0);
  return 0;
}

/* The same; upvalues: path, function. The engine does not know the path of contents. */
static int name_and_call(lua_State *L) {
  lua_settop(L, 2);
  if (lua_isnil(L, 1)) {
    lua_pushfstring(L, "'%s' from perilune.files: %s", lua_tostring(L, lua_upvalueindex(1)), lua_tostring(L, 2));
    lua_replace(L, 2);
  }
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, 2, 0);
  return 0;
}

/* Where `contents` are those that perilune.files gave for the path at `index`: pushes a function in the callback's
 * place; returns which to call. */
static int name_contents(lua_State *L, const char *contents, int index, int callback) {
  if (!contents || contents == lua_tostring(L, index)) return callback;
  lua_pushvalue(L, index);
  lua_pushvalue(L, callback);
  lua_pushcclosure(L, name_and_call, 2);
  return lua_gettop(L);
}

/* Of a load that begins now; returns its key. */
static uint64_t keep_callback(lua_State *L, peri__lua *state, peri__lua_context *context, int callback) {
  int64_t key = --state->last_load;
  peri__lua_trial_reserve(L, state);
  peri__lua_trial_made_callback(state, context, key);
  peri__lua_set_callback(L, context, key, callback);
  return (uint64_t)key;
}

/* It has begun, or the callback is forgotten and the engine's error raised. */
static void begun(lua_State *L, peri__lua_context *context, uint64_t key, bool well) {
  if (well) {
    context->loads++;
    return;
  }
  lua_pushnil(L);
  peri__lua_set_callback(L, context, (int64_t)key, lua_gettop(L));
  peri__lua_fail_engine(L);
}

void peri__lua_decode_async(lua_State *L, peri__lua *state, peri__lua_context *context, int index, int callback,
                            peri_format format) {
  size_t length;
  const char *contents = find_contents(L, state, index, &length);
  peri_engine *engine = peri__lua_engine(L, context);
  callback = name_contents(L, contents, index, callback);
  if (contents != lua_tostring(L, index)) {
    lua_pushlightuserdata(L, state);
    lua_pushvalue(L, index);
    lua_pushvalue(L, callback);
    lua_pushcclosure(L, tell_and_call, 3);
    callback = lua_gettop(L);
  }
  uint64_t key = keep_callback(L, state, context, callback);
  bool well = contents ? peri_engine_load_memory_async(engine, context->owner, key, contents, length, format)
                       : peri_engine_load_async(engine, context->owner, key, lua_tostring(L, index), format);
  begun(L, context, key, well);
}

void peri__lua_reload_async(lua_State *L, peri__lua *state, peri__lua_context *context, peri_buffer *buffer, int index,
                            int callback) {
  size_t length;
  const char *contents = find_contents(L, state, index, &length);
  peri_engine *engine = peri__lua_engine(L, context);
  uint64_t key = keep_callback(L, state, context, name_contents(L, contents, index, callback));
  bool well = contents ? peri_engine_reload_memory_async(engine, context->owner, key, buffer, contents, length)
                       : peri_engine_reload_async(engine, context->owner, key, buffer, lua_tostring(L, index));
  begun(L, context, key, well);
}

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static void get_id(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)peri_buffer_id(buffer_of(L, self)));
}

static void get_length(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)peri_buffer_frames(buffer_of(L, self)));
}

static void get_duration(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, peri_buffer_duration(buffer_of(L, self)));
}

static void get_sample_rate(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, peri_buffer_sample_rate(buffer_of(L, self)));
}

static void get_channels(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)peri_buffer_channels(buffer_of(L, self)));
}

static void get_format(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  peri__lua_push_format(L, peri_buffer_format(buffer_of(L, self)));
}

static const peri__lua_property properties[] = {
    {"id", get_id, NULL},
    {"length", get_length, NULL},
    {"duration", get_duration, NULL},
    {"sampleRate", get_sample_rate, NULL},
    {"numberOfChannels", get_channels, NULL},
    {"format", get_format, NULL},
    {NULL, NULL, NULL},
};

/* ---- Samples ---------------------------------------------------------------------------------------------------- */

static peri_buffer *self_buffer(lua_State *L, int arguments) {
  peri_buffer *buffer = buffer_of(L, peri__lua_self(L, &peri__lua_buffer_type));
  peri__lua_arguments(L, arguments);
  return buffer;
}

static uint32_t check_channel(lua_State *L, int index, const peri_buffer *buffer) {
  return (uint32_t)peri__lua_count(L, index, NULL, 1, peri_buffer_channels(buffer)) - 1;
}

/* A sample's place, counted from 1 in Lua; the first when absent. */
static uint64_t check_start(lua_State *L, int index, const peri_buffer *buffer) {
  return lua_isnil(L, index) ? 0 : peri__lua_count(L, index, NULL, 1, peri_buffer_frames(buffer)) - 1;
}

/* In pieces of Lua's own string buffer, so that the samples exist twice at most. */
static int get_channel_data(lua_State *L) {
  peri_buffer *buffer = self_buffer(L, 2);
  uint32_t channel = check_channel(L, 2, buffer);
  uint64_t frames = peri_buffer_frames(buffer);
  float piece[1024];
  luaL_Buffer bytes;
  luaL_buffinit(L, &bytes);
  for (uint64_t at = 0; at < frames;) {
    uint64_t count = frames - at < 1024 ? frames - at : 1024;
    if (!peri_buffer_read(buffer, channel, at, piece, count)) peri__lua_fail_engine(L);
    luaL_addlstring(&bytes, (const char *)piece, (size_t)count * sizeof *piece);
    at += count;
  }
  luaL_pushresult(&bytes);
  return 1;
}

static int copy_from_channel(lua_State *L) {
  peri_buffer *buffer = self_buffer(L, 4);
  uint32_t channel = check_channel(L, 2, buffer);
  uint64_t start = check_start(L, 3, buffer), left = peri_buffer_frames(buffer) - start;
  uint64_t count = lua_isnil(L, 4) ? left : peri__lua_count(L, 4, NULL, 0, left);
  float piece[1024];
  lua_createtable(L, (int)count, 0);
  for (uint64_t at = 0; at < count; at++) {
    uint64_t rest = count - at;
    if (at % 1024 == 0 && !peri_buffer_read(buffer, channel, start + at, piece, rest < 1024 ? rest : 1024))
      peri__lua_fail_engine(L);
    lua_pushnumber(L, (lua_Number)piece[at % 1024]);
    lua_rawseti(L, -2, (int)(at + 1));
  }
  return 1;
}

/* The samples at argument 1: a string of float32, or a table of numbers; pushes the memory they are in. */
static const float *check_samples(lua_State *L, size_t *count) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    size_t bytes;
    const char *text = lua_tolstring(L, 2, &bytes);
    *count = bytes / sizeof(float);
    if (bytes % sizeof(float) != 0) {
      peri__lua_fail(L,
                     "bad argument #1 to 'copyToChannel' (a string of float32 expected, 4 bytes each, got %lu bytes)",
                     (unsigned long)bytes);
    }
    float *samples = lua_newuserdatauv(L, bytes + 1, 0);
    memcpy(samples, text, bytes);
    return samples;
  }
  if (!lua_istable(L, 2)) peri__lua_bad(L, 2, NULL, "string or table");
  *count = lua_rawlen(L, 2);
  float *samples = lua_newuserdatauv(L, *count * sizeof *samples + 1, 0);
  for (size_t i = 0; i < *count; i++) {
    lua_rawgeti(L, 2, (int)(i + 1));
    if (lua_type(L, -1) != LUA_TNUMBER) {
      peri__lua_fail(L, "bad argument #1 to 'copyToChannel' (number expected as sample %lu, got %s)",
                     (unsigned long)i + 1, luaL_typename(L, -1));
    }
    samples[i] = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return samples;
}

static int copy_to_channel(lua_State *L) {
  peri_buffer *buffer = self_buffer(L, 4);
  uint32_t channel = check_channel(L, 3, buffer);
  uint64_t start = check_start(L, 4, buffer);
  size_t count;
  const float *samples = check_samples(L, &count);
  uint64_t room = peri_buffer_frames(buffer) - start;
  if (count > room) {
    peri__lua_fail(L, "bad argument #1 to 'copyToChannel' (no more than %llu samples fit there, got %llu)",
                   (unsigned long long)room, (unsigned long long)count);
  }
  peri__lua_trial_writes(L, peri__lua_state(L), buffer, channel, start, count);
  if (count > 0 && !peri_buffer_write(buffer, channel, start, samples, count)) peri__lua_fail_engine(L);
  return 0;
}

static int get_sample(lua_State *L) {
  peri_buffer *buffer = self_buffer(L, 3);
  uint32_t channel = check_channel(L, 2, buffer);
  uint64_t frame = peri__lua_count(L, 3, NULL, 1, peri_buffer_frames(buffer)) - 1;
  float sample;
  if (!peri_buffer_read(buffer, channel, frame, &sample, 1)) peri__lua_fail_engine(L);
  lua_pushnumber(L, (lua_Number)sample);
  return 1;
}

static int set_sample(lua_State *L) {
  peri_buffer *buffer = self_buffer(L, 4);
  uint32_t channel = check_channel(L, 2, buffer);
  uint64_t frame = peri__lua_count(L, 3, NULL, 1, peri_buffer_frames(buffer)) - 1;
  if (lua_type(L, 4) != LUA_TNUMBER) peri__lua_bad(L, 4, NULL, "number");
  float sample = (float)lua_tonumber(L, 4);
  peri__lua_trial_writes(L, peri__lua_state(L), buffer, channel, frame, 1);
  if (!peri_buffer_write(buffer, channel, frame, &sample, 1)) peri__lua_fail_engine(L);
  return 0;
}

static int save(lua_State *L) {
  peri_buffer *buffer = self_buffer(L, 2);
  if (!peri_buffer_save(buffer, peri__lua_string(L, 2, NULL, NULL))) peri__lua_fail_engine(L);
  return 0;
}

static const luaL_Reg methods[] = {
    {"getChannelData", get_channel_data},
    {"copyFromChannel", copy_from_channel},
    {"copyToChannel", copy_to_channel},
    {"getSample", get_sample},
    {"setSample", set_sample},
    {"save", save},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_buffer_type = {
    .name = "Buffer",
    .methods = methods,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_buffer),
    .id = PERI_LUA_BUFFER,
    .node_kind = PERI_LUA_NO_NODE,
};
