/* A file's main chunk, run so that its local variables are known afterwards: a hook reads them when it returns.
 *
 * The variables' table stands in the frame of `call_with_locals`, right below the chunk's own: there the hook finds it,
 * so an error that throws that frame away leaves nothing but the hook behind. A hook that no such frame needs removes
 * itself at its next event. A coroutine inherits the hook of the one that makes it (and LuaJIT has one hook for all),
 * so the registry knows the coroutine for whose sake there is one.
 *
 * LuaJIT compiles little while there is a hook. There the text of the chunk gets a call of `chunkEnded` where it ends,
 * which reads the variables instead.
 *
 * PUC 5.1 knows no names any more where a chunk ends without a return statement: there it takes a "\nreturn" at the
 * end of the text. */
#include "bindings.h"

#include <pthread.h>
#include <signal.h>

enum { VARIABLES = 1, CHUNK = 2 }; /* slots of the frame */

enum { NEAR = 16, SELDOM = 256 };

static const char owner_key; /* its address is the owner's key in the registry */

static void on_event(lua_State *L, lua_Debug *event);

/* ---- Frames ----------------------------------------------------------------------------------------------------- */

static bool is_frame_of(lua_State *of, lua_Debug *frame, lua_CFunction function) {
  lua_getinfo(of, "f", frame);
  bool is = lua_tocfunction(of, -1) == function;
  lua_pop(of, 1);
  return is;
}

static bool is_ours(lua_State *of, lua_Debug *frame) { return is_frame_of(of, frame, peri__lua_call_with_locals); }

/* How many frames there are: lua_getstack walks from the top each time. */
static int depth_of(lua_State *of) {
  lua_Debug frame;
  int low = 0, high = 1;
  while (lua_getstack(of, high, &frame)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (lua_getstack(of, middle, &frame))
      low = middle;
    else
      high = middle;
  }
  return high;
}

/* Whether one of ours is below `level`: a few are looked at, all of a deep stack once in a while. `depth` is where ours
 * stands, from the bottom. */
static bool is_in_use(lua_State *of, int level, int depth, bool thoroughly) {
  lua_Debug frame;
  if (lua_status(of) != LUA_OK || !lua_checkstack(of, 4)) return false;
  for (int end = level + NEAR; level < end; level++) {
    if (!lua_getstack(of, level, &frame)) return false;
    if (is_ours(of, &frame)) return true;
  }
  if (!thoroughly) return true;
  return lua_getstack(of, depth_of(of) - depth, &frame) && is_ours(of, &frame);
}

/* ---- The hook --------------------------------------------------------------------------------------------------- */

/* A signal handler may set a hook as well (the host's does): not between the look and the change. */
static bool exchange_hook(lua_State *L, lua_Hook from, lua_Hook to, int mask) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool same = lua_gethook(L) == from;
  if (same) lua_sethook(L, to, mask, 0);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return same;
}

/* The coroutine for which there is a hook, and how deep its frame stands; or NULL. */
static lua_State *owner_of_hook(lua_State *L, int *depth) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &owner_key);
  lua_State *owner = NULL;
  if (lua_istable(L, -1)) {
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    owner = lua_tothread(L, -2);
    *depth = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  return owner;
}

static void own_hook(lua_State *L) {
  lua_createtable(L, 2, 0);
  lua_pushthread(L);
  lua_rawseti(L, -2, 1);
  lua_pushinteger(L, depth_of(L));
  lua_rawseti(L, -2, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &owner_key);
}

static void disown_hook(lua_State *L) {
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &owner_key);
}

/* In PUC 5.1 the top of the stack is what the function returns, and what is pushed would overwrite the variables above
 * it. Reading the one at the very top writes it where it is. */
static void protect_variables(lua_State *L, lua_Debug *event) {
  while (lua_getlocal(L, event, lua_gettop(L) + 1)) {
  }
}

