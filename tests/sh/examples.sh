#!/bin/sh
# Every example runs from any directory, ends by itself, sounds and does not clip, and stands in the README's list;
# lasers.lua keeps what it prints.
. "$(dirname -- "$0")/lib/host.sh"
examples=$root/scripts/examples
command -v lua5.4 >/dev/null || { echo "lua5.4 is not installed"; exit 77; }

# FILE: a WAV of float32 that is finite, heard, not clipped, 1 to 13 s long, and silent at its end.
cat >check.lua <<'END'
local file = assert(io.open(arg[1], "rb"))
local bytes = file:read "a"
file:close()
assert(bytes:sub(1, 4) == "RIFF" and bytes:sub(9, 12) == "WAVE", "not a WAV file")
local chunks, place = {}, 13
while place + 8 <= #bytes do
  local name, size = bytes:sub(place, place + 3), string.unpack("<I4", bytes, place + 4)
  chunks[name] = bytes:sub(place + 8, place + 7 + size)
  place = place + 8 + size + size % 2
end
local format, channels, rate = string.unpack("<I2I2I4", chunks["fmt "])
assert((format == 3 or format == 0xFFFE) and chunks["fmt "]:byte(15) == 32, "not float32")
local count, peak, sample = #chunks.data // 4, 0, 0
for i = 0, count - 1 do
  sample = math.abs((string.unpack("<f", chunks.data, 4 * i + 1)))
  assert(sample < math.huge, "not a finite number") -- NaN is not below anything
  peak = math.max(peak, sample)
end
local seconds = count / channels / rate
assert(seconds > 1 and seconds < 13, ("%.2f s long"):format(seconds))
assert(peak > 0.1 and peak < 1, ("a peak of %.3f"):format(peak))
assert(sample == 0, "cut off")
END

# WHAT VALUE: a line of lasers.lua.
says() { grep -Eq "^ *$1 +$2\$" out || fail "lasers.lua $how: '$1' is not $2"; }
promises() {
  says "sources created and started" 100
  says "milliseconds in all" "[0-9]+\.[0-9]+"
  says "microseconds each" "[0-9]+\.[0-9]+"
  says "buffers alive" 1
  says "bytes in all" 57,600
  says "blocks transferred" "[1-9][0-9]*"
  says "allocated after start" 0
  says "dropped" 0
  bytes=$(sed -n 's/^ *C bytes each, pool slots included  *//p' out)
  [ "$bytes" -gt 0 ] && [ "$bytes" -le 160 ] || fail "lasers.lua $how: '$bytes' bytes a source, not 1 to 160"
}

count=0
for script in "$examples"/*.lua; do
  name=${script##*/}
  grep -q "\`${name%.lua}\`" "$root/README.md" || fail "the README does not list $name"
  "$perilune" render "$script" -o out.wav >out 2>err </dev/null || fail "rendering $name exits with $?"
  [ -s err ] && fail "$name writes to standard error"
  lua5.4 check.lua out.wav 2>err || fail "the sound of $name"
  [ "$name" != lasers.lua ] || { how=rendered; promises; }
  [ "$name" != tap_levels.lua ] || grep -qx "0 blocks dropped" out || fail "tap_levels.lua drops blocks"
  count=$((count + 1))
done
[ $count -ge 24 ] || fail "only $count examples"

how="in real time"
"$perilune" run --device null "$examples/lasers.lua" >out 2>err </dev/null || fail "running lasers.lua exits with $?"
[ -s err ] && fail "lasers.lua writes to standard error"
promises

# Every example in every plain Lua, as from the project's folder; all at once because they take their time.
# LUA VERSION NAME: leaves NAME.LUA.out, .err, .status and .raw, which is of zeros where nothing sounds
play() {
  LUA_CPATH="$build/lua/$2/?.so" SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE="$work/$3.$1.raw" \
    timeout 60 "$1" "scripts/examples/$3" >"$work/$3.$1.out" 2>"$work/$3.$1.err"
  echo $? >"$work/$3.$1.status"
  sed -i '/^CRITICAL: .*\(SDL disk\|Writing to file\)/d' "$work/$3.$1.err" # SDL's own
}
luas="lua5.4:5.4"
for lua in luajit lua5.1; do ! command -v $lua >/dev/null || luas="$luas $lua:5.1"; done
cd "$root" || exit 1
plain=$(grep -L '"perilune.host"' scripts/examples/*.lua) # the others are for the program alone
for lua in $luas; do
  for script in $plain; do play "${lua%:*}" "${lua#*:}" "${script##*/}" & done
done
wait
cd "$work" || exit 1
for lua in $luas; do
  lua=${lua%:*}
  for script in $plain; do
    name=${script##*/}
    cp "$name.$lua.out" out && cp "$name.$lua.err" err
    [ "$(cat "$name.$lua.status")" = 0 ] && [ ! -s err ] || fail "$name exits with $(cat "$name.$lua.status") in $lua"
    [ "$(tr -d '\0' <"$name.$lua.raw" | head -c 1000 | wc -c)" = 1000 ] || fail "$name is silent in $lua"
    [ "$name" != lasers.lua ] || { how="in $lua"; promises; }
  done
done
exit 0
