#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A run directory in use: going back behind a damaged checkpoint, signals, two jobs at once.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
train=(train run.yaml --quiet)
long=(--set train.epochs=1000000 --set checkpoint.every='17 steps')

# started NAME OPTION…: a long run in the background, once it has saved.
started() {
  local name=$1
  shift
  timeout 120 mpirun -n 3 "$program" "${train[@]}" "${long[@]}" --set run.directory="$name" "$@" 2> "$name.log" &
  job=$!
  until [[ -e $name/checkpoints/last ]]; do
    kill -0 $job 2>/dev/null || fail "$name: $(cat "$name.log")"
    sleep 0.02
  done
}

# stopped NAME CODE: how it ended.
stopped() {
  local code=0
  wait $job || code=$?
  [[ $code == "$2" ]] || fail "$1: exit $code, expected $2: $(cat "$1.log")"
}

# --- the newest checkpoint is damaged, and one is kept: what is saved from then on stays ---
on 2 "${train[@]}" --set run.directory=back --set train.steps=40 --set checkpoint.every='20 steps' --set checkpoint.keep=2
truncate -s 100 back/checkpoints/step-000000040/state.h5
on 2 "${train[@]}" --set run.directory=back --set train.steps=37 --set checkpoint.keep=1 2> back.log
grep -q 'falling back' back.log || fail "no warning: $(cat back.log)"
[[ $(readlink back/checkpoints/last) == step-000000037 ]] || fail "last is $(readlink back/checkpoints/last)"
on 1 "${train[@]}" --set run.directory=back --set train.steps=39 --set checkpoint.keep=1 2> back.log
on 1 "${train[@]}" --set run.directory=whole --set train.steps=39
[[ $(state back/checkpoints/step-000000039) == $(state "$(last whole)") ]] || fail 'going back: other bits'

# --- each signal, to one rank: all save, all exit with 75 ---
for signal in TERM INT USR1; do
  started "signal-$signal"
  kill -$signal "$(ranks_of $job | tail -n 1)"
  stopped "signal-$signal" 75
  ls "signal-$signal"/checkpoints/.step* 2>/dev/null && fail "$signal: half a checkpoint"
done

# --- two jobs at the same time: one trains, the other one is refused ---
on 2 "${train[@]}" --set run.directory=two 2> a.log &
job=$!
first=0 second=0
on 2 "${train[@]}" --set run.directory=two 2> b.log || second=$?
wait $job || first=$?
((first == 0 || second == 0)) || fail "two jobs: none trains: $(cat a.log b.log)"
((first + second == 0)) || grep -q 'in use by another job' a.log b.log || fail "two jobs: $(cat a.log b.log)"
on 1 "${train[@]}" --set run.directory=one
[[ $(state "$(last two)") == $(state "$(last one)") ]] || fail 'two jobs: other bits'

# --- data files may be moved between starts, and not be replaced ---
cp data.h5 first.h5
on 2 "${train[@]}" --set run.directory=moved --set data.train.file=first.h5 --set train.steps=20
mv first.h5 second.h5
on 2 train run.yaml --set run.directory=moved --set data.train.file=second.h5 --set train.steps=40 2> moved.log
grep -qx '  data.train.file: the run has .*' moved.log || fail "a moved file is not told: $(cat moved.log)"
on 2 "${train[@]}" --set run.directory=still --set train.steps=40
[[ $(state "$(last moved)") == $(state "$(last still)") ]] || fail 'a moved file: other bits'
"$program" import synthetic --rows 1000 --features 12 --classes 4 --test-rows 200 --seed 4 -o second.h5 --force --quiet
code=0
on 2 "${train[@]}" --set run.directory=moved --set data.train.file=second.h5 --set train.steps=60 2> moved.log || code=$?
[[ $code == 2 ]] && grep -q 'the rows of the data files do not match' moved.log || fail "replaced data: exit $code: $(cat moved.log)"

