// SPDX-License-Identifier: Apache-2.0
// The parameter table: every tensor of a network and where it lies in the parameter vector.
#ifndef SP_MODEL_PARAMETERS_H
#define SP_MODEL_PARAMETERS_H

#include <stdint.h>

#include "base/shape.h"

enum {
  SP_BLOCK = 4096,          ///< values in a block: the unit of sharding, of norms and of checksums
  SP_TENSOR_ALIGNMENT = 16  ///< values: 64 bytes of float32, 128 of float64
};

/// How an update treats a tensor. A statistic, such as a running mean, is not trained: its "gradient" is the sum over
/// the rows of the batch of what the layer observed, and an update moves it towards the mean over the rows
/// (optim/statistics.h), whatever the rule and its options.
typedef enum sp_tensor_kind { SP_TENSOR_TRAINED, SP_TENSOR_STATISTIC } sp_tensor_kind;

typedef struct sp_tensor {
  char name[96];  ///< "dense_1/weight"
  sp_tensor_kind kind;
  sp_shape shape;
  int64_t offset, count;  ///< in values
} sp_tensor;

/// The trained tensors in the order of the layers, then the statistics, which begin a new block. The vector is padded
/// with zeros to whole blocks, so that shards and messages are counted in blocks.
typedef struct sp_parameter_table {
  const sp_tensor *tensor;
  int64_t tensors;
  int64_t trainable;       ///< values of the trained tensors, excluding the gaps between them
  int64_t trained_blocks;  ///< block where the statistics begin; equal to `blocks` if there are none
  int64_t blocks;
  const double *momentum;  ///< (tensors) of statistics: share of the new observation in an update. Not in checkpoints
} sp_parameter_table;

static inline int64_t sp_parameter_values(const sp_parameter_table *table) { return table->blocks * SP_BLOCK; }

#endif
