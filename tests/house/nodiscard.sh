#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compilers refuse a status that is ignored, unless (void) says that it is meant.
# usage: nodiscard.sh PROGRAM SOURCE_ROOT
set -euo pipefail
cd "$2"

# $1: compiler, $2: the call
compiles() {
  printf '#include "shardprop/status.h"\nsp_status f(void);\nvoid g(void);\nvoid g(void) { %s; }\n' "$2" |
    "$1" -std=c17 -pedantic -Wall -Werror -Iinclude -x c -fsyntax-only - 2>/dev/null
}

tried=0
for compiler in gcc clang; do
  command -v "$compiler" >/dev/null || continue
  compiles "$compiler" '(void)f()' || { echo "$compiler: refuses what is meant"; exit 1; }
  if compiles "$compiler" 'f()'; then echo "$compiler: takes a status that is ignored"; exit 1; fi
  tried=$((tried + 1))
done
((tried > 0)) || { echo "there is neither gcc nor clang"; exit 1; }
