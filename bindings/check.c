#include "check.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Chunks of the Lua half are named "=perilune.NAME"; the line wanted is the script's. */
static void push_where(lua_State *L) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0 || strncmp(frame.source, "=perilune.", 10) == 0) continue;
    lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
    return;
  }
  lua_pushliteral(L, "");
}

void peri__lua_fail(lua_State *L, const char *format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  push_where(L);
  lua_pushstring(L, message);
  lua_concat(L, 2);
  lua_error(L);
  __builtin_unreachable();
}

void peri__lua_fail_engine(lua_State *L) { peri__lua_fail(L, "%s", peri_error()); }

/* ---- Types ------------------------------------------------------------------------------------------------------ */

/* What stands at `index` if it may be a handle, with its size. */
static const peri__lua_head *head_at(lua_State *L, int index, size_t *size) {
  const peri__lua_head *head = lua_touserdata(L, index);
  *size = head ? lua_rawlen(L, index) : 0;
  return *size >= sizeof *head ? head : NULL;
}

static const peri__lua_type *known_type(const peri__lua_head *head, size_t size) {
  for (int i = 0; i < PERI_LUA_TYPES; i++) {
    if (head->type == peri__lua_types[i] && size == peri__lua_types[i]->size) return head->type;
  }
  return NULL;
}

/* The type of a handle of ours; NULL for anything else. */
static const peri__lua_type *type_of(lua_State *L, int index) {
  size_t size;
  const peri__lua_head *head = head_at(L, index, &size);
  return head ? known_type(head, size) : NULL;
}

void *peri__lua_test_any(lua_State *L, int index, const peri__lua_type *type) {
  size_t size;
  const peri__lua_head *head = head_at(L, index, &size);
  if (!head) return NULL;
  for (const peri__lua_type *t = known_type(head, size); t; t = t->base) {
    if (t == type) return (void *)head;
  }
  return NULL;
}

static const char *described(lua_State *L, int index, char text[64]) {
  const peri__lua_type *type = type_of(L, index);
  if (type) return type->name;
  if (lua_type(L, index) == LUA_TNUMBER && isnan(lua_tonumber(L, index)))
    return "nan"; /* whose sign means nothing */
  else if (lua_type(L, index) == LUA_TNUMBER)
    snprintf(text, 64, "%.14g", lua_tonumber(L, index));
  else if (lua_type(L, index) == LUA_TSTRING)
    snprintf(text, 64, "\"%.40s\"", lua_tostring(L, index));
  else
    return luaL_typename(L, index);
  return text;
}

static const char *name_in(const luaL_Reg *functions, lua_CFunction function) {
  for (; functions && functions->name; functions++) {
    if (functions->func == function) return functions->name;
  }
  return NULL;
}

/* The name of the function that runs, however it was called, and whether it has a self. */
static const char *running_function(lua_State *L, bool *method) {
  lua_Debug frame;
  lua_CFunction function = NULL;
  if (lua_getstack(L, 0, &frame)) {
    lua_getinfo(L, "f", &frame);
    function = lua_tocfunction(L, -1);
    lua_pop(L, 1);
  }
  const char *name = name_in(peri__lua_functions, function);
  *method = !name;
  for (int i = 0; i < PERI_LUA_TYPES && !name; i++) {
    for (const peri__lua_type *type = peri__lua_types[i]; type && !name; type = type->base) {
      name = name_in(type->methods, function);
    }
  }
  return name ? name : "?";
}

/* Words and strings are shown as they came; of wrong types only the type, unless it is a number that is out of range.
 */
void peri__lua_bad(lua_State *L, int index, const char *name, const char *expected) {
  char text[64];
  const char *came = described(L, index, text);
  if (lua_type(L, index) == LUA_TNUMBER && !strstr(expected, "number") && !strstr(expected, "time")) came = "number";
  if (lua_type(L, index) == LUA_TSTRING && !strchr(expected, '"')) came = "string";
  if (name) peri__lua_fail(L, "bad value for '%s' (%s expected, got %s)", name, expected, came);
  bool method;
  const char *function = running_function(L, &method);
  if (method && index == 1) {
    peri__lua_fail(L, "'%s' was called without its object (%s expected, got %s): write object:%s(...)", function,
                   expected, came, function);
  }
  peri__lua_fail(L, "bad argument #%d to '%s' (%s expected, got %s)", method ? index - 1 : index, function, expected,
                 came);
}

