#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/shardprop-run on several hosts: a rank that dies, hosts that die or are cut off, requests to stop, starts that come to
# nothing, shared-memory files that are left behind. The run goes on each time, with the bits of the uninterrupted one.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
trap 'exec 2> /dev/null; kill -9 "${hosts[@]}" $(jobs -p); wait; rm -rf "$place"' EXIT
hosts_start 3
small_data
small_config

# Training that starts when the test is ready for it.
cat > gate <<GATE
#!/usr/bin/env bash
if [[ \$1 == train ]]; then until [[ -e $work/open ]]; do sleep 0.05; done; fi
exec $program "\$@"
GATE
chmod +x gate
export SHARDPROP=$work/gate
export OMPI_MCA_oob_tcp_keepalive_time=1 OMPI_MCA_oob_tcp_keepalive_intvl=1 OMPI_MCA_oob_tcp_keepalive_probes=2
long=(--quiet --set train.epochs=1000000 --set train.batch_size=800 --set checkpoint.every='10 steps')
sed -i 's/^train: {/&steps: none, /' run.yaml

until_that() { # WHAT COMMAND…
  local what=$1 i
  shift
  for ((i = 0; i < 6000; i++)); do
    if "$@" 2> /dev/null; then return; fi
    sleep 0.02
  done
  fail "$what: not within two minutes: $(cat run.log)"
}

committed() {
  local last
  last=$(readlink run/checkpoints/last 2> /dev/null) || true
  printf '%d\n' "$((10#0${last#step-}))"
}

goes_on() { (($(committed) > step)); }
says() { grep -q -- "$1" run.log; }

begin() { # OPTION…
  step=$(committed)
  touch open
  env --default-signal=INT "$source_root/scripts/shardprop-run" --backoff 1 "$@" -- run.yaml "${long[@]}" > run.log 2>&1 &
  job=$!
  until_that 'something is saved' goes_on
}

ended() { # CODE
  local code=0
  wait $job || code=$?
  [[ $code == "$1" ]] || fail "shardprop-run ends with $code, not $1: $(cat run.log)"
  [[ -z $(hosts_processes "$program") ]] || fail "there are ranks left: $(hosts_processes "$program")"
}

same_bits() {
  on 1 train run.yaml "${long[@]}" --set run.directory=whole
  [[ $(state "$(last run)") == $(state "$(last whole)") ]] || fail "other bits than the uninterrupted run: $(cat run.log)"
  rm -r whole
}

segments() { in_host "$1" find /dev/shm -name '*_segment.*' | wc -l; } # Open MPI 4: vader, 5: sm

# --- a rank dies, then a host, then another is cut off: the last start is on the one that is left, and ends the run ---
begin --hosts host1:2,host2:1,host3:1
says 'starting 4 ranks on host1:2,host2:1,host3:1' || fail "$(cat run.log)"
in_host host1 touch -d '1 hour ago' /dev/shm/vader_segment.dead /dev/shm/sm_segment.dead
in_host host1 touch /dev/shm/vader_segment.starting
kill -9 "$(hosts_processes "$program" | sed -n 's/^host1 //p' | tail -n 1)"
until_that 'it starts again on four ranks' eval '[[ $(grep -c "starting 4 ranks" run.log) == 2 ]]'
step=$(committed)
until_that 'it goes on after a rank died' goes_on
in_host host1 test ! -e /dev/shm/vader_segment.dead -a ! -e /dev/shm/sm_segment.dead || fail 'shared memory of the dead is left'
in_host host1 test -e /dev/shm/vader_segment.starting || fail 'shared memory of a job that is just starting is gone'
in_host host1 rm /dev/shm/vader_segment.starting

kill -9 "${hosts[2]}"
until_that 'it starts without host3' says 'starting 3 ranks on host1:2,host2:1'
step=$(committed)
until_that 'it goes on without host3' goes_on

rm open
hosts_link 2 down
until_that 'it starts without host2' says 'starting 2 ranks on host1:2$'
[[ -z $(hosts_processes "$program" | grep -v host1) ]] || fail "ranks on the host that was cut off: $(hosts_processes "$program")"
sed -i "s/steps: none/steps: $(($(committed) + 20))/" run.yaml
touch open
ended 0
same_bits
hosts_link 2 up
echo 'a rank, a host, a link lost: the bits of the uninterrupted run'

# --- requests to stop: everything is saved; segments of another run are left alone ---
sed -i 's/steps: [0-9]*/steps: none/' run.yaml
on_hosts 2 "$program" train run.yaml "${long[@]}" --set run.directory=other 2> other.log &
other=$!
until_that 'another run has its segments' eval '(($(segments host1) >= 2))'
before=$(segments host1)
# It lives, but stands still: on some kernels ranks that share a core and yield to each other keep another session's off it.
mapfile -t others < <(hosts_processes "$program" | sed 's/.* //')
kill -STOP "${others[@]}"
for signal in USR1 INT; do
  begin --hosts host1,host2 -n 2
  [[ $(segments host1) -ge $before ]] || fail 'segments of another run are gone'
  kill -$signal $job
  code=0
  wait $job || code=$?
  [[ $code == 75 ]] || fail "$signal: exit $code: $(cat run.log)"
  says "$signal: requesting the run to stop" || fail "$signal: $(cat run.log)"
  (($(committed) > step)) || fail "$signal: not saved: $(cat run.log)"
done
kill -CONT "${others[@]}"
kill -USR1 "${others[@]}"
wait $other || true
sed -i "s/steps: none/steps: $(committed)/" run.yaml
same_bits
echo 'USR1, INT: saved'

# --- nothing is committed, the configuration is wrong, nobody answers ---
cat > dies <<DIES
#!/usr/bin/env bash
if [[ \$1 == train ]]; then echo start >> $work/starts; kill -9 \$\$; fi
exec $program "\$@"
DIES
chmod +x dies
refused() { # CODE TEXT OPTION…
  local code=0 expected=$1 text=$2
  shift 2
  "$source_root/scripts/shardprop-run" --max-restarts 1 --backoff 0 "$@" > run.log 2>&1 || code=$?
  [[ $code == "$expected" ]] || fail "$*: exit $code, not $expected: $(cat run.log)"
  says "$text" || fail "$*: expected '$text': $(cat run.log)"
}
SHARDPROP=$work/dies refused 1 'giving up: no further step was committed in 1 restart(s)' --hosts host1 -- run.yaml
[[ $(wc -l < starts) == 2 ]] || fail "$(wc -l < starts) starts, not 2: $(cat run.log)"
refused 2 "train.lanes: expected 'auto'" --hosts host1 -- run.yaml --set train.lanes=many
"$source_root/scripts/shardprop-run" --hosts host1:9 -- run.yaml --set run.directory=new > run.log 2>&1 || fail "nine ranks: $(cat run.log)"
says 'the run has 8 lanes: 1 rank stays idle' || fail "nine ranks: $(cat run.log)"
hosts_link 1 down
refused 1 'no response from host1' --hosts host1 -- run.yaml
refused 2 '--ranks: needs a value' --ranks
refused 2 "expected a whole number of slots for host1, at least 1, got 'x'" --hosts host1:x -- run.yaml
refused 2 'missing argument: CONFIG' --hosts host1
echo 'what cannot go on ends'
