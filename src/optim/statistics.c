// SPDX-License-Identifier: Apache-2.0
// The update of statistics.
#include "optim/statistics.h"

#define SP_TEMPLATE "optim/statistics_typed.h"
#include "compute/each_real.h"

void sp_statistics_update(const sp_parameter_table *table, sp_dtype precision, double scale, int64_t first, int64_t n,
                          void *p, const void *sum) {
  size_t size = sp_dtype_size(precision);
  for (int64_t i = 0; i < table->tensors; i++) {
    const sp_tensor *tensor = &table->tensor[i];
    int64_t begin = tensor->offset < first ? first : tensor->offset, end = tensor->offset + tensor->count;
    if (end > first + n) end = first + n;
    if (tensor->kind != SP_TENSOR_STATISTIC || begin >= end) continue;
    char *values = (char *)p + (size_t)(begin - first) * size;
    const char *sums = (const char *)sum + (size_t)(begin - first) * size;
    if (precision == SP_FLOAT32) {
      observe_float(table->momentum[i], scale, end - begin, (float *)values, (const float *)sums);
    } else {
      observe_double(table->momentum[i], scale, end - begin, (double *)values, (const double *)sums);
    }
  }
}
