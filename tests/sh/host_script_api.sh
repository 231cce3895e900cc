#!/bin/sh
# perilune.host without a window: frames, what waits, wrong arguments, errors, quit, --stay, and all of it in a rendering.
. "$(dirname -- "$0")/lib/host.sh"
said() { grep -qF -- "$1" err || fail "no '$1' on standard error"; }
printed() { printf '%s\n' "$@" | cmp -s - out || fail "not what should be printed: $*"; }
cp "$root/assets/engine.wav" loop.wav

# ---- Only there in the program
if command -v lua5.4 >/dev/null && [ "$build" = "$root/build" ]; then
  for first in '' 'require "perilune" '; do
    echo "$first local host = require 'perilune.host'" >plain.lua
    LUA_CPATH="$build/lua/5.4/?.so" lua5.4 plain.lua >out 2>err && fail "perilune.host in a plain Lua"
    head -n 1 err | grep -qx "lua5.4: plain.lua:1: perilune.host is only there in the program 'perilune'.*perilune run SCRIPT'" ||
      fail "the error in a plain Lua does not say so"
  done
fi
echo 'local host = require "perilune.host" print(host == require "perilune.host")' >there.lua
host 0 run --device null there.lua
printed true
host 0 render there.lua -o there.wav

# ---- Frames
cat >frames.lua <<'END'
local perilune, host = require "perilune", require "perilune.host"
local count, sum, least, first = 0, 0, 1, nil
local remove
remove = host.onFrame(function(dt, ...)
  assert(math.type(dt) == "float" and select("#", ...) == 0)
  first = first or perilune.now() - dt
  count, sum, least = count + 1, sum + dt, math.min(least, dt)
  if sum < 0.5 then return end
  print(least > 0, count > 5 and count < 40, math.abs(perilune.now() - first - sum) < 0.2)
  remove()
  remove() -- once more does no harm
end)
END
host 0 run --device null frames.lua
printed 'true	true	true'

