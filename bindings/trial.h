/* A trial: a file is run again, and what it does to the sound is held back until all of it has succeeded.
 *
 * While one is under way the engines of the state are in one batch (peri_engine_begin). What the trial makes (sources,
 * nodes, contexts) is made at once and heard with the rest of the batch; what it changes of things that were there
 * before waits in a queue of calls, checked already, and is called when the trial has succeeded. If it fails, the queue
 * is dropped and what it made goes before it was ever heard. Samples written into buffers are put back. */
#ifndef PERI_LUA_TRIAL_H
#define PERI_LUA_TRIAL_H

#include "bindings.h"

/* Whether the function that runs must wait: a trial is under way, and `self`, the handle that it is about to change,
 * was there before. Then a call of it with the arguments 1 to `count` is queued, and it must return without effect. It
 * has checked its arguments. */
bool peri__lua_held(lua_State *L, const peri__lua *state, const void *self, int count);
/* The same for an assignment, self[key] = value as the arguments 1 to 3. */
bool peri__lua_assignment_held(lua_State *L, const peri__lua *state, const void *self);
/* Calls the function below its `arguments` on the stack: now, or when the trial under way has succeeded. */
void peri__lua_hold(lua_State *L, peri__lua *state, int arguments);

/* What the rest of the bindings tell a trial, if one is under way. */
void peri__lua_trial_made(lua_State *L, const peri__lua *state); /* the handle on top of the stack */
void peri__lua_trial_made_context(const peri__lua *state, peri__lua_context *context);
/* Makes room for one call of either of the two below, which cannot fail then. */
void peri__lua_trial_reserve(lua_State *L, const peri__lua *state);
void peri__lua_trial_made_callback(const peri__lua *state, peri__lua_context *context, int64_t key);
void peri__lua_trial_played(const peri__lua *state, peri__lua_context *context, peri_node source);
/* Whether the trial under way has begun the load of this key. */
bool peri__lua_trial_waits(const peri__lua *state, const peri__lua_context *context, int64_t key);
/* Before `count` samples are written. */
void peri__lua_trial_writes(lua_State *L, const peri__lua *state, peri_buffer *buffer, uint32_t channel, uint64_t start,
                            uint64_t count);

/* An assignment handle[key] = value, the arguments 1 to 3: whether the file that runs assigned just this when it was
 * run last; then it is left as it is now. */
bool peri__lua_assigned_before(lua_State *L, const peri__lua *state);
/* Notes it for the next time, and for who reads the property while it is held. */
void peri__lua_assigned(lua_State *L, const peri__lua *state);
/* Pushes what the trial has assigned to handle[key], the arguments 1 and 2, and is held back. */
bool peri__lua_push_held(lua_State *L, const peri__lua *state);

/* Ends a trial that nobody will end any more, if there is one: its end was kept back by an error. */
void peri__lua_trial_abandon(lua_State *L, peri__lua *state);

extern const luaL_Reg peri__lua_trial_functions[]; /* for the Lua half */

#endif
