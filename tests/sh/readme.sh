#!/bin/sh
# What the README shows runs as it stands there: the C program and the Lua scripts.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
build=${PERI_BUILD:-$PWD/build}
export SDL_AUDIODRIVER=dummy
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

fail() { echo "FAILED: $*"; exit 1; }

# block LANGUAGE N: the N-th code block of a language
block() {
  awk -v start="\`\`\`$1" -v wanted="$2" '
    $0 == "```" { inside = 0 }
    inside && seen == wanted
    $0 == start { inside = 1; seen++ }' README.md
}

block c 1 >"$tmp/game.c"
grep -q main "$tmp/game.c" || fail "the README has no C program"
${CC:-cc} -std=c11 -Wall -Wextra -Iruntime/include "$tmp/game.c" -o "$tmp/game" -L"$build/lib" -lperilune -Wl,-rpath,"$build/lib" ||
  fail "the C program does not build"
timeout 20 "$tmp/game" || fail "the C program fails"

block lua 1 >"$tmp/ten.lua"
for n in 2 3; do { echo 'local perilune = require "perilune"' && block lua $n; } >"$tmp/block$n.lua"; done
grep -q require "$tmp/ten.lua" || fail "the README has no Lua script"
[ "$(grep -c . "$tmp/ten.lua")" -le 10 ] || fail "the script of ten lines has more"
ln -s "$PWD/assets" "$tmp/assets"
for script in ten block2 block3; do
  "$build/bin/perilune" render "$tmp/$script.lua" -o "$tmp/$script.wav" >"$tmp/out" 2>&1 || { cat "$tmp/out" && fail "$script.lua"; }
  [ "$(wc -c <"$tmp/$script.wav")" -gt 50000 ] || fail "$script.lua is silent"
done
block lua 4 >"$tmp/window.lua"
grep -q perilune.host "$tmp/window.lua" || fail "the README has no script with a window"
"$build/bin/perilune" run --device null --seconds 0.3 "$tmp/window.lua" </dev/null >"$tmp/out" 2>&1 || { cat "$tmp/out" && fail "window.lua"; }
grep -q error "$tmp/out" && { cat "$tmp/out" && fail "window.lua"; }
block lua 5 >"$tmp/live.lua"
grep -q perilune.reload "$tmp/live.lua" || fail "the README has no script that reloads"
"$build/bin/perilune" run --device null --seconds 0.3 "$tmp/live.lua" </dev/null >"$tmp/out" 2>&1 || { cat "$tmp/out" && fail "live.lua"; }
[ ! -s "$tmp/out" ] || { cat "$tmp/out" && fail "live.lua"; }

plain() { LUA_CPATH="$build/lua/$2/?.so" timeout 30 "$1" "$tmp/ten.lua" || echo "$1" >>"$tmp/failed"; }
plain lua5.4 5.4 &
for lua in luajit lua5.1; do ! command -v $lua >/dev/null || plain $lua 5.1 & done
wait
[ ! -e "$tmp/failed" ] || fail "ten.lua in plain $(cat "$tmp/failed")"
