#!/bin/sh
# A few of the fuzzer's scenes: sources sound the same in blocks of any size, beside silent neighbours, and by every
# table of kernels; they end when they must, and all memory comes back.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
exec "${PERI_BUILD:-build}/bin/perilune-fuzz-voices" 12
