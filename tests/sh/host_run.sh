#!/bin/sh
# A script gets its arguments, finds modules and sounds beside it, ends by itself, and on Ctrl-C at once.
. "$(dirname -- "$0")/lib/host.sh"
mkdir -p game/sounds
cp "$root/assets/click.wav" game/sounds/click.wav
cp "$root/assets/laser.wav" here.wav
echo 'return { name = "beside" }' >game/beside.lua

echo 'print(require("beside").name, select("#", ...), ...) print(#arg, arg[0], arg[1], arg[2])' >game/arguments.lua
host 0 run --device null game/arguments.lua one --two
printf 'beside\t2\tone\t--two\n2\tgame/arguments.lua\tone\t--two\n' | cmp -s - out || fail "arguments"
host 0 run --device null game/arguments.lua -- --seconds 3
grep -qx 'beside	2	--seconds	3' out || fail "arguments after --"

cat >game/sounds.lua <<'END'
local perilune = require "perilune"
local beside, here = perilune.load "sounds/click.wav", perilune.load "here.wav"
beside:play{ at = perilune.now() + 0.2, onended = function() print("ended", perilune.now() >= 0.24) end }
perilune.run() -- returns at once under a host
print "main chunk done"
END
host 0 run --device null game/sounds.lua
printf 'main chunk done\nended\ttrue\n' | cmp -s - out || fail "the script was not left to end by itself"

echo 'require("perilune").load("here.wav"):play{ loop = true }' >forever.lua
host 0 run --device null --seconds 0.2 forever.lua

interrupted() { # SIGNAL SCRIPT
  "$perilune" run --device null "$2" >out 2>err </dev/null & job=$!
  sleep 0.5
  kill -s "$1" $job
  wait $job; got=$?
  [ $got = 130 ] || fail "$2 after SIG$1 exited with $got, not 130"
}
# A shell without job control starts background jobs with SIGINT ignored; the host takes it all the same.
interrupted INT forever.lua
interrupted TERM forever.lua
echo 'while true do local table = {} end' >busy.lua # allocates: sanitizers deliver signals in calls alone
interrupted INT busy.lua
echo '' >idle.lua
host 0 run --device null --stay --seconds 0.2 idle.lua
"$perilune" run --device null --stay idle.lua >out 2>err </dev/null & job=$!
sleep 0.5
kill -0 $job 2>/dev/null || fail "--stay did not stay"
kill -s TERM $job
wait $job
exit 0
