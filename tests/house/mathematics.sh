#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nothing that reaches a parameter, a loss or a score calls a function of the C library whose result is not defined to the last
# bit: only those that IEEE 754 rounds correctly (sqrt, fma) and exact ones (fabs, floor, ldexp …). compute/functions.h,
# compute/power.h and compute/cosine.h have the others. Reports, plots and forecasts may call them, and lines that say
# "only in a message".
# usage: mathematics.sh PROGRAM SOURCE_ROOT
set -euo pipefail
cd "$2"

layers=(base compute hdf5 import data model exchange optim checkpoint train run api)
functions='exp|exp2|exp10|expm1|log|log2|log10|log1p|logb|pow|cbrt|hypot|sin|cos|tan|sincos|asin|acos|atan|atan2|sinh|cosh|tanh'
functions+='|asinh|acosh|atanh|erf|erfc|tgamma|lgamma|gamma|j0|j1|jn|y0|y1|yn|drem'

# Comments and strings are taken away first.
calls() {
  sed -E '/only in a message/s/.*//; s/"([^"\\]|\\.)*"/""/g; s,//.*,,; s,/\*[^*]*\*/,,g' "$1" |
    grep -nE "(^|[^A-Za-z0-9_.>])($functions)[fl]? *\(" | sed "s,^,$1:," || true
}

mapfile -t sources < <(find "${layers[@]/#/src/}" include -name '*.[ch]' | sort)
((${#sources[@]} > 0)) || { echo "no sources in $2"; exit 1; }
found=$(for file in "${sources[@]}"; do calls "$file"; done)
if [[ -n $found ]]; then
  printf '%s\n' "$found" 'these functions of the C library give other bits with another version of it'
  exit 1
fi

# What it is to find.
probe=$(mktemp)
trap 'rm -f "$probe"' EXIT
printf '%s\n' 'y = tanhf(x); // exp(x)' 'puts("log(x)");' 'z = sp_exp_double(x) + p->log(x);' 'a = -log (x);' > "$probe"
[[ $(calls "$probe" | cut -d : -f 2 | tr '\n' ' ') == '1 4 ' ]] || { echo 'calls are not found'; exit 1; }
echo "${#sources[@]} files call no function of the C library that is not defined to the last bit"
