// SPDX-License-Identifier: Apache-2.0
// Softmax in both precisions.
#include "compute/softmax.h"

#include <string.h>

#include "compute/functions.h"
#include "compute/row_sum.h"

#define SP_TEMPLATE "compute/softmax_powers_typed.h"
#include "compute/each_real.h"

#define SP_TEMPLATE "compute/softmax_typed.h"
#include "compute/each_real.h"

static void softmax(sp_dtype precision, int64_t rows, int64_t n, void *x) {
  precision == SP_FLOAT32 ? softmax_float(rows, n, x) : softmax_double(rows, n, x);
}

static void softmax_backward(sp_dtype precision, int64_t rows, int64_t n, const void *y, const void *dy, void *dx) {
  precision == SP_FLOAT32 ? softmax_backward_float(rows, n, y, dy, dx) : softmax_backward_double(rows, n, y, dy, dx);
}

static void softmax_powers(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *powers, double *largest,
                           double *sum) {
  precision == SP_FLOAT32 ? powers_float(rows, n, x, powers, largest, sum)
                          : powers_double(rows, n, x, powers, largest, sum);
}

const sp_softmax_kernels SP_KERNELS(sp_softmax_kernels) = {
    .softmax = softmax,
    .softmax_powers = softmax_powers,
    .softmax_backward = softmax_backward,
};
