// SPDX-License-Identifier: Apache-2.0
// Sums over rows from which the statistics of `standardize` are computed.
#include "data/moments.h"

#include "compute/elementwise.h"
#include "data/column.h"
#include "data/delivered.h"
#include "data/transforms.h"

static int64_t moments_size(const sp_column *column) {
  const sp_transform *standardizer = column->chain.standardizer;
  return standardizer ? standardizer->type->moments_size(standardizer) : 0;
}

int64_t sp_dataset_column_moments(const sp_dataset *dataset, int c) { return moments_size(&dataset->column[c]); }

int64_t sp_dataset_moments_size(const sp_dataset *dataset) {
  int64_t size = 0;
  for (int c = 0; c < dataset->columns; c++) size += moments_size(&dataset->column[c]);
  return size;
}

typedef struct adding {
  void *sample;  // a row before it is standardized
  const double *mean;
  double *sum;
} adding;

/// Report the first value of a row that is not finite.
static sp_status fail_value(const sp_column *column, const char *stored, const void *sample) {
  const sp_transform_chain *chain = &column->chain;
  int64_t size = chain->standardizer->values, i = 0;
  sp_delivered row = {column->name,
                      chain->precision,
                      column->stored,
                      chain->standardizer > chain->item,
                      1,
                      size,
                      sample,
                      chain->standardizer->same_places ? stored : NULL};
  char text[80];
  while (sp_all_finite(chain->precision, i + 1, sample)) i++;
  return sp_fail(SP_ERR_DATA, "value %lld is %s, so that `standardize` cannot compute a mean: %s", (long long)i,
                 sp_delivered_text(&row, i, text), sp_delivered_remedy(&row, i));
}

static sp_status add_row(const sp_column *column, const char *stored, const adding *a) {
  const sp_transform_chain *chain = &column->chain;
  const sp_transform *standardizer = chain->standardizer;
  SP_TRY(sp_transform_chain_apply_before_statistics(chain, column->stored, stored, a->sample));
  if (!sp_all_finite(chain->precision, standardizer->values, a->sample)) return fail_value(column, stored, a->sample);
  standardizer->type->moments_add(standardizer, a->sample, a->mean, a->sum);
  return SP_OK;
}

static sp_status add_rows(const sp_column *column, const char *stored, int64_t first, int64_t count, void *context) {
  for (int64_t i = 0; i < count; i++) {
    sp_status status = add_row(column, stored + i * column->stored_bytes, context);
    if (status != SP_OK) return sp_column_context(status, column, first + i);
  }
  return SP_OK;
}

sp_status sp_dataset_moments_add(sp_dataset *dataset, int64_t first, int64_t count, const double *mean, double *sum) {
  for (int c = 0; c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    int64_t size = moments_size(column);
    adding a = {dataset->sample, mean, sum};
    if (size > 0) SP_TRY(sp_column_each(dataset, column, first, count, add_rows, &a));
    if (mean) mean += size;
    sum += size;
  }
  return SP_OK;
}

void sp_dataset_moments_set(sp_dataset *dataset, int c, const double *mean, const double *deviation) {
  sp_column *column = &dataset->column[c];
  sp_transform *standardizer = column->chain.standardizer;
  if (standardizer) standardizer->type->moments_set(standardizer, mean, deviation);
  column->statistics_missing = false;
}
