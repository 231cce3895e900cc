#include "trial.h"

#include <stdlib.h>

#include "check.h"

/* A source that the trial has started, or a callback of a load. */
typedef struct made {
  peri__lua_context *context; /* a reference */
  peri_node source;           /* 0: none */
  int64_t callback;           /* its key */
} made;

/* Samples as they were. */
typedef struct overwritten {
  struct overwritten *next; /* the one before it */
  peri_buffer *buffer;      /* a reference */
  uint64_t start, count;
  uint32_t channel;
  float samples[];
} overwritten;

#define KEPT 4

struct peri__lua_trial {
  made *made;
  size_t made_count, made_capacity;
  overwritten *overwritten;
  uint64_t last_buffer; /* ids above it are of buffers made since */
  int handles;          /* registry reference of the table address → handle: those made */
  int held;             /* likewise of the list of calls {function, count, arguments…} */
  int assigned;         /* likewise of the table handle → {key → value} that is held */
  int conclude;         /* likewise of the function: nothing needs memory any more when a trial ends */
  int kept[KEPT];       /* what the state kept before it, references of its own; LUA_NOREF: none */
  uint64_t random;
};

/* ---- What is made ----------------------------------------------------------------------------------------------- */

void peri__lua_trial_made(lua_State *L, const peri__lua *state) {
  if (!state->trial) return;
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->trial->handles);
  lua_pushlightuserdata(L, lua_touserdata(L, -2));
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void peri__lua_trial_made_context(const peri__lua *state, peri__lua_context *context) {
  if (!state->trial || context->kind == PERI_LUA_OFFLINE) return;
  context->on_trial = context->made_on_trial = true;
  peri_engine_begin(context->engine);
}

void peri__lua_trial_reserve(lua_State *L, const peri__lua *state) {
  peri__lua_trial *trial = state->trial;
  if (!trial || trial->made_count < trial->made_capacity) return;
  size_t capacity = trial->made_capacity ? trial->made_capacity * 2 : 32;
  made *more = realloc(trial->made, capacity * sizeof *more);
  if (!more) peri__lua_fail(L, "out of memory");
  trial->made = more;
  trial->made_capacity = capacity;
}

static void add_made(peri__lua_trial *trial, made one) {
  peri__lua_context_retain(one.context);
  trial->made[trial->made_count++] = one;
}

void peri__lua_trial_made_callback(const peri__lua *state, peri__lua_context *context, int64_t key) {
  if (state->trial) add_made(state->trial, (made){.context = context, .callback = key});
}

bool peri__lua_trial_waits(const peri__lua *state, const peri__lua_context *context, int64_t key) {
  const peri__lua_trial *trial = state->trial;
  for (size_t i = 0; i < trial->made_count; i++) {
    if (trial->made[i].context == context && !trial->made[i].source && trial->made[i].callback == key) return true;
  }
  return false;
}

void peri__lua_trial_played(const peri__lua *state, peri__lua_context *context, peri_node source) {
  if (!state->trial) return;
  add_made(state->trial, (made){.context = context, .source = source, .callback = peri__lua_source_key(source)});
}

void peri__lua_trial_writes(lua_State *L, const peri__lua *state, peri_buffer *buffer, uint32_t channel, uint64_t start,
                            uint64_t count) {
  peri__lua_trial *trial = state->trial;
  if (!trial || peri_buffer_id(buffer) > trial->last_buffer) return;
  overwritten *record = malloc(sizeof *record + count * sizeof *record->samples);
  if (!record) peri__lua_fail(L, "out of memory");
  if (!peri_buffer_read(buffer, channel, start, record->samples, count)) {
    free(record);
    return; /* the write will say what is wrong */
  }
  record->next = trial->overwritten;
  record->buffer = peri_buffer_retain(buffer);
  record->start = start;
  record->count = count;
  record->channel = channel;
  trial->overwritten = record;
}

/* ---- What is held ----------------------------------------------------------------------------------------------- */

static bool is_made(lua_State *L, const peri__lua_trial *trial, const void *self) {
  const peri__lua_head *head = self;
  if (head->type->id == PERI_LUA_PARAM) self = head = &((const peri__lua_param *)self)->node->head;
  if (head->type->id == PERI_LUA_CONTEXT || head->type->id == PERI_LUA_DESTINATION ||
      head->type->id == PERI_LUA_LISTENER)
    return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, trial->handles);
  lua_pushlightuserdata(L, (void *)self);
  bool made = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return made;
}

