#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Calls that change files, take memory or send messages, on each rank: one fails, or it and all after it, or the rank
# dies there. Every start ends by itself with at most one error; what is committed by then is whole, and the next start
# ends with the bits of the undisturbed run, leaving nothing behind. SHARDPROP_FAULTS: how many calls of each kind and
# rank, spread over the run; all: each of them.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
preload=${4:-}
[[ -n $preload ]] || { echo 'SKIP: not with sanitizers' && exit 77; }
faults=${SHARDPROP_FAULTS:-7}
EIO=5 ENOMEM=12 ENOSPC=28 KILL=0

small_data
small_config
train() {  # train OPTION…: of mpirun
  timeout 60 mpirun -n 2 "$@" "$program" train run.yaml --quiet --set "run.directory=$work/run" --set train.epochs=2 \
    --set checkpoint.keep=1 --set exchange.path=$path --set optimizer.average=0.9
}
path=auto
train
expected=$(state "$(last run)")
newest=$(readlink run/checkpoints/last)

# preloaded KIND RANK OPTION…: a start that counts calls.
preloaded() {
  local kind=$1 rank=$2
  shift 2
  train -x LD_PRELOAD="$preload" -x FAIL_BELOW="$work/run" -x FAIL_KIND="$kind" -x FAIL_RANK="$rank" "$@"
}

# disturbed KIND RANK CALL ERROR ONCE: the start that goes wrong.
disturbed() {
  local got=0 once=() checkpoint
  [[ $5 == all ]] || once=(-x FAIL_ONCE=1)
  rm -f these.log
  preloaded "$1" "$2" -x FAIL_CALL="$3" -x FAIL_WITH="$4" -x FAIL_LOG="$work/these.log" "${once[@]}" 2> err.log &
  ended $! || got=$?
  [[ $got != 124 ]] || fail "$what: hangs: $(cat err.log)"
  if [[ $4 == "$KILL" || $1 == messages ]]; then
    # Threads that wait for each other do not always make equally many calls.
    [[ $got != 0 || $(wc -l < these.log) -lt $3 ]] || fail "$what: exit 0: $(cat err.log)"
  else
    [[ $got == "$(grep -c '^shardprop: error: ' err.log)" ]] || fail "$what: exit $got: $(cat err.log)"
  fi
  for ((i = 0; i < 2000; i++)); do
    pgrep -f "run.directory=$work/run" > /dev/null || break
    sleep 0.01
  done
  ((i < 2000)) || fail "$what: ranks are left"
  for checkpoint in run/checkpoints/step-*; do
    [[ ! -e $checkpoint ]] || "$program" inspect "$checkpoint" > /dev/null || fail "$what: $checkpoint is not whole"
  done
}

# goes_on: the next start.
goes_on() {
  train 2> err.log || fail "$what: the next start: $(cat err.log)"
  [[ $(state "$(last run)") == "$expected" ]] || fail "$what: other bits"
  [[ $(readlink run/checkpoints/last) == "$newest" ]] || fail "$what: last is $(readlink run/checkpoints/last)"
  [[ -z $(find run -name '.*' -o -name '*.new') ]] || fail "$what: left behind: $(find run -name '.*' -o -name '*.new')"
}

# errors KIND: what goes wrong with calls of that kind, in turn.
errors() {
  case $1 in
    files) echo "$EIO-once $ENOSPC-all $KILL-once $EIO-all" ;;
    memory) echo "$ENOMEM-once" ;;
    messages) echo "$EIO-once $KILL-once" ;;  # an error of MPI, or an end without a word
  esac
}

# disturb KIND RANK: calls of a kind spread over the run.
disturb() {
  local kind=$1 rank=$2 calls points call point with
  read -ra with < <(errors "$kind")
  rm -rf run calls.log
  preloaded "$kind" "$rank" -x FAIL_LOG="$work/calls.log"
  [[ -e calls.log ]] || return 0
  calls=$(wc -l < calls.log)
  points=$faults
  [[ $faults != all && $faults -lt $calls ]] || points=$calls
  for ((point = 0; point < points; point++)); do
    call=$((1 + point * (calls - 1) / (points > 1 ? points - 1 : 1)))
    error=${with[(point + rank) % ${#with[@]}]}
    what="call $call of rank $rank ($(sed -n "${call}p" calls.log)) with $error, exchange.path $path"
    rm -rf run
    disturbed "$kind" "$rank" $call "${error%-*}" "${error#*-}"
    goes_on
    tried=$((tried + 1))
  done
}

tried=0
for rank in 0 1; do
  for kind in files memory; do disturb $kind $rank; done
  path=mpi
  disturb messages $rank
  path=auto
done
((tried > 4 * 7)) || fail "only $tried calls were found"

# A kill between the last checkpoint and its links.
rm -rf run
train
ln -sfn step-000000017 run/checkpoints/last
mkdir -p run/checkpoints/.step-000000099.partial
what='a kill before the links are set'
goes_on
printf '%d starts disturbed: none hangs, each goes on to the same bits\n' "$tried"
