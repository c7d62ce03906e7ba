#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Accumulation: the same bits on any rank count and path, also when a run that was stopped goes on with others; where PyTorch
# is with the large batch; what plan says of it; steps that are not finite; and what is refused.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
compare=$3

small_data
small_config
# 120 rows a step, and 80 in an epoch's last one: five parts of uneven shares, then four.
train=(train run.yaml --quiet --set train.lanes=5 --set train.batch_size=24 --set optimizer.accumulate=5)
on 1 "${train[@]}" --set run.directory=one
expected=$(state "$(last one)")
(($("$program" inspect "$(last one)" | sed -n 's/^step *\([0-9]*\).*/\1/p') == 21)) || fail 'expected 7 updates an epoch'

for run in {2,3,5}-window {3,5}-mpi; do
  on "${run%-*}" "${train[@]}" --set run.directory="$run" --set exchange.path="${run#*-}"
  [[ $(state "$(last "$run")") == "$expected" ]] || fail "$run: other bits than one rank"
  diff <(grep '"event":"epoch"' one/metrics.jsonl | sed 's/,"seconds".*//') \
    <(grep '"event":"epoch"' "$run/metrics.jsonl" | sed 's/,"seconds".*//') || fail "$run: other records"
done
printf 'on 1, 2, 3 and 5 ranks, windows and messages: %s\n' "$expected"

on 3 "${train[@]}" --set run.directory=resumed --set train.steps=9
on 5 "${train[@]}" --set run.directory=resumed --set train.steps=14
on 2 "${train[@]}" --set run.directory=resumed
[[ $(state "$(last resumed)") == "$expected" ]] || fail 'other bits after going on'

for ranks in 1 3; do
  on $ranks "${train[@]}" --set run.directory=chunks-$ranks --set train.epochs=1 --set data.shuffle=chunks --set data.cache=none
done
[[ $(state "$(last chunks-1)") == $(state "$(last chunks-3)") ]] || fail 'shuffle: chunks: other bits on 3 ranks'

# PyTorch's trajectory with batches of 32, from four of 8, to what float64 and so many steps leave.
cp "$source_root/tests/golden/trajectory_float64.h5" .
on 2 train "$source_root/tests/golden/trajectory_float64.yaml" --quiet --set run.directory=pytorch --set train.lanes=3 \
  --set train.batch_size=8 --set optimizer.accumulate=4
"$compare" pytorch/checkpoints/last/state.h5 /parameters trajectory_float64.h5 /final 1e-9 || fail 'not where PyTorch is'

# The vector is 6 blocks of 4,096 float32.
"$program" plan run.yaml -n 2 --set optimizer.accumulate=7 > plan
grep -q '^ *800 training rows, 200 validation rows; 3 steps per epoch$' plan || fail "plan: $(cat plan)"
grep -q '^7 mini-batches per update: 336 rows$' plan || fail "plan: $(cat plan)"
grep -q '^  accumulated gradients  *393\.2 kB  ' plan || fail "plan: $(cat plan)"
"$program" plan run.yaml -n 2 > plan
if grep -q accumulated plan; then fail "plan: memory for accumulation without any: $(cat plan)"; fi
"$program" plan run.yaml -n 2 --set optimizer.accumulate=20 > plan  # 960 rows, and there are 800
grep -q '^17 mini-batches per update: 800 rows$' plan || fail "plan: $(cat plan)"
# A row is multiplied with matrices of 12 x 300, 300 x 60 and 60 x 4 three times, with the first one twice.
grep -q '^about 99\.1 Mflop per step$' plan || fail "plan: $(cat plan)"

# A run of its own for what is not finite: rows 85 and 210 are at fault, in steps of 8 and of 2 x 4 rows.
(
  mkdir nonfinite
  cd nonfinite
  nonfinite_run
  for batch in '8 1' '4 2'; do
    read -r size count <<< "$batch"
    on 2 train run.yaml --quiet --set run.directory="run-$count" --set train.on_nonfinite=skip \
      --set train.batch_size="$size" --set optimizer.accumulate="$count" 2> err.log
    grep 'skipping the step' "run-$count/train.log" | sed 's/.*warning/warning/' > "left-out-$count"
  done
  grep -q 'step 11 (epoch 1): not finite: features (sample rows 85), in lane 2' left-out-2 || fail "$(cat left-out-2)"
  grep -q 'step 67 (epoch 2): not finite: gradient of dense_[123]/weight, in lane 1' left-out-2 || fail "$(cat left-out-2)"
  diff left-out-1 left-out-2 || fail 'other steps are skipped, or for other reasons'
)

on 1 train run.yaml --quiet --set run.directory=changed --set optimizer.accumulate=2 --set train.steps=2
sed -i 's/directory: run,/directory: changed,/' run.yaml
code=0
on 1 train run.yaml --quiet --set optimizer.accumulate=3 2> error || code=$?
[[ $code == 2 ]] || fail "changed in a run: exit status $code, expected 2"
grep -qF 'optimizer.accumulate: the run has 2, the configuration 3' error || fail "changed in a run: $(cat error)"
refused_setting optimizer.accumulate=0 'optimizer.accumulate: expected an integer in [1, 65536] (mini-batches), got 0'
refused_setting optimizer.accumulate=65537 'optimizer.accumulate: expected an integer in [1, 65536] (mini-batches), got 65537'
refused_setting optimizer.acumulate=2 "optimizer.acumulate: unknown key (did you mean 'accumulate'?)"
