#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Predictions in a file: every row in order, the same bytes on any number of ranks, PyTorch's numbers, the scores that eval
# tells, regressions in the units of the data set; and nothing is left of what goes wrong.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
compare=$3
preload=${4:-}

small_data
small_config
on 2 train run.yaml --quiet

# values FILE DATASET: one a line.
values() { h5dump -m %.9g -y -w 1 -d "$2" "$1" | sed -nE 's/^ +([-0-9][-0-9.e+]*|nan),?$/\1/p'; }
# same A B: lines of numbers, the same but for rounding in float32.
same() { paste "$1" "$2" | awk '{ d = $1 - $2; if (NF != 2 || d > 1e-6 * ($1 ^ 2 + 1) || -d > 1e-6 * ($1 ^ 2 + 1)) exit 1 }'; }
column() { sed 1d 1.csv | cut -d , -f "$1" | tr , '\n'; }
score() { sed -n "s/^$1 //p" scores.txt; }
near() { awk -v a="$1" -v b="$2" -v most="$3" 'BEGIN { exit !(a != "" && a - b <= most && b - a <= most) }'; }

# --- the same bytes, at any time ---
for ranks in 1 2 3; do
  for name in $ranks.h5 $ranks.csv; do on $ranks predict run -o $name 2> out.log || fail "$name: $(cat out.log)"; done
  ((ranks == 2)) || on $ranks predict run -o small-$ranks.h5 --gzip 3 --chunk 7 --quiet
  sleep 0.5
done
for ranks in 2 3; do cmp 1.h5 $ranks.h5 && cmp 1.csv $ranks.csv || fail "other bytes on $ranks ranks"; done
cmp small-1.h5 small-3.h5 || fail 'compressed: other bytes on 3 ranks'
grep -qF '3.csv' out.log && grep -qF 'features (12), targets, prediction (4), class, probability (4)' out.log || fail "$(cat out.log)"
grep -q 'step [0-9]*, 200 rows of test in ' out.log || fail "$(cat out.log)"
on 2 predict run -o 1.h5 --force --quiet 2> err.log
[[ ! -s err.log ]] || fail "not quiet: $(cat err.log)"
cmp 1.h5 2.h5 || fail 'replaced by other bytes'

# --- PyTorch's numbers, of its initial parameters ---
cp "$source_root"/tests/golden/trajectory_*.h5 .
for name in classes values float64 blocks norms; do
  "$program" train "$source_root/tests/golden/trajectory_$name.yaml" --quiet --set run.directory="$name" --set train.steps=0
  on 2 predict "$name" --quiet -o "$name.h5"
  "$compare" "$name.h5" / "trajectory_$name.h5" /outputs 1e-6 || fail "$name: not what PyTorch predicts"
done

# --- classes ---
"$program" eval run --quiet > scores.txt
values 1.h5 /predictions | awk '{ at = (NR - 1) % 4; if (at == 0 || $1 > most) { most = $1; class = at } } at == 3 { print class }' > largest
values data.h5 /test/targets > targets
values 1.h5 /class > class
[[ $(wc -l < class) == 200 ]] || fail "classes: $(wc -l < class)"
cmp class largest || fail 'classes are not the places of the largest predictions'
near "$(paste class targets | awk '$1 == $2 { right++ } END { print right / NR }')" "$(score accuracy)" 1e-8 || fail 'accuracy'
values 1.h5 /probability | awk '{ sum += $1 } NR % 4 == 0 { if ((sum - 1) ^ 2 > 1e-12) exit 1; sum = 0 }' || fail 'probabilities'
cmp class <(column 18) || fail 'classes in the table'
cmp targets <(column 13) || fail 'targets in the table'
same <(values data.h5 /test/features) <(column 1-12) || fail 'features in the table'
same <(values 1.h5 /predictions) <(column 14-17) || fail 'predictions in the table'
same <(values 1.h5 /probability) <(column 19-22) || fail 'probabilities in the table'
h5dump -a /step 1.h5 | grep -qF "(0): $("$program" inspect run | sed -n 's/^step *\([0-9]*\).*/\1/p')" || fail "step: $(h5dump -a /step 1.h5)"
h5dump -a /run 1.h5 | grep -qF '"small"' || fail 'the name of the run'
h5dump -a /parameters 1.h5 | grep -qF '"raw"' || fail 'which parameters'
h5dump -a /checkpoint 1.h5 | grep -qF '/run/checkpoints/step-' || fail "checkpoint: $(h5dump -a /checkpoint 1.h5)"
h5dump -a /config 1.h5 | grep -qF 'softmax_cross_entropy' || fail 'the configuration'
h5dump -a /predictions/units 1.h5 | grep -qF '"logits"' || fail 'units of logits'

# A row that holds a NaN has no class, as it is never right, and a warning counts it.
awk 'BEGIN {
  for (i = 0; i < 12; i++) printf "x%d,", i; print "t"
  for (r = 0; r < 3; r++) { for (i = 0; i < 12; i++) printf "%s,", r == 1 && i == 4 ? "nan" : i / 6; print 0 } }' > rows.csv
