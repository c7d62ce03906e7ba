// SPDX-License-Identifier: Apache-2.0
// What several of the public files need: a tensor by its name, and its values as float64.
#ifndef SP_API_VALUES_H
#define SP_API_VALUES_H

#include <string.h>

#include "base/dtype.h"
#include "model/parameters.h"

/// Errors: SP_ERR_USAGE when there is none of that name, or it has not `count` values.
static inline sp_status sp_api_find_tensor(const sp_parameter_table *table, const char *name, int64_t count,
                                           const sp_tensor **out) {
  for (int64_t i = 0; i < table->tensors; i++) {
    const sp_tensor *tensor = &table->tensor[i];
    if (strcmp(tensor->name, name) != 0) continue;
    if (tensor->count != count) {
      return sp_fail(SP_ERR_USAGE, "tensor %s: has %lld values, got room for %lld", name, (long long)tensor->count,
                     (long long)count);
    }
    *out = tensor;
    return SP_OK;
  }
  return sp_fail(SP_ERR_USAGE, "tensor %s: there is none of that name, expected one such as %s", name,
                 table->tensors > 0 ? table->tensor[0].name : "(none)");
}

static inline void sp_api_copy_values(sp_dtype precision, const void *vector, int64_t first, int64_t count,
                                      double *values) {
  for (int64_t i = 0; i < count; i++) {
    values[i] =
        precision == SP_FLOAT32 ? (double)((const float *)vector)[first + i] : ((const double *)vector)[first + i];
  }
}

#endif
