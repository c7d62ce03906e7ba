#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The learning-rate range test: its table has the same bits on every rank count and what the formulas say, its pictures
# are whole, it ends where the loss does, and the learning rate that it names trains well.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config

# --- the table, on 1 and 3 ranks; the schedule does not count, epochs go by, and no run is made ---
short=(--steps 60 --from 1e-6 --to 1)
on 1 lr-find run.yaml "${short[@]}" -o one > one.txt 2> one.log || fail "lr-find: $(cat one.log)"
on 3 lr-find run.yaml "${short[@]}" -o there/ --set optimizer.schedule.cosine.end=0.5 --quiet > three.txt
cmp one.csv there/lr-find.csv || fail 'the table differs between 1 and 3 ranks'
cmp one.txt three.txt || fail 'the suggestion differs between 1 and 3 ranks'
[[ ! -e run ]] || fail 'a run directory was made'
(($(wc -l < one.csv) > 40)) || fail "$(wc -l < one.csv) lines"  # 17 steps an epoch
awk -F, 'function differs(a, b) { return a / b - 1 > 1e-12 || a / b - 1 < -1e-12 }
  NR == 1 { if ($0 != "step,lr,loss,smoothed") exit 1; next }
  { average = 0.95 * average + 0.05 * $3; weight = 0.95 * weight + 0.05 }
  $1 != NR - 1 || differs($2, 1e-6 * exp(log(1e6) * ($1 - 1) / 59)) || differs($4, average / weight) { print; exit 1 }
  ' one.csv || fail 'the table is not what the formulas say'

# A training step of the same parameters and rows has the same loss, and so has one that follows the same learning rate.
on 2 train run.yaml --quiet --set train.steps=2 --set report.steps=1 --set optimizer.rmsprop.lr=1e-6
trained() { sed -n "s/.*\"event\":\"step\",\"step\":$1,.*\"loss\":\([^,}]*\).*/\1/p" run/metrics.jsonl; }
tested() { awk -F, -v step="$1" '$1 == step { print $3 }' one.csv; }
for step in 1 2; do
  awk -v a="$(trained $step)" -v b="$(tested $step)" 'BEGIN { exit !(a > 0 && (a - b) / a < 1e-6 && (b - a) / a < 1e-6) }' ||
    fail "step $step: the loss of the test is '$(tested $step)', that of a training '$(trained $step)'"
done

# --- pictures ---
grep -q "suggested: $(cat one.txt)<" one.svg || fail 'the suggestion is not in the picture'
[[ -s one.png ]] || fail 'no PNG'
if command -v python3 > /dev/null; then python3 - one.svg one.png <<'PY' || fail 'the pictures are not whole'; fi
import sys, xml.etree.ElementTree, zlib
root = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
words = "".join(root.itertext())
assert all(word in words for word in ("small", "learning rate", "smoothed", "loss of a batch")), words
png, at, data = open(sys.argv[2], "rb").read(), 8, b""
assert png[:8] == b"\x89PNG\r\n\x1a\n" and png[16:24] == (900).to_bytes(4, "big") + (600).to_bytes(4, "big")
while at < len(png):
    size, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
    assert zlib.crc32(png[at + 4:at + 8 + size]) == int.from_bytes(png[at + 8 + size:at + 12 + size], "big")
    data += png[at + 8:at + 8 + size] if kind == b"IDAT" else b""
    at += 12 + size
assert kind == b"IEND" and len(set(zlib.decompress(data))) > 50
PY
grep -q 'one.csv, one.svg and one.png' one.log || fail "the files are not named: $(cat one.log)"

# Neither the configuration nor the data are replaced, under whatever name.
for input in run.yaml data.h5; do
  ln -s $input mine.csv
  code=0
  on 2 lr-find run.yaml "${short[@]}" -o mine 2> mine.log || code=$?
  ((code == 1)) && grep -q "mine.csv: is the input .*$input" mine.log || fail "-o onto $input: exit $code: $(cat mine.log)"
  [[ -L mine.csv && -s $input ]] || fail "$input was replaced"
  rm mine.csv
done

# Without gnuplot the table is there, and what to install is said.
mkdir bin
IFS=: read -ra places <<< "$PATH"
find "${places[@]}" -maxdepth 1 ! -type d ! -name 'gnuplot*' -exec ln -sft bin {} + 2> /dev/null || true
PATH=$PWD/bin "$program" lr-find run.yaml "${short[@]}" -o bare > bare.txt 2> bare.log || fail "no gnuplot: $(cat bare.log)"
grep -q 'warning: bare: not drawn: gnuplot is not on PATH.*apt-get install gnuplot-nox.*the losses are in bare.csv' bare.log ||
  fail "no gnuplot: $(cat bare.log)"
