// SPDX-License-Identifier: Apache-2.0
// The exponential moving average of the parameters.
#include "optim/moving_average.h"

#include <stdbool.h>

#define SP_TEMPLATE "optim/moving_average_typed.h"
#include "compute/each_real.h"

void sp_average_update(sp_dtype precision, double decay, int64_t n, void *average, const void *p) {
  precision == SP_FLOAT32 ? update_float(1 - decay, n, average, p) : update_double(1 - decay, n, average, p);
}
