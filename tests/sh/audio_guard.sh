#!/bin/sh
# The audio thread never waits: no allocation, free, lock, I/O or system call inside SDL's audio callback, in the whole
# Lua test suite, in a script that does everything, and in the host's examples. tests/guard/guard.h tells how it is seen.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
root=$PWD
build=${PERI_BUILD:-$root/build}
guard=$build/lib/audio_guard.so
CC=${CC:-$(command -v gcc || command -v clang)}
busted=$(command -v busted)
export SDL_AUDIODRIVER=dummy SDL_VIDEODRIVER=dummy
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failures=0

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

# Runs a command with the guard; its report is added to $report.
guarded() { LD_PRELOAD=$guard AUDIO_GUARD_REPORT=$report timeout 120 "$@"; }

# sum WORD: of the numbers that follow it in the report's lines
sum() { awk -v word="$1" '$1 == word && NF == 2 { total += $2 } END { print total + 0 }' "$report"; }

# The violations, with functions and lines where the report has addresses.
explain() {
  grep -e '^process ' -e '^violation ' -e '^  at ' "$report" | grep -v '/audio_guard.so ' |
    while read -r word file offset symbol; do
      case $word in
        at) echo "    $(addr2line -fspe "$file" "${offset#+}" 2>/dev/null || echo "$symbol") ($file $offset)" ;;
        *) echo "  $word $file $offset $symbol" ;;
      esac
    done
}

# clean NAME: the report has no violation
clean() {
  [ -s "$report" ] || { fail "$1: no report was written" && return; }
  echo "$1: $(sum callbacks) callbacks of SDL, $(sum frames) frames, $(sum violations) violations"
  [ "$(sum violations)" = 0 ] || { explain && fail "$1: the audio thread did what it must not do"; }
}

# ---- The guard itself ----------------------------------------------------------------------------------------------

# -O0 -fno-builtin: the compiler leaves each call as it is.
"$CC" -std=c11 -D_GNU_SOURCE -O0 -fno-builtin tests/guard/selftest/selftest.c -o "$tmp/selftest" -ldl -lpthread ||
  fail "the self-test does not build"

report=$tmp/good
guarded "$tmp/selftest" good >"$tmp/out" || fail "self-test: the good callback"
clean "self-test, good callback"

report=$tmp/bad
raw=
grep -q '^traps on' "$tmp/good" && raw=raw
guarded "$tmp/selftest" bad $raw >"$tmp/out" 2>"$tmp/err" || fail "self-test: the bad callback"
grep -q '^expect ' "$tmp/out" || fail "self-test: it expects nothing"
sed -n 's/^expect //p' "$tmp/out" >"$tmp/expected"
while read -r name; do
  grep -q "^violation $name [0-9]" "$report" || fail "self-test: the guard missed $name"
done <"$tmp/expected"
echo "self-test, bad callback: $(wc -l <"$tmp/expected") forbidden calls expected, $(sum violations) seen"
AUDIO_GUARD_FATAL=1 guarded "$tmp/selftest" bad >"$tmp/out" 2>&1
[ $? = 86 ] || fail "self-test: AUDIO_GUARD_FATAL does not end a process with 86"

# ---- Everything, on the Lua module as it is ------------------------------------------------------------------------

report=$tmp/everything
LUA_CPATH="$build/lua/5.4/?.so" guarded lua5.4 tests/lua/guard/everything.lua 2>"$tmp/err" ||
  { fail "everything.lua" && cat "$tmp/err"; }
clean "everything"
[ "$(sum callbacks)" -ge 500 ] || fail "everything: that is too few callbacks"
# The module's own calls go by way of the guard: those that it makes beside the callback were seen.
for name in malloc free posix_memalign pthread_mutex_lock pthread_create open read dlsym; do
  awk -v name=$name '$1 == "seen" && $2 == name { found = 1 } END { exit !found }' "$report" ||
    fail "everything: the module's calls of $name do not come by the guard"
done

# ---- The suite -----------------------------------------------------------------------------------------------------

# Specs play on the null device to be quick and quiet; here their contexts play on SDL's.
mkdir -p "$tmp/suite/tests" "$tmp/module"
cp -r tests/lua tests/run tests/reference.lua "$tmp/suite/tests/"
ln -s "$root/assets" "$root/docs" "$root/scripts" "$tmp/suite/"
ln -s "$root/tests/unit" "$tmp/suite/tests/" # a page names them
sed -i 's/device = "null"/device = "sdl"/' "$tmp"/suite/tests/lua/*.lua

# suite NAME MODULES [SPECS]: every spec, with the module in the folder MODULES
suite() {
  for spec in ${3:-tests/lua/*_spec.lua}; do
    (cd "$tmp/suite" && LUA_PATH="tests/lua/?.lua;;" LUA_CPATH="$2/?.so;;" \
      guarded lua5.4 "$busted" -o tests/run/lines.lua "$spec" >"$tmp/out" 2>&1) ||
      { fail "$1: ${spec##*/}" && grep -v '^ok ' "$tmp/out"; }
  done
  clean "$1"
}

report=$tmp/on_sdl
suite "suite" "$build/lua/5.4"
[ "$(sum callbacks)" -ge 50 ] || fail "suite: that is too few callbacks"

# Again with a module in which every rendering counts, also those that SDL does not ask for: offline and null device. It
# has a host's kinds of nodes, too.
"$CC" -std=c11 -D_GNU_SOURCE -O2 -fPIC -shared -Iruntime/include tests/guard/every_render/every_render.c tests/unit/kinds.c -o "$tmp/module/perilune.so" \
  -Wl,--whole-archive "$build/lib/libperilune-lua5.4.a" -Wl,--no-whole-archive "$build/lib/libperilune.a" -l:libstb.a \
  -ldl -lpthread -lm -Wl,-z,nodelete -Wl,--exclude-libs,libperilune.a:libstb.a -Wl,--wrap=peri__render_frames ||
  fail "the module in which every rendering counts does not link"
report=$tmp/every_render
suite "suite, every rendering" "$tmp/module"
[ "$(sum sections)" -gt $(($(sum callbacks) + 50)) ] || fail "suite: renderings without SDL do not count"

report=$tmp/kinds
suite "kinds of a host, every rendering" "$tmp/module" tests/lua/kinds/kinds_spec.lua
[ "$(sum sections)" -ge 5 ] || fail "kinds of a host: they were not rendered"

# ---- The host ------------------------------------------------------------------------------------------------------

report=$tmp/host
for script in scripts/examples/*.lua; do
  [ -e "$script" ] || continue
  guarded "$build/bin/perilune" run "$script" --seconds 1 --block-size 128 >"$tmp/out" 2>&1 </dev/null ||
    { fail "perilune run $script" && cat "$tmp/out"; }
done
guarded "$build/bin/perilune" play assets/laser.ogg assets/coin.wav --view --profile --block-size 128 >"$tmp/out" 2>&1 </dev/null ||
  { fail "perilune play" && cat "$tmp/out"; }
clean "host"
[ "$(sum callbacks)" -ge 50 ] || fail "host: that is too few callbacks"

[ "$failures" = 0 ]
