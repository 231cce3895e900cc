/* The record of a Lua state: made at the first need, closed by its own finaliser when the state closes. */
#include "check.h"
#include "reloader.h"
#include "trial.h"

#include <stdio.h>
#include <string.h>

static const char record_key; /* its address is the record's key in the registry */

const peri__lua_type *const peri__lua_types[PERI_LUA_TYPES] = {
    [PERI_LUA_CONTEXT] = &peri__lua_context_type,
    [PERI_LUA_OFFLINE_CONTEXT] = &peri__lua_offline_context_type,
    [PERI_LUA_DESTINATION] = &peri__lua_destination_type,
    [PERI_LUA_BUFFER_SOURCE] = &peri__lua_buffer_source_type,
    [PERI_LUA_GAIN] = &peri__lua_gain_type,
    [PERI_LUA_STEREO_PANNER] = &peri__lua_stereo_panner_type,
    [PERI_LUA_CONSTANT_SOURCE] = &peri__lua_constant_source_type,
    [PERI_LUA_CHANNEL_SPLITTER] = &peri__lua_channel_splitter_type,
    [PERI_LUA_CHANNEL_MERGER] = &peri__lua_channel_merger_type,
    [PERI_LUA_DELAY] = &peri__lua_delay_type,
    [PERI_LUA_WAVE_SHAPER] = &peri__lua_wave_shaper_type,
    [PERI_LUA_ANALYSER] = &peri__lua_analyser_type,
    [PERI_LUA_OSCILLATOR] = &peri__lua_oscillator_type,
    [PERI_LUA_WAVE] = &peri__lua_wave_type,
    [PERI_LUA_BIQUAD_FILTER] = &peri__lua_biquad_filter_type,
    [PERI_LUA_IIR_FILTER] = &peri__lua_iir_filter_type,
    [PERI_LUA_CONVOLVER] = &peri__lua_convolver_type,
    [PERI_LUA_DYNAMICS_COMPRESSOR] = &peri__lua_dynamics_compressor_type,
    [PERI_LUA_LISTENER] = &peri__lua_listener_type,
    [PERI_LUA_PANNER] = &peri__lua_panner_type,
    [PERI_LUA_CUSTOM] = &peri__lua_custom_type,
    [PERI_LUA_CUSTOM_SOURCE] = &peri__lua_custom_source_type,
    [PERI_LUA_PARAM] = &peri__lua_param_type,
    [PERI_LUA_BUFFER] = &peri__lua_buffer_type,
    [PERI_LUA_SOUND] = &peri__lua_sound_type,
    [PERI_LUA_SOURCE] = &peri__lua_source_type,
    [PERI_LUA_TAP] = &peri__lua_tap_type,
    [PERI_LUA_BLOCK] = &peri__lua_block_type,
};

/* ---- Metatables ------------------------------------------------------------------------------------------------- */

static const peri__lua_type *upvalue_type(lua_State *L) {
  return (const peri__lua_type *)lua_touserdata(L, lua_upvalueindex(2));
}

/* Members, the third upvalue: functions, light addresses of properties, places of parameters, and those of options
 * counted downwards from −1. */
static uint32_t option_at(lua_State *L, int index) { return (uint32_t)(-1 - lua_tonumber(L, index)); }

/* What a type's members are without, a custom node's kind may have: puts its place on top in the place of the nil. */
static int custom_member(lua_State *L, const peri__lua_type *type, const void *self, int kind) {
  if (kind != LUA_TNIL || !peri__lua_is_custom(type)) return kind;
  lua_pop(L, 1);
  lua_pushinteger(L, peri__lua_custom_member(L, self, 2));
  return LUA_TNUMBER;
}

/* A method is found without a look at the object: the method checks it. */
static int index_handle(lua_State *L) {
  lua_pushvalue(L, 2);
  int kind = lua_rawget(L, lua_upvalueindex(3));
  if (kind == LUA_TFUNCTION) return 1;
  const peri__lua_type *type = upvalue_type(L);
  void *self = peri__lua_handle(L, 1, type, NULL);
  kind = custom_member(L, type, self, kind);
  if (type->item && lua_type(L, 2) == LUA_TNUMBER) {
    type->item(L, self, lua_tonumber(L, 2));
  } else if (kind == LUA_TLIGHTUSERDATA) {
    const peri__lua_property *property = lua_touserdata(L, -1);
    if (peri__lua_push_held(L, peri__lua_state(L))) return 1;
    property->get(L, peri__lua_state(L), self);
  } else if (kind == LUA_TNUMBER && lua_tonumber(L, -1) < 0) {
    if (!peri__lua_push_held(L, peri__lua_state(L))) peri__lua_push_option(L, self, option_at(L, -1));
  } else if (kind == LUA_TNUMBER) {
    peri__lua_push_param(L, peri__lua_state(L), 1, (uint32_t)lua_tonumber(L, -1));
  } else {
    peri__lua_unknown(L, type, 2, false);
  }
  return 1;
}

