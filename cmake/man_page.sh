#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the manual page of the program in troff, from what the program says of itself: --help, and --help of each command.
# usage: man_page.sh VERSION [EMULATOR] PROGRAM
set -euo pipefail
version=$1
program=("${@:2}")

# Text as it is: backslashes, and a dot or quote that would begin a request, are escaped.
verbatim() { printf '.nf\n.ft CR\n' && sed -e 's/\\/\\e/g' -e "s/^[.']/\\\\\&&/" && printf '.ft R\n.fi\n'; }

overview=$("${program[@]}" --help)
mapfile -t commands < <(sed -n 's/^  shardprop \([a-z][a-z-]*\) .*/\1/p' <<<"$overview")
((${#commands[@]} > 0)) || { echo "man_page.sh: ${program[*]} --help lists no commands" >&2 && exit 1; }

printf '.TH SHARDPROP 1 "" "shardprop %s" "User Commands"\n' "$version"
printf '.SH NAME\nshardprop \\- %s\n' 'distributed data\-parallel training for CPU clusters'
printf '.SH SYNOPSIS\n.B shardprop\n.I COMMAND\n.RI [ ARGUMENT .\\|.\\|.]\n'
printf '.SH COMMANDS\n'
sed -n '/^usage:/,$p' <<<"$overview" | tail -n +2 | verbatim
for command in "${commands[@]}"; do
  printf '.SH "SHARDPROP %s"\n' "${command^^}"
  "${program[@]}" "$command" --help | verbatim
done
printf '.SH "SEE ALSO"\n.BR mpirun (1),\n.BR sbatch (1)\n'
