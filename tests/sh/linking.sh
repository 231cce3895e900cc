#!/bin/sh
# Program, library and Lua modules resolve all functions when they are loaded, and need no library that may be missing.
set -u
build=${PERI_BUILD:-$(CDPATH="" cd -- "$(dirname -- "$0")/../.." && pwd)/build}
fail() { echo "FAILED: $*"; exit 1; }
command -v readelf >/dev/null || { echo "there is no readelf"; exit 77; }
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
exit 0
