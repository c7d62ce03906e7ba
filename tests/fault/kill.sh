#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of a rank, of mpirun or of all at random moments of a short run, every other one while it writes a checkpoint:
# every start goes on from the newest committed step, on another rank count, and the run ends with the bits of the
# uninterrupted one. SHARDPROP_KILLS: how many, SHARDPROP_SEED: when and whom.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
kills=${SHARDPROP_KILLS:-30} seed=${SHARDPROP_SEED:-11}
LC_ALL=C
shopt -s nullglob

small_data
small_config
steps=$((60 * kills)) # more than the starts that are killed get done
options=(--set train.epochs=1000 --set "train.steps=$steps")
on 1 train run.yaml "${options[@]}" --quiet --set run.directory=whole --set checkpoint.every='100 steps'
expected=$(state "$(last whole)")

# newest: the step of the newest checkpoint that is committed, -1 when there is none; it is whole.
newest() {
  local committed=(killed/checkpoints/step-*) step
  ((${#committed[@]} > 0)) || { echo -1 && return; }
  step=${committed[-1]}
  "$program" inspect "$step" > /dev/null || fail "$step was committed and cannot be read"
  step=${step##*step-}
  echo $((10#$step))
}

has_ended() { # PROCESS: gone, or nobody has asked yet how it went
  local state
  state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || true
  [[ -z $state || $state == Z ]]
}

# until_so CONDITION…: false when the job ends before.
until_so() {
  until "$@"; do kill -0 $job 2>/dev/null || return 1; done
}
all_started() {
  victims=$(ranks_of "$job")
  [[ $(wc -w <<<"$victims") == "$ranks" ]]
}
writes() {
  local partial=(killed/checkpoints/.step-*.partial*)
  ((${#partial[@]} > 0))
}
has_saved() {
  local committed=(killed/checkpoints/step-*)
  [[ ${#committed[@]} -gt 0 && ${committed[-1]} != "$saved" ]]
}

# the_moment: every other one in a checkpoint write, of the others one half after something was saved.
the_moment() {
  case $((attempt % 4)) in
    0 | 2) until_so writes && sleep "0.00$((RANDOM % 10))" ;;
    1) until_so has_saved && sleep "0.$((RANDOM % 2))$((RANDOM % 10))" ;;
    3) sleep "0.$((RANDOM % 10))" ;;
  esac
}

# choose: whom to kill, before the moment has come.
choose() {
  local launcher
  launcher=$(pgrep -P "$job")
  case $((RANDOM % 3)) in
    0) whom='a rank' && chosen=("$(sed -n "$((RANDOM % ranks + 1))p" <<<"$victims")") ;;
    1) whom=mpirun && chosen=("$launcher") ;;
    2) whom=all && mapfile -t chosen <<<"$launcher"$'\n'"$victims" ;;
  esac
}

RANDOM=$seed
killed=0 within=0 ranks=0 before=-1 saved=''
for ((attempt = 0; attempt < kills; attempt++)); do
  ranks=$(((ranks + RANDOM % 7) % 8 + 1))
  timeout 120 mpirun -n $ranks "$program" train run.yaml "${options[@]}" --set checkpoint.every='3 steps' \
    --set run.directory=killed 2> start.log &
  job=$!
  whom=nobody
  if until_so all_started && choose && the_moment && kill -9 "${chosen[@]}" 2>/dev/null; then
    killed=$((killed + 1))
    ! writes || within=$((within + 1))
  fi
  ended $job || true
  for process in $victims; do until has_ended "$process"; do sleep 0.01; done; done
  what="start $attempt on $ranks ranks, killed: $whom"
  ! grep -q 'shardprop: error' start.log || fail "$what: $(cat start.log)"
  went_on=$(sed -n 's/^shardprop: continuing after step \([0-9]*\) .*/\1/p' start.log)
  [[ ${went_on:-$before} == "$before" ]] || fail "$what: went on after step $went_on, committed was $before"
  now=$(newest)
  ((now >= before)) || fail "$what: lost committed steps: $before, then $now"
  before=$now
  saved=$(printf '%s\n' killed/checkpoints/step-* | tail -n 1)
done
((killed * 10 >= kills * 9)) || fail "only $killed of $kills starts could be killed in time"
((within * 4 >= kills)) || fail "only $within of $kills were killed while a checkpoint was written"
on 2 train run.yaml "${options[@]}" --quiet --set checkpoint.every='100 steps' --set run.directory=killed
[[ $(state "$(last killed)") == "$expected" ]] || fail 'other bits than the uninterrupted run'
printf '%d starts, %d killed, %d within a checkpoint write, last at step %d of %d: same bits (seed %d)\n' "$kills" \
  "$killed" "$within" "$before" "$steps" "$seed"
