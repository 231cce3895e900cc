#!/bin/sh
# In the window: scripts draw for one picture, get its keys by SDL's names, and errors are shown over everything.
. "$(dirname -- "$0")/lib/host.sh"
. "$root/tests/sh/lib/window.sh"

shot() { # EXIT CODE, SCRIPT, options: shot.png
  want=$1 script=$2; shift 2
  timeout 20 "$perilune" run --device null --view --screenshot shot.png "$script" "$@" >out 2>err </dev/null; got=$?
  [ $got = "$want" ] || fail "$script exited with $got, not $want"
}
pixels() { # COLOURS, places
  want=$1; shift
  got=$(./picture pixels shot.png "$@")
  [ "$got" = "$want" ] || fail "the pixels at $* are $got, not $want"
}

cat >draw.lua <<'END'
local host = require "perilune.host"
local frame = 0
host.rectangle(300, 300, 50, 50, 1, 1, 1) -- for the first picture alone
host.onFrame(function()
  frame = frame + 1
  if frame == 5 then host.quit() end
  if frame < 5 then host.rectangle(400, 300, 50, 50, 1, 1, 1) end
  host.rectangle(100, 50, 20, 10, 1, 0, 0)
  host.rectangle(110, 50, 20, 10, 0, .5, 1)            -- over the one before
  host.rectangle(-1e300, 470, 2e300, 1e300, 0, 1, 0)   -- ends where the area does
  host.rectangle(500, 100, 0, 10, 1, 1, 1)
  host.text(200, 100, "||||\n||||")
end)
END
shot 0 draw.lua
pixels 'ff0000 ff0000 0080ff 0080ff' 100 50 109 59 110 50 129 59
pixels '0d1016 0d1016 0d1016' 99 50 130 50 100 60
pixels '0d1016 00ff00 00ff00 00ff00' 0 469 0 470 959 479 480 475
[ "$(./picture count shot.png 00ff00)" = 9600 ] || fail "the script draws over the host's strip"
pixels '0d1016 0d1016 0d1016' 320 320 420 320 500 105 # nothing of earlier pictures
cat >text.lua <<'END'
local host = require "perilune.host"
local text, frames = ..., 0
host.onFrame(function()
  frames = frames + 1
  host.rectangle(0, 0, 960, 480, 0, 0, 0)
  host.text(100, 100, text)
  if frames == 3 then host.quit() end
end)
END
bright() { shot 0 text.lua -- "$1"; ./picture count shot.png f0f4fa; }
none=$(bright '') one=$(bright 'A') two=$(bright "A
A") far=$(bright "                                                                                A")
[ $((two - none)) = $((2 * (one - none))) ] && [ "$one" -gt "$none" ] || fail "two lines are not twice one"
[ "$far" = "$none" ] || fail "text outside is drawn"

# ---- Errors
printf 'local function inner()\n  local y = nil + 1\nend\ninner()\n' >broken.lua
shot 1 broken.lua --stay --seconds 0.5
grep -q 'broken.lua:2: attempt to perform arithmetic on a nil value' err || fail "no error in the terminal"
[ "$(./picture count shot.png ff6262)" -gt 1000 ] || fail "no error in the window"
echo 'require "perilune.host".onFrame(function() error "on purpose" end)' >callback.lua
shot 0 callback.lua --seconds 0.5
[ "$(./picture count shot.png ff6262)" -gt 1000 ] || fail "no error of a callback in the window"
echo 'require "perilune.host".onFrame(function() end)' >fine.lua
shot 0 fine.lua --seconds 0.5
[ "$(./picture count shot.png ff6262)" = 0 ] || fail "red without an error"

# ---- Keys
command -v xdotool >/dev/null || { echo "there is no xdotool to press keys"; exit 77; }
cat >keys.lua <<'END'
local host = require "perilune.host"
io.stdout:setvbuf "line"
host.onKey(function(key, down) print(key, down) if key == "q" then host.quit(6) end end)
END
start() {
  "$perilune" run --device null --view keys.lua >out 2>err </dev/null & job=$!
  window=$(timeout 10 xdotool search --sync --onlyvisible --name keys.lua | head -n 1)
  xdotool windowfocus --sync "$window"
}
start
xdotool keydown a sleep 1 keyup a key space key Left key Return key shift+b key F1 key q # held, it does not repeat
wait $job; [ $? = 6 ] || fail "quit in onKey"
printf '%s	true\n%s	false\n' a a space space left left return return >keys
printf '%s\n' 'left shift	true' 'b	true' 'left shift	false' 'b	false' 'f1	true' 'f1	false' 'q	true' >>keys
head -n 15 out | cmp -s keys - || fail "not these keys"
start
xdotool key a key Escape
wait $job; [ $? = 0 ] || fail "Escape does not end it"
printf '%s\n' 'a	true' 'a	false' | cmp -s - out || fail "Escape came to the script"

# ---- A wider window: the drawing is scaled as a whole, in the middle, and nothing is drawn beside it
cat >wide.lua <<'END'
local host = require "perilune.host"
host.onKey(function(key) if key == "q" then host.quit() end end)
host.onFrame(function() host.rectangle(-500, 0, 2000, 240, 1, 1, 1) end)
END
"$perilune" run --device null --view --screenshot shot.png wide.lua >out 2>err </dev/null & job=$!
window=$(timeout 10 xdotool search --sync --onlyvisible --name wide.lua | head -n 1)
xdotool windowfocus --sync "$window" windowsize --sync "$window" 1160 540
sleep 0.3
xdotool key q
wait $job
pixels '0d1016 ffffff ffffff 0d1016' 99 10 100 10 1059 10 1060 10
pixels 'ffffff 0d1016' 500 239 500 240
exit 0
