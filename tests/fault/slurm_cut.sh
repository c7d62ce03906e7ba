#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A node is cut off from Slurm, from mpirun and from the other ranks, but not from the files: a job that had some of its ranks
# there, and one that was there altogether, are requeued and go on elsewhere. The one that was left behind wakes up, finds that
# out, commits nothing more, leaves, and requeues nothing. Both end with the bits of the uninterrupted run.
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
slurm_config some all

# Ranks on host1 and host3; on host3.
scontrol update NodeName=host2 State=DRAIN Reason=test
submit some -N 2 -n 2
slurm_until 60 'the first job starts' has_committed some
scontrol update NodeName=host1 State=DRAIN Reason=test
submit all -N 1 -n 2
slurm_until 60 'the second job starts' has_committed all
scontrol update NodeName=host1,host2 State=RESUME

# Those who are left behind sleep until they have been replaced.
hosts_link 3 down
left_behind() { hosts_processes "$program" | sed -n 's/^host3 //p'; }
[[ $(left_behind | wc -l) == 3 ]] || fail "three ranks on host3, not: $(left_behind)"
left_behind | xargs kill -STOP
for name in some all; do is_to_end $name; done
for name in some all; do slurm_until 180 "$name is done" is_state $name COMPLETED; done

[[ -n $(left_behind) ]] || fail 'nobody was left behind'
left_behind | xargs kill -CONT
nobody_is_left() { [[ -z $(left_behind) ]]; }
slurm_until 120 'those who were left behind leave' nobody_is_left
says all 'has been taken over by' || fail "not fenced: $(cat all.out)"
hosts_link 3 up
slurm_until 60 'the node comes back' slurm_idle 3
for name in some all; do has_the_bits $name 2; done
grep -h 'has been taken over by' all.out
