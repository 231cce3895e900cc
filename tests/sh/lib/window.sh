# After host.sh: a screen for windows, and `picture` to look at what a window showed (lib/picture.c). Skips where there is
# no Xvfb.
command -v Xvfb >/dev/null || { echo "there is no Xvfb to open windows on"; exit 77; }
${CC:-cc} "$root/tests/sh/lib/picture.c" -o picture -l:libstb.a -lm || fail "the reader of pictures does not build"
Xvfb -displayfd 3 -screen 0 1280x800x24 3>display >/dev/null 2>&1 & server=$!
trap 'kill $server; wait $server 2>/dev/null; rm -rf "$work"' EXIT
tries=0
until [ -s display ]; do
  tries=$((tries + 1)); [ $tries -lt 100 ] || fail "Xvfb does not start"
  sleep 0.1
done
DISPLAY=:$(cat display) SDL_VIDEODRIVER=x11; export DISPLAY SDL_VIDEODRIVER
unset WAYLAND_DISPLAY
