#include "script.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "perilune/perilune_lua.h"
#include "signals.h"

/* ---- Files beside the script ------------------------------------------------------------------------------------- */

/* "." where the path names none. The caller frees it. */
static char *folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return strdup(".");
  return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static void *read_whole(FILE *file, size_t size) {
  char *bytes = malloc(size ? size : 1);
  if (bytes && fread(bytes, 1, size, file) == size) return bytes;
  free(bytes);
  return NULL;
}

/* Any thread that loads. */
static bool read_beside(const char *path, const void **bytes, size_t *size, void *user) {
  const char *folder = user;
  char beside[4096];
  if (path[0] == '/' || snprintf(beside, sizeof beside, "%s/%s", folder, path) >= (int)sizeof beside) return false;
  int descriptor = open(beside, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would be waited for */
  FILE *file = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
  if (!file) return false;
  struct stat status;
  bool regular = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
  *size = regular ? (size_t)status.st_size : 0;
  *bytes = regular ? read_whole(file, *size) : NULL;
  fclose(file);
  return *bytes != NULL;
}

static void release_bytes(const void *bytes, size_t size, void *user) {
  (void)size;
  (void)user;
  free((void *)bytes);
}

int script_on_engine(host *host, int (*use)(struct host *host, peri_engine *engine, const char *folder)) {
  char *folder = folder_of(host->options.script);
  peri_files files = {.read = read_beside, .done = release_bytes, .user = folder};
  peri_engine *engine = host_engine(host, &files);
  int result = engine ? use(host, engine, folder) : HOST_FAILED;
  peri_engine_destroy(engine);
  free(folder);
  return result;
}

/* ---- Setting up the state ---------------------------------------------------------------------------------------- */

/* Wipes the live line before the script writes to the terminal. A wrong argument is the fault of the script's line,
 * which the C function would not find behind the wrapper. */
static const char BEFORE_OUTPUT[] =
    "local before = ...\n"
    "local print, exit, output, stdout, stderr = print, os.exit, io.output, io.stdout, io.stderr\n"
    "local methods = getmetatable(stdout).__index\n"
    "local write = methods.write\n"
    "local function check(...)\n"
    "  for i = 1, select('#', ...) do\n"
    "    local kind = type((select(i, ...)))\n"
    "    if kind ~= 'string' and kind ~= 'number' then\n"
    "      error((\"bad argument #%d to 'write' (string expected, got %s)\"):format(i, kind), 3)\n"
    "    end\n"
    "  end\n"
    "end\n"
    "function _G.print(...) before '\\n' return print(...) end\n"
    "function os.exit(...) before '\\n' return exit(...) end\n"
    "function io.write(...) return output():write(...) end\n"
    "function methods.write(file, ...)\n"
    "  check(...)\n"
    "  if file == stdout or file == stderr then before((select(-1, '', ...))) end\n"
    "  return write(file, ...)\n"
    "end\n";

/* before(last): `last` is the end of what is going to be written. */
static int before_output(lua_State *L) {
  live_line *line = lua_touserdata(L, lua_upvalueindex(1));
  size_t length;
  const char *last = lua_tolstring(L, 1, &length);
  live_line_clear(line);
  if (last && length) live_line_set_inside(line, last[length - 1] != '\n');
  return 0;
}

#define ERROR_SECONDS 8.0 /* for which the window shows an error after which the script goes on */

static int show_callback_error(lua_State *L) {
  host *host = lua_touserdata(L, lua_upvalueindex(1));
  if (signals_interrupted()) return 0; /* the error is how the script was interrupted */
  errors_show(&host->errors, &host->line, "error in a callback: ", luaL_tolstring(L, 1, NULL), ERROR_SECONDS);
  return 0;
}

/* (kind, text) from perilune.reload. */
static int show_report(lua_State *L) {
  host_script *script = lua_touserdata(L, lua_upvalueindex(1));
  host *host = script->host;
  const char *kind = lua_tostring(L, 1), *text = luaL_tolstring(L, 2, NULL);
  if (signals_interrupted()) return 0;
  if (kind && !strcmp(kind, "error")) {
    const char *before = script->failed ? "" : "not reloaded, the old version plays on: ";
    errors_show(&host->errors, &host->line, before, text, INFINITY);
    return 0;
  }
  script->failed = false;
  errors_clear(&host->errors, &host->line);
  live_line_say(&host->line, "%s", text);
  return 0;
}

static void push_host_function(lua_State *L, void *user, lua_CFunction function) {
  lua_pushlightuserdata(L, user);
  lua_pushcclosure(L, function, 1);
}

static void set_path(lua_State *L, const char *folder) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", folder, folder, lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_pop(L, 2);
}

