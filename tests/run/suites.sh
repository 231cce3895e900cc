#!/bin/sh
# Runs test suites of a built configuration and adds them up.
# Usage: suites.sh CONFIG "layers c lua sh conformance" [NAME]   (NAME: only tests with NAME in their name or file)
set -u
cd "$(dirname -- "$0")/../.." || exit 1
. tests/run/tally.sh
CONFIG=$1 NAME=${3:-}
PERI_BUILD=$PWD/build
[ "$CONFIG" = release ] || PERI_BUILD=$PERI_BUILD/$CONFIG
export PERI_BUILD
# Nothing is heard or seen, and no sound card is needed.
export SDL_AUDIODRIVER="${SDL_AUDIODRIVER:-dummy}" SDL_VIDEODRIVER="${SDL_VIDEODRIVER:-dummy}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1}"
# Temporary files of all tests are here. Each test removes its own; what one that crashes leaves goes at the end.
TMPDIR=$(mktemp -d) || exit 1
export TMPDIR
trap 'rm -rf "$tally_log" "$TMPDIR"' EXIT
trap 'exit 130' INT TERM

named() { case $1 in *"$NAME"*) ;; *) return 1 ;; esac }

run_layers() {
  named layers || return 0
  suite lua5.4 tests/check_layers.lua
}

run_c() {
  run="timeout 900"
  # ThreadSanitizer cannot live with every kernel's address space randomisation.
  if [ "$CONFIG" = tsan ] && setarch -R true 2>/dev/null; then run="$run setarch -R"; fi
  suite one_program $run "$PERI_BUILD/bin/perilune-test" ${NAME:+"$NAME"}
}

one_program() { { "$@" 2>&1 && echo "exit 0" || echo "exit $?"; } | awk -f tests/run/cmocka.awk; }

LUAS='lua5.4 luajit lua5.1'

# The specs in each Lua, side by side: they wait more than they work.
run_lua() {
  busted=$(command -v busted)
  outputs=$(mktemp -d)
  for lua in $LUAS; do
    if command -v $lua >/dev/null; then
      run_specs >"$outputs/$lua" 2>&1 &
    elif named $lua; then
      echo "skipped all specs in $lua: it is not installed"
      count 0 0 1
    fi
  done
  wait
  for lua in $LUAS; do [ ! -e "$outputs/$lua" ] || suite cat "$outputs/$lua"; done
  rm -rf "$outputs"
}

# Each in a process of its own, so that a crash is its own. Counts for itself.
run_specs() {
  passed=0 failed=0 skipped=0 tally_log=$outputs/$lua.counts
  for spec in tests/lua/*_spec.lua; do
    [ -e "$spec" ] || continue
    filter=
    # A NAME that is neither the Lua's nor the file's is a test's: busted takes it as a Lua pattern.
    named $lua || named "${spec##*/}" || filter=--filter=$(printf %s "$NAME" | sed 's/[^A-Za-z0-9_ ]/%&/g')
    suite one_spec $lua "$spec" ${filter:+"$filter"}
  done
  total
}

one_spec() {
  lua=$1 preload= module=5.1
  shift
  [ $lua != lua5.4 ] || module=5.4
  [ "$CONFIG" != asan ] || preload=$(gcc -print-file-name=libasan.so)
  # Debian's interpreters and busted's own modules are not ours to check for leaks.
  LD_PRELOAD=$preload ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 \
    LUA_PATH="tests/lua/?.lua;;" LUA_CPATH="$PERI_BUILD/lua/$module/?.so;;" \
    timeout 300 $lua "$busted" -o tests/run/lines.lua "$@"
}

# The graphs of tests/conformance against their references.
run_conformance() {
  if ! command -v xz >/dev/null; then
    count 0 0 1
    echo "skipped conformance: xz is not installed"
    return
  fi
  for lua in lua5.4 luajit; do
    if command -v $lua >/dev/null; then
      part=$NAME
      if named conformance || named $lua; then part=; fi
      suite conformance_in $lua "$part"
    elif named $lua; then
      echo "skipped conformance in $lua: it is not installed"
      count 0 0 1
    fi
  done
}

conformance_in() {
  module=5.1
  [ "$1" != lua5.4 ] || module=5.4
  LUA_CPATH="$PERI_BUILD/lua/$module/?.so;;" timeout 300 "$1" tests/conformance/compare.lua "$2"
}

# Any program's end-to-end tests: exit code 0 passes, 77 skips (the last line says why).
run_sh() {
  for script in tests/sh/*.sh; do
    [ -e "$script" ] && named "${script##*/}" || continue
    suite one_script "$script"
  done
}

one_script() {
  out=$(mktemp)
  timeout 300 sh "$1" >"$out" 2>&1
  status=$?
  case $status in
    0) echo "ok ${1##*/}" && echo "1 passed, 0 failed" ;;
    77) echo "skipped ${1##*/}: $(tail -n 1 "$out")" && echo "0 passed, 0 failed, 1 skipped" ;;
    *) cat "$out" && echo "FAILED ${1##*/} (status $status)" && echo "0 passed, 1 failed" ;;
  esac
  rm -f "$out"
}

for name in $2; do "run_$name"; done
left=$(ls -A "$TMPDIR")
if [ "$failed" = 0 ] && [ "$left" ]; then
  echo "FAILED tests leave files behind in TMPDIR:" $left
  count 0 1 0
fi
if [ $((passed + failed + skipped)) = 0 ]; then
  echo "no test is named like '$NAME'" >&2
  exit 2
fi
total
