#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# configs/reference.yaml is what the option tables say.
# usage: reference.sh PROGRAM SOURCE_ROOT
set -euo pipefail
program=$1
cd "$2"

if ! diff <("$program" help reference) configs/reference.yaml; then
  echo "configs/reference.yaml differs from the option tables: shardprop help reference >configs/reference.yaml"
  exit 1
fi