static void set_arguments(lua_State *L, const host_script *script) {
  lua_createtable(L, script->argument_count, 1);
  lua_pushstring(L, script->path);
  lua_rawseti(L, -2, 0);
  for (int i = 0; i < script->argument_count; i++) {
    lua_pushstring(L, script->arguments[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setglobal(L, "arg");
}

/* Leaves the module perilune.reload in `script`. */
static void set_up_reload(lua_State *L, host_script *script) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "perilune.reload");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "report");
  push_host_function(L, script, show_report);
  lua_call(L, 1, 0);
  script->reload = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* (script, engine, folder). Raises. */
static int set_up(lua_State *L) {
  host_script *script = lua_touserdata(L, 1);
  peri_engine *engine = lua_touserdata(L, 2);
  luaL_openlibs(L);
  set_path(L, lua_touserdata(L, 3));
  set_arguments(L, script);
  if (!peri_lua_attach(L, engine)) return luaL_error(L, "cannot join Lua to the engine: %s", peri_error());
  if (script->host->line.terminal) {
    if (luaL_loadbuffer(L, BEFORE_OUTPUT, sizeof BEFORE_OUTPUT - 1, "=host") != LUA_OK) return lua_error(L);
    push_host_function(L, &script->host->line, before_output);
    lua_call(L, 1, 0);
  }
  lua_getglobal(L, "require");
  lua_pushliteral(L, "perilune");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "onError");
  push_host_function(L, script->host, show_callback_error);
  lua_call(L, 1, 0);
  host_module_open(&script->module, L, script->host->options.view ? &script->host->drawing : NULL);
  set_up_reload(L, script);
  if (script->host->options.stay) return 0;
  lua_rawgeti(L, LUA_REGISTRYINDEX, script->reload);
  lua_getfield(L, -1, "check");
  lua_pushstring(L, script->path);
  lua_call(L, 1, 0);
  return 0;
}

/* For the window: until the program ends. */
static void show_failure(host_script *script, const char *text) {
  errors_show(&script->host->errors, &script->host->line, "", text, INFINITY);
}

bool script_open(host_script *script, host *host, peri_engine *engine, const char *folder) {
  const host_options *options = &host->options;
  *script = (host_script){.L = luaL_newstate(),
                          .host = host,
                          .path = options->script,
                          .argument_count = options->rest_count,
                          .arguments = options->rest};
  if (!script->L) {
    live_line_say(&host->line, "no memory for Lua");
    return false;
  }
  lua_pushcfunction(script->L, set_up);
  lua_pushlightuserdata(script->L, script);
  lua_pushlightuserdata(script->L, engine);
  lua_pushlightuserdata(script->L, (void *)folder);
  if (lua_pcall(script->L, 3, 0, 0) != LUA_OK) {
    show_failure(script, luaL_tolstring(script->L, -1, NULL));
    script_close(script);
    return false;
  }
  signals_watch(script->L);
  return true;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

/* By perilune.reload, which runs it again when it is saved. With --stay the first run is on trial too: one that fails
 * has done nothing, and waits for a save. */
int script_run(host_script *script) {
  lua_State *L = script->L;
  bool stay = script->host->options.stay;
  if (!lua_checkstack(L, script->argument_count + 5)) {
    live_line_say(&script->host->line, "%s: too many arguments", script->path);
    return HOST_FAILED;
  }
  script->failed = true;
  lua_rawgeti(L, LUA_REGISTRYINDEX, script->reload);
  lua_getfield(L, -1, "traceback");
  lua_getfield(L, -2, stay ? "start" : "run");
  lua_pushstring(L, script->path);
  for (int i = 0; i < script->argument_count; i++) lua_pushstring(L, script->arguments[i]);
  bool well = lua_pcall(L, script->argument_count + 1, 1, -3 - script->argument_count) == LUA_OK;
  if (signals_interrupted()) return HOST_INTERRUPTED;
  if (well && (!stay || lua_toboolean(L, -1))) script->failed = false;
  if (!well) show_failure(script, lua_tostring(L, -1));
  lua_settop(L, 0);
  return well ? HOST_FINE : HOST_FAILED;
}

bool script_has_failed(const host_script *script) { return script->failed; }

void script_update(host_script *script) { peri_lua_update(script->L); }

void script_frame(host_script *script, double seconds) { host_module_frame(&script->module, seconds); }

void script_key(host_script *script, const char *name, bool down) { host_module_key(&script->module, name, down); }

bool script_wants_keys(const host_script *script) { return script->module.on_key.count > 0; }

bool script_is_waiting(host_script *script, bool offline) {
  return peri_lua_is_waiting(script->L) || script->module.on_frame.count > 0 ||
         (script->module.on_key.count > 0 && !offline);
}

bool script_has_quit(const host_script *script, int *exit_code) {
  if (script->module.quitting) *exit_code = script->module.exit_code;
  return script->module.quitting;
}

bool script_is_loading(host_script *script) { return peri_lua_is_loading(script->L); }

void script_close(host_script *script) {
  if (!script->L) return;
  signals_watch(NULL);
  lua_close(script->L);
  script->L = NULL;
}
