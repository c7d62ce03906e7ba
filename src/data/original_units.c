// SPDX-License-Identifier: Apache-2.0
// Conversion of the transformed values of a column, and of differences between them, to the units of the file.
#include "data/original_units.h"

#include "data/column.h"
#include "data/transforms.h"

void sp_dataset_units(const sp_dataset *dataset, int c, double *unit) {
  const sp_transform_chain *chain = &dataset->column[c].chain;
  for (int64_t j = 0; j < chain->values; j++) {
    unit[j] = 1;
    for (int64_t i = 0; i < chain->count; i++) unit[j] /= chain->item[i].type->slope(&chain->item[i], j);
  }
}

static double inverted(const sp_transform_chain *chain, int64_t place, double value) {
  for (const sp_transform *t = chain->item + chain->count; t-- > chain->item;) value = t->type->invert(t, place, value);
  return value;
}

void sp_dataset_to_units(const sp_dataset *dataset, int c, int64_t rows, void *values) {
  const sp_transform_chain *chain = &dataset->column[c].chain;
  for (int64_t i = 0; i < rows * chain->values; i++) {
    float *narrow = (float *)values + i;
    double *wide = (double *)values + i;
    if (dataset->precision == SP_FLOAT32) *narrow = (float)inverted(chain, i % chain->values, *narrow);
    if (dataset->precision == SP_FLOAT64) *wide = inverted(chain, i % chain->values, *wide);
  }
}
