// SPDX-License-Identifier: Apache-2.0
// Rows of a table selected by integers: the choice of kernels.
#include "compute/lookup.h"

static const sp_lookup_kernels *const kernels[] = {
#define SP_CPU(name) &sp_lookup_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_lookup(sp_dtype precision, const sp_lookup_table *table, int64_t n, const void *x, const void *entry, void *y) {
  kernels[sp_cpu()]->lookup(precision, table, n, x, entry, y);
}

void sp_lookup_backward(sp_dtype precision, const sp_lookup_table *table, const sp_lane_rows *rows, int64_t each,
                        const void *x, const void *dy, void *gradient, int64_t *order) {
  kernels[sp_cpu()]->lookup_backward(precision, table, rows, each, x, dy, gradient, order);
}

int64_t sp_lookup_first_wrong(sp_dtype precision, int64_t entries, int64_t n, const void *x) {
  return kernels[sp_cpu()]->lookup_first_wrong(precision, entries, n, x);
}
