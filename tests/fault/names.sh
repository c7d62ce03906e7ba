#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names of files, directories and data sets with line breaks, escape sequences, invisible characters and characters that
# change the direction of text: every command shows them escaped, in one line, on standard output and standard error and
# in the files of a run.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
export LC_ALL=C

name=$'a\nFORGED\e[31m\xe2\x80\xae\xe2\x80\x8bz' # in the file system
yaml='a\nFORGED\e[31m\u202E\u200Bz'               # in a double-quoted string of YAML
shown='a\nFORGED\x1b[31m\u202e\u200bz'            # in messages

# plain FILE WHAT: the file has no name that is not escaped.
plain() {
  if grep -aqE $'^(shardprop: )?FORGED|\e|\xe2\x80\xae|\xe2\x80\x8b' "$1"; then fail "$2: a name is shown as it is: $(cat -v "$1")"; fi
}

# shows COUNT CODE COMMAND…: its exit status is CODE, and it shows the name at least COUNT times.
shows() {
  local least=$1 expected=$2 code=0
  shift 2
  timeout 60 "$program" "$@" > out.log 2>&1 || code=$?
  [[ $code == "$expected" ]] || fail "$*: exit $code, expected $expected: $(cat -v out.log)"
  plain out.log "$*"
  (($(grep -aoF -- "$shown" out.log | wc -l) >= least)) || fail "$*: expected '$shown': $(cat -v out.log)"
}

small_data
small_config
shows 1 0 import synthetic --rows 300 --features 12 --classes 4 --test-rows 100 --seed 3 -o "$name.h5"
shows 1 1 import synthetic --rows 300 --features 12 -o "$name.h5"
h5copy -i data.h5 -o "$name.h5" -s /train/features -d "/$name"
h5copy -i data.h5 -o "$name.h5" -s /train/targets -d "/$name.t"
shows 1 0 inspect "$name.h5"
timeout 60 "$program" inspect "$name.h5" --json > out.log && plain out.log 'inspect --json'
printf 'a,t\n1,2\n' > "$name.csv"
shows 1 0 import csv "$name.csv" --features a --target t -o "$name.out.h5"
shows 1 2 import csv "$name.csv" --features "$name" --target t -o out.h5
shows 1 1 import csv "$name.none" --target t -o out.h5

set=(--set "data.train.file=\"$yaml.h5\"" --set "data.train.features=\"/$yaml\"" --set "data.train.targets=\"/$yaml.t\""
  --set "run.directory=\"$yaml\"" --set "data.test.file=\"$yaml.h5\"" --set train.lanes=1)
shows 3 0 plan run.yaml "${set[@]}"
shows 1 0 plan run.yaml "${set[@]}" --directory
shows 2 0 train run.yaml "${set[@]}" --set train.steps=20
for file in train.log status.json metrics.jsonl; do plain "$name/$file" "$file"; done
shows 2 0 train run.yaml "${set[@]}" --set train.steps=30 # goes on
shows 1 0 status "$name"
shows 0 0 status "$name" --json
shows 1 0 inspect "$name"
shows 1 0 verify "$name"
shows 2 1 diff "$name" "$name/checkpoints/last" # the best one, and the last
shows 1 0 eval "$name"
shows 1 0 predict "$name" -o "$name.predicted.csv"
shows 1 0 predict "$name" -o "$name.predicted.h5"
shows 1 2 predict "$name.none" -o out.csv
shows 1 2 status "$name.none"
shows 1 2 verify "$name.none"
shows 1 2 inspect "$name.none"

# --- refused and applied settings, each in a line of its own ---
mv "$name.h5" "$name.moved.h5"
moved=("${set[@]}" --set "data.train.file=\"$yaml.moved.h5\"" --set "data.test.file=\"$yaml.moved.h5\"")
shows 2 0 train run.yaml "${moved[@]}" --set train.steps=40
written=$(sed 's/202E/202e/; s/200B/200b/' <<< "$yaml")
grep -aqF "  data.train.file: the run has [\"$written.h5\"], the configuration [\"$written.moved.h5\"]" out.log || fail "$(cat -v out.log)"
shows 0 2 train run.yaml "${moved[@]}" --set "data.train.targets=\"/$yaml\"" --set train.batch_size=40
grep -aqF "  data.train.targets: the run has \"/$written.t\", the configuration \"/$written\"" out.log || fail "$(cat -v out.log)"
grep -aqE '^  train.batch_size: the run has 48, the configuration 40$' out.log || fail "$(cat -v out.log)"
h5copy -i data.h5 -o other.h5 -s /test/features -d "/$name"
h5copy -i data.h5 -o other.h5 -s /test/targets -d "/$name.t"
shows 0 2 train run.yaml "${set[@]}" --set data.train.file=other.h5 --set data.test=~
grep -aqE '^  the run has 1000 rows' out.log || fail "$(cat -v out.log)"
truncate -s 2000 "$name/checkpoints/step-000000040/node-0000.h5"
shows 1 1 verify "$name"
"$program" verify "$name" --json > out.log && fail 'verify --json: exit 0'
plain out.log 'verify --json'
echo 'names are shown written out'
