#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The long forms of the tests that kill, disturb and damage runs, which take most of an hour: 300 kills, every call of each
# kind on each rank, 20,000 bytes on each rank count, 300 restarts between which everything is damaged, 2,000 damaged files for
# each of train, inspect and import; and every float32 number in every function.
# usage: long.sh BUILD [kills | calls | flips | storm | fuzz | functions | hashes | compilers | arm64]…    BUILD: the directory of a
# release build, for fuzz rather of one with -DSHARDPROP_SANITIZE=ON; nothing: the first six. The last three repeat the runs of
# tests/golden/hashes.txt: on 1 to 8 ranks, with each compiler at three levels of optimisation, and on arm64 under qemu.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
build=$(cd "$1" && pwd)
shift
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
  PRTE_MCA_rmaps_default_mapping_policy=slot:oversubscribe OMPI_MCA_hwloc_base_binding_policy=none \
  PRTE_MCA_hwloc_default_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1 HDF5_USE_FILE_LOCKING=FALSE

(($# > 0)) || set -- kills calls flips storm fuzz functions
for form; do
  case $form in
    kills) SHARDPROP_KILLS=${SHARDPROP_KILLS:-300} bash tests/fault/kill.sh "$build/shardprop" "$root" ;;
    calls) SHARDPROP_FAULTS=all bash tests/fault/calls.sh "$build/shardprop" "$root" x "$build/tests/libfail_calls.so" ;;
    flips) for ranks in 1 2 3 4 7; do SHARDPROP_FLIPS=20000 mpirun -n $ranks "$build/tests/mpi_checkpoint_flips"; done ;;
    storm) SHARDPROP_RESTARTS=${SHARDPROP_RESTARTS:-300} bash tests/fault/storm.sh "$build/shardprop" "$root" ;;
    fuzz)
      export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
      for test in hdf5 import product; do SHARDPROP_FUZZ=${SHARDPROP_FUZZ:-2000} "$build/tests/fuzz_$test"; done
      ;;
    functions) SHARDPROP_STRIDE=1 "$build/tests/unit_functions" ;;
    hashes) SHARDPROP_HASHES=all bash tests/golden/hashes.sh "$build/shardprop" "$root" ;;
    compilers) SHARDPROP_COMPILERS=all bash tests/golden/compilers.sh "$build/shardprop" "$root" ;;
    arm64) scripts/arm64 ;;
    *) echo "no such form: $form" >&2 && exit 2 ;;
  esac
done
