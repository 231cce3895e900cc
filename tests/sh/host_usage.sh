#!/bin/sh
# Wrong command lines exit with 2 and one sentence that says what to do; help and version exit with 0.
. "$(dirname -- "$0")/lib/host.sh"
refused() { # WORDS of the message, then the command line
  message=$1; shift
  host 2 "$@"
  grep -qF -- "$message" err || fail "perilune $*: no '$message' on standard error"
  [ "$(wc -l <err)" = 1 ] || fail "perilune $*: not one line"
  [ -s out ] && fail "perilune $*: something on standard output"
}

echo 'error "must not run"' >script.lua
refused "did you mean 'perilune run'?" rnu script.lua
refused "perilune run script.lua" script.lua
refused "'perilune --help'" frobnicate
refused "a script is missing" run
refused "a file is missing" play
refused "a file is missing" info
refused "-o OUT.wav is missing" render script.lua
refused "did you mean --device?" run --devcie null script.lua
refused "did you mean --seconds?" run script.lua --secnds=3
refused "put -- before it" run script.lua --frobnicate
refused "unknown option '--loop'" run --loop script.lua
refused "--seconds wants a number from" run --seconds soon script.lua
refused "--seconds wants a number from" run --seconds nan script.lua
refused "--seconds wants a number from" run --seconds=-1 script.lua
refused "--seconds wants a value" run script.lua --seconds
refused "--stay takes no value" run --stay=1 script.lua
refused "--rate wants a number from 3000 to 768000" run --rate 0 script.lua
refused "--block-size wants a number from 16 to 8192" run --block-size 1e9 script.lua
refused "--block-size wants a whole number" run --block-size 20.5 script.lua
refused "--device wants sdl or null" run --device alsa script.lua
refused "--profile takes no value" run --profile=1 script.lua
refused "--screenshot wants --view" run --screenshot x.png script.lua

host 2
grep -q '^Usage:' err || fail "no usage without a command"
host 0 --help
for word in run render play info 'Exit codes' 130; do grep -q "$word" out || fail "--help does not mention $word"; done
host 0 --version
grep -Eqx 'perilune [0-9]+\.[0-9]+\.[0-9]+' out || fail "--version"
for command in run render play info; do
  host 0 help $command; cp out help
  host 0 $command --help
  cmp -s out help || fail "'help $command' and '$command --help' differ"
  grep -q '^Options:' out || fail "'help $command' lists no options"
done
exit 0
