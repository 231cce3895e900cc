#!/bin/sh
# What ./dev install puts below a folder is all that C programs, Lua scripts and the host need.
set -u
root=$(CDPATH="" cd -- "$(dirname -- "$0")/../.." && pwd)
[ "${PERI_BUILD:-$root/build}" = "$root/build" ] || { echo "only release builds are installed"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAILED: $*"; sed "s/^/  | /" out 2>/dev/null; exit 1; }
prefix="$work/a prefix"
"$root/dev" install --prefix "a prefix" >out 2>&1 || fail "install"
"$prefix/bin/perilune" --version >out 2>&1 || fail "the program does not start"

cat >tiny.c <<'END'
#include <perilune/perilune.h>
#include <perilune/perilune_lua.h>
#include <stdio.h>
int main(void) {
  peri_engine_def def = peri_default_engine_def();
  peri_engine *engine = peri_engine_create(&def);
  float out[256];
  bool well = engine && peri_engine_render(engine, out, 128);
  puts(well ? peri_version() : peri_error());
  peri_engine_destroy(engine);
  return well ? 0 : 1;
}
END
flags="-I\"$prefix/include\" -L\"$prefix/lib\" -lperilune"
! command -v pkg-config >/dev/null || flags=$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags --libs perilune) ||
  fail "pkg-config"
for header in "$prefix"/include/perilune/*.h; do
  "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -fsyntax-only -x c -I"$prefix/include" "$header" >out 2>&1 || fail "$header alone"
done
eval "${CC:-cc} tiny.c -o tiny $flags" >out 2>&1 || fail "a C program does not build: $flags"
LD_LIBRARY_PATH="$prefix/lib" ./tiny >out 2>&1 || fail "a C program does not run"
grep -qx '[0-9.]*' out || fail "no version"

echo 'local p = require "perilune" p.open { device = "null" } print(p._VERSION)' >tiny.lua
for lua in lua5.4 lua5.1 luajit; do
  command -v $lua >/dev/null || continue
  version=5.1
  [ $lua != lua5.4 ] || version=5.4
  LUA_CPATH="$prefix/lib/lua/$version/?.so" $lua tiny.lua >out 2>&1 || fail "the Lua module does not load in $lua"
done
# A host that owns the engine and gives its Lua state the bindings.
cat >host.c <<'END'
#include <lauxlib.h>
#include <lualib.h>
#include <perilune/perilune_lua.h>
#include <stdio.h>
int main(void) {
  peri_engine_def def = peri_default_engine_def();
  def.sample_rate = 32000;
  peri_engine *engine = peri_engine_create(&def);
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  bool well = engine && peri_lua_attach(L, engine) &&
              !luaL_dostring(L, "print(_VERSION, require('perilune').context().sampleRate == 32000)");
  if (!well) puts(lua_gettop(L) > 0 ? lua_tostring(L, -1) : peri_error());
  lua_close(L);
  peri_engine_destroy(engine);
  return well ? 0 : 1;
}
END
for version in 5.4 5.1; do
  "${CC:-cc}" -I"$prefix/include" -I/usr/include/lua$version host.c -o host -L"$prefix/lib" -l:libperilune-lua$version.a \
    -l:libperilune.a -llua$version -lstb -ldl -lpthread -lm >out 2>&1 || fail "a host with Lua $version does not build"
  ./host >out 2>&1 && grep -qx "Lua $version	true" out || fail "a host with Lua $version does not run"
done

"$prefix/bin/perilune" run --device null tiny.lua >out 2>&1 || fail "the program runs no script"
"$root/dev" install >out 2>&1 && fail "install without --prefix"
exit 0
