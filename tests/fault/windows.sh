#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory that ranks cannot share, on any of them and from any window on: everything goes by messages, with a warning and the
# same bits, or the run ends with one error. Memory that is not there: an error before it is taken. And a /dev/shm too small
# for anything is not missed.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
preload=${4:-}
[[ -n $preload ]] || { echo 'SKIP: not with sanitizers' && exit 77; }

small_data
small_config
on 1 train run.yaml --quiet --set run.directory=one
expected=$(state "$(last one)")

# ends_with CODE TEXT LINES OPTION…: with these options of mpirun, the exit status is CODE, and LINES lines have the text.
ends_with() {
  local code=$1 text=$2 lines=$3 got=0
  shift 3
  rm -rf run
  timeout 120 mpirun -n 3 -x LD_PRELOAD="$preload" -x FAIL_WITH=13 "$@" 2> err.log || got=$?
  [[ $got == "$code" && $(grep -c "^shardprop: .*$text" err.log) == "$lines" ]] || fail "exit $got, $*: $(cat err.log)"
  [[ $code != 0 || $(state "$(last run)") == "$expected" ]] || fail "other bits: $*"
}

# Without the watchdog and the data cache the first windows are the parameters, the optimizer's, the gradients, the control
# values. The first rank makes a file and sets its size, the others open it.
train=("$program" train run.yaml --quiet --set data.cache=none --set train.watchdog=0)
fails_at() { # RANK CALL
  failing=(-x FAIL_RANK="$1" -x FAIL_CALL="$2" -x FAIL_BELOW=/fd/)
  (($1 > 0)) || failing[-1]=FAIL_BELOW=memfd:shardprop
}
for at in '0 1' '0 2' '0 3' '1 1' '2 2'; do
  # shellcheck disable=SC2086
  fails_at $at
  ends_with 0 'warning: .*cannot share memory: .*using MPI messages instead' 1 "${failing[@]}" "${train[@]}"
  ends_with 1 'error: .*cannot share memory: ' 1 "${failing[@]}" "${train[@]}" --set exchange.path=window
done
for at in '0 5' '0 8' '1 3' '2 4'; do
  # shellcheck disable=SC2086
  fails_at $at
  ends_with 1 'error: .*cannot share memory: ' 1 "${failing[@]}" "${train[@]}"
done
# The watchdog does without, and has nothing to say about it.
ends_with 0 'warning: .*cannot share memory: .*using MPI messages instead' 1 -x FAIL_RANK=1 -x FAIL_BELOW=/fd/ \
  -x FAIL_CALL=1 "${train[@]}" --set train.watchdog=auto
# With a cache it comes first.
ends_with 0 'warning: .*the data cache: .*rows are read as needed' 1 -x FAIL_RANK=1 -x FAIL_BELOW=/fd/ -x FAIL_CALL=1 \
  "$program" train run.yaml --quiet
printf 'memory that cannot be shared: warned, the same bits\n'

# Parameters of 640 GB.
for ranks in 1 2; do
  code=0
  on $ranks train run.yaml --quiet --set run.directory=large \
    --set 'model.layers=[{dense: {units: 400000}}, {dense: {units: 400000}}, {dense: {units: 4}}]' 2> err.log || code=$?
  [[ $code == 2 && $(grep -c '^shardprop: error: .*model.layers: the parameters need 640.0 GB, and this node has' err.log) == 1 ]] ||
    fail "$ranks ranks, too much memory: exit $code: $(cat err.log)"
done
printf 'memory that is not there: told\n'

# 25 million parameters, 400 MB with gradients and optimizer state.
# shellcheck disable=SC2016
apart=(unshare --mount bash -ec 'mount -t tmpfs -o size=1m tmpfs /dev/shm && exec "$@"' apart)
((EUID == 0)) || apart=("${apart[0]}" --map-root-user "${apart[@]:1}")
if "${apart[@]}" true 2> /dev/null; then
  timeout 120 "${apart[@]}" mpirun -n 2 "$program" train run.yaml --quiet --set run.directory=shm --set train.steps=2 \
    --set 'model.layers=[{dense: {units: 5000}}, relu, {dense: {units: 5000}}, relu, {dense: {units: 4}}]' 2> err.log ||
    fail "/dev/shm of 1 MB: exit $?: $(cat err.log)"
  printf 'a /dev/shm of 1 MB: not missed\n'
else
  printf 'a small /dev/shm: mounts may not be made here\n'
fi
