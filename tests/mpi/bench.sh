#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `shardprop bench` on several rank counts: every figure is a number above 0, the file it writes is JSON that `plan` reads,
# and nothing is left behind. How fast anything is, is no test.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config

# figure SECTION NAME FILE: a figure of a bench.
figure() {
  sed "s/.*\"$1\": {\([^}]*\)}.*/\1/" "$3" | tr ',' '\n' | sed -n "s/^ *\"$2\": //p"
}

# above_zero SECTION NAME FILE
above_zero() {
  local value
  value=$(figure "$1" "$2" "$3")
  [[ $value =~ ^[0-9.]+(e[-+][0-9]+)?$ ]] && awk "BEGIN { exit !($value > 0) }" || fail "$3: $1.$2 is '$value'"
}

short=(--steps 30 --warm-up 2 --seconds 0.002)
for ranks in 1 2 3; do
  on $ranks bench run.yaml "${short[@]}" --json > bench$ranks.json 2> err.log || fail "bench: $(cat err.log)"
  [[ $(wc -l < bench$ranks.json) == 1 ]] || fail "not one line: $(cat bench$ranks.json)"
  if command -v python3 > python; then
    python3 -c 'import json, sys; json.load(open(sys.argv[1]), parse_constant=sys.exit)' bench$ranks.json ||
      fail "no JSON: $(cat bench$ranks.json)"
  fi
  for name in product product_forward product_weight product_input sweep sweep_cached sweep_bytes cache add copy; do
    above_zero limits $name bench$ranks.json
  done
  for name in steps batch parameters data backward exchange update median mean flops update_bytes limit share \
    node_bytes; do
    above_zero step $name bench$ranks.json
  done
  [[ $(figure step steps bench$ranks.json) == 30 && $(figure step batch bench$ranks.json) == 48 ]] ||
    fail "not what was asked for: $(cat bench$ranks.json)"
  if ((ranks > 1)); then
    for name in node_sum barrier latency message bandwidth; do above_zero limits $name bench$ranks.json; done
  fi
  grep -q '"curve": \[{"rows": 1, "forward": ' bench$ranks.json || fail "no curve: $(cat bench$ranks.json)"
done
on 2 bench run.yaml "${short[@]}" > table.txt 2> err.log || fail "bench: $(cat err.log)"
for text in '2 ranks on 1 node' 'square matrix product' 'barrier of a node' 'step of 48 rows' 'share of the limit'; do
  grep -q "$text" table.txt || fail "no '$text': $(cat table.txt)"
done
[[ ! -e run ]] || fail "a bench left a run directory: $(ls run)"

# Limits do not depend on the data: they may be elsewhere, or nowhere.
on 1 bench run.yaml --limits-only --seconds 0.002 --set data.train.file=nowhere.h5 -j > limits.json 2> err.log ||
  fail "limits without data: $(cat err.log)"
grep -q '"step"' limits.json && fail "limits only: $(cat limits.json)"

# What plan makes of it: more nodes send more, and a slower link takes longer.
plan() { "$program" plan run.yaml --bench bench2.json --ranks-per-node 2 --latency 20us "$@" 2> err.log || fail "plan: $(cat err.log)"; }
value() { sed -n "s/^  $1  *\([0-9.,e+]*\) .*/\1/p" | tr -d ,; }
fast=$(plan --nodes 2 --bandwidth 100gbit | value 'step')
slow=$(plan --nodes 2 --bandwidth 1mbit | value 'step')
awk "BEGIN { exit !($slow > 100 * $fast) }" || fail "a step: $fast ms at 100 Gbit/s, $slow ms at 1 Mbit/s"
# 26 kB of parameters, padded to blocks, twice halved, at 125 kB/s.
bytes=$("$program" plan run.yaml -n 4 | sed -n 's/^  parameters  *\([0-9.]*\) kB.*/\1/p')
awk "BEGIN { exit !($slow >= $bytes / 125 * 1000 && $slow < $bytes / 125 * 1000 * 1.2) }" ||
  fail "a step of $bytes kB at 1 Mbit/s: $slow ms"
plan --scaling --rows 6 --bandwidth 10gbit > scaling.txt
[[ $(grep -c '^| *[0-9]' scaling.txt) == 13 ]] || fail "not 1 to 4096 nodes: $(cat scaling.txt)"
plan --scaling --bandwidth 10gbit > scaling.txt  # 48 rows are not enough for 32 nodes
[[ $(grep -c '^| *[0-9]' scaling.txt) == 5 ]] || fail "not 1 to 16 nodes: $(cat scaling.txt)"
"$program" plan run.yaml --nodes 1 > measured.txt 2> err.log || fail "plan without a bench: $(cat err.log)"
grep -q '^prediction for 1 node ' measured.txt || fail "plan without a bench: $(cat measured.txt)"
echo 'a bench measures, and a plan predicts'
