// SPDX-License-Identifier: Apache-2.0
// Normalisation of matrices, along rows or along columns (channels), in either precision. Sums are in float64 and in a fixed
// order; the arithmetic of an element is in the precision.
#ifndef SP_COMPUTE_NORMALISE_H
#define SP_COMPUTE_NORMALISE_H

#include <stdint.h>

#include "base/dtype.h"
#include "compute/cpu.h"

// Everywhere: x, y, dy, dx (rows, n) are disjoint, except that dx may be dy; scale, shift (n) may be NULL: 1 and 0.
//   xhat = (x - mean) inverse                y = scale xhat + shift
// where `mean` and `inverse` belong to the row or to the column, and inverse = 1 / sqrt(variance + epsilon) with the variance
// of the population.

// --- rows ---------------------------------------------------------------------------------------------------------

/// Normalise each row. Sets mean and inverse (rows), in the precision.
void sp_normalise_rows(sp_dtype precision, int64_t rows, int64_t n, double epsilon, const void *x, const void *scale,
                       const void *shift, void *mean, void *inverse, void *y);

/// scale_sums (n) = sum of dy xhat over the rows, shift_sums (n) = sum of dy: the gradients of scale and shift. A sum that
/// is NULL is not computed.
void sp_normalise_rows_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                            const void *inverse, const void *dy, double *scale_sums, double *shift_sums);

/// dx = inverse (g - mean(g) - xhat mean(g xhat)), where g = scale dy and the means are over the row.
/// Source: the derivative of sp_normalise_rows; Ba, Kiros & Hinton 2016, arXiv:1607.06450.
void sp_normalise_rows_backward(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                const void *inverse, const void *scale, const void *dy, void *dx);

// --- channels -----------------------------------------------------------------------------------------------------

/// sums (n) = sum of each column, in the order of the rows.
void sp_channel_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, double *sums);

/// sums (n) = sum of (x - mean)^2 of each column, in the order of the rows.
void sp_channel_squares(sp_dtype precision, int64_t rows, int64_t n, const void *x, const double *mean, double *sums);

/// Normalise each column with mean and inverse (n), in the precision.
void sp_normalise_channels(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                           const void *inverse, const void *scale, const void *shift, void *y);

/// shift_sums (n) = sum of dy of each column, scale_sums (n) = sum of dy xhat.
void sp_normalise_channels_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                const void *inverse, const void *dy, double *shift_sums, double *scale_sums);

/// dx = inverse scale (dy - mean_dy - xhat mean_product), with the means (n) of dy and of dy xhat over all elements that
/// mean and inverse were computed from.
/// Source: the derivative; Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.
void sp_normalise_channels_backward(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                    const void *inverse, const void *scale, const double *mean_dy,
                                    const double *mean_product, const void *dy, void *dx);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_normalise_kernels {
  void (*normalise_rows)(sp_dtype precision, int64_t rows, int64_t n, double epsilon, const void *x, const void *scale,
                         const void *shift, void *mean, void *inverse, void *y);
  void (*normalise_rows_sums)(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                              const void *inverse, const void *dy, double *scale_sums, double *shift_sums);
  void (*normalise_rows_backward)(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                  const void *inverse, const void *scale, const void *dy, void *dx);
  void (*channel_sums)(sp_dtype precision, int64_t rows, int64_t n, const void *x, double *sums);
  void (*channel_squares)(sp_dtype precision, int64_t rows, int64_t n, const void *x, const double *mean, double *sums);
  void (*normalise_channels)(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                             const void *inverse, const void *scale, const void *shift, void *y);
  void (*normalise_channels_sums)(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                  const void *inverse, const void *dy, double *shift_sums, double *scale_sums);
  void (*normalise_channels_backward)(sp_dtype precision, int64_t rows, int64_t n, const void *x, const void *mean,
                                      const void *inverse, const void *scale, const double *mean_dy,
                                      const double *mean_product, const void *dy, void *dx);
} sp_normalise_kernels;

#define SP_CPU(name) extern const sp_normalise_kernels sp_normalise_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
