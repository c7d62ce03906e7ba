// SPDX-License-Identifier: Apache-2.0
// Shared by the public interfaces: finding a tensor by name, and copying its values as float64.
#ifndef SP_API_VALUES_H
#define SP_API_VALUES_H

#include <string.h>

#include "base/dtype.h"
#include "model/parameters.h"

/// Find a tensor by name. Errors: SP_ERR_USAGE when there is no such tensor, or it does not have `count` values.
static inline sp_status sp_api_find_tensor(const sp_parameter_table *table, const char *name, int64_t count,
                                           const sp_tensor **out) {
  for (int64_t i = 0; i < table->tensors; i++) {
    const sp_tensor *tensor = &table->tensor[i];
    if (strcmp(tensor->name, name) != 0) continue;
    if (tensor->count != count) {
      return sp_fail(SP_ERR_USAGE, "tensor %s: has %lld values, but the array given has %lld", name,
                     (long long)tensor->count, (long long)count);
    }
    *out = tensor;
    return SP_OK;
  }
  return sp_fail(SP_ERR_USAGE, "tensor %s: no tensor has this name, expected a name such as %s", name,
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
