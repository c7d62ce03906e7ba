// SPDX-License-Identifier: Apache-2.0
// Rows of a table selected by integers, in both precisions.
#include "compute/lookup.h"

#include <math.h>
#include <string.h>

#define SP_TEMPLATE "compute/lookup_typed.h"
#include "compute/each_real.h"

static void lookup(sp_dtype precision, const sp_lookup_table *table, int64_t n, const void *x, const void *entry,
                   void *y) {
  precision == SP_FLOAT32 ? look_up_float(table, n, x, entry, y) : look_up_double(table, n, x, entry, y);
}

static void lookup_backward(sp_dtype precision, const sp_lookup_table *table, const sp_lane_rows *rows, int64_t each,
                            const void *x, const void *dy, void *gradient, int64_t *order) {
  precision == SP_FLOAT32 ? look_up_backward_float(table, rows, each, x, dy, gradient, order)
                          : look_up_backward_double(table, rows, each, x, dy, gradient, order);
}

static int64_t lookup_first_wrong(sp_dtype precision, int64_t entries, int64_t n, const void *x) {
  return precision == SP_FLOAT32 ? first_wrong_float(entries, n, x) : first_wrong_double(entries, n, x);
}

const sp_lookup_kernels SP_KERNELS(sp_lookup_kernels) = {
    .lookup = lookup,
    .lookup_backward = lookup_backward,
    .lookup_first_wrong = lookup_first_wrong,
};
