#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Steps that are not finite: skipped at once or after a rollback, the run ends with the same bits on any number of ranks,
# with every exchange path, and also when it was killed or stopped in between. At most train.nonfinite_limit are skipped.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
nonfinite_run
train=(train run.yaml --quiet)

# same RUN TEXT: the run ended with the bits of the first one.
same() {
  local got
  got=$(state "$(last "$1")")
  [[ $got == "$expected" ]] || fail "$2: $got, expected $expected"
}

# skipped RUN: which steps were skipped, and where.
skipped() { sed -n 's/.*"event":"skipped","step":\([0-9]*\),"skipped":\([0-9]*\),"count":\([0-9]*\).*/\3: \2 from \1/p' "$1/metrics.jsonl"; }

on 1 "${train[@]}" --set run.directory=first --set train.on_nonfinite=skip 2> err.log
expected=$(state "$(last first)")
[[ $(skipped first) == $'1: 11 from 11\n2: 27 from 27\n3: 51 from 51\n4: 67 from 67' ]] || fail "skipped: $(skipped first)"
grep -q 'warning: step 11 (epoch 1): not finite: features (sample rows 85), in lane 2; data.h5: /train/features: row 85: value 1 is nan; skipping the step (1 of at most 10)' \
  first/train.log || fail "the first step: $(cat first/train.log)"
grep -q 'warning: step 67 (epoch 2): not finite: gradient of dense_[123]/weight, in lane 1; skipping the step (4 of' \
  first/train.log || fail "the last step: $(cat first/train.log)"
[[ $(grep -c '"event":"step"' first/metrics.jsonl) == 76 ]] || fail 'records of skipped steps'
grep -q '"event":"epoch".*"training":{"loss":[0-9]' first/metrics.jsonl || fail 'the loss of an epoch is not finite'

"$program" status first > status.txt
grep -qE '^skipped +4 steps, not finite$' status.txt || fail "status: $(cat status.txt)"
grep -q 'done: 80 steps, 2 epochs in .*; skipped 4 steps, not finite$' first/train.log || fail "done: $(cat first/train.log)"

for run in skip-{2,3,4}-window skip-{2,3}-mpi rollback-{1,2,3,4}-window rollback-3-mpi; do
  IFS=- read -r policy ranks path <<< "$run"
  on "$ranks" "${train[@]}" --set run.directory="$run" --set exchange.path="$path" --set train.on_nonfinite="$policy" 2> err.log
  same "$run" "$policy, $ranks ranks, $path"
done
[[ $(skipped rollback-3-window) == $'1: 11 from 7\n2: 27 from 21\n3: 51 from 49\n4: 67 from 63' ]] || fail "gone back: $(skipped rollback-3-window)"
grep -q 'warning: .*step 27 (epoch 1): not finite: gradient .*; rolling back to the newest checkpoint; the step will be skipped (2 of' \
  rollback-3-window/train.log || fail "going back: $(cat rollback-3-window/train.log)"
diff <(grep '"event":"step"' first/metrics.jsonl) <(grep '"event":"step"' rollback-3-window/metrics.jsonl) || fail 'other records'
printf 'skip and rollback, 1 to 4 ranks, windows and messages: %s\n' "$expected"

# --- without a checkpoint yet: the beginning ---
on 2 "${train[@]}" --set run.directory=none --set train.on_nonfinite=rollback --set checkpoint.every='1000 steps' 2> err.log
same none 'rollback without checkpoints'
[[ $(skipped none) == $'1: 11 from 0\n2: 27 from 0\n3: 51 from 40\n4: 67 from 40' ]] || fail "gone back: $(skipped none)"

# --- killed, and stopped ---
on 2 "${train[@]}" --set run.directory=killed --set train.on_nonfinite=rollback --set checkpoint.every='1 step' 2> err.log &
job=$!
until grep -q '"count":3' killed/metrics.jsonl 2> /dev/null; do
  kill -0 $job 2> /dev/null || fail "ended too early: $(cat err.log)"
  sleep 0.01
done
while read -r rank; do kill -9 "$rank" || true; done < <(ranks_of $job)
wait $job 2> /dev/null || true
on 3 "${train[@]}" --set run.directory=killed --set train.on_nonfinite=rollback 2> err.log
same killed 'killed and gone on with'
for step in 49 56 63 70 77 80; do rm -r "rollback-3-mpi/checkpoints/step-0000000$step"; done # as if it had been killed after 48
on 4 "${train[@]}" --set run.directory=rollback-3-mpi --set train.on_nonfinite=rollback 2> err.log
same rollback-3-mpi 'gone on with from an earlier checkpoint'
grep -q '"event":"start","step":42,' rollback-3-mpi/metrics.jsonl || fail "not gone on with from step 42: $(cat err.log)"
[[ $(skipped rollback-3-mpi | tail -n 2) == $'3: 51 from 49\n4: 67 from 63' ]] || fail "found again: $(skipped rollback-3-mpi)"

# --- stopped, which the learning rate may have caused, but not where the data have a NaN ---
stops() {
  local text=$1 got=0
  shift
  on 2 "${train[@]}" "$@" 2> err.log || got=$?
  [[ $got == 1 ]] || fail "stop: ended with $got"
  grep -qE -- "$text" err.log || fail "stop: expected '$text', got: $(cat err.log)"
}
stops 'row 85: value 1 is nan; the step was not saved$' --set run.directory=stopped
stops 'step 2 .*; the step was not saved \(a smaller learning rate or a larger epsilon may help\)$' \
  --set run.directory=steep --set optimizer.rmsprop.lr=1e30

# --- no more than allowed, over all starts ---
for policy in skip rollback; do
  limited=("${train[@]}" --set run.directory="limited-$policy" --set train.on_nonfinite="$policy")
  on 2 "${limited[@]}" --set train.steps=30 2> err.log
  code=0
  on 3 "${limited[@]}" --set train.nonfinite_limit=2 2> err.log || code=$?
  [[ $code == 1 ]] || fail "$policy: ended with $code"
  grep -q 'step 51 .*; 2 steps were skipped before, and train.nonfinite_limit allows no more; the step was not saved' \
    err.log || fail "$policy: $(cat err.log)"
  [[ ! -e limited-$policy/checkpoints/step-000000051 ]] || fail "$policy: the step was saved"
  on 1 "${limited[@]}" --set train.nonfinite_limit=4 2> err.log
  same "limited-$policy" "$policy, stopped by the limit and gone on with"
done

echo 'killed, stopped, limited: the same'
