#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the program reports about runs and checkpoints: the state of runs that train, have ended, stopped or crashed; damage to
# a checkpoint; differences between two; all of it as JSON, too. And stopping before a time limit, without a signal.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
train=(train run.yaml --quiet)

# says RUN KEY: what status.json says, as a script reads it.
says() { sed -n "s/^  \"$2\": //p" "$1/status.json" | sed 's/,$//; s/^"\(.*\)"$/\1/'; }

# stands RUN TEXT: `status` prints the text, also with --json.
stands() {
  "$program" status "$1" > status.txt || fail "status $1: exit $?"
  grep -qE -- "$2" status.txt || fail "status $1: expected '$2': $(cat status.txt)"
  json status "$1" > status.json
}

# json COMMAND…: its output, which must be JSON (where python3 can tell).
json() {
  "$program" "$@" --json > out.json || true
  if command -v python3 > /dev/null; then
    python3 -c 'import json, sys; json.load(open("out.json"), parse_constant=sys.exit)' || fail "$*: no JSON: $(cat out.json)"
  fi
  cat out.json
}

# ended CODE COMMAND…: the command ends with this exit status.
ended() {
  local expected=$1 code=0
  shift
  "$@" 2> err.log || code=$?
  [[ $code == "$expected" ]] || fail "$*: exit $code, expected $expected: $(cat err.log)"
}

# --- done; started again ---
on 2 "${train[@]}"
[[ $(says run state) == 'done' && $(says run step) == 51 && $(says run starts) == 1 ]] || fail "done: $(cat run/status.json)"
[[ $(says run checkpoint_step) == 51 && $(says run seconds_left) == 0 ]] || fail "done: $(cat run/status.json)"
[[ $(says run ranks) == 2 && $(says run hosts) == "$(hostname)" ]] || fail "done: $(cat run/status.json)"
stands run 'state +done$'
grep -q 'step  *51 of 51 (100.0 %), epoch 3 of 3' status.txt || fail "done: $(cat status.txt)"
on 1 "${train[@]}"
[[ $(says run state) == 'done' && $(says run starts) == 2 && $(says run ranks) == 1 ]] || fail "again: $(cat run/status.json)"

# --- running, watched, stopped by a signal ---
timeout 120 mpirun -n 2 "$program" "${train[@]}" --set run.directory=long --set train.epochs=1000000 2> long.log &
job=$!
until [[ -e long/checkpoints/last && $(says long state) == running ]]; do
  kill -0 $job 2>/dev/null || fail "long: $(cat long.log)"
  sleep 0.05
done
stands long 'state +running$'
ended 1 on 1 "${train[@]}" --set run.directory=long     # a start that is turned away changes nothing
[[ $(says long state) == running && $(says long starts) == 1 ]] || fail "busy: $(cat long/status.json)"
timeout 120 "$program" status long --watch > watch.txt &
watch=$!
until grep -q '^running  step ' watch.txt; do sleep 0.05; done
kill -USR1 "$(ranks_of $job | tail -n 1)"
ended 75 wait $job
wait $watch || fail 'watch: it did not end with the run'
tail -n 1 watch.txt | grep -q '^preempted: signal SIGUSR1  step ' || fail "watch: $(cat watch.txt)"
[[ $(says long state) == preempted && $(says long reason) == 'signal SIGUSR1' ]] || fail "stopped: $(cat long/status.json)"
[[ $(says long step) == "$(says long checkpoint_step)" ]] || fail "stopped: $(cat long/status.json)"
grep -q '"event":"stopped".*"why":"signal SIGUSR1"' long/metrics.jsonl || fail 'stopped: not in metrics.jsonl'

# --- killed: the file still says running, the command knows better; also from the records alone ---
timeout 120 mpirun -n 2 "$program" "${train[@]}" --set run.directory=long --set train.epochs=1000000 2> long.log &
job=$!
until [[ $(grep -c '"event":"start"' long/metrics.jsonl) == 2 ]]; do
  kill -0 $job 2>/dev/null || fail "long: $(cat long.log)"
  sleep 0.05
done
[[ $(says long starts) == 2 ]] || fail "started twice: $(cat long/status.json)"
kill -KILL "$(says long pid)"
wait $job && fail 'killed: exit 0'
[[ $(says long state) == running ]] || fail "killed: $(cat long/status.json)"
stands long 'state +crashed: process [0-9]+ no longer exists on '
grep -q '"state": "crashed"' status.json || fail "killed: $(cat status.json)"
rm long/status.json
stands long 'state +running'
mv long/metrics.jsonl aside
stands long 'state +unknown'
ended 2 "$program" status nowhere

# --- failed: while it trains; a start that is refused changes nothing ---
ended 2 on 2 "${train[@]}" --set optimizer.rmsprop.lr=0.5
[[ $(says run state) == 'done' && $(says run starts) == 2 ]] || fail "refused: $(cat run/status.json)"
ended 1 on 2 "${train[@]}" --set run.directory=bad --set optimizer.rmsprop.lr=1e38
[[ $(says bad state) == failed && $(says bad reason) == *'not finite'* ]] || fail "failed: $(cat bad/status.json)"

# --- a time limit: Slurm's, and one that makes no sense ---
endless=(--set run.directory=limit --set train.epochs=1000000)
SLURM_JOB_ID=77 SLURM_RESTART_COUNT=3 SLURM_JOB_END_TIME=$(($(date +%s) + 13)) ended 75 on 2 "${train[@]}" "${endless[@]}"
[[ $(says limit state) == preempted && $(says limit reason) == 'deadline '*' (SLURM_JOB_END_TIME), '* ]] ||
  fail "limit: $(cat limit/status.json)"
