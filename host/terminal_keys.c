#include "terminal_keys.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "host.h"
#include "signals.h"

#define ESCAPE_WAIT 0.05 /* seconds in which the rest of a sequence follows its Escape */

/* ---- The terminal ------------------------------------------------------------------------------------------------ */

static struct termios usual; /* what the terminal is given back as */
static volatile bool changed;

/* In a signal's handler too. */
static void give_back(void) {
  if (changed) tcsetattr(STDIN_FILENO, TCSANOW, &usual);
  changed = false;
}

/* A process in the background that touched the terminal would be stopped. */
static bool is_ours(void) { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

bool terminal_keys_open(terminal_keys *keys) {
  *keys = (terminal_keys){0};
  if (!isatty(STDIN_FILENO) || !is_ours() || tcgetattr(STDIN_FILENO, &usual) != 0) return false;
  struct termios direct = usual;
  direct.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  direct.c_cc[VMIN] = 1, direct.c_cc[VTIME] = 0;
  static bool registered;
  if (!registered && atexit(give_back) != 0) return false; /* a script may leave by os.exit */
  registered = changed = true;
  signals_call(give_back);
  keys->open = tcsetattr(STDIN_FILENO, TCSANOW, &direct) == 0;
  return keys->open;
}

void terminal_keys_close(terminal_keys *keys) {
  if (keys->open) give_back();
  keys->open = false;
}

/* ---- What bytes mean --------------------------------------------------------------------------------------------- */

static const struct {
  const char *bytes, *name;
} SEQUENCES[] = {
    {"[A", "up"},    {"[B", "down"},    {"[C", "right"},   {"[D", "left"},  {"OA", "up"},      {"OB", "down"},
    {"OC", "right"}, {"OD", "left"},    {"[H", "home"},    {"[F", "end"},   {"OH", "home"},    {"OF", "end"},
    {"[1~", "home"}, {"[2~", "insert"}, {"[3~", "delete"}, {"[4~", "end"},  {"[5~", "pageup"}, {"[6~", "pagedown"},
    {"OP", "f1"},    {"OQ", "f2"},      {"OR", "f3"},      {"OS", "f4"},    {"[15~", "f5"},    {"[17~", "f6"},
    {"[18~", "f7"},  {"[19~", "f8"},    {"[20~", "f9"},    {"[21~", "f10"}, {"[23~", "f11"},   {"[24~", "f12"},
};

/* The length of what follows an Escape; 0: it is not all there. */
static size_t sequence_length(const char *bytes, size_t count) {
  if (count == 0) return 0;
  if (bytes[0] == 'O') return count < 2 ? 0 : 2;
  if (bytes[0] != '[') return 1;
  for (size_t i = 1; i < count; i++)
    if (bytes[i] >= '@' && bytes[i] <= '~') return i + 1;
  return 0;
}

static void name_sequence(const char *bytes, size_t length, char name[KEY_NAME_MOST]) {
  for (size_t i = 0; i < sizeof SEQUENCES / sizeof *SEQUENCES; i++)
    if (strlen(SEQUENCES[i].bytes) == length && !memcmp(SEQUENCES[i].bytes, bytes, length))
      snprintf(name, KEY_NAME_MOST, "%s", SEQUENCES[i].name);
}

static size_t character_length(unsigned char first) {
  return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static void name_character(const char *bytes, size_t length, char name[KEY_NAME_MOST]) {
  const char *word = NULL;
  switch (bytes[0]) {
  case '\r':
  case '\n': word = "return"; break;
  case '\t': word = "tab"; break;
  case ' ': word = "space"; break;
  case 0x7F:
  case '\b': word = "backspace"; break;
  default: break;
  }
  if (word)
    snprintf(name, KEY_NAME_MOST, "%s", word);
  else if ((unsigned char)bytes[0] > ' ')
    snprintf(name, KEY_NAME_MOST, "%.*s", (int)length, bytes);
  if (name[0] >= 'A' && name[0] <= 'Z' && !name[1]) name[0] = (char)(name[0] - 'A' + 'a'); /* keys, not letters */
}

/* How many bytes the first key takes, with its name, "" if it has none; 0: it is not all there. */
static size_t first_key(const char *bytes, size_t count, char name[KEY_NAME_MOST]) {
  name[0] = 0;
  if (count == 0) return 0;
  if (bytes[0] == '\033') {
    size_t length = sequence_length(bytes + 1, count - 1);
    if (length) name_sequence(bytes + 1, length, name);
    return length ? length + 1 : 0;
  }
  size_t length = character_length((unsigned char)bytes[0]);
  if (length > count) return 0;
  name_character(bytes, length, name);
  return length;
}

/* ---- Reporting --------------------------------------------------------------------------------------------------- */

void terminal_keys_release(terminal_keys *keys, key_function *report, void *user) {
  for (int i = 0; i < keys->held_count; i++) report(user, keys->held[i], false);
  keys->held_count = 0;
}

static void press(terminal_keys *keys, const char *name, key_function *report, void *user) {
  bool held = keys->held_count == KEYS_HELD;
  for (int i = 0; i < keys->held_count && !held; i++) held = !strcmp(keys->held[i], name);
  if (held) terminal_keys_release(keys, report, user);
  snprintf(keys->held[keys->held_count++], KEY_NAME_MOST, "%s", name);
  report(user, name, true);
}

static void read_more(terminal_keys *keys) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  if (poll(&input, 1, 0) <= 0 || !is_ours()) return;
  ssize_t count = read(STDIN_FILENO, keys->bytes + keys->count, sizeof keys->bytes - keys->count);
  if (count > 0)
    keys->count += (size_t)count, keys->since = host_clock();
  else
    terminal_keys_close(keys); /* it is gone */
}

bool terminal_keys_poll(terminal_keys *keys, key_function *report, void *user) {
  char name[KEY_NAME_MOST];
  size_t length;
  read_more(keys);
  while ((length = first_key(keys->bytes, keys->count, name))) {
    keys->count -= length;
    memmove(keys->bytes, keys->bytes + length, keys->count);
    if (name[0]) press(keys, name, report, user);
  }
  if (keys->count == 0 || (keys->count < sizeof keys->bytes && host_clock() < keys->since + ESCAPE_WAIT)) return true;
  bool escape = keys->count == 1 && keys->bytes[0] == '\033';
  keys->count = 0; /* what is no key */
  return !escape;
}
