#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A first start that is refused writes nothing, whatever it is refused for; and every command refuses targets that the loss
# does not accept, wherever they are.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config

# table FILE LINE…: a file of features a and b and these targets, repeated.
table() {
  local file=$1
  shift
  printf '%s\n' "$@" | awk 'BEGIN { print "a,b,t,u,v" } { line[NR] = $0 } END { for (i = 0; i < 120; i++) print sin(i) "," cos(i) "," line[i % NR + 1] }' \
    > table.csv
  "$program" import csv table.csv --features a,b --target 3-"${columns:-3}" -o "$file" --force --quiet
}

# refused CODE TEXT COMMAND…: it fails with one error that holds the text, and nothing is left.
refused() {
  local code=$1 text=$2 got=0
  shift 2
  ls -A > before
  "$program" "$@" > out.log 2> err.log || got=$?
  [[ $got == "$code" ]] || fail "$*: exit $got, expected $code: $(cat err.log)"
  grep -qF -- "$text" err.log || fail "$*: expected '$text', got: $(cat err.log)"
  [[ $(ls -A) == "$(cat before)" ]] || fail "$*: left $(ls -A | comm -13 <(sort before) -)"
}
touch before empty.yaml large.yaml out.log err.log values.yaml nothing.h5

# --- the configuration, the data, the model, the resources ---
own=(--set run.directory=~ --set run.name=own)
for where in '' own; do
  [[ $where ]] && train=(train run.yaml "${own[@]}") || train=(train run.yaml)
  refused 2 'train.epochs' "${train[@]}" --set train.epochs=-1
  refused 2 'too few for 8 lanes' "${train[@]}" --set train.batch_size=7
  refused 2 'model.loss: mse' "${train[@]}" --set model.loss=mse
  refused 2 'model.inputs.features' "${train[@]}" --set model.inputs.features=13
  refused 1 'no such file' "${train[@]}" --set data.train.file=nowhere.h5
  refused 1 'is empty' "${train[@]}" --set data.train.file=nothing.h5
  refused 1 'label 3, expected 0 to 2' "${train[@]}" --set 'model.layers=[{dense: {units: 3}}]'
  refused 1 'label 3, expected 0 to 2' "${train[@]}" --set 'model.layers=[{dense: {units: 3}}]' --set data.cache=none
done

# --- a configuration that cannot be read, by each command that takes one ---
head -c 2000000 /dev/zero | tr '\0' '#' > large.yaml
for command in train plan bench lr-find; do
  refused 2 'nowhere.yaml: cannot be opened' $command nowhere.yaml
  refused 2 'large.yaml: is larger than 1048576 bytes' $command large.yaml
  refused 2 'is a directory' $command .
  refused 2 'empty.yaml' $command empty.yaml
done

# --- targets, in training, validation and test data, of every command that reads them ---
table good.h5 0,0,1 1,0,0 0,1,0
cat > sigmoid.yaml <<'YAML'
run: {directory: run}
data: {train: {file: good.h5, features: /train/features, targets: /train/targets}, validation: {fraction: 0.1}}
model: {layers: [{dense: {units: 1}}], loss: sigmoid_cross_entropy}
train: {batch_size: 20, epochs: 1, lanes: 2}
YAML
sed 's/units: 1/units: 3/; s/sigmoid_cross_entropy/softmax_cross_entropy/' sigmoid.yaml > softmax.yaml
features='features: /train/features, targets: /train/targets'

# refused_at_once TEXT CONFIG: bad.h5 is refused with its row when training starts; refused_everywhere: by each command, as each of
# the data sets.
refused_at_once() {
  refused 1 "$1" train "$2" --set data.train.file=bad.h5
  grep -qF 'bad.h5: /train/targets: row 1: ' err.log || fail "no place: $(cat err.log)"
}
refused_everywhere() {
  local command
  for command in bench lr-find plan; do refused 1 "$1" $command "$2" --set data.train.file=bad.h5; done
  refused 1 "$1" train "$2" --set data.train.file=bad.h5 --set data.cache=none
  refused 1 "$1" train "$2" --set "data.validation={file: bad.h5, $features}"
  "$program" train "$2" --quiet --set run.directory=trained
  for command in 'eval trained' 'predict trained -o predicted.h5'; do
    # shellcheck disable=SC2086  # words
    refused 1 "$1" $command --set "data.test={file: bad.h5, $features}"
  done
  rm -r trained
}
for target in -1 255 2 1.5 -0.25; do
  table bad.h5 0,0,0 "$target,0,0"
  refused_at_once "sigmoid_cross_entropy: target $target, expected 0 to 1" sigmoid.yaml
done
refused_everywhere 'sigmoid_cross_entropy: target -0.25' sigmoid.yaml
columns=5
table good.h5 0,0,1 1,0,0 0.25,0.5,0.25
while read -r second text; do
  table bad.h5 0,0,1 "$second"
  refused_at_once "softmax_cross_entropy: $text" softmax.yaml
done <<'LIST'
0,0,0 the targets add up to 0, expected 1
1.5,-0.5,0 target 1.5, expected 0 to 1
255,0,0 target 255, expected 0 to 1
1,1,0 the targets add up to 2, expected 1
LIST
refused_everywhere 'softmax_cross_entropy: the targets add up to 2' softmax.yaml

# --- values that are not finite, which no loss accepts ---
columns=3
printf 'a,b,t\n1,2,3\n1,2,nan\n%s\n' "$(yes 1,2,4 | head -n 60)" > table.csv
"$program" import csv table.csv --target t --missing nan -o bad.h5 --force --quiet
table good.h5 1.5,0,0 2,0,0
for loss in mse mae huber; do
  sed "s/loss: .*}/loss: $loss}/" sigmoid.yaml > values.yaml
  refused_at_once "$loss: target nan, expected a finite number" values.yaml
done
refused_everywhere 'huber: target nan' values.yaml
echo 'nothing is left'
