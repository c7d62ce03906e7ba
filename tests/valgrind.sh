#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A short training of one rank, its resumption and its scoring under valgrind: no error and no leak but Open MPI's own.
# usage: valgrind.sh PROGRAM SOURCE_ROOT
set -euo pipefail
program=$1
source_root=$2

work=$(mktemp -d "${TMPDIR:-/tmp}/shardprop-valgrind.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

checked() {
  valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
    --errors-for-leak-kinds=definite --keep-debuginfo=yes --suppressions="$source_root/tests/valgrind.supp" \
    "$program" "$@"
}

# 64 images of 4 x 4 pixels in 4 classes, as IDX: any bytes will do.
{ printf '\0\0\010\003\0\0\0\100\0\0\0\004\0\0\0\004' && head -c 1024 "$program"; } >images
{ printf '\0\0\010\001\0\0\0\100' && printf '\0\001\002\003%.0s' {1..16}; } >labels

cat >train.yaml <<'END'
run: {name: valgrind, directory: run, seed: 1}
data:
  train: {file: data.h5, features: /train/images, targets: /train/labels}
  test: {file: data.h5, features: /test/images, targets: /test/labels}
  validation: {fraction: 0.25}
  transform: [{scale: {factor: 0.00392156863}}]
model:
  inputs: {features: [16]}
  layers:
    - dense: {units: 8}
    - relu
    - dense: {units: 4}
  loss: softmax_cross_entropy
  metrics: [accuracy]
optimizer:
  rmsprop: {lr: 0.001}
train: {batch_size: 16, epochs: 1}
END

checked import idx --train-images images --train-labels labels --test-images images --test-labels labels -o data.h5
checked train train.yaml
checked train train.yaml --set train.epochs=2
checked eval run
