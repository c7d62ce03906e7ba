#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Groups, L1, clipping and averaging: the same bits for every rule on 1, 3 and 5 ranks, through windows and through messages, and when
# a run that was stopped is continued on another number of ranks. golden/trajectories compares the numbers with PyTorch.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
steered='groups: [{tensors: "*/bias", weight_decay: 0, l1: 0}, {tensors: [dense_2/weight, dense_3/*], lr: 0.02}],
  l1: 0.0001, clip_value: 0.05, clip_norm: 0.2, average: 0.9'
set=(--quiet --set train.lanes=5 --set report.steps=1)

norms() { sed -n 's/.*"event":"step".*"gradient_norm":\([^,}]*\).*/\1/p' "$1/metrics.jsonl"; }

# trains NAME RULE: the ways of exchanging are the same for all rules, and messages are slow.
trains() {
  local name=$1 others=(5 resumed) steps=(--set train.steps=25) steer=(--set "optimizer={$2, $steered}")
  on 1 train run.yaml "${set[@]}" "${steer[@]}" --set run.directory="$name" "${steps[@]}"
  on 5 train run.yaml "${set[@]}" "${steer[@]}" --set run.directory="$name-5" "${steps[@]}"
  if [[ $name == rmsprop ]]; then
    on 3 train run.yaml "${set[@]}" "${steer[@]}" --set run.directory="$name-mpi" "${steps[@]}" --set exchange.path=mpi
    others+=(mpi)
  fi
  on 3 train run.yaml "${set[@]}" "${steer[@]}" --set run.directory="$name-resumed" --set train.steps=11
  on 2 train run.yaml "${set[@]}" "${steer[@]}" --set run.directory="$name-resumed" "${steps[@]}"
  for run in "${others[@]}"; do
    [[ $(state "$(last "$name")") == $(state "$(last "$name-$run")") ]] || fail "$name-$run: other bits than on one rank"
    diff <(norms "$name") <(norms "$name-$run") || fail "$name-$run: other norms"
  done
}

trains rmsprop 'rmsprop: {weight_decay: 0.01, momentum: 0.5}'
trains sgd 'sgd: {lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01}'
trains adagrad 'adagrad: {weight_decay: 0.01}'
trains adam 'adam: {weight_decay: 0.01, amsgrad: true}'
trains adamw 'adamw: {}'
trains nadam 'nadam: {weight_decay: 0.01}'
[[ $(norms rmsprop | wc -l) == 25 ]] || fail 'not a norm for every step'

# Each of them alone matters, and a norm that is never reached does not.
on 1 train run.yaml "${set[@]}" --set run.directory=plain --set train.steps=25
for one in 'l1: 0.0001' 'clip_value: 0.001' 'clip_norm: 0.1' 'groups: [{tensors: "*bias", lr: 0.01}]' 'clip_norm: 1.0e+9'; do
  on 3 train run.yaml "${set[@]}" --set "run.directory='one $one'" --set train.steps=25 \
    --set "optimizer={rmsprop: {lr: 0.001, momentum: 0.5, centered: true}, $one}"
  same=$([[ $(state "$(last plain)") == $(state "$(last "one $one")") ]] && echo same || echo other)
  expected=$([[ $one == *+9 ]] && echo same || echo other)
  [[ $same == "$expected" ]] || fail "$one: $same bits as without, expected $expected"
done

# Tensors with lr 0 stay as they are.
on 2 train run.yaml "${set[@]}" --set run.directory=frozen --set train.steps=5 \
  --set 'optimizer={sgd: {lr: 0.1}, groups: [{tensors: dense_1/*, lr: 0}]}'
on 1 train run.yaml "${set[@]}" --set run.directory=initial --set train.steps=0 --set 'optimizer={sgd: {lr: 0.1}}'
"$program" diff "$(last initial)" "$(last frozen)" > differences || true
! grep -q '^parameters/dense_1' differences || fail "frozen tensors moved: $(cat differences)"
grep -q '^parameters/dense_2' differences || fail "others did not: $(cat differences)"

# plan tells who is in which group.
"$program" plan run.yaml -n 2 --set 'optimizer={adam: {lr: 0.5}, groups: [{tensors: "*/bias", lr: 0.25, l1: 2}]}' > plan
grep -qF '  dense_1/bias, dense_2/bias, dense_3/bias: lr 0.25, weight_decay 0, l1 2' plan || fail "$(cat plan)"
grep -qF '  dense_1/weight, dense_2/weight, dense_3/weight: lr 0.5, weight_decay 0, l1 0' plan || fail "$(cat plan)"
! "$program" plan run.yaml --set 'optimizer.groups=[{tensors: x}]' > plan 2>&1 || fail 'plan takes a group of nothing'

refused_setting 'optimizer.groups=[{tensors: dense_7/*, lr: 1}]' "optimizer.groups[0].tensors: no tensor matches 'dense_7/*'; the tensors are dense_1/weight"
refused_setting 'optimizer.groups=[{tensors: dense_1/*, lr: -1}]' 'optimizer.groups[0].lr: expected a number in [0, inf), got -1'
refused_setting 'optimizer.groups=[{lr: 1}]' 'optimizer.groups[0].tensors: missing'
refused_setting 'optimizer.groups=[{tensors: "*", momentum: 0.5}]' 'optimizer.groups[0].momentum: unknown key'
refused_setting 'optimizer.groups={tensors: "*"}' 'optimizer.groups: expected a list of maps, got a map'
refused_setting 'optimizer.clip_norm=0' "optimizer.clip_norm: expected 'none' or a number in (0, inf), got 0"
refused_setting 'optimizer.clip_value=-1' "optimizer.clip_value: expected 'none' or a number in (0, inf), got -1"
refused_setting 'optimizer.l1=-1' 'optimizer.l1: expected a number in [0, inf), got -1'
