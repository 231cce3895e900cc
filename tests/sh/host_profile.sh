#!/bin/sh
# --profile shows the costliest nodes: below the live line on a terminal, gone at the end; once a second elsewhere.
. "$(dirname -- "$0")/lib/host.sh"
cat >song.lua <<'END_OF_SONG'
local perilune = require "perilune"
local ctx = perilune.context()
local buffer, gain = ctx:decodeAudioData(... .. "/assets/laser.wav"), ctx:createGain { gain = 0.01 }
gain:connect(ctx.destination)
panners = {} -- the collector would take them
for i = 1, 6 do
  panners[i] = ctx:createStereoPanner()
  panners[i]:connect(gain)
end
for i = 1, 50 do
  local source = ctx:createBufferSource()
  source.buffer, source.loop, source.playbackRate.value = buffer, true, 1.1
  source:connect(gain)
  source:start()
  source:stop(ctx.currentTime + 0.5)
  if i == 50 then source.onended = function() print "the end" end end
end
perilune.load(buffer):play{ duration = 0.1, volume = 0.01, onended = function() print "under way" end }
END_OF_SONG

# Without a terminal: first after 0.2 s, and of all nodes those that cost most.
host 0 run --device null --profile song.lua "$root"
grep -Eq '^perilune: load [0-9.]+%, worst [0-9.]+%:.* GainNode [0-9.]+% \(50 voices [0-9.]+%\)' err || fail "no profile"
[ "$(wc -l <err)" -le 2 ] || fail "more than a line a second"
printf 'under way\nthe end\n' | cmp -s - out || fail "the script's output"
host 0 play --device null --profile --loop --seconds 2 "$root/assets/laser.wav"
[ "$(grep -Ec '^perilune: load .*: AudioDestinationNode [0-9.]+% \(1 voice [0-9.]+%\)$' err)" -ge 2 ] ||
  fail "no profile each second, or not of the file that plays"
host 0 run --device null song.lua "$root"
[ -s err ] && fail "a profile that nobody asked for"

script -qec true /dev/null >/dev/null 2>&1 </dev/null || { echo "script(1) cannot make a terminal here"; exit 0; }
NO_COLOR=1; export NO_COLOR
terminal() { # COLUMNS ROWS: what a terminal gets, a line for each that was drawn
  LC_ALL=C TERM=xterm script -qec "stty cols $1 rows $2; '$perilune' run --device null --profile song.lua '$root'" log \
    </dev/null >/dev/null || fail "exit code on a terminal"
  sed -i '/^Script \(started\|done\)/d' log
  tr '\r' '\n' <log | sed "s/$(printf '\033')\[[0-9]*[A-Z]//g" >out
}
# What stands on the screen in the end, of a terminal that knows \r, \n, "up", and "erase" to the end of line and screen.
screen() {
  awk -v escape="$(printf '\033')" 'BEGIN { RS = "\n"; row = 0 } {
    rest = $0
    while (rest != "") {
      c = substr(rest, 1, 1)
      rest = substr(rest, 2)
      if (c == "\r") column = 0
      else if (c == escape && match(rest, /^\[[0-9]*[A-Z]/)) {
        what = substr(rest, RLENGTH, 1)
        count = substr(rest, 2, RLENGTH - 2)
        rest = substr(rest, RLENGTH + 1)
        if (what == "A") row -= count
        else line[row] = substr(line[row], 1, column)
        if (what == "J") for (r = row + 1; r <= last; r++) line[r] = ""
      } else {
        line[row] = substr(line[row], 1, column) c substr(line[row], column + 2)
        column++
      }
    }
    row++
    column = 0
    if (row > last) last = row
  } END { for (r = 0; r <= last; r++) if (line[r] != "") print line[r] }' log
}

terminal 100 24
grep -Eq '^ +[0-9.]+%  worst +[0-9.]+%  GainNode  50 voices [0-9.]+%$' out || fail "no row of the gain"
most=$(awk '/playing/ { rows = 0 } /worst/ { if (++rows > most) most = rows } END { print most + 0 }' out)
[ "$most" = 5 ] || fail "$most rows, not 5"
screen >left
printf 'under way\nthe end\n' | cmp -s - left || { cp left out; fail "the script's output and the rows are mixed up"; }

terminal 40 4
awk 'length > 39 { exit 1 }' out || fail "wider than the terminal"
most=$(awk '/^L/ { rows = 0 } /worst/ { if (++rows > most) most = rows } END { print most + 0 }' out)
[ "$most" = 2 ] || fail "$most rows on 4 lines of terminal, not 2"
exit 0
