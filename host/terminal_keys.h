/* Keys that are typed in the terminal, for scripts that have no window. A terminal tells presses alone, so a key is let
 * go at the end of the frame in which it was pressed. Ctrl-C stays what it is. */
#ifndef HOST_TERMINAL_KEYS_H
#define HOST_TERMINAL_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_NAME_MOST 16
#define KEYS_HELD 8

typedef void key_function(void *user, const char *name, bool down);

typedef struct terminal_keys {
  bool open;
  char bytes[64]; /* read, and not understood yet */
  size_t count;
  double since; /* when the last of them came, host_clock */
  char held[KEYS_HELD][KEY_NAME_MOST];
  int held_count;
} terminal_keys;

/* Has the terminal give each key at once and unseen. False when standard input is no terminal, or not ours. */
bool terminal_keys_open(terminal_keys *keys);
void terminal_keys_close(terminal_keys *keys);

/* Reports what was typed; false when that was Escape. */
bool terminal_keys_poll(terminal_keys *keys, key_function *report, void *user);
/* The frame is over: lets go what was pressed. */
void terminal_keys_release(terminal_keys *keys, key_function *report, void *user);

#endif
