#!/usr/bin/env bash
# A rank that is stopped: the job ends by itself, and says which rank, where it stands, and shows the stack of one that
# waits for it. A job that is suspended as a whole, for longer than the limit, just goes on.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
train=(train run.yaml --quiet --set train.watchdog=2)

# start NAME RANKS OPTION…: in the background, until it has saved.
start() {
  local name=$1 ranks=$2
  shift 2
  timeout 120 mpirun -n "$ranks" "$program" "${train[@]}" --set run.directory="$name" --set train.epochs=1000000 \
    --set checkpoint.every='20 steps' "$@" 2> "$name.log" &
  job=$!
  until [[ -e $name/checkpoints/last ]]; do
    kill -0 $job 2> /dev/null || fail "$name: ended too early: $(cat "$name.log")"
    sleep 0.02
  done
}
each_rank() { xargs kill "-$1" <<< "$(ranks_of $job)"; }

# --- one rank of three, the first and another one: it need not be the first that finds out ---
for victim in 1 3; do
  start stopped 3
  process=$(ranks_of $job | sort -n | sed -n "${victim}p")
  ranks=$(ranks_of $job)
  kill -STOP "$process"
  code=0
  wait $job || code=$?
  ((code == 76)) || fail "a stopped rank: mpirun ends with $code: $(cat stopped.log)"
  grep -Eq "^shardprop: error: .* watchdog: no progress for .* s: rank [0-2] on [^ ]+ \(process $process\) is stopped \(T\): after step [0-9]+, in phase [a-z]+ for .*exit|^shardprop: error: .* watchdog: no progress for .* s: rank [0-2] on [^ ]+ \(process $process\) is stopped \(T\): after step [0-9]+, in phase [a-z]+ for .* s\. All ranks" stopped.log ||
    fail "who is stopped is not said: $(cat stopped.log)"
  (($(grep -c 'watchdog: no progress' stopped.log) == 1)) || fail "said more than once: $(cat stopped.log)"
  grep -q 'sp_trainer_\|sp_exchange_\|sp_checkpoint_' stopped.log || fail "no stack: $(cat stopped.log)"
  for process in $ranks; do
    for ((i = 0; i < 500; i++)); do [[ -e /proc/$process/exe ]] && sleep 0.02 || break; done
    ((i < 500)) || fail "process $process is left"
  done
  rm -r stopped
done
echo 'a stopped rank is named, and the job ends'

# --- all of them, for longer than the limit ---
start suspended 2 --set train.steps=400 --set report.progress=0.001
each_rank STOP
sleep 4
each_rank CONT
wait $job || fail "suspended: $(cat suspended.log)"
on 1 "${train[@]}" --set run.directory=whole --set train.epochs=1000000 --set train.steps=400
[[ $(state suspended) == $(state whole) ]] || fail 'suspended: other bits'
echo 'a suspended job goes on to the same bits'

# --- none, and what is no limit ---
on 2 "${train[@]}" --set run.directory=none --set train.watchdog=0 --set train.steps=5
code=0
on 1 "${train[@]}" --set run.directory=wrong --set train.watchdog=soon 2> wrong.log || code=$?
((code == 2)) && grep -q "train.watchdog: expected 'auto' or a number in \[0, 10000000\], got 'soon'" wrong.log || fail "$(cat wrong.log)"
