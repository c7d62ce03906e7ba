#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every schedule: the same bits on 1 and 3 ranks, and when a run that was killed in the middle goes on with 2; and what it
# makes of the learning rate is in the records.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
common=(--quiet --set train.epochs=6 --set train.lanes=3 --set report.steps=1 --set checkpoint.keep=100)

# rates RUN: the learning rates of its steps, one a line.
rates() { sed -n 's/.*"event":"step".*"lr":\([^,}]*\).*/\1/p' "$1/metrics.jsonl"; }

# continues NAME SCHEDULE
continues() {
  local name=$1 set=("${common[@]}" --set "optimizer.schedule=$2")
  on 1 train run.yaml "${set[@]}" --set run.directory="$name"
  on 3 train run.yaml "${set[@]}" --set run.directory="$name-3" --set checkpoint.every='20 steps'
  [[ $(state "$(last "$name")") == $(state "$(last "$name-3")") ]] || fail "$name: other bits on 3 ranks"
  # As if it had been killed after step 40.
  find "$name-3/checkpoints" -mindepth 1 -maxdepth 1 ! -name 'step-000000040' -exec rm -rf {} +
  on 2 train run.yaml "${set[@]}" --set run.directory="$name-3" --set checkpoint.every='20 steps'
  [[ $(state "$(last "$name")") == $(state "$(last "$name-3")") ]] || fail "$name: other bits after going on"
  diff <(rates "$name") <(rates "$name-3") || fail "$name: other learning rates after going on"
  (($(rates "$name" | wc -l) == 102)) || fail "$name: expected the learning rates of 102 steps"
  (($(rates "$name" | sort -u | wc -l) > 1)) || fail "$name: the learning rate never changed"
}

continues step '{step: {every: 25 steps, factor: 0.5}}'
continues multistep '{multistep: {at: [1, 4], factor: 0.3}, warmup: 10 steps}'
continues exponential '{exponential: {factor: 0.8}}'
continues polynomial '{polynomial: {power: 1}, warmup: 1 epoch, warmup_shape: exponential}'
continues cosine '{cosine: {period: 30 steps, multiplier: 2, end: 0.1}}'
continues one_cycle one_cycle
continues inverse_sqrt '{inverse_sqrt: {scale: 10 steps}, warmup: 10 steps}'

# A score that shall rise, but no epoch reaches the threshold; when the run goes on, one has been borne. After the third
# there is a reduction, the fourth does not count, and after the sixth there is another one.
common+=(--set train.monitor=accuracy)
continues plateau '{plateau: {factor: 0.5, patience: 1, threshold: 0.99, cooldown: 1}, warmup: 2 steps, warmup_from: 0}'
[[ $(rates plateau | uniq -c | xargs) == '1 0.0005 50 0.001 51 0.0005' ]] || fail "plateau: $(rates plateau | uniq -c)"

# A run that is made longer: with a length the schedule is what it would have been, and then holds. The rate is in the
# line and in the record of an epoch.
schedule='optimizer.schedule={cosine: {length: 4 epochs}}'
on 2 train run.yaml "${common[@]:1}" --set "$schedule" --set run.directory=long 2> line.log  # not --quiet
on 2 train run.yaml "${common[@]}" --set "$schedule" --set run.directory=longer --set train.epochs=2
on 2 train run.yaml "${common[@]}" --set "$schedule" --set run.directory=longer
[[ $(state "$(last long)") == $(state "$(last longer)") ]] || fail 'a run made longer has other bits'
[[ $(rates long | tail -n +69 | sort -u) == 0 ]] || fail "beyond the length: $(rates long | tail -n +69 | sort -u)"
grep -q '"event":"epoch","step":102,.*"lr":0,"seconds"' long/metrics.jsonl || fail 'no lr in the record of an epoch'
grep -q 'epoch 6/6: .* | lr 0  | .* rows/s' line.log || fail "no lr in the line of an epoch: $(cat line.log)"

# What `plan` says of it.
"$program" plan run.yaml --set 'optimizer.schedule={one_cycle: {peak: 0.5}, warmup: 3 steps}' > plan.txt
grep -qx 'learning rate 4e-07 at step 1, 0.001 at step 27 (the highest), 4e-09 at step 51 (the last)' plan.txt ||
  fail "plan: $(grep 'learning rate' plan.txt)"

"$program" plan run.yaml --set optimizer.schedule=cosine --set train.epochs=0 > plan.txt  # no step: no rate of one
grep -qx 'learning rate 0.001' plan.txt || fail "plan of no step: $(grep 'learning rate' plan.txt)"

# By default the rate is the rule's, and recorded as such.
on 1 train run.yaml "${common[@]}" --set run.directory=constant --set train.steps=3
[[ $(rates constant | sort -u) == 0.001 ]] || fail "constant: $(rates constant)"

refused_setting 'optimizer.schedule={cosin: {}}' "optimizer.schedule.cosin: unknown key (did you mean 'cosine'?)"
refused_setting 'optimizer.schedule={step: {factor: 2}}' 'optimizer.schedule.step.factor: expected a number in (0, 1], got 2'
refused_setting 'optimizer.schedule={warmup: 3 minutes}' 'minutes}: optimizer.schedule.warmup: expected steps or epochs, got minutes'
sed -i 's/^  validation:.*//' run.yaml
refused_setting 'optimizer.schedule=plateau' 'optimizer.schedule.plateau: requires data.validation'
