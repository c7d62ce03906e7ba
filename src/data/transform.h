// SPDX-License-Identifier: Apache-2.0
// What a transform of samples provides. To add one: a file transform_NAME.c and a line in transform_list.h.
#ifndef SP_DATA_TRANSFORM_H
#define SP_DATA_TRANSFORM_H

#include "base/dtype.h"
#include "base/shape.h"
#include "config/options.h"

/// A transform in a chain.
typedef struct sp_transform {
  const struct sp_transform_type *type;
  const void *options;  ///< of the type's table; borrowed
  sp_dtype precision;   ///< of the values: SP_FLOAT32 or SP_FLOAT64
  sp_shape in, out;     ///< of a sample before and after
  int64_t values;       ///< of a sample before
  void *state;          ///< of the implementation; freed with free() when the chain is
} sp_transform;

/// All functions get one sample at a time and work in place. No transform makes a sample smaller, so that a whole chain
/// works where its result is delivered.
typedef struct sp_transform_type {
  sp_variant variant;  ///< name, help and options

  /// Given options, precision, `in` and values: set `out` (it is `in` to begin with) and allocate the state.
  /// Errors: SP_ERR_SHAPE. NULL: nothing to be done.
  sp_status (*prepare)(sp_transform *transform);

  /// Transform one sample. Allocates nothing, makes no system call. Errors: SP_ERR_DATA saying what is expected, and the row
  /// up to value *wrong, which is as it was before.
  sp_status (*apply)(const sp_transform *transform, void *row, int64_t *wrong);

  /// Does it multiply every value by one and the same factor, and nothing else? Then it may be part of the conversion to
  /// the precision. NULL: no.
  bool (*multiplies)(const sp_transform *transform, double *factor);

  /// How much value i grows when it grows by 1 before; 0: it cannot be turned back. NULL: the transform is not of that kind.
  double (*slope)(const sp_transform *transform, int64_t i);

  /// What value i was before, given what it has become. There where slope is, and wanted only where that is not 0.
  double (*turn_back)(const sp_transform *transform, int64_t i, double value);

  /// For a transform that needs statistics of the training rows; else NULL. How many values it needs, adding up those
  /// of one sample as sp_dataset_moments_add says, and taking the result.
  int64_t (*moments_size)(const sp_transform *transform);
  void (*moments_add)(const sp_transform *transform, const void *row, const double *mean, double *sum);
  void (*moments_set)(sp_transform *transform, const double *mean, const double *deviation);
} sp_transform_type;

#define SP_TRANSFORM(name) extern const sp_transform_type sp_transform_##name;
#include "data/transform_list.h"
#undef SP_TRANSFORM

#endif