cmp one.csv bare.csv || fail 'no gnuplot: another table'
cmp one.txt bare.txt || fail 'no gnuplot: another suggestion'
[[ ! -e bare.svg && ! -e bare.png ]] || fail 'no gnuplot: a picture'
# With a gnuplot that fails it fails, and the suggestion is said all the same: the test may have taken long.
printf '#!/bin/sh\nexit 3\n' > bin/gnuplot
chmod +x bin/gnuplot
code=0
PATH=$PWD/bin "$program" lr-find run.yaml "${short[@]}" -o failed > failed.txt 2> failed.log || code=$?
[[ $code == 1 && ! -e failed.svg ]] && cmp one.txt failed.txt && cmp one.csv failed.csv || fail "failing gnuplot: $code"
grep -q 'error: failed.svg: gnuplot failed with status 3' failed.log || fail "failing gnuplot: $(cat failed.log)"

# --- the suggestion: between the bounds, and it trains well ---
lr=$("$program" lr-find run.yaml -q)
[[ -s small-lr-find.csv && -s small-lr-find.svg ]] || fail "not beside: $(ls)"
awk -v lr="$lr" 'BEGIN { exit !(lr > 1e-7 && lr < 10) }' || fail "the suggestion is '$lr'"
after() {  # LR: the validation loss of an epoch with it
  "$program" train run.yaml -q --set "run.directory=lr$1" --set "optimizer.rmsprop.lr=$1" --set train.epochs=1
  "$program" eval "lr$1" -q --data validation | sed -n 's/^loss //p'
}
awk -v named="$(after "$lr")" -v small="$(after "$(awk -v lr="$lr" 'BEGIN { print lr / 100 }')")" \
  'BEGIN { exit !(named > 0 && named < 0.5 * small) }' || fail "lr $lr does not train well"

# A run that is there is not touched, whatever it is called.
before=$(find run -type f -exec sha256sum {} + | sort)
"$program" lr-find run.yaml -q "${short[@]}" --set run.name=a/b > /dev/null
[[ -s a-b-lr-find.csv && -s a-b-lr-find.png && ! -e a ]] || fail "a name with a /: $(ls)"
[[ $(find run -type f -exec sha256sum {} + | sort) == "$before" ]] || fail 'the run was touched'

# --- it ends where the loss does, as a success; with nothing to suggest it fails and says so ---
"$program" lr-find run.yaml -o far --to 1e30 > far.txt 2> far.log || fail "to 1e30: $(cat far.log)"
grep -q 'the test ended after [0-9]* of 200 steps: ' far.log || fail "to 1e30: $(cat far.log)"
(($(wc -l < far.csv) < 150)) || fail "to 1e30: $(wc -l < far.csv) lines"
sed '/loss:/s/.*/  loss: mse/; s/{dense: {units: 4}}/{dense: {units: 1}}/; /metrics/d; s/rmsprop: .*/sgd: {lr: 1}/' \
  run.yaml > values.yaml
for skip in stop skip; do  # a loss that is not finite before it could be seen to grow
  code=0
  on 2 lr-find values.yaml -o wild --from 1e15 --to 1e30 --set train.on_nonfinite=$skip > wild.txt 2> wild.log || code=$?
  [[ $code == 1 && ! -s wild.txt && -s wild.csv ]] || fail "wild: $code, $(cat wild.txt wild.log)"
  grep -q 'the test ended after [0-9]* of 200 steps: the loss or its gradient is not finite' wild.log ||
    fail "wild: $(cat wild.log)"
  grep -q 'no learning rate to suggest: .* wild.csv, .* train.batch_size or optimizer.accumulate$' wild.log || fail "wild: $(cat wild.log)"
done

# --- an objective without data ---
examples=$(dirname "$program")/examples
objective=(-q --set "model.objective.library=$examples/bowl.so" -o bowl)
on 1 lr-find "$source_root/configs/bowl.yaml" "${objective[@]}" --set train.lanes=1 > bowl.txt
awk '$1 > 0.01 && $1 < 1 { good = 1 } END { exit !good }' bowl.txt || fail "bowl: '$(cat bowl.txt)'"
code=0
"$program" lr-find run.yaml -o /dev/null/x 2> place.log || code=$?
[[ $code == 1 ]] || fail "an impossible place: exit status $code"
grep -q '/dev/null' place.log || fail "an impossible place: $(cat place.log)"
echo 'the range test holds'