# --- one changed value of features, targets or the validation file is noticed ---
# table VALUE CLASS FILE: 300 rows, of which one has these.
table() {
  awk -v value="$1" -v class="$2" 'BEGIN {
    print "a,t"
    for (i = 0; i < 300; i++) print (i == 150 ? value : i / 300) "," (i == 150 ? class : i % 3)
  }' > table.csv
  "$program" import csv table.csv --target t --class-target -o "$3" --force --quiet
}
own='{file: own.h5, features: /train/features, targets: /train/targets}'
tables=("${train[@]}" --set run.directory=tables --set data.train.file=table.h5 --set data.test=~ --set "data.validation=$own")
table 0.5 0 table.h5
table 0.5 0 own.h5
on 2 "${tables[@]}" --set train.steps=10
for changed in '0.25 0 table.h5' '0.5 1 table.h5' '0.25 0 own.h5' '0.5 1 own.h5'; do
  # shellcheck disable=SC2086  # words
  table $changed
  code=0
  on 2 "${tables[@]}" --set train.steps=20 2> tables.log || code=$?
  [[ $code == 2 ]] && grep -q 'the rows of the data files do not match' tables.log || fail "$changed: exit $code: $(cat tables.log)"
  table 0.5 0 "${changed##* }"
done
on 2 "${tables[@]}" --set train.steps=20

# --- a start that is refused leaves every file of the run as it was: of one that is done, stopped, killed, and half removed ---
files_of() { # RUN: names, sizes, times, links and contents
  find "$1" -printf '%p %y %l\n' | sort
  find "$1" -type f -printf '%p %s %T@\n' | sort
  find "$1" -type f -print0 | sort -z | xargs -0 sha256sum
}
cp data.h5 rows.h5
runs=(--set data.train.file=rows.h5)
on 2 "${train[@]}" "${runs[@]}" --set run.directory=done --set train.steps=40
started stopped "${runs[@]}"
kill -USR1 "$(ranks_of $job | tail -n 1)"
stopped stopped 75
started killed "${runs[@]}"
# shellcheck disable=SC2046  # several
kill -9 $(ranks_of $job)
ended $job || true
cp -r 'done' bare && rm bare/{lease,lock,status.json,metrics.jsonl,config.yaml,train.log}
cp -r 'done' garbage && for file in lease status.json config.yaml; do echo '{' > garbage/$file; done
"$program" import synthetic --rows 1000 --features 12 --classes 4 --test-rows 200 --seed 4 -o others.h5 --quiet
"$program" import synthetic --rows 1000 --features 12 --classes 5 --seed 3 -o labels.h5 --quiet
# refused CODE FILE TEXT OPTION…: with FILE as the data, for each run.
refused() {
  local expected=$1 file=$2 text=$3 name code ranks
  shift 3
  rm -f rows.h5
  [[ ! -e $file ]] || cp "$file" rows.h5
  for name in 'done' stopped killed bare garbage; do
    files_of $name > before
    ranks=1
    [[ $name != 'done' ]] || ranks=2
    code=0
    on "$ranks" "${train[@]}" "${runs[@]}" --set run.directory=$name "$@" 2> refused.log || code=$?
    [[ $code == "$expected" ]] && grep -qF -- "$text" refused.log || fail "$name, $text: exit $code: $(cat refused.log)"
    files_of $name > after
    cmp -s before after || fail "$name, $text: a refused start has changed $(diff before after)"
  done
}
refused 2 data.h5 optimizer.rmsprop.lr --set optimizer.rmsprop.lr=0.5
refused 2 data.h5 'unknown key' --set optimizer.rmsprop.rate=0.5
refused 2 data.h5 train.deadline --set train.deadline=never
refused 1 nowhere.h5 rows.h5
refused 2 others.h5 'the rows of the data files do not match'
refused 1 labels.h5 'expected 0 to 3'
refused 1 run.yaml rows.h5
cp data.h5 rows.h5
for name in 'done' stopped killed bare garbage; do
  on 1 "${train[@]}" "${runs[@]}" --set run.directory=$name --set train.steps=50 2> refused.log || fail "$name: $(cat refused.log)"
done

# --- numbers far beyond the data ---
on 2 "${train[@]}" --set run.directory=large --set train.batch_size=1000000000 --set train.epochs=1
on 2 "${train[@]}" --set run.directory=long --set train.epochs=1000000000 --set train.steps=1
echo 'all held'
