#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same bits on every rank count, fresh or resumed: the Fashion-MNIST configuration where its data are installed, and a
# small network with uneven lanes, a short last batch, statistics of the data, and every kind of row order.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# run_everywhere NAME CONFIG RANKS… -- OPTION…: train in NAME-N on each count, compare states.
run_everywhere() {
  local name=$1 config=$2 counts=() reference='' ranks got
  shift 2
  while [[ $1 != -- ]]; do counts+=("$1") && shift; done
  shift
  for ranks in "${counts[@]}"; do
    on "$ranks" train "$config" --quiet --set run.directory="$name-$ranks" "$@"
    got=$(state "$(last "$name-$ranks")")
    reference=${reference:-$got}
    [[ $got == "$reference" ]] || fail "$name: $ranks ranks give $got, ${counts[0]} give $reference"
  done
  printf '%s: %s on %s ranks\n' "$name" "$reference" "${counts[*]}"
  result=$reference
}

# epochs RUN: the records of its epochs, but for times.
epochs() { grep '"event":"epoch"' "$1/metrics.jsonl" | sed 's/,"seconds".*//'; }

small_data
small_config
run_everywhere small run.yaml 1 2 3 4 5 7 8 --
grep -q '"event":"epoch"' small-7/metrics.jsonl || fail 'no epoch in metrics.jsonl'
# The records agree too, but for times.
for n in 2 3 8; do
  diff <(epochs small-1) <(epochs small-$n) || fail "records differ on $n ranks"
done
run_everywhere uneven run.yaml 1 3 5 8 -- --set train.batch_size=100 --set data.validation.fraction=0.15
run_everywhere chunks run.yaml 1 2 7 -- --set data.shuffle=chunks --set data.cache=none --set train.lanes=7
run_everywhere none run.yaml 1 4 -- --set data.shuffle=none
run_everywhere float64 run.yaml 1 3 -- --set train.precision=float64 --set train.epochs=1
if grep -qw avx512_bf16 /proc/cpuinfo; then
  run_everywhere bfloat16 run.yaml 1 3 -- --set train.precision=bfloat16 --set train.epochs=1
fi
run_everywhere tiny run.yaml 1 6 8 -- --set 'model.layers=[{dense: {units: 4}}]'  # one block for 8 ranks

# A vector of several runs (see exchange/shard.h), and going on with it on another rank count.
wide=(--set 'model.layers=[{dense: {units: 2048}}, relu, {dense: {units: 2100}}, relu, {dense: {units: 4}}]'
  --set train.lanes=3 --set train.batch_size=24 --set optimizer.rmsprop.momentum=0.5 --set train.steps=8)
run_everywhere wide run.yaml 1 2 3 -- "${wide[@]}"
on 3 train run.yaml --quiet --set run.directory=wide-resumed "${wide[@]}" --set train.steps=3
on 2 train run.yaml --quiet --set run.directory=wide-resumed "${wide[@]}"
[[ $(state "$(last wide-resumed)") == "$result" ]] || fail 'a resumed run of several runs ends with other bits'

# Cached or read as needed: the same rows.
run_everywhere cached run.yaml 2 -- --set data.cache=node
cached=$result
run_everywhere uncached run.yaml 2 -- --set data.cache=none
[[ $cached == "$result" ]] || fail 'the cache changes the result'

# Stopped in the middle and gone on with on other rank counts.
run_everywhere whole run.yaml 1 -- --set train.steps=60
on 3 train run.yaml --quiet --set run.directory=resumed --set train.steps=13
on 2 train run.yaml --quiet --set run.directory=resumed --set train.steps=37
on 8 train run.yaml --quiet --set run.directory=resumed --set train.steps=60
[[ $(state "$(last resumed)") == "$result" ]] || fail 'a resumed run ends with other bits'

# with_scores NAME OPTION…: the same state and the same scores on 1 and 3 ranks, and resumed in the middle of an epoch.
with_scores() {
  local name=$1 other
  shift
  run_everywhere "$name" run.yaml 1 3 -- --set train.epochs=2 "$@"
  on 3 train run.yaml --quiet --set run.directory="$name-resumed" --set train.epochs=2 "$@" --set train.steps=23
  on 2 train run.yaml --quiet --set run.directory="$name-resumed" --set train.epochs=2 "$@"
  [[ $(state "$(last "$name-resumed")") == "$result" ]] || fail "$name: a resumed run ends with other bits"
  for other in 3 resumed; do
    diff <(epochs "$name-1") <(epochs "$name-$other") || fail "$name-$other: other scores"
  done
}

