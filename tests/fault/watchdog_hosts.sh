#!/usr/bin/env bash
# A host whose network is cut, and then whose files are gone too: no rank is left on any host, also on the one that nobody
# can reach, and the hosts that are left say why.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
hosts_start 2

small_data
small_config

# cut NAME COMMAND…: start, run the command once something has been saved, and wait until nobody is left.
cut() {
  local name=$1 job i
  shift
  on_hosts 2+1 "$program" train run.yaml --quiet --set train.watchdog=3 --set train.epochs=1000000 \
    --set checkpoint.every='20 steps' --set run.directory="$name" 2> "$name.log" &
  job=$!
  until [[ -e $name/checkpoints/last ]]; do
    kill -0 $job 2> /dev/null || fail "$name: ended too early: $(cat "$name.log")"
    sleep 0.02
  done
  "$@"
  for ((i = 0; i < 3000; i++)); do
    [[ -n $(hosts_processes "$program") ]] || break
    sleep 0.02
  done
  ((i < 3000)) || fail "$name: still there: $(hosts_processes "$program") $(cat "$name.log")"
  kill -9 "$(pgrep -P $job)" 2> /dev/null || true # mpirun would wait for the host for minutes
  wait $job 2> /dev/null || true
}

cut network ip link set port2 down
grep -q 'watchdog: no progress for .* they wait for each other: is the network between them cut?' network.log ||
  fail "network: $(cat network.log)"
for node in 0 1; do grep -q 'ending 1' network/watchdog/node-000$node || fail "node $node: $(tail network/watchdog/*)"; done
ip link set port2 up

hide() {
  ip link set port2 down
  in_host host2 mount -t tmpfs tmpfs "$work/both"
}
cut both hide
grep -q 'watchdog: no progress for .*: no word from node 1 on host2 (rank 2)\. All' both.log || fail "both: $(cat both.log)"
echo 'a host that is cut off: no rank is left on any'
