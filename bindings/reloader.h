/* What the bindings tell perilune.reload, once a script has required it: its Lua half has put functions into a table.
 */
#ifndef PERI_LUA_RELOADER_H
#define PERI_LUA_RELOADER_H

#include "bindings.h"

/* Calls its function `name` with the `arguments` on top of the stack, which go; nothing where it is not in use. Errors
 * are reported, never raised. */
void peri__lua_tell_reloader(lua_State *L, peri__lua *state, const char *name, int arguments);

/* A source loops from now on: its handle stands at `handle`, the Sound that it was played from at `sound` (0: none). */
void peri__lua_note_loop(lua_State *L, peri__lua *state, int handle, int sound, peri__lua_context *context,
                         peri_node source);

/* The source whose handle stands at `handle` was told when to end. */
void peri__lua_note_end(lua_State *L, peri__lua *state, int handle);

extern const luaL_Reg peri__lua_reloader_functions[]; /* for the Lua half */

#endif
