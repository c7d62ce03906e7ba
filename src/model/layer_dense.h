// SPDX-License-Identifier: Apache-2.0
// The options of a dense layer.
#ifndef SP_MODEL_LAYER_DENSE_H
#define SP_MODEL_LAYER_DENSE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/options.h"

typedef struct sp_dense_options {
  int64_t units;
  bool bias;
  sp_selected weight_init, bias_init;
  const char *name;
} sp_dense_options;

#endif
