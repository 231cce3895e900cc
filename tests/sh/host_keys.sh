#!/bin/sh
# Without a window onKey gets the keys of the terminal, which is given back as it was, however the program ends.
. "$(dirname -- "$0")/lib/host.sh"
script -qec true /dev/null >/dev/null 2>&1 </dev/null || { echo "script(1) cannot make a terminal here"; exit 77; }

# Runs the script in a terminal of its own; what is typed comes on standard input. In `out`: what the script wrote to
# the file, the exit code, and how the terminal was left.
terminal() { # SCRIPT
  : >out
  cat >run.sh <<END
exec 2>/dev/null
trap : INT # Ctrl-C comes to the shell too
stty >before
timeout --foreground 20 '$perilune' run --device null $1
echo "exit \$?" >>out
stty >after
cmp before after >/dev/null || echo "the terminal was left changed" >>out
END
  script -qec "sh run.sh" /dev/null >/dev/null
}
got() { printf '%s\n' "$@" | cmp -s - out || { printf '%s\n' "$@" >want; diff want out; fail "not what should come"; }; }
# Types once the script is ready for it.
type_keys() {
  tries=0
  until [ -e ready ]; do tries=$((tries + 1)); [ $tries -lt 100 ] || break; sleep 0.05; done
  rm -f ready
  for keys; do sleep 0.25; printf "$keys"; done
  sleep 0.5
}

cat >keys.lua <<'END'
local host = require "perilune.host"
local out, frame, pressed = io.open("out", "a"), 0, nil
local function write(...) out:write(table.concat({ ... }, " "), "\n") out:flush() end
local remove
host.onFrame(function()
  frame = frame + 1
  if frame == 3 then io.open("ready", "w"):close() end
  if pressed == "q" then host.quit(3) end
end)
remove = host.onKey(function(key, down)
  if down then pressed, at = key, frame else assert(frame > at or key == "!", "no frame saw it down") end
  write(key, tostring(down))
  if key == "x" then os.exit(5) end
  if key == "r" and not down then
    remove()
    host.onFrame(function() if os.execute("stty -a | grep -q ' icanon'") then write "given back" host.quit() end end)
  end
end)
END
type_keys a A ' \n\t' '\033[A\033OB' '\033[3~' '\303\244' '\033[99~\001' b '\177' '!!' q | terminal keys.lua
got 'a true' 'a false' 'a true' 'a false' 'space true' 'return true' 'tab true' 'space false' 'return false' 'tab false' \
  'up true' 'down true' 'up false' 'down false' 'delete true' 'delete false' 'ä true' 'ä false' 'b true' 'b false' \
  'backspace true' 'backspace false' '! true' '! false' '! true' '! false' 'q true' 'q false' 'exit 3'

type_keys a '\033' | terminal keys.lua
got 'a true' 'a false' 'exit 0' # Escape ends the program
type_keys x | terminal keys.lua
got 'x true' 'exit 5'
type_keys '\003' | terminal keys.lua
got 'exit 130' # Ctrl-C stays what it is
type_keys r | terminal keys.lua
got 'r true' 'r false' 'given back' 'exit 0'
exit 0
