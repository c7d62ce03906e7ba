#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Named columns, from a configuration to predictions, with a file of their own; and random transforms, which give the same
# bits on every rank count and after a resume in the middle of an epoch, and leave evaluations alone.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
cp data.h5 own.h5
cat > run.yaml <<'YAML'
run: {directory: run, seed: 7}
data:
  train:
    file: data.h5
    targets: /train/targets
    columns: {image: {from: /train/features, file: own.h5}, id: /train/targets}
  validation: {fraction: 0.2}
  test: {file: data.h5, targets: /test/targets, columns: {image: /test/features}}
  transforms: {image: [standardize]}
model:
  inputs: {image: [12]}
  layers: [{dense: {units: 20}}, relu, {dense: {units: 4}}]
  loss: softmax_cross_entropy
  metrics: [accuracy]
optimizer: {rmsprop: {lr: 0.01}}
train: {batch_size: 48, epochs: 2, lanes: 5}
YAML
cat > short.yaml <<'YAML'
run: {directory: short, seed: 7}
data:
  train: {file: data.h5, features: /train/features, targets: /train/targets}
  validation: {fraction: 0.2}
  transform: [standardize]
model:
  layers: [{dense: {units: 20}}, relu, {dense: {units: 4}}]
  loss: softmax_cross_entropy
  metrics: [accuracy]
optimizer: {rmsprop: {lr: 0.01}}
train: {batch_size: 48, epochs: 2, lanes: 5}
YAML

# refused CODE TEXT COMMAND…
refused() {
  local code=$1 text=$2 got=0
  shift 2
  "$program" "$@" > out.log 2> err.log || got=$?
  [[ $got == "$code" ]] || fail "$*: exit $got, expected $code: $(cat err.log)"
  grep -qF -- "$text" err.log || fail "$*: expected '$text', got: $(cat err.log)"
}

# --- the same numbers as by the short forms, stopped in the middle of an epoch, files moved in between ---
"$program" train short.yaml --quiet
on 3 train run.yaml --quiet --set train.steps=7
mv own.h5 moved.h5
moved=(--set data.train.columns.image.file=moved.h5)
on 2 train run.yaml --quiet "${moved[@]}" --set train.steps=~
[[ $(state "$(last run)") == "$(state "$(last short)")" ]] || fail 'other bits by columns of other names'
grep -qF 'from: /train/features' run/config.yaml && grep -qF 'moved.h5' run/config.yaml || fail "$(cat run/config.yaml)"
"$program" plan run.yaml "${moved[@]}" > plan.txt
grep -qE '^image +float32 \[12\] +float32 \[12\] .*moved.h5:/train/features$' plan.txt || fail "$(cat plan.txt)"
grep -qE '^id +int64 +not used ' plan.txt || fail "$(cat plan.txt)"
[[ $("$program" eval run --data validation --quiet) == "$("$program" eval short --data validation --quiet)" ]] || fail 'scores'

# --- predictions ---
"$program" predict run -o test.csv --quiet
[[ $(head -n 1 test.csv | cut -d , -f 1-3,13,14,18) == targets,image_0,image_1,image_11,prediction_0,class ]] || fail "$(head -n 1 test.csv)"
"$program" predict run "${moved[@]}" -d validation -o validation.csv --quiet
[[ $(head -n 1 validation.csv | cut -d , -f 1,13,14) == targets,image_11,id ]] || fail "$(head -n 1 validation.csv)"
cmp <(sed 1d validation.csv | cut -d , -f 1) <(sed 1d validation.csv | cut -d , -f 14) || fail 'columns of the table'
"$program" predict run --set data.test.targets=~ --set data.test.columns.id=/test/targets -o other.csv --quiet
[[ $(head -n 1 other.csv | cut -d , -f 1,13) == image_0,id ]] || fail "$(head -n 1 other.csv)"

named=$("$program" predict run -d validation -o named.csv --quiet --set data.train.columns.id=~ --set data.train.columns.class=/train/targets "${moved[@]}" && head -n 1 named.csv)
[[ $named == targets,image_0,*,image_11,class,prediction_0,*,predicted_class,probability_0,* ]] || fail "$named"

code=0
"$program" predict run -d validation -o twice.csv --quiet --set data.train.columns.id=~ \
  --set data.train.columns.prediction_0=/train/targets "${moved[@]}" 2> error || code=$?
[[ $code == 2 && ! -e twice.csv ]] && grep -qF 'two columns named prediction_0' error || fail "exit $code: $(cat error)"

# --- statistics of several columns, of which one is not used ---
more=("${moved[@]}" --set run.directory=more --set 'data.transforms.id=[standardize]' --set 'data.transforms.image=[{standardize: element}]')
on 2 train run.yaml --quiet "${more[@]}" --set train.steps=9
on 3 train run.yaml --quiet "${more[@]}"
[[ $(state "$(last more)") == "$(state "$(last short)")" ]] || fail 'other bits with statistics of more columns'
[[ $("$program" eval more --data validation --quiet) == "$("$program" eval short --data validation --quiet)" ]] || fail 'scores'
with_id=$("$program" eval more --quiet --set data.test.columns.id=/test/targets)
[[ $with_id == "$("$program" eval run --quiet)" ]] || fail "scores of test rows: $with_id"

