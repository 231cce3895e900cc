/* One line at the foot of a terminal, redrawn in place on standard error, below it the costliest nodes if they are
 * wanted, and messages that do not garble it. Where standard error is no terminal there is no line, and messages alone
 * come out. */
#ifndef HOST_LIVE_LINE_H
#define HOST_LIVE_LINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "status.h"

typedef struct live_line {
  pthread_mutex_t lock; /* the engine logs on its loader threads too */
  bool terminal, unicode, colour;
  bool shown;
  int rows;         /* below the line when it was drawn last */
  bool inside_line; /* the script has written a line without its end: the line waits for it */
  double next;      /* when to draw again, on host_clock */
} live_line;

void live_line_open(live_line *line);

/* Whether there is a terminal, and it is time to draw (20 times a second). */
bool live_line_is_due(live_line *line);
void live_line_show_status(live_line *line, const host_status *status);
/* `part` of the way is done, 0 to 1; more than 1: nobody knows how long the way is. */
void live_line_show_progress(live_line *line, double part, const char *text);

/* Wipes the line: before anything else writes to the terminal. */
void live_line_clear(live_line *line);
/* What the script wrote last ended in the middle of a line, or did not. */
void live_line_set_inside(live_line *line, bool inside);

/* "perilune: …" and a newline on standard error. Any thread. */
void live_line_say(live_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text for `columns` columns, with a terminal's colours or without; returns the columns used. */
int live_line_format(char *text, size_t size, int columns, bool unicode, bool colour, const host_status *status);
/* The row of a node below it, likewise. */
int live_line_format_load(char *text, size_t size, int columns, const peri_node_load *load);

#endif
