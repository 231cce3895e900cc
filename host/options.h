/* The command line: options stand before or right after the script; what follows belongs to the script. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "perilune/perilune.h"

/* Commands as bits, to say which take an option. */
enum { FOR_RUN = 1, FOR_RENDER = 2, FOR_PLAY = 4, FOR_INFO = 8 };

typedef struct host_options {
  peri_device_kind device;
  uint32_t block_size; /* frames */
  double rate;         /* Hz */
  double seconds;      /* infinite: until nothing sounds */
  bool stay, loop, view, profile, help;
  const char *screenshot; /* paths, or NULL */
  const char *output, *picture;
  const char *script; /* NULL for commands that take files */
  char **rest;        /* arguments of the script, or files */
  int rest_count;
} host_options;

/* Reads the words after the command. With `takes_script` the first word that is no option is the script. False after
 * one sentence on standard error. */
bool options_read(host_options *options, const char *command, int for_command, bool takes_script, int count,
                  char **words);

/* The options of a command, a line each, on standard output. */
void options_help(int for_command);

/* The one of `names` that a typo most likely meant, or NULL. */
const char *nearest_name(const char *typed, const char *const *names, int count);

#endif
