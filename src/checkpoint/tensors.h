// SPDX-License-Identifier: Apache-2.0
// Tensors as messages name them.
#ifndef SP_CHECKPOINT_TENSORS_H
#define SP_CHECKPOINT_TENSORS_H

#include <stdbool.h>

#include "model/parameters.h"

/// Name, kind, shape and place are the same.
bool sp_tensor_same(const sp_tensor *a, const sp_tensor *b);

/// "statistic norm_1/mean[64]" into a buffer of 512 bytes; NULL is missing.
const char *sp_tensor_text(const sp_tensor *tensor, char buffer[512]);

/// "dense_1/weight to dense_2/bias": what lies in blocks [first, first + blocks), into a buffer of 256 bytes; returns it.
const char *sp_tensors_text(const sp_parameter_table *table, int64_t first, int64_t blocks, char buffer[256]);

#endif
