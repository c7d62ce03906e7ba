#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A network with blocks, dropout and an embedding: the same bits on every rank count, resumed on another one, and with
# every transport; eval and predict without chance; names of tensors within blocks wherever tensors are named; values that
# an embedding does not have, refused by all ranks.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# 600 rows of four integers below 11, in four classes.
awk 'BEGIN {
  OFS = ","; print "a,b,c,d,t"
  for (i = 0; i < 600; i++) {
    a = i * 7919 % 11; b = int(i * i / 7) % 11; c = (i * i + 3) % 11; d = i * 31 % 11
    print a, b, c, d, (a + b > c + d) + 2 * (a > 5)
  }
}' > rows.csv
"$program" import csv rows.csv --features a,b,c,d --target t --class-target -o data.h5 --quiet
cat > run.yaml <<'YAML'
run: {name: blocks, directory: run, seed: 7}
data:
  train: {file: data.h5, features: /train/features, targets: /train/targets}
  validation: {fraction: 0.2}
model:
  layers:
    - embedding: {vocabulary: 11, width: 9, padding: 0}
    - flatten
    - dense: {units: 70, weight_init: orthogonal}
    - residual: [{dense: {units: 90}}, tanh, {dropout: 0.2}, {dense: {units: 70}}]
    - repeat: {times: 2, layers: [{residual: {name: inner, layers: [relu, {dense: {units: 70}}, dropout]}}, {dense: {units: 70}}]}
    - dense: {units: 4}
  loss: softmax_cross_entropy
  metrics: [accuracy]
optimizer:
  rmsprop: {lr: 0.001, momentum: 0.5}
  groups: [{tensors: 'repeat_1/*/inner/dense_1/weight', weight_decay: 0.01}, {tensors: 'residual_1/*', lr: 0.0005}]
train: {batch_size: 44, epochs: 3, lanes: 8}
checkpoint: {every: 1 epoch, keep: 2}
YAML

epochs() { grep '"event":"epoch"' "$1/metrics.jsonl" | sed 's/,"seconds".*//'; }

# same NAME RANKS OPTION…: train in NAME on that many ranks; the state is that of the run on one rank.
same() {
  local name=$1 ranks=$2 got
  shift 2
  on "$ranks" train run.yaml --quiet --set run.directory="$name" "$@"
  got=$(state "$(last "$name")")
  [[ $got == "$reference" ]] || fail "$name: $got, expected $reference"
}

# --- the same bits ---
on 1 train run.yaml --quiet
reference=$(state "$(last run)")
printf 'one rank: %s\n' "$reference"
for ranks in 2 3 5; do
  same run-$ranks $ranks
  diff <(epochs run) <(epochs run-$ranks) || fail "records differ on $ranks ranks"
done
same messages 3 --set exchange.path=mpi
same uncached 2 --set data.cache=none
on 3 train run.yaml --quiet --set run.directory=resumed --set train.steps=7
on 5 train run.yaml --quiet --set run.directory=resumed --set train.steps=18
same resumed 2
diff <(epochs run) <(epochs resumed) || fail 'records differ after a resume'

# Dropout takes part.
on 2 train run.yaml --quiet --set run.directory=other --set 'model.layers[3].residual[2]={dropout: 0.21}'
[[ $(state "$(last other)") != "$reference" ]] || fail 'the rate of dropout changes nothing'

# --- no chance without training ---
on 1 eval run --quiet > scores-1
on 3 eval run --quiet > scores-3
"$program" eval run --quiet > again
cmp scores-1 scores-3 && cmp scores-1 again || fail 'eval gives other scores'
for ranks in 1 3; do on $ranks predict run -o predicted-$ranks.h5 --quiet; done
cmp predicted-1.h5 predicted-3.h5 || fail 'predict gives other bytes'
"$program" eval run --quiet --set run.seed=8 > seeded
cmp scores-1 seeded || fail 'the seed changes an evaluation'

# --- names ---
"$program" inspect run > inspected
for name in embedding_1/weight residual_1/dense_2/bias repeat_1/1/inner/dense_1/weight repeat_1/2/dense_1/bias; do
  grep -q "^parameters/$name " inspected || fail "inspect: no $name: $(cat inspected)"
done
"$program" plan run.yaml > planned
grep -q '^ *repeat_1/2/inner/dropout_1 ' planned || fail "plan: $(cat planned)"
grep -q '^ *repeat_1/1/inner/dense_1/weight, repeat_1/2/inner/dense_1/weight: .*weight_decay 0.01' planned ||
  fail "plan: $(cat planned)"
