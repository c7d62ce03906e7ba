// SPDX-License-Identifier: Apache-2.0
// Comparison of tensors, and their names in messages.
#ifndef SP_CHECKPOINT_TENSORS_H
#define SP_CHECKPOINT_TENSORS_H

#include <stdbool.h>

#include "model/parameters.h"

/// Returns whether name, kind, shape and place are the same.
bool sp_tensor_same(const sp_tensor *a, const sp_tensor *b);

/// Returns whether a tensor has values of its own in a slot. A statistic has them only in the average of the parameters; its
/// values in the slots of an update rule are never used.
bool sp_tensor_in_slot(const sp_tensor *tensor, const char *slot);

/// Format a tensor as "statistic norm_1/mean[64]" in a buffer of 512 bytes. Returns "missing" for NULL.
const char *sp_tensor_text(const sp_tensor *tensor, char buffer[512]);

/// Format the tensors in blocks [first, first + blocks) as "dense_1/weight to dense_2/bias". Returns the buffer.
const char *sp_tensors_text(const sp_parameter_table *table, int64_t first, int64_t blocks, char buffer[256]);

#endif
