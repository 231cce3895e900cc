#!/bin/sh
# The program runs its script, modules and sounds again when they are saved, shows what is wrong, and says how long it took.
. "$(dirname -- "$0")/lib/host.sh"
cp "$root/assets/laser.wav" "$root/assets/click.wav" .

# Waits until PATTERN stands in FILE (out, err) COUNT times.
until_says() { # FILE COUNT PATTERN
  tries=0
  until [ "$(grep -c -- "$3" "$1")" -ge "$2" ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "no '$3' in $1"
    kill -0 $job 2>/dev/null || fail "it ended before '$3'"
    sleep 0.05
  done
}
start() { # OPTIONS...
  "$perilune" run --device null "$@" >out 2>err </dev/null & job=$!
}
ended() { # CODE
  wait $job; got=$?
  [ $got = "$1" ] || fail "it exits with $got, not $1"
}

game() { # VERSION, and lines that come last
  cat <<END
local perilune, host, level = require "perilune", require "perilune.host", require "level"
io.stdout:setvbuf "line"
local song = perilune.persist("song", function() return perilune.load "laser.wav":play { loop = true } end)
print("version $1", ...)
local frames = 0
host.onFrame(function()
  frames = frames + 1
  if frames == 3 then print("frames of $1, level " .. level.name()) end
end)
${2:-}
END
}
level() { echo "local M = {} function M.name() return '$1' end return M"; }

# ---- Scripts, modules, sounds, with arguments; the song never ends meanwhile
game 1 >game.lua && level one >level.lua
start game.lua argument
until_says out 1 'frames of 1, level one'
game 2 >game.lua
until_says out 1 'frames of 2, level one'
until_says err 1 '^perilune: reloaded game.lua: heard [0-9]* ms after the save$'
level two >level.lua
until_says err 1 '^perilune: reloaded level.lua: heard [0-9]* ms after the save$'
[ "$(grep -c '^version 2' out)" = 1 ] || fail "a module that is saved runs the script again"
game 3 >new && mv new game.lua # as editors do
until_says out 1 'frames of 3, level two'
[ "$(grep -c 'frames of 1' out)" = 1 ] && [ "$(grep -c 'frames of 2' out)" = 1 ] || fail "an old version's frames go on"
cp click.wav laser.wav
until_says err 1 '^perilune: reloaded laser.wav: heard'
printf 'version %s\targument\n' 1 2 3 >versions
grep '^version' out | cmp -s versions - || fail "not these versions, with their argument"

# ---- A broken save changes nothing, and says where; the next good one clears it
game 4 'host.onFrame(function() print "of a broken version" end) perilune.load("laser.wav"):play() local x = nil + 1' >game.lua
until_says err 1 '^perilune: not reloaded, the old version plays on: game.lua:10: attempt to perform arithmetic on a nil value'
until_says err 1 'game.lua:10: in main chunk'
game 5 'x = = 1' >game.lua
until_says err 1 'not reloaded, the old version plays on: game.lua:10:.*near .=.'
kill -0 $job || fail "a broken save ends it"
game 6 'if frames == 0 then host.onKey(print) end' >game.lua
until_says out 1 'frames of 6'
grep -q 'of a broken version' out && fail "a broken version's frames"
game 7 'song:stop() host.quit(5)' >game.lua
ended 5

# ---- --stay: a first run that fails waits for a save, and has done nothing
echo 'require "perilune".load("laser.wav"):play { loop = true } require("perilune.host").onFrame(print) error "at first"' >game.lua
start --stay game.lua
until_says err 1 '^perilune: game.lua:1: at first'
game 1 >game.lua
until_says out 1 'frames of 1'
until_says err 1 '^perilune: reloaded game.lua'
[ "$(grep -c . out)" = 2 ] || fail "the frames of a first run that failed"
kill -s INT $job
ended 130
echo 'error "for ever"' >game.lua
host 1 run --device null --stay --seconds 0.5 game.lua
echo 'local m = require "missing"' >game.lua
start --stay --seconds 20 game.lua
until_says err 1 "module 'missing' not found"
echo 'require("perilune.host").quit(3)' >missing.lua
ended 3

# ---- In the window, as it is at the end
. "$root/tests/sh/lib/window.sh"
shows_red() { ./picture count shot.png ff6262; }
watched() { # LAST LINE of the version that is saved while the window is open, and then one that is good if $2 says so
  game 1 >game.lua
  start --view --screenshot shot.png game.lua
  until_says out 1 'frames of 1'
  game 2 "$1" >game.lua
  until_says err 1 'not reloaded, the old version plays on'
  [ -z "$2" ] || game 3 >game.lua
  [ -z "$2" ] || until_says out 1 'frames of 3'
  sleep 0.3
  kill -s INT $job
  ended 130
}
watched 'fall()' ''
[ "$(shows_red)" -gt 500 ] || fail "a broken save is not shown in the window"
watched 'fall()' 'and mended'
[ "$(shows_red)" = 0 ] || fail "the window shows an error that is mended"
exit 0
