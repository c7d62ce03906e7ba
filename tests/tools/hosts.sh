# SPDX-License-Identifier: Apache-2.0
# Several "hosts" on this machine, for tests: each has a name, an address, processes and a /dev/shm of its own, and they are
# joined by a switch; files are shared. `mpirun` starts ranks on them as it would with ssh, and they talk TCP.
# shellcheck shell=bash
# They live in namespaces of the kernel, which end with the processes in them: however a test ends, nothing is left to take
# down, and several at once know nothing of each other. To be sourced before tests/lib.sh:
#
#   source "$2/tests/tools/hosts.sh"
#   hosts_enter "$@"              # or SKIP
#   source "$2/tests/lib.sh"
#   hosts_start 3                 # host1, host2, host3
#   on_hosts 2+1 COMMAND…         # two ranks on host1, one on host2
#   hosts_rate 1gbit              # of every host's link, each way
#   hosts_link 2 down             # cut host2 off, or up again; its processes go on
#   hosts_processes COMMAND       # the process ids that run it, "HOST PID" each

hosts=()           # for each, the process id of its first process
hosts_processors=() # and the processors it has

# hosts_enter ARGUMENT…: start this script again in a place of its own: network, processes, mounts. All that is started there
# ends with it.
hosts_enter() {
  [[ ${HOSTS_ENTERED-} != "$0" ]] || return 0
  local apart=(unshare --net --mount --pid --fork --kill-child --mount-proc) reason
  ((EUID == 0)) || apart+=(--map-root-user)
  reason=$("${apart[@]}" unshare --net --uts --mount --pid --fork --mount-proc bash -ec '
    hostname host
    mount -t tmpfs tmpfs /dev/shm
    ip link add switch type bridge
    ip link add eth0 type veth peer name port
    tc qdisc add dev eth0 root tbf rate 1gbit burst 256kb latency 100ms' 2>&1) || {
    printf 'SKIP: network namespaces may not be made here: %s\n' "$reason"
    exit 77
  }
  HOSTS_ENTERED=$0 exec "${apart[@]}" bash "$0" "$@"
}

# in_host HOST COMMAND…: on any processor, since those of the host may be in use by ranks that never sleep.
in_host() {
  nsenter --target "${hosts[${1#host} - 1]}" --net --uts --mount --pid --wd="$PWD" -- "${@:2}"
}

# login HOST COMMAND…: as a login to it would run it, on its processors.
login() { in_host "$1" taskset -c "${hosts_processors[${1#host} - 1]}" "${@:2}"; }

# hosts_start COUNT: each gets its share of the processors, which is one at least.
# shellcheck disable=SC2154 # work: of tests/lib.sh
hosts_start() {
  local count=$1 i processors share
  mount -t tmpfs tmpfs /dev/shm # for the files of mpirun
  {
    printf '127.0.0.1 localhost\n10.0.0.254 %s\n' "$(hostname)"
    for ((i = 1; i <= count; i++)); do printf '10.0.0.%d host%d\n' "$i" "$i"; done
  } > "$work/names"
  mount --bind "$work/names" /etc/hosts
  ip link set lo up
  ip link add switch address 02:00:00:00:00:01 type bridge # or it would change with its ports
  ip address add 10.0.0.254/24 dev switch
  ip link set switch up

  mapfile -t processors < <(taskset -pc $$ | sed 's/.*: //' | tr ',' '\n' |
    awk -F- '{ for (i = $1; i <= $NF; i++) print i }')
  share=$((${#processors[@]} / count))
  ((share > 0)) || share=1
  for ((i = 0; i < count; i++)); do
    hosts_processors+=("$(IFS=, && printf '%s' "${processors[*]:i * share % ${#processors[@]}:share}")")
    start_host $((i + 1))
  done

  # In place of ssh: AGENT [OPTION…] HOST COMMAND…
  cat > "$work/agent" <<AGENT
#!/usr/bin/env bash
set -euo pipefail
while [[ \$1 == -* ]]; do shift; done
$(declare -p hosts hosts_processors)
$(declare -f in_host login)
host=\$1
shift
if [[ \$(ip -o link show "port\${host#host}") != *' state UP '* ]]; then exit 255; fi
login "\$host" bash -c "\$*"
AGENT
  chmod +x "$work/agent"
  export OMPI_MCA_plm=rsh OMPI_MCA_plm_rsh_agent="$work/agent" OMPI_MCA_orte_tmpdir_base=/dev/shm
  export PRTE_MCA_plm=ssh PRTE_MCA_plm_ssh_agent="$work/agent" PRTE_MCA_prte_tmpdir_base=/dev/shm
  export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle-1}
}

start_host() { # NUMBER
  local ready keeper
  # Its first process lives for ever, and buries the dead.
  exec {ready}< <(exec unshare --net --uts --mount --pid --fork --mount-proc bash -ec '
    hostname "$1"
    mount -t tmpfs tmpfs /dev/shm
    ip link set lo up
    echo ready
    sleep infinity & wait' keeper "host$1" 2> "$work/host$1.log")
  keeper=$!
  read -r -u "$ready" _ || fail "host$1 does not start: $(cat "$work/host$1.log")"
  hosts+=("$(pgrep -P $keeper)")
  ip link add "port$1" type veth peer name eth0 netns "${hosts[-1]}"
  ip link set "port$1" master switch up
  in_host "host$1" ip address add "10.0.0.$1/24" dev eth0
  in_host "host$1" ip link set eth0 up
}

# on_hosts RANKS[+RANKS…] COMMAND…: so many ranks on host1, host2, …; no test may hang.
on_hosts() {
  local layout=$1 counts i list='' ranks=0 status=0
  shift
  IFS=+ read -ra counts <<< "$layout"
  for i in "${!counts[@]}"; do
    list+=${list:+,}host$((i + 1)):${counts[i]}
    ranks=$((ranks + counts[i]))
  done
  timeout 120 mpirun --host "$list" -n "$ranks" --bind-to none "$@" || status=$?
  if ((status == 124)); then printf 'not done after 120 s on %s ranks of hosts: %s\n' "$layout" "$*" >&2; fi
  return $status
}

# hosts_link HOST up|down: its cable.
hosts_link() { ip link set "port$1" "$2"; }

# hosts_rate RATE: what a host sends and what it receives, 1gbit for example.
hosts_rate() {
  local i limit=(root tbf rate "$1" burst 256kb latency 100ms)
  for ((i = 1; i <= ${#hosts[@]}; i++)); do
    tc qdisc replace dev "port$i" "${limit[@]}"
    in_host "host$i" tc qdisc replace dev eth0 "${limit[@]}"
  done
}

# hosts_processes COMMAND: "HOST PID" for each process that runs this file.
hosts_processes() {
  local i process
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/exe") == "$1" ]] || continue
    for ((i = 1; i <= ${#hosts[@]}; i++)); do
      if [[ $process/ns/net -ef /proc/${hosts[i - 1]}/ns/net ]]; then printf 'host%d %d\n' "$i" "${process#/proc/}"; fi
    done
  done
}
