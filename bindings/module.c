/* The module: its functions, and the Lua half that it is completed by. */
#include "voice.h"
#include "lua_half.h"
#include "reloader.h"
#include "trial.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef PERI_LUA_HALF_DIR
#include <dirent.h>
#endif

/* ---- Public functions ------------------------------------------------------------------------------------------- */

static int default_context(lua_State *L) {
  peri__lua_arguments(L, 0);
  peri__lua_push_context(L, peri__lua_context_default(L, peri__lua_state(L)));
  return 1;
}

static int update(lua_State *L) {
  peri__lua_update(L, peri__lua_state(L));
  return 0;
}

static int now(lua_State *L) {
  const peri__lua_context *context = peri__lua_context_default(L, peri__lua_state(L));
  lua_pushnumber(L, context->closed ? context->closed_at : peri_engine_time(context->engine));
  return 1;
}

/* -inf dB is a factor of 0. */
static int db(lua_State *L) {
  peri__lua_arguments(L, 1);
  if (lua_type(L, 1) == LUA_TNUMBER && lua_tonumber(L, 1) == -INFINITY)
    lua_pushnumber(L, 0);
  else
    lua_pushnumber(L, pow(10, peri__lua_number(L, 1, NULL) / 20));
  return 1;
}

/* Forgets the function at upvalue 2, as long as nobody has put another into its place. */
static int forget_function(lua_State *L) {
  int *reference = lua_touserdata(L, lua_upvalueindex(1));
  if (*reference == LUA_NOREF) return 0;
  lua_rawgeti(L, LUA_REGISTRYINDEX, *reference);
  if (!lua_rawequal(L, -1, lua_upvalueindex(2))) return 0;
  luaL_unref(L, LUA_REGISTRYINDEX, *reference);
  *reference = LUA_NOREF;
  return 0;
}

/* Keeps the function at 1, or nothing for nil, in the place of the one before; `undo` what forgets it. In a trial at
 * once, which knows the one before. */
static int keep_function(lua_State *L, int *reference, int *undo) {
  if (lua_isnone(L, 1)) peri__lua_bad(L, 1, NULL, "function or nil");
  peri__lua_arguments(L, 1);
  if (!lua_isnil(L, 1) && !lua_isfunction(L, 1)) peri__lua_bad(L, 1, NULL, "function or nil");
  int before = *reference;
  *reference = lua_isnil(L, 1) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
  luaL_unref(L, LUA_REGISTRYINDEX, before);
  lua_pushlightuserdata(L, reference);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, forget_function, 2);
  lua_pushvalue(L, -1);
  luaL_unref(L, LUA_REGISTRYINDEX, *undo);
  *undo = LUA_NOREF;
  *undo = luaL_ref(L, LUA_REGISTRYINDEX);
  peri__lua_tell_reloader(L, peri__lua_state(L), "undo", 1);
  return 0;
}

static int on_error(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  return keep_function(L, &state->on_error, &state->undo_on_error);
}

static int files(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  return keep_function(L, &state->files, &state->undo_files);
}

static int stats(lua_State *L) {
  peri__lua_arguments(L, 0);
  peri__lua_push_stats(L, peri__lua_context_default(L, peri__lua_state(L)));
  return 1;
}

/* ---- For the Lua half ------------------------------------------------------------------------------------------- */

/* Raises at the line of the script. */
static int fail(lua_State *L) { peri__lua_fail(L, "%s", luaL_checkstring(L, 1)); }

/* What a value is called in errors. */
static int type_of(lua_State *L) {
  for (int i = 0; i < PERI_LUA_TYPES; i++) {
    if (!peri__lua_test(L, 1, peri__lua_types[i])) continue;
    lua_pushstring(L, peri__lua_types[i]->name);
    return 1;
  }
  lua_pushstring(L, luaL_typename(L, 1));
  return 1;
}

/* nearest(name, candidate, ...) */
static int nearest(lua_State *L) {
  const char *names[32];
  int count = 0;
  while (count < 32 && !lua_isnone(L, count + 2)) {
    names[count] = luaL_checkstring(L, count + 2);
    count++;
  }
  lua_pushstring(L, peri__lua_nearest(luaL_checkstring(L, 1), names, count));
  return 1;
}

