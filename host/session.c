#include "session.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "signals.h"

#define TURN 0.005        /* seconds between turns of the loop */
#define FRAME (1.0 / 60)  /* seconds between frames: of the script, and pictures in the window */
#define FIRST_PROFILE 0.2 /* seconds after the start, where it is said instead of shown */
#define NEXT_PROFILE 1.0  /* seconds */
#define STALLED 0.5       /* seconds after which a device that asks for nothing is not waited for */
#define TAIL_BLOCKS 2     /* of the device, on their way to the ear */

double host_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void host_sleep(double seconds) {
  struct timespec length = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(fmod(seconds, 1) * 1e9)};
  nanosleep(&length, NULL);
}

peri_engine *host_engine(host *host, const peri_files *files) {
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = host->options.rate;
  if (files) def.files = *files;
  peri_engine *engine = peri_engine_create(&def);
  if (!engine) live_line_say(&host->line, "%s", peri_error());
  return engine;
}

static bool open_parts(session *session) {
  const host_options *options = &session->host->options;
  if (options->view && !(session->window = view_open(session->name))) return false;
  if (session->window || session->host->line.terminal) {
    session->visualizer = peri_visualizer_create(session->engine, peri_engine_destination(session->engine));
    if (!session->visualizer) return false;
  }
  peri_device_def device = peri_default_device_def();
  device.kind = options->device;
  device.block_size = options->block_size;
  return peri_device_open(session->engine, &device);
}

static void close_parts(session *session) {
  terminal_keys_close(&session->keys);
  live_line_clear(&session->host->line);
  peri_device_close(session->engine);
  peri_visualizer_destroy(session->visualizer);
  view_close(session->window);
}

bool session_open(session *session, host *host, peri_engine *engine, const char *name) {
  *session = (struct session){.host = host, .engine = engine, .name = name};
  if (!open_parts(session)) {
    bool no_window = host->options.view && !session->window;
    if (no_window)
      live_line_say(&host->line, "cannot open a window: %s; run it without --view", view_error());
    else
      live_line_say(&host->line, "%s", peri_error());
    close_parts(session);
    return false;
  }
  peri_engine_set_profiling(engine, host->options.profile);
  session->started = host_clock();
  session->next_profile = session->started + FIRST_PROFILE;
  return true;
}

static void take_status(session *session, host_status *status) {
  *status = (host_status){
      .name = session->name,
      .time = peri_engine_time(session->engine),
      .channels = peri_engine_channels(session->engine),
      .sample_rate = peri_engine_sample_rate(session->engine),
      .stats.size = sizeof status->stats,
      .drawing = session->host->drawing.used ? &session->host->drawing : NULL,
      .error = errors_shown(&session->host->errors),
  };
  peri_engine_stats(session->engine, &status->stats);
  peri_device_get_info(session->engine, &status->device);
  if (session->host->options.profile) {
    uint32_t nodes = peri_engine_profile(session->engine, status->loads, STATUS_LOADS);
    status->load_count = nodes < STATUS_LOADS ? nodes : STATUS_LOADS;
    status->nodes_loaded = nodes;
  }
  status->has_view = session->visualizer && peri_visualizer_read(session->visualizer, &status->view);
}

static bool profile_is_due(session *session, double now) {
  const host *host = session->host;
  if (!host->options.profile || host->line.terminal || now < session->next_profile) return false;
  session->next_profile = now + NEXT_PROFILE;
  return true;
}

static void say_profile(const session *session, const host_status *status) {
  char text[1024];
  status_profile(text, sizeof text, status);
  live_line_say(&session->host->line, "%s", text);
}

/* ---- Keys and frames --------------------------------------------------------------------------------------------- */

static void pass_key(void *user, const char *name, bool down) {
  session *session = user;
  if (session->script) script_key(session->script, name, down);
}

static void ask_terminal(session *session) {
  bool wanted = session->script && script_wants_keys(session->script);
  if (wanted && !session->keys_asked && !terminal_keys_open(&session->keys))
    live_line_say(&session->host->line, "no keys can be pressed: there is no window (--view) and no terminal");
  if (!wanted) terminal_keys_close(&session->keys);
  session->keys_asked = wanted;
}

/* False when the window was closed, or Escape pressed. */
static bool take_keys(session *session) {
  if (session->window) return view_poll(session->window, pass_key, session);
  ask_terminal(session);
  return !session->keys.open || terminal_keys_poll(&session->keys, pass_key, session);
}

static bool run_frame(session *session, double now) {
  if (now < session->next_frame) return false;
  double seconds = session->frame > 0 ? now - session->frame : FRAME;
  session->frame = now;
  session->next_frame = fmax(session->next_frame + FRAME, now);
  if (session->script) script_frame(session->script, seconds);
  terminal_keys_release(&session->keys, pass_key, session);
  return true;
}

static void show(session *session, double now, bool window_due) {
  bool line_due = live_line_is_due(&session->host->line), profile_due = profile_is_due(session, now);
  if (!line_due && !window_due && !profile_due) return;
  host_status status;
  take_status(session, &status);
  if (line_due) live_line_show_status(&session->host->line, &status);
  if (profile_due) say_profile(session, &status);
  if (!window_due) return;
  view_show(session->window, &status);
  drawing_clear(&session->host->drawing);
}

/* ---- Turns ------------------------------------------------------------------------------------------------------- */

static uint64_t tail_frames(const session *session) {
  return (uint64_t)session->host->options.block_size * TAIL_BLOCKS + PERI_QUANTUM;
}

static bool is_over(session *session, bool busy) {
  if (busy || peri_engine_is_active(session->engine)) {
    session->idle_since = 0;
    return false;
  }
  if (session->idle_since == 0) {
    session->idle_since = host_clock();
    session->idle_frame = peri_engine_frame(session->engine);
  }
  return peri_engine_frame(session->engine) >= session->idle_frame + tail_frames(session) ||
         host_clock() - session->idle_since > STALLED;
}

bool session_turn(session *session, bool busy) {
  bool stays = take_keys(session);
  double now = host_clock();
  bool frame = run_frame(session, now);
  peri_engine_update(session->engine);
  show(session, now, frame && session->window);
  if (signals_interrupted()) {
    session->result = HOST_INTERRUPTED;
    return false;
  }
  if (!stays || host_clock() - session->started >= session->host->options.seconds) return false;
  if (is_over(session, busy)) return false;
  host_sleep(TURN);
  return true;
}

void session_linger(session *session) {
  double started = host_clock();
  uint64_t until = peri_engine_frame(session->engine) + tail_frames(session);
  while (peri_engine_is_active(session->engine) && peri_engine_frame(session->engine) < until &&
         host_clock() - started < STALLED) {
    host_sleep(TURN);
    peri_engine_update(session->engine);
  }
}

bool session_close(session *session) {
  const char *screenshot = session->host->options.screenshot;
  bool saved = !session->window || !screenshot || view_save(session->window, screenshot);
  if (!saved) live_line_say(&session->host->line, "cannot write %s", screenshot);
  close_parts(session);
  return saved;
}
