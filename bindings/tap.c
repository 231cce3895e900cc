/* Tap and Block: a node's output, handed over in blocks that belong to the script until it releases them. */
#include "check.h"
#include "trial.h"

#include <math.h>

typedef struct tap {
  peri__lua_head head;
  peri__lua_context *context; /* a reference; NULL once finalised */
  peri_tap *tap;              /* NULL once closed. The user value keeps the node */
  peri_tap_stats last;        /* statistics when it was closed */
} tap;

typedef struct block {
  peri__lua_head head;
  peri_block *block; /* NULL once released */
  double sample_rate;
} block;

/* ---- Tap -------------------------------------------------------------------------------------------------------- */

int peri__lua_create_tap(lua_State *L) {
  static const char *const names[] = {"channels", "blockSize", "blocks", "maxBlocks", "dry", NULL};
  static const char *const policies[] = {"skip", "oldest", NULL}; /* as peri_dry_policy */
  peri__lua *state = peri__lua_state(L);
  peri__lua_arguments(L, 3);
  peri__lua_context *context = peri__lua_check_context(L, 1);
  peri__lua_engine(L, context);
  const peri__lua_node *node = peri__lua_handle(L, 2, &peri__lua_audio_node, NULL);
  if (node->context != context) peri__lua_fail(L, "the %s belongs to another context", node->head.type->name);
  peri_tap_def def = peri_default_tap_def();
  if (!lua_isnil(L, 3)) {
    peri__lua_options(L, 3, names);
    for (int i = 0; names[i]; i++) lua_getfield(L, 3, names[i]);
    if (!lua_isnil(L, 4)) def.channels = (uint32_t)peri__lua_count(L, 4, names[0], 1, PERI_MAX_CHANNELS);
    if (!lua_isnil(L, 5)) def.block_size = (uint32_t)peri__lua_count(L, 5, names[1], 1, 1 << 20);
    if (!lua_isnil(L, 6)) def.blocks = (uint32_t)peri__lua_count(L, 6, names[2], 2, 4096);
    if (!lua_isnil(L, 7))
      def.max_blocks = (uint32_t)peri__lua_count(L, 7, names[3], 2, 4096);
    else if (def.blocks > def.max_blocks)
      def.max_blocks = def.blocks;
    if (!lua_isnil(L, 8)) def.dry = (peri_dry_policy)peri__lua_word(L, 8, names[4], policies);
  }
  tap *self = peri__lua_new(L, state, &peri__lua_tap_type, 1);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, lua_gettop(L) - 1, 1);
  self->tap = peri_tap_create(peri__lua_node_engine(L, node), node->id, &def);
  if (!self->tap) peri__lua_fail_engine(L);
  peri__lua_context_retain(context);
  self->context = context;
  return 1;
}

/* An engine that is gone took its taps along. */
static peri_tap *live(const tap *self) { return self->context && self->context->engine ? self->tap : NULL; }

static void close_tap(tap *self) {
  if (!live(self)) return;
  peri_tap_get_stats(self->tap, &self->last);
  peri_tap_close(self->tap);
  self->tap = NULL;
}

static int collect_tap(lua_State *L) {
  tap *self = peri__lua_test(L, 1, &peri__lua_tap_type);
  peri__lua_context *context = self ? self->context : NULL;
  if (!context) return 0;
  close_tap(self);
  self->context = NULL;
  peri__lua_context_release(L, context);
  return 0;
}

static tap *check_tap(lua_State *L, int arguments) {
  tap *self = peri__lua_self(L, &peri__lua_tap_type);
  peri__lua_arguments(L, arguments);
  if (!live(self)) peri__lua_fail(L, "the tap is closed");
  return self;
}

/* Also an iterator, which is given the block before: `for block in tap.receive, tap do`. */
static int receive(lua_State *L) {
  const tap *self = check_tap(L, 2);
  block *result = peri__lua_new(L, peri__lua_state(L), &peri__lua_block_type, 0);
  result->block = peri_tap_receive(self->tap);
  result->sample_rate = self->context->sample_rate;
  if (!result->block) lua_pushnil(L);
  return 1;
}

static int close_method(lua_State *L) {
  tap *self = check_tap(L, 1);
  if (!peri__lua_held(L, peri__lua_state(L), self, 1)) close_tap(self);
  return 0;
}

static int close_at_end(lua_State *L) {
  tap *self = peri__lua_self(L, &peri__lua_tap_type);
  if (!peri__lua_held(L, peri__lua_state(L), self, 1)) close_tap(self);
  return 0;
}