static int assign_handle(lua_State *L) {
  const peri__lua_type *type = upvalue_type(L);
  void *self = peri__lua_handle(L, 1, type, NULL);
  if (type->item && lua_type(L, 2) == LUA_TNUMBER) peri__lua_fail(L, "a %s cannot be written to", type->name);
  lua_pushvalue(L, 2);
  int kind = custom_member(L, type, self, lua_rawget(L, lua_upvalueindex(3)));
  if (kind == LUA_TLIGHTUSERDATA) {
    const peri__lua_property *property = lua_touserdata(L, -1);
    if (!property->set) peri__lua_fail(L, "'%s' of %s cannot be assigned: it is read-only", property->name, type->name);
    const peri__lua *state = peri__lua_state(L);
    if (!peri__lua_assigned_before(L, state)) property->set(L, peri__lua_state(L), self, 3, property->name);
    peri__lua_assigned(L, state);
    return 0;
  }
  if (kind == LUA_TNIL) peri__lua_unknown(L, type, 2, true);
  const char *name = lua_tostring(L, 2);
  if (kind == LUA_TNUMBER && lua_tonumber(L, -1) < 0) {
    const peri__lua *state = peri__lua_state(L);
    if (!peri__lua_assigned_before(L, state)) peri__lua_set_option(L, self, option_at(L, -1), 3, name);
    peri__lua_assigned(L, state);
    return 0;
  }
  if (kind == LUA_TNUMBER) {
    peri__lua_fail(L, "'%s' of %s is an AudioParam and cannot be assigned: write .%s.value = ...", name, type->name,
                   name);
  }
  peri__lua_fail(L, "'%s' of %s is a method and cannot be assigned", name, type->name);
}

static int print_handle(lua_State *L) {
  const void *self = peri__lua_handle(L, 1, upvalue_type(L), NULL);
  lua_pushfstring(L, "%s: %p", upvalue_type(L)->name, self);
  return 1;
}

static void push_function(lua_State *L, peri__lua *state, lua_CFunction function) {
  lua_pushlightuserdata(L, state);
  lua_pushcclosure(L, function, 1);
}

/* A derived type's members stand before those of its base. */
static void push_members(lua_State *L, peri__lua *state, const peri__lua_type *type) {
  if (type->base)
    push_members(L, state, type->base);
  else
    lua_newtable(L);
  for (const luaL_Reg *method = type->methods; method && method->name; method++) {
    push_function(L, state, method->func);
    lua_setfield(L, -2, method->name);
  }
  for (const peri__lua_property *property = type->properties; property && property->name; property++) {
    lua_pushlightuserdata(L, (void *)property);
    lua_setfield(L, -2, property->name);
  }
  if (type->node_kind == PERI_LUA_NO_NODE) return;
  const peri_node_info *info = peri_node_kind_info((peri_node_kind)type->node_kind);
  for (uint32_t i = 0; info && i < info->params; i++) {
    lua_pushinteger(L, (lua_Integer)i);
    lua_setfield(L, -2, info->param[i].name);
  }
  for (uint32_t i = 0; info && i < info->options; i++) {
    lua_pushinteger(L, -1 - (lua_Integer)i);
    lua_setfield(L, -2, info->option[i].name);
  }
}

static void push_handler(lua_State *L, peri__lua *state, const peri__lua_type *type, lua_CFunction function,
                         int members) {
  lua_pushlightuserdata(L, state);
  lua_pushlightuserdata(L, (void *)type);
  lua_pushvalue(L, members);
  lua_pushcclosure(L, function, 3);
}

static int make_metatable(lua_State *L, peri__lua *state, const peri__lua_type *type) {
  push_members(L, state, type);
  int members = lua_gettop(L);
  lua_newtable(L);
  lua_pushstring(L, type->name);
  lua_setfield(L, -2, "__name");
  push_handler(L, state, type, index_handle, members);
  lua_setfield(L, -2, "__index");
  push_handler(L, state, type, assign_handle, members);
  lua_setfield(L, -2, "__newindex");
  push_handler(L, state, type, print_handle, members);
  lua_setfield(L, -2, "__tostring");
  for (const luaL_Reg *method = type->metamethods; method && method->name; method++) {
    push_handler(L, state, type, method->func, members);
    lua_setfield(L, -2, method->name);
  }
  int reference = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pop(L, 1);
  return reference;
}

/* ---- The record ------------------------------------------------------------------------------------------------- */

static int close_record(lua_State *L) {
  peri__lua *state = lua_touserdata(L, 1);
  state->closing = true;
  peri__lua_trial_abandon(L, state); /* os.exit in the midst of it */
  for (peri__lua_context *context = state->contexts, *next; context; context = next) {
    peri__lua_context_retain(context);
    peri__lua_context_close(L, context);
    next = context->next;
    peri__lua_context_release(L, context);
  }
  if (state->context) peri__lua_context_release(L, state->context);
  state->context = NULL;
  peri__lua_contexts_free(state);
  peri__lua_disown_all(state);
  return 0;
}

