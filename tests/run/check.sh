#!/bin/sh
# What ./dev check does: linters, and the tests again in builds that make bugs likely. Each step counts as a test.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
. tests/run/tally.sh
sources=$(find runtime bindings host tests -name '*.[ch]' | LC_ALL=C sort)
log=$(mktemp)

# step NAME COMMAND...: one test. Its output shows when it fails.
step() {
  name=$1
  shift
  if "$@" >"$log" 2>&1 </dev/null; then
    echo "ok $name"
    count 1 0 0
  else
    cat "$log"
    echo "FAILED $name"
    count 0 1 0
    return 1
  fi
}

format() {
  wrong=0
  for file in $sources; do
    clang-format "$file" | cmp -s - "$file" || { wrong=1 && echo "to be formatted: clang-format -i $file"; }
  done
  return $wrong
}

# Flags as in a release build, where assertions vanish; the other configurations are built below.
clang_release() {
  echo "$sources" | grep '^runtime/.*\.c$' | xargs -P "$(nproc)" -n 4 clang -fsyntax-only -std=c11 -O2 -D_GNU_SOURCE -DNDEBUG -Iruntime/include -Iruntime \
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
}

neon() {
  program=$(mktemp) || return 1
  aarch64-linux-gnu-gcc -std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -Wall -Wextra -Werror -static -Iruntime/include -Iruntime -Itests \
    tests/neon/kernels.c runtime/dsp/kernels*.c runtime/dsp/read*.c runtime/dsp/sinc.c runtime/dsp/biquad.c runtime/dsp/skew.c runtime/base/base.c -o "$program" -lm &&
    qemu-aarch64 "$program"
  result=$?
  rm -f "$program"
  return $result
}

step luacheck luacheck -q premake5.lua scripts tests
step clang-format format
step cppcheck cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,performance,portability --inline-suppr \
  --error-exitcode=1 --suppress=unknownMacro -D_GNU_SOURCE -Iruntime/include -Iruntime runtime bindings host
step "clang, release, no warnings" clang_release
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
  step "neon kernels under qemu" neon
else
  echo "skipped neon kernels: no gcc-aarch64-linux-gnu or qemu-user here"
  count 0 0 1
fi

# Warnings fail these builds. The Lua modules are checked where a sanitizer can be preloaded.
CC=clang CFLAGS=-Werror step "build validate with clang" ./dev build validate &&
  suite sh tests/run/suites.sh validate "c lua"
CC=gcc CFLAGS=-Werror step "build asan with gcc" ./dev build asan perilune-test module-5.4 module-5.1 &&
  suite sh tests/run/suites.sh asan "c lua"
CC=gcc CFLAGS=-Werror step "build tsan with gcc" ./dev build tsan perilune-test perilune-embed &&
  suite sh tests/run/suites.sh tsan c stress &&
  PERI_BUILD=$PWD/build/tsan step "two Lua states and a callback of one's own under tsan" sh tests/sh/embed.sh
rm -f "$log"
total
