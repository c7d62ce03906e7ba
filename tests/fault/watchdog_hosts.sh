#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A host whose network is cut, for two jobs at once; one of them loses its files there, too. No rank is left on any host,
# also on the one that nobody can reach, and the host that is left says why.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
hosts_start 2

small_data
small_config
jobs=()
start() { # NAME
  on_hosts 2+1 "$program" train run.yaml --quiet --set train.watchdog=8 --set train.epochs=1000000 \
    --set checkpoint.every="20 steps" --set run.directory="$1" 2> "$1.log" &
  jobs+=($!)
  until [[ -e $1/checkpoints/last ]]; do
    kill -0 "${jobs[-1]}" 2> /dev/null || fail "$1: ended too early: $(cat "$1.log")"
    sleep 0.02
  done
}

start network
start both
ip link set port2 down
in_host host2 mount -t tmpfs tmpfs "$work/both"
for ((i = 0; i < 3000; i++)); do
  [[ -n $(hosts_processes "$program") ]] || break
  sleep 0.02
done
((i < 3000)) || fail "still there: $(hosts_processes "$program") $(cat network.log both.log)"
for job in "${jobs[@]}"; do
  pkill -9 -P "$job" || true # mpirun waits for the host for minutes
  wait "$job" 2> /dev/null || true
done

grep -q 'watchdog: no progress for .* no rank is stopped or missing: does the network' network.log ||
  fail "network: $(cat network.log)"
for node in 0 1; do grep -q 'ending 1' network/watchdog/node-000$node || fail "node $node: $(tail network/watchdog/*)"; done
grep -q 'watchdog: no progress for .*: no sign of node 1 on host2 (rank 2)\. All' both.log || fail "both: $(cat both.log)"
echo 'a host that is cut off: no rank is left on any'
