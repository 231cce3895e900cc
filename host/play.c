#include <string.h>

#include "session.h"
#include "signals.h"

#define LAST_FADE 0.01 /* seconds, where a file is cut short */

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The file sounds until its end; false when the session is over before. */
static bool play_source(session *session, peri_node source) {
  peri_engine *engine = session->engine;
  while (peri_source_get_state(engine, source) != PERI_SOURCE_GONE) {
    if (session_turn(session, true)) continue;
    peri_source_fade_out(engine, source, LAST_FADE, 0);
    return false;
  }
  return true;
}

typedef enum { PLAYED, BROKEN, OVER } outcome;

static outcome play_file(session *session, const char *path, bool loop) {
  peri_engine *engine = session->engine;
  peri_source_def def = peri_default_source_def();
  def.buffer = peri_engine_load(engine, path, PERI_FORMAT_F32);
  def.loop = loop;
  peri_node source = def.buffer ? peri_source_play(engine, &def, peri_engine_destination(engine)) : 0;
  peri_buffer_release(def.buffer);
  if (!source) {
    live_line_say(&session->host->line, "%s", peri_error());
    return BROKEN;
  }
  session->name = base_name(path);
  outcome outcome = play_source(session, source) ? PLAYED : OVER;
  peri_node_release(engine, source);
  return outcome;
}

/* All files once; false when it is time to end. */
static bool play_list(session *session, bool *all_well) {
  const host_options *options = &session->host->options;
  bool loop_one = options->loop && options->rest_count == 1, any = false;
  for (int i = 0; i < options->rest_count; i++) {
    if (signals_interrupted()) return false;
    outcome outcome = play_file(session, options->rest[i], loop_one);
    if (outcome == OVER) return false;
    if (outcome == PLAYED)
      any = true;
    else
      *all_well = false;
  }
  return any && options->loop;
}

static int play_on(host *host, peri_engine *engine) {
  session session;
  bool all_well = true;
  if (!session_open(&session, host, engine, base_name(host->options.rest[0]))) return HOST_FAILED;
  while (play_list(&session, &all_well)) continue;
  if (session.result == HOST_FINE) {
    while (peri_engine_is_active(engine) && session_turn(&session, false)) continue;
  }
  session_linger(&session);
  if (!session_close(&session)) all_well = false;
  return session.result != HOST_FINE ? session.result : all_well ? HOST_FINE : HOST_FAILED;
}

int command_play(host *host) {
  peri_engine *engine = host_engine(host, NULL);
  int result = engine ? play_on(host, engine) : HOST_FAILED;
  peri_engine_destroy(engine);
  return result;
}
