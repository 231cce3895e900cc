#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "session.h"

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int run_on(host *host, peri_engine *engine, const char *folder) {
  host_script script;
  session session;
  if (!script_open(&script, host, engine, folder)) return HOST_FAILED;
  bool opened = session_open(&session, host, engine, base_name(host->options.script));
  int result = opened ? script_run(&script) : HOST_FAILED;
  if (result == HOST_FINE) {
    do script_update(&script);
    while (session_turn(&session, host->options.stay || script_is_waiting(&script)));
    result = session.result;
  }
  script_close(&script);
  if (!opened) return result;
  session_linger(&session);
  return session_close(&session) || result != HOST_FINE ? result : HOST_FAILED;
}

int command_run(host *host) {
  char *folder = script_folder(host->options.script);
  peri_files files = script_files(folder);
  peri_engine *engine = host_engine(host, &files);
  int result = engine ? run_on(host, engine, folder) : HOST_FAILED;
  peri_engine_destroy(engine);
  free(folder);
  return result;
}
