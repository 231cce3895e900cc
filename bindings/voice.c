#include "voice.h"

static const char *const filter_types[] = {"lowpass", "highpass", "bandpass", NULL};   /* from PERI_FILTER_LOWPASS on */
static const char *const interpolations[] = {"none", "linear", "cubic", "sinc", NULL}; /* from …_NONE on */
static const char *const formats[] = {"f32", "s16", NULL};

peri_filter peri__lua_filter(lua_State *L, int index, const char *name) {
  static const char *const names[] = {"type", "frequency", "Q", NULL};
  peri_filter filter = peri_default_source_def().filter;
  if (lua_isnil(L, index)) return filter;
  if (!lua_istable(L, index)) peri__lua_bad(L, index, name, "table {type, frequency, Q} or nil");
  peri__lua_options(L, index, names);
  int top = lua_gettop(L);
  for (int i = 0; names[i]; i++) lua_getfield(L, index, names[i]);
  filter.type = (peri_filter_type)(PERI_FILTER_LOWPASS + peri__lua_word(L, top + 1, "filter.type", filter_types));
  filter.frequency = (float)peri__lua_range(L, top + 2, "filter.frequency", 0, 1e9);
  if (!lua_isnil(L, top + 3)) filter.q = (float)peri__lua_range(L, top + 3, "filter.Q", 0.0001, 1000);
  lua_settop(L, top);
  return filter;
}

void peri__lua_push_filter(lua_State *L, const peri_filter *filter) {
  if (filter->type == PERI_FILTER_NONE) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, 0, 3);
  lua_pushstring(L, filter_types[filter->type - PERI_FILTER_LOWPASS]);
  lua_setfield(L, -2, "type");
  lua_pushnumber(L, (lua_Number)filter->frequency);
  lua_setfield(L, -2, "frequency");
  lua_pushnumber(L, (lua_Number)filter->q);
  lua_setfield(L, -2, "Q");
}

peri_interpolation peri__lua_interpolation(lua_State *L, int index, const char *name) {
  return (peri_interpolation)(PERI_INTERPOLATION_NONE + peri__lua_word(L, index, name, interpolations));
}

void peri__lua_push_interpolation(lua_State *L, peri_interpolation interpolation) {
  if (interpolation == PERI_INTERPOLATION_DEFAULT)
    lua_pushnil(L);
  else
    lua_pushstring(L, interpolations[interpolation - PERI_INTERPOLATION_NONE]);
}

peri_format peri__lua_format(lua_State *L, int index, const char *name) {
  return (peri_format)peri__lua_word(L, index, name, formats);
}

void peri__lua_push_format(lua_State *L, peri_format format) { lua_pushstring(L, formats[format]); }
