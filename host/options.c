#include "options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum {
  OPTION_DEVICE,
  OPTION_BLOCK_SIZE,
  OPTION_RATE,
  OPTION_SECONDS,
  OPTION_STAY,
  OPTION_LOOP,
  OPTION_VIEW,
  OPTION_SCREENSHOT,
  OPTION_PROFILE,
  OPTION_OUTPUT,
  OPTION_PICTURE,
  OPTION_HELP,
} option_id;

typedef struct {
  const char *name, *short_name;
  option_id id;
  int commands;
  const char *value; /* what it is called in the help; NULL: takes none */
  const char *help;
} option;

static const option OPTIONS[] = {
    {"--output", "-o", OPTION_OUTPUT, FOR_RENDER, "OUT.wav", "the file to write, 32-bit float WAV"},
    {"--picture", NULL, OPTION_PICTURE, FOR_RENDER, "OUT.png", "draw waveform and spectrogram"},
    {"--device", NULL, OPTION_DEVICE, FOR_RUN | FOR_PLAY, "sdl|null",
     "where sound goes; null keeps time in silence (sdl)"},
    {"--block-size", NULL, OPTION_BLOCK_SIZE, FOR_RUN | FOR_PLAY, "N",
     "frames that the device asks for at a time (512)"},
    {"--rate", NULL, OPTION_RATE, FOR_RUN | FOR_RENDER | FOR_PLAY, "HZ", "sample rate of the engine (48000)"},
    {"--seconds", NULL, OPTION_SECONDS, FOR_RUN | FOR_RENDER | FOR_PLAY, "N",
     "end after N seconds (when nothing sounds any more)"},
    {"--stay", NULL, OPTION_STAY, FOR_RUN, NULL, "go on when nothing sounds any more, or the script fails"},
    {"--loop", NULL, OPTION_LOOP, FOR_PLAY, NULL, "begin again after the last file"},
    {"--view", NULL, OPTION_VIEW, FOR_RUN | FOR_PLAY, NULL, "open a window: waveform, spectrum, levels"},
    {"--screenshot", NULL, OPTION_SCREENSHOT, FOR_RUN | FOR_PLAY, "OUT.png",
     "with --view: save what the window shows at the end"},
    {"--profile", NULL, OPTION_PROFILE, FOR_RUN | FOR_PLAY, NULL, "show the nodes that cost most"},
    {"--help", "-h", OPTION_HELP, FOR_RUN | FOR_RENDER | FOR_PLAY | FOR_INFO, NULL, "show this"},
};
#define OPTION_COUNT ((int)(sizeof OPTIONS / sizeof *OPTIONS))

