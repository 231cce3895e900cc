/* Engines under contexts: the one that the Lua states of a process share, a host's, a context's own. */
#include "trial.h"
#include "voice.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- The engine of the process ---------------------------------------------------------------------------------- */

/* Lives while any Lua state uses it. States open and close in any order, in any thread. */
static struct {
  pthread_mutex_t lock;
  peri_engine *engine;
  uint32_t states;
  peri_engine_def def;
  peri_device_def device;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool same_settings(const peri_engine_def *def, const peri_device_def *device) {
  return def->sample_rate == shared.def.sample_rate && def->channels == shared.def.channels &&
         device->kind == shared.device.kind && device->block_size == shared.device.block_size;
}

static peri_engine *create_with_device(const peri_engine_def *def, const peri_device_def *device) {
  peri_engine *engine = peri_engine_create(def);
  if (!engine || peri_device_open(engine, device)) return engine;
  peri_engine_destroy(engine);
  return NULL;
}

/* NULL settings join whatever is open. *conflict: it is open with other settings. */
static peri_engine *join_shared(const peri_engine_def *def, const peri_device_def *device, bool *conflict) {
  pthread_mutex_lock(&shared.lock);
  *conflict = shared.engine && def && !same_settings(def, device);
  if (!shared.engine) {
    shared.def = def ? *def : peri_default_engine_def();
    shared.device = device ? *device : peri_default_device_def();
    shared.engine = create_with_device(&shared.def, &shared.device);
  }
  peri_engine *engine = *conflict ? NULL : shared.engine;
  if (engine) shared.states++;
  pthread_mutex_unlock(&shared.lock);
  return engine;
}

static void leave_shared(void) {
  pthread_mutex_lock(&shared.lock);
  if (--shared.states == 0) {
    peri_engine_destroy(shared.engine);
    shared.engine = NULL;
  }
  pthread_mutex_unlock(&shared.lock);
}

/* While others use the engine, this state's nodes must be released one by one, and its share stays until they are. */
static bool leave_shared_if_alone(void) {
  pthread_mutex_lock(&shared.lock);
  bool alone = shared.states == 1;
  if (alone) {
    peri_engine_destroy(shared.engine);
    shared.engine = NULL;
    shared.states = 0;
  }
  pthread_mutex_unlock(&shared.lock);
  return alone;
}

/* ---- Contexts --------------------------------------------------------------------------------------------------- */

static void let_engine_go(peri__lua_context *context) {
  if (!context->engine) return;
  if (context->kind == PERI_LUA_SHARED)
    leave_shared();
  else if (context->kind != PERI_LUA_ATTACHED)
    peri_engine_destroy(context->engine);
  context->engine = NULL;
}

peri__lua_context *peri__lua_context_create(peri__lua *state, peri_engine *engine, peri__lua_context_kind kind) {
  peri__lua_context *context = calloc(1, sizeof *context);
  peri_owner owner = context ? peri_owner_create(engine) : 0;
  if (!owner) {
    free(context);
    return NULL;
  }
  context->state = state;
  context->engine = engine;
  context->owner = owner;
  context->kind = kind;
  context->destination = peri_engine_destination(engine);
  context->sample_rate = peri_engine_sample_rate(engine);
  context->callbacks = context->suspensions = context->nodes = LUA_NOREF;
  context->references = 1;
  context->next = state->contexts;
  state->contexts = context;
  peri__lua_trial_made_context(state, context);
  return context;
}

static peri__lua_context *create_default(lua_State *L, peri__lua *state, const peri_engine_def *def,
                                         const peri_device_def *device) {
  if (state->closing) peri__lua_fail(L, "the Lua state is closing");
  if (state->attached) {
    state->context = peri__lua_context_create(state, state->attached, PERI_LUA_ATTACHED);
  } else {
    bool conflict;
    peri_engine *engine = join_shared(def, device, &conflict);
    if (conflict)
      peri__lua_fail(L, "another Lua state of this process has opened the default context with other settings");
    if (!engine) peri__lua_fail_engine(L);
    state->context = peri__lua_context_create(state, engine, PERI_LUA_SHARED);
    if (!state->context) leave_shared();
  }
  if (!state->context) peri__lua_fail_engine(L);
  return state->context;
}

peri__lua_context *peri__lua_context_default(lua_State *L, peri__lua *state) {
  return state->context ? state->context : create_default(L, state, NULL, NULL);
}

void peri__lua_context_retain(peri__lua_context *context) { context->references++; }

/* A source may have ended without its callback having run. An offline context that nobody can render calls back no
 * more, but for its loads. */
static bool is_still_needed(peri__lua_context *context) {
  if (context->closed) return false;
  if (context->kind == PERI_LUA_OFFLINE) return context->loads > 0;
  return context->callback_count > 0 || peri_engine_is_active(context->engine);
}

static void forget_tables(lua_State *L, peri__lua_context *context) {
  luaL_unref(L, LUA_REGISTRYINDEX, context->callbacks);
  luaL_unref(L, LUA_REGISTRYINDEX, context->suspensions);
  luaL_unref(L, LUA_REGISTRYINDEX, context->nodes);
  context->callbacks = context->suspensions = context->nodes = LUA_NOREF;
  context->callback_count = context->loads = 0;
  peri__lua_forget_late(context);
}

void peri__lua_context_close(lua_State *L, peri__lua_context *context) {
  if (context->closed) return;
  context->closed_at = peri_engine_time(context->engine);
  context->closed = true;
  forget_tables(L, context);
  peri_owner_close(context->engine, context->owner);
  if (context->on_trial) peri_engine_commit(context->engine); /* others may go on with it */
  context->on_trial = false;
  if (context->kind == PERI_LUA_SHARED) {
    if (leave_shared_if_alone()) context->engine = NULL;
  } else if (context->kind != PERI_LUA_ATTACHED) {
    let_engine_go(context);
  }
}

void peri__lua_context_release(lua_State *L, peri__lua_context *context) {
  if (--context->references > 0 || is_still_needed(context)) return;
  peri__lua_context_close(L, context);
  let_engine_go(context);
  peri__lua_context **link = &context->state->contexts;
  while (*link != context) link = &(*link)->next;
  *link = context->next;
  free(context);
}

void peri__lua_contexts_free(peri__lua *state) {
  while (state->contexts) {
    peri__lua_context *context = state->contexts;
    state->contexts = context->next;
    let_engine_go(context);
    free(context);
  }
}

peri_engine *peri__lua_engine(lua_State *L, const peri__lua_context *context) {
  if (!context || context->closed) peri__lua_fail(L, "the context is closed");
  return context->engine;
}

/* ---- Settings --------------------------------------------------------------------------------------------------- */

static const char *const device_names[] = {"sdl", "null", NULL};
static const peri_device_kind device_kinds[] = {PERI_DEVICE_SDL, PERI_DEVICE_NULL};

/* The table {device, sampleRate, channels, blockSize, interpolation} at `index`; none is the same as empty. */
static void read_settings(lua_State *L, int index, peri_engine_def *def, peri_device_def *device) {
  static const char *const names[] = {"device", "sampleRate", "channels", "blockSize", "interpolation", NULL};
  *def = peri_default_engine_def();
  *device = peri_default_device_def();
  if (lua_isnoneornil(L, index)) return;
  peri__lua_options(L, index, names);
  lua_settop(L, index);
  for (int i = 0; names[i]; i++) lua_getfield(L, index, names[i]);
  if (!lua_isnil(L, index + 1)) device->kind = device_kinds[peri__lua_word(L, index + 1, names[0], device_names)];
  if (!lua_isnil(L, index + 2))
    def->sample_rate = peri__lua_range(L, index + 2, names[1], PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE);
  if (!lua_isnil(L, index + 3)) def->channels = (uint32_t)peri__lua_count(L, index + 3, names[2], 1, PERI_MAX_CHANNELS);
  if (!lua_isnil(L, index + 4)) device->block_size = (uint32_t)peri__lua_count(L, index + 4, names[3], 16, 8192);
  if (!lua_isnil(L, index + 5)) def->interpolation = peri__lua_interpolation(L, index + 5, names[4]);
}

/* Whether a script that is run again asks for what is open. */
static bool is_open_so(const peri__lua *state, const peri_engine_def *def, const peri_device_def *device) {
  if (!state->trial || state->context->kind != PERI_LUA_SHARED) return false;
  pthread_mutex_lock(&shared.lock);
  bool same = shared.engine && same_settings(def, device);
  pthread_mutex_unlock(&shared.lock);
  return same;
}

/* Under a host its settings hold, so that a script's own do not keep it from running there. */
int peri__lua_open_default(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri_engine_def def;
  peri_device_def device;
  peri__lua_arguments(L, 1);
  read_settings(L, 1, &def, &device);
  if (state->context && !state->attached && !is_open_so(state, &def, &device)) {
    peri__lua_fail(L, state->trial ? "the default context is open with other settings: they can change when the "
                                     "program is started anew"
                                   : "the default context is open already: call perilune.open before anything else");
  }
  peri__lua_push_context(L, state->context ? state->context : create_default(L, state, &def, &device));
  return 1;
}

/* Pushes the handle of a new context and drops the creator's reference, which the handle replaces. */
static int push_new(lua_State *L, peri__lua_context *context) {
  peri__lua_push_context(L, context);
  peri__lua_context_release(L, context);
  return 1;
}

int peri__lua_new_context(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri_engine_def def;
  peri_device_def device;
  peri__lua_arguments(L, 1);
  read_settings(L, 1, &def, &device);
  if (state->closing) peri__lua_fail(L, "the Lua state is closing");
  peri_engine *engine = create_with_device(&def, &device);
  peri__lua_context *context = engine ? peri__lua_context_create(state, engine, PERI_LUA_OWN) : NULL;
  if (context) return push_new(L, context);
  peri_engine_destroy(engine);
  peri__lua_fail_engine(L);
}

int peri__lua_new_offline_context(lua_State *L) {
  static const char *const names[] = {"channels", "length", "sampleRate", "interpolation", NULL};
  peri__lua *state = peri__lua_state(L);
  peri_engine_def def = peri_default_engine_def();
  peri__lua_arguments(L, 1);
  peri__lua_options(L, 1, names);
  for (int i = 0; names[i]; i++) lua_getfield(L, 1, names[i]);
  if (!lua_isnil(L, 2)) def.channels = (uint32_t)peri__lua_count(L, 2, names[0], 1, PERI_MAX_CHANNELS);
  uint64_t length = peri__lua_count(L, 3, names[1], 1, PERI_MAX_FRAMES);
  if (!lua_isnil(L, 4)) def.sample_rate = peri__lua_range(L, 4, names[2], PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE);
  if (!lua_isnil(L, 5)) def.interpolation = peri__lua_interpolation(L, 5, names[3]);
  if (state->closing) peri__lua_fail(L, "the Lua state is closing");
  peri_engine *engine = peri_engine_create(&def);
  peri__lua_context *context = engine ? peri__lua_context_create(state, engine, PERI_LUA_OFFLINE) : NULL;
  if (context) {
    context->length = length;
    peri_engine_begin(engine); /* until startRendering: one plan for all that the script builds */
    return push_new(L, context);
  }
  peri_engine_destroy(engine);
  peri__lua_fail_engine(L);
}
