// SPDX-License-Identifier: Apache-2.0
// Normalisation: the choice of kernels.
#include "compute/normalise.h"

static const sp_normalise_kernels *const kernels[] = {
#define SP_CPU(name) &sp_normalise_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_normalise_rows(sp_dtype precision, int64_t rows, int64_t n, double epsilon, const void *x, const void *scale,
                       const void *shift, void *mean, void *inverse, void *y) {
  kernels[sp_cpu()]->normalise_rows(precision, rows, n, epsilon, x, scale, shift, mean, inverse, y);
}

void sp_normalise_rows_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                            const void *inverse, const void *dy, double *scale_sums, double *shift_sums) {
  kernels[sp_cpu()]->normalise_rows_sums(precision, rows, n, x, mean, inverse, dy, scale_sums, shift_sums);
}

void sp_normalise_rows_backward(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                const void *inverse, const void *scale, const void *dy, void *dx) {
  kernels[sp_cpu()]->normalise_rows_backward(precision, rows, n, x, mean, inverse, scale, dy, dx);
}

void sp_channel_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, double *sums) {
  kernels[sp_cpu()]->channel_sums(precision, rows, n, x, sums);
}

void sp_channel_squares(sp_dtype precision, int64_t rows, int64_t n, const void *x, const double *mean, double *sums) {
  kernels[sp_cpu()]->channel_squares(precision, rows, n, x, mean, sums);
}

void sp_normalise_channels(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                           const void *inverse, const void *scale, const void *shift, void *y) {
  kernels[sp_cpu()]->normalise_channels(precision, rows, n, x, mean, inverse, scale, shift, y);
}

void sp_normalise_channels_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                const void *inverse, const void *dy, double *shift_sums, double *scale_sums) {
  kernels[sp_cpu()]->normalise_channels_sums(precision, rows, n, x, mean, inverse, dy, shift_sums, scale_sums);
}

void sp_normalise_channels_backward(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                    const void *inverse, const void *scale, const double *mean_dy,
                                    const double *mean_product, const void *dy, void *dx) {
  kernels[sp_cpu()]->normalise_channels_backward(precision, rows, n, x, mean, inverse, scale, mean_dy, mean_product, dy,
                                                 dx);
}
