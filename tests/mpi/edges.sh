#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Data at the edges of what numbers can tell apart: columns that never change, shares of rows that floating point does not
# hold, more outputs than one would score by hand.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# score RUN PART NAME: a score of the last epoch's training or validation rows.
score() {
  grep '"event":"epoch"' "$1/metrics.jsonl" | tail -n 1 | sed "s/.*\"$2\":{\([^}]*\)}.*/\1/" | tr ',' '\n' |
    sed -n "s/^\"$3\"://p"
}

# holds EXPRESSION: it is true for awk.
holds() { awk "BEGIN { exit !($1) }"; }

# 350 rows: x, two columns that never change until the last seventy rows, and 8 targets, the last of which never changes.
awk 'BEGIN {
  OFS = ","; print "x,same,large,a,b,c,d,e,f,g,same_target"
  for (i = 0; i < 350; i++) {
    x = (i * 37 % 350) / 175 - 1
    print x, (i < 280 ? 0.1 : 0.2), (i < 280 ? 123456.789 : 123456.9), x, -x, 2 * x, x * x, x + 1, x - 1, x / 2, 0.1
  }
}' > table.csv
"$program" import csv table.csv --features x,same,large --target 4-11 --dtype float64 -o table.h5 --quiet
cat > run.yaml <<'YAML'
run: {directory: run}
data:
  train: {file: table.h5, features: /train/features, targets: /train/targets}
  validation: {fraction: 0.2}
  transform: [standardize]
model:
  layers: [{dense: {units: 16}}, tanh, {dense: {units: 8}}]
  loss: mse
  metrics: [r2]
train: {batch_size: 20, epochs: 10, lanes: 4}
YAML

# A column without spread is not divided by what rounding leaves of it: rows where it differs stay ordinary numbers.
for precision in float32 float64; do
  on 2 train run.yaml --quiet --set run.directory=$precision --set train.precision=$precision
  holds "$(score $precision validation loss) < 0.2" || fail "$precision: $(tail -n 3 $precision/metrics.jsonl)"
done

# bfloat16 where the build and the CPU have it, and a word about it where they have not.
code=0
ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 on 2 train run.yaml --set run.directory=none \
  --set train.precision=bfloat16 2> refused.log || code=$?
[[ $code == 2 ]] || fail "bfloat16 without the CPU for it: exit $code"
if grep -q 'train.precision: bfloat16 needs oneDNN, and this program was built without it' refused.log; then
  :
elif grep -qw avx2 /proc/cpuinfo; then
  grep -q 'train.precision: bfloat16 needs a CPU with avx512_bf16 (.*); this CPU has avx2; use float32' refused.log ||
    fail "$(cat refused.log)"
  [[ $(grep -c 'needs a CPU' refused.log) == 1 ]] || fail "said more than once: $(cat refused.log)"
fi
if grep -qw avx512_bf16 /proc/cpuinfo && ! grep -q 'built without it' refused.log; then
  on 2 train run.yaml --quiet --set run.directory=bfloat16 --set train.precision=bfloat16
  holds "$(score bfloat16 validation loss) < 0.2" || fail "bfloat16: $(tail -n 3 bfloat16/metrics.jsonl)"
  [[ $(score bfloat16 training loss) != "$(score float32 training loss)" ]] || fail 'bfloat16 computes as float32 does'
  on 2 train run.yaml --set run.directory=bfloat16 --set train.precision=float32 2> other.log && fail 'another precision went on'
  grep -q 'train.precision: the run has bfloat16, the configuration float32' other.log || fail "$(cat other.log)"
fi

# r2 is a mean over outputs: seven that are learnt, and one whose targets are equal, which counts 0.
for part in training validation; do
  r2=$(score float64 $part r2)
  holds "$r2 > 0.3 && $r2 <= 1" || fail "r2 of $part rows: $r2"
done

# Nine tenths of ten rows are nine.
head -n 11 table.csv > ten.csv
"$program" import csv ten.csv --features x --target a -o ten.h5 --quiet
on 1 train run.yaml --set run.directory=ten --set data.train.file=ten.h5 --set data.validation.fraction=0.9 \
  --set 'model.layers=[{dense: {units: 1}}]' --set train.epochs=1 2> ten.log
grep -q '1 training row, 9 validation rows' ten.log || fail "0.9 of 10 rows: $(cat ten.log)"

# What ended a run is what it takes to go on.
for limit in epochs=1 steps=2 patience=1; do
  again=(train run.yaml --set run.directory="${limit%=*}" --set "train.$limit" --set optimizer.rmsprop.lr=3)
  on 1 "${again[@]}" 2> first.log
  "$program" status "${limit%=*}" > "${limit%=*}.status"
  on 1 "${again[@]}" 2> again.log
  grep -q "the run is complete; to continue it, raise train.${limit%=*}" again.log || fail "$limit: $(cat again.log)"
done
grep -q 'done: loss has not improved for 1 epoch (train.patience)' patience.status || fail "$(cat patience.status)"
! grep ' left' patience.status || fail 'a run that is complete has time left'
