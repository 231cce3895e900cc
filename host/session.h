/* Real time: an engine with a device, the live line and the window, and the loop's turn that serves them. */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include "host.h"
#include "script.h"
#include "terminal_keys.h"
#include "view.h"

typedef struct session {
  host *host;
  peri_engine *engine;
  peri_visualizer *visualizer; /* NULL when nothing shows it */
  view *window;                /* NULL without --view */
  host_script *script;         /* gets frames and keys; NULL: none */
  terminal_keys keys;          /* open while the script wants keys and there is no window */
  bool keys_asked;             /* whether the terminal was asked for them */
  const char *name;            /* what plays */
  double started, idle_since;  /* host_clock; idle_since 0: busy */
  double frame, next_frame;    /* host_clock: of the last frame, 0: none, and of the next */
  double next_profile;         /* likewise: when to say it again, where there is no live line */
  uint64_t idle_frame;
  int result; /* exit code when session_turn has returned false */
} session;

/* Opens the window and the device. The engine must outlive the session. False after an error was shown. */
bool session_open(session *session, host *host, peri_engine *engine, const char *name);

/* Takes keys, runs the script's frame 60 times a second, shows what there is to show, and sleeps 5 ms. `busy`: there is
 * a reason to go on though nothing sounds. False when it is time to end: nothing sounds and what did is heard, the time
 * is over, the window was closed, or Ctrl-C. */
bool session_turn(session *session, bool busy);

/* Lets a fade be heard that was just begun. */
void session_linger(session *session);

/* False when the screenshot could not be written. */
bool session_close(session *session);

#endif
