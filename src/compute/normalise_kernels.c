// SPDX-License-Identifier: Apache-2.0
// Normalisation in both precisions.
#include "compute/normalise.h"

#include "compute/row_sum.h"

#define SP_TEMPLATE "compute/normalise_typed.h"
#include "compute/each_real.h"

#define BY_PRECISION(function, ...) \
  (precision == SP_FLOAT32 ? function##_float(rows, n, __VA_ARGS__) : function##_double(rows, n, __VA_ARGS__))

static void normalise_rows(sp_dtype precision, int64_t rows, int64_t n, double epsilon, const void *x,
                           const void *scale, const void *shift, void *mean, void *inverse, void *y) {
  BY_PRECISION(normalise_rows, epsilon, x, scale, shift, mean, inverse, y);
}

static void normalise_rows_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                const void *inverse, const void *dy, double *scale_sums, double *shift_sums) {
  BY_PRECISION(rows_sums, x, mean, inverse, dy, scale_sums, shift_sums);
}

static void normalise_rows_backward(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                    const void *inverse, const void *scale, const void *dy, void *dx) {
  BY_PRECISION(rows_backward, x, mean, inverse, scale, dy, dx);
}

static void channel_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, double *sums) {
  BY_PRECISION(channel_sums, x, sums);
}

static void channel_squares(sp_dtype precision, int64_t rows, int64_t n, const void *x, const double *mean,
                            double *sums) {
  BY_PRECISION(channel_squares, x, mean, sums);
}

static void normalise_channels(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                               const void *inverse, const void *scale, const void *shift, void *y) {
  BY_PRECISION(normalise_channels, x, mean, inverse, scale, shift, y);
}

static void normalise_channels_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                    const void *inverse, const void *dy, double *shift_sums, double *scale_sums) {
  BY_PRECISION(channels_sums, x, mean, inverse, dy, shift_sums, scale_sums);
}

static void normalise_channels_backward(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                        const void *inverse, const void *scale, const double *mean_dy,
                                        const double *mean_product, const void *dy, void *dx) {
  BY_PRECISION(channels_backward, x, mean, inverse, scale, mean_dy, mean_product, dy, dx);
}

const sp_normalise_kernels SP_KERNELS(sp_normalise_kernels) = {
    .normalise_rows = normalise_rows,
    .normalise_rows_sums = normalise_rows_sums,
    .normalise_rows_backward = normalise_rows_backward,
    .channel_sums = channel_sums,
    .channel_squares = channel_squares,
    .normalise_channels = normalise_channels,
    .normalise_channels_sums = normalise_channels_sums,
    .normalise_channels_backward = normalise_channels_backward,
};
