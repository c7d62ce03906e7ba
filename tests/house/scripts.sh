#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every shell script parses, and ShellCheck, where it is installed, has nothing to say about it.
# usage: scripts.sh PROGRAM SOURCE_ROOT
set -euo pipefail
cd "$2"

# What opens with a shell's #! line or is named .sh.
mapfile -t scripts < <(find scripts tests .ci -type f \( -name '*.sh' -o -exec grep -qIm1 '^#!.*sh$' {} \; \) -print | sort)
((${#scripts[@]} >= 3)) || { echo "found only: ${scripts[*]}"; exit 1; }

for script in "${scripts[@]}"; do bash -n "$script"; done
if command -v shellcheck >/dev/null; then shellcheck --external-sources --severity=warning "${scripts[@]}"; fi
echo "${#scripts[@]} scripts are well-formed"
