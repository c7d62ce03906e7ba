// SPDX-License-Identifier: Apache-2.0
// Interface of a transform of samples. To add one, write a file transform_NAME.c and add a line to transform_list.h.
#ifndef SP_DATA_TRANSFORM_H
#define SP_DATA_TRANSFORM_H

#include "base/dtype.h"
#include "base/random.h"
#include "base/shape.h"
#include "config/options.h"

/// The sample that is transformed, for random transforms. They change it only while training: statistics, evaluations and
/// predictions use the sample as it is (or its centre).
typedef struct sp_transform_draw {
  bool training;
  sp_random_key key;  ///< of (seed, SP_RANDOM_TRANSFORM, epoch)
  int64_t row;        ///< number of the row in its data set
} sp_transform_draw;

/// A transform in a chain.
typedef struct sp_transform {
  const struct sp_transform_type *type;
  const void *options;  ///< values of the type's option table; borrowed
  const char *path;     ///< its place in the configuration, "data.transform[1]"; borrowed
  sp_dtype precision;   ///< type of the values: SP_FLOAT32 or SP_FLOAT64
  sp_shape in, out;     ///< shapes of a sample before and after the transform
  int64_t values;       ///< number of values of a sample before the transform
  void *state;          ///< data of the implementation; released by free() with the chain
  uint64_t stream;      ///< counter of its first random number, above the row
  int64_t moves;        ///< number of transforms before it that have a function `move`
  bool same_places;     ///< value i of its input is made from value i of the stored sample
} sp_transform;

/// Returns random number `number` (0 to 255) of a transform for a sample, uniform in [0, 1): a function of (seed, epoch,
/// row, number, name of the transform, count of transforms of this name before it in the list). Equal transforms of two
/// columns thus draw the same numbers, so that an image and its mask are changed alike.
static inline double sp_transform_uniform(const sp_transform *transform, const sp_transform_draw *draw, int number) {
  return sp_random_uniform_at(draw->key, (uint64_t)draw->row, transform->stream + (uint64_t)number);
}

/// All functions process one sample at a time. A transform has either `apply` or `move`.
typedef struct sp_transform_type {
  sp_variant variant;  ///< name, help and options

  /// Set `out` (initially `in`) and allocate the state, given options, precision, `in` and values.
  /// Errors: SP_ERR_SHAPE. NULL: not needed.
  sp_status (*prepare)(sp_transform *transform);

  /// Transform one sample in place; the number of values does not decrease, so that the memory of the last result is
  /// enough. Allocates no memory and makes no system call. Errors: SP_ERR_DATA with what was expected; *wrong is the
  /// value at fault, and values 0 to *wrong are unchanged.
  sp_status (*apply)(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong);

  /// Transform one sample from `from` to `to`, which do not overlap; the number of values may decrease.
  void (*move)(const sp_transform *transform, const sp_transform_draw *draw, const void *from, void *to);

  bool rearranges;  ///< values change their places within the sample

  /// Returns whether the transform only multiplies all values by one factor, so that it can be part of the conversion to
  /// the precision. NULL: it does not.
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