with_scores smoothing --set 'model.loss={softmax_cross_entropy: {label_smoothing: 0.1}}'
[[ $(epochs smoothing-1) != "$(epochs small-1 | head -n 2)" ]] || fail 'label smoothing changes nothing'
# Errors in the units of the data set, whose targets are standardized.
"$program" import synthetic --rows 1000 --features 12 --regression --seed 3 -o values.h5 --quiet
with_scores units --set data.train.file=values.h5 --set data.test=~ --set 'data.target_transform=[standardize]' \
  --set 'model.layers=[{dense: {units: 20}}, relu, {dense: {units: 1}}]' --set model.loss=mse \
  --set 'model.metrics=[{rmse: {units: original}}, {mae: {units: original}}]'

# Layers that need the whole batch, of which the last has 2 rows for 8 lanes.
norms=(--set 'model.layers=[batch_norm, {dense: {units: 300}}, batch_norm, relu, {residual: [{dense: {units: 300}},
  {batch_norm: {scale: false}}, tanh]}, {layer_norm: {axes: all}}, {dense: {units: 60}}, {batch_norm: {over: lane}}, {dense: {units: 4}}]')
with_scores norms "${norms[@]}" --set train.batch_size=42 --set optimizer.average=0.9
run_everywhere norms-everywhere run.yaml 1 2 5 7 -- "${norms[@]}" --set train.batch_size=42 --set train.epochs=1
for path in mpi window; do
  run_everywhere "norms-$path" run.yaml 3 -- "${norms[@]}" --set train.batch_size=42 --set train.epochs=1 \
    --set exchange.path=$path
  [[ $result == $(state "$(last norms-everywhere-1)") ]] || fail "norms: other bits with exchange.path: $path"
done
run_everywhere norms-accumulate run.yaml 1 2 5 -- "${norms[@]}" --set train.batch_size=21 --set optimizer.accumulate=3 \
  --set train.epochs=1
on 3 train run.yaml --quiet --set run.directory=norms-parts "${norms[@]}" --set train.batch_size=21 \
  --set optimizer.accumulate=3 --set train.epochs=1 --set train.steps=7
on 2 train run.yaml --quiet --set run.directory=norms-parts "${norms[@]}" --set train.batch_size=21 \
  --set optimizer.accumulate=3 --set train.epochs=1
[[ $(state "$(last norms-parts)") == "$result" ]] || fail 'norms: a resumed run ends with other bits'

# Real data.
idx=/usr/share/datasets/fashion-mnist
if [[ -d $idx ]]; then
  mkdir -p data
  "$program" import idx --train-images $idx/train-images-idx3-ubyte.gz --train-labels $idx/train-labels-idx1-ubyte.gz \
    --test-images $idx/t10k-images-idx3-ubyte.gz --test-labels $idx/t10k-labels-idx1-ubyte.gz -o data/fashion-mnist.h5
  fashion=$source_root/configs/fashion_mnist.yaml
  run_everywhere fashion "$fashion" 1 2 3 4 5 7 8 -- --set train.lanes=8 --set train.steps=300
  reference=$result
  run_everywhere fashion-uneven "$fashion" 1 3 8 -- --set train.lanes=8 --set train.steps=300 --set train.batch_size=100

  # SIGTERM after about 100 steps on 3 ranks, the rest on 2. The run has saved when it exits with 75; it may have been
  # quicker than the signal, where many programs run.
  for _ in {1..10}; do
    rm -rf fashion-stopped
    on 3 train "$fashion" --set train.lanes=8 --set run.directory=fashion-stopped --set train.steps=300 \
      --set report.steps=1 2> stopped.log &
    pid=$!
    until grep -q '"step":1[0-9][0-9],' fashion-stopped/metrics.jsonl 2>/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
    kill -TERM "$(ranks_of $pid | head -n 1)" || true
    code=0
    wait $pid || code=$?
    [[ $code == 75 ]] || ! grep -q '"event":"done"' fashion-stopped/metrics.jsonl || continue
    break
  done
  [[ $code == 75 ]] || fail "stopped with $code, expected 75: $(cat stopped.log)"
  on 2 train "$fashion" --quiet --set train.lanes=8 --set run.directory=fashion-stopped --set train.steps=300
  [[ $(state "$(last fashion-stopped)") == "$reference" ]] || fail 'stopped and resumed: other bits'
  printf 'stopped and resumed: the same\n'
fi
