/* Lua states of hosts. peri_lua_call: what a host calls for a script goes the way of perilune's own callbacks. */
#include "unit/test.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/base.h"
#include "perilune/perilune_lua.h"

static lua_State *new_state(const char *script) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  luaL_requiref(L, "perilune", luaopen_perilune, 0);
  lua_pop(L, 1);
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  return L;
}

static const char *text_of(lua_State *L, const char *name) {
  lua_getglobal(L, name);
  const char *text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

TEST(a_call_takes_its_arguments_and_leaves_nothing) {
  lua_State *L = new_state("function f(a, b) got = a .. b return 1, 2, 3 end");
  int top = lua_gettop(L);
  lua_getglobal(L, "f");
  lua_pushliteral(L, "one ");
  lua_pushinteger(L, 2);
  CHECK(peri_lua_call(L, 2));
  CHECK_EQ(lua_gettop(L), top);
  CHECK_STR(text_of(L, "got"), "one 2");
  lua_close(L);
}

TEST(the_error_of_a_call_goes_to_on_error) {
  lua_State *L = new_state("require('perilune').onError(function(message) got = message end)\n"
                           "function f() error('on purpose', 0) end");
  int top = lua_gettop(L);
  lua_getglobal(L, "f");
  CHECK(!peri_lua_call(L, 0));
  CHECK_EQ(lua_gettop(L), top);
  CHECK(strncmp(text_of(L, "got"), "on purpose\nstack traceback:", 27) == 0);
  lua_close(L);
}

/* At the end of the C stack Lua drops finalisers without calling them: here that of each kind of handle that leads to
 * samples or a wave. */
TEST(what_a_finaliser_without_room_to_run_had_goes_with_the_state) {
  uint32_t buffers = peri_buffers_alive();
  uint64_t memory = peri__memory_bytes();
  peri_engine *engine = peri_engine_create(NULL);
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  CHECK(peri_lua_attach(L, engine));
  const char *script = "local perilune = require 'perilune'\n"
                       "local ctx, kept, depth = perilune.context(), {}, 0\n"
                       "for i = 1, 250 do\n"
                       "  local buffer = ctx:createBuffer(1, 10, 48000)\n"
                       "  kept[i] = { buffer, perilune.load(ctx:createBuffer(1, 10, 48000)),\n"
                       "    ctx:createBufferSource { buffer = ctx:createBuffer(1, 10, 48000) },\n"
                       "    ctx:createPeriodicWave({ 0, 0 }, { 0, 1 }) }\n"
                       "end\n"
                       "local function deeper()\n"
                       "  depth = depth + 1\n"
                       "  kept[depth] = nil\n"
                       "  collectgarbage()\n"
                       "  return (string.gsub('x', 'x', deeper))\n"
                       "end\n"
                       "assert(not pcall(deeper))\n"
                       "kept = nil\n"
                       "collectgarbage() collectgarbage()\n";
  if (luaL_dostring(L, script) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  CHECK(peri_buffers_alive() > buffers); /* else this shows nothing */
  lua_close(L);
  CHECK_EQ(peri_buffers_alive(), buffers);
  peri_engine_destroy(engine);
  CHECK_EQ(peri__memory_bytes(), memory);
}
