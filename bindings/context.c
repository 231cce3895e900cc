/* AudioContext, and what OfflineAudioContext has in common with it. */
#include "trial.h"
#include "voice.h"

#include <string.h>

typedef struct context_handle {
  peri__lua_head head;
  peri__lua_context *context; /* a reference; NULL once finalised */
} context_handle;

void peri__lua_push_context(lua_State *L, peri__lua_context *context) {
  if (peri__lua_find(L, context->state, context)) return;
  const peri__lua_type *type =
      context->kind == PERI_LUA_OFFLINE ? &peri__lua_offline_context_type : &peri__lua_context_type;
  context_handle *handle = peri__lua_new(L, context->state, type, 0);
  peri__lua_context_retain(context);
  handle->context = context;
  peri__lua_remember(L, context->state, context);
}

/* Also one that is closed. */
peri__lua_context *peri__lua_check_context(lua_State *L, int index) {
  context_handle *handle = peri__lua_exact(L, index, &peri__lua_context_type);
  if (!handle) handle = peri__lua_handle(L, index, &peri__lua_base_context, NULL);
  if (!handle->context) peri__lua_fail(L, "the context is closed");
  return handle->context;
}

static peri__lua_context *open_context(lua_State *L) {
  peri__lua_context *context = peri__lua_check_context(L, 1);
  peri__lua_engine(L, context);
  return context;
}

static int collect(lua_State *L) {
  context_handle *handle = peri__lua_test(L, 1, &peri__lua_base_context);
  peri__lua_context *context = handle ? handle->context : NULL;
  if (!context) return 0;
  handle->context = NULL;
  peri__lua_context_release(L, context);
  return 0;
}

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static peri__lua_context *of(lua_State *L, void *self) {
  context_handle *handle = self;
  if (!handle->context) peri__lua_fail(L, "the context is closed");
  return handle->context;
}

static void get_sample_rate(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, of(L, self)->sample_rate);
}

static void get_current_time(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  const peri__lua_context *context = of(L, self);
  lua_pushnumber(L, context->closed ? context->closed_at : peri_engine_time(context->engine));
}

static void get_destination(lua_State *L, peri__lua *state, void *self) {
  peri__lua_push_destination(L, state, of(L, self));
}

static void get_listener(lua_State *L, peri__lua *state, void *self) { peri__lua_push_listener(L, state, of(L, self)); }

static void get_state(lua_State *L, peri__lua *state, void *self) {
  static const char *const offline[] = {"suspended", "running", "suspended", "closed"};
  (void)state;
  const peri__lua_context *context = of(L, self);
  peri_device_info info;
  memset(&info, 0, sizeof info);
  if (context->closed)
    lua_pushliteral(L, "closed");
  else if (context->kind == PERI_LUA_OFFLINE)
    lua_pushstring(L, offline[context->offline]);
  else
    lua_pushstring(L, peri_device_get_info(context->engine, &info) && info.paused ? "suspended" : "running");
}

static void get_quantum(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  (void)self;
  lua_pushinteger(L, PERI_QUANTUM);
}

static void get_stats(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  peri__lua_push_stats(L, of(L, self));
}

static void get_profiling(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushboolean(L, peri_engine_is_profiling(peri__lua_engine(L, of(L, self))));
}

static void set_profiling(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  peri_engine *engine = peri__lua_engine(L, of(L, self));
  bool on = peri__lua_boolean(L, value, name);
  if (!peri__lua_assignment_held(L, state, self)) peri_engine_set_profiling(engine, on);
}

static const peri__lua_property properties[] = {
    {"sampleRate", get_sample_rate, NULL},
    {"currentTime", get_current_time, NULL},
    {"destination", get_destination, NULL},
    {"listener", get_listener, NULL},
    {"state", get_state, NULL},
    {"renderQuantumSize", get_quantum, NULL},
    {"stats", get_stats, NULL},
    {"profiling", get_profiling, set_profiling},
    {NULL, NULL, NULL},
};

/* ---- Methods ---------------------------------------------------------------------------------------------------- */

static int create_buffer(lua_State *L) {
  peri__lua_arguments(L, 4);
  open_context(L);
  uint32_t channels = (uint32_t)peri__lua_count(L, 2, NULL, 1, PERI_MAX_CHANNELS);
  uint64_t length = peri__lua_count(L, 3, NULL, 1, PERI_MAX_FRAMES);
  double rate = peri__lua_range(L, 4, NULL, PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE);
  peri__lua_push_buffer(L, peri__lua_state(L), peri_buffer_create(channels, length, rate));
  return 1;
}

static int create_gain(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_gain_type, NULL, 2);
}

static int create_stereo_panner(lua_State *L) {
  peri__lua_arguments(L, 2);
  return peri__lua_create_node(L, &peri__lua_stereo_panner_type, NULL, 2);
}

