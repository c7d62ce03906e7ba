#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Weighted losses and the metrics that go with them: the same bits and the same scores on any rank count and path, with
# accumulation, and when a run that was stopped continues with others; what eval and predict make of the checkpoint; what
# plan prints; and what is refused.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

epochs() { grep '"event":"epoch"' "$1/metrics.jsonl" | sed 's/,"seconds".*//'; }

# same_everywhere NAME OPTION…: on 1, 2, 3 and 5 ranks, by windows and messages, stopped and continued.
same_everywhere() {
  local name=$1 expected run
  shift
  local train=(train run.yaml --quiet --set train.lanes=5 --set train.epochs=2 "$@")
  on 1 "${train[@]}" --set run.directory="$name-1"
  expected=$(state "$(last "$name-1")")
  for run in {2,5}-window 3-mpi; do
    on "${run%-*}" "${train[@]}" --set run.directory="$name-$run" --set exchange.path="${run#*-}"
    [[ $(state "$(last "$name-$run")") == "$expected" ]] || fail "$name: $run: other bits than one rank"
    diff <(epochs "$name-1") <(epochs "$name-$run") || fail "$name: $run: other records"
  done
  on 3 "${train[@]}" --set run.directory="$name-resumed" --set train.steps=5
  on 2 "${train[@]}" --set run.directory="$name-resumed"
  [[ $(state "$(last "$name-resumed")") == "$expected" ]] || fail "$name: other bits after going on"
  diff <(epochs "$name-1") <(epochs "$name-resumed") || fail "$name: other records after going on"
  printf '%s: %s\n' "$name" "$expected"
}

small_data
small_config
scores='model.metrics=[accuracy, precision_recall, {precision_recall: {class: 2}}]'
balanced='model.loss={softmax_cross_entropy: {class_weights: balanced, label_smoothing: 0.05}}'
same_everywhere balanced --set "$balanced" --set "$scores" --set train.monitor=f1
on 1 train run.yaml --quiet --set run.directory=plain --set train.lanes=5 --set train.epochs=2 --set "$scores" --set train.monitor=f1
[[ $(state "$(last plain)") != $(state "$(last balanced-1)") ]] || fail 'class_weights change nothing'

# Weights of 1 change nothing.
on 2 train run.yaml --quiet --set run.directory=ones --set train.lanes=5 --set train.epochs=2 --set "$scores" \
  --set train.monitor=f1 --set 'model.loss={softmax_cross_entropy: {class_weights: [1, 1, 1, 1]}}'
[[ $(state "$(last ones)") == $(state "$(last plain)") ]] || fail 'class_weights of 1: other bits than without'

# Every score is in the records, in eval, and may be monitored.
for score in accuracy precision recall f1 precision_2 recall_2 f1_2; do
  grep -q "\"validation\":{.*\"$score\":0\.[0-9]" balanced-1/metrics.jsonl || fail "no $score in metrics.jsonl"
  "$program" eval balanced-1 --data validation | grep -q "^$score 0\.[0-9]*$" || fail "eval: no $score"
done
"$program" eval balanced-1 --data validation > eval-1
on 3 eval balanced-1 --data validation > eval-3
diff eval-1 eval-3 || fail 'eval: other scores on 3 ranks'
# The weights of the classes are those of the training rows, from the checkpoint, also where other rows are scored.
stored() { h5dump -m %.17g -y -w 1 -d /arrays/loss.class_weights "$(last "$1")/state.h5" | sed -nE 's/^ +([0-9][-0-9.e+]*),?$/\1/p'; }
stored balanced-1 > weights
(($(wc -l < weights) == 4)) || fail "the checkpoint has these class_weights: $(cat weights)"
diff weights <(stored balanced-resumed) || fail 'a resumed run has other class_weights'
given="[$(paste -sd , weights)]"
"$program" eval balanced-1 --data test > eval-balanced
"$program" eval balanced-1 --data test \
  --set "model.loss={softmax_cross_entropy: {class_weights: $given, label_smoothing: 0.05}}" > eval-given || true
diff eval-balanced eval-given || fail 'eval of test rows: not the class_weights of the checkpoint'

