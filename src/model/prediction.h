// SPDX-License-Identifier: Apache-2.0
// The input of a loss or a metric: outputs of the network for some rows, their targets and their weights.
#ifndef SP_MODEL_PREDICTION_H
#define SP_MODEL_PREDICTION_H

#include <math.h>
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
  const void *weight;   ///< (rows) in the precision, finite and at least 0; NULL: each row has weight 1
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

/// Returns the weight of a row.
static inline double sp_row_weight(const sp_prediction *p, int64_t row) {
  return p->weight ? sp_value_at(p->precision, p->weight, row) : 1;
}

/// Returns the target of value j of a row; for class numbers 1 for the row's class and 0 for the others.
static inline double sp_target_at(const sp_prediction *p, int64_t row, int64_t j) {
  if (p->classes) return ((const int32_t *)p->targets)[row] == j;
  return sp_value_at(p->precision, p->targets, row * p->size + j);
}

/// Returns rows [first, first + rows) of a prediction.
static inline sp_prediction sp_prediction_part(const sp_prediction *p, int64_t first, int64_t rows) {
  const int64_t value = (int64_t)sp_dtype_size(p->precision), row = p->size * value;
  sp_prediction part = *p;
  part.rows = rows;
  if (p->output) part.output = (const char *)p->output + first * row;
  part.targets = (const char *)p->targets + first * (p->classes ? (int64_t)sizeof(int32_t) : row);
  if (p->weight) part.weight = (const char *)p->weight + first * value;
  return part;
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

/// Returns the class that `size` outputs from `first` on decide for: that of the largest, or -1 if one is NaN.
static inline int64_t sp_decided_class(sp_dtype precision, const void *output, int64_t first, int64_t size) {
  for (int64_t j = first; j < first + size; j++) {
    if (isnan(sp_value_at(precision, output, j))) return -1;
  }
  return sp_largest(precision, output, first, size);
}

#endif
