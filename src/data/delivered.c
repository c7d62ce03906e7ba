// SPDX-License-Identifier: Apache-2.0
// Delivered values and the stored values they come from, for messages.
#include "data/delivered.h"

#include <math.h>
#include <stdio.h>

#include "hdf5/convert.h"

static const char *value_at(sp_dtype dtype, const void *values, int64_t i) {
  return (const char *)values + (size_t)i * sp_dtype_size(dtype);
}

const char *sp_delivered_text(const sp_delivered *d, int64_t i, char *buffer) {
  char value[32], original[32];
  sp_convert_text(d->precision, value_at(d->precision, d->values, i), value);
  if (d->original) sp_convert_text(d->stored, value_at(d->stored, d->original, i), original);
  if (d->original && d->transformed) {
    snprintf(buffer, 80, "%s (%s in the file)", value, original);
  } else {
    snprintf(buffer, 80, "%s", d->original ? original : value);
  }
  return buffer;
}

const char *sp_delivered_remedy(const sp_delivered *d, int64_t i) {
  double original = (double)NAN;
  if (d->original) sp_convert(d->stored, value_at(d->stored, d->original, i), 1, 1, SP_FLOAT64, &original);
  return d->precision == SP_FLOAT32 && isfinite(original)
             ? "the largest float32 is 3.4e38; use train.precision: float64"
             : "remove the row, or replace the value";
}
