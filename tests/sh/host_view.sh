#!/bin/sh
# The window opens under X, shows itself in a screenshot, and ends with the script; without a display there is one error.
. "$(dirname -- "$0")/lib/host.sh"
unset DISPLAY WAYLAND_DISPLAY
SDL_VIDEODRIVER=x11; export SDL_VIDEODRIVER
echo 'require("perilune").load(... .. "/assets/music.wav"):play()' >song.lua
host 1 run --device null --view song.lua "$root"
grep -q 'cannot open a window' err || fail "no error without a display"

. "$root/tests/sh/lib/window.sh"
host 0 run --device null --view --seconds 1.5 --screenshot shot.png song.lua "$root"
[ "$(od -An -tx1 -j16 -N8 shot.png | tr -d ' ')" = 000003c00000021c ] || fail "the screenshot is not 960 x 540"
host 0 play --device null --view --seconds 0.3 --screenshot quiet.png "$root/assets/click.wav"
[ "$(wc -c <shot.png)" -gt "$(wc -c <quiet.png)" ] || fail "music looks no richer than silence"
host 1 run --device null --view --seconds 0.2 --screenshot missing/shot.png song.lua "$root"
grep -q 'missing/shot.png' err || fail "no error for a screenshot that cannot be written"
exit 0
