/* The module `perilune.host`: what a script may ask of the program that runs it. */
#ifndef HOST_MODULE_H
#define HOST_MODULE_H

#include <stdbool.h>

#include "drawing.h"

typedef struct lua_State lua_State;

/* Functions that a script has registered for one occasion. */
typedef struct functions {
  int entries; /* reference of a list of entries; of one that was removed the function is nil */
  int count;   /* of those not removed */
} functions;

typedef struct host_module {
  lua_State *L;
  drawing *drawing; /* NULL: there is no window */
  functions on_frame, on_key;
  bool quitting; /* the script has called quit */
  int exit_code;
} host_module;

/* Makes `require "perilune.host"` find the module, which must stay where it is as long as the Lua state lives. Raises
 * when memory runs out. */
void host_module_open(host_module *module, lua_State *L, drawing *drawing);

/* Calls what the script has registered; errors go to perilune.onError. `seconds` since the frame before. */
void host_module_frame(host_module *module, double seconds);
void host_module_key(host_module *module, const char *name, bool down);

#endif