void peri__lua_hold(lua_State *L, peri__lua *state, int arguments) {
  if (!state->trial) {
    lua_call(L, arguments, 0);
    return;
  }
  int function = lua_gettop(L) - arguments;
  lua_createtable(L, arguments + 2, 0);
  lua_insert(L, function);
  for (int i = arguments + 1; i >= 1; i--) lua_rawseti(L, function, i == 1 ? 1 : i + 1);
  lua_pushinteger(L, arguments);
  lua_rawseti(L, function, 2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->trial->held);
  lua_insert(L, function);
  lua_rawseti(L, function, (int)lua_rawlen(L, function) + 1);
  lua_pop(L, 1);
}

bool peri__lua_held(lua_State *L, const peri__lua *state, const void *self, int count) {
  if (!state->trial || is_made(L, state->trial, self)) return false;
  lua_Debug frame;
  lua_getstack(L, 0, &frame);
  lua_getinfo(L, "f", &frame);
  for (int i = 1; i <= count; i++) lua_pushvalue(L, i);
  peri__lua_hold(L, (peri__lua *)state, count);
  return true;
}

/* ---- Assignments ------------------------------------------------------------------------------------------------ */

/* Pushes what a setting is noted by: the handle and the key; of a parameter, whose handle comes and goes, its node's
 * and both names. */
static void push_setting(lua_State *L) {
  const peri__lua_param *param = peri__lua_test(L, 1, &peri__lua_param_type);
  if (!param) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    return;
  }
  lua_getiuservalue(L, 1, 1);
  lua_pushfstring(L, "%s.%s", peri__lua_param_info(param)->name, lua_tostring(L, 2));
}

/* Pushes table[handle][key] of the table that is referred to; nil when there is none. */
static void push_noted(lua_State *L, int table) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, table);
  push_setting(L);
  lua_insert(L, -2);
  if (lua_rawget(L, -3) == LUA_TTABLE) {
    lua_insert(L, -2);
    lua_rawget(L, -2);
    lua_replace(L, -3);
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 3);
  lua_pushnil(L);
}

/* Stands for nil in tables of settings: a setting to nothing is one too. */
static const char nothing;

static bool is_nothing(lua_State *L, int index) {
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == &nothing;
}

/* Pushes the value at 3; of a table a copy, because the script may change its own. */
static void push_value(lua_State *L) {
  if (!lua_istable(L, 3)) {
    lua_pushvalue(L, 3);
    return;
  }
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, 3);) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
}

/* table[handle][key] = the value at 3. */
static void note(lua_State *L, int table) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, table);
  push_setting(L);
  int handle = lua_gettop(L) - 1;
  lua_pushvalue(L, handle);
  if (lua_rawget(L, handle - 1) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, handle);
    lua_pushvalue(L, -2);
    lua_rawset(L, handle - 1);
  }
  lua_pushvalue(L, handle + 1);
  if (lua_isnil(L, 3))
    lua_pushlightuserdata(L, (void *)&nothing);
  else
    push_value(L);
  lua_rawset(L, -3);
  lua_pop(L, 4);
}

/* Every value of one is in the other. */
static bool contains(lua_State *L, int whole, int part) {
  for (lua_pushnil(L); lua_next(L, part);) {
    lua_pushvalue(L, -2);
    lua_rawget(L, whole);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (same) continue;
    lua_pop(L, 1);
    return false;
  }
  return true;
}

bool peri__lua_assigned_before(lua_State *L, const peri__lua *state) {
  if (!state->trial || state->settings_before == LUA_NOREF) return false;
  push_noted(L, state->settings_before);
  int before = lua_gettop(L);
  bool same = lua_isnil(L, 3) ? is_nothing(L, before) : lua_rawequal(L, before, 3);
  if (lua_istable(L, before) && lua_istable(L, 3)) same = contains(L, before, 3) && contains(L, 3, before);
  lua_pop(L, 1);
  return same;
}

void peri__lua_assigned(lua_State *L, const peri__lua *state) {
  if (state->settings != LUA_NOREF) note(L, state->settings);
}

bool peri__lua_push_held(lua_State *L, const peri__lua *state) {
  if (!state->trial) return false;
  push_noted(L, state->trial->assigned);
  bool held = !lua_isnil(L, -1);
  bool none = is_nothing(L, -1);
  if (held && !none) return true;
  lua_pop(L, 1);
  if (none) lua_pushnil(L);
  return none;
}

bool peri__lua_assignment_held(lua_State *L, const peri__lua *state, const void *self) {
  if (!peri__lua_held(L, state, self, 3)) return false;
  note(L, state->trial->assigned);
  return true;
}

