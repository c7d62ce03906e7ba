#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Steps that are not finite, on several hosts: skipped at once or after a rollback, the run ends with the bits of one rank.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
hosts_start 2
nonfinite_run
train=(train run.yaml --quiet)

on 1 "${train[@]}" --set run.directory=one --set train.on_nonfinite=skip 2> err.log
expected=$(state "$(last one)")
for layout in 1+1 2+1; do
  for policy in skip rollback; do
    for exchange in '{}' '{path: mpi}' '{wire: bfloat16}'; do
      [[ $layout == 2+1 || $exchange == '{}' ]] || continue
      run="$layout $policy $exchange"
      on_hosts $layout "$program" "${train[@]}" --set "run.directory='$run'" --set "exchange=$exchange" \
        --set train.on_nonfinite=$policy --set train.audit=20 2> err.log || fail "$run: $(cat err.log)"
      got=$(state "$(last "$run")")
      [[ $exchange == *bfloat16* || $got == "$expected" ]] || fail "$run: $got, one rank: $expected"
      steps=$(sed -n 's/.*"skipped":\([0-9]*\),.*/\1/p' "$run/metrics.jsonl" | paste -sd ' ')
      [[ $steps == '11 27 51 67' ]] || fail "$run: skipped: $steps"
    done
  done
  printf '%s ranks on hosts: %s\n' $layout "$expected"
done
