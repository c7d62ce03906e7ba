// SPDX-License-Identifier: Apache-2.0
// What a loss and the metrics look at: what the network gave for some rows, and what it should have given.
#ifndef SP_MODEL_PREDICTION_H
#define SP_MODEL_PREDICTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

/// What the outputs and targets mean, by which a metric decides how to count.
typedef enum sp_target_meaning {
  SP_MEANS_CLASS,          ///< one class of several: a number
  SP_MEANS_PROBABILITIES,  ///< one class of several: a value for each
  SP_MEANS_YES_OR_NO,      ///< each output is a logit of its own
  SP_MEANS_VALUES          ///< numbers to be met
} sp_target_meaning;

typedef struct sp_prediction {
  sp_dtype precision;
  int64_t rows, size;   ///< size: values a row
  const void *output;   ///< (rows, size) in the precision
  const void *targets;  ///< (rows, size) in the precision, or (rows) int32_t classes below size
  bool classes;         ///< which of the two
} sp_prediction;

/// Value i of an array in either precision, as float64, and back. The compiler takes the choice out of a loop.
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

/// The place of the largest of `size` values from value `first` on; the first of equals.
static inline int64_t sp_largest(sp_dtype precision, const void *values, int64_t first, int64_t size) {
  int64_t best = 0;
  for (int64_t j = 1; j < size; j++) {
    if (sp_value_at(precision, values, first + j) > sp_value_at(precision, values, first + best)) best = j;
  }
  return best;
}

#endif
