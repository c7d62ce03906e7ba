#!/usr/bin/env bash
# Calls that change files, on each rank: one fails and so do all after it, or the rank is killed there. Every start ends
# by itself with at most one error, and the next one ends with the bits of the undisturbed run, leaving nothing behind.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
preload=${4:-}
[[ -n $preload ]] || { echo 'SKIP: not with sanitizers' && exit 77; }
every=${SHARDPROP_FAULTS_EVERY:-13}  # 1: each and every call

small_data
small_config
train() {  # train OPTION…: of mpirun
  timeout 60 mpirun -n 2 "$@" "$program" train run.yaml --quiet --set run.directory=run --set train.epochs=2 \
    --set checkpoint.keep=1
}
train
expected=$(state "$(last run)")
newest=$(readlink run/checkpoints/last)

# disturbed RANK CALL ERROR: the start that goes wrong; ERROR 0 kills.
disturbed() {
  local got=0
  train -x LD_PRELOAD="$preload" -x FAIL_BELOW=run/ -x FAIL_RANK="$1" -x FAIL_CALL="$2" -x FAIL_WITH="$3" 2> err.log || got=$?
  [[ $got != 124 ]] || fail "call $2 of rank $1 with $3: hangs: $(cat err.log)"
  [[ $3 == 0 || $got == "$(grep -c '^shardprop: error: ' err.log)" ]] || fail "exit $got: $(cat err.log)"
}

# goes_on WHAT: the next start.
goes_on() {
  train 2> err.log || fail "$1: the next start: $(cat err.log)"
  [[ $(state "$(last run)") == "$expected" ]] || fail "$1: other bits"
  [[ $(readlink run/checkpoints/last) == "$newest" ]] || fail "$1: last is $(readlink run/checkpoints/last)"
  [[ -z $(find run -name '.*' -o -name '*.new') ]] || fail "$1: left behind: $(find run -name '.*' -o -name '*.new')"
}

EIO=5 ENOSPC=28 tried=0
for rank in 0 1; do
  rm -rf run calls.log
  train -x LD_PRELOAD="$preload" -x FAIL_BELOW=run/ -x FAIL_RANK=$rank -x FAIL_LOG="$work/calls.log"
  calls=$(wc -l < calls.log)
  ((calls > 10 - 5 * rank)) || fail "rank $rank: only $calls calls"
  for ((call = 1 + rank; call <= calls; call += every)); do
    for with in $EIO $ENOSPC 0; do
      ((with != ENOSPC || call % 4 == 1)) || continue
      rm -rf run
      disturbed $rank $call $with
      goes_on "call $call of rank $rank ($(sed -n "${call}p" calls.log)) with $with"
      tried=$((tried + 1))
    done
  done
done

# A kill between the last checkpoint and its links.
rm -rf run
train
ln -sfn step-000000017 run/checkpoints/last
mkdir -p run/checkpoints/.step-000000099.partial
goes_on 'a kill before the links are set'
printf '%d starts disturbed: none hangs, each goes on to the same bits\n' "$tried"