void peri__lua_arguments(lua_State *L, int count) {
  int last = lua_gettop(L);
  while (last > count && lua_isnil(L, last)) last--;
  if (last > count) {
    bool method;
    const char *function = running_function(L, &method);
    if (method) last--, count--;
    peri__lua_fail(L, "bad argument #%d to '%s' (no more than %d expected)", last, function, count);
  }
  lua_settop(L, count);
}

void *peri__lua_handle_any(lua_State *L, int index, const peri__lua_type *type, const char *name) {
  void *head = peri__lua_test_any(L, index, type);
  if (!head) peri__lua_bad(L, index, name, type->name);
  return head;
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

double peri__lua_number(lua_State *L, int index, const char *name) {
  if (lua_type(L, index) != LUA_TNUMBER) peri__lua_bad(L, index, name, "number");
  double value = lua_tonumber(L, index);
  if (!isfinite(value)) peri__lua_bad(L, index, name, "finite number");
  return value;
}

float peri__lua_float(lua_State *L, int index, const char *name) {
  double value = peri__lua_number(L, index, name);
  if (!isfinite((float)value)) peri__lua_bad(L, index, name, "number within the range of float32");
  return (float)value;
}

double peri__lua_range(lua_State *L, int index, const char *name, double least, double most) {
  double value = peri__lua_number(L, index, name);
  if (value >= least && value <= most) return value;
  char expected[64];
  if (isinf(most))
    snprintf(expected, sizeof expected, "number of at least %.14g", least);
  else
    snprintf(expected, sizeof expected, "number from %.14g to %.14g", least, most);
  peri__lua_bad(L, index, name, expected);
}

double peri__lua_time(lua_State *L, int index, const char *name) {
  double value = peri__lua_number(L, index, name);
  if (value < 0) peri__lua_bad(L, index, name, "time of 0 seconds or later");
  return value;
}

uint64_t peri__lua_count(lua_State *L, int index, const char *name, uint64_t least, uint64_t most) {
  if (lua_type(L, index) != LUA_TNUMBER) peri__lua_bad(L, index, name, "number");
  double value = lua_tonumber(L, index);
  if (value >= (double)least && value <= (double)most && value == floor(value)) return (uint64_t)value;
  char expected[96];
  snprintf(expected, sizeof expected, "whole number from %llu to %llu", (unsigned long long)least,
           (unsigned long long)most);
  peri__lua_bad(L, index, name, expected);
}

float *peri__lua_floats(lua_State *L, int index, const char *name, const char *item, size_t *count) {
  bool table = lua_istable(L, index);
  if (!table && lua_type(L, index) != LUA_TSTRING) peri__lua_bad(L, index, name, "table or string of float32");
  size_t length = lua_rawlen(L, index);
  if (!table && length % sizeof(float) != 0) peri__lua_bad(L, index, name, "string of float32, 4 bytes each");
  *count = table ? length : length / sizeof(float);
  float *numbers = lua_newuserdatauv(L, *count * sizeof *numbers + 1, 0);
  if (!table) memcpy(numbers, lua_tostring(L, index), length);
  for (size_t i = 0; table && i < *count; i++) {
    lua_rawgeti(L, index, (int)(i + 1));
    if (lua_type(L, -1) != LUA_TNUMBER) {
      peri__lua_fail(L, "%s %lu of '%s' must be a number, not a %s", item, (unsigned long)i + 1, name,
                     luaL_typename(L, -1));
    }
    numbers[i] = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return numbers;
}

bool peri__lua_boolean(lua_State *L, int index, const char *name) {
  if (!lua_isboolean(L, index)) peri__lua_bad(L, index, name, "boolean");
  return lua_toboolean(L, index);
}

const char *peri__lua_string(lua_State *L, int index, const char *name, size_t *length) {
  if (lua_type(L, index) != LUA_TSTRING) peri__lua_bad(L, index, name, "string");
  return lua_tolstring(L, index, length);
}

void peri__lua_function(lua_State *L, int index, const char *name) {
  if (!lua_isfunction(L, index)) peri__lua_bad(L, index, name, "function");
}

int peri__lua_word(lua_State *L, int index, const char *name, const char *const *words) {
  const char *word = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
  char expected[128] = "";
  for (int i = 0; words[i]; i++) {
    if (word && strcmp(word, words[i]) == 0) return i;
    size_t used = strlen(expected);
    snprintf(expected + used, sizeof expected - used, "%s\"%s\"", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
  }
  peri__lua_bad(L, index, name, expected);
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

#define NAME_LIMIT 40

/* Levenshtein's distance, upper and lower case alike, with two letters swapped as one step. */
static int distance(const char *a, const char *b) {
  int rows[3][NAME_LIMIT + 1];
  int n = (int)strnlen(b, NAME_LIMIT);
  for (int j = 0; j <= n; j++) rows[0][j] = j;
  int m = (int)strnlen(a, NAME_LIMIT);
  for (int i = 1; i <= m; i++) {
    int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    row[0] = i;
    for (int j = 1; j <= n; j++) {
      int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
      int best = above[j - 1] + !same;
      if (above[j] + 1 < best) best = above[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
        best = before[j - 2] + 1;
      row[j] = best;
    }
  }
  return rows[m % 3][n];
}

const char *peri__lua_nearest(const char *name, const char *const *names, int count) {
  const char *best = NULL;
  int least = NAME_LIMIT + 1;
  for (int i = 0; i < count; i++) {
    int d = distance(name, names[i]);
    if (d < least) least = d, best = names[i];
  }
  return best;
}

int peri__lua_option(lua_State *L, int key, const char *const *names) {
  if (lua_type(L, key) != LUA_TSTRING)
    peri__lua_fail(L, "an option is named by a string, not by a %s", luaL_typename(L, key));
  const char *name = lua_tostring(L, key);
  int count = 0;
  for (; names[count]; count++) {
    if (strcmp(name, names[count]) == 0) return count;
  }
  peri__lua_fail(L, "unknown option '%s' (did you mean '%s'?)", name, peri__lua_nearest(name, names, count));
}

void peri__lua_options(lua_State *L, int index, const char *const *names) {
  if (!lua_istable(L, index)) peri__lua_bad(L, index, NULL, "table");
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) peri__lua_option(L, lua_gettop(L) - 1, names);
}

void peri__lua_unknown(lua_State *L, const peri__lua_type *type, int index, bool settable) {
  if (lua_type(L, index) != LUA_TSTRING)
    peri__lua_fail(L, "a property of %s is named by a string, not by a %s", type->name, luaL_typename(L, index));
  const char *names[64];
  int count = 0;
  for (const peri__lua_type *t = type; t; t = t->base) {
    for (const peri__lua_property *p = t->properties; p && p->name && count < 64; p++) {
      if (!settable || p->set) names[count++] = p->name;
    }
    for (const luaL_Reg *m = t->methods; m && m->name && count < 64 && !settable; m++) names[count++] = m->name;
  }
  const peri_node_info *info =
      type->node_kind == PERI_LUA_NO_NODE ? NULL : peri_node_kind_info((peri_node_kind)type->node_kind);
  for (uint32_t i = 0; info && i < info->params && count < 64; i++) names[count++] = info->param[i].name;
  for (uint32_t i = 0; info && i < info->options && count < 64; i++) names[count++] = info->option[i].name;
  const char *name = lua_tostring(L, index), *nearest = peri__lua_nearest(name, names, count);
  if (nearest) peri__lua_fail(L, "%s has no property '%s' (did you mean '%s'?)", type->name, name, nearest);
  peri__lua_fail(L, "%s has no property '%s' that can be set", type->name, name);
}
