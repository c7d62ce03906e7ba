#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every C file is formatted as .clang-format says. Versions of clang-format differ in details, so one of them decides;
# where another or none is installed, this test is skipped.
# usage: format.sh PROGRAM SOURCE_ROOT
set -euo pipefail
cd "$2"

wanted=14
for formatter in clang-format-$wanted clang-format ''; do
  if [[ -n $formatter ]] && "$formatter" --version 2>/dev/null | grep -q "version $wanted\."; then break; fi
done
if [[ -z $formatter ]]; then
  echo "skipped: clang-format $wanted is not installed"
  exit 77
fi

mapfile -t sources < <(find src include tests -name '*.[ch]' -o -name '*.cc' | sort)
if ! "$formatter" --dry-run --Werror "${sources[@]}"; then
  echo "to mend it: $formatter -i FILE"
  exit 1
fi
echo "${#sources[@]} files are formatted"
