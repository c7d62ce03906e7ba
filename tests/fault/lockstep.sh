#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A rank that fails in a network whose ranks add sums in the middle of their passes (batch_norm): every rank takes part until
# the step ends, and the run ends with one message, whether rows cannot be used or not be read, on any transport and with
# several mini-batches an update. Without the failure it trains.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
preload=${4:-}

# 400 rows of two integers below 5; row 210 has a 9, which an embedding refuses when it reads the batch.
rows() { awk -v wrong="$1" 'BEGIN { OFS = ","; print "a,b,t"; for (i = 0; i < 400; i++) print i % 5, (i == 210 && wrong ? 9 : i % 3), sin(i) }'; }
rows 1 > wrong.csv
rows 0 > right.csv
for name in wrong right; do "$program" import csv $name.csv --features a,b --target t -o $name.h5 --chunk 8 --quiet; done
cat > run.yaml <<'YAML'
run: {directory: run, seed: 1}
data:
  train: {file: wrong.h5, features: /train/features, targets: /train/targets}
  shuffle: none
  cache: none
model:
  layers:
    - embedding: {vocabulary: 5, width: 4}
    - flatten
    - dense: {units: 40}
    - batch_norm
    - residual: [relu, {dense: {units: 40}}, batch_norm]
    - dense: {units: 1}
  loss: mse
optimizer: {sgd: {lr: 0.01}}
train: {batch_size: 8, epochs: 2, lanes: 4}
YAML

# ends_with MESSAGE RANKS OPTION…: training ends with status 1 and this message, once.
ends_with() {
  local message=$1 ranks=$2 code=0
  shift 2
  rm -rf run
  timeout 60 mpirun -n "$ranks" "${mpirun_options[@]}" "$program" train run.yaml --quiet "$@" 2> err.log || code=$?
  [[ $code == 1 ]] || fail "$ranks ranks, $*: exit status $code, expected 1: $(cat err.log)"
  [[ $(grep -c '^shardprop: error: ' err.log) == 1 ]] || fail "$ranks ranks, $*: not one message: $(cat err.log)"
  grep -q "$message" err.log || fail "$ranks ranks, $*: $(cat err.log)"
}

mpirun_options=()
for options in exchange.path=auto exchange.path=mpi optimizer.accumulate=4; do
  for ranks in 1 2 4; do
    ends_with 'wrong.h5.*210' $ranks --set $options
    [[ $ranks == 1 ]] || grep -q "rank [0-9] on host" err.log || fail "no rank is named: $(cat err.log)"
  done
done

on 3 train run.yaml --quiet --set data.train.file=right.h5

# A disk that fails on one rank, in the middle of the run.
[[ -n $preload ]] || exit 0
counted=(-x LD_PRELOAD="$preload" -x FAIL_BELOW=right.h5 -x FAIL_RANK=2)
timeout 60 mpirun -n 3 "${counted[@]}" -x FAIL_LOG="$work/calls.log" "$program" train run.yaml --quiet \
  --set run.directory=counted --set data.train.file=right.h5
calls=$(wc -l < calls.log)
((calls > 50)) || fail "only $calls calls read the data"
for path in auto mpi; do
  mpirun_options=("${counted[@]}" -x FAIL_CALL=$((calls / 2)) -x FAIL_WITH=5)
  ends_with 'rank 2 on host.*right.h5' 3 --set data.train.file=right.h5 --set exchange.path=$path
done
