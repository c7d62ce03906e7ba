#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Objectives: the examples train with the same bits on every rank count and after a resume; a crash on one rank ends
# them all. What is wrong with a plug-in: fault/plug_in.sh. The published values of x/log(x): golden/results.sh.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
mkdir -p build
ln -s "$(dirname "$program")/examples" build/examples

# The same bits, and gone on with.
awk 'BEGIN { OFS = ","; print "a,t"; for (i = 0; i < 100; i++) print i / 50, 3 * i / 50 + sin(i) }' > line.csv
"$program" import csv line.csv --features a --target t -o line.h5 --quiet
cat > line.yaml <<'YAML'
data: {train: {file: line.h5, features: /train/features, targets: /train/targets}, validation: {fraction: 0.2}}
model: {objective: {library: build/examples/linear_regression.so, options: {intercept: 1}}}
optimizer: {rmsprop: {lr: 0.01}}
train: {batch_size: 12, epochs: 5, lanes: 4, monitor: mse}
YAML
for config in line.yaml "$source_root/configs/bowl.yaml" "$source_root/configs/x_over_log_x_keras.yaml"; do
  name=$(basename "$config" .yaml)
  options=(--set train.lanes=4 --set train.batch_size=12 --set train.steps=20 --set data.shuffle=full)
  [[ $name == line ]] || options+=(--set data.rows=300)
  reference=''
  for precision in float32 float64; do
    for ranks in 1 2 4; do
      on $ranks train "$config" --quiet --set run.directory=$name-$precision-$ranks --set train.precision=$precision "${options[@]}"
      got=$(state "$(last $name-$precision-$ranks)")
      [[ $ranks == 1 ]] && reference=$got
      [[ $got == "$reference" ]] || fail "$name: $ranks ranks give other bits"
    done
    on 3 train "$config" --quiet --set run.directory=$name-$precision-again --set train.precision=$precision "${options[@]}" --set train.steps=7
    on 2 train "$config" --quiet --set run.directory=$name-$precision-again --set train.precision=$precision "${options[@]}"
    [[ $(state "$(last $name-$precision-again)") == "$reference" ]] || fail "$name: resumed, other bits"
  done
done
"$program" eval line-float32-2 | grep -q '^mse ' || fail 'eval does not show the score'
"$program" plan line.yaml | grep -q 'linear_regression/slope' || fail 'plan does not show the tensors'
code=0
"$program" predict line-float32-2 -o none.h5 2> err.log || code=$?
((code == 2)) || fail "predict: status $code, expected 2"
grep -qF 'model.objective: an objective has no outputs' err.log || fail "predict: $(cat err.log)"
[[ ! -e none.h5 ]] || fail 'predict made a file'

# A column of another name, in a file of its own: the plug-in finds it, and uses it.
awk 'BEGIN { print "w,t"; for (i = 0; i < 100; i++) print 2 ",0" }' > two.csv
"$program" import csv two.csv --features w --target t -o two.h5 --quiet
weighted=(--set data.train.columns.weight.from=/train/features --set data.train.columns.weight.file=two.h5)
"$program" check-objective line.yaml "${weighted[@]}" > out.txt || fail "check-objective: $(cat out.txt)"
grep -qx 'the gradient is correct' out.txt || fail "check-objective: $(cat out.txt)"
for name in plain two; do
  columns=()
  [[ $name == plain ]] || columns=("${weighted[@]}")
  on 2 train line.yaml --quiet --set run.directory=$name --set train.steps=0 "${columns[@]}"
  "$program" eval $name -d train --quiet | sed -n 's/^mse //p' > $name.txt
done
awk 'NR == FNR { plain = $1; next } { exit !(plain > 0 && ($1 / plain - 2) ^ 2 < 1e-12) }' plain.txt two.txt ||
  fail "weights of 2: $(cat plain.txt two.txt)"
"$program" train line.yaml --quiet "${weighted[@]}" --set run.directory=none --set 'data.validation={file: line.h5, features: /train/features, targets: /train/targets}' \
  2> err.log && fail 'validation rows without weights are taken'
grep -qF 'data.validation: lacks the column weight, which the network uses' err.log || fail "$(cat err.log)"

# One rank of three crashes, the one that has the last rows, and nobody waits for it.
cc -shared -fPIC -I "$source_root/include" '-DBEFORE=if (b->step == 2 && b->row[b->rows - 1] % 12 == 11) abort()' \
  "$source_root/tests/tools/plug_in.c" -o crash.so -lm
code=0
on 3 train "$source_root/configs/bowl.yaml" --quiet --set run.directory=crash --set 'model.objective={library: crash.so}' \
  --set train.precision=float64 --set data.shuffle=none --set data.rows=60 --set train.batch_size=12 --set train.lanes=3 \
  > out.txt 2> err.log || code=$?
((code > 2 && code != 75 && code != 76 && code != 124)) || fail "a crash on one of three ranks ends with $code: $(cat err.log)"
[[ $(grep -cF 'model.objective: crash.so: loss_and_gradient_float64 crashed (SIGABRT)' err.log) == 1 ]] ||
  fail "a crash on one of three ranks is not told once: $(cat err.log)"
