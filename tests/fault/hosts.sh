#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of a rank on one of several hosts, with and without a neighbour, and then of a whole host: mpirun ends by itself,
# no rank is left anywhere, and the next start goes on from what was committed, with the bits of an uninterrupted run. And a
# gradient that overflows while others still make their passes: the message names the right step.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
hosts_start 3

small_data
small_config
train=(train run.yaml --quiet --set train.epochs=1000000 --set checkpoint.every='3 steps'
  --set 'model.layers=[{dense: {units: 512}}, relu, {dense: {units: 512}}, tanh, {dense: {units: 4}}]')

committed() {
  local step
  step=$("$program" inspect "$(last run)" 2> /dev/null | sed -n 's/^step *\([0-9]*\).*/\1/p') || true
  printf '%d\n' "${step:-0}"
}

# killed WHOM COMMAND…: start on all hosts, and run the command once something more has been saved.
step=0
killed() {
  local whom=$1 code=0 job i
  shift
  on_hosts 2+1+1 "$program" "${train[@]}" --set run.directory=run 2> start.log &
  job=$!
  until (($(committed) > step)); do
    kill -0 $job 2> /dev/null || fail "$whom: ended too early: $(cat start.log)"
    sleep 0.02
  done
  "$@"
  wait $job || code=$?
  # The mpirun of Open MPI 5 exits with 0 when it has lost a host.
  ((code != 75 && code != 124)) && [[ $code != 0 || $whom == 'a host' ]] || fail "$whom killed: mpirun ends with $code: $(cat start.log)"
  for ((i = 0; i < 500; i++)); do
    [[ -n $(hosts_processes "$program") ]] || break
    sleep 0.02
  done
  ((i < 500)) || fail "$whom killed: still there: $(hosts_processes "$program")"
  (($(committed) >= step)) || fail "$whom killed: committed steps are lost: $step, then $(committed)"
  step=$(committed)
  printf '%s killed: mpirun ends with %d, nobody is left, last at step %d\n' "$whom" $code "$step"
}

kill_rank() { kill -9 "$(hosts_processes "$program" | sed -n "s/^$1 //p" | tail -n 1)"; }

killed 'a rank that shares its host' kill_rank host1
killed 'the only rank of its host' kill_rank host2
killed 'a host' kill -9 "${hosts[2]}"

on_hosts 2+1 "$program" "${train[@]}" --set run.directory=run --set train.steps=$((step + 10))
on 1 "${train[@]}" --set run.directory=whole --set train.steps=$((step + 10))
[[ $(state "$(last run)") == $(state "$(last whole)") ]] || fail 'other bits than the uninterrupted run'
echo 'gone on with on two hosts: the bits of the uninterrupted run'

# Wide layers before the one that overflows: between hosts its gradient is on its way while theirs are worked out.
for row in 3 99; do # of the first step, and of the last
  awk -v bad=$row 'BEGIN {
    OFS = ","; print "a,b,c,t"
    for (i = 0; i < 100; i++) print sin(i), cos(i), (i == bad ? 1e15 : 1), (i == bad ? 1e25 : i / 100) }' > rows.csv
  "$program" import csv rows.csv --features a,b,c --target t -o rows.h5 --force --quiet
  for layout in 1+1 2+1; do
    code=0
    on_hosts $layout "$program" train run.yaml --quiet --set run.directory=overflow --set train.batch_size=8 \
      --set 'data={train: {file: rows.h5, features: /train/features, targets: /train/targets}, shuffle: none}' \
      --set 'model={layers: [{dense: {units: 1500}}, {dense: {units: 1500}}, {dense: {units: 1}}], loss: mse}' \
      --set train.epochs=1 2> err.log || code=$?
    [[ $code == 1 && $(grep -c '^shardprop: error:' err.log) == 1 ]] || fail "overflow on $layout: exit $code: $(cat err.log)"
    grep -q "step $((row / 8 + 1)).*: not finite: gradient of " err.log || fail "overflow on $layout: $(cat err.log)"
    [[ -z $(find overflow -name 'step-*') ]] || fail "overflow on $layout: saved"
  done
done
echo 'gradients that overflow: told with their step'
