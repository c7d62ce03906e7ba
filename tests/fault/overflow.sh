#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A gradient that overflows while the losses are finite: in the first step, in the middle, in the very last one, and at the
# end of an epoch. Windows or messages, the run ends with one message that names the step and the lane, and nothing of it
# is saved.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# data ROW: 100 rows, that one with huge numbers.
data() {
  awk -v bad="$1" 'BEGIN {
    OFS = ","; print "a,b,c,t"
    for (i = 0; i < 100; i++) print sin(i), cos(i), (i == bad ? 1e15 : 1), (i == bad ? 1e25 : i / 100) }' > rows.csv
  "$program" import csv rows.csv --features a,b,c --target t -o data.h5 --force --quiet
}

cat > run.yaml <<'YAML'
run: {directory: run}
data:
  train: {file: data.h5, features: /train/features, targets: /train/targets}
  shuffle: none
model:
  layers: [{dense: {units: 200}}, {dense: {units: 100}}, {dense: {units: 1}}]
  loss: mse
train: {batch_size: 8, epochs: 2, lanes: 4}
checkpoint: {every: 1 step}
YAML

# overflows ROW STEP LANE OPTION…
overflows() {
  local step=$2 lane=$3 ranks path code
  data "$1"
  shift 3
  for ranks in 1 3; do
    for path in window mpi; do
      rm -rf run
      code=0
      on $ranks train run.yaml --quiet --set exchange.path=$path "$@" 2> err.log || code=$?
      [[ $code == 1 && $(grep -c '^shardprop: error:' err.log) == 1 ]] || fail "$ranks ranks, $path: exit $code: $(cat err.log)"
      grep -q "step $step (epoch 1): not finite: gradient of .*, in lane $lane; the step was not saved" err.log ||
        fail "$ranks ranks, $path, step $step: $(cat err.log)"
      [[ ! -e $(printf 'run/checkpoints/step-%09d' "$step") ]] || fail "$ranks ranks, $path: step $step was saved"
    done
  done
  printf 'step %d: told, not saved\n' "$step"
}

overflows 3 1 1
overflows 50 7 1 --set checkpoint.every='1 epoch'
overflows 99 13 3 --set checkpoint.every='1000 steps'
overflows 99 13 3 --set checkpoint.every='1000 steps' --set train.epochs=1
overflows 50 7 1 --set checkpoint.every='1000 steps' --set train.steps=7
