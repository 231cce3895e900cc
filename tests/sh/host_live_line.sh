#!/bin/sh
# On a terminal one line shows levels and figures, is gone at the end, and leaves the script's output whole; elsewhere there is none.
. "$(dirname -- "$0")/lib/host.sh"
script -qec true /dev/null >/dev/null 2>&1 </dev/null || { echo "script(1) cannot make a terminal here"; exit 77; }
cat >song.lua <<'END'
local laser = require("perilune").load(... .. "/assets/laser.wav")
laser:play{ onended = function()
  io.write "half "
  io.stdout:flush()
  laser:play{ onended = function() io.write "whole\n" print "printed" error("on purpose", 0) end }
end }
END
terminal() { # LOCALE COLUMNS: what a terminal gets
  LC_ALL=$1 TERM=xterm script -qec "stty cols $2; '$perilune' run --device null song.lua '$root'" log </dev/null >/dev/null ||
    fail "exit code on a terminal"
  sed -i '/^Script \(started\|done\)/d' log
  tr '\r' '\n' <log >out
}
# What stands on the screen in the end, of a terminal that knows \r, \n and "erase to the end of the line".
screen() {
  awk -v escape="$(printf '\033')" '{
    line = ""
    count = split($0, parts, "\r")
    for (i = 1; i <= count; i++) {
      part = parts[i]
      erase = index(part, escape "[K")
      text = erase ? substr(part, 1, erase - 1) substr(part, erase + 3) : part
      line = text (erase ? "" : substr(line, length(text) + 1))
    }
    if (line != "") print line
  }' log
}

terminal C.UTF-8 100
grep -q '1 playing' out || fail "no figures"
grep -q '█' out || fail "no meter of Unicode blocks"

NO_COLOR=1; export NO_COLOR
terminal C 60
grep -q '\[#' out || fail "no ASCII meter"
grep -q '█' out && fail "Unicode in the C locale"
grep playing out | sed "s/$(printf '\033')\[K//g" | awk 'length > 59 { exit 1 }' || fail "the line is wider than the terminal"
screen >left
head -n 3 left >top
printf 'half whole\nprinted\nperilune: error in a callback: on purpose\n' | cmp -s - top ||
  { cp left out; fail "the script's output and the line are mixed up"; }
grep -q playing left && fail "the line is still there at the end"

host 0 run --device null song.lua "$root"
grep -q playing err && fail "a live line without a terminal"
printf 'half whole\nprinted\n' | cmp -s - out || fail "output without a terminal"
exit 0
