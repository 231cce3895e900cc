# What the tests of the program share, to be read by them: `root` and `build`, the program as `perilune`, an empty folder
# to work in (it is the current one), and
#   fail WORDS          ends the test, and shows what stands in the files `out` and `err`
#   host CODE ARGS...   runs the program into `out` and `err`; it must exit with CODE
set -u
root=$(CDPATH="" cd -- "$(dirname -- "$0")/../.." && pwd)
build=${PERI_BUILD:-$root/build}
perilune=${PERILUNE:-$build/bin/perilune}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() { echo "FAILED: $*"; sed "s/^/  | /" out err 2>/dev/null; exit 1; }

host() {
  want=$1; shift
  timeout 120 "$perilune" "$@" >out 2>err </dev/null; got=$?
  [ $got = "$want" ] || fail "perilune $* exited with $got, not $want"
}
