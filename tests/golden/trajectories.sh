#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 200 steps from PyTorch's initial parameters end where PyTorch's do, to 1e-4 of the largest parameter, on one rank and with
# the batch dealt out to several lanes and ranks.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
compare=$3

cp "$source_root"/tests/golden/trajectory_*.h5 .
for name in classes values float64 steered blocks; do
  config=$source_root/tests/golden/trajectory_$name.yaml
  tolerance=1e-4
  [[ $name == float64 || $name == steered || $name == blocks ]] && tolerance=1e-9
  for lanes in 1 4 5; do
    on $((lanes < 3 ? lanes : 3)) train "$config" --quiet --set run.directory="$name-$lanes" --set train.lanes=$lanes
    "$compare" "$name-$lanes/checkpoints/last/state.h5" /parameters "trajectory_$name.h5" /final $tolerance ||
      fail "$name with $lanes lanes is not where PyTorch is"
  done
done

# The reference engine ends there too.
on 2 train "$source_root/tests/golden/trajectory_classes.yaml" --quiet --set run.directory=reference \
  --set train.lanes=2 --set train.engine=reference
"$compare" reference/checkpoints/last/state.h5 /parameters trajectory_classes.h5 /final 1e-4 ||
  fail 'the reference engine is not where PyTorch is'
