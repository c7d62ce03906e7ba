#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every kind of wrong input of a run: one clear error, a non-zero exit status on all ranks, no hang, no partial files.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# refused RANKS CODE TEXT ARGUMENTS…: the command fails with that status, and its one error holds the text.
refused() {
  local ranks=$1 code=$2 text=$3 got=0
  shift 3
  on "$ranks" "$@" > out.log 2> err.log || got=$?
  [[ $got == "$code" ]] || fail "'$*' on $ranks ranks: exit $got, expected $code: $(cat err.log)"
  [[ $(grep -c '^shardprop: error: ' err.log) == 1 ]] || fail "'$*': not one error: $(cat err.log)"
  grep -qF -- "$text" err.log || fail "'$*': expected '$text', got: $(cat err.log)"
  printf '%s\n' "$(grep -m 1 '^shardprop: error: ' err.log)"
}

# never_began: the last command left no run behind that a later one would find.
never_began() {
  local leftovers
  leftovers=$(find run -name 'step-*' 2>/dev/null || true)
  [[ -z $leftovers ]] || fail "left behind: $leftovers"
}

small_data
small_config
train=(train run.yaml)

# --- the configuration ---
refused 2 2 'nowhere.yaml' train nowhere.yaml
refused 2 2 'is a directory' train .
sed 's/centered/centred/' run.yaml > bad.yaml
refused 2 2 "bad.yaml:12:39: optimizer.rmsprop.centred: unknown key (did you mean 'centered'?)" train bad.yaml
refused 2 2 'optimizer.rmsprop.decay: expected a number in [0, 1), got 1.5' "${train[@]}" --set optimizer.rmsprop.decay=1.5
refused 1 2 "did you mean 'dense'" "${train[@]}" --set 'model.layers=[{dens: {units: 3}}]'
printf 'train: {epochs: 3}\ntrain: {epochs: 4}\n' > bad.yaml
refused 2 2 'bad.yaml:2:1' train bad.yaml
printf 'data: {train: {fiel: data.h5}}\noptimiser: rmsprop\ntrain: {epochs: -1}\n' > bad.yaml
refused 1 2 'bad.yaml:2:1: optimiser' train bad.yaml
grep -q 'bad.yaml:3:9: train.epochs' err.log || fail "not all errors at once: $(cat err.log)"
grep -q 'data.train.fiel' err.log || fail "an unknown key is not named: $(cat err.log)"
{ echo 'a: &a [x, x, x, x, x, x, x, x, x]'; for i in b c d e f g h i j; do
  p=$(printf '%s' "$i" | tr 'bcdefghij' 'abcdefghi')
  echo "$i: &$i [*$p, *$p, *$p, *$p, *$p, *$p, *$p, *$p, *$p]"; done; } > bad.yaml
refused 1 2 'bad.yaml' train bad.yaml
refused 2 2 'too few for 8 lanes' "${train[@]}" --set train.batch_size=7
refused 1 2 'nesterov' "${train[@]}" --set optimizer.rmsprop.nesterov=true --set optimizer.rmsprop.momentum=0
refused 1 2 'train.monitor' "${train[@]}" --set train.monitor=acuracy
refused 1 2 'needs a value' train run.yaml --set
refused 3 2 'unknown option' train run.yaml --sett x=1
sed 's/file: data.h5/file: []/' run.yaml > bad.yaml
refused 2 2 'bad.yaml:3:11: data.train.file: the list of files is empty' train bad.yaml
refused 1 2 'data.test.file: the list of files is empty' "${train[@]}" --set 'data.test.file=[]'
refused 1 2 'data.train.file: the name of a file is empty' "${train[@]}" --set 'data.train.file=[data.h5, ""]'
sed 's/units: 300/units: 1000000000000/' run.yaml > bad.yaml # 2.9e14 bytes
refused 2 2 'bad.yaml:8:3: model.layers: the parameters need 29' train bad.yaml
grep -qF 'the largest tensor is dense_2/weight' err.log || fail "the layer is not named: $(cat err.log)"
sed 's/standardize/scale: 0/' run.yaml > bad.yaml
refused 2 2 'bad.yaml:6:15: data.transform[0]: scale: expected a factor that is not 0' train bad.yaml
refused 1 2 'did you mean' trian
never_began