grep -q '^ *residual_1/dense_1/weight, .*: lr 0.0005' planned || fail "plan: $(cat planned)"
"$program" diff run other > differences || true
grep -q '^parameters/repeat_1/2/inner/dense_1/weight: ' differences || fail "diff: $(cat differences)"

# The vector of the padding is zero and stays so.
padding() { h5dump -d "/parameters/embedding_1/weight[0,0;1,1;1,9]" "$1/checkpoints/last/state.h5" | sed -n 's/^ *([0-9,]*): //p'; }
[[ $(padding run) == '0, 0, 0, 0, 0, 0, 0, 0, 0' ]] || fail "padding: $(padding run)"

# Parameters of another run to start from: the scores after no step are those of that run.
"$program" train run.yaml --quiet --set run.directory=copy --set model.initial=run --set train.steps=0
"$program" eval copy --quiet > copied
"$program" eval run/checkpoints/last --quiet > original
cmp copied original || fail 'initial parameters of blocks are not those of the file'
"$program" train run.yaml --quiet --set run.directory=refused --set model.initial=run --set 'model.layers[4].repeat.times=3' \
  2> error && fail 'a file without the parameters of a repetition is accepted'
grep -q '/parameters/repeat_1/3/inner/dense_1/weight is missing' error || fail "$(cat error)"

# A vector of the padding that is not zero in them becomes zero, with a warning.
"$program" train run.yaml --quiet --set run.directory=unpadded --set 'model.layers[0].embedding.padding=~' --set train.steps=2
[[ $(padding unpadded) != '0, 0, 0, 0, 0, 0, 0, 0, 0' ]] || fail 'without padding its vector is trained'
for ranks in 1 2; do
  on $ranks train run.yaml --quiet --set run.directory=padded-$ranks --set model.initial=unpadded --set train.steps=3 2> error
  [[ $(padding padded-$ranks) == '0, 0, 0, 0, 0, 0, 0, 0, 0' ]] || fail "padding: $(padding padded-$ranks)"
  [[ $(grep -c 'warning: model.initial: unpadded: the vector of the padding in embedding_1/weight is not 0: using 0$' error) == 1 ]] ||
    fail "$ranks ranks: $(cat error)"
done
[[ $(state "$(last padded-1)") == "$(state "$(last padded-2)")" ]] || fail 'other bits from initial parameters on two ranks'

# --- what an embedding does not accept ---
refused_setting 'model.layers[0].embedding.padding=11' \
  'model.layers[0]: padding: expected an integer below the vocabulary, 11, got 11'
refused_setting 'model.layers[3].residual[3]={dense: {units: 71}}' \
  'run.yaml:10:7: model.layers[3]: residual_1: its layers turn samples of shape [70] into [71]'
refused_setting 'model.layers[4].repeat.layers[0].residual.layers[1]={dense: {units: 71}}' \
  'model.layers[4].repeat.layers[0]: repeat_1/1/inner: its layers turn samples of shape [70] into [71]'
wrong='/train/features: row [0-9]*: embedding_1: value [0-3] of the input: expected an integer from 0 to 8, got \(9\|10\)$'
code=0
on 3 train run.yaml --quiet --set run.directory=outside --set 'model.layers[0].embedding.vocabulary=9' \
  --set train.on_nonfinite=skip 2> error || code=$?
[[ $code == 1 && ! -e outside ]] || fail "vocabulary too small: exit status $code, expected 1: $(cat error)"
grep -q "$wrong" error || fail "$(cat error)"
[[ $(grep -c 'expected an integer' error) == 1 ]] || fail "more than one error: $(cat error)"
sed '500,$s/^[0-9]*,/11,/' rows.csv > others.csv
"$program" import csv others.csv --features a,b,c,d --target t --class-target -o other.h5 --quiet
code=0
on 2 eval run --set data.train.file=other.h5 --quiet 2> error || code=$?
[[ $code == 1 ]] || fail "eval: exit status $code, expected 1"
grep -q 'other.h5: /train/features: row 4[0-9][0-9]: embedding_1: value 0 .* from 0 to 10, got 11$' error || fail "$(cat error)"
on 2 predict run --set data.train.file=other.h5 -o refused.h5 --quiet 2> error && fail 'predict accepts 11'
grep -q 'embedding_1: value 0 of the input: expected an integer from 0 to 10, got 11$' error || fail "$(cat error)"
