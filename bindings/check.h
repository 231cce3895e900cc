/* Arguments, and errors that name the argument, what was expected and what came, at the line of the script.
 *
 * `index` is the place on the stack. `name` is NULL for an argument (whose number and function are found out; self does
 * not count), or the name of the property or option whose value this is. All of these raise when they fail. */
#ifndef PERI_LUA_CHECK_H
#define PERI_LUA_CHECK_H

#include "bindings.h"

/* Raises at the line of the script, also from calls through the Lua half. */
void peri__lua_fail(lua_State *L, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
/* Raises peri_error(). */
void peri__lua_fail_engine(lua_State *L) __attribute__((noreturn));
/* Raises "bad … (EXPECTED expected, got …)". */
void peri__lua_bad(lua_State *L, int index, const char *name, const char *expected) __attribute__((noreturn));

/* No arguments after the first `count`, self included; trailing nils pass. */
void peri__lua_arguments(lua_State *L, int count);

double peri__lua_number(lua_State *L, int index, const char *name); /* finite */
float peri__lua_float(lua_State *L, int index, const char *name);   /* finite as a float too */
double peri__lua_range(lua_State *L, int index, const char *name, double least, double most);
double peri__lua_time(lua_State *L, int index, const char *name);                                   /* 0 or later */
uint64_t peri__lua_count(lua_State *L, int index, const char *name, uint64_t least, uint64_t most); /* whole */
/* A table of numbers or a string of float32: pushes the memory that they are copied to. `item` is what one is called.
 * Also NaN and infinite ones pass. */
float *peri__lua_floats(lua_State *L, int index, const char *name, const char *item, size_t *count);
bool peri__lua_boolean(lua_State *L, int index, const char *name);
const char *peri__lua_string(lua_State *L, int index, const char *name, size_t *length);
void peri__lua_function(lua_State *L, int index, const char *name);
/* Which of `words` (ends with NULL) it is, from 0. */
int peri__lua_word(lua_State *L, int index, const char *name, const char *const *words);

/* The handle of just this type, as most are; else NULL. Other libraries' userdata are read, never followed. Only a full
 * userdata has both an address and a length; a type that is only a base has no size. */
static inline void *peri__lua_exact(lua_State *L, int index, const peri__lua_type *type) {
  if (type->size == 0) return NULL;
  peri__lua_head *head = (peri__lua_head *)lua_touserdata(L, index);
  return head && lua_rawlen(L, index) == type->size && head->type == type ? head : NULL;
}
void *peri__lua_test_any(lua_State *L, int index, const peri__lua_type *type);
void *peri__lua_handle_any(lua_State *L, int index, const peri__lua_type *type, const char *name);

/* The handle of a type, or of one that is based on it; NULL when it is something else. */
static inline void *peri__lua_test(lua_State *L, int index, const peri__lua_type *type) {
  void *exact = peri__lua_exact(L, index, type);
  return exact ? exact : peri__lua_test_any(L, index, type);
}
static inline void *peri__lua_handle(lua_State *L, int index, const peri__lua_type *type, const char *name) {
  void *exact = peri__lua_exact(L, index, type);
  return exact ? exact : peri__lua_handle_any(L, index, type, name);
}
/* The first argument of a method. */
static inline void *peri__lua_self(lua_State *L, const peri__lua_type *type) {
  return peri__lua_handle(L, 1, type, NULL);
}

/* Which of `names` (ends with NULL) the key of an option is. */
int peri__lua_option(lua_State *L, int key, const char *const *names);
/* A table that has no keys but `names` (ends with NULL). */
void peri__lua_options(lua_State *L, int index, const char *const *names);

/* Raises for a name that a type does not have, and names the nearest that it has. */
void peri__lua_unknown(lua_State *L, const peri__lua_type *type, int index, bool settable) __attribute__((noreturn));
/* The nearest of `count` names. */
const char *peri__lua_nearest(const char *name, const char *const *names, int count);

#endif
