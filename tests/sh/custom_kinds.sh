#!/bin/sh
# Kinds of nodes that a host adds, in each Lua: their modules are linked here with those of tests/unit/kinds.c, and
# tests/lua/kinds/kinds_spec.lua uses them.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
build=${PERI_BUILD:-$PWD/build}
CC=${CC:-$(command -v gcc || command -v clang)}
busted=$(command -v busted) || { echo "busted is not installed"; exit 77; }
case $build in */asan | */tsan) echo "a module that a plain Lua loads cannot be linked with sanitizers here"; exit 77 ;; esac
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failures=0

for lua in lua5.4 luajit; do
  version=5.1
  [ "$lua" = luajit ] || version=5.4
  command -v "$lua" >/dev/null || { echo "$lua is not installed"; continue; }
  mkdir -p "$tmp/$version"
  "$CC" -std=c11 -D_GNU_SOURCE -O2 -fPIC -shared -Iruntime/include tests/unit/kinds.c -o "$tmp/$version/perilune.so" \
    -Wl,--whole-archive "$build/lib/libperilune-lua$version.a" -Wl,--no-whole-archive "$build/lib/libperilune.a" \
    -l:libstb.a -ldl -lpthread -lm -Wl,-z,nodelete -Wl,--exclude-libs,libperilune.a:libstb.a ||
    { echo "FAILED: the module for $lua does not link"; exit 1; }
  LUA_PATH="tests/lua/?.lua;;" LUA_CPATH="$tmp/$version/?.so;;" timeout 100 "$lua" "$busted" -o tests/run/lines.lua \
    tests/lua/kinds/kinds_spec.lua >"$tmp/out" 2>&1 || { failures=$((failures + 1)) && grep -v '^ok ' "$tmp/out"; }
  tail -n 1 "$tmp/out"
  grep -q '^ok ' "$tmp/out" || { echo "FAILED: no test has run in $lua" && failures=$((failures + 1)); }
done
[ "$failures" = 0 ]
