/* OscillatorNode, and PeriodicWave: what it plays (Web Audio 1.1). */
#include "check.h"
#include "trial.h"

/* ---- PeriodicWave ----------------------------------------------------------------------------------------------- */

typedef struct wave_handle {
  peri__lua_head head;
  peri_wave *wave; /* owned; NULL once finalised */
} wave_handle;

static peri_wave *check_wave(lua_State *L, int index, const char *name) {
  const wave_handle *handle = peri__lua_handle(L, index, &peri__lua_wave_type, name);
  if (!handle->wave) peri__lua_fail(L, "the PeriodicWave was released");
  return handle->wave;
}

static int collect_wave(lua_State *L) {
  wave_handle *handle = peri__lua_test(L, 1, &peri__lua_wave_type);
  if (!handle) return 0;
  peri__lua_disown(peri__lua_state(L), handle->wave);
  handle->wave = NULL;
  return 0;
}

static bool is_normalised(lua_State *L, int options) {
  static const char *const names[] = {"disableNormalization", NULL};
  if (lua_isnil(L, options)) return true;
  peri__lua_options(L, options, names);
  lua_getfield(L, options, names[0]);
  bool disabled = !lua_isnil(L, -1) && peri__lua_boolean(L, lua_gettop(L), names[0]);
  lua_pop(L, 1);
  return !disabled;
}

/* createPeriodicWave(real, imag [, {disableNormalization}]): the term of the k-th partial is at k + 1. One of them may
 * be nil: it is all zeros then; without both it is a sine. */
int peri__lua_create_periodic_wave(lua_State *L) {
  static const float sine[] = {0, 1};
  peri__lua_arguments(L, 4);
  peri__lua_engine(L, peri__lua_check_context(L, 1));
  bool normalised = is_normalised(L, 4);
  size_t count = 2, imag_count = 2;
  const float *real = lua_isnil(L, 2) ? NULL : peri__lua_floats(L, 2, "real", "term", &count);
  const float *imag = lua_isnil(L, 3) ? NULL : peri__lua_floats(L, 3, "imag", "term", &imag_count);
  if (real && imag && count != imag_count) {
    peri__lua_fail(L, "'real' and 'imag' of createPeriodicWave must be of one length, got %lu and %lu terms",
                   (unsigned long)count, (unsigned long)imag_count);
  }
  if (!real) count = imag_count;
  if (!real && !imag) imag = sine;
  peri__lua *state = peri__lua_state(L);
  wave_handle *handle = peri__lua_new(L, state, &peri__lua_wave_type, 0);
  peri_wave *wave = peri_wave_create(real, imag, count, normalised);
  if (!wave) peri__lua_fail_engine(L);
  handle->wave = peri__lua_own_wave(L, state, wave);
  return 1;
}

static const luaL_Reg wave_metamethods[] = {
    {"__gc", collect_wave},
    {NULL, NULL},
};

const peri__lua_type peri__lua_wave_type = {
    .name = "PeriodicWave",
    .metamethods = wave_metamethods,
    .size = sizeof(wave_handle),
    .id = PERI_LUA_WAVE,
    .node_kind = PERI_LUA_NO_NODE,
};

/* ---- OscillatorNode --------------------------------------------------------------------------------------------- */

static void set_wave(lua_State *L, const peri__lua_node *node, peri_wave *wave) {
  if (!peri_oscillator_set_wave(peri__lua_node_engine(L, node), node->id, wave)) peri__lua_fail_engine(L);
}

static int set_periodic_wave(lua_State *L) {
  const peri__lua_node *self = peri__lua_self(L, &peri__lua_oscillator_type);
  peri__lua_arguments(L, 2);
  peri_wave *wave = check_wave(L, 2, NULL);
  if (!peri__lua_held(L, peri__lua_state(L), self, 2)) set_wave(L, self, wave);
  return 0;
}

/* The wave of the options at 2, or NULL. The table holds it. */
static peri_wave *wave_of_options(lua_State *L) {
  if (!lua_istable(L, 2)) return NULL;
  lua_getfield(L, 2, "periodicWave");
  peri_wave *wave = lua_isnil(L, -1) ? NULL : check_wave(L, lua_gettop(L), "periodicWave");
  lua_pop(L, 1);
  return wave;
}

/* Web Audio 1.1, OscillatorOptions: with a periodicWave any valid type is ignored. */
int peri__lua_create_oscillator(lua_State *L) {
  peri__lua_arguments(L, 2);
  peri__lua_check_context(L, 1);
  peri_wave *wave = wave_of_options(L);
  peri__lua_create_node(L, &peri__lua_oscillator_type, NULL, wave ? 0 : 2);
  if (!wave) return 1;
  const peri__lua_node *node = lua_touserdata(L, 3);
  const peri_option_info *type = &peri_node_kind_info(PERI_NODE_OSCILLATOR)->option[PERI_OSCILLATOR_TYPE];
  peri__lua_take_option(L, 2, "periodicWave");
  lua_settop(L, 3);
  peri__lua_take_option(L, 2, "type"); /* the rest is left at 2, the type comes to 4 */
  if (!lua_isnil(L, 4)) peri__lua_word(L, 4, "type", type->words);
  peri__lua_apply_options(L, peri__lua_state(L), 3, 2);
  set_wave(L, node, wave);
  lua_settop(L, 3);
  return 1;
}

static int collect(lua_State *L) {
  peri__lua_node *node = peri__lua_test(L, 1, &peri__lua_oscillator_type);
  if (node) peri__lua_node_let_go(L, node, true);
  return 0;
}

static const luaL_Reg methods[] = {
    {"setPeriodicWave", set_periodic_wave},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", collect},
    {NULL, NULL},
};

const peri__lua_type peri__lua_oscillator_type = {
    .name = "OscillatorNode",
    .base = &peri__lua_scheduled_node,
    .methods = methods,
    .metamethods = metamethods,
    .size = sizeof(peri__lua_scheduled),
    .id = PERI_LUA_OSCILLATOR,
    .node_kind = PERI_NODE_OSCILLATOR,
};
