# SPDX-License-Identifier: Apache-2.0
# A private Slurm for tests: munged, slurmctld, and a slurmd on each of the hosts of tests/tools/hosts.sh, which are its nodes.
# shellcheck shell=bash
# All of it runs in the namespaces of hosts_enter, with its files in the test's directory: however a test ends, nothing is
# left. To be sourced beside tests/tools/hosts.sh:
#
#   slurm_enter "$@"           # before tests/lib.sh, or SKIP
#   slurm_start 3 4            # nodes host1, host2, host3, of 4 processors each
#   slurm_starts DOWN|UP       # no job starts until UP; those that run go on
#   slurm_until SECONDS WHAT COMMAND…   # until the command succeeds; else the test fails

slurm_enter() {
  local need missing=''
  PATH=$PATH:/usr/sbin:/sbin
  for need in munged slurmctld slurmd sbatch srun scontrol scancel; do
    command -v $need > /dev/null || missing+=" $need"
  done
  if [[ -n $missing ]]; then
    printf 'SKIP: Slurm is not installed:%s\n' "$missing"
    exit 77
  fi
  if ((EUID != 0)); then
    echo 'SKIP: the daemons of Slurm need the superuser'
    exit 77
  fi
  hosts_enter "$@"
}

# slurm_start NODES PROCESSORS: which are what the nodes claim. Requeued jobs start again after 5 s here, not 120; jobs have 2 s
# between TERM and KILL; a node that does not answer is lost after 10 s.
# shellcheck disable=SC2154 # work, hosts: of tests/lib.sh and hosts.sh
slurm_start() {
  local nodes=$1 processors=$2 dir=$work/slurm i list='' lines='' name
  hosts_start "$nodes"
  mkdir -p "$dir"/{log,state}
  for ((i = 1; i <= nodes; i++)); do
    mkdir -p "$dir/host$i/tmp" # mpi/pmix makes directories there, of the same name on every node
    lines+="NodeName=host$i NodeAddr=10.0.0.$i CPUs=$processors State=UNKNOWN"$'\n'
    list+=${list:+,}host$i
  done
  cat > "$dir/slurm.conf" << CONF
ClusterName=test
SlurmctldHost=$(hostname)(10.0.0.254)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/%n
TmpFS=$dir/%n/tmp
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/%n/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld
SlurmdLogFile=$dir/log/%n
PlugStackConfig=$dir/plugstack.conf
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
ReturnToService=2
MailProg=/bin/true
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
KillWait=2
SlurmdTimeout=10
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
${lines}PartitionName=main Nodes=$list Default=YES PriorityTier=5 PreemptMode=OFF
PartitionName=low Nodes=$list PriorityTier=1 PreemptMode=REQUEUE GraceTime=30
PartitionName=high Nodes=$list PriorityTier=10 PreemptMode=OFF
CONF
  : > "$dir/plugstack.conf"
  export SLURM_CONF=$dir/slurm.conf
  # Slurm starts what is on the nodes, and Open MPI is to ask it.
  unset OMPI_MCA_plm OMPI_MCA_plm_rsh_agent PRTE_MCA_plm PRTE_MCA_plm_ssh_agent
  for name in "${!SLURM_@}"; do [[ $name == SLURM_CONF ]] || unset "$name"; done

  # All of it ends with this script; but before the files are removed, nothing may write any more.
  trap 'exec 2> /dev/null; kill -9 "${hosts[@]}" $(jobs -p); wait; rm -rf "$place"' EXIT
  (umask 077 && head -c 1024 /dev/urandom > "$dir/munge.key")
  munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/log/munged" --seed-file="$dir/munged.seed" --num-threads=2 > /dev/null 2>&1 &
  slurm_until 30 'munged starts' test -S "$dir/munge.socket"
  slurmctld -D -i > /dev/null 2>&1 &
  for ((i = 1; i <= nodes; i++)); do slurm_node "$i"; done
  slurm_until 60 'the nodes come up' slurm_idle "$nodes"
}

slurm_node() { login "$1" slurmd -D -N "host$1" > /dev/null 2>&1 & }

slurm_idle() { [[ $(sinfo -h -p main -t idle -o %D) == "$1" ]]; }

slurm_starts() { # not of partition high
  scontrol update PartitionName=main State="$1"
  scontrol update PartitionName=low State="$1"
}

slurm_until() { # SECONDS WHAT COMMAND…
  local seconds=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" 2> /dev/null; do
    if ((SECONDS > end)); then
      tail -n 20 "$work"/slurm/log/* "$work"/*.out >&2
      scontrol show jobs >&2
      fail "$what: not within $seconds s"
    fi
    sleep 0.05
  done
}

# --- jobs of scripts/slurm/train.sbatch, which are called as their run, its directory, configuration and output are ---

declare -A jobs=()

# slurm_config NAME…: runs that do not end, of steps of some milliseconds, saved often.
slurm_config() {
  local name
  for name in "$@"; do
    cat > "$name.yaml" << YAML
run: {name: $name, directory: $name, seed: 7}
data: {train: {file: data.h5, features: /train/features, targets: /train/targets}}
model:
  layers: [{dense: {units: 300}}, tanh, {dense: {units: 300}}, tanh, {dense: {units: 4}}]
  loss: softmax_cross_entropy
optimizer: {rmsprop: {lr: 0.0001, momentum: 0.5, centered: true}}
train: {batch_size: 800, epochs: 1000000, lanes: 8, steps: none}
checkpoint: {every: 10 steps, keep: 2}
YAML
  done
}

# shellcheck disable=SC2154 # source_root: of tests/lib.sh
submit() { # NAME OPTION…
  local name=$1
  shift
  jobs[$name]=$(CONFIG=${CONFIG-$name.yaml} sbatch --parsable -J "$name" -o "$name.out" "$@" \
    "$source_root/scripts/slurm/train.sbatch")
}

stop() { scancel --batch --signal=USR1 "${jobs[$1]}"; } # NAME

is_state() { [[ $(scontrol show job "${jobs[$1]}" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p') == "$2" ]]; } # NAME STATE

says() { grep -q "$2" "$1.out"; } # NAME TEXT

committed() { # NAME
  local last
  last=$(readlink "$1/checkpoints/last" 2> /dev/null) || true
  printf '%d\n' "$((10#0${last#step-}))"
}

has_committed() { (($(committed "$1") > ${2-0})); } # NAME [STEP]

# is_to_end NAME: from its next start on, a few steps further than it has come.
is_to_end() { sed -i "s/steps: none/steps: $(($(committed "$1") + 20))/" "$1.yaml"; }

# has_the_bits NAME STARTS: it is done, and has been started so often.
has_the_bits() {
  local starts
  slurm_until 120 "$1 is done" is_state "$1" COMPLETED
  on 1 train "$1.yaml" --quiet --set run.directory="whole-$1"
  [[ $(state "$(last "$1")") == $(state "$(last "whole-$1")") ]] || fail "$1: other bits than the uninterrupted run"
  # Slurm 24.11 starts a job that was preempted once more than it was requeued: the run is done already then.
  starts=$(sed '/the run is done/q' "$1.out" | grep -c ' tasks)$')
  [[ $starts == "$2" ]] || fail "$1: $starts starts: $(cat "$1.out")"
  printf '%s: %s\n' "$1" "$(sed -nE '/the job is requeued|has ended the job/s/^[-0-9: ]*//p' "$1.out" | tr '\n' ';')"
}