/* ---- Beginning and end ------------------------------------------------------------------------------------------ */

static int new_table(lua_State *L) {
  lua_newtable(L);
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* References of functions that the module keeps. */
static void kept_of(peri__lua *state, int *kept[KEPT]) {
  kept[0] = &state->on_error;
  kept[1] = &state->files;
  kept[2] = &state->undo_on_error;
  kept[3] = &state->undo_files;
}

/* Another reference of what one refers to. */
static int copy_reference(lua_State *L, int reference) {
  if (reference == LUA_NOREF) return LUA_NOREF;
  lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

static uint64_t newest_buffer(lua_State *L) {
  peri_buffer *probe = peri_buffer_create(1, 1, 48000);
  if (!probe) peri__lua_fail_engine(L);
  uint64_t id = peri_buffer_id(probe);
  peri_buffer_release(probe);
  return id;
}

static void free_trial(lua_State *L, peri__lua_trial *trial) {
  luaL_unref(L, LUA_REGISTRYINDEX, trial->handles);
  luaL_unref(L, LUA_REGISTRYINDEX, trial->held);
  luaL_unref(L, LUA_REGISTRYINDEX, trial->assigned);
  luaL_unref(L, LUA_REGISTRYINDEX, trial->conclude);
  for (int k = 0; k < KEPT; k++) luaL_unref(L, LUA_REGISTRYINDEX, trial->kept[k]);
  for (size_t i = 0; i < trial->made_count; i++) peri__lua_context_release(L, trial->made[i].context);
  free(trial->made);
  for (overwritten *record = trial->overwritten, *next; record; record = next) {
    next = record->next;
    peri_buffer_release(record->buffer);
    free(record);
  }
  free(trial);
}

static int conclude(lua_State *L);

/* All that a trial needs of Lua. */
static int fill_trial(lua_State *L) {
  peri__lua *state = lua_touserdata(L, 1);
  peri__lua_trial *trial = lua_touserdata(L, 2);
  trial->last_buffer = newest_buffer(L);
  trial->handles = new_table(L);
  trial->held = new_table(L);
  trial->assigned = new_table(L);
  lua_pushcfunction(L, conclude);
  trial->conclude = luaL_ref(L, LUA_REGISTRYINDEX);
  int *kept[KEPT];
  kept_of(state, kept);
  for (int k = 0; k < KEPT; k++) trial->kept[k] = copy_reference(L, *kept[k]);
  return 0;
}

/* beginTrial() */
static int begin_trial(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  if (state->trial) peri__lua_fail(L, "a trial is under way already");
  lua_pushcfunction(L, fill_trial);
  peri__lua_trial *trial = calloc(1, sizeof *trial);
  if (!trial) peri__lua_fail(L, "out of memory");
  trial->handles = trial->held = trial->assigned = trial->conclude = LUA_NOREF;
  for (int k = 0; k < KEPT; k++) trial->kept[k] = LUA_NOREF;
  trial->random = state->random;
  lua_pushlightuserdata(L, state);
  lua_pushlightuserdata(L, trial);
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
    free_trial(L, trial);
    lua_error(L);
  }
  for (peri__lua_context *context = state->contexts; context; context = context->next) {
    context->on_trial = !context->closed && context->kind != PERI_LUA_OFFLINE;
    if (context->on_trial) peri_engine_begin(context->engine);
  }
  state->trial = trial;
  return 0;
}

static void call_held(lua_State *L, peri__lua *state, const peri__lua_trial *trial) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, trial->held);
  int list = lua_gettop(L), calls = (int)lua_rawlen(L, list);
  for (int c = 1; c <= calls; c++) {
    lua_rawgeti(L, list, c);
    lua_rawgeti(L, list + 1, 2);
    int arguments = (int)lua_tonumber(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, arguments + 10, "no room for a call");
    lua_rawgeti(L, list + 1, 1);
    for (int i = 1; i <= arguments; i++) lua_rawgeti(L, list + 1, i + 2);
    peri__lua_call(L, state, arguments);
    lua_settop(L, list);
  }
  lua_pop(L, 1);
}

/* What the trial has started ends in the quantum in which it would begin, and tells nobody. */
static void silence(const made *one) {
  if (one->context->closed || !one->source) return;
  peri_source_set_notify(one->context->engine, one->source, false, 0);
  peri_source_stop(one->context->engine, one->source, 0);
}

static void forget_callback(lua_State *L, const made *one) {
  if (one->context->closed || !one->callback) return;
  lua_pushnil(L);
  peri__lua_set_callback(L, one->context, one->callback, lua_gettop(L));
  lua_pop(L, 1);
}