# --- the data ---
refused 2 1 'nowhere.h5' "${train[@]}" --set data.train.file=nowhere.h5
refused 2 1 'none-*.h5' "${train[@]}" --set 'data.train.file=none-*.h5'
refused 3 1 '/train/image' "${train[@]}" --set data.train.features=/train/image
grep -q '/train/features' err.log || fail "the data sets that are there are not named: $(cat err.log)"
refused 2 1 'data.train' "${train[@]}" --set data.train.features=/train
refused 2 1 'rows' "${train[@]}" --set data.train.targets=/test/targets
refused 1 2 'error: --set model.inputs.features=13: model.inputs.features: [13] does not match' "${train[@]}" --set model.inputs.features=13
refused 2 1 'expected 0 to 2' "${train[@]}" --set 'model.layers=[{dense: {units: 3}}]'
refused 2 2 'model' "${train[@]}" --set model.loss=mse
: > empty.h5
refused 2 1 'empty.h5' "${train[@]}" --set data.train.file=empty.h5
head -c 3000 data.h5 > short.h5
refused 2 1 'short.h5' "${train[@]}" --set data.train.file=short.h5
ln -s loop.h5 loop.h5
refused 2 1 'loop.h5' "${train[@]}" --set data.train.file=loop.h5

# Training does not need the test rows, but missing ones, or ones of another shape, are an error before it begins.
"$program" import synthetic --rows 20 --features 13 --classes 4 -o thirteen.h5 --quiet
"$program" import synthetic --rows 20 --features 12 --regression -o values.h5 --quiet
for command in train plan; do
  refused 2 2 'data.test: nowhere.h5: no such file (training does not use data.test' $command run.yaml --set data.test.file=nowhere.h5
  refused 1 2 '/test/feature: no such data set; the file has /test/features' $command run.yaml --set data.test.features=/test/feature
  refused 2 2 'data.test: features of shape [13], expected [12] as in data.train' $command run.yaml --set data.test.file=thirteen.h5 \
    --set data.test.features=/train/features --set data.test.targets=/train/targets
  refused 1 2 'values.h5: /train/targets: a row contains float32, expected one integer' $command run.yaml --set data.test.file=values.h5 \
    --set data.test.features=/train/features --set data.test.targets=/train/targets
done
[[ ! -e run ]] || fail "a run that never began has left: $(find run)"
ln -s data.h5 linked.h5
on 2 plan run.yaml --set 'data.train.file=[data.h5, empty.h5, linked.h5]' 2> err.log > plan.txt || true
[[ $(grep -c 'linked.h5: is listed more than once (also as data.h5)' err.log) == 1 ]] || fail "a repeated file: $(cat err.log)"
rm linked.h5
for command in plan train; do
  refused 1 2 'data.test: lacks the column features, which the network reads (training does not use data.test' $command run.yaml \
    --set data.test.features=~
done
"$program" plan run.yaml --set data.test=~ > plan.txt || fail 'plan: no test rows'
"$program" plan run.yaml --set data.test.targets=~ > plan.txt || fail 'plan: no test targets'

# --- targets that the loss does not accept ---
yes_no=(--set 'model.layers=[{dense: {units: 1}}]' --set model.loss=sigmoid_cross_entropy --set 'model.metrics=[]')
for command in train plan lr-find bench; do
  refused 2 1 'sigmoid_cross_entropy: target' $command run.yaml "${yes_no[@]}"
  grep -qF 'data.h5: /train/targets: row ' err.log || fail "$command: the place is not named: $(cat err.log)"
done
refused 2 2 'standardize' "${train[@]}" "${yes_no[@]}" --set 'data.target_transform=[standardize]'
refused 2 1 'one_hot: value 3: expected an integer from 0 to 2' "${train[@]}" \
  --set 'data.target_transform=[{one_hot: {classes: 3}}]' --set 'model.layers=[{dense: {units: 3}}]'
[[ ! -e run ]] || fail "a run that never began has left: $(find run)"

