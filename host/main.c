#include <stdio.h>
#include <string.h>

#include <SDL2/SDL.h>

#include "host.h"
#include "signals.h"

typedef struct {
  const char *name, *words, *summary;
  int bit;
  bool takes_script;
  int (*run)(host *host);
  const char *more; /* for its help */
} command;

static const command COMMANDS[] = {
    {"run", "SCRIPT [ARGUMENTS]", "run a Lua script with sound", FOR_RUN, true, command_run,
     "Ends when nothing sounds, is scheduled or waits (callbacks, onFrame, onKey), or on Ctrl-C. Options stand\n"
     "before the script or right after it; what follows is passed to the script as `...` and `arg`. Sounds are\n"
     "looked for beside the script, then in the working directory. A script that fails ends with 1; with --stay\n"
     "its error stays in sight. require \"perilune.host\" gives scripts frames, keys, drawing and quit."},
    {"render", "SCRIPT -o OUT.wav [ARGUMENTS]", "render a script's sound to a file, faster than real time", FOR_RENDER,
     true, command_render,
     "Without --seconds it ends when nothing sounds, is scheduled or waits, after 10 minutes at the latest. onFrame\n"
     "of perilune.host is called every 512 frames of sound; no key comes, and nothing is drawn."},
    {"play", "FILE...", "play sound files one after another", FOR_PLAY, false, command_play,
     "Plays WAV and Ogg Vorbis."},
    {"info", "FILE...", "show what sound files hold", FOR_INFO, false, command_info,
     "Shows format, channels, sample rate, frames, duration, and the bytes of the file and of its decoded\nsamples."},
};
#define COMMAND_COUNT ((int)(sizeof COMMANDS / sizeof *COMMANDS))

static void print_help(FILE *out) {
  fprintf(out, "perilune %s: game audio that stays close to Lua\n\nUsage:\n", peri_version());
  for (int i = 0; i < COMMAND_COUNT; i++) {
    char words[64];
    snprintf(words, sizeof words, "%s %s", COMMANDS[i].name, COMMANDS[i].words);
    fprintf(out, "  perilune %-38s %s\n", words, COMMANDS[i].summary);
  }
  fprintf(out, "  perilune %-38s %s\n  perilune %-38s %s\n", "help COMMAND", "show the options of a command",
          "--version", "show the version");
  fprintf(out, "\nExit codes:\n"
               "  0    all is well\n"
               "  1    a script or a file failed\n"
               "  2    the command line is wrong\n"
               "  130  interrupted (Ctrl-C)\n");
}

static int print_command_help(const command *command) {
  printf("perilune %s %s: %s\n\n%s\n\n", command->name, command->words, command->summary, command->more);
  options_help(command->bit);
  return HOST_FINE;
}

static const command *find_command(const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (!strcmp(COMMANDS[i].name, name)) return &COMMANDS[i];
  return NULL;
}

static int refuse_command(const char *name) {
  const char *names[COMMAND_COUNT + 1];
  for (int i = 0; i < COMMAND_COUNT; i++) names[i] = COMMANDS[i].name;
  names[COMMAND_COUNT] = "help";
  const char *nearest = nearest_name(name, names, COMMAND_COUNT + 1), *dot = strrchr(name, '.');
  fprintf(stderr, "perilune: there is no command '%s'; ", name);
  if (dot && !strcmp(dot, ".lua"))
    fprintf(stderr, "to run the script: perilune run %s\n", name);
  else if (nearest)
    fprintf(stderr, "did you mean 'perilune %s'?\n", nearest);
  else
    fprintf(stderr, "'perilune --help' lists the commands\n");
  return HOST_USAGE;
}

static int help(const char *name) {
  const command *command = name ? find_command(name) : NULL;
  if (name && !command) return refuse_command(name);
  if (command) return print_command_help(command);
  print_help(stdout);
  return HOST_FINE;
}

/* The engine's messages, on whatever thread they come up. */
static void show_log(peri_log_level level, const char *message, void *user) {
  static const char *const LEVELS[] = {"", "warning: ", "error: "};
  live_line_say(user, "%s%s", LEVELS[level], message);
}

static int run_command(const command *command, int count, char **words) {
  host host = {.errors = {.said = 0}};
  if (!options_read(&host.options, command->name, command->bit, command->takes_script, count, words)) return HOST_USAGE;
  if (host.options.help) return print_command_help(command);
  live_line_open(&host.line);
  peri_hooks hooks = peri_default_hooks();
  hooks.log = show_log;
  hooks.user = &host.line;
  peri_set_hooks(&hooks);
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  signals_catch();
  int result = command->run(&host);
  errors_finish(&host.errors, &host.line);
  drawing_free(&host.drawing);
  return result;
}

int main(int count, char **words) {
  const char *first = count > 1 ? words[1] : NULL;
  if (!first) {
    print_help(stderr);
    return HOST_USAGE;
  }
  if (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help"))
    return help(count > 2 ? words[2] : NULL);
  if (!strcmp(first, "--version") || !strcmp(first, "-V")) {
    printf("perilune %s\n", peri_version());
    return HOST_FINE;
  }
  const command *command = find_command(first);
  return command ? run_command(command, count - 2, words + 2) : refuse_command(first);
}