static void close_contexts(lua_State *L, const peri__lua *state) {
  for (peri__lua_context *context = state->contexts; context; context = context->next) {
    if (context->made_on_trial && context != state->context) peri__lua_context_close(L, context);
  }
}

/* As their finalisers would later, when the collector finds them. Not a destination's or listener's: it is found again,
 * by the address of a context that may have been there before. */
static void release_handles(lua_State *L, const peri__lua_trial *trial) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, trial->handles);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    const peri__lua_head *head = lua_touserdata(L, -1);
    bool node = head->type->node_kind != PERI_LUA_NO_NODE && head->type->id != PERI_LUA_DESTINATION &&
                head->type->id != PERI_LUA_LISTENER;
    if (!node && head->type->id != PERI_LUA_TAP) continue;
    if (luaL_getmetafield(L, -1, "__gc")) {
      lua_pushvalue(L, -2);
      lua_call(L, 1, 0);
    }
  }
  lua_pop(L, 1);
}

static void put_samples_back(const peri__lua_trial *trial) {
  for (const overwritten *record = trial->overwritten; record; record = record->next) {
    peri_buffer_write(record->buffer, record->channel, record->start, record->samples, record->count);
  }
}

static void put_functions_back(peri__lua *state, peri__lua_trial *trial) {
  int *kept[KEPT];
  kept_of(state, kept);
  for (int k = 0; k < KEPT; k++) {
    int now = *kept[k];
    *kept[k] = trial->kept[k];
    trial->kept[k] = now;
  }
}

/* What needs no memory comes first. */
static void undo(lua_State *L, peri__lua *state, peri__lua_trial *trial) {
  for (size_t i = 0; i < trial->made_count; i++) silence(&trial->made[i]);
  put_samples_back(trial);
  put_functions_back(state, trial);
  state->random = trial->random;
  close_contexts(L, state);
  for (size_t i = 0; i < trial->made_count; i++) forget_callback(L, &trial->made[i]);
  release_handles(L, trial);
}

static int conclude(lua_State *L) {
  peri__lua *state = lua_touserdata(L, 1);
  peri__lua_trial *trial = lua_touserdata(L, 2);
  if (lua_toboolean(L, 3))
    call_held(L, state, trial);
  else
    undo(L, state, trial);
  return 0;
}

/* Whatever is raised, no engine is left waiting: one that waits is silent. False: the error is on top of the stack. */
static bool end(lua_State *L, peri__lua *state, bool succeeded) {
  peri__lua_trial *trial = state->trial;
  state->trial = NULL;
  lua_rawgeti(L, LUA_REGISTRYINDEX, trial->conclude);
  lua_pushlightuserdata(L, state);
  lua_pushlightuserdata(L, trial);
  lua_pushboolean(L, succeeded);
  bool well = lua_pcall(L, 3, 0, 0) == LUA_OK;
  for (peri__lua_context *context = state->contexts; context; context = context->next) {
    if (context->on_trial && !context->closed) peri_engine_commit(context->engine);
    context->on_trial = context->made_on_trial = false;
  }
  free_trial(L, trial);
  return well;
}

/* endTrial(succeeded): what was held takes effect with all that was made, in one quantum; or nothing does. */
static int end_trial(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  if (!state->trial) peri__lua_fail(L, "no trial is under way");
  if (!end(L, state, lua_toboolean(L, 1))) lua_error(L);
  return 0;
}

void peri__lua_trial_abandon(lua_State *L, peri__lua *state) {
  if (state->trial && !end(L, state, false)) lua_pop(L, 1);
}

/* recordSettings([settings, before]): assignments to handles are noted in the table `settings`, handle → {key → value},
 * from now on; `before` is such a table of the last time. */
static int record_settings(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  lua_settop(L, 2);
  luaL_unref(L, LUA_REGISTRYINDEX, state->settings);
  luaL_unref(L, LUA_REGISTRYINDEX, state->settings_before);
  state->settings = state->settings_before = LUA_NOREF;
  state->settings_before = lua_isnil(L, 2) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
  lua_settop(L, 1);
  state->settings = lua_isnil(L, 1) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

static int is_trying(lua_State *L) {
  lua_pushboolean(L, peri__lua_state(L)->trial != NULL);
  return 1;
}

const luaL_Reg peri__lua_trial_functions[] = {
    {"beginTrial", begin_trial},
    {"endTrial", end_trial},
    {"isTrying", is_trying},
    {"recordSettings", record_settings},
    {NULL, NULL},
};