/* decode(path or contents [, format]) → Buffer */
static int decode(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri_format format = lua_isnoneornil(L, 2) ? PERI_FORMAT_F32 : peri__lua_format(L, 2, "format");
  peri__lua_decode(L, state, peri__lua_context_default(L, state), 1, format);
  return 1;
}

/* decodeAsync(path or contents, function [, format]) */
static int decode_async(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri__lua_context *context = peri__lua_context_default(L, state);
  peri__lua_engine(L, context);
  peri_format format = lua_isnoneornil(L, 3) ? PERI_FORMAT_F32 : peri__lua_format(L, 3, "format");
  peri__lua_decode_async(L, state, context, 1, 2, format);
  return 0;
}

/* reloadBuffer(id, path or contents, function) → false when nobody holds it any more */
static int reload_buffer(lua_State *L) {
  peri__lua *state = peri__lua_state(L);
  peri__lua_context *context = peri__lua_context_default(L, state);
  peri__lua_engine(L, context);
  peri_buffer *buffer = peri_buffer_find((uint64_t)luaL_checknumber(L, 1));
  lua_pushboolean(L, buffer != NULL);
  if (!buffer) return 1;
  peri__lua_push_buffer(L, state, buffer);
  peri__lua_reload_async(L, state, context, buffer, 2, 3);
  lua_pushboolean(L, true);
  return 1;
}

/* Whether a context whose clock runs sounds, or will call back. */
static int is_active(lua_State *L) {
  bool active = false;
  for (const peri__lua_context *c = peri__lua_state(L)->contexts; c && !active; c = c->next) {
    if (c->closed || c->kind == PERI_LUA_OFFLINE) continue;
    peri_device_info info = {.paused = false};
    active = c->loads > 0;
    if (peri_device_get_info(c->engine, &info) && info.paused) continue;
    active = active || c->callback_count > 0 || peri_engine_is_active(c->engine);
  }
  lua_pushboolean(L, active);
  return 1;
}

static int is_hosted(lua_State *L) {
  lua_pushboolean(L, peri__lua_state(L)->attached != NULL);
  return 1;
}

static int seconds(lua_State *L) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  lua_pushnumber(L, (lua_Number)time.tv_sec + (lua_Number)time.tv_nsec * 1e-9);
  return 1;
}

static int sleep_for(lua_State *L) {
  double time = luaL_checknumber(L, 1);
  struct timespec pause = {.tv_sec = (time_t)time, .tv_nsec = (long)((time - floor(time)) * 1e9)};
  nanosleep(&pause, NULL);
  return 0;
}

const luaL_Reg peri__lua_functions[] = {
    {"open", peri__lua_open_default},
    {"context", default_context},
    {"newContext", peri__lua_new_context},
    {"newOfflineContext", peri__lua_new_offline_context},
    {"update", update},
    {"now", now},
    {"db", db},
    {"seed", peri__lua_seed},
    {"onError", on_error},
    {"files", files},
    {"stats", stats},
    {"fail", fail},
    {"typeOf", type_of},
    {"nearest", nearest},
    {"decode", decode},
    {"decodeAsync", decode_async},
    {"reloadBuffer", reload_buffer},
    {"newSound", peri__lua_new_sound},
    {"isActive", is_active},
    {"isHosted", is_hosted},
    {"seconds", seconds},
    {"sleep", sleep_for},
    {"watch", peri__lua_watch},
    {"unwatch", peri__lua_unwatch},
    {"changedFiles", peri__lua_changed_files},
    {"saveHeap", peri__lua_save_heap},
    {"restoreHeap", peri__lua_restore_heap},
    {"wasInHeap", peri__lua_was_in_heap},
    {"replaceInHeap", peri__lua_replace_in_heap},
    {"callWithLocals", peri__lua_call_with_locals},
    {"callMarked", peri__lua_call_marked},
    {"chunkEnded", peri__lua_chunk_ended},
    {NULL, NULL},
};

/* ---- The Lua half ----------------------------------------------------------------------------------------------- */

/* Chunks are named "=perilune.NAME": errors then point at the script's line instead. */
#ifdef PERI_LUA_HALF_DIR

