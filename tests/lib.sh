# SPDX-License-Identifier: Apache-2.0
# Shared by the tests that run the program: a temporary directory, a small data set, a short configuration, checks.
# shellcheck shell=bash
set -euo pipefail

program=$1
# shellcheck disable=SC2034  # for the tests
source_root=$2
place=$(mktemp -d "${TMPDIR:-/tmp}/shardprop-test.XXXXXX")
trap 'rm -rf "$place"' EXIT
work=$place/work
# Two mpirun that end and start at the same moment remove each other's session directories below a temporary directory they
# share ("A system call failed during shared memory initialization"): each test has one of its own.
export TMPDIR=$place/tmp
mkdir "$work" "$TMPDIR"
# Nor do two that start in it at the same moment both create the directory above their own: it is there, and stays, because
# it is not empty ("output-": a file that Open MPI leaves alone).
for session in ompi prte; do
  session=$TMPDIR/$session.$(uname -n | cut -d . -f 1).$(id -u)
  mkdir -m 700 "$session" && echo kept > "$session/output-kept"
done
cd "$work"
# Once a rank has ended with an error, mpirun ends the others at once and not after a second: they have ended too, or never will.
export OMPI_MCA_odls_base_sigkill_timeout=0 PRTE_MCA_odls_base_sigkill_timeout=0

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# on N COMMAND…: run the program on N ranks; no test may hang.
on() {
  local ranks=$1 status=0
  shift
  timeout 120 mpirun -n "$ranks" "$program" "$@" || status=$?
  if ((status == 124)); then printf 'not done after 120 s on %d ranks: %s\n' "$ranks" "$*" >&2; fi
  return $status
}

# descendants PROCESS: all processes that it has started, directly or not.
descendants() {
  local child
  for child in $(pgrep -P "$1"); do printf '%s\n' "$child" && descendants "$child"; done
}

# ranks_of JOB: the process ids of the ranks that a job started.
ranks_of() {
  local process
  for process in $(descendants "$1"); do
    if [[ $(readlink "/proc/$process/exe" || true) == "$program" ]]; then printf '%s\n' "$process"; fi
  done
}

# ended JOB: wait for a job whose ranks die; returns its status. The mpirun of Open MPI 4.1 may never end when all of them are
# gone ("PMIX ERROR: UNREACHABLE", seen once in hundreds of kills): it is killed when it has had none for 10 s.
ended() {
  local seen=false without=0 status=0
  while kill -0 "$1" 2>/dev/null; do
    if [[ -n $(ranks_of "$1") ]]; then seen=true without=0; elif $seen; then without=$((without + 1)); fi
    # shellcheck disable=SC2046  # several
    ((without < 100)) || kill -9 $(descendants "$1") 2>/dev/null || true
    sleep 0.1
  done
  wait "$1" 2>/dev/null || status=$?
  return $status
}

# state RUN: SHA-256 of parameters and optimizer state.
state() {
  "$program" inspect "$1" --hash
}

# refused_setting ASSIGNMENT MESSAGE: run.yaml with it is refused on two ranks, as wrong configuration.
refused_setting() {
  local code=0
  on 2 train run.yaml --quiet --set run.directory=refused --set "$1" 2> error || code=$?
  [[ $code == 2 ]] || fail "$1: exit status $code, expected 2"
  grep -qF "$2" error || fail "$1: $(cat error)"
}

# last RUN: the path of its newest checkpoint.
last() { printf '%s\n' "$1"/checkpoints/last; }

# small_data: 1,000 rows of 12 features in 4 classes, and 200 to test.
small_data() {
  "$program" import synthetic --rows 1000 --features 12 --classes 4 --test-rows 200 --seed 3 -o data.h5 --quiet
}

# small_config: a run of a second on that, with several blocks of parameters.
small_config() {
  cat > run.yaml <<'YAML'
run: {name: small, directory: run, seed: 7}
data:
  train: {file: data.h5, features: /train/features, targets: /train/targets}
  validation: {fraction: 0.2}
  test: {file: data.h5, features: /test/features, targets: /test/targets}
  transform: [standardize]
model:
  layers: [{dense: {units: 300}}, relu, {dense: {units: 60}}, tanh, {dense: {units: 4}}]
  loss: softmax_cross_entropy
  metrics: [accuracy]
optimizer:
  rmsprop: {lr: 0.001, momentum: 0.5, centered: true}
train: {batch_size: 48, epochs: 3, lanes: 8}
checkpoint: {every: 1 epoch, keep: 2}
YAML
}

# nonfinite_run: 400 rows and a run of 80 steps on them, of which 11 and 51 have a loss that is not finite, 27 and 67 only a
# gradient.
nonfinite_run() {
  awk 'BEGIN {
    OFS = ","; print "a,b,c,t"
    for (i = 0; i < 400; i++) print sin(i), (i == 85 ? "nan" : cos(i)), (i == 210 ? 1e15 : 1), (i == 210 ? 1e25 : i / 400)
  }' > rows.csv
  "$program" import csv rows.csv --features a,b,c --target t --missing nan -o data.h5 --quiet
  cat > run.yaml <<'YAML'
data:
  train: {file: data.h5, features: /train/features, targets: /train/targets}
  validation: {fraction: 0.2}
  shuffle: none
model:
  layers: [{dense: {units: 200}}, {dense: {units: 100}}, {dense: {units: 1}}]
  loss: mse
optimizer: {rmsprop: {momentum: 0.5}}
train: {batch_size: 8, epochs: 2, lanes: 4}
checkpoint: {every: 7 steps, keep: 100}
report: {steps: 1}
YAML
}