# --- a first start that is refused leaves no file and no directory ---
awk 'BEGIN { print "a,class,real,wide"; for (i = 0; i < 300; i++) print i / 300 "," i % 4 "," i / 7 "," i / 9 }' > rows.csv
"$program" import csv rows.csv --features a --target class --class-target -o classes.h5 --quiet
"$program" import csv rows.csv --features a --target real -o reals.h5 --quiet
"$program" import csv rows.csv --features a --target real,wide -o wide.h5 --force --quiet
sed 's/^0.5,.*/0.5,9,nan,nan/' rows.csv > wrong.csv
"$program" import csv wrong.csv --features a --target class --class-target -o wrong_class.h5 --quiet
"$program" import csv wrong.csv --features a --target real --missing nan -o nan.h5 --quiet
: > out.log && : > err.log
find . | sort > before
# leaves CODE TEXT FILE LOSS UNITS OPTION…: in runs/small, a name of its own, and a directory in others that are not there.
leaves() {
  local code=$1 text=$2 file=$3 loss=$4 units=$5 place ranks
  shift 5
  for place in '~' new/and/deep; do
    ranks=1
    [[ $place == '~' ]] || ranks=2
    refused $ranks "$code" "$text" "${train[@]}" --set data.train.file="$file" --set data.test=~ --set run.directory=$place \
      --set model.loss="$loss" --set "model.layers=[{dense: {units: $units}}]" --set 'model.metrics=[]' "$@"
    find . | sort > after
    cmp -s before after || fail "$file, $loss, $units: left $(diff before after)"
  done
}
mkdir own && cp run.yaml own/config.yaml
for ranks in 1 2; do
  refused $ranks 2 'own/config.yaml is the configuration file' train own/config.yaml --set run.directory=own
  refused $ranks 2 'own/config.yaml is the configuration file' train own/config.yaml --set run.directory=./own/../own
done
cmp run.yaml own/config.yaml && [[ $(ls own) == config.yaml ]] || fail "a configuration file was replaced: $(ls own)"
: > after && find . | sort > before
leaves 1 'expected 0 to 3' wrong_class.h5 softmax_cross_entropy 4
leaves 1 'nan.h5: /train/targets: row 150' nan.h5 mse 1
leaves 1 'nan.h5: /train/targets: row 150' nan.h5 huber 1
leaves 2 'model' wide.h5 mse 1
leaves 2 'model' reals.h5 mse 3
leaves 2 'expected class numbers' reals.h5 softmax_cross_entropy 4
leaves 1 'sigmoid_cross_entropy: target' classes.h5 sigmoid_cross_entropy 1
leaves 1 'sigmoid_cross_entropy: target' reals.h5 sigmoid_cross_entropy 1
leaves 2 'model' wide.h5 softmax_cross_entropy 4
leaves 2 'standardize' classes.h5 softmax_cross_entropy 4 --set 'data.target_transform=[standardize]'

# --- non-finite numbers: nothing of them is saved ---
refused 3 1 'not finite' "${train[@]}" --set optimizer.rmsprop.lr=1e38 --set run.directory=nonfinite
grep -qE 'step [0-9]+ .*dense_.*row' err.log || fail "step, layer or rows are not named: $(cat err.log)"

# --- checkpoints ---
on 2 "${train[@]}" --quiet
cp -r run good
on 2 "${train[@]}" --set train.epochs=4 --set run.directory=good --set data.test.file=nowhere.h5 2> err.log ||
  fail "test rows that are gone when a run continues: $(cat err.log)"
