#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts in which MPI does not come up: a rank that never reaches MPI_Init, and ranks that MPI does not connect. Each ends, says why,
# and leaves no run behind.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config

# --- another rank never gets to MPI_Init: those that wait for it give up ---
cat > stuck <<STUCK
#!/usr/bin/env bash
if [[ \$OMPI_COMM_WORLD_RANK == 1 && ! -e $work/healed ]]; then touch $work/healed && exec sleep 100; fi
exec $program "\$@"
STUCK
chmod +x stuck
code=0
SHARDPROP_START_TIMEOUT=2 timeout 60 mpirun -n 2 "$work/stuck" train run.yaml --quiet 2> log || code=$?
[[ $code == 76 ]] || fail "exit $code: $(cat log)"
grep -q 'MPI_Init has not returned after 2 s' log || fail "$(cat log)"
[[ ! -e run ]] || fail 'a run was made'
rm healed
SHARDPROP=$work/stuck SHARDPROP_START_TIMEOUT=2 timeout 100 "$source_root/scripts/shardprop-run" -n 2 --backoff 0 -- run.yaml \
  --quiet 2> log || fail "the launcher does not try again: $(cat log)"
[[ $(grep -c 'starting 2 ranks' log) == 2 ]] || fail "$(cat log)"
[[ $(timeout 60 "$program" status run) == *'state       done'* ]] || fail "$(timeout 60 "$program" status run)"

# --- the batch script: a launcher that hangs is ended after START_TIMEOUT, and the job requeued; Slurm is made up here ---
mkdir bin
cat > bin/scontrol <<SCONTROL
#!/usr/bin/env bash
if [[ \$1 == requeue ]]; then echo requeued >> requeued && kill -TERM \$PPID && exit; fi
printf 'JobId=7 JobName=x\n   Requeue=1 Restarts=0 EndTime=Unknown\n   Command=%s\n' "$source_root/scripts/slurm/train.sbatch"
SCONTROL
cat > bin/mpirun <<'MPIRUN'
#!/usr/bin/env bash
echo start >> starts
trap '' TERM
sleep 100 &
wait
MPIRUN
chmod +x bin/*
# batch CODE TEXT NAME=VALUE…: the script ends with this exit status and prints the text.
batch() {
  local expected=$1 text=$2 code=0 script
  shift 2
  rm -rf starts requeued hung
  PATH=$work/bin:$PATH SLURM_JOB_ID=7 CONFIG=run.yaml ARGS='--set run.directory=hung' SHARDPROP=$program env "$@" \
    setsid timeout 60 bash "$source_root/scripts/slurm/train.sbatch" > log 2>&1 &
  script=$!
  wait $script || code=$?
  pkill -s $script || true
  [[ $code == "$expected" ]] && grep -qF -- "$text" log || fail "$*: exit $code, expected $expected with '$text': $(cat log)"
}
batch 75 'no sign of life from the run for 2 s' START_TIMEOUT=2
[[ $(cat starts requeued) == $'start\nrequeued' ]] || fail "$(cat log)"
batch 137 'giving up' START_TIMEOUT=2 MAX_RESTARTS=0
[[ -e starts && ! -e requeued ]] || fail "$(cat log)"
for value in x -1 1.5 '1 2' 1234567; do batch 2 "START_TIMEOUT: expected a whole number of seconds, got '$value'" START_TIMEOUT="$value"; done
[[ ! -e starts ]] || fail 'started all the same'

# --- the mpirun that scripts/quickstart suggests works as it stands, without the variables that scripts and tests set ---
clean=(env -u OMPI_ALLOW_RUN_AS_ROOT -u OMPI_ALLOW_RUN_AS_ROOT_CONFIRM -u OMPI_MCA_rmaps_base_oversubscribe
  -u PRTE_MCA_rmaps_default_mapping_policy)
for count in 1 2 "$(($(nproc) + 1))"; do
  # shellcheck source=scripts/common.sh
  command=$(source "$source_root/scripts/common.sh" && prepare_mpi "$count" && mpirun_command "$count")
  read -ra words <<< "$command"
  "${clean[@]}" "${words[@]}" true > log 2>&1 || fail "suggested: $command: $(cat log)"
done
grep -q '"$(mpirun_command 2) build/shardprop' "$source_root/scripts/quickstart" || fail 'scripts/quickstart suggests another command'

# --- processes that MPI takes for single ones: as srun starts them where it has no PMIx ---
for number in 0 1; do
  code=0
  SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=$number timeout 60 "$program" train run.yaml --set run.directory=alone 2> "$number.log" < /dev/null || code=$?
  [[ $code == 2 && ! -e alone ]] || fail "process $number: exit $code: $(cat $number.log)"
done
grep -q 'error: .*srun started 2 processes.*srun --mpi=pmix' 0.log || fail "$(cat 0.log)"
[[ ! -s 1.log ]] || fail "process 1 speaks, too: $(cat 1.log)"
SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0 on 2 train run.yaml --quiet --set run.directory=together
SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0 on 1 eval together > scores
SLURM_NTASKS=4 SLURM_PROCID=0 timeout 60 "$program" eval together > scores
grep -q '^loss' scores || fail "$(cat scores)"
echo 'starts that do not come up end'
