#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The bits do not depend on the compiler: builds the program again, and repeats the runs of tests/golden/hashes.txt.
# Normally with clang, where it is installed, or else cc, at -O1. SHARDPROP_COMPILERS=all: with each of gcc 12, gcc 14, clang and
# cc that is installed, at -O1, -O2 and -O3.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# works COMPILER: it can compile and link what CMake asks for.
works() {
  command -v "$1" > /dev/null || return 1
  printf 'int main(void) { return 0; }\n' > main.c
  "$1" -fopenmp main.c -o main 2> /dev/null
}

compilers=() levels=(-O1) generator=()
if command -v ninja > /dev/null; then generator=(-G Ninja); fi
for compiler in clang gcc-12 gcc-14 cc; do
  if works $compiler; then compilers+=("$compiler"); fi
done
if [[ ${SHARDPROP_COMPILERS-} == all ]]; then levels=(-O1 -O2 -O3); else compilers=("${compilers[0]}"); fi
for compiler in "${compilers[@]}"; do
  for level in "${levels[@]}"; do
    rm -rf build
    {
      cmake -S "$source_root" -B build "${generator[@]}" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release -DSHARDPROP_TESTS=OFF \
        -DCMAKE_C_FLAGS_RELEASE="$level -DNDEBUG" && cmake --build build --target shardprop_program --parallel 2
    } > log 2>&1 || fail "$compiler $level: $(tail -n 20 log)"
    SHARDPROP_HASHES=one bash "$source_root/tests/golden/hashes.sh" "$work/build/shardprop" "$source_root" > log ||
      fail "with $compiler $level"
    printf '%s %s: %s\n' "$compiler" "$level" "$("$compiler" --version | head -n 1)"
  done
done
