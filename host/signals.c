#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include <lauxlib.h>
#include <lua.h>

/* All that a signal handler can see. */
static struct {
  volatile sig_atomic_t interrupted;
  lua_State *volatile script;
  void (*volatile function)(void);
  pthread_t main_thread;
} signals;

static void interrupt_script(lua_State *L, lua_Debug *call) {
  (void)call;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted");
}

static void on_signal(int number) {
  if (!pthread_equal(pthread_self(), signals.main_thread)) {
    pthread_kill(signals.main_thread, number); /* lua_sethook is safe in a handler on Lua's own thread alone */
    return;
  }
  signal(number, SIG_DFL);
  signals.interrupted = 1;
  if (signals.function) signals.function();
  if (signals.script)
    lua_sethook(signals.script, interrupt_script, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void signals_catch(void) {
  signals.main_thread = pthread_self();
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

bool signals_interrupted(void) { return signals.interrupted != 0; }

void signals_call(void (*function)(void)) { signals.function = function; }

void signals_watch(lua_State *L) {
  if (signals.script) lua_sethook(signals.script, NULL, 0, 0);
  signals.script = L;
}
