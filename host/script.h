/* A Lua state with a script in it, joined to the host's engine. */
#ifndef HOST_SCRIPT_H
#define HOST_SCRIPT_H

#include <stdbool.h>

#include "host.h"
#include "host_module.h"

typedef struct lua_State lua_State;

typedef struct host_script {
  lua_State *L;
  host *host;
  host_module module; /* perilune.host */
  const char *path;
  int argument_count;
  char **arguments;
  int reload;  /* registry reference of perilune.reload */
  bool failed; /* it has not come to the end of a run yet */
} host_script;

/* Calls `use` with an engine that finds sounds beside the script first, whose folder that is; an exit code. */
int script_on_engine(host *host, int (*use)(struct host *host, peri_engine *engine, const char *folder));

/* Makes the state, and sees whether the script compiles, unless the program stays. On failure an error is shown and
 * nothing needs closing. */
bool script_open(host_script *script, host *host, peri_engine *engine, const char *folder);

/* Runs the script's main chunk; an exit code. With --stay one that fails is an error that is shown, and HOST_FINE. */
int script_run(host_script *script);
/* Whether no run of it has succeeded yet. */
bool script_has_failed(const host_script *script);

/* Once a turn of the loop: events and callbacks. */
void script_update(host_script *script);
/* Once a frame, `seconds` after the one before: onFrame. */
void script_frame(host_script *script, double seconds);
void script_key(host_script *script, const char *name, bool down);
bool script_wants_keys(const host_script *script);
/* For events, frames or keys; offline, where no keys come, not for these. */
bool script_is_waiting(host_script *script, bool offline);
/* Asynchronous loads whose callback has not run. */
bool script_is_loading(host_script *script);

/* Whether the script has called quit, and with which exit code. */
bool script_has_quit(const host_script *script, int *exit_code);

/* Stops its sounds with a short fade, which the engine still has to render. A closed script is ignored. */
void script_close(host_script *script);

#endif
