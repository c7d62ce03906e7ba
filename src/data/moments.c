// The statistics that `standardize` needs, added up over rows.
#include "base/interrupt.h"
#include "compute/elementwise.h"
#include "data/row_dataset_private.h"
#include "hdf5/convert.h"

static int64_t moments_size(const sp_column *column) {
  const sp_transform *standardizer = column->chain.standardizer;
  return standardizer ? standardizer->type->moments_size(standardizer) : 0;
}

int64_t sp_dataset_moments_size(const sp_dataset *dataset) {
  return moments_size(&dataset->features) + moments_size(&dataset->targets);
}

static sp_status add_row(sp_dataset *dataset, const sp_column *column, const char *stored, const double *mean,
                         double *sum) {
  const sp_transform *standardizer = column->chain.standardizer;
  SP_TRY(sp_chain_apply_before_statistics(&column->chain, column->stored, stored, dataset->sample));
  if (!sp_all_finite(dataset->precision, standardizer->values, dataset->sample)) {
    return sp_fail(SP_ERR_DATA, "holds a value that is not finite, which leaves `standardize` without a mean");
  }
  standardizer->type->moments_add(standardizer, dataset->sample, mean, sum);
  return SP_OK;
}

static sp_status add_column(sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                            const double *mean, double *sum) {
  int64_t capacity = sp_column_capacity(dataset, column);
  for (int64_t done = 0; done < count;) {
    int64_t rows = count - done < capacity ? count - done : capacity;
    const char *stored;
    SP_TRY(sp_interrupt_check());
    SP_TRY(sp_column_rows(dataset, column, first + done, rows, &stored));
    for (int64_t i = 0; i < rows; i++) {
      sp_status status = add_row(dataset, column, stored + i * column->stored_bytes, mean, sum);
      if (status != SP_OK) return sp_column_context(status, column, first + done + i);
    }
    done += rows;
  }
  return SP_OK;
}

sp_status sp_dataset_moments_add(sp_dataset *dataset, int64_t first, int64_t count, const double *mean, double *sum) {
  const sp_column *features = &dataset->features, *targets = &dataset->targets;
  int64_t size = moments_size(features);
  if (size > 0) SP_TRY(add_column(dataset, features, first, count, mean, sum));
  if (moments_size(targets) == 0) return SP_OK;
  return add_column(dataset, targets, first, count, mean ? mean + size : NULL, sum + size);
}

void sp_dataset_moments_set(sp_dataset *dataset, const double *mean, const double *deviation) {
  int64_t done = 0;
  for (int side = 0; side < 2; side++) {
    const sp_column *column = side == 0 ? &dataset->features : &dataset->targets;
    sp_transform *standardizer = column->chain.standardizer;
    if (standardizer) standardizer->type->moments_set(standardizer, mean + done, deviation + done);
    done += moments_size(column);
  }
  dataset->statistics_missing = false;
}
