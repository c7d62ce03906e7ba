#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `train` says about cores as mpirun or taskset bound its ranks or did not, and what the ranks really have.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

(($(lscpu -p=CORE,SOCKET | grep -v '^#' | sort -u | wc -l) > 1 && $(nproc) > 1)) || { echo 'SKIP: one core'; exit 77; }
first=$(taskset -pc $$ | sed 's/.*: //;s/[-,].*//')
unset HWLOC_COMPONENTS OMPI_MCA_hwloc_base_binding_policy PRTE_MCA_hwloc_default_binding_policy # as users have it
small_data
small_config
mpirun -n 1 --bind-to none "$program" train run.yaml --set run.directory=alone 2> log || fail "$(cat log)"
if grep -q 'on this node.*: bound' log; then
  echo 'SKIP: this test is bound to some cores itself'
  exit 77
fi

# cores_are EXPECTED SETS BINDING… [-- OPTION…]: the line that two ranks log, and how many sets of processors they have.
cores_are() {
  local expected=$1 sets=$2 binding=() got
  shift 2
  while (($# > 0)) && [[ $1 != -- ]]; do binding+=("$1") && shift; done
  : > log # that of the last run says epoch 1 too
  timeout 120 mpirun -n 2 "${binding[@]}" "$program" train run.yaml --set train.epochs=1000000 \
    --set run.directory="${binding[*]}$sets" "${@:2}" 2> log &
  job=$!
  until grep -q 'epoch 1/' log; do
    kill -0 $job 2> /dev/null || fail "${binding[*]}: $(cat log)"
    sleep 0.02
  done
  got=$(for rank in $(ranks_of $job); do taskset -pc "$rank" | sed 's/.*: //'; done | sort -u | wc -l)
  kill -USR1 "$(ranks_of $job | head -n 1)"
  wait $job || true
  grep -q "2 ranks on this node, $expected" log || fail "${binding[*]}: expected $expected: $(cat log)"
  [[ $got == "$sets" ]] || fail "${binding[*]}: $got sets of processors, expected $sets: $(cat log)"
}

cores_are '.* each: pinned by shardprop' 2 --bind-to none
cores_are 'any of .* cores: not pinned, because train.pin is none' 1 --bind-to none -- --set train.pin=none
cores_are '1 core each: bound before the program started$' 2 --bind-to core
cores_are '1 core each: bound before the program started, with too few cores for all ranks' 1 --bind-to none taskset -c "$first"
echo 'pinned when nobody bound them, left alone when somebody did'
