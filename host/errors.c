#include "errors.h"

#include <stdio.h>
#include <string.h>

#include "host.h"

#define PAUSE 1.0 /* seconds between two messages about one error */

void errors_finish(errors *errors, live_line *line) {
  if (errors->again) live_line_say(line, "the same error came %u times more", errors->again);
  errors->again = 0;
}

void errors_show(errors *errors, live_line *line, const char *before, const char *text, double seconds) {
  double now = host_clock();
  bool same = errors->said > 0 && !strncmp(errors->text, text, ERROR_MOST - 1);
  errors->until = now + seconds;
  if (same) errors->again++;
  if (same && now < errors->said + PAUSE) return;
  errors->said = now;
  if (!same || errors->again == 1) {
    if (same) errors->again = 0; /* it comes now and then, so each is said */
    errors_finish(errors, line);
    live_line_say(line, "%s%s", before, text);
    snprintf(errors->text, ERROR_MOST, "%s", text);
  } else {
    errors_finish(errors, line);
  }
}

void errors_clear(errors *errors, live_line *line) {
  errors_finish(errors, line);
  errors->said = errors->until = 0;
}

const char *errors_shown(const errors *errors) { return host_clock() < errors->until ? errors->text : NULL; }