/* The variables in scope at the end of the function that returns, into the table on top of the stack. */
static void read_variables(lua_State *L, lua_Debug *event) {
  const char *name;
  for (int slot = 1; (name = lua_getlocal(L, event, slot)); slot++) {
    if (name[0] == '(') {
      lua_pop(L, 1);
      continue;
    }
    lua_pushstring(L, name);
    lua_insert(L, -2);
    lua_rawset(L, -3);
  }
}

/* When the frame below is ours, and the function that returns is the one that it called. */
static bool read_if_chunk(lua_State *L, lua_Debug *event) {
  lua_Debug caller;
  if (!lua_getstack(L, 1, &caller) || !is_ours(L, &caller)) return false;
  lua_getinfo(L, "f", event);
  if (!lua_getlocal(L, &caller, CHUNK)) lua_pushnil(L);
  bool is_chunk = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (is_chunk && lua_getlocal(L, &caller, VARIABLES)) {
    read_variables(L, event);
    lua_pop(L, 1);
  }
  return true;
}

static void on_event(lua_State *L, lua_Debug *event) {
  static _Thread_local unsigned events;
  if (event->event == LUA_HOOKRET) protect_variables(L, event);
  if (event->event == LUA_HOOKRET && read_if_chunk(L, event)) return;
  int depth = 0;
  lua_State *owner = owner_of_hook(L, &depth);
  if (owner && is_in_use(owner, 0, depth, ++events % SELDOM == 0)) return;
  disown_hook(L);
  exchange_hook(L, on_event, NULL, 0);
}

/* ---- The call --------------------------------------------------------------------------------------------------- */

/* In LuaJIT neither pcall nor other functions in C tell of their return: a hook that is no longer needed would stay
 * where the next is a call. */
static int events_of_interest(void) { return peri__lua_is_jit() ? LUA_MASKRET | LUA_MASKCALL : LUA_MASKRET; }

/* Whether `finish` has a hook to remove: somebody else's is left alone, and the outermost call's is its own. */
static bool begin(lua_State *L) {
  lua_Hook hook = lua_gethook(L);
  int depth = 0;
  if (hook && hook != on_event) return false;
  lua_State *owner = owner_of_hook(L, &depth);
  bool nested = owner && is_in_use(owner, owner == L, depth, true);
  if (!nested) own_hook(L);
  if (!hook) exchange_hook(L, NULL, on_event, events_of_interest());
  return !nested || !hook;
}

static void finish(lua_State *L) {
  int depth = 0;
  if (owner_of_hook(L, &depth) == L && depth == depth_of(L)) disown_hook(L);
  exchange_hook(L, on_event, NULL, 0);
}

int peri__lua_call_with_locals(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  int arguments = lua_gettop(L) - 1;
  luaL_checkstack(L, 20, "no room to run a file");
  lua_newtable(L);
  lua_insert(L, VARIABLES);
  lua_pushvalue(L, CHUNK);
  lua_insert(L, CHUNK);
  bool hooked = begin(L);
  lua_call(L, arguments, LUA_MULTRET);
  if (hooked) finish(L);
  lua_remove(L, CHUNK);
  return lua_gettop(L);
}

/* ---- Without a hook --------------------------------------------------------------------------------------------- */

/* callMarked(chunk, ...): as callWithLocals, of a chunk that calls chunkEnded at its end */
int peri__lua_call_marked(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  int arguments = lua_gettop(L) - 1;
  luaL_checkstack(L, 20, "no room to run a file");
  lua_newtable(L);
  lua_insert(L, VARIABLES);
  lua_call(L, arguments, LUA_MULTRET);
  return lua_gettop(L);
}

/* chunkEnded(), called by anything else than the chunk, does nothing. */
int peri__lua_chunk_ended(lua_State *L) {
  lua_Debug chunk, caller;
  if (!lua_getstack(L, 1, &chunk) || !lua_getstack(L, 2, &caller)) return 0;
  if (!is_frame_of(L, &caller, peri__lua_call_marked) || !lua_getlocal(L, &caller, VARIABLES)) return 0;
  read_variables(L, &chunk);
  return 0;
}
