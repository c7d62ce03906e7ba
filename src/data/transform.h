// SPDX-License-Identifier: Apache-2.0
// Interface of a transform of samples. To add one, write a file transform_NAME.c and add a line to transform_list.h.
#ifndef SP_DATA_TRANSFORM_H
#define SP_DATA_TRANSFORM_H

#include "base/dtype.h"
#include "base/shape.h"
#include "config/options.h"

/// A transform in a chain.
typedef struct sp_transform {
  const struct sp_transform_type *type;
  const void *options;  ///< values of the type's option table; borrowed
  sp_dtype precision;   ///< type of the values: SP_FLOAT32 or SP_FLOAT64
  sp_shape in, out;     ///< shapes of a sample before and after the transform
  int64_t values;       ///< number of values of a sample before the transform
  void *state;          ///< data of the implementation; released by free() with the chain
} sp_transform;

/// All functions process one sample at a time, in place. No transform reduces the number of values, so a complete chain
/// can work in the memory of its result.
typedef struct sp_transform_type {
  sp_variant variant;  ///< name, help and options

  /// Set `out` (initially `in`) and allocate the state, given options, precision, `in` and values.
  /// Errors: SP_ERR_SHAPE. NULL: not needed.
  sp_status (*prepare)(sp_transform *transform);

  /// Transform one sample. Allocates no memory and makes no system call. Errors: SP_ERR_DATA with what was expected;
  /// *wrong is the value at fault, and values 0 to *wrong are unchanged.
  sp_status (*apply)(const sp_transform *transform, void *row, int64_t *wrong);

  /// Does the transform only multiply all values by one factor? Then it can be part of the conversion to the precision.
  /// NULL: no.
  bool (*multiplies)(const sp_transform *transform, double *factor);

  /// Returns the increase of value i per unit of its input; 0: not invertible. NULL: the transform is not of this kind.
  double (*slope)(const sp_transform *transform, int64_t i);

  /// Returns the input of value i, given its output. Present if slope is, and called only where slope is not 0.
  double (*invert)(const sp_transform *transform, int64_t i, double value);

  /// For a transform that needs statistics of the training rows, else NULL: returns the number of values of the sums.
  int64_t (*moments_size)(const sp_transform *transform);
  /// Add one sample to the sums, as described at sp_dataset_moments_add.
  void (*moments_add)(const sp_transform *transform, const void *row, const double *mean, double *sum);
  /// Set the statistics, as described at sp_dataset_moments_set.
  void (*moments_set)(sp_transform *transform, const double *mean, const double *deviation);
} sp_transform_type;

#define SP_TRANSFORM(name) extern const sp_transform_type sp_transform_##name;
#include "data/transform_list.h"
#undef SP_TRANSFORM

#endif
