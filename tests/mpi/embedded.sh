#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example of a program that trains by itself: built with the public headers and the library alone, it trains twice in
# one process, and its run has the bits of the program's.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

example=$(dirname "$program")/src/examples/example_embedded_trainer
small_data
small_config
on 2 train run.yaml --quiet --set run.directory=whole
export OMPI_MCA_reachable=weighted # as the program sets it: Open MPI 5 warns otherwise
timeout 120 mpirun -n 2 "$example" run.yaml run.directory=parts >out 2>err || { cat out err && fail 'the example failed'; }
[[ ! -s err ]] || { cat err && fail 'it was to be quiet'; }

# 800 rows in batches of 48 are 17 steps an epoch; the first part ends after its fifth step, which saves it.
grep -q '^steps 0 to [56]; callbacks: [56] steps, 0 epochs, [0-9]* checkpoints; first tensor dense_1/' out || { cat out && fail 'first part'; }
grep -q '^steps [56] to 51; callbacks: 4[56] steps, 3 epochs, [1-9][0-9]* checkpoints; first tensor dense_1/' out || { cat out && fail 'second part'; }
[[ $(grep -c '^epoch [123] of 3: loss 0' out) == 3 ]] || { cat out && fail 'epochs'; }
[[ $(state "$(last parts)") == "$(state "$(last whole)")" ]] || fail 'not the bits of shardprop train'
grep -q '"state": "done"' parts/status.json || fail 'status.json does not say done'

# In a locale with a decimal comma the program and its callbacks print one, and the library reads and writes points.
mkdir locale
if localedef -i de_DE -f UTF-8 locale/de_DE.UTF-8 2> /dev/null; then
  export LOCPATH=$work/locale
  LC_ALL=de_DE.UTF-8 timeout 120 mpirun -n 2 "$example" run.yaml run.directory=comma optimizer.rmsprop.lr=0.001 > out 2> err ||
    { cat out err && fail 'decimal comma: the example failed'; }
  grep -q '^epoch 3 of 3: loss 0,' out || { cat out && fail 'decimal comma: the callback does not see the locale'; }
  [[ $(state "$(last comma)") == "$(state "$(last whole)")" ]] || fail 'decimal comma: other bits'
  for file in comma/status.json comma/metrics.jsonl comma/config.yaml comma/checkpoints/last/manifest; do
    ! grep -qE ': ?-?[0-9]+,[0-9]' "$file" || fail "decimal comma: $file: $(cat "$file")"
  done
  grep -qE '"loss": 0\.[0-9]+' comma/status.json || fail "decimal comma: $(cat comma/status.json)"
  LC_ALL=de_DE.UTF-8 on 1 train run.yaml --set run.directory=program 2> err || fail "decimal comma: $(cat err)"
  grep -qE 'loss 0\.' err || fail "decimal comma: $(cat err)"
  LC_ALL=de_DE.UTF-8 "$program" eval program 2> err | grep -qE '^loss 0\.' || fail "decimal comma: $(cat err)"
  printf 'a,t\n0.5,1.25\n1.5,0.75\n' > rows.csv
  LC_ALL=de_DE.UTF-8 "$program" import csv rows.csv --target t -o comma.h5 --quiet || fail 'decimal comma: import'
  unset LOCPATH
else
  echo 'not tried in a locale with a decimal comma: localedef cannot make de_DE.UTF-8'
fi

status=0
export OMPI_MCA_reachable=weighted # as the program sets it: Open MPI 5 warns otherwise
timeout 120 mpirun -n 2 "$example" run.yaml run.directory=other optimizer.rmsprop.lr=-1 >out 2>err || status=$?
((status == 2)) || fail "a wrong configuration gave status $status"
grep -q 'optimizer.rmsprop.lr' err || { cat err && fail 'no place in the error'; }
[[ ! -e other ]] || fail 'a wrong configuration made a run'
echo 'the embedded trainer trains twice and has the same bits'
