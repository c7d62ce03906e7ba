#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# More ranks than lanes: those that cannot be used wait asleep, and say so once. The bits stay the same, a stop and a failure
# reach all, and what the ranks that wait are told does no harm.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
sed -i 's/lanes: 8/lanes: 2/' run.yaml
warned() { # FILE TEXT: once
  [[ $(grep -c 'warning: .*stays\? idle' "$1") == 1 ]] || fail "not one warning: $(cat "$1")"
  grep -qF "$2" "$1" || fail "not '$2': $(cat "$1")"
}

# --- the first start, and a later one ---
on 2 train run.yaml --quiet --set run.directory=two
on 5 train run.yaml --quiet --set run.directory=five 2> log
warned log '5 ranks were started, but the run has 2 lanes: 3 ranks stay idle'
[[ $(state "$(last five)") == "$(state "$(last two)")" ]] || fail 'other bits on five ranks'
on 2 train run.yaml --quiet --set run.directory=resumed --set train.epochs=1
on 4 train run.yaml --quiet --set run.directory=resumed --set train.lanes=auto 2> log
warned log '4 ranks were started, but the run has 2 lanes, fixed at its first start: 2 ranks stay idle'
[[ $(state "$(last resumed)") == "$(state "$(last two)")" ]] || fail 'other bits after a start with more ranks'
grep -q '"ranks": 2,' resumed/status.json || fail "$(cat resumed/status.json)"
on 3 train run.yaml --quiet --set run.directory=batch --set train.lanes=auto --set train.batch_size=2 --set train.steps=9 2> log
warned log '3 ranks were started, but train.batch_size is 2'

# --- other commands ---
on 3 eval two > scores 2> log
grep -q '^accuracy' scores || fail "eval: $(cat scores log)"
for command in 'bench run.yaml --steps 3 --warm-up 1 --seconds 0.001' 'lr-find run.yaml --steps 20 --to 1 -o found'; do
  # shellcheck disable=SC2086  # several words
  on 3 $command > out 2> log || fail "$command: $(cat log)"
  warned log '3 ranks were started, but the run has 2 lanes: 1 rank stays idle'
done
on 3 plan run.yaml --nodes 2 --bandwidth 1gbit --latency 1us > out 2> log || fail "plan: $(cat log)"
warned log '1 rank stays idle'
[[ $(timeout 60 "$program" plan run.yaml --ranks 3 2>&1) == *'run.yaml:'*'train.lanes to at least 3' ]] || fail 'plan'

# --- failures ---
code=0
on 4 train run.yaml --quiet --set run.directory=bad --set data.train.features=/none 2> log || code=$?
[[ $code == 1 && $(grep -c 'error: .*/none' log) == 1 ]] || fail "exit $code: $(cat log)"
code=0
on 4 train run.yaml --quiet --set run.directory=two --set run.seed=8 2> log || code=$?
[[ $code == 2 ]] || fail "exit $code: $(cat log)"
! grep -q -- '--set train.lanes' log || fail "nobody has set the lanes: $(cat log)"

# --- signals: ranks that wait take one without harm; then all of them stop ---
start() { # a run that does not end
  rm -rf run
  mpirun -n 4 "$program" train run.yaml --quiet --set train.epochs=1000000 --set checkpoint.every='20 steps' 2> log &
  job=$!
  until [[ -e run/checkpoints/last ]]; do kill -0 $job || fail "$(cat log)"; sleep 0.05; done
  mapfile -t idle < <(ranks_of $job | while read -r rank; do (($(number "$rank") < 2)) || printf '%s\n' "$rank"; done)
  [[ ${#idle[@]} == 2 ]] || fail "not two ranks that wait: ${idle[*]}"
}
number() { tr '\0' '\n' < "/proc/$1/environ" | sed -n 's/^OMPI_COMM_WORLD_RANK=//p'; } # PROCESS
rank_0() { sed -n 's/^ *"pid": \([0-9]*\),*$/\1/p' run/status.json; }
start
kill -USR1 "${idle[@]}"
kill -TERM "${idle[@]}"
kill -INT "${idle[@]}"
step=$(readlink run/checkpoints/last)
until [[ $(readlink run/checkpoints/last) > $step ]]; do kill -0 $job || fail "a rank that waits was told: $(cat log)"; sleep 0.05; done
kill -USR1 $job
code=0
wait $job || code=$?
[[ $code == 75 ]] || fail "USR1: exit $code: $(cat log)"
start
kill -9 "$(rank_0)"
code=0
ended $job || code=$?
[[ $code != 0 && -z $(ranks_of $job) ]] || fail "ranks that wait are left behind: $(cat log)"
echo 'ranks beyond the lanes wait'
