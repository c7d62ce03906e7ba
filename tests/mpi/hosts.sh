#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same bits on several hosts as on one rank, however ranks lie on them and however they exchange; and a run that was
# stopped on three hosts goes on on one.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
hosts_start 3

small_data
small_config
# A megabyte of parameters: several blocks for every rank, several buckets.
train=(train run.yaml --quiet --set train.epochs=1000000
  --set 'model.layers=[{dense: {units: 512}}, relu, {dense: {units: 512}}, tanh, {dense: {units: 4}}]')

on 1 "${train[@]}" --set run.directory=one --set train.steps=10
expected=$(state "$(last one)")

for layout in 1+1 2+1 1+2 2+2 1+1+1 1+2+1 2+2+2; do
  for exchange in '{path: mpi}' '{}' '{bucket_mb: 0.015625}' '{bucket_mb: 1024}'; do
    run="$layout $exchange"
    on_hosts $layout "$program" "${train[@]}" --set "run.directory='$run'" --set train.steps=10 --set "exchange=$exchange"
    got=$(state "$(last "$run")")
    [[ $got == "$expected" ]] || fail "$layout ranks on hosts, exchange $exchange: $got, one rank: $expected"
    nodes=$(find -L "$(last "$run")" -name 'node-*.h5' | wc -l) # one part of the checkpoint each
    [[ $nodes == $((${#layout} / 2 + 1)) ]] || fail "$layout ranks on hosts are $nodes nodes"
  done
  printf '%s ranks on hosts: %s\n' $layout "$got"
done

# The norm of the gradient, which all hosts must know before they update.
clipped=("${train[@]}" --set optimizer.clip_norm=0.05 --set train.steps=10)
on 1 "${clipped[@]}" --set run.directory=clipped
for layout in 2+1 1+1+1; do
  on_hosts $layout "$program" "${clipped[@]}" --set "run.directory=clipped $layout"
  [[ $(state "$(last "clipped $layout")") == $(state "$(last clipped)") ]] || fail "clipped on hosts $layout: other bits"
done
[[ $(state "$(last clipped)") != "$expected" ]] || fail 'nothing was clipped'

# Blocks, whose layers are sent one after the other, too, and dropout.
blocks=("${train[@]}" --set train.steps=10 --set 'model.layers=[{dense: {units: 300}},
  {residual: [{dense: {units: 200}}, tanh, {dropout: 0.3}, {dense: {units: 300}}]},
  {repeat: {times: 3, layers: [{residual: [relu, {dense: {units: 300}}]}]}}, {dense: {units: 4}}]')
on 1 "${blocks[@]}" --set run.directory=blocks
for exchange in '{}' '{bucket_mb: 0.015625}'; do
  for layout in 2+1 1+1+1; do
    run="blocks $layout $exchange"
    on_hosts $layout "$program" "${blocks[@]}" --set "run.directory='$run'" --set "exchange=$exchange"
    [[ $(state "$(last "$run")") == $(state "$(last blocks)") ]] || fail "$run: other bits"
  done
done

# Layers that need the whole batch: all hosts add sums in the middle of the passes, while gradients and parameters travel.
norms=("${train[@]}" --set train.steps=6 --set optimizer.clip_norm=0.5 --set train.audit=4 --set 'model.layers=[{dense: {units: 400}},
  batch_norm, relu, {residual: [{dense: {units: 400}}, {batch_norm: {scale: false}}, tanh]}, {dense: {units: 4}}]')
for parts in 1 3; do
  on 1 "${norms[@]}" --set optimizer.accumulate=$parts --set run.directory=norms-$parts
  for layout in 2+1 1+2+1; do
    run="norms-$parts $layout"
    on_hosts $layout "$program" "${norms[@]}" --set optimizer.accumulate=$parts --set "run.directory='$run'" \
      --set exchange.bucket_mb=0.015625
    [[ $(state "$(last "$run")") == $(state "$(last norms-$parts)") ]] || fail "$run: other bits"
  done
done

# With several mini-batches an update, of which only the last one's pass hands gradients over.
train_accumulating=("${train[@]}" --set train.steps=5 --set train.batch_size=24 --set optimizer.accumulate=5)
on 1 "${train_accumulating[@]}" --set run.directory=accumulating
for layout in 2+1 1+1+1; do
  on_hosts $layout "$program" "${train_accumulating[@]}" --set "run.directory=accumulating $layout"
  [[ $(state "$(last "accumulating $layout")") == $(state "$(last accumulating)") ]] ||
    fail "accumulating on $layout ranks on hosts: other bits"
done

# A weighted loss, whose weight is added before the passes, while parameters of the step before are still on their way.
weighted=("${train[@]}" --set train.steps=10 --set 'model.loss={softmax_cross_entropy: {class_weights: balanced}}')
on 1 "${weighted[@]}" --set run.directory=weighted
for layout in 2+1 1+1+1; do
  for path in auto mpi; do
    on_hosts $layout "$program" "${weighted[@]}" --set run.directory="weighted-$layout-$path" --set exchange.path=$path
    [[ $(state "$(last "weighted-$layout-$path")") == $(state "$(last weighted)") ]] ||
      fail "a weighted loss on $layout ranks on hosts, exchange.path $path: other bits"
  done
done
[[ $(state "$(last weighted)") != "$expected" ]] || fail 'the weights change nothing'

# Stopped by a signal to one rank of the third host.
on_hosts 1+1+1 "$program" "${train[@]}" --set run.directory=stopped --set report.steps=1 2> stopped.log &
job=$!
until grep -q '"step":1[0-9],' stopped/metrics.jsonl 2>/dev/null; do
  kill -0 $job 2>/dev/null || fail "stopped too early: $(cat stopped.log)"
  sleep 0.02
done
kill -USR1 "$(hosts_processes "$program" | sed -n 's/^host3 //p')"
code=0
wait $job || code=$?
[[ $code == 75 ]] || fail "stopped with $code, expected 75: $(cat stopped.log)"
step=$("$program" inspect "$(last stopped)" | sed -n 's/^step *\([0-9]*\).*/\1/p')
on 1 "${train[@]}" --set run.directory=stopped --set train.steps=$((step + 10))
on 1 "${train[@]}" --set run.directory=whole --set train.steps=$((step + 10))
[[ $(state "$(last stopped)") == $(state "$(last whole)") ]] || fail 'stopped on three hosts, gone on with on one: other bits'
printf 'stopped on three hosts at step %d, gone on with on one: the same\n' "$step"