/* decodeAudioData(path or contents [, {format}] [, function]) */
static int decode_audio_data(lua_State *L) {
  static const char *const names[] = {"format", NULL};
  peri_format format = PERI_FORMAT_F32;
  if (lua_istable(L, 3)) {
    peri__lua_options(L, 3, names);
    lua_getfield(L, 3, names[0]);
    if (!lua_isnil(L, -1)) format = peri__lua_format(L, lua_gettop(L), names[0]);
    lua_pop(L, 1);
    lua_remove(L, 3);
  }
  peri__lua_arguments(L, 3);
  peri__lua_context *context = open_context(L);
  if (lua_isnoneornil(L, 3)) {
    peri__lua_decode(L, peri__lua_state(L), context, 2, format);
    return 1;
  }
  peri__lua_function(L, 3, NULL);
  peri__lua_decode_async(L, peri__lua_state(L), context, 2, 3, format);
  return 0;
}

static int set_paused(lua_State *L, bool paused) {
  peri__lua_arguments(L, 1);
  const peri__lua_context *context = open_context(L);
  if (peri__lua_held(L, peri__lua_state(L), lua_touserdata(L, 1), 1)) return 0;
  if (!peri_device_set_paused(context->engine, paused)) peri__lua_fail_engine(L);
  return 0;
}

static int suspend(lua_State *L) { return set_paused(L, true); }

static int resume(lua_State *L) { return set_paused(L, false); }

static int close_context(lua_State *L) {
  peri__lua_arguments(L, 1);
  peri__lua_context *context = open_context(L);
  if (!peri__lua_held(L, peri__lua_state(L), lua_touserdata(L, 1), 1)) peri__lua_context_close(L, context);
  return 0;
}

/* At the end of a `local ctx <close>`. */
static int close_at_end(lua_State *L) {
  context_handle *handle = peri__lua_self(L, &peri__lua_base_context);
  if (handle->context && !peri__lua_held(L, peri__lua_state(L), handle, 1)) peri__lua_context_close(L, handle->context);
  return 0;
}

static const luaL_Reg methods[] = {
    {"createBuffer", create_buffer},
    {"createBufferSource", peri__lua_create_buffer_source},
    {"createGain", create_gain},
    {"createStereoPanner", create_stereo_panner},
    {"createConstantSource", peri__lua_create_constant_source},
    {"createChannelSplitter", peri__lua_create_channel_splitter},
    {"createChannelMerger", peri__lua_create_channel_merger},
    {"createDelay", peri__lua_create_delay},
    {"createWaveShaper", peri__lua_create_wave_shaper},
    {"createAnalyser", peri__lua_create_analyser},
    {"createOscillator", peri__lua_create_oscillator},
    {"createPeriodicWave", peri__lua_create_periodic_wave},
    {"createBiquadFilter", peri__lua_create_biquad_filter},
    {"createIIRFilter", peri__lua_create_iir_filter},
    {"createConvolver", peri__lua_create_convolver},
    {"createDynamicsCompressor", peri__lua_create_dynamics_compressor},
    {"createPanner", peri__lua_create_panner},
    {"createNode", peri__lua_create_custom},
    {"createTap", peri__lua_create_tap},
    {"decodeAudioData", decode_audio_data},
    {"close", close_context},
    {NULL, NULL},
};

/* Web Audio 1.1, baseLatency: the destination's frames wait for a callback of the device. 0 where the host renders. */
static void get_base_latency(lua_State *L, peri__lua *state, void *self) {
  const peri__lua_context *context = of(L, self);
  peri_device_info info;
  memset(&info, 0, sizeof info);
  (void)state;
  bool has_device = !context->closed && peri_device_get_info(context->engine, &info);
  lua_pushnumber(L, has_device ? info.block_size / context->sample_rate : 0.0);
}

static const peri__lua_property running_properties[] = {
    {"baseLatency", get_base_latency, NULL},
    {NULL, NULL, NULL},
};

static const luaL_Reg running_methods[] = {
    {"suspend", suspend},
    {"resume", resume},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {"__close", close_at_end},
    {NULL, NULL},
};

const peri__lua_type peri__lua_base_context = {
    .name = "AudioContext",
    .methods = methods,
    .properties = properties,
    .node_kind = PERI_LUA_NO_NODE,
};

const peri__lua_type peri__lua_context_type = {
    .name = "AudioContext",
    .base = &peri__lua_base_context,
    .methods = running_methods,
    .properties = running_properties,
    .metamethods = metamethods,
    .size = sizeof(context_handle),
    .id = PERI_LUA_CONTEXT,
    .node_kind = PERI_LUA_NO_NODE,
};

/* ---- OfflineAudioContext ---------------------------------------------------------------------------------------- */

static void get_length(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)of(L, self)->length);
}

static const peri__lua_property offline_properties[] = {
    {"length", get_length, NULL},
    {NULL, NULL, NULL},
};

const peri__lua_type peri__lua_offline_context_type = {
    .name = "OfflineAudioContext",
    .base = &peri__lua_base_context,
    .methods = peri__lua_offline_methods,
    .properties = offline_properties,
    .metamethods = metamethods,
    .size = sizeof(context_handle),
    .id = PERI_LUA_OFFLINE_CONTEXT,
    .node_kind = PERI_LUA_NO_NODE,
};