grep -qF 'warning: run.yaml:5:3: data.test: nowhere.h5: no such file' err.log || fail "no warning: $(cat err.log)"
rm -r good
cp -r run good
refused 1 2 'model.layers' "${train[@]}" --set 'model.layers=[{dense: {units: 4}}]'
refused 2 2 'train.batch_size: the run has 48, the configuration 64' "${train[@]}" --set train.batch_size=64
refused 2 2 'run.seed: the run has 7, the configuration 8' "${train[@]}" --set run.seed=8
"$program" import synthetic --rows 1100 --features 12 --classes 4 --test-rows 200 --seed 3 --force -o other.h5 --quiet
cp data.h5 kept.h5
cp other.h5 data.h5
refused 2 2 'the data do not match those' "${train[@]}"
mv kept.h5 data.h5
newest=$(readlink run/checkpoints/last)
# damage WHAT FILE…: the newest checkpoint is refused with a warning, the one before it is used, the result is the same.
damaged() {
  on 3 "${train[@]}" > out.log 2> err.log || fail "$1: $(cat err.log)"
  grep -q "warning: .*$newest" err.log || fail "$1: no warning: $(cat err.log)"
  [[ $(state "$(last run)") == $(state "$(last good)") ]] || fail "$1: other bits than before"
  rm -r run
  cp -r good run
}
truncate -s -4000 "run/checkpoints/$newest/node-0000.h5"
damaged 'a truncated part'
truncate -s 1000 "run/checkpoints/$newest/state.h5"
damaged 'a truncated state'
size=$(stat -c %s "run/checkpoints/$newest/node-0000.h5")
printf '\x5a' | dd of="run/checkpoints/$newest/node-0000.h5" bs=1 seek=$((size / 2)) conv=notrunc status=none
damaged 'a flipped byte'
rm "run/checkpoints/$newest/manifest"
damaged 'a missing manifest'
for checkpoint in run/checkpoints/step-*; do truncate -s 100 "$checkpoint/state.h5"; done
refused 2 1 'checkpoint' "${train[@]}"
rm -r run

# --- the run directory ---
on 1 "${train[@]}" --quiet --set train.epochs=100000 &
job=$!
until [[ -s run/lease ]]; do sleep 0.01; done
refused 2 1 'in use by another job' "${train[@]}"
kill -9 "$(ranks_of $job)"
wait $job 2>/dev/null || true
rm -r run
: > file
refused 2 1 'file: is a file, expected a directory' "${train[@]}" --set run.directory=file/run
refused 2 1 'file: is a file, expected a directory' "${train[@]}" --set run.directory=file
mkdir taken && : > taken/checkpoints
refused 2 1 'taken/checkpoints: is a file, expected a directory' "${train[@]}" --set run.directory=taken
[[ $(ls -A taken) == checkpoints ]] || fail "taken: $(ls -A taken)"
mkdir led && ln -s nowhere led/checkpoints
refused 2 1 'led/checkpoints: is a dangling symbolic link, expected a directory' "${train[@]}" --set run.directory=led
ln -s / root
for directory in .. . a/.. ../. ..//; do
  refused 1 2 'run.directory' "${train[@]}" --set run.directory="$directory"
  grep -qF "'$directory' ends in '." err.log || fail "$directory: $(cat err.log)"
done
refused 1 2 "'missing/../run' leaves a directory that does not exist by '..'" "${train[@]}" --set run.directory=missing/../run
for directory in / // /. ../../../../../../../../../../../.. root root/; do
  refused 1 2 'run.directory' "${train[@]}" --set run.directory="$directory"
  grep -qF 'is the root of the file system' err.log || fail "$directory: $(cat err.log)"
done

# --- disks: full and read-only, in a mount of our own ---
if unshare -rm true 2>/dev/null; then
  export -f refused on fail
  export program
  unshare -rm bash -euo pipefail -c '
    train=(train run.yaml)
    mkdir small closed
    mount -t tmpfs -o size=300k tmpfs small
    refused 2 1 "a checkpoint needs" "${train[@]}" --set run.directory=small/run
    [[ -z $(ls -A small) ]] || fail "a refused start has left $(find small)"
    mount -t tmpfs -o ro tmpfs closed
    refused 2 1 "Read-only file system" "${train[@]}" --set run.directory=closed/run
    "$program" import synthetic --rows 100000 --features 12 --classes 4 -o small/big.h5 2> err.log && fail "imported to a full disk"
    grep -q "free some space" err.log || fail "import: $(cat err.log)"
    [[ -z $(find small -name "big*") ]] || fail "half an import was left"
  '
else
  echo 'SKIP full and read-only disks: no mount namespaces here'
fi
if ((EUID != 0)); then
  mkdir closed && chmod 500 closed
  refused 2 1 'Permission denied' "${train[@]}" --set run.directory=closed/run
  cp data.h5 secret.h5 && chmod 000 secret.h5
  refused 2 1 'secret.h5' "${train[@]}" --set data.train.file=secret.h5
fi
echo 'all refused'