[[ $(says limit job) == 77 && $(says limit restart) == 3 ]] || fail "limit: $(cat limit/status.json)"
SLURM_JOB_END_TIME=soon ended 0 on 2 "${train[@]}" --set run.directory=soon --set train.steps=5
grep -q "warning: SLURM_JOB_END_TIME: expected a future time in seconds since 1970, got 'soon'" err.log || fail "soon: $(cat err.log)"
ended 75 on 1 "${train[@]}" "${endless[@]}" --set train.deadline='10 seconds'
[[ $(says limit reason) == 'deadline '*' (train.deadline), '* ]] || fail "limit: $(cat limit/status.json)"
ended 2 on 2 "${train[@]}" "${endless[@]}" --set train.deadline='2020-01-01 00:00'
grep -q 'error: .*train.deadline: .*has passed' err.log || fail "over: $(cat err.log)"

# --- verify: all damage, of all checkpoints ---
"$program" verify run > out.txt || fail "verify: $(cat out.txt)"
[[ $(grep -c '^intact ' out.txt) == "$(find run/checkpoints/step-* -maxdepth 0 | wc -l)" ]] || fail "verify: $(cat out.txt)"
json verify run | grep -q '^{"whole": true, ' || fail "verify --json: $(cat out.json)"
cp -r run damaged
part=$(readlink -f damaged/checkpoints/last)/node-0000.h5
at=$(($(stat -c %s "$part") - 40))           # the end of the last slot, and a block of the one before
for place in $at $((at - 8 * 16384)); do printf '\xff\xff' | dd of="$part" bs=1 seek=$place conv=notrunc 2>/dev/null; done
ended 1 "$program" verify damaged > out.txt
grep -q '^damaged  damaged/checkpoints/step-000000051$' out.txt || fail "verify: $(cat out.txt)"
[[ $(grep -c '^  node-0000.h5: .*: block [0-9] (dense.*): checksum differs$' out.txt) == 2 ]] || fail "verify: $(cat out.txt)"
[[ $(grep -c '^intact ' out.txt) -ge 1 ]] || fail "verify: $(cat out.txt)"
json verify damaged | grep -q '"whole": false, "damage": \[{"file": "node-0000.h5", "vector": ' || fail "$(cat out.json)"
rm damaged/checkpoints/step-000000051/manifest
ended 1 "$program" verify damaged/checkpoints/step-000000051 > out.txt
grep -q '^  manifest: is missing$' out.txt || fail "verify: $(cat out.txt)"
ended 2 "$program" verify data.h5

# A checkpoint of another version is not damaged; one whose format is changed is.
printf '%s\n' 'shardprop checkpoint 2' 'state.h5 4096 00000000000000010000000000000002' 'node-0000.h5 8192' \
  'manifest 524bfb003b3a808b' > damaged/checkpoints/step-000000051/manifest
ended 1 "$program" verify damaged > out.txt
grep -q '^other version  damaged/checkpoints/step-000000051$' out.txt || fail "verify: $(cat out.txt)"
grep -q '^  manifest: has format 2, which another version of shardprop wrote; this version reads format 3 ' out.txt ||
  fail "verify: $(cat out.txt)"
json verify damaged | grep -q '^{"whole": false, .*"other_version": true' || fail "$(cat out.json)"
ended 2 on 1 "${train[@]}" --set run.directory=damaged
grep -q 'error: .*manifest: has format 2, which another version' err.log || fail "train: $(cat err.log)"
cp run/checkpoints/last/manifest damaged/checkpoints/step-000000051/
sed -i 's/checkpoint 3/checkpoint 2/' damaged/checkpoints/step-000000051/manifest
ended 1 "$program" verify damaged > out.txt
grep -q '^  manifest: has format 2, expected 3, and its checksum differs$' out.txt || fail "verify: $(cat out.txt)"

# --- inspect: the epoch is that of train, the best score has a name ---
"$program" inspect run/checkpoints/last > out.txt
grep -qE '^step +51 \(end of epoch 3\)$' out.txt || fail "inspect: $(cat out.txt)"
grep -qE '^best +validation loss [0-9.e+-]+ at step [0-9]+$' out.txt || fail "inspect: $(cat out.txt)"

# --- diff: the same run on other ranks, and another one ---
on 1 "${train[@]}" --set run.directory=other
"$program" diff run/checkpoints/last other/checkpoints/last > out.txt || fail "diff: $(cat out.txt)"
grep -q '^configuration: run.directory: run | other$' out.txt || fail "diff: $(cat out.txt)"
grep -q '^equal: 88,816 values and the progress$' out.txt || fail "diff: $(cat out.txt)"
on 1 "${train[@]}" --set run.directory=seeded --set run.seed=8
ended 1 "$program" diff run/checkpoints/last seeded/checkpoints/last > out.txt
grep -q '^seed: 7 | 8$' out.txt || fail "diff: $(cat out.txt)"
grep -qE '^parameters/dense_2/weight: [0-9,]+ of 18,000 values differ, first \[0, 0\]: ' out.txt || fail "diff: $(cat out.txt)"
[[ $(grep -c '^optimizer/square_avg/' out.txt) == 6 ]] || fail "diff: $(cat out.txt)"

# --- inspect for programs ---
json inspect run | grep -q '"step": .*"vector": "square_avg", "name": "dense_1/weight", "shape": \[12, 300\], ' ||
  fail "inspect: $(cat out.json)"
json inspect data.h5 | grep -q '{"path": "/train/features", "type": "float32", "shape": \[1000, 12\], "layout": "contiguous"' ||
  fail "inspect: $(cat out.json)"
ended 2 "$program" inspect run --json --bytes
ended 2 "$program" inspect run --bytes --hash
ended 2 "$program" inspect data.h5 --hash
echo 'all is told'
