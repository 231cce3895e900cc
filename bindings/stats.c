/* The figures of an engine: perilune.stats() and context.stats. */
#include "check.h"

static void set_number(lua_State *L, const char *name, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void set_count(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void push_node_load(lua_State *L, peri__lua_context *context, const peri_node_load *load) {
  lua_createtable(L, 0, 6);
  lua_pushstring(L, load->node ? peri_node_kind_info(load->kind)->name : "no destination");
  lua_setfield(L, -2, "name");
  peri__lua_push_node(L, context, load->node);
  lua_setfield(L, -2, "node");
  set_count(L, "voices", load->voices);
  set_number(L, "load", load->load);
  set_number(L, "loadPeak", load->load_peak);
  set_number(L, "voicesLoad", load->voices_load);
}

/* The graph may have grown by the second call: then the cheapest are left out. */
static void push_profile(lua_State *L, peri__lua_context *context) {
  uint32_t count = peri_engine_profile(context->engine, NULL, 0);
  peri_node_load *loads = lua_newuserdatauv(L, (count + 1) * sizeof *loads, 0);
  uint32_t found = peri_engine_profile(context->engine, loads, count);
  if (found < count) count = found;
  lua_createtable(L, (int)count, 0);
  for (uint32_t k = 0; k < count; k++) {
    push_node_load(L, context, &loads[k]);
    lua_rawseti(L, -2, (int)k + 1);
  }
  lua_remove(L, -2);
}

void peri__lua_push_stats(lua_State *L, peri__lua_context *context) {
  peri_engine *engine = peri__lua_engine(L, context);
  peri_stats s = {.size = sizeof s};
  if (!peri_engine_stats(engine, &s)) peri__lua_fail_engine(L);
  lua_createtable(L, 0, 20);
  set_count(L, "sources", s.sources);
  set_count(L, "sourcesPlaying", s.sources_playing);
  set_count(L, "sourcesScheduled", s.sources_scheduled);
  set_count(L, "sourcesPaused", s.sources_paused);
  set_count(L, "sourcesStarted", s.sources_started);
  set_count(L, "sourcesEnded", s.sources_ended);
  set_count(L, "sourceBytes", s.source_bytes);
  set_count(L, "nodes", s.nodes);
  set_count(L, "planSteps", s.plan_steps);
  set_count(L, "commandBytes", s.command_bytes);
  set_count(L, "commands", s.commands);
  set_count(L, "quanta", s.quanta);
  set_number(L, "load", s.load);
  set_number(L, "loadPeak", s.load_peak);
  set_count(L, "underruns", s.underruns);
  set_count(L, "nonfinite", s.nonfinite);
  set_count(L, "tapDropped", s.tap_dropped);
  set_count(L, "deviceLosses", s.device_losses);
  set_count(L, "buffers", peri_buffers_alive());
  set_count(L, "bufferBytes", peri_buffer_bytes_alive());
  if (!peri_engine_is_profiling(engine)) return;
  push_profile(L, context);
  lua_setfield(L, -2, "profile");
}