void options_help(int for_command) {
  printf("Options:\n");
  for (int i = 0; i < OPTION_COUNT; i++) {
    const option *option = &OPTIONS[i];
    if (!(option->commands & for_command)) continue;
    char name[64];
    snprintf(name, sizeof name, "%s%s%s%s%s", option->short_name ? option->short_name : "",
             option->short_name ? ", " : "", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    printf("  %-24s %s\n", name, option->help);
  }
}

/* ---- Typing errors ----------------------------------------------------------------------------------------------- */

#define NAME_MOST 24

static int least(int a, int b) { return a < b ? a : b; }

/* Insertions, deletions, replacements and swapped neighbours between two names. */
static int distance(const char *a, const char *b) {
  int rows[NAME_MOST + 1][NAME_MOST + 1];
  int length_a = (int)strlen(a), length_b = (int)strlen(b);
  if (length_a > NAME_MOST || length_b > NAME_MOST) return NAME_MOST;
  for (int i = 0; i <= length_a; i++) rows[i][0] = i;
  for (int j = 0; j <= length_b; j++) rows[0][j] = j;
  for (int i = 1; i <= length_a; i++) {
    for (int j = 1; j <= length_b; j++) {
      int same = a[i - 1] == b[j - 1] ? 0 : 1;
      int best = least(rows[i - 1][j - 1] + same, least(rows[i - 1][j], rows[i][j - 1]) + 1);
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      rows[i][j] = swapped ? least(best, rows[i - 2][j - 2] + 1) : best;
    }
  }
  return rows[length_a][length_b];
}

const char *nearest_name(const char *typed, const char *const *names, int count) {
  const char *nearest = NULL;
  int best = NAME_MOST;
  for (int i = 0; i < count; i++) {
    int away = distance(typed, names[i]);
    if (away < best) best = away, nearest = names[i];
  }
  int forgiven = (int)strlen(typed) > 4 ? 3 : 2;
  return best <= forgiven && best < (int)strlen(typed) ? nearest : NULL;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static const option *find_option(const char *word, size_t length, int for_command) {
  for (int i = 0; i < OPTION_COUNT; i++) {
    const option *option = &OPTIONS[i];
    if (!(option->commands & for_command)) continue;
    if (strlen(option->name) == length && !strncmp(word, option->name, length)) return option;
    if (option->short_name && strlen(option->short_name) == length && !strncmp(word, option->short_name, length))
      return option;
  }
  return NULL;
}

static void refuse_option(const char *command, const char *word, size_t length, int for_command, bool after_script) {
  const char *names[OPTION_COUNT];
  int count = 0;
  for (int i = 0; i < OPTION_COUNT; i++)
    if (OPTIONS[i].commands & for_command) names[count++] = OPTIONS[i].name;
  char typed[NAME_MOST + 1];
  snprintf(typed, sizeof typed, "%.*s", (int)length, word);
  const char *nearest = nearest_name(typed, names, count);
  fprintf(stderr, "perilune %s: unknown option '%.*s'", command, (int)length, word);
  if (nearest)
    fprintf(stderr, "; did you mean %s?", nearest);
  else
    fprintf(stderr, "; 'perilune help %s' lists them", command);
  if (after_script) fprintf(stderr, " (To pass it to the script, put -- before it.)");
  fprintf(stderr, "\n");
}

static bool read_number(const char *command, const option *option, const char *text, double low, double high,
                        double *number) {
  char *end;
  *number = strtod(text, &end);
  if (*text && !*end && *number >= low && *number <= high) return true;
  fprintf(stderr, "perilune %s: %s wants a number from %g to %g, got '%s'\n", command, option->name, low, high, text);
  return false;
}

static bool set_option(host_options *options, const char *command, const option *option, const char *value) {
  double number;
  switch (option->id) {
  case OPTION_DEVICE:
    if (!strcmp(value, "sdl"))
      options->device = PERI_DEVICE_SDL;
    else if (!strcmp(value, "null"))
      options->device = PERI_DEVICE_NULL;
    else {
      fprintf(stderr, "perilune %s: --device wants sdl or null, got '%s'\n", command, value);
      return false;
    }
    return true;
  case OPTION_BLOCK_SIZE:
    if (!read_number(command, option, value, 16, 8192, &number)) return false;
    options->block_size = (uint32_t)number;
    if (options->block_size == number) return true;
    fprintf(stderr, "perilune %s: --block-size wants a whole number of frames, got '%s'\n", command, value);
    return false;
  case OPTION_RATE:
    return read_number(command, option, value, PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE, &options->rate);
  case OPTION_SECONDS: return read_number(command, option, value, 0.001, 1e6, &options->seconds);
  case OPTION_STAY: options->stay = true; return true;
  case OPTION_LOOP: options->loop = true; return true;
  case OPTION_VIEW: options->view = true; return true;
  case OPTION_PROFILE: options->profile = true; return true;
  case OPTION_HELP: options->help = true; return true;
  case OPTION_SCREENSHOT: options->screenshot = value; return true;
  case OPTION_OUTPUT: options->output = value; return true;
  case OPTION_PICTURE: options->picture = value; return true;
  }
  return false;
}

/* Reads the option at words[*at], and its value from the same word (--seconds=2) or from the next. */
static bool read_option(host_options *options, const char *command, int for_command, int *at, int count, char **words) {
  const char *word = words[*at], *equals = strchr(word, '=');
  size_t length = equals ? (size_t)(equals - word) : strlen(word);
  const option *option = find_option(word, length, for_command);
  if (!option) {
    refuse_option(command, word, length, for_command, options->script != NULL);
    return false;
  }
  if (!option->value) {
    if (!equals) return set_option(options, command, option, NULL);
    fprintf(stderr, "perilune %s: %s takes no value\n", command, option->name);
    return false;
  }
  if (!equals && *at + 1 >= count) {
    fprintf(stderr, "perilune %s: %s wants a value: %s %s\n", command, option->name, option->name, option->value);
    return false;
  }
  return set_option(options, command, option, equals ? equals + 1 : words[++*at]);
}

static void set_defaults(host_options *options) {
  *options = (host_options){
      .device = PERI_DEVICE_SDL,
      .block_size = peri_default_device_def().block_size,
      .rate = peri_default_engine_def().sample_rate,
      .seconds = INFINITY,
  };
}

static bool check(const host_options *options, const char *command, int for_command, bool takes_script) {
  if (options->help) return true;
  const char *missing = NULL;
  if (takes_script && !options->script)
    missing = "a script is missing";
  else if (!takes_script && options->rest_count == 0)
    missing = "a file is missing";
  else if (for_command == FOR_RENDER && !options->output)
    missing = "-o OUT.wav is missing";
  else if (options->screenshot && !options->view)
    missing = "--screenshot wants --view too";
  if (missing) fprintf(stderr, "perilune %s: %s; see 'perilune help %s'\n", command, missing, command);
  return !missing;
}

bool options_read(host_options *options, const char *command, int for_command, bool takes_script, int count,
                  char **words) {
  set_defaults(options);
  int files = 0;
  for (int at = 0; at < count; at++) {
    char *word = words[at];
    bool is_option = word[0] == '-' && word[1];
    if (!strcmp(word, "--")) {
      if (takes_script && !options->script && at + 1 < count) options->script = words[++at];
      while (++at < count) words[files++] = words[at];
    } else if (is_option) {
      if (!read_option(options, command, for_command, &at, count, words)) return false;
    } else if (takes_script && !options->script) {
      options->script = word;
    } else if (takes_script) {
      while (at < count) words[files++] = words[at++];
    } else {
      words[files++] = word;
    }
  }
  options->rest = words;
  options->rest_count = files;
  return check(options, command, for_command, takes_script);
}
