/* OfflineAudioContext: rendering into a Buffer, with stops at quantum edges (Web Audio 1.1, suspend(suspendTime)). */
#include "check.h"

#include <math.h>
#include <time.h>

#define CHUNK (32 * PERI_QUANTUM) /* frames rendered between stops at most */

static peri__lua_context *waiting_context(lua_State *L) {
  peri__lua_context *context = peri__lua_check_context(L, 1);
  peri__lua_engine(L, context);
  if (context->offline == PERI_LUA_RENDERED)
    peri__lua_fail(L, "the OfflineAudioContext has been rendered: make a new one");
  return context;
}

/* The quantum edge at or after `time`; a time within 1/1024 of a frame of an edge means that edge. */
static uint64_t edge_at(const peri__lua_context *context, double time) {
  double frame = time * context->sample_rate, nearest = floor(frame + 0.5);
  if (fabs(frame - nearest) < 1.0 / 1024) frame = nearest;
  return (uint64_t)ceil(frame / PERI_QUANTUM) * PERI_QUANTUM;
}

static int suspend(lua_State *L) {
  peri__lua_arguments(L, 3);
  peri__lua_context *context = waiting_context(L);
  double time = peri__lua_time(L, 2, NULL);
  peri__lua_function(L, 3, NULL);
  if (time >= (double)context->length / context->sample_rate) {
    peri__lua_fail(L, "cannot suspend at %.9g s: rendering ends at %.9g s", time,
                   (double)context->length / context->sample_rate);
  }
  uint64_t frame = edge_at(context, time);
  if (frame >= context->length)
    peri__lua_fail(L, "cannot suspend at %.9g s, that is frame %.0f: rendering ends at frame %.0f", time, (double)frame,
                   (double)context->length);
  if (frame <= peri_engine_frame(context->engine)) {
    peri__lua_fail(L, "cannot suspend at %.9g s: rendering is at %.9g s", time, peri_engine_time(context->engine));
  }
  if (context->suspensions == LUA_NOREF) {
    lua_newtable(L);
    context->suspensions = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->suspensions);
  lua_pushnumber(L, (double)frame);
  lua_rawget(L, -2);
  if (!lua_isnil(L, -1))
    peri__lua_fail(L, "the context is suspended at %.9g s already", (double)frame / context->sample_rate);
  lua_pop(L, 1);
  lua_pushnumber(L, (double)frame);
  lua_pushvalue(L, 3);
  lua_rawset(L, -3);
  return 0;
}

static int resume(lua_State *L) {
  peri__lua_arguments(L, 1);
  waiting_context(L);
  peri__lua_fail(L, "an OfflineAudioContext resumes by itself when the function given to suspend returns");
}

/* The first frame after `from` at which to stop, or the end. */
static uint64_t next_stop(lua_State *L, const peri__lua_context *context, uint64_t from) {
  uint64_t stop = context->length;
  if (context->suspensions == LUA_NOREF) return stop;
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->suspensions);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    uint64_t frame = (uint64_t)lua_tonumber(L, -2);
    if (frame > from && frame < stop) stop = frame;
  }
  lua_pop(L, 1);
  return stop;
}

typedef struct rendering {
  peri__lua_context *context;
  peri_buffer *buffer;
  uint32_t channels;
  float *mixed;    /* CHUNK interleaved frames */
  float *separate; /* CHUNK frames of one channel */
} rendering;

static void render_until(lua_State *L, const rendering *r, uint64_t from, uint64_t to) {
  while (from < to) {
    uint32_t frames = to - from < CHUNK ? (uint32_t)(to - from) : CHUNK;
    if (!peri_engine_render(r->context->engine, r->mixed, frames)) peri__lua_fail_engine(L);
    for (uint32_t c = 0; c < r->channels; c++) {
      for (uint32_t i = 0; i < frames; i++) r->separate[i] = r->mixed[i * r->channels + c];
      if (!peri_buffer_write(r->buffer, c, from, r->separate, frames)) peri__lua_fail_engine(L);
    }
    from += frames;
  }
}

static void check_open(lua_State *L, const peri__lua_context *context) {
  if (context->closed) peri__lua_fail(L, "the context was closed while it rendered");
}

/* Runs callbacks. What is heard does not depend on how fast files load: the clock stands until the context's loads are
 * done. */
static void deliver_all(lua_State *L, peri__lua_context *context) {
  context->offline = PERI_LUA_SUSPENDED;
  peri_engine_update(context->engine);
  peri__lua_deliver(L, context);
  while (context->loads > 0) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    peri_engine_update(context->engine);
    peri__lua_deliver(L, context);
  }
  check_open(L, context);
}

/* The function of a stop runs unprotected: its error is an error of startRendering. What it does takes effect as a
 * whole, like all that came before startRendering (bindings/engine.c begins). */
static void stop_at(lua_State *L, peri__lua_context *context, uint64_t frame) {
  deliver_all(L, context);
  lua_rawgeti(L, LUA_REGISTRYINDEX, context->suspensions);
  lua_pushnumber(L, (double)frame);
  lua_rawget(L, -2);
  lua_pushnumber(L, (double)frame);
  lua_pushnil(L);
  lua_rawset(L, -4);
  peri_engine_begin(context->engine);
  lua_call(L, 0, 0);
  lua_pop(L, 1);
  check_open(L, context);
  if (!peri_engine_commit(context->engine)) peri__lua_fail_engine(L);
}

static int render_all(lua_State *L) {
  const rendering *r = lua_touserdata(L, 1);
  peri__lua_context *context = r->context;
  deliver_all(L, context);
  if (!peri_engine_commit(context->engine)) peri__lua_fail_engine(L);
  for (uint64_t at = 0; at < context->length;) {
    context->offline = PERI_LUA_RENDERING;
    if (!peri_engine_update(context->engine)) peri__lua_fail_engine(L);
    uint64_t stop = next_stop(L, context, at);
    render_until(L, r, at, stop);
    at = stop;
    if (at < context->length) stop_at(L, context, at);
  }
  return 0;
}

static int start_rendering(lua_State *L) {
  peri__lua_arguments(L, 1);
  peri__lua_context *context = waiting_context(L);
  if (context->offline != PERI_LUA_WAITING) peri__lua_fail(L, "the OfflineAudioContext is rendering already");
  rendering r = {.context = context, .channels = peri_engine_channels(context->engine)};
  r.mixed = lua_newuserdatauv(L, sizeof(float) * CHUNK * r.channels, 0);
  r.separate = lua_newuserdatauv(L, sizeof(float) * CHUNK, 0);
  r.buffer = peri_buffer_create(r.channels, context->length, context->sample_rate);
  peri__lua_push_buffer(L, peri__lua_state(L), r.buffer);
  lua_pushcfunction(L, render_all);
  lua_pushlightuserdata(L, &r);
  context->offline = PERI_LUA_RENDERING;
  int result = lua_pcall(L, 1, 0, 0);
  context->offline = PERI_LUA_RENDERED;
  if (result != LUA_OK) return lua_error(L);
  peri_engine_update(context->engine);
  peri__lua_deliver(L, context);
  return 1;
}

const luaL_Reg peri__lua_offline_methods[] = {
    {"startRendering", start_rendering},
    {"suspend", suspend},
    {"resume", resume},
    {NULL, NULL},
};