"$program" import csv rows.csv --target t --class-target --missing nan -o rows.h5 --quiet
rows=(--set 'data.test={file: rows.h5, features: /train/features, targets: /train/targets}')
"$program" predict run "${rows[@]}" -o nan.csv --quiet 2> err.log
grep -qx 'shardprop: warning: 1 row with predictions that are not finite' err.log || fail "NaN: $(cat err.log)"
[[ $(sed -n 3p nan.csv | cut -d , -f 5,14-) == nan,nan,nan,nan,nan,-1,nan,nan,nan,nan ]] || fail "NaN: $(sed -n 3p nan.csv)"
[[ $(sed -n 4p nan.csv) == "$(sed -n 2p nan.csv)" && $(sed -n 4p nan.csv) != *nan* ]] || fail "beside a NaN: $(cat nan.csv)"

# --- which rows ---
"$program" predict run --data validation -o validation.csv --quiet
"$program" predict run -d train -o train.csv --quiet
[[ $(wc -l < validation.csv) == 201 && $(wc -l < train.csv) == 801 ]] || fail 'rows of train and validation'
cmp <(values data.h5 /train/targets) <(sed 1d train.csv | cat - <(sed 1d validation.csv) | cut -d , -f 13) || fail 'order of rows'
other=(--set data.test.features=/train/features --set data.test.targets=/train/targets)
"$program" predict run "${other[@]}" -o other.csv --quiet --set data.cache=none
# The last rows of a piece are multiplied as a smaller matrix, whose sums some processors take in another order.
same <(sed 1d other.csv | tr , '\n') <(sed 1d train.csv | cat - <(sed 1d validation.csv) | tr , '\n') ||
  fail 'the same rows from elsewhere'

# Rows without targets: the same but for them, and they have no score.
untargeted=(--set data.test.targets=~)
on 2 predict run "${untargeted[@]}" -o untargeted.csv --quiet
cmp untargeted.csv <(cut -d , -f 1-12,14- 1.csv) || fail 'rows without targets'
"$program" eval run "${untargeted[@]}" 2> err.log && fail 'rows without targets are scored'
grep -q 'data.test: lacks the column targets, which the loss or a metric reads: scores require it$' err.log || fail "$(cat err.log)"
"$program" plan run.yaml "${untargeted[@]}" > plan.txt || fail 'plan refuses rows without targets'

# --- regression, of one output in transformed targets, and of yes or no ---
awk 'BEGIN { OFS = ","; print "x,t,b"; for (i = 0; i < 200; i++) { x = i / 100 - 1; print x, 1000 + 3 * x, (x > 0.2) } }' > line.csv
"$program" import csv line.csv --features x --target t --dtype float64 -o line.h5 --quiet
"$program" import csv line.csv --features x --target b -o bits.h5 --quiet
cat > line.yaml <<'YAML'
run: {directory: line}
data:
  train: {file: line.h5, features: /train/features, targets: /train/targets}
  transform: [standardize]
  target_transform: [{scale: {factor: 0.001, shift: -1}}, standardize]
model: {layers: [{dense: {units: 1}}], loss: mse, metrics: [{rmse: {units: original}}]}
optimizer: {rmsprop: {lr: 0.01}}
train: {batch_size: 20, epochs: 40, lanes: 3, precision: float64}
YAML
on 3 train line.yaml --quiet
"$program" predict line -o line-1.csv --quiet
on 3 predict line -o line-3.csv --quiet
"$program" predict line -o line-1.h5 --quiet
cmp line-1.csv line-3.csv || fail 'line: other bytes on 3 ranks'
[[ $(head -n 1 line-1.csv) == features,targets,prediction ]] || fail "heading: $(head -n 1 line-1.csv)"
cmp <(cut -d , -f 1,2 line.csv | sed 1d) <(cut -d , -f 1,2 line-1.csv | sed 1d) || fail 'the table has not the numbers of the data'
"$program" eval line --quiet > scores.txt
rmse=$(awk -F , 'NR > 1 { sum += ($2 - $3) ^ 2 } END { printf "%.17g", sqrt(sum / (NR - 1)) }' line-1.csv)
near "$rmse" "$(score rmse)" 1e-7 || fail "line: rmse of the table $rmse, of eval $(score rmse)"
near "$rmse" 0 0.1 || fail "line: rmse $rmse"
paste -d , <(values line-1.h5 /predictions) <(cut -d , -f 3 line-1.csv | sed 1d) | awk -F , '($1 - $2) ^ 2 > 1e-8 { exit 1 }' || fail 'line'
on 2 predict line --set data.test.file=line.h5 --set data.test.features=/train/features -o untargeted.csv --force --quiet
cmp untargeted.csv <(cut -d , -f 1,3 line-1.csv) || fail 'line: rows without targets'
h5dump -a /predictions/units line-1.h5 | grep -qF '"original"' || fail 'units of values'

