// SPDX-License-Identifier: Apache-2.0
// Sums of float64 values over lanes, in both precisions.
#include "compute/lane_rows.h"

#include <string.h>

#define SP_TEMPLATE "compute/lane_rows_typed.h"
#include "compute/each_real.h"

void sp_lanes_add(sp_dtype precision, int64_t lanes, int64_t n, double factor, const double *sums, int64_t step,
                  void *out) {
  precision == SP_FLOAT32 ? lanes_add_float(lanes, n, factor, sums, step, out)
                          : lanes_add_double(lanes, n, factor, sums, step, out);
}
