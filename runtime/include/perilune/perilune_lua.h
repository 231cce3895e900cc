/* perilune in Lua: what a host calls that owns an engine and runs scripts on it.
 *
 * A plain script needs none of this: `require "perilune"` finds luaopen_perilune in perilune.so. A host that links the
 * bindings in (libperilune-lua5.4.a, or -lua5.1.a for LuaJIT and Lua 5.1) writes
 *
 *     lua_State *L = luaL_newstate();
 *     luaL_openlibs(L);
 *     peri_lua_attach(L, engine);
 *     luaL_dofile(L, "game.lua");
 *     while (running) peri_lua_update(L);
 *     lua_close(L);
 *
 * Threads. Each Lua state belongs to one thread at a time, as always with Lua; several states, in several threads, may
 * use one engine. Handles stay in their state. Close the states before the engine they are attached to is destroyed.
 *
 * MIT licence, see LICENSE. */
#ifndef PERILUNE_LUA_H
#define PERILUNE_LUA_H

#include "perilune/perilune.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lua_State lua_State;

/* The module: pushes the table that `require "perilune"` returns, the same one each time in one Lua state. Raises a Lua
 * error when memory runs out. */
PERI_API int luaopen_perilune(lua_State *L);

/* `require "perilune.reload"`: hot reload; peri_lua_update drives it. Pushes its table. */
PERI_API int luaopen_perilune_reload(lua_State *L);

/* `require "perilune.host"` where no program `perilune` runs the script: raises an error that says so. */
PERI_API int luaopen_perilune_host(lua_State *L);

/* Makes `engine` the default context of this Lua state, and `require "perilune"` find this module. Call it before the
 * script requires perilune. The state then opens no device for its default context and never destroys the engine, which
 * must outlive it. False, and nothing is changed, when engine is NULL, when the state's default context is in use
 * already, or when memory runs out. */
PERI_API bool peri_lua_attach(lua_State *L, peri_engine *engine);

/* Once a frame: peri_engine_update for each context of this state, then its callbacks (onended, loads), on this thread.
 * What perilune.update() does in Lua. Never raises: errors in callbacks go to the function set by perilune.onError, by
 * default to standard error with a traceback. False when a callback raised an error. */
PERI_API bool peri_lua_update(lua_State *L);

/* Calls the function that stands below its `arguments` on top of the stack as perilune calls callbacks: an error goes
 * to the function set by perilune.onError. Takes function and arguments off the stack and leaves no results. False when
 * it raised an error. */
PERI_API bool peri_lua_call(lua_State *L, int arguments);

/* For functions of the host that scripts call, where perilune.reload runs a changed file on trial: calls the function
 * below its `arguments` on top of the stack now, or, while a file is run on trial, when that has succeeded; if it
 * fails, never. Takes function and arguments off the stack. Raises what the function raises when it is called now. */
PERI_API void peri_lua_hold(lua_State *L, int arguments);

/* For those that keep something for a script, a callback say: takes the function on top of the stack, which is called
 * without arguments when the file whose code asked for it (the file that runs, or the caller's) is replaced by a newer
 * version. Keep the function as long as there is something to undo: here it is held weakly. */
PERI_API void peri_lua_undo(lua_State *L);

/* For functions of the host that scripts call with a node, to give it a part (peri_node_set_part), say: the node whose
 * handle stands at `index`, and, unless NULL, its engine. 0 where something else stands, or its context is closed. */
PERI_API peri_node peri_lua_to_node(lua_State *L, int index, peri_engine **engine);

/* Whether callbacks are still to come: asynchronous loads, and sources that have started and have an onended. */
PERI_API bool peri_lua_is_waiting(lua_State *L);

/* Whether the callback of an asynchronous load is still to come. Who renders offline waits for it, calling
 * peri_lua_update, so that what is heard does not depend on how fast files load. */
PERI_API bool peri_lua_is_loading(lua_State *L);

#ifdef __cplusplus
}
#endif
#endif