static void load_half(lua_State *L, const char *name) {
  char path[1024], chunk[128];
  snprintf(path, sizeof path, "%s/%s.lua", PERI_LUA_HALF_DIR, name + strlen("perilune."));
  snprintf(chunk, sizeof chunk, "=%s", name);
  FILE *file = fopen(path, "rb");
  if (!file) luaL_error(L, "cannot open %s: %s", path, strerror(errno));
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  char piece[4096];
  for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) luaL_addlstring(&text, piece, n);
  fclose(file);
  luaL_pushresult(&text);
  size_t size;
  const char *begin = lua_tolstring(L, -1, &size);
  if (luaL_loadbuffer(L, begin, size, chunk) != LUA_OK) lua_error(L);
  lua_remove(L, -2);
}

#else

static void load_half(lua_State *L, const char *name) {
  char chunk[128];
  snprintf(chunk, sizeof chunk, "=%s", name);
  const struct peri__lua_file *file = peri__lua_half;
  while (file->name && strcmp(file->name, name) != 0) file++;
  if (!file->name) luaL_error(L, "%s is not part of this module", name);
  if (luaL_loadbuffer(L, (const char *)file->text, file->size, chunk) != LUA_OK) lua_error(L);
}

#endif

void peri__lua_run_half(lua_State *L, peri__lua *state, const char *name) {
  load_half(L, name);
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->core);
  lua_call(L, 1, 1);
}

static int require_half(lua_State *L) {
  peri__lua_run_half(L, peri__lua_state(L), lua_tostring(L, lua_upvalueindex(2)));
  return 1;
}

/* `preload` stands on top of the stack. */
static void preload(lua_State *L, peri__lua *state, const char *name) {
  if (strcmp(name, "perilune.init") == 0) return; /* that one is the module itself */
  lua_pushlightuserdata(L, state);
  lua_pushstring(L, name);
  lua_pushcclosure(L, require_half, 2);
  lua_setfield(L, -2, name);
}

static void preload_all(lua_State *L, peri__lua *state) {
#ifdef PERI_LUA_HALF_DIR
  DIR *folder = opendir(PERI_LUA_HALF_DIR);
  if (!folder) luaL_error(L, "cannot open %s: %s", PERI_LUA_HALF_DIR, strerror(errno));
  for (struct dirent *entry; (entry = readdir(folder));) {
    char name[300];
    size_t length = strlen(entry->d_name);
    if (length < 5 || strcmp(entry->d_name + length - 4, ".lua") != 0) continue;
    snprintf(name, sizeof name, "perilune.%.*s", (int)length - 4, entry->d_name);
    preload(L, state, name);
  }
  closedir(folder);
#else
  for (const struct peri__lua_file *file = peri__lua_half; file->name; file++) preload(L, state, file->name);
#endif
}

void peri__lua_preload_half(lua_State *L, peri__lua *state) {
  lua_getglobal(L, "package");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "preload");
    if (lua_istable(L, -1)) preload_all(L, state);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* To the table on top of the stack. */
static void add_functions(lua_State *L, peri__lua *state, const luaL_Reg *functions) {
  for (; functions->name; functions++) {
    lua_pushlightuserdata(L, state);
    lua_pushcclosure(L, functions->func, 1);
    lua_setfield(L, -2, functions->name);
  }
}

int luaopen_perilune(lua_State *L) {
  peri__lua *state = peri__lua_open(L);
  peri__lua_note_main_thread(L);
  if (state->module == LUA_NOREF) {
    lua_newtable(L);
    add_functions(L, state, peri__lua_functions);
    add_functions(L, state, peri__lua_trial_functions);
    add_functions(L, state, peri__lua_reloader_functions);
    lua_pushliteral(L, PERI_VERSION);
    lua_setfield(L, -2, "version");
    state->core = luaL_ref(L, LUA_REGISTRYINDEX);
    peri__lua_preload_half(L, state);
    peri__lua_run_half(L, state, "perilune.init");
    state->module = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, state->module);
  return 1;
}

/* Found by their names in perilune.so, when a script requires them before perilune itself. */
int luaopen_perilune_host(lua_State *L) {
  luaopen_perilune(L);
  peri__lua_run_half(L, peri__lua_open(L), "perilune.host");
  return 1;
}

int luaopen_perilune_reload(lua_State *L) {
  luaopen_perilune(L);
  peri__lua_run_half(L, peri__lua_open(L), "perilune.reload");
  return 1;
}
