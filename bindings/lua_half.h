/* The Lua half of the module: the files of scripts/perilune/, embedded by the build. Where PERI_LUA_HALF_DIR (a string)
 * is defined, that folder is read instead, so that a saved file is in use at the next start. */
#ifndef PERI_LUA_HALF_H
#define PERI_LUA_HALF_H

#include <stddef.h>

struct peri__lua_file {
  const char *name; /* "perilune.init" for init.lua */
  const unsigned char *text;
  size_t size;
};

extern const struct peri__lua_file peri__lua_half[]; /* ends with a NULL name */

#endif
