// SPDX-License-Identifier: Apache-2.0
// A check of all values of a column, once, in the order in which they are stored.
#include "data/column_check.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/column.h"
#include "data/transforms.h"
#include "hdf5/convert.h"

/// `context` is set to whether the wrong label is the number of classes, as in labels that count from 1.
static sp_status check_classes(const sp_column *column, const char *stored, int64_t first, int64_t rows,
                               void *context) {
  int64_t wrong = sp_convert_first_no_class(column->stored, stored, rows, column->use.classes);
  int32_t label;
  if (wrong < 0) return SP_OK;
  const char *at = stored + wrong * column->stored_bytes;
  *(bool *)context = sp_convert_class(column->stored, at, column->use.classes + 1, &label);
  return sp_column_context(sp_column_fail_class(column, at), column, first + wrong);
}

/// Find out whether all labels are from 1 to the number of classes.
static sp_status count_from_one(const sp_column *column, const char *stored, int64_t first, int64_t rows,
                                void *context) {
  bool *from_one = context;
  (void)first;
  for (int64_t i = 0; i < rows && *from_one; i++) {
    int32_t label = 0;
    *from_one = sp_convert_class(column->stored, stored + i * column->stored_bytes, column->use.classes + 1, &label) &&
                label > 0;
  }
  return SP_OK;
}

/// Check the labels of rows [first, first + count). The message of a wrong one has a hint if the labels count from 1.
static sp_status check_labels(sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count) {
  bool from_one = false;
  sp_status status = sp_column_each(dataset, column, first, count, check_classes, &from_one);
  if (status == SP_OK || !from_one) return status;
  sp_text message = {0};
  sp_text_add(&message, "%s", sp_error_message());
  (void)sp_column_each(dataset, column, 0, dataset->rows, count_from_one, &from_one);
  long long classes = (long long)column->use.classes;
  if (from_one) {
    char option[SP_TRANSFORMS_OPTION];
    sp_text_add(&message,
                " (all labels are from 1 to %lld; to count from 0, use %s: [{scale: {factor: 1, shift: -1}}, "
                "{one_hot: {classes: %lld}}], or import csv --class-target --first-class 1)",
                classes, sp_transforms_option(column->name, option), classes);
  }
  status = sp_fail(status, "%s", message.data);
  sp_text_free(&message);
  return status;
}

/// Returns the number of values of a row that are checked.
static int64_t checked_values(const sp_transform_chain *chain) {
  return chain->standardizer ? chain->standardizer->values : chain->values;
}

typedef struct checking {
  sp_column_check *check;
  const void *context;
  char *values;  // delivered rows
  int64_t row_bytes, capacity;
} checking;

static sp_status check_values(const sp_column *column, const char *stored, int64_t first, int64_t rows, void *context) {
  const checking *c = context;
  const sp_transform_chain *chain = &column->chain;
  static const sp_transform_draw no_draw = {0};
  for (int64_t done = 0; done < rows;) {
    int64_t together = rows - done < c->capacity ? rows - done : c->capacity, wrong = 0;
    const char *from = stored + done * column->stored_bytes;
    sp_status status = SP_OK;
    if (chain->count == 0) {
      sp_convert(column->stored, from, together * chain->values, 1, chain->precision, c->values);
    }
    for (int64_t i = 0; chain->count > 0 && i < together && status == SP_OK; i++) {
      void *to = c->values + i * c->row_bytes;
      status = chain->standardizer ? sp_transform_chain_apply_before_statistics(chain, column->stored, from, to)
                                   : sp_transform_chain_apply(chain, &no_draw, column->stored, from, to);
      from += column->stored_bytes;
      wrong = i;
    }
    if (status == SP_OK && c->check) {
      bool same_places = chain->standardizer ? chain->standardizer->same_places : chain->same_places;
      sp_delivered delivered = {column->name,   chain->precision,
                                column->stored, chain->count > 0,
                                together,       checked_values(chain),
                                c->values,      same_places ? stored + done * column->stored_bytes : NULL};
      status = c->check(c->context, &delivered, &wrong);
    }
    if (status != SP_OK) return sp_column_context(status, column, first + done + wrong);
    done += together;
  }
  return SP_OK;
}

sp_status sp_dataset_check(sp_dataset *dataset, int c, int64_t first, int64_t count, sp_column_check *check,
                           const void *context) {
  enum { VALUES_BYTES = 1 << 18 };  // a few pieces of them fit in a core's cache
  const sp_column *column = &dataset->column[c];
  if (!column->source) return SP_OK;
  if (column->use.classes > 0) return check_labels(dataset, column, first, count);
  checking k = {.check = check, .context = context};
  k.row_bytes = checked_values(&column->chain) * (int64_t)sp_dtype_size(dataset->precision);
  k.capacity = VALUES_BYTES / k.row_bytes > 0 ? VALUES_BYTES / k.row_bytes : 1;
  SP_TRY(sp_allocate(k.capacity, (size_t)k.row_bytes, "values to check", &k.values));
  sp_status status = sp_column_each(dataset, column, first, count, check_values, &k);
  free(k.values);
  return status;
}
