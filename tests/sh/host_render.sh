#!/bin/sh
# Rendering writes exactly the length asked for, or until silence, the same bytes each time, and a picture.
. "$(dirname -- "$0")/lib/host.sh"
cat >song.lua <<'END'
local perilune = require "perilune"
local laser = perilune.load(... .. "/assets/laser.wav")
for i = 0, 2 do laser:play{ at = i * 0.25, pan = i - 1 } end
END
frames() { # FILE: its frames and rate, as `info` shows them
  host 0 info "$1"
  awk 'NR == 2 { print $5, $4, $3 }' out
}

host 0 render song.lua -o exact.wav --seconds 1.2345 "$root"
grep -Eq '^exact.wav: 1.23 s, 48000 Hz, 2 channels, [0-9]+ x real time, peak -?[0-9.]+ dBFS$' out || fail "summary"
[ "$(frames exact.wav)" = "59256 48000 2" ] || fail "1.2345 s are 59256 frames, not $(frames exact.wav)"
host 0 render --rate 22050 --seconds=0.5 --output rate.wav song.lua "$root"
[ "$(frames rate.wav)" = "11025 22050 2" ] || fail "0.5 s at 22050 Hz are 11025 frames, not $(frames rate.wav)"

host 0 render song.lua -o silence.wav "$root"
set -- $(frames silence.wav)
# Three lasers of 0.3 s, the last at 0.5 s: 38,400 frames, and at most a block more.
[ "$1" -ge 38400 ] && [ "$1" -le 39424 ] || fail "until silence: $1 frames"

host 0 render song.lua -o again.wav "$root"
cmp -s silence.wav again.wav || fail "two renderings differ"

# What loads in the background sounds from the first frame, as if it had been there.
cat >async.lua <<'END'
local perilune = require "perilune"
local path = ... .. "/assets/"
perilune.loadAsync(path .. "music.ogg", function(music)
  music:play()
  perilune.loadAsync(path .. "laser.wav", function(laser) laser:play() end)
end)
END
cat >at_once.lua <<'END'
local perilune = require "perilune"
for _, name in ipairs { "music.ogg", "laser.wav" } do perilune.load(... .. "/assets/" .. name):play() end
END
for name in async at_once; do host 0 render $name.lua -o $name.wav --seconds 1 "$root"; done
cmp -s async.wav at_once.wav || fail "what loads in the background comes late"

# A script that leaves from a callback leaves a whole file.
cat >leaves.lua <<'END'
local laser = require("perilune").load(... .. "/assets/laser.wav")
laser:play{ onended = function() os.exit(7) end }
END
host 7 render leaves.lua -o leaves.wav --seconds 5 "$root"
set -- $(frames leaves.wav)
[ "$1" -ge 14400 ] && [ "$1" -le 15424 ] || fail "until os.exit: $1 frames"

host 0 render song.lua -o picture.wav --picture picture.png "$root"
cmp -s silence.wav picture.wav || fail "a picture changes the sound"
[ "$(od -An -tx1 -N8 picture.png | tr -d ' ')" = 89504e470d0a1a0a ] || fail "no PNG"
[ "$(od -An -tx1 -j16 -N8 picture.png | tr -d ' ')" = 000004b0000002bc ] || fail "the picture is not 1200 x 700"

echo '' >nothing.lua
host 0 render nothing.lua -o nothing.wav --picture nothing.png
grep -q 'peak -inf dBFS' out || fail "silence has no peak"

host 1 render song.lua -o missing/out.wav "$root"
grep -q 'missing/out.wav' err || fail "the message does not name the file"
host 1 render song.lua -o /dev/full "$root"
[ "$(grep -c '/dev/full' err)" = 1 ] || fail "not one error for a full disk"
host 1 render song.lua -o out.wav --picture /dev/full "$root"
grep -q 'cannot write /dev/full' err || fail "a picture that was not written goes unnoticed"
host 1 render song.lua -o out.wav --picture missing/out.png "$root"
grep -q 'missing/out.png' err || fail "the message does not name the picture"
exit 0
