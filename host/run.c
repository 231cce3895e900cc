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

/* A script that never ran to its end has failed, though the program stayed. */
static int run_script(session *session, host_script *script) {
  int result = script_run(script);
  if (result == HOST_FINE) result = go_on(session, script);
  return result == HOST_FINE && script_has_failed(script) ? HOST_FAILED : result;
}

static int run_on(host *host, peri_engine *engine, const char *folder) {
  host_script script;
  session session;
  if (!script_open(&script, host, engine, folder)) return HOST_FAILED;
  bool opened = session_open(&session, host, engine, base_name(host->options.script));
  session.script = &script;
  int result = opened ? run_script(&session, &script) : HOST_FAILED;
  script_close(&script);
  if (!opened) return result;
  session_linger(&session);
  return session_close(&session) || result != HOST_FINE ? result : HOST_FAILED;
}

int command_run(host *host) { return script_on_engine(host, run_on); }
