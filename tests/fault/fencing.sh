#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A job that is stopped, as on a node that was cut off, and taken over by its own restart: when it wakes up it leaves, and
# nothing of it is committed. And a job of another host that is gone is taken over without anybody's help.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
train=(train run.yaml --quiet --set train.epochs=1000000 --set checkpoint.every='10 steps')

# start RESTART OPTION…: of job 12, in the background.
start() {
  local restart=$1
  shift
  timeout 120 mpirun -n 2 env SLURM_JOB_ID=12 SLURM_RESTART_COUNT="$restart" "$program" "${train[@]}" "$@" \
    2> "start-$restart.log" &
  job=$!
}
step() { readlink run/checkpoints/last | sed 's/step-0*//'; }
each_rank() { xargs kill "-$1" <<< "$(ranks_of "$2")"; } # SIGNAL JOB

start 0
old=$job
until [[ -e run/checkpoints/last ]]; do
  kill -0 $old 2> /dev/null || fail "ended too early: $(cat start-0.log)"
  sleep 0.02
done
each_rank STOP $old
stopped=$(step)

# Another job is refused; the restart of this one is not. It ends far behind the stopped one.
code=0
on 1 "${train[@]}" 2> other.log || code=$?
[[ $code == 1 ]] && grep -q 'in use by another job (process .* job 12)' other.log || fail "another job: $code $(cat other.log)"
steps=$((stopped + 100))
start 1 --set train.steps=$steps
wait $job || fail "the restart: $(cat start-1.log)"
grep -q 'taking over from an earlier start of this job that still exists (process .* job 12)' start-1.log ||
  fail "the restart does not say so: $(cat start-1.log)"
tree() { find run -type f -printf '%p %s %T@ %i\n' | sort; }
tree > before

each_rank CONT $old
code=0
wait $old || code=$?
((code == 1)) || fail "the old start ends with $code: $(cat start-0.log)"
grep -q 'has been taken over by process .* job 12, restart 1: this job stops without saving' start-0.log || fail "$(cat start-0.log)"
[[ $(step) == "$steps" ]] || fail "last is step $(step), not $steps"
# It may have added to its open records what it did until it found out; nothing else has changed.
diff <(grep -v 'metrics.jsonl\|train.log' before) <(tree | grep -v 'metrics.jsonl\|train.log') || fail 'the old start has written'
on 1 "${train[@]}" --set run.directory=whole --set train.steps=$steps
[[ $(state run) == $(state whole) ]] || fail 'other bits than the uninterrupted run'
printf 'stopped after step %d, restarted, woken up: it left at once\n' "$stopped"
