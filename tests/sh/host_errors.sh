#!/bin/sh
# A script that fails exits with 1 and shows file, line and traceback; a callback that fails does not end the script.
. "$(dirname -- "$0")/lib/host.sh"
said() { grep -qF -- "$1" err || fail "no '$1' on standard error"; }

host 1 run --device null missing.lua
said 'missing.lua: No such file or directory'
host 1 run --device null .
said 'Is a directory'

printf 'local x = 1\nx = = 2\n' >syntax.lua
host 1 run --device null syntax.lua
said 'syntax.lua:2: '

printf 'local function inner()\n  local y = nil + 1\nend\ninner()\n' >broken.lua
for command in 'run --device null broken.lua' 'render broken.lua -o out.wav'; do
  host 1 $command
  said 'broken.lua:2: attempt to perform arithmetic on a nil value'
  said 'stack traceback:'
  said 'broken.lua:4: in main chunk'
  [ -e out.wav ] && fail "$command: a file was left"
done

echo 'error(setmetatable({}, { __tostring = function() return "an object" end }))' >object.lua
host 1 run --device null object.lua
said 'an object'

# What is no regular file is refused at once: nobody writes to this pipe.
mkfifo pipe.wav
echo 'require("perilune").load("pipe.wav")' >pipe.lua
host 1 run --device null pipe.lua
said 'pipe.lua:1: '
said 'it is not a regular file'

cat >callback.lua <<'END'
local perilune = require "perilune"
local click = perilune.load(... .. "/assets/click.wav")
click:play{ onended = function()
  click:play{ onended = function() print "went on" end }
  error "on purpose"
end }
END
host 0 run --device null callback.lua "$root"
said 'callback.lua:5: on purpose'
said 'stack traceback:'
grep -qx 'went on' out || fail "the script did not go on after the error"
exit 0
