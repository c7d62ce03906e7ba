// SPDX-License-Identifier: Apache-2.0
// Conversion of transformed targets, and of differences between them, to the units of the file.
#include "data/original_units.h"

#include "data/column.h"
#include "data/transforms.h"

bool sp_dataset_targets_invertible(const sp_dataset *dataset) {
  const sp_transform_chain *chain = &dataset->targets.chain;
  for (int64_t i = 0; i < chain->count; i++) {
    const sp_transform *t = &chain->item[i];
    bool of_statistics = t->type->moments_size != NULL;  // its slope is not known yet, but never 0
    if (!t->type->slope || (!of_statistics && t->type->slope(t, 0) == 0)) return false;
  }
  return chain->count > 0;
}

void sp_dataset_target_units(const sp_dataset *dataset, double *unit) {
  const sp_transform_chain *chain = &dataset->targets.chain;
  for (int64_t j = 0; j < chain->values; j++) {
    unit[j] = 1;
    for (int64_t i = 0; i < chain->count; i++) unit[j] /= chain->item[i].type->slope(&chain->item[i], j);
  }
}

static double inverted(const sp_transform_chain *chain, int64_t place, double value) {
  for (const sp_transform *t = chain->item + chain->count; t-- > chain->item;) value = t->type->invert(t, place, value);
  return value;
}

void sp_dataset_invert_targets(const sp_dataset *dataset, int64_t rows, void *values) {
  const sp_transform_chain *chain = &dataset->targets.chain;
  for (int64_t i = 0; i < rows * chain->values; i++) {
    float *narrow = (float *)values + i;
    double *wide = (double *)values + i;
    if (dataset->precision == SP_FLOAT32) *narrow = (float)inverted(chain, i % chain->values, *narrow);
    if (dataset->precision == SP_FLOAT64) *wide = inverted(chain, i % chain->values, *wide);
  }
}
