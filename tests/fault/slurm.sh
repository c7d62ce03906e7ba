#!/usr/bin/env bash
# scripts/slurm/train.sbatch under a real Slurm: whatever ends its jobs, they go on from what was committed, on other nodes
# too, and end with the bits of the uninterrupted run.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
# shellcheck source=tests/tools/slurm.sh
source "$2/tests/tools/slurm.sh"
slurm_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
export SHARDPROP=$program ARGS=--quiet
slurm_start 3 8
small_data

# config NAME: a run that does not end, of steps of some milliseconds, saved often.
config() {
  cat > "$1.yaml" <<YAML
run: {name: $1, directory: $1, seed: 7}
data: {train: {file: data.h5, features: /train/features, targets: /train/targets}}
model:
  layers: [{dense: {units: 300}}, tanh, {dense: {units: 300}}, tanh, {dense: {units: 4}}]
  loss: softmax_cross_entropy
optimizer: {rmsprop: {lr: 0.0001, momentum: 0.5, centered: true}}
train: {batch_size: 800, epochs: 1000000, lanes: 8, steps: none}
checkpoint: {every: 10 steps, keep: 2}
YAML
}

declare -A jobs=()

submit() { # NAME OPTION…
  local name=$1
  shift
  jobs[$name]=$(CONFIG=${CONFIG-$name.yaml} slurm_job -J "$name" -o "$name.out" "$@" "$source_root/scripts/slurm/train.sbatch")
}

committed() {
  local last
  last=$(readlink "$1/checkpoints/last" 2> /dev/null) || true
  printf '%d\n' "$((10#0${last#step-}))"
}

has_committed() { (($(committed "$1") > ${2-0})); } # NAME [STEP]

is_state() { [[ $(slurm_state "${jobs[$1]}") == "$2" ]]; }

# is_to_end NAME: from its next start on, a few steps further than it has come.
is_to_end() {
  sed -i "s/steps: none/steps: $(($(committed "$1") + 20))/" "$1.yaml"
}

# has_the_bits NAME STARTS: it is done, and has been started so often.
has_the_bits() {
  local starts
  slurm_until 120 "$1 is done" is_state "$1" COMPLETED
  on 1 train "$1.yaml" --quiet --set run.directory="whole-$1"
  [[ $(state "$(last "$1")") == $(state "$(last "whole-$1")") ]] || fail "$1: other bits than the uninterrupted run"
  starts=$(grep -c ', restart [0-9]*: ' "$1.out")
  [[ $starts == "$2" ]] || fail "$1: $starts starts: $(cat "$1.out")"
  printf '%s: %s\n' "$1" "$(grep -E 'the job is requeued|has ended the job' "$1.out" | sed 's/^[-0-9: ]*//' | tr '\n' ';')"
}

# --- all at once: most of the time they wait for Slurm ---
for name in usr1 srun limit preempted killed cancelled counts array-1 array-2; do config $name; done
submit usr1 -N 2 -n 3
LAUNCH=srun submit srun -N 2 -n 2
submit preempted -p low -w host3 -n 2 --cpus-per-task=2
submit killed -N 1 -n 2
submit cancelled -N 1 -n 2
submit counts -N 2 -n 3
CONFIG=array-%a.yaml submit array -a 1-2 -n 1 -o array-%a.out
CONFIG=missing.yaml submit missing -n 1
ARGS="--set train.lanes=many --set 'checkpoint.every=10 minutes'" CONFIG=usr1.yaml submit wrong -n 1
CONFIG='' submit nothing -n 1

for name in usr1 srun counts killed preempted cancelled array-1 array-2; do
  slurm_until 60 "$name saves" has_committed $name
done
for name in wrong missing nothing; do slurm_until 60 "$name ends" is_state $name FAILED; done
grep -q "train.lanes: expected 'auto'" wrong.out || fail "wrong: $(cat wrong.out)"
grep -q 'missing.yaml: ' missing.out || fail "missing: $(cat missing.out)"
grep -q 'no CONFIG is given' nothing.out || fail "nothing: $(cat nothing.out)"

stop() { scancel --batch --signal=USR1 "${jobs[$1]}"; }

slurm_starts DOWN
for task in 1 2; do jobs[array-$task]=${jobs[array]}_$task; done
for name in usr1 srun counts array-1 array-2; do stop $name; done
pkill -9 -n -f "^$program train killed.yaml"
scancel "${jobs[cancelled]}"
slurm_job -p high -w host3 -N 1 -n 8 -o high.out --wrap 'echo high has run' > high.job
for name in usr1 srun killed preempted array-1 array-2; do
  slurm_until 60 "$name is requeued" grep -q 'the job is requeued' $name.out
  is_to_end $name
done
slurm_until 60 'the job is cancelled' is_state cancelled CANCELLED
is_to_end cancelled
submit cancelled -N 2 -n 4
slurm_until 60 'counts is requeued' is_state counts PENDING
scontrol update JobId="${jobs[counts]}" NumNodes=1-1
step=$(committed counts)
slurm_starts UP
submit limit -N 1 -n 1 --time=1 --signal=B:USR1@60 # due at once; Slurm looks every 30 s

# --- on one node now, then on three ---
slurm_until 60 'limit saves' has_committed limit
waiting=$(pgrep -f "^$program train limit.yaml")
kill -STOP "$waiting" # only until then: the uninterrupted run is to be short
slurm_until 60 'counts saves on one node' has_committed counts "$step"
slurm_starts DOWN
stop counts
slurm_until 120 'limit is to end' grep -q 'is asked to stop' limit.out
kill -CONT "$waiting"
slurm_until 60 'limit is requeued' grep -q 'the job is requeued' limit.out
slurm_until 60 'counts is requeued' is_state counts PENDING
scontrol update JobId="${jobs[counts]}" NumNodes=3-3
is_to_end limit
is_to_end counts
slurm_starts UP

for name in usr1 srun killed preempted cancelled limit array-1 array-2; do has_the_bits $name 2; done
has_the_bits counts 3
grep -q 'high has run' high.out || fail "no preemption: $(cat high.out)"
sed -n 's/.*restart [0-9]: //p' counts.out
