// SPDX-License-Identifier: Apache-2.0
// Transforms one row step by step until a value is not finite.
#include "data/nonfinite_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/elementwise.h"
#include "data/column.h"
#include "data/transforms.h"
#include "hdf5/convert.h"

static const char *value_at(sp_dtype dtype, const void *values, int64_t i) {
  return (const char *)values + i * (int64_t)sp_dtype_size(dtype);
}

/// Returns the index of the first of n values that is not finite, or -1.
static int64_t first_nonfinite(sp_dtype precision, const void *values, int64_t n) {
  if (sp_all_finite(precision, n, values)) return -1;
  int64_t i = 0;
  while (sp_all_finite(precision, 1, value_at(precision, values, i))) i++;
  return i;
}

static void explain_stored(const sp_column *column, const void *stored, int64_t i, sp_text *out) {
  char text[32];
  double value;
  sp_convert(column->stored, value_at(column->stored, stored, i), 1, 1, SP_FLOAT64, &value);
  sp_text_add(out, "value %lld is %s", (long long)i,
              sp_convert_text(column->stored, value_at(column->stored, stored, i), text));
  if (isfinite(value)) sp_text_add(out, ", which exceeds %s", sp_dtype_name(column->chain.precision));
}

static void explain_transformed(const sp_transform *t, const void *before, const void *after, int64_t i, sp_text *out) {
  char x[32], y[32];
  sp_text_add(out, "value %lld is ", (long long)i);
  if (i < t->values)
    sp_text_add(out, "%s before and ", sp_convert_text(t->precision, value_at(t->precision, before, i), x));
  sp_text_add(out, "%s after %s: %s", sp_convert_text(t->precision, value_at(t->precision, after, i), y), t->path,
              t->type->variant.name);
}

/// Returns the largest number of values of a row before, between and after the transforms.
static int64_t most_values(const sp_transform_chain *chain) {
  int64_t most = chain->values > chain->sample_values ? chain->values : chain->sample_values;
  for (int64_t i = 0; i < chain->count; i++) {
    if (chain->item[i].values > most) most = chain->item[i].values;
  }
  return most;
}

/// `values` and `before` have room for most_values. Random transforms leave the row as it is.
static sp_status explain(const sp_column *column, const void *stored, void *values, void *before, sp_text *out) {
  const sp_transform_chain *chain = &column->chain;
  const sp_transform_draw draw = {.training = false};
  sp_convert(column->stored, stored, chain->sample_values, 1, chain->precision, values);
  int64_t i = first_nonfinite(chain->precision, values, chain->sample_values);
  if (i >= 0) explain_stored(column, stored, i, out);
  for (int64_t at = 0; at < chain->count && i < 0; at++) {
    const sp_transform *t = &chain->item[at];
    int64_t wrong, outputs = at + 1 < chain->count ? chain->item[at + 1].values : chain->values;
    memcpy(before, values, (size_t)t->values * sp_dtype_size(chain->precision));
    if (t->type->move) {
      t->type->move(t, &draw, before, values);
    } else {
      SP_TRY(t->type->apply(t, &draw, values, &wrong));
    }
    i = first_nonfinite(chain->precision, values, outputs);
    if (i >= 0) explain_transformed(t, before, values, i, out);
  }
  return SP_OK;
}

sp_status sp_dataset_explain_nonfinite(sp_dataset *dataset, int c, int64_t row, sp_text *out) {
  const sp_column *column = &dataset->column[c];
  const char *stored;
  char *values;
  if (!column->source) return SP_OK;
  SP_TRY(sp_column_rows(dataset, column, row, 1, &stored));
  int64_t bytes = most_values(&column->chain) * (int64_t)sp_dtype_size(column->chain.precision);
  SP_TRY(sp_allocate(2 * bytes, 1, "a row", &values));
  int64_t row_in_file;
  const char *path = sp_hdf5_source_file(column->source, row, &row_in_file);
  sp_text found = {0};
  sp_status status = explain(column, stored, values, values + bytes, &found);
  if (found.size > 0) {
    sp_text_add(out, "%s: %s: row %lld: %s", path, sp_hdf5_source_name(column->source), (long long)row_in_file,
                found.data);
  }
  sp_text_free(&found);
  free(values);
  return status;
}