on 2 train line.yaml --quiet --set run.directory=bits --set data.train.file=bits.h5 --set 'data.target_transform=[]' \
  --set model.loss=sigmoid_cross_entropy --set 'model.metrics=[accuracy]' --set train.precision=float32
on 2 predict bits -o bits.CSV --quiet
"$program" eval bits --quiet > scores.txt
right=$(awk -F , 'NR == 1 { if ($0 != "features,targets,prediction,probability") exit 1; next }
  { d = $4 - 1 / (1 + exp(-$3)); if (d * d > 1e-12) exit 1; if ($2 == ($4 > 0.5)) right++ } END { print right / (NR - 1) }' bits.CSV)
near "$right" "$(score accuracy)" 1e-8 || fail "bits: $right, $(score accuracy): $(head -n 3 bits.CSV)"

# --- a failure leaves no file and is reported once ---
# refused STATUS TEXT ARGUMENTS…
refused() {
  local code=0 want=$1 text=$2
  shift 2
  on 2 predict "$@" 2> err.log || code=$?
  ((code == want)) || fail "predict $*: exit $code, expected $want: $(cat err.log)"
  [[ $(grep -c '^shardprop: error: ' err.log) == 1 ]] || fail "predict $*: $(cat err.log)"
  grep -qF -- "$text" err.log || fail "predict $*: expected '$text', got: $(cat err.log)"
  [[ ! -e none.h5 && ! -e none.csv && -z $(find . -name '*.new-*') ]] || fail "predict $*: left $(find . -name '*.new-*')"
}
"$program" import synthetic --rows 20 --features 13 --classes 4 -o wide.h5 --quiet
refused 1 '1.h5: already exists (use --force to replace it)' run -o 1.h5
refused 1 '1.csv: already exists (use --force to replace it)' run -o 1.csv
refused 2 'nowhere: no such run' nowhere -o none.h5
refused 2 'the configuration has no data.test' line -o none.h5 --data test
refused 1 'missing.h5' run -o none.csv --set data.test.file=missing.h5
refused 2 'dense_1/weight[12, 300] in the checkpoint, dense_1/weight[13, 300] in the configuration' run -o none.h5 --set data.test.file=wide.h5 "${other[@]}"
refused 2 '--gzip: applies to HDF5 files only' run -o none.csv --gzip 1
refused 1 '1.h5: is a file, expected a directory' run -o 1.h5/none.h5
ln data.h5 other-name.h5  # nothing is replaced that is no file, and not the data that are read
mkfifo pipe
refused 1 '.: is a directory' run -o . --force
refused 1 'pipe: is a device or a pipe' run -o pipe --force
refused 1 'other-name.h5: contains the rows to predict' run -o other-name.h5 --force
for file in config.yaml status.json metrics.jsonl train.log lease lock; do
  refused 1 'choose another file for the output' run -o run/$file --force
  refused 1 'choose another file for the output' run/checkpoints/best -o run/$file --force
done
for part in run/checkpoints/best/*; do refused 1 'choose another file for the output' run -o "$part" --force; done
[[ -p pipe ]] && "$program" predict run -o data-there.h5 --quiet || fail 'what was there is gone'

# A signal to one rank ends all of them: mpirun sends the others SIGTERM, and some time later SIGKILL.
"$program" import synthetic --rows 200000 --features 12 --classes 4 -o many.h5 --quiet
env -u OMPI_MCA_odls_base_sigkill_timeout -u PRTE_MCA_odls_base_sigkill_timeout \
  timeout 120 mpirun -n 2 "$program" predict run "${other[@]}" --set data.test.file=many.h5 -o none.csv 2> err.log &
job=$!
until compgen -G 'none.csv.new-*' > /dev/null; do sleep 0.01; done
kill -TERM "$(ranks_of $job | tail -n 1)"
code=0
wait $job || code=$?
((code == 128 + 15)) || fail "signal: exit $code: $(cat err.log)"
[[ -z $(find . -name 'none*') ]] || fail "signal: left $(find . -name 'none*')"

# A full disk, wherever it is met, while another rank waits or computes.
full() {  # FILE CALL NUMBER
  local code=0
  timeout 60 mpirun -n 2 -x LD_PRELOAD="$preload" -x FAIL_BELOW="$1" -x FAIL_RANK=0 -x FAIL_NAME="$2" -x FAIL_CALL="$3" \
    -x FAIL_WITH=28 "$program" predict run -d train -o "$1" --quiet 2> err.log || code=$?
  ((code == 1)) && [[ $(grep -c '^shardprop: error: .*No space left' err.log) == 1 ]] || fail "full: $*: exit $code: $(cat err.log)"
  [[ ! -e $1 && -z $(find . -name '*.new-*') ]] || fail "full: $*: left $(find . -name "$1*")"
}
if [[ -n $preload ]]; then
  full none.h5 pwrite 1
  full none.h5 pwrite 3
  full none.csv write 9
  full none.csv rename 1
fi
echo 'predictions are written'
