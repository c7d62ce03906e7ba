#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One hash for the world: three runs end with the parameters, the optimizer state and the scores of tests/golden/hashes.txt, on
# several numbers of ranks, with every way of exchanging and every instruction set of this machine.
# SHARDPROP_HASHES=all: on 1 to 8 ranks; one: in one process, without mpirun; otherwise on 1, 3 and 8 ranks.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
# shellcheck source=tests/tools/golden.sh
source "$2/tests/tools/golden.sh"

case ${SHARDPROP_HASHES-} in # RANKS-PATH
  all) forms=({1..8}-{window,mpi}) ;;
  one) forms=() ;;
  *) forms=(1-window 3-window 3-mpi 8-window) ;;
esac
starts=(on 2)
[[ ${SHARDPROP_HASHES-} != one ]] || starts=(golden_alone)
mapfile -t cpus < <(golden_cpus)

golden_data
for name in "${golden_names[@]}"; do
  golden_run "$name" '' "${starts[@]}"
  golden_check "$name" "with ${starts[*]}"
  for cpu in "${cpus[@]}"; do
    SHARDPROP_CPU=$cpu golden_run "$name" '' "${starts[@]}"
    golden_check "$name" "with ${starts[*]}, SHARDPROP_CPU=$cpu"
  done
  for form in "${forms[@]}"; do
    golden_run "$name" "--set exchange.path=${form#*-}" on "${form%-*}"
    golden_check "$name" "on ${form%-*} ranks, exchange.path ${form#*-}"
  done
  printf '%s: the same with %s (%s, %s)\n' "$name" "${starts[*]}" "${cpus[*]}" "${forms[*]}"
done
