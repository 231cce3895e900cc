#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "session.h"

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int go_on(session *session, host_script *script) {
  int code;
  bool stay = session->host->options.stay;
  if (script_has_quit(script, &code)) return code;
  do {
    script_update(script);
    bool more = session_turn(session, stay || script_is_waiting(script, false));
    if (session->result == HOST_FINE && script_has_quit(script, &code)) return code;
    if (!more) return session->result;
  } while (true);
}

/* What the script did before it failed is undone; its error is shown until the user ends the program. */
static int stay_with_error(session *session, host_script *script) {
  session->script = NULL;
  script_close(script);
  while (session_turn(session, true)) continue;
  return session->result != HOST_FINE ? session->result : HOST_FAILED;
}

static int run_script(session *session, host_script *script) {
  int result = script->L ? script_run(script) : HOST_FAILED;
  if (result == HOST_FINE) return go_on(session, script);
  return result == HOST_FAILED && session->host->options.stay ? stay_with_error(session, script) : result;
}

static int run_on(host *host, peri_engine *engine, const char *folder) {
  host_script script;
  session session;
  if (!script_open(&script, host, engine, folder) && !host->options.stay) return HOST_FAILED;
  bool opened = session_open(&session, host, engine, base_name(host->options.script));
  session.script = &script;
  int result = opened ? run_script(&session, &script) : HOST_FAILED;
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
