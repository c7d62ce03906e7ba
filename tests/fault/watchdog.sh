#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A rank that is stopped: the job ends by itself, and says which rank, where it stands, and shows the stack of one that
# waits for it. A job that is suspended as a whole, for longer than the limit, just goes on. Both at the same time, for the
# limit must be one that a slow machine does not reach while all is well.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
train=(train run.yaml --quiet --set train.epochs=1000000)

# start NAME RANKS OPTION…: in the background, until it makes steps.
start() {
  local name=$1 ranks=$2
  shift 2
  timeout 120 mpirun -n "$ranks" "$program" "${train[@]}" --set run.directory="$name" --set report.steps=1 \
    --set train.watchdog=8 "$@" 2> "$name.log" &
  job=$!
  until grep -q '"step":9' "$name/metrics.jsonl" 2> /dev/null; do
    kill -0 $job 2> /dev/null || fail "$name: ended too early: $(cat "$name.log")"
    sleep 0.02
  done
}
each_rank() { xargs kill "-$1" <<< "$(ranks_of $suspended)"; } # SIGNAL

start suspended 2
suspended=$job
each_rank STOP
start stopped 3 --set checkpoint.every='1000000 epochs' --set data.validation=~
stopped=$job
ranks=$(ranks_of $stopped)
process=$(sort -n <<< "$ranks" | head -n 1) # the first one: another one has to find out
kill -STOP "$process"
sleep 9

# --- the rank that is stopped ---
code=0 # the watchdog's, or of the one that it had to kill
wait $stopped || code=$?
((code == 76 || code == 137)) || fail "a stopped rank: mpirun ends with $code: $(cat stopped.log)"
number='[0-9.]+'
grep -Eq "watchdog: no progress for $number s: rank [0-2] on [^ ]+ \(process $process\) is stopped \(T\): \
after step [0-9]+, in phase [a-z]+ for $number s\. All" stopped.log || fail "who is stopped is not said: $(cat stopped.log)"
(($(grep -c 'watchdog: no progress' stopped.log) == 1)) || fail "said more than once: $(cat stopped.log)"
grep -q 'sp_trainer_run' stopped.log || fail "no stack: $(cat stopped.log)"
grep -q "process $process step [0-9]* phase .* state T" stopped/watchdog/node-0000 || fail "no record: $(cat stopped/watchdog/*)"
for process in $ranks; do
  for ((i = 0; i < 500; i++)); do [[ -e /proc/$process/exe ]] && sleep 0.02 || break; done
  ((i < 500)) || fail "process $process is left"
done
echo 'a stopped rank is named, and the job ends'

# --- the job that is suspended ---
each_rank CONT
seen=$(wc -l < suspended/metrics.jsonl)
until (($(wc -l < suspended/metrics.jsonl) > seen)); do
  kill -0 $suspended 2> /dev/null || fail "suspended: $(cat suspended.log)"
  sleep 0.02
done
each_rank USR1
code=0
wait $suspended || code=$?
((code == 75)) || fail "suspended: $code $(cat suspended.log)"
step=$(readlink suspended/checkpoints/last | sed 's/step-0*//')
on 1 "${train[@]}" --set run.directory=whole --set train.steps="$step"
[[ $(state "$(last suspended)") == $(state "$(last whole)") ]] || fail 'suspended: other bits'
echo 'a suspended job goes on to the same bits'

# --- none, and what is no limit ---
on 2 "${train[@]}" --set run.directory=none --set train.watchdog=0 --set train.steps=5
code=0
on 1 "${train[@]}" --set run.directory=wrong --set train.watchdog=soon 2> wrong.log || code=$?
((code == 2)) && grep -q "train.watchdog: expected 'auto' or a number in \[0, 10000000\] (seconds), got 'soon'" wrong.log || fail "$(cat wrong.log)"