cat >order.lua <<'END'
local host = require "perilune.host"
local log, frame, remove = {}, 0, {}
local function note(name) return function() log[#log + 1] = name .. frame end end
host.onFrame(function() frame = frame + 1 end)
remove.a = host.onFrame(function()
  note "a" ()
  remove.a()
  remove.c()
  host.onFrame(note "d")
end)
host.onFrame(note "b")
remove.c = host.onFrame(note "c")
host.onFrame(function() if frame == 3 then print(table.concat(log, " ")) host.quit() end end)
END
for command in 'run --device null order.lua' 'render order.lua -o order.wav'; do
  host 0 $command
  grep -qx 'a1 b1 b2 d2 b3' out || fail "$command: not in order"
done

# ---- What waits
lives() { # SCRIPT
  "$perilune" run --device null "$1" >out 2>err </dev/null & job=$!
  sleep 0.8
  kill -0 $job 2>/dev/null || fail "$1 ended by itself"
  kill -s TERM $job
  wait $job; [ $? = 130 ] || fail "$1 was not ended by SIGTERM"
}
echo 'require("perilune.host").onFrame(function() end)' >frame.lua
lives frame.lua
echo 'local host = require "perilune.host" host.onKey(print) host.onKey(print)' >key.lua
lives key.lua
said 'no keys can be pressed: there is no window (--view) and no terminal'
[ "$(wc -l <err)" = 1 ] || fail "said more than once"
echo 'require("perilune.host").onKey(print)()' >removed.lua
host 0 run --device null removed.lua
[ -s err ] && fail "keys are missed that nobody wants"
host 0 render key.lua -o key.wav # no key comes: nothing to wait for
[ -s err ] && fail "a rendering misses keys"

# ---- Wrong arguments
cat >wrong.lua <<'END'
local host = require "perilune.host"
local function wrong(expected, name, ...)
  local arguments = table.pack(...)
  local well, message = pcall(function() host[name](table.unpack(arguments, 1, arguments.n)) return 1 end)
  assert(not well, expected)
  assert(message == "wrong.lua:4: " .. expected, message)
end
wrong("bad argument #1 to 'onFrame' (function expected, got no value)", "onFrame")
wrong("bad argument #1 to 'onFrame' (function expected, got number)", "onFrame", 1)
wrong("bad argument #2 to 'onFrame' (no more than 1 expected)", "onFrame", print, 1)
wrong("bad argument #1 to 'onKey' (function expected, got table)", "onKey", {})
wrong("bad argument #1 to 'onKey' (function expected, got Clock)", "onKey", setmetatable({}, { __name = "Clock" }))
wrong("bad argument #1 to 'rectangle' (number expected, got no value)", "rectangle")
wrong("bad argument #2 to 'rectangle' (number expected, got string)", "rectangle", 1, "2", 3, 4, 0, 0, 0)
wrong("bad argument #1 to 'rectangle' (finite number expected, got inf)", "rectangle", math.huge, 2, 3, 4, 0, 0, 0)
wrong("bad argument #2 to 'rectangle' (finite number expected, got nan)", "rectangle", 1, 0 / 0, 3, 4, 0, 0, 0)
wrong("bad argument #3 to 'rectangle' (number of at least 0 expected, got -3)", "rectangle", 1, 2, -3, 4, 0, 0, 0)
wrong("bad argument #5 to 'rectangle' (number from 0 to 1 expected, got 255)", "rectangle", 1, 2, 3, 4, 255, 0, 0)
wrong("bad argument #7 to 'rectangle' (number expected, got no value)", "rectangle", 1, 2, 3, 4, 1, 1)
wrong("bad argument #8 to 'rectangle' (no more than 7 expected)", "rectangle", 1, 2, 3, 4, 1, 1, 1, 1)
wrong("bad argument #3 to 'text' (string expected, got nil)", "text", 1, 2, nil)
wrong("bad argument #3 to 'text' (string expected, got number)", "text", 1, 2, 3)
wrong("bad argument #1 to 'text' (number expected, got string)", "text", "1", 2, "3")
wrong("bad argument #1 to 'quit' (whole number from 0 to 255 expected, got 256)", "quit", 256)
wrong("bad argument #1 to 'quit' (whole number from 0 to 255 expected, got 0.5)", "quit", 0.5)
wrong("bad argument #1 to 'quit' (whole number from 0 to 255 expected, got nan)", "quit", 0 / 0)
wrong("bad argument #1 to 'quit' (whole number from 0 to 255 expected, got table)", "quit", host)
wrong("bad argument #2 to 'quit' (no more than 1 expected)", "quit", 1, 2)
local well, message = pcall(host.text, 1)
assert(message == "wrong.lua:29: bad argument #2 to 'text' (number expected, got no value)", message)
host.text(1, 2, "without a window nothing is drawn", nil)
host.rectangle(1, 2, 3, 4, 1, 1, 1)
print "all refused"
END
for command in 'run --device null wrong.lua' 'render wrong.lua -o wrong.wav --picture wrong.png'; do
  host 0 $command # nothing was registered, nor did it quit with a code
  grep -qx 'all refused' out || fail "$command: wrong arguments"
done

# ---- Errors in callbacks
cat >errors.lua <<'END'
local perilune, host = require "perilune", require "perilune.host"
local frame = 0
perilune.onError(function(message)
  print(frame, message:match "^[^\n]*", message:find("stack traceback:", 1, true) ~= nil)
end)
host.onFrame(function() frame = frame + 1 if frame < 3 then error "on purpose" end end)
host.onFrame(function() if frame == 3 then host.quit() end end)
END
for command in 'run --device null errors.lua' 'render errors.lua -o errors.wav'; do
  host 0 $command
  grep -v '^errors.wav' out | tr '\n' ';' | grep -qx '1	errors.lua:6: on purpose	true;2	errors.lua:6: on purpose	true;' ||
    fail "$command: the errors did not come to perilune.onError"
  [ -s err ] && fail "$command: they were shown all the same"
done
cat >again.lua <<'END'
local host = require "perilune.host"
local frame = 0
host.onFrame(function() frame = frame + 1 if frame == 10 then host.quit() end error "each frame" end)
END
host 0 render again.lua -o again.wav
said 'perilune: error in a callback: again.lua:3: each frame'
said 'stack traceback:'
[ "$(grep -c 'each frame' err)" = 1 ] || fail "the same error was said more than once"
said 'perilune: the same error came 9 times more'

# ---- Quit
cat >quit.lua <<'END'
local perilune, host = require "perilune", require "perilune.host"
local code = ... and tonumber((...))
perilune.load "loop.wav":play { loop = true }
host.onFrame(function() print "frame" host.quit(code) print "after it" end)
host.onFrame(function() print "the rest of the frame" end)
END
for stay in '' --stay; do
  host 0 run --device null $stay quit.lua
  printed frame 'after it' 'the rest of the frame'
done
host 7 run --device null quit.lua 7
host 255 run --device null quit.lua 255
host 7 render quit.lua -o quit.wav 7
[ -s quit.wav ] || fail "nothing was rendered"
echo 'local host = require "perilune.host" host.onFrame(print) host.quit(4) print "main chunk done"' >early.lua
host 4 run --device null early.lua
printed 'main chunk done'
host 4 render early.lua -o early.wav

# The loop goes on loudly until the script quits, and is then faded in no more than a tenth of a second.
cat >fade.lua <<'END'
local perilune, host = require "perilune", require "perilune.host"
perilune.load "loop.wav":play { loop = true }
host.onFrame(function() if perilune.now() >= 0.5 then host.quit() end end)
END
cat >faded.lua <<'END' # FILE, bytes before the samples, least and most seconds
local file = assert(io.open(arg[1], "rb"))
local samples, last, step, loud = file:read("a"):sub(arg[2] + 1), 0, 0, 0
local count = #samples // 8
for i = 0, count - 1 do
  local sample = string.unpack("<f", samples, 8 * i + 1)
  if i > 24000 then step = math.max(step, math.abs(sample - last)) end -- the loop's own noise stays below
  if i <= 24000 then loud = math.max(loud, math.abs(sample)) end
  last = sample
end
assert(loud > 0.1, "not heard")
assert(last == 0, "cut off")
assert(step < loud, "a click")
assert(count / 48000 >= tonumber(arg[3]) and count / 48000 <= tonumber(arg[4]), count / 48000 .. " s")
END
if command -v lua5.4 >/dev/null; then
  host 0 render fade.lua -o fade.wav
  data=$(grep -abo data fade.wav | head -n 1 | cut -d: -f1)
  lua5.4 faded.lua fade.wav $((data + 8)) 0.5 0.62 >out 2>err || fail "the rendering's end"
  host 0 render fade.lua -o fade2.wav
  cmp -s fade.wav fade2.wav || fail "two renderings differ"
  SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE=fade.raw host 0 run fade.lua
  lua5.4 faded.lua fade.raw 0 0.5 2 >out 2>err || fail "the end in real time"
fi

# ---- Frames of a rendering
cat >render.lua <<'END'
local perilune, host = require "perilune", require "perilune.host"
local loop, frame = perilune.load "loop.wav", 0
local remove
remove = host.onFrame(function(dt)
  assert(dt == 512 / 48000 and math.abs(perilune.now() - frame * dt) < 1e-9)
  frame = frame + 1
  if frame == 10 then loop:play { duration = 0.5 } end
  if frame == 20 then remove() print(frame) end
end)
perilune.loadAsync("loop.wav", function() print(frame) end)
END
host 0 render render.lua -o render.wav
sed -n 1,2p out | tr '\n' ' ' | grep -qx '0 20 ' || fail "frames of a rendering"
[ "$(wc -c <render.wav)" -gt 200000 ] && [ "$(wc -c <render.wav)" -lt 300000 ] || fail "what a frame plays is not in the file"

# ---- A first run that fails
printf 'require("perilune.host").onFrame(print)\nrequire("perilune").load("loop.wav"):play{ loop = true }\nlocal x = nil + 1\n' >broken.lua
printf 'x = = 2\n' >syntax.lua
for script in broken.lua:3 syntax.lua:1 missing.lua; do
  host 1 run --device null "${script%:*}"
  cp err alone
  host 1 run --device null --stay --seconds 0.3 "${script%:*}"
  cmp -s alone err || fail "--stay shows something else"
  said "$script"
  [ -s out ] && fail "$script: its frames go on"
  "$perilune" run --device null --stay "${script%:*}" >out 2>err </dev/null & job=$!
  sleep 0.5
  kill -0 $job 2>/dev/null || fail "$script: --stay did not stay"
  kill -s INT $job
  wait $job; [ $? = 130 ] || fail "$script: not ended by SIGINT"
done
exit 0
