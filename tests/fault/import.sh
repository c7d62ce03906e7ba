#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shardprop import as a command: help, exit codes, a full disk, signals. Nothing half-written is ever left.
# Arguments: the program, the root of the source.
set -u
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir files && cd files || exit 1
said=$work/said
failures=0

# expect CODE TEXT ARGUMENTS…: the exit code, and a text in what is said.
expect() {
  local code=$1 text=$2
  shift 2
  "$program" import "$@" >"$said" 2>&1
  local got=$?
  if [ "$got" -ne "$code" ] || ! grep -qF -- "$text" "$said"; then
    echo "import $*: exit $got, expected $code and '$text'; said:"
    cat "$said"
    failures=$((failures + 1))
  fi
}

# only FILES: nothing else lies in the directory.
only() {
  local found
  found=$(echo *)
  if [ "$found" != "$1" ]; then
    echo "in the directory: $found; expected: $1"
    failures=$((failures + 1))
  fi
}

printf 'x,y\n1,2\n3,4\n' >t.csv

expect 0 'Formats:' --help
for format in idx csv npy synthetic; do
  expect 0 'Example:' $format --help
  expect 0 '-o, --output FILE' $format -h
done
expect 2 'Formats:'
expect 2 "unknown format 'xml': expected one of idx, csv, npy, synthetic" xml
expect 2 "unknown option '--tagret' (did you mean --target?)" csv t.csv --tagret y -o out.h5
expect 2 '--output is missing' csv t.csv --target y
expect 2 'missing argument: file' csv -o out.h5
expect 2 "found 'more'" csv t.csv more -o out.h5
expect 2 '--target: needs a value' csv t.csv --target
expect 2 "--missing: expected one of error, nan, drop-row, got 'x'" csv t.csv --missing x -o out.h5
expect 2 "--decimal: expected one of '.', ',', got 'x'" csv t.csv --decimal x -o out.h5
expect 0 "--decimal '.'|','" csv --help
expect 0 "(default: ',')" csv --help
expect 2 '--gzip: expected an integer in [0, 9]' csv t.csv --gzip 10 -o out.h5
expect 2 '--rows: expected an integer' synthetic --rows 1.5 --features 2 --regression -o out.h5
expect 2 '--noise: expected a number in [0, inf)' synthetic --rows 1 --features 2 --regression --noise -1 -o out.h5
expect 2 '--seed: given twice' synthetic --rows 1 --seed 1 --seed 2 --features 2 --regression -o out.h5
expect 1 'nowhere.csv: cannot be opened' csv nowhere.csv -o out.h5
expect 2 "'-': standard input is not supported" csv - -o out.h5
expect 1 't.csv: is a file, expected a directory' csv t.csv -o t.csv/out.h5
only t.csv

expect 0 '/train/features: 2 rows of [1], float32' csv t.csv --target y -o out.h5
expect 1 'out.h5: already exists' csv t.csv --target y -o out.h5
expect 0 'out.h5' csv t.csv --target y --output=out.h5 --force --gzip 9 --chunk 1
only 'out.h5 t.csv'

# An output that is an input under any name is refused, and the input stays as it is; so does what a refused import would
# have replaced. A link to another file is followed.
cp t.csv "$work/t.csv"
printf '\0\0\10\2\0\0\0\2\0\0\0\1ab' >a.idx
gzip -c a.idx >a.idx.gz
cp a.idx.gz "$work/a.idx.gz"
ln t.csv hard.csv
ln -s t.csv link.csv
ln -s link.csv link2.csv
for name in t.csv ./t.csv ../files/t.csv "$PWD/t.csv" hard.csv link.csv link2.csv; do
  expect 1 'choose another file for the output' csv t.csv --target y -o "$name" --force
  expect 1 'choose another file for the output' csv "$name" --target y -o t.csv --force
  expect 1 'choose another file for the output' csv /proc/self/fd/3 --target y -o "$name" --force 3<t.csv
done
expect 1 'a.idx.gz: is the input a.idx.gz' idx --train-images a.idx --dataset /x/y=a.idx.gz -o a.idx.gz --force
cmp t.csv "$work/t.csv" && cmp a.idx.gz "$work/a.idx.gz" && [ -L link.csv ] || failures=$((failures + 1))
rm hard.csv link.csv link2.csv a.idx a.idx.gz
cp out.h5 "$work/out.h5"
expect 2 "found 'z', expected one of the 2 columns" csv t.csv --target z -o out.h5 --force
cmp out.h5 "$work/out.h5" || failures=$((failures + 1))
ln -s out.h5 link.h5
expect 0 'link.h5' csv t.csv --target y -o link.h5 --force
[ -L link.h5 ] || { echo 'the link was replaced'; failures=$((failures + 1)); }
rm link.h5
only 'out.h5 t.csv'

# Targets that may be classes: told of where they are whole numbers, few and not classes already.
hint='use --class-target to store them as integers, as softmax_cross_entropy requires'
printf 'x,y,z,w\n1,0,-1,0.5\n3,9,1,0\n3,,2000,2\n' >classes.csv
expect 0 "classes.csv: the targets are integers from 0 to 9, stored as float32; if they are classes, $hint" \
  csv classes.csv --target y --missing nan -o classes.h5
for without in '--target y --class-target --missing drop-row' '--target y --categorical y --missing drop-row' \
  '--target z --missing nan' '--target w --missing nan' '--target y --missing nan --quiet' '--missing nan'; do
  # shellcheck disable=SC2086  # several words
  "$program" import csv classes.csv $without -o classes.h5 --force >"$said" 2>&1 || { cat "$said"; failures=$((failures + 1)); }
  if grep -qF -- "$hint" "$said"; then
    echo "import csv $without: said without need: $(cat "$said")"
    failures=$((failures + 1))
  fi
done
rm classes.csv classes.h5

# The same command gives the same bytes, whenever it is given.
for time in 1 2; do
  expect 0 'same.h5' csv t.csv --target y -o same.h5 --force
  mv same.h5 "$work/same-$time.h5"
  sleep 1
done
cmp "$work/same-1.h5" "$work/same-2.h5" || failures=$((failures + 1))

# A disk that is full: seen in advance where the size is known, else when it happens.
before=$(ulimit -Sf)
big=(--rows 5000 --features 200 --regression -o full.h5)
ulimit -Sf 100
expect 1 'of free space, expected 4.0 MB' synthetic "${big[@]}"
expect 1 'File too large' synthetic "${big[@]}" --gzip 1
ulimit -Sf "$before"
only 'out.h5 t.csv'

# Signals: the process ends as it would have without a handler, and what it had written so far is gone.
for signal in INT TERM HUP; do
  env --default-signal=INT "$program" import synthetic --rows 100000000 --features 3 --classes 2 --gzip 9 \
    -o stopped.h5 >"$said" 2>&1 &
  until [ "$(echo *)" != 'out.h5 t.csv' ] || ! kill -0 $!; do sleep 0.1; done # it writes, or has ended
  kill -s "$signal" $!
  wait $!
  got=$?
  if [ "$got" -ne $((128 + $(kill -l "$signal"))) ]; then
    echo "SIG$signal: exit $got; said:"
    cat "$said"
    failures=$((failures + 1))
  fi
done
only 'out.h5 t.csv'

exit $((failures > 0))
