#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every rule: the same bits on 1 and 3 ranks, and when a run that was stopped on 3 is continued on 2.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config

# trains NAME RULE
trains() {
  local name=$1 set=(--quiet --set train.lanes=3 --set "optimizer=$2")
  on 1 train run.yaml "${set[@]}" --set run.directory="$name" --set train.steps=40
  on 3 train run.yaml "${set[@]}" --set run.directory="$name-3" --set train.steps=17
  on 2 train run.yaml "${set[@]}" --set run.directory="$name-3" --set train.steps=40
  [[ $(state "$(last "$name")") == $(state "$(last "$name-3")") ]] || fail "$name: other bits on 3, then 2 ranks"
}

# holds NAME RULE SLOTS: the vector is 6 blocks of 4,096 float32, so a rank of three has 2 of them a slot. That is what plan
# says, and three times that is what a checkpoint holds beside the parameters.
holds() {
  local block=$((4096 * 4)) share planned expected saved
  share=$(($3 * 2 * block))
  planned=$("$program" plan run.yaml -n 3 --set train.lanes=3 --set "optimizer=$2" |
    sed -n 's/^  optimizer state  *\(.*B\)  .*/\1/p')
  expected=$(awk -v bytes=$share 'BEGIN { if (bytes == 0) print "0 B"; else printf "%.1f kB\n", bytes / 1000 }')
  [[ $planned == "$expected" ]] || fail "$1: plan says '$planned' of optimizer state a rank, expected '$expected'"
  saved=$("$program" inspect "$(last "$1-3")" --bytes | wc -c)
  ((saved == 6 * block + 3 * share)) || fail "$1: a checkpoint of $saved bytes, expected $((6 * block + 3 * share))"
}

trains sgd '{sgd: {lr: 0.1}}'
trains nesterov '{sgd: {lr: 0.02, momentum: 0.9, nesterov: true, weight_decay: 0.01}}'
trains dampening '{sgd: {lr: 0.05, momentum: 0.9, dampening: 0.5}}'
trains adagrad '{adagrad: {lr: 0.05, lr_decay: 0.01, initial_accumulator: 0.1}}'
trains adam '{adam: {amsgrad: true}}'
trains adamw adamw
trains nadam nadam
trains keras '{rmsprop: {preset: keras}}'

holds sgd '{sgd: {lr: 0.1}}' 0
holds nesterov '{sgd: {lr: 0.02, momentum: 0.9, nesterov: true, weight_decay: 0.01}}' 1
holds adagrad '{adagrad: {lr: 0.05, lr_decay: 0.01, initial_accumulator: 0.1}}' 1
holds adam '{adam: {amsgrad: true}}' 3
holds adamw adamw 2
holds nadam nadam 2
holds keras '{rmsprop: {preset: keras}}' 1

# The defaults of a preset, and what is given, stand in the resolved configuration.
for line in 'preset: keras' 'lr: 0.001' 'epsilon: 1.0e-7' 'epsilon_inside_root: true'; do
  grep -qF "$line" keras/config.yaml || fail "config.yaml of preset keras lacks '$line'"
done
on 1 train run.yaml --quiet --set run.directory=given --set 'optimizer={rmsprop: {lr: 0.5, preset: pytorch}}' --set train.steps=0
grep -qF 'lr: 0.5' given/config.yaml || fail 'a preset replaces what is given'
grep -qF 'decay: 0.99' given/config.yaml || fail 'preset pytorch: decay is not 0.99'

refused_setting 'optimizer={rmsprop: {preset: torch}}' 'optimizer.rmsprop.preset: expected one of none, pytorch, keras, hinton, caffe'
refused_setting 'optimizer={sgd: {nesterov: true}}' 'optimizer.sgd.nesterov'
refused_setting 'optimizer={adam: {beta1: 1}}' 'optimizer.adam.beta1: expected a number in [0, 1), got 1'
refused_setting 'optimizer={adagrad: {momentum: 0.9}}' 'optimizer.adagrad.momentum: unknown key'
refused_setting 'optimizer={adm: ~}' "optimizer.adm: unknown key (did you mean 'adam'?)"
