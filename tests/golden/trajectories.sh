#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 200 steps from PyTorch's initial parameters end where PyTorch's do, to 1e-4 of the largest parameter, on one rank and with
# the batch dealt out to several lanes and ranks.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
compare=$3

cp "$source_root"/tests/golden/trajectory_*.h5 .
for name in classes values float64 steered blocks norms convolutions; do
  config=$source_root/tests/golden/trajectory_$name.yaml
  tolerance=1e-4
  [[ $name == classes || $name == values ]] || tolerance=1e-9
  for lanes in 1 4 5; do
    on $((lanes < 3 ? lanes : 3)) train "$config" --quiet --set run.directory="$name-$lanes" --set train.lanes=$lanes
    "$compare" "$name-$lanes/checkpoints/last/state.h5" /parameters "trajectory_$name.h5" /final $tolerance ||
      fail "$name with $lanes lanes is not where PyTorch is"
  done
done

# 30 steps with weights of rows, of classes and of yes, and the loss of each batch.
for name in weighted_classes weighted_bits weighted_values; do
  config=$source_root/tests/golden/trajectory_$name.yaml
  for run in 1-1-32 3-5-32 2-4-8; do  # ranks, lanes, rows of a mini-batch
    IFS=- read -r ranks lanes rows <<< "$run"
    on "$ranks" train "$config" --quiet --set run.directory="$name-$run" --set train.lanes="$lanes" \
      --set train.batch_size="$rows" --set optimizer.accumulate=$((32 / rows))
    "$compare" "$name-$run/checkpoints/last/state.h5" /parameters "trajectory_$name.h5" /final 1e-9 ||
      fail "$name on $ranks ranks with $lanes lanes is not where PyTorch is"
    paste <(grep '"event":"step"' "$name-$run/metrics.jsonl" | sed 's/.*"loss":\([-0-9.e]*\).*/\1/') \
      <(h5dump -m %.17g -y -w 1 -d /losses "trajectory_$name.h5" | sed -nE 's/^ +([-0-9][-0-9.e+]*),?$/\1/p') |
      awk '{ d = $1 - $2; if (NF != 2 || d > 1e-8 || d < -1e-8) exit 1 } END { if (NR != 30) exit 1 }' ||
      fail "$name on $ranks ranks: other losses than PyTorch"
  done
done

# Inference takes the running mean and variance.
"$program" predict norms-4 --quiet -o norms.h5
"$compare" norms.h5 / trajectory_norms.h5 /final_outputs 1e-6 || fail 'norms: not what PyTorch predicts'

# The statistics of a batch over all lanes are not those of each lane.
on 2 train "$source_root/tests/golden/trajectory_norms.yaml" --quiet --set run.directory=lanes --set train.lanes=4 \
  --set 'model.layers=[{dense: {units: 16}}, {batch_norm: {over: lane}}, {dense: {units: 5}}]' --set model.initial=~
on 2 train "$source_root/tests/golden/trajectory_norms.yaml" --quiet --set run.directory=batch --set train.lanes=4 \
  --set 'model.layers=[{dense: {units: 16}}, batch_norm, {dense: {units: 5}}]' --set model.initial=~
[[ $(state "$(last lanes)") != $(state "$(last batch)") ]] || fail 'over: lane is over: batch'
