#!/bin/sh
# A small engine with its own loop, audio callback and files, and two Lua states on two threads: every sound of both is
# heard to its end, closing one state leaves the other's alone, its own processor runs, its own sources start and end, and
# nothing stays open.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
build=${PERI_BUILD:-$PWD/build}
said=$(timeout 60 "$build/bin/perilune-embed" tests/embed 2>&1) || { echo "FAILED: $said"; exit 1; }
case $said in
  "coins 3, pings 3, clicks 50, left 1, peak 0."*", open files 0, buffers 0, crushed") ;;
  *) echo "FAILED: $said"; exit 1 ;;
esac