static int make_weak_table(lua_State *L, const char *mode) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushstring(L, mode);
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

peri__lua *peri__lua_open(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
  peri__lua *state = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (state) return state;

  luaL_checkstack(L, 20, "no room for perilune");
  state = lua_newuserdatauv(L, sizeof *state, 0);
  memset(state, 0, sizeof *state);
  state->core = state->module = state->on_error = state->files = LUA_NOREF;
  state->settings = state->settings_before = state->reloader = LUA_NOREF;
  state->undo_on_error = state->undo_files = LUA_NOREF;
  for (int i = 0; i < PERI_LUA_TYPES; i++) state->metatables[i] = make_metatable(L, state, peri__lua_types[i]);
  state->handles = make_weak_table(L, "v");
  state->extras = make_weak_table(L, "k");
  peri__lua_intern_options(L, state);

  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, close_record);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &record_key);
  return state;
}

void *peri__lua_new(lua_State *L, peri__lua *state, const peri__lua_type *type, int user_values) {
  peri__lua_head *head = lua_newuserdatauv(L, type->size, user_values);
  memset(head, 0, type->size);
  head->type = type;
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->metatables[type->id]);
  lua_setmetatable(L, -2);
  peri__lua_trial_made(L, state);
  return head;
}

bool peri__lua_find(lua_State *L, peri__lua *state, const void *address) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->handles);
  lua_pushlightuserdata(L, (void *)address);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

void peri__lua_remember(lua_State *L, peri__lua *state, const void *address) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->handles);
  lua_pushlightuserdata(L, (void *)address);
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void peri__lua_keep(lua_State *L, peri__lua *state, int handle) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->extras);
  lua_insert(L, -2);
  peri__lua_setephemeron(L, handle);
  lua_pop(L, 1);
}

void peri__lua_push_kept(lua_State *L, peri__lua *state, int handle) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->extras);
  peri__lua_getephemeron(L, handle);
  lua_remove(L, -2);
}

/* ---- For hosts -------------------------------------------------------------------------------------------------- */

static peri__lua *record_if_any(lua_State *L) {
  if (!lua_checkstack(L, 10)) return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
  peri__lua *state = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return state;
}

static int attach(lua_State *L) {
  peri_engine *engine = lua_touserdata(L, 1);
  peri__lua *state = peri__lua_open(L);
  bool possible = !state->context && !state->attached;
  if (possible) {
    lua_getglobal(L, "package");
    if (lua_istable(L, -1)) {
      lua_getfield(L, -1, "preload");
      if (lua_istable(L, -1)) {
        lua_pushcfunction(L, luaopen_perilune);
        lua_setfield(L, -2, "perilune");
        lua_pushcfunction(L, luaopen_perilune_reload);
        lua_setfield(L, -2, "perilune.reload");
      }
    }
    state->attached = engine;
  }
  lua_pushboolean(L, possible);
  return 1;
}

bool peri_lua_attach(lua_State *L, peri_engine *engine) {
  if (!engine || !lua_checkstack(L, 10)) return false;
  lua_pushcfunction(L, attach);
  lua_pushlightuserdata(L, engine);
  bool attached = lua_pcall(L, 1, 1, 0) == LUA_OK && lua_toboolean(L, -1);
  lua_pop(L, 1);
  return attached;
}

void peri_lua_hold(lua_State *L, int arguments) { peri__lua_hold(L, peri__lua_open(L), arguments); }

void peri_lua_undo(lua_State *L) { peri__lua_tell_reloader(L, peri__lua_open(L), "undo", 1); }

static int update(lua_State *L) {
  lua_pushboolean(L, peri__lua_update(L, lua_touserdata(L, 1)));
  return 1;
}

bool peri_lua_update(lua_State *L) {
  peri__lua *state = record_if_any(L);
  if (!state) return true;
  lua_pushcfunction(L, update);
  lua_pushlightuserdata(L, state);
  bool well = lua_pcall(L, 1, 1, 0) == LUA_OK && lua_toboolean(L, -1);
  lua_pop(L, 1);
  return well;
}

bool peri_lua_is_waiting(lua_State *L) {
  peri__lua *state = record_if_any(L);
  for (peri__lua_context *context = state ? state->contexts : NULL; context; context = context->next) {
    if (context->closed) continue;
    if (context->kind != PERI_LUA_OFFLINE ? context->callback_count > 0 : context->loads > 0) return true;
  }
  return false;
}

bool peri_lua_is_loading(lua_State *L) {
  peri__lua *state = record_if_any(L);
  for (peri__lua_context *context = state ? state->contexts : NULL; context; context = context->next) {
    if (!context->closed && context->loads > 0) return true;
  }
  return false;
}
