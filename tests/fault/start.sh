#!/usr/bin/env bash
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
