#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signals to one rank, to all ranks and to mpirun, while the data are looked through and while the run trains, also with
# ranks that wait idle: all ranks stop together. What mpirun does when nobody reads its output any more.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_config
small_data
"$program" import synthetic --rows 1200000 --features 24 --classes 4 --seed 3 -o large.h5 --quiet
large=(--set data.train.file=large.h5 --set data.test=~)

# opened FILE: the ranks that have it open.
opened() {
  local rank
  for rank in $(ranks_of $job); do
    if find "/proc/$rank/fd" -lname "*/$1" 2> /dev/null | grep -q .; then printf '%s\n' "$rank"; fi
  done
}

# send WHOM: a signal of the kind that a user, a launcher or a batch system sends.
send() {
  case $1 in
    one) kill -TERM "${ranks[-1]}" ;;
    all) kill -HUP "${ranks[@]}" ;;
    mpirun) kill -USR1 "$(pgrep -P $job)" ;;  # which hands it on; at others it kills the ranks
  esac
}

# stopped WHAT: exit 75, and no rank is left.
stopped() {
  local code=0
  wait $job || code=$?
  [[ $code == 75 ]] || fail "$1: exit $code: $(cat err.log)"
  [[ -z $(ranks_of $job) ]] || fail "$1: ranks are left"
}

for whom in one all mpirun; do
  for count in 2 3; do  # 3: one waits idle
    what="to $whom, $count ranks"
    # --- while the data are looked through: nothing is left ---
    # A signal that comes when all is looked through finds a run directory: then it was late, and another start is made.
    for ((start = 0; start < 20; start++)); do
      rm -rf early
      timeout 120 mpirun -n $count "$program" train run.yaml --quiet "${large[@]}" --set train.lanes=2 \
        --set run.directory=early 2> err.log &
      job=$!
      until mapfile -t ranks < <(opened large.h5) && ((${#ranks[@]} == 2)); do
        kill -0 $job 2> /dev/null || fail "$what: $(cat err.log)"
        sleep 0.01
      done
      send $whom
      stopped "$what, before training"
      [[ -e early ]] || break
    done
    [[ ! -e early ]] || fail "$what: a stop before training has left $(ls early)"

    # --- while it trains: everything is saved ---
    rm -rf run
    timeout 120 mpirun -n $count "$program" train run.yaml --quiet --set train.lanes=2 --set train.epochs=1000000 2> err.log &
    job=$!
    until [[ -e run/checkpoints/last ]]; do kill -0 $job 2> /dev/null || fail "$what: $(cat err.log)"; sleep 0.02; done
    mapfile -t ranks < <(opened data.h5)
    ((${#ranks[@]} > 0)) || mapfile -t ranks < <(ranks_of $job | head -n 2)
    send $whom
    stopped "$what, training"
    grep -q '"state": "preempted"' run/status.json || fail "$what: $(cat run/status.json)"
    step=$(sed -n 's/^  "step": \([0-9]*\),$/\1/p' run/status.json)
    [[ $((10#$(readlink run/checkpoints/last | sed 's/step-//'))) == "$step" ]] || fail "$what: $(cat run/status.json)"
  done
done

# --- nobody reads the output of mpirun: it may die of that with its ranks (Open MPI 4.1 crashes), unsaved ---
piped=(train run.yaml --set run.directory=piped --set train.lanes=2 --set checkpoint.every='17 steps' --set report.progress=0.05)
mkfifo pipe
timeout 120 mpirun -n 2 "$program" "${piped[@]}" --set train.epochs=1000000 > pipe 2>&1 &
job=$!
head -n 1 pipe > head.txt
code=0
wait $job || code=$?
[[ $code != 0 ]] || fail 'closed pipe: exit 0'
until [[ -z $(pgrep -f 'run.directory=piped' -s 0) ]]; do sleep 0.05; done
# A rank that is ending has no command line any more, and is still there.
until "$program" status piped > status.txt && ! grep -q '^state  *running' status.txt; do sleep 0.05; done
grep -qE '^state +(preempted|crashed)' status.txt || fail "closed pipe: $(cat status.txt)"
on 2 "${piped[@]}" --quiet --set train.epochs=6 2> err.log || fail "closed pipe: $(cat err.log)"
on 2 "${piped[@]}" --quiet --set train.epochs=6 --set run.directory=whole
if [[ $(readlink piped/checkpoints/last) == "$(readlink whole/checkpoints/last)" ]]; then  # else it was further already
  [[ $(state "$(last piped)") == "$(state "$(last whole)")" ]] || fail 'closed pipe: other bits'
fi
echo 'all ranks stop'
