#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/slurm/train.sbatch under a real Slurm: whatever ends its jobs, they go on from what was committed, on other nodes
# too, and end with the bits of the uninterrupted run.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
# shellcheck source=tests/tools/slurm.sh
source "$2/tests/tools/slurm.sh"
slurm_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
slurm_start 3 8
small_data
export SHARDPROP=$program ARGS=--quiet

# --- all at once: most of the time they wait for Slurm ---
slurm_config usr1 srun limit preempted killed cancelled counts array-1 array-2
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
ARGS="--set 'train" CONFIG=usr1.yaml submit quotes -n 1
cat > dies << DIES
#!/usr/bin/env bash
if [[ \$1 == train ]]; then echo "the limit is at \$SLURM_JOB_END_TIME" && kill -9 \$\$; fi
exec $program "\$@"
DIES
chmod +x dies
slurm_config hopeless wide none
# More tasks than lanes, by a script in a directory with a blank in its name; and tasks that MPI does not connect.
mkdir 'a copy' && cp -r "$source_root/scripts" 'a copy/'
source_root="$work/a copy" ARGS='--quiet --set train.lanes=2 --set train.steps=20' submit wide -N 2 -n 5
jobs[none]=$(sbatch --parsable -n 2 -o none.out --wrap "srun --mpi=none $program train none.yaml")
SHARDPROP=$work/dies MAX_RESTARTS=1 submit hopeless -n 1 --time=5

for name in usr1 srun counts killed preempted cancelled array-1 array-2; do
  slurm_until 60 "$name saves" has_committed $name
done
for name in wrong missing nothing quotes; do slurm_until 60 "$name ends" is_state $name FAILED; done
slurm_until 60 'wide ends' is_state wide COMPLETED
says wide '5 ranks were started, but the run has 2 lanes: 3 ranks stay idle' || fail "wide: $(cat wide.out)"
slurm_until 60 'none ends' is_state none FAILED
[[ ! -e none ]] || fail "none: tasks that are not connected train: $(cat none.out)"
says wrong "train.lanes: expected 'auto'" || fail "wrong: $(cat wrong.out)"
says missing 'missing.yaml: ' || fail "missing: $(cat missing.out)"
says nothing 'CONFIG is not set' || fail "nothing: $(cat nothing.out)"
says quotes 'ARGS: cannot be split' || fail "quotes: $(cat quotes.out)"

slurm_starts DOWN
for task in 1 2; do jobs[array-$task]=${jobs[array]}_$task; done
for name in usr1 srun counts array-1 array-2; do stop $name; done
pkill -9 -n -f "^$program train killed.yaml"
scancel "${jobs[cancelled]}"
sbatch -Q -p high -w host3 -N 1 -n 8 -o high.out --wrap 'echo high has run'
for name in usr1 srun killed preempted array-1 array-2; do
  slurm_until 60 "$name is requeued" says $name 'the job is requeued'
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
slurm_until 120 'limit is to end' says limit 'requesting the run to stop'
kill -CONT "$waiting"
slurm_until 60 'limit is requeued' says limit 'the job is requeued'
slurm_until 60 'counts is requeued' is_state counts PENDING
scontrol update JobId="${jobs[counts]}" NumNodes=3-3
is_to_end limit
is_to_end counts
slurm_starts UP

for name in usr1 srun killed preempted cancelled limit array-1 array-2; do has_the_bits $name 2; done
has_the_bits counts 3
slurm_until 60 'the job that commits nothing ends' is_state hopeless FAILED
says hopeless 'giving up: no further step was committed in 1 restart' || fail "hopeless: $(cat hopeless.out)"
says hopeless "the limit is at [0-9]\{10\}$" || fail "hopeless: $(cat hopeless.out)"
says high 'high has run' || fail "no preemption: $(cat high.out)"
sed -n 's/.*restart [0-9]: //p' counts.out
