#!/bin/sh
# Program, library and Lua modules resolve all functions when they are loaded, and need no library that may be missing.
set -u
build=${PERI_BUILD:-$(CDPATH="" cd -- "$(dirname -- "$0")/../.." && pwd)/build}
fail() { echo "FAILED: $*"; exit 1; }
command -v readelf >/dev/null && command -v nm >/dev/null || { echo "there is no readelf or nm"; exit 77; }
dynamic() { readelf -W -d "$1" || fail "no $1"; } # FILE

for file in bin/perilune lib/libperilune.so lua/5.4/perilune.so lua/5.1/perilune.so; do
  dynamic "$build/$file" | grep -Eq 'BIND_NOW|Flags:.* NOW' || fail "$file resolves functions on the audio thread"
done
for file in lib/libperilune.so lua/5.4/perilune.so lua/5.1/perilune.so; do
  dynamic "$build/$file" | grep NEEDED | grep -Ev 'lib(c|m|dl|pthread)[.]so|ld-linux' && fail "$file needs more than the C library"
done
for file in lua/5.4/perilune.so lua/5.1/perilune.so; do
  dynamic "$build/$file" | grep -q 'NODELETE' || fail "$file may be unloaded under its threads"
done
# What a module has of its own for older Luas stays its own: LÖVE, say, exports functions of the same names.
for file in lua/5.4/perilune.so lua/5.1/perilune.so; do
  nm -D --defined-only "$build/$file" | grep -Ev ' (luaopen_perilune(_host|_reload)?|peri_[a-z][a-z_]*)$' && fail "$file exports more than its interface"
done
exit 0
