// SPDX-License-Identifier: Apache-2.0
// The input of a loss and of metrics: outputs of the network for some rows, and their targets.
#ifndef SP_MODEL_PREDICTION_H
#define SP_MODEL_PREDICTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

/// The meaning of outputs and targets, which determines how a metric counts.
typedef enum sp_target_meaning {
  SP_MEANS_CLASS,          ///< one of several classes: its number
  SP_MEANS_PROBABILITIES,  ///< one of several classes: a probability for each
  SP_MEANS_YES_OR_NO,      ///< each output is an independent logit
  SP_MEANS_VALUES          ///< numbers to predict
} sp_target_meaning;

typedef struct sp_prediction {
  sp_dtype precision;
  int64_t rows, size;   ///< size: values in a row
  const void *output;   ///< (rows, size) in the precision
  const void *targets;  ///< (rows, size) in the precision, or (rows) int32_t classes below size
  bool classes;         ///< targets are class numbers
} sp_prediction;

/// Get or set value i of an array in either precision, as float64. The compiler hoists the branch out of loops.
static inline double sp_value_at(sp_dtype precision, const void *values, int64_t i) {
  return precision == SP_FLOAT32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

static inline void sp_value_set(sp_dtype precision, void *values, int64_t i, double value) {
  if (precision == SP_FLOAT32) {
    ((float *)values)[i] = (float)value;
  } else {
    ((double *)values)[i] = value;
  }
}

/// Returns the index, relative to `first`, of the largest of `size` values from `first` on; the first one of equal
/// values.
static inline int64_t sp_largest(sp_dtype precision, const void *values, int64_t first, int64_t size) {
  int64_t best = 0;
  for (int64_t j = 1; j < size; j++) {
    if (sp_value_at(precision, values, first + j) > sp_value_at(precision, values, first + best)) best = j;
  }
  return best;
}

#endif
