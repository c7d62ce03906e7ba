#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names and values from files, arguments and the environment that hold control characters: they reach a terminal written out.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
esc=$'\e]0;owned\a\e[31m' bell=$'\a' other=$'\u009b' turn=$'\u202e'
bad="x$esc$bell$other$turn"

# shows COMMAND…: what it says holds the name, written out; no control character reaches either stream.
shows() {
  "$program" "$@" > out 2> err < /dev/null || true
  ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' out err || fail "$*: $(cat -v out err)"
  grep -qF 'x\x1b]0;owned\x07\x1b[31m' out err || fail "$*: the name is not there: $(cat out err)"
}

# --- arguments ---
shows "$bad"
shows train "$bad"
shows train run.yaml --quiet "$bad"
shows train run.yaml "--$bad"
shows train run.yaml --set "$bad"
shows train run.yaml --set "$bad=1"
shows train run.yaml --set "run.name=$bad"
shows train run.yaml --set "data.train.file='$bad.h5'"
shows plan run.yaml --ranks "$bad"
shows bench run.yaml --steps "$bad"
shows lr-find run.yaml --to "$bad"
shows inspect "$bad"
shows verify "$bad"
shows status "$bad"
shows diff "$bad" run
shows eval "$bad"
shows predict "$bad" -o out.csv
shows plot "$bad"
shows check-objective "$bad"
shows help "$bad"
shows help layer "$bad"
shows import "$bad"
shows import csv "$bad" -o out.h5
shows import idx --train-images "$bad" -o out.h5
shows import npy --features "$bad" -o out.h5
shows import synthetic --rows "$bad" -o out.h5

# --- configurations ---
sed 's/softmax_cross_entropy/"x\\e]0;owned\\a\\e[31m"/' run.yaml > loss.yaml
shows train loss.yaml
sed 's/centered: true/"x\\e]0;owned\\a\\e[31m": true/' run.yaml > key.yaml
shows train key.yaml
sed 's/data\.h5/"x\\e]0;owned\\a\\e[31m.h5"/' run.yaml > file.yaml
shows train file.yaml
sed 's/epochs: 3/epochs: x/' run.yaml > "$bad.yaml"
shows train "$bad.yaml"

# --- tables ---
printf 'a,y\n1,2\n%s,3\n' "$bad" > field.csv
shows import csv field.csv --target y -o out.h5
printf '%s,y\n1,2\nz,3\n' "$bad" > column.csv
shows import csv column.csv --target y -o out.h5
shows import csv column.csv --target z -o out.h5
printf 'a,y\n1,%s\n' "$bad" > label.csv
shows import csv label.csv --target y --class-target -o out.h5
cp field.csv "$bad.csv"
shows import csv "$bad.csv" --target y -o out.h5

printf 'g,a,y\n%s,1,2\n' "$bad" > group.csv
shows import csv group.csv --split g --target y -o out.h5

# --- data files ---
cp data.h5 "$bad.h5"
shows inspect "$bad.h5/none"
head -c 3000 data.h5 > "$bad.h5"
shows inspect "$bad.h5"

# --- files of a run ---
on 1 train run.yaml --quiet --set train.steps=20
printf 'incarnation 0123456789abcdef\njob %s\nrestart 0\nhost %s\nboot b\nprocess 17\nbeat 00000000000000000007 time 0000000000001.000 ended\n' \
  "x${esc// /}" "x${esc// /}" > run/lease
"$program" status run > out 2> err || true
! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' out err || fail "lease: $(cat -v out err)"
sed -i 's/"state": "[a-z]*"/"state": "x\\u001b]0;owned\\u0007\\u001b[31m"/; s/"host": "[^"]*"/"host": "x\\u001b[31m"/' run/status.json
"$program" status run > out 2> err || true
! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' out err || fail "status.json: $(cat -v out err)"
mv run "$bad"
shows status "$bad"
shows verify "$bad"
shows inspect "$bad"
shows eval "$bad" --data train
shows plot "$bad" -o "$bad.svg"
echo 'nothing reaches the terminal'