# A class without training rows.
refused_rows() {
  local code=0
  on 2 train run.yaml --quiet --set run.directory=refused "${@:2}" 2> error || code=$?
  [[ $code == 1 ]] || fail "$1: exit status $code, expected 1"
  grep -qF "$1" error || fail "$1: $(cat error)"
}
refused_rows 'class_weights: balanced: class 4 has no training rows' --set "$balanced" \
  --set 'model.layers=[{dense: {units: 5}}]'
refused_setting 'model.loss={softmax_cross_entropy: {class_weights: [1, 2]}}' \
  'class_weights: expected a number for each of the 4 outputs, got 2'
refused_setting 'model.loss={softmax_cross_entropy: {class_weights: [0, 0, 0, 0]}}' \
  'class_weights: expected a number above 0, got zeros only'
refused_setting 'model.loss={softmax_cross_entropy: {weight: w}}' \
  'weight: expected a column of the data, which are features, targets; got '"'w'"
refused_setting 'model.loss={softmax_cross_entropy: {class_weights: balance}}' "expected 'none', 'balanced' or a list of numbers"
refused_setting train.monitor=f2 "expected one of the scores loss, accuracy (others can be added to model.metrics); got 'f2'"
many=$(for class in {0..21}; do printf '{precision_recall: {class: %s}}, ' "$class"; done)
sed -i 's/units: 4}/units: 30}/' run.yaml
refused_setting "model.metrics=[$many]" \
  'model.metrics: expected metrics with at most 64 scores and 512 sums including the loss, got 67 and 67'
small_config
refused_setting 'model.metrics=[auc]' 'auc needs a decision between yes and no'

# The area under the curve, which needs all predictions of an evaluation: in no record of training rows, the same bits on any
# rank count, and monitored.
"$program" import synthetic --rows 700 --features 6 --classes 2 --noise 3 --seed 5 -o two.h5 --quiet
two=(--set data.train.file=two.h5 --set data.test=~ --set 'model.layers=[{dense: {units: 8}}, tanh, {dense: {units: 2}}]'
  --set 'model.metrics=[auc, accuracy]' --set train.monitor=auc)
same_everywhere auc "${two[@]}"
grep -q '"training":{"loss":[0-9.]*,"auc":null,"accuracy":[0-9.]*},"validation":{"loss":[0-9.]*,"auc":0\.[0-9]*,' \
  auc-1/metrics.jsonl || fail "auc: $(epochs auc-1)"
for ranks in 1 3; do on $ranks eval auc-1 --data train > eval-$ranks; done
diff eval-1 eval-3 || fail 'eval: another auc on 3 ranks'
grep -q '^auc 0\.[5-9]' eval-1 || fail "eval: $(cat eval-1)"
"$program" plan run.yaml -n 1 "${two[@]}" > plan
grep -q '^  predictions for metrics  *6\.7 kB  ' plan || fail "plan: $(cat plan)"  # 140 rows of 3 numbers, twice
if "$program" plan run.yaml | grep -q 'predictions for metrics'; then fail 'plan: memory for predictions without need'; fi

# --- a column of weights ---
# weights_of NAME EXPRESSION: a file with a weight for each of the 1,000 rows, an expression of their number i.
weights_of() {
  awk -v OFS=, "BEGIN { print \"x,w\"; for (i = 0; i < 1000; i++) print sin(i), ($2) }" > "$1.csv"
  "$program" import csv "$1.csv" --features x --target w -o "$1.h5" --quiet --force
}
# weighted NAME: the options of a run with these weights, which lie in a file of their own.
weighted() {
  printf '%s\n' --set "data.train.columns={weight: {from: /train/targets, file: $1.h5}}" --set data.test=~ \
    --set 'model.loss={softmax_cross_entropy: {weight: weight}}' \
    --set 'model.metrics=[accuracy, {accuracy: {weight: weight}}, {precision_recall: {weight: weight}}]' \
    --set train.monitor=weighted_f1
}
weights_of some '(i * 7 % 5) / 4'
mapfile -t some < <(weighted some)
same_everywhere weighted "${some[@]}"
# Several passes a lane, updates of the whole vector or none, rows that are read as needed, both kinds of weights.
same_everywhere steered "${some[@]}" --set train.batch_size=20 --set optimizer.accumulate=3 --set optimizer.clip_norm=0.5 \
  --set train.on_nonfinite=skip --set train.audit=3 --set data.cache=none --set data.shuffle=chunks \
  --set 'model.loss={softmax_cross_entropy: {weight: weight, class_weights: [1, 2, 0.5, 3]}}'
