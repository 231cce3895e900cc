/* What the sources of both layers have inside their voices: filter and interpolation; and the format of samples. */
#ifndef PERI_LUA_VOICE_H
#define PERI_LUA_VOICE_H

#include "check.h"

#define PERI_LUA_FILTER_MOVES 0.01 /* seconds over which a filter changes */

/* A table {type, frequency, Q = 0.7071}, or nil for none. */
peri_filter peri__lua_filter(lua_State *L, int index, const char *name);
/* Pushes such a table, a new one, or nil. */
void peri__lua_push_filter(lua_State *L, const peri_filter *filter);

peri_interpolation peri__lua_interpolation(lua_State *L, int index, const char *name);
/* Pushes its name; nil for the engine's. */
void peri__lua_push_interpolation(lua_State *L, peri_interpolation interpolation);

peri_format peri__lua_format(lua_State *L, int index, const char *name);
void peri__lua_push_format(lua_State *L, peri_format format);

#endif
