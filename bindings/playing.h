/* What Sound and Source share. */
#ifndef PERI_LUA_PLAYING_H
#define PERI_LUA_PLAYING_H

#include "check.h"

#define PERI_LUA_DEZIPPER 0.005 /* seconds over which the game layer changes volume and pan, and stops */

float peri__lua_volume(lua_State *L, int index, const char *name); /* 0 or above */
float peri__lua_pitch(lua_State *L, int index, const char *name);  /* above 0 */

/* Pushes a Source of the default context with the settings of `def`; its id goes where the result points. */
peri_node *peri__lua_new_playing(lua_State *L, peri__lua *state, const peri_source_def *def);

#endif