[[ $(state "$(last weighted-1)") != $(state "$(last plain)") ]] || fail 'weights change nothing'
grep -q '"weighted_accuracy":0\.[0-9]*,"weighted_precision":0\.[0-9]*,"weighted_recall":0\.[0-9]*,"weighted_f1":0\.' \
  weighted-1/metrics.jsonl || fail "no weighted scores: $(epochs weighted-1)"
for ranks in 1 3; do on $ranks eval weighted-1 --data validation > eval-$ranks; done
diff eval-1 eval-3 || fail 'eval: other weighted scores on 3 ranks'

# Test rows without weights can be predicted, but not scored.
"$program" predict weighted-1 --quiet -o out.h5 --set "data.test={file: data.h5, features: /test/features}"
code=0
"$program" eval weighted-1 --quiet 2> error --set \
  "data.test={file: data.h5, features: /test/features, targets: /test/targets}" || code=$?
[[ $code == 2 ]] || fail "eval without weights: exit status $code"
grep -q 'data.test: lacks the column weight, which the loss or a metric reads' error || fail "eval without weights: $(cat error)"

# Weights that are all equal are none: 1, and also 2, by which every number is multiplied without rounding.
for weight in 1 2; do
  weights_of equal $weight
  mapfile -t equal < <(weighted equal)
  on 3 train run.yaml --quiet --set run.directory=equal-$weight --set train.lanes=5 --set train.epochs=2 "${equal[@]}"
  [[ $(state "$(last equal-$weight)") == $(state "$(last plain)") ]] || fail "weights of $weight: other bits than without"
done

# Rows of weight 0 do not count; a batch of such rows has the gradient 0 and no loss, and training continues.
weights_of late 'i < 96 ? 0 : 1'
mapfile -t late < <(weighted late)
on 2 train run.yaml --set run.directory=late --set data.shuffle=none --set train.epochs=1 --set train.lanes=5 \
  --set report.steps=1 --set optimizer='{sgd: {lr: 0.1}}' "${late[@]}" --set checkpoint.every='1 step' \
  --set checkpoint.keep=20 2> log
grep -q 'warning: step 1: the weights of its 48 rows are all 0, so its gradient is 0' log || fail "no warning: $(cat log)"
(($(grep -c 'weights of its' log) == 1)) || fail "several warnings: $(cat log)"
grep -q '"event":"step","step":2,.*"loss":null' late/metrics.jsonl || fail "step 2: $(grep '"step":2,' late/metrics.jsonl)"
grep -q '"event":"step","step":3,.*"loss":[0-9]' late/metrics.jsonl || fail "step 3: $(grep '"step":3,' late/metrics.jsonl)"
epochs late | grep -q '"training":{"loss":[0-9]' || fail "epoch: $(epochs late)"
"$program" lr-find run.yaml --quiet --set data.shuffle=none --set optimizer='{sgd: {lr: 0.1}}' "${late[@]}" > lr ||
  fail 'lr-find with batches without weight'

# Weights that are not valid, with their place.
refuse_weights() {
  weights_of wrong "$1"
  mapfile -t wrong < <(weighted wrong)
  refused_rows "$2" "${wrong[@]}"
}
refuse_weights 'i == 700 ? -0.5 : 1' \
  'wrong.h5: /train/targets: row 700: weight -0.5, expected a finite number of at least 0: weight 0 leaves a row out'
refuse_weights 0 'wrong.h5: /train/targets: row 0: the weights of this and all other rows are 0, expected some above 0'
weights_of wrong 1
mapfile -t wrong < <(weighted wrong)
code=0
on 2 train run.yaml --quiet --set run.directory=refused "${wrong[@]}" --set 'data.transforms={weight: [standardize]}' 2> error || code=$?
[[ $code == 2 ]] && grep -qF "weight: the column 'weight' is standardized, which makes weights negative" error ||
  fail "standardized weights: exit status $code: $(cat error)"
refused_setting 'model.metrics=[{accuracy: {weight: w}}]' \
  'weight: expected a column of the data, which are features, targets; got '"'w'"
