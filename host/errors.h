/* Errors of scripts: shown on the terminal at once, and in the window for a while. */
#ifndef HOST_ERRORS_H
#define HOST_ERRORS_H

#include "live_line.h"

#define ERROR_MOST 4096

typedef struct errors {
  char text[ERROR_MOST]; /* the last one: message and traceback, cut off where it does not fit */
  double said, until;    /* when the terminal got it, until when the window shows it; host_clock, 0: never */
  unsigned again;        /* how often it came since without being said */
} errors;

/* `before` is put before the text on the terminal. An error that comes every frame is said once, and then counted. */
void errors_show(errors *errors, live_line *line, const char *before, const char *text, double seconds);
/* Says what was only counted. */
void errors_finish(errors *errors, live_line *line);
/* What was wrong is mended: the window shows it no longer. */
void errors_clear(errors *errors, live_line *line);
/* What the window shows, or NULL. */
const char *errors_shown(const errors *errors);

#endif
