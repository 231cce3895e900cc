#!/bin/sh
# The Lua module in the real LÖVE, without a screen: beside its SDL and OpenAL, and through all the ways a game ends.
set -u
root=$(CDPATH="" cd -- "$(dirname -- "$0")/../.." && pwd)
module=${PERI_BUILD:-$root/build}/lua/5.1/perilune.so
for program in love zip; do
  command -v $program >/dev/null || { echo "there is no $program here"; exit 77; }
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAILED: $*"; sed "s/^/  | /" out err 2>/dev/null; exit 1; }

export SDL_VIDEODRIVER=offscreen SDL_AUDIODRIVER=dummy ALSOFT_DRIVERS=null LIBGL_ALWAYS_SOFTWARE=1
export HOME="$work" XDG_DATA_HOME="$work/data" PERI_CPATH="${module%/*}/?.so" PERI_VIA=cpath
unset LUA_PATH LUA_CPATH LUA_INIT
cp -r "$root/tests/love" game && mkdir game/sounds && cd "$root/assets" || exit 1
cp click.wav laser.ogg laser.wav music.ogg "$work/game/sounds" && cd "$work" || exit 1

mkdir none && echo 'love.event.quit(5)' >none/main.lua
timeout -k 5 60 love none >out 2>&1
[ $? = 5 ] || { echo "LÖVE itself does not run here: $(tail -n 1 out)"; exit 77; }

# scene CODE SCENE [CASE]: runs one of GAME's scenes; LÖVE must end with that exit code, and nothing may go wrong.
GAME=game
scene() {
  want=$1; shift
  timeout -k 5 30 love "$GAME" "$@" >out 2>err </dev/null; got=$?
  [ $got = "$want" ] || fail "$* by $PERI_VIA: LÖVE ended with $got, not $want"
  ! grep -q FAILED err || fail "$* by $PERI_VIA"
}
# played CODE SCENE [CASE]: the same, to the scene's own end.
played() {
  scene "$@"
  grep -qx "done" out || fail "$* by $PERI_VIA: the scene ended early"
}
# Starts a scene, and once PATTERN shows in its output, sends SIGTERM.
signalled() { # CODE PATTERN SCENE [CASE]
  want=$1 pattern=$2; shift 2
  : >out
  timeout -k 5 30 love "$GAME" "$@" >out 2>err </dev/null & job=$!
  tries=0
  until grep -q "$pattern" out; do
    tries=$((tries + 1))
    if [ $tries = 200 ] || ! kill -0 $job; then fail "$*: no $pattern"; fi
    sleep 0.1
  done
  kill -s TERM $job
  wait $job; got=$?
  [ $got = "$want" ] || fail "$*: LÖVE ended with $got after SIGTERM, not $want"
}

endings() {
  played 7 quit event
  played 7 quit collected
  played 7 quit exit
  played 0 thread ends
  played 0 thread opens
  played 0 thread fails
  played 0 thread outlives
  played 0 restart alone
  played 0 restart other
  [ "$(grep -c '^round' out)" = 3 ] || fail "not three games in one process by $PERI_VIA"
  scene 1 error update
  grep -qx heard out || fail "the error screen made it silent by $PERI_VIA"
  scene 1 error load
  grep -qx heard out || fail "the error screen made it silent by $PERI_VIA"
}

endings
played 0 beside
played 0 handles
played 0 pump alone
played 0 pump also
quits_by_signal() {
  signalled 0 ready signal
  grep -qx 'asked to quit' out || fail "SIGTERM is no quit event any more"
}
quits_by_signal
signalled 1 'on purpose' error signal

# Opened in conf.lua already.
PERI_EARLY=1 && export PERI_EARLY
played 0 pump early
played 7 quit event
quits_by_signal
unset PERI_EARLY

# Hot reload: each scene saves files of a game that it has for itself.
fresh() { rm -rf data live && cp -r game/live live && cp -r game/sounds live || exit 1; }
reloads() { # SCENE...
  for name; do
    fresh
    played 0 "$name"
  done
}
GAME=live
reloads modules main load wrapped broken hundred sounds thread restart cost
grep -q '^an update with' out || fail "no cost was measured"
PERI_EARLY=1 && export PERI_EARLY
reloads modules main load conf
unset PERI_EARLY
ln -s live link
GAME=link
reloads modules sounds
# What lies in the folder that a zipped game is run from has the names of what is in the game.
fresh
(cd live && zip -q -r ../live.love .) || fail "zip"
GAME=../live.love
(cd live && played 0 zipped) || exit 1
GAME=game

# The example of a game runs as from the project's folder, and is heard; without a module it says what to do.
mkdir -p project/scripts/examples && cp -r "$root/scripts/examples/love" project/scripts/examples/ || exit 1
example() ( # PATTERN: what shows in the output; none: until it is heard
  cd project || exit 1
  SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE="$work/heard" stdbuf -oL timeout -k 5 30 love scripts/examples/love >"$work/out" 2>&1 </dev/null & job=$!
  tries=0
  until if [ "$1" ]; then grep -q "$1" "$work/out"; else [ "$(tr -d '\0' <"$work/heard" | head -c 100000 | wc -c)" = 100000 ]; fi; do
    tries=$((tries + 1))
    [ $tries != 200 ] && kill -0 $job 2>/dev/null || exit 99
    sleep 0.1
  done
  kill -s TERM $job
  wait $job
)
: >heard
example "run ./dev build"; got=$?
[ $got = 1 ] || fail "the example without a module ended with $got, not 1"
ln -s "${module%/lua/5.1/*}" project/build
example ""; got=$?
[ $got = 0 ] || fail "the example ended with $got, not 0"
sed '/^CRITICAL: .*\(SDL disk\|Writing to file\)/d' out | grep -q . && fail "the example writes to its output"

# From below the game's folder, then from the save folder, as a zipped game must.
mkdir game/native && cp "$module" game/native/ || exit 1
PERI_VIA=crequire
PERI_CPATH=
endings
rm -r game/native
mkdir -p data/love/perilune-test/native && cp "$module" data/love/perilune-test/native/ || exit 1
(cd game && zip -q -r ../zipped.love .) || fail "zip"
mv game folder || exit 1
GAME=zipped.love
played 0 files
PERI_EARLY=1 && export PERI_EARLY
played 0 pump early
unset PERI_EARLY
played 7 quit event
PERI_VIA=cpath PERI_CPATH="${module%/*}/?.so"
played 0 files

# LÖVE has Lua functions of its own beside LuaJIT's, which its modules must not find in their place.
nm -D --defined-only "$(command -v love)" | sed -n 's/.* \(luaL\{0,1\}_[a-z]*\)$/\1/p' >own
nm -D --undefined-only "$module" | grep -Fwf own && fail "the module takes those from LÖVE"

# Another SDL in the process, with the same names: LÖVE 12 has SDL3. Whoever calls this one is ended.
cat >sdl3.c <<'END'
#include <stdlib.h>
#define TRAP(name) void SDL_##name(void) { abort(); }
TRAP(OpenAudioDevice) TRAP(CloseAudioDevice) TRAP(PauseAudioDevice) TRAP(GetAudioDeviceStatus) TRAP(GetCurrentAudioDriver)
END
${CC:-cc} -shared -fPIC -Wl,-soname,libSDL3.so.0 sdl3.c -o libSDL3.so.0 || fail "the other SDL does not build"
LD_PRELOAD="$work/libSDL3.so.0" && export LD_PRELOAD
played 7 quit event
exit 0
