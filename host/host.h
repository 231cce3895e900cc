/* The `perilune` program: what its commands share. One thread, the main one, but for what the engine starts itself. */
#ifndef HOST_H
#define HOST_H

#include "drawing.h"
#include "errors.h"
#include "live_line.h"
#include "options.h"
#include "perilune/perilune.h"

/* Exit codes, as --help documents them. */
enum { HOST_FINE = 0, HOST_FAILED = 1, HOST_USAGE = 2, HOST_INTERRUPTED = 130 };

typedef struct host {
  host_options options;
  live_line line;
  errors errors;
  drawing drawing; /* of the script, for the window */
} host;

/* Each returns an exit code. */
int command_run(host *host);
int command_render(host *host);
int command_play(host *host);
int command_info(host *host);

/* An engine at the rate asked for, made with this file hook (NULL: none). NULL after an error was shown. */
peri_engine *host_engine(host *host, const peri_files *files);

/* Seconds on the system's monotonic clock. */
double host_clock(void);
void host_sleep(double seconds);

#endif
