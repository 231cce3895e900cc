#!/bin/sh
# info shows what files hold, play plays them; each broken file gets one error and the others go on.
. "$(dirname -- "$0")/lib/host.sh"
: >empty.wav
head -c 3000 "$root/assets/laser.ogg" | tail -c 2000 >middle.ogg
echo 'not a sound' >text.ogg

host 0 info "$root/assets/laser.ogg" "$root/assets/laser.wav"
awk 'NR == 2 { print $2, $3, $4, $5, $6, $7, $8, $9 }' out >line
bytes=$(wc -c <"$root/assets/laser.ogg")
[ "$(cat line)" = "Ogg Vorbis 1 48000 14400 0.300 $((bytes)) 57600" ] || fail "info of the laser: $(cat line)"
[ "$(wc -l <out)" = 3 ] || fail "not one line a file and one above"
host 0 info "$root/assets/laser.ogg" "$root/assets/music.ogg" "$root/assets/engine.wav"
[ "$(sed -n 's/.*[0-9]   *\(-\|[0-9.]* to [0-9.]*\)$/\1/p' out | tr '\n' ,)" = "-,2.000 to 10.000,0.000 to 1.500," ] ||
  fail "info of loops: $(cat out)"

broken='missing.wav empty.wav middle.ogg text.ogg'
host 1 info $broken "$root/assets/laser.wav"
[ "$(wc -l <out)" = 2 ] || fail "the good file is not shown alone"
[ "$(wc -l <err)" = 4 ] || fail "not one error a broken file"
for file in $broken; do grep -qF "$file" err || fail "no error names $file"; done

host 0 play --device null "$root/assets/click.wav" "$root/assets/click.ogg"
[ -s err ] && fail "play said something"
host 1 play --device null $broken "$root/assets/click.wav"
for file in $broken; do grep -qF "$file" err || fail "play: no error names $file"; done
host 1 play --device null --loop missing.wav
host 0 play --device null --loop --seconds 0.3 "$root/assets/click.wav"
host 0 play --device null --loop --seconds 0.3 "$root/assets/click.wav" "$root/assets/click.ogg"
exit 0