static void get_stats(lua_State *L, peri__lua *state, void *handle) {
  tap *self = handle;
  (void)state;
  if (live(self)) peri_tap_get_stats(self->tap, &self->last);
  const struct {
    const char *name;
    uint64_t value;
  } fields[] = {
      {"acquired", self->last.acquired},  {"transferred", self->last.transferred},
      {"returned", self->last.returned},  {"dropped", self->last.dropped},
      {"grown", self->last.grown},        {"blocks", self->last.blocks},
      {"inFlight", self->last.in_flight}, {"highWater", self->last.high_water},
  };
  lua_createtable(L, 0, 8);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    lua_pushinteger(L, (lua_Integer)fields[i].value);
    lua_setfield(L, -2, fields[i].name);
  }
}

static const luaL_Reg tap_methods[] = {
    {"receive", receive},
    {"close", close_method},
    {NULL, NULL},
};

static const peri__lua_property tap_properties[] = {
    {"stats", get_stats, NULL},
    {NULL, NULL, NULL},
};

static const luaL_Reg tap_metamethods[] = {
    {"__gc", collect_tap},
    {"__close", close_at_end},
    {NULL, NULL},
};

const peri__lua_type peri__lua_tap_type = {
    .name = "Tap",
    .methods = tap_methods,
    .properties = tap_properties,
    .metamethods = tap_metamethods,
    .size = sizeof(tap),
    .id = PERI_LUA_TAP,
    .node_kind = PERI_LUA_NO_NODE,
};

/* ---- Block ------------------------------------------------------------------------------------------------------ */

static peri_block *block_of(lua_State *L, const void *self) {
  const block *b = self;
  if (!b->block) peri__lua_fail(L, "the block is detached: it was released");
  return b->block;
}

static peri_block *check_block(lua_State *L) {
  const block *self = peri__lua_self(L, &peri__lua_block_type);
  peri__lua_arguments(L, 1);
  return block_of(L, self);
}

static uint64_t samples_in(const peri_block *b) { return (uint64_t)b->frames * b->channels; }

static int peak(lua_State *L) {
  const peri_block *b = check_block(L);
  float most = 0;
  for (uint64_t i = 0; i < samples_in(b); i++) most = fmaxf(most, fabsf(b->samples[i]));
  lua_pushnumber(L, (lua_Number)most);
  return 1;
}

static int rms(lua_State *L) {
  const peri_block *b = check_block(L);
  double sum = 0;
  for (uint64_t i = 0; i < samples_in(b); i++) sum += (double)b->samples[i] * b->samples[i];
  lua_pushnumber(L, samples_in(b) ? sqrt(sum / (double)samples_in(b)) : 0);
  return 1;
}

static int release(lua_State *L) {
  check_block(L);
  peri_block_release(&((block *)lua_touserdata(L, 1))->block);
  return 0;
}

/* At the end of its scope, or collected. */
static int drop(lua_State *L) {
  block *self = peri__lua_test(L, 1, &peri__lua_block_type);
  if (self && self->block) peri_block_release(&self->block);
  return 0;
}

static int length(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)samples_in(block_of(L, peri__lua_self(L, &peri__lua_block_type))));
  return 1;
}

static void get_time(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushnumber(L, (double)block_of(L, self)->frame / ((const block *)self)->sample_rate);
}

static void get_sequence(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)block_of(L, self)->sequence);
}

static void get_channels(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)block_of(L, self)->channels);
}

static void get_frames(lua_State *L, peri__lua *state, void *self) {
  (void)state;
  lua_pushinteger(L, (lua_Integer)block_of(L, self)->frames);
}

/* nil outside, as in any sequence. */
static void push_sample(lua_State *L, void *self, double place) {
  const peri_block *b = block_of(L, self);
  if (place >= 1 && place <= (double)samples_in(b) && place == floor(place))
    lua_pushnumber(L, (lua_Number)b->samples[(uint64_t)place - 1]);
  else
    lua_pushnil(L);
}

static const luaL_Reg block_methods[] = {
    {"peak", peak},
    {"rms", rms},
    {"release", release},
    {NULL, NULL},
};

static const peri__lua_property block_properties[] = {
    {"time", get_time, NULL},
    {"sequence", get_sequence, NULL},
    {"channels", get_channels, NULL},
    {"frames", get_frames, NULL},
    {NULL, NULL, NULL},
};

static const luaL_Reg block_metamethods[] = {
    {"__gc", drop},
    {"__close", drop},
    {"__len", length},
    {NULL, NULL},
};

const peri__lua_type peri__lua_block_type = {
    .name = "Block",
    .methods = block_methods,
    .properties = block_properties,
    .metamethods = block_metamethods,
    .item = push_sample,
    .size = sizeof(block),
    .id = PERI_LUA_BLOCK,
    .node_kind = PERI_LUA_NO_NODE,
};
