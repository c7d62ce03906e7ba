#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What scripts/shardprop-run reads of hosts, as the launchers of the field write them, and hands on to mpirun; what it does with
# files of the run directory that hold garbage, with an mpirun that hangs, is missing, or is another MPI's. mpirun and the way to
# the hosts are made up here: nothing is trained.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
mkdir bin
cat > bin/mpirun <<'MPIRUN'
#!/usr/bin/env bash
if [[ $1 == --version ]]; then echo "mpirun (Open MPI) 4.1.4" && exit; fi
while [[ $1 != --hostfile ]]; do shift; done
cp "$2" handed_on
echo start >> starts
eval "${MPIRUN_DOES:-exit 2}"
MPIRUN
cat > bin/agent <<'AGENT'
#!/usr/bin/env bash
exec bash -c "${*:2}"
AGENT
chmod +x bin/*
export PATH=$work/bin:$PATH SHARDPROP=$program OMPI_MCA_plm_rsh_agent=$work/bin/agent
run() { timeout 60 "$source_root/scripts/shardprop-run" "$@" -- run.yaml > log 2>&1; }

# reads EXPECTED OPTION…: mpirun gets these hosts, "name slots" joined by commas.
reads() {
  local expected=$1
  shift
  rm -f handed_on
  run "$@" || true
  [[ -e handed_on ]] || fail "$*: $(cat log)"
  [[ $(sed 's/ slots=/ /' handed_on | paste -sd ,) == "$expected" ]] || fail "$*: expected $expected, got $(cat handed_on)"
}
refused() { # TEXT OPTION…
  local code=0 text=$1
  shift
  rm -f handed_on
  run "$@" || code=$?
  [[ $code == 2 && ! -e handed_on ]] || fail "$*: exit $code: $(cat log)"
  grep -qF -- "$text" log || fail "$*: expected '$text': $(cat log)"
}
lines() { printf "$1" > hosts && reads "$2" --hostfile hosts; }                                  # TEXT EXPECTED
bad() { printf "$1" > hosts && refused "hosts:$2: expected" --hostfile hosts; }                  # TEXT LINE

# --- Open MPI, MPICH, PBS, Grid Engine, LSF ---
lines 'a slots=2\nb slots=3' 'a 2,b 3' # no newline at the end
lines 'a slots=2\r\n\r\nb\r\n' 'a 2,b 1'
lines '\xef\xbb\xbf# all\n\n  a   slots = 2 max_slots = 4 # old\n\tb cpu=3\nc count= 4\nd max-slots=2\n#e\n' 'a 2,b 3,c 4,d 1'
lines 'joe@a slots=2\nfe80::1 slots=2\n[fe80::2]:3\n[::1]\n10.0.0.7:2\nb username=joe\nn_1.cluster' \
  'joe@a 2,fe80::1 2,fe80::2 3,::1 1,10.0.0.7 2,joe@b 1,n_1.cluster 1'
lines 'a#b\nc slots=2#d\n' 'a 1,c 2' # a comment may begin anywhere, as for Open MPI and Hydra
lines '1:2:3:4:5:6:7:8\n::ffff:10.0.0.7\n1::8:2\nfe80::1%%eth0\njoe@::2\n[1:2::]:4' \
  '1:2:3:4:5:6:7:8 1,::ffff:10.0.0.7 1,1::8:2 1,fe80::1%eth0 1,joe@::2 1,1:2:: 4'
lines 'a\na\nb\na\n' 'a 3,b 1' # PBS_NODEFILE, LSB_DJOB_HOSTFILE
lines 'a 4 all.q@a UNDEFINED\nb 2 all.q@b <NULL>\nc 8 all.q@c 0,1:0,2\na 1 short.q@a\nd 3\n' 'a 5,b 2,c 8,d 3'
lines 'a 4 b 2 c 1\n' 'a 4,b 2,c 1'
reads 'a 3,b 2,joe@c 1' --hosts 'a:2,b:2, joe@c,a'
reads 'a 4,b 2' -H 'a 4 b 2'
reads 'a 3' --hosts a --hostfile <(printf 'a slots=2')

# --- garbage is refused with its place ---
bad 'a\nb slots\n' 2
bad 'a slots=0' 1
bad 'a slots=x' 1
bad 'a slots=' 1
bad 'a slots=2 slots=3' 1
bad 'a slots=4 max_slots=2' 1
bad 'a max_slots=many' 1
bad 'a slots=999999' 1
bad 'a b' 1
bad 'a colour=red' 1
bad 'a:' 1
bad 'a:2 slots=2' 1
bad 'a:2:3' 1
bad 'x\na:2:3 slots=2' 2
bad '[a:2:3]:4' 1
bad 'a::b::c' 1
bad ':1:2:3:4:5:6:7:8' 1
bad '1:2:3:4:5:6:7:' 1
bad '1:2:3:4:5:6:7:8:9' 1
bad '1::2:3:4:5:6:7:8' 1
bad 'fe800::1' 1
bad ':::' 1
bad 'a@b@c' 1
bad '\n# x\n-oProxyCommand=x\n' 3
bad 'a;reboot' 1
bad '$(reboot)' 1
bad 'node[1-4]' 1
bad '17' 1
bad 'a 4 b 2 c' 1
bad 'a 4 all.q@a UNDEFINED more' 1
bad 'rank 0=a slot=1' 1
bad '\x1b[31ma\n' 1
! grep -q $'\x1b' log || fail 'a control character is printed'
printf '# nobody\n\n' > hosts && refused 'expected hosts, got none' --hostfile hosts
printf 'a\0b\n' > hosts && refused 'hosts:1: expected' --hostfile hosts
refused 'expected a host, got a line of' --hostfile /dev/zero
refused 'is not a readable file' --hostfile .
refused 'is not a readable file' --hostfile none
for list in '' ',' 'a,' ',a' 'a,,b'; do refused 'separated by commas' --hosts "$list"; done
refused "expected a whole number of slots for a, at least 1, got 'x'" --hosts a:x
refused "expected the name or address of a host, got 'a:2:3'" --hosts a:2:3
echo 'hosts are read, or refused'

# --- counts, files of the run directory ---
export MPIRUN_DOES='kill -9 $$'
starts() { # COUNT TEXT OPTION…: it gives up after so many starts
  local expected=$1 text=$2 code=0
  shift 2
  rm -f starts
  run --hosts a --backoff 00 "$@" || code=$?
  [[ $code == 1 && $(wc -l < starts) == "$expected" ]] || fail "exit $code, $(cat starts): $(cat log)"
  grep -qF -- "$text" log || fail "expected '$text': $(cat log)"
}
starts 1 'giving up' --max-restarts 0
starts 3 'giving up' --max-restarts 02
host=$(hostname)
for garbage in "$host:1 a[\$(touch\${IFS}evaluated)] 1" "$host:1 0x 08" '\x00\xff\x1b[31m' '' 'x y z w'; do
  printf "${garbage//\$/\\$}" > run/restarts
  starts 2 'giving up' --max-restarts 1
done
[[ ! -e evaluated ]] || fail 'what lies in restarts was evaluated'
rm run/restarts && mkdir run/restarts && : > run/restarts/x
starts 2 'expected a file: moving it' --max-restarts 1
for garbage in '{"state": "done"' '\x00\x01\n "state": "done\x1b\n' '[]'; do
  printf "$garbage" > run/status.json
  starts 2 'giving up' --max-restarts 1
done
rm run/status.json && mkdir run/status.json
starts 2 'giving up' --max-restarts 1
rm -r run/status.json

# --- an mpirun that hangs is killed, as long as nothing of the run moves; one whose run lives is not ---
export MPIRUN_DOES='trap "" TERM; sleep 100 & wait'
starts 1 'no sign of life from the run for 2 s' --max-restarts 0 --start-timeout 2
# shellcheck disable=SC2016  # to be expanded by mpirun
export MPIRUN_DOES='for i in {1..50}; do echo $i > run/lease; sleep 0.1; done; exit 2'
code=0
run --hosts a --start-timeout 2 || code=$?
[[ $code == 2 ]] && ! grep -q 'no sign of life' log || fail "exit $code: $(cat log)"

# --- nobody reads what it says: it stops, and hands that on ---
# shellcheck disable=SC2016  # to be expanded by mpirun
export MPIRUN_DOES='echo $PPID > parent; trap "echo stopped > told; exit 75" USR1; for i in {1..300}; do sleep 0.1; done'
{
  code=0
  timeout 60 "$source_root/scripts/shardprop-run" --hosts a -- run.yaml 2>&1 || code=$?
  echo $code > code
} | head -n 1 > first &
for ((i = 0; i < 300; i++)); do [[ -s parent ]] && break || sleep 0.1; done
until ! pgrep -P $$ -x head > /dev/null; do sleep 0.1; done
kill -USR2 "$(cat parent)"
wait
[[ $(cat code) == 75 && -e told ]] || fail "exit $(cat code): $(cat first)"

# --- no mpirun, or another's ---
printf '#!/bin/sh\necho "HYDRA build details:"\n' > bin/mpirun
refused "expected the mpirun of Open MPI, found: HYDRA build details" --hosts a
mkdir few && ln -s /usr/bin/* /bin/* few/ 2> /dev/null || true
rm -f few/mpi* few/orte* few/prte*
PATH=$work/few refused 'mpirun not found' --hosts a
echo 'garbage, a hanging mpirun, another mpirun'
