/* AudioBufferSourceNode. */
#include "reloader.h"
#include "trial.h"
#include "voice.h"

#include <math.h>

typedef struct buffer_source {
  peri__lua_scheduled scheduled;
  peri_buffer *buffer; /* owned, for reading; NULL: none */
  double loop_start, loop_end;
  uint8_t interpolation; /* peri_interpolation */
  bool loop;
} buffer_source;

int peri__lua_create_buffer_source(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  bool has_options = lua_gettop(L) > 1;
  if (has_options) peri__lua_arguments(L, 2);
  peri__lua_context *context = peri__lua_check_context(L, 1);
  peri__lua_engine(L, context);
  buffer_source *source = (buffer_source *)(void *)peri__lua_new_node(L, state, context, &peri__lua_buffer_source_type);
  peri_source_def def = peri_default_source_def();
  def.owner = context->owner;
  source->scheduled.node.id = peri_source_create(peri__lua_engine(L, context), &def);
  if (!source->scheduled.node.id) peri__lua_fail_engine(L);
  if (!has_options) return 1;
  peri__lua_apply_options(L, state, 3, 2);
  lua_settop(L, 3);
  return 1;
}

static int collect(lua_State *L) {
  buffer_source *source = peri__lua_test(L, 1, &peri__lua_buffer_source_type);
  if (!source) return 0;
  peri__lua_disown(peri__lua_state(L), source->buffer);
  source->buffer = NULL;
  peri__lua_node_let_go(L, &source->scheduled.node, !source->scheduled.started);
  return 0;
}

/* ---- Properties ------------------------------------------------------------------------------------------------- */

static void get_buffer(lua_State *L, peri__lua *state, void *self) {
  const buffer_source *source = self;
  if (source->buffer)
    peri__lua_push_buffer(L, state, peri_buffer_retain(source->buffer));
  else
    lua_pushnil(L);
}

static void set_buffer(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  buffer_source *source = self;
  peri_engine *engine = peri__lua_engine(L, source->scheduled.node.context);
  peri_buffer *buffer = NULL;
  const peri__lua_buffer *handle = peri__lua_test(L, value, &peri__lua_buffer_type);
  if (!handle && !lua_isnil(L, value)) peri__lua_bad(L, value, name, "Buffer or nil");
  if (handle) buffer = handle->buffer ? handle->buffer : peri__lua_check_buffer(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  peri__lua_own_buffer(L, state, peri_buffer_retain(buffer));
  if (!peri_source_set_buffer(engine, source->scheduled.node.id, buffer)) {
    peri__lua_disown(state, buffer);
    peri__lua_node_fail(L, &source->scheduled.node);
  }
  peri__lua_disown(state, source->buffer);
  source->buffer = buffer;
}

static void get_loop(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushboolean(L, ((const buffer_source *)self)->loop);
}

static void set_loop(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  buffer_source *source = self;
  peri_engine *engine = peri__lua_node_engine(L, &source->scheduled.node);
  bool loop = peri__lua_boolean(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  if (!peri_source_set_loop(engine, source->scheduled.node.id, loop)) peri__lua_fail_engine(L);
  source->loop = loop;
  if (loop && source->scheduled.started)
    peri__lua_note_loop(L, state, 1, 0, source->scheduled.node.context, source->scheduled.node.id);
}

static void get_loop_start(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, ((const buffer_source *)self)->loop_start);
}

static void get_loop_end(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, ((const buffer_source *)self)->loop_end);
}

static void set_loop_points(lua_State *L, const peri__lua *state, buffer_source *source, double start, double end) {
  peri_engine *engine = peri__lua_node_engine(L, &source->scheduled.node);
  if (peri__lua_assignment_held(L, state, source)) return;
  if (!peri_source_set_loop_points(engine, source->scheduled.node.id, start, end)) peri__lua_fail_engine(L);
  source->loop_start = start;
  source->loop_end = end;
}

/* Web Audio 1.1 allows any finite loop points; out of the buffer they mean the whole of it. */
static void set_loop_start(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  buffer_source *source = self;
  set_loop_points(L, state, source, peri__lua_number(L, value, name), source->loop_end);
}

static void set_loop_end(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  buffer_source *source = self;
  set_loop_points(L, state, source, source->loop_start, peri__lua_number(L, value, name));
}

/* A copy, or nil: what is changed in it changes nothing until it is assigned. */
static void get_filter(lua_State *L, peri__lua *state, void *self) {
  const buffer_source *source = self;
  peri_filter filter = peri_default_source_def().filter;
  (void)state;
  peri_source_get_filter(peri__lua_engine(L, source->scheduled.node.context), source->scheduled.node.id, &filter);
  peri__lua_push_filter(L, &filter);
}

static void set_filter(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  const buffer_source *source = self;
  peri_engine *engine = peri__lua_node_engine(L, &source->scheduled.node);
  peri_filter filter = peri__lua_filter(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  if (!peri_source_set_filter(engine, source->scheduled.node.id, &filter, PERI_LUA_FILTER_MOVES))
    peri__lua_fail_engine(L);
}

static void get_interpolation(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  peri__lua_push_interpolation(L, (peri_interpolation)((const buffer_source *)self)->interpolation);
}

static void set_interpolation(lua_State *L, peri__lua *state, void *self, int value, const char *name) {
  buffer_source *source = self;
  peri_engine *engine = peri__lua_node_engine(L, &source->scheduled.node);
  peri_interpolation way = peri__lua_interpolation(L, value, name);
  if (peri__lua_assignment_held(L, state, source)) return;
  if (!peri_source_set_interpolation(engine, source->scheduled.node.id, way)) peri__lua_fail_engine(L);
  source->interpolation = (uint8_t)way;
}

static const peri__lua_property properties[] = {
    {"buffer", get_buffer, set_buffer},
    {"loop", get_loop, set_loop},
    {"loopStart", get_loop_start, set_loop_start},
    {"loopEnd", get_loop_end, set_loop_end},
    {"filter", get_filter, set_filter},
    {"interpolation", get_interpolation, set_interpolation},
    {"onended", peri__lua_get_on_ended, peri__lua_set_on_ended},
    {NULL, NULL, NULL},
};

/* ---- Methods ---------------------------------------------------------------------------------------------------- */

static int start(lua_State *L) {
  buffer_source *source = peri__lua_self(L, &peri__lua_buffer_source_type);
  double when = 0, offset = 0, duration = INFINITY;
  int count = lua_gettop(L);
  if (count > 1) {
    peri__lua_arguments(L, count = 4);
    if (!lua_isnil(L, 2)) when = peri__lua_time(L, 2, NULL);
    if (!lua_isnil(L, 3)) offset = peri__lua_time(L, 3, NULL);
    if (!lua_isnil(L, 4)) duration = peri__lua_time(L, 4, NULL);
  }
  peri__lua_start(L, &source->scheduled, count, when, offset, duration);
  if (source->loop && source->scheduled.started)
    peri__lua_note_loop(L, peri__lua_state(L), 1, 0, source->scheduled.node.context, source->scheduled.node.id);
  return 0;
}

static const luaL_Reg methods[] = {
    {"start", start},
    {"stop", peri__lua_stop_scheduled},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_buffer_source_type = {
    .name = "AudioBufferSourceNode",
    .base = &peri__lua_audio_node,
    .methods = methods,
    .properties = properties,
    .metamethods = metamethods,
    .size = sizeof(buffer_source),
    .id = PERI_LUA_BUFFER_SOURCE,
    .node_kind = PERI_NODE_BUFFER_SOURCE,
};