[[ $("$program" eval more --quiet) == "$with_id" ]] || fail 'scores of test rows without the unused column'

# --- what is refused ---
refused 1 'moved.h5' predict run "${moved[@]}" -o moved.h5 --force
refused 2 'data.test: lacks the column targets, which the loss or a metric reads' eval run --set data.test.targets=~
refused 2 'data: these rows lack the column image' eval run --set 'data.test.columns={id: /test/targets}'
refused 2 'data.validation: lacks the column image, which the network uses' train run.yaml "${moved[@]}" \
  --set run.directory=none --set 'data.validation={file: data.h5, targets: /test/targets}'
refused 2 "data.test.columns.imag: data.train has no column of this name (did you mean 'image'?)" plan run.yaml \
  --set 'data.test.columns={imag: /test/features}'
sed 's/\[standardize\]/[standardize, random_flip]/' run.yaml > bad.yaml
refused 2 'bad.yaml:9:37: data.transforms.image[1]: random_flip: expected images of shape' plan bad.yaml "${moved[@]}"
refused 2 'model.inputs: the data have no column pixels' plan run.yaml "${moved[@]}" --set 'model.inputs={pixels: ~}'
refused 2 'the run exists, and these settings cannot be changed' train run.yaml "${moved[@]}" \
  --set data.train.columns.twin=/train/features
refused 1 '/test/features has 200 rows in all, but data.h5: /train/targets has 1000' plan run.yaml \
  --set data.train.columns.image.from=/test/features "${moved[@]}"
"$program" import synthetic --rows 1000 --features 12 --classes 4 --seed 4 -o moved.h5 --force --quiet
refused 2 'the rows of the data files do not match those of the run' train run.yaml "${moved[@]}" --set train.epochs=3

# --- random transforms ---
cat > random.yaml <<'YAML'
run: {seed: 7}
data:
  train: {file: data.h5, features: /train/features, targets: /train/targets}
  validation: {fraction: 0.2}
  transform: [{reshape: {shape: [3, 4]}}, random_flip, {random_crop: {size: [3, 3], padding: 1}}, standardize, {reshape: {shape: [9]}}]
model:
  layers: [{dense: {units: 20}}, relu, {dense: {units: 4}}]
  loss: softmax_cross_entropy
  metrics: [accuracy]
optimizer: {rmsprop: {lr: 0.01}}
train: {batch_size: 48, epochs: 3, lanes: 5}
YAML
epochs() { grep '"event":"epoch"' "$1/metrics.jsonl" | sed 's/,"seconds".*//'; }
for ranks in 1 2 3 5; do
  on $ranks train random.yaml --quiet --set run.directory=random-$ranks
  [[ $(state "$(last random-$ranks)") == "$(state "$(last random-1)")" ]] || fail "random transforms: other bits on $ranks ranks"
  diff <(epochs random-1) <(epochs random-$ranks) || fail "random transforms: other scores on $ranks ranks"
done
on 3 train random.yaml --quiet --set run.directory=resumed --set train.steps=24  # in the second epoch of 17 steps
on 2 train random.yaml --quiet --set run.directory=resumed --set data.cache=none
[[ $(state "$(last resumed)") == "$(state "$(last random-1)")" ]] || fail 'random transforms: other bits after a resume'
diff <(epochs random-1) <(epochs resumed) || fail 'random transforms: other scores after a resume'
"$program" train random.yaml --quiet --set run.directory=still --set 'data.transform=[{reshape: {shape: [3, 4]}}, {reshape: {shape: [12]}}]'
[[ $(state "$(last still)") != "$(state "$(last random-1)")" ]] || fail 'random transforms change nothing'
for transforms in '[{reshape: {shape: [3, 4]}}, {random_flip: 0}, standardize, {reshape: {shape: [12]}}]' \
  '[{reshape: {shape: [3, 4]}}, standardize, {random_crop: {size: [3, 4]}}, {reshape: {shape: [12]}}]' '[standardize]'; do
  "$program" train random.yaml --quiet --set run.directory=nothing --set "data.transform=$transforms"
  state "$(last nothing)" >> nothing.txt
  rm -rf nothing
done
[[ $(sort -u nothing.txt | wc -l) == 1 ]] || fail 'transforms that change nothing give other bits'
# Evaluations take the centre, whoever makes them and whenever.
"$program" predict random-1 -d train -o one.csv --quiet
on 2 predict random-1 -d train -o two.csv --quiet
cmp one.csv two.csv || fail 'predictions are random'
echo 'columns have names'
