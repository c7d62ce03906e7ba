// SPDX-License-Identifier: Apache-2.0
// The attributes with which netCDF and related formats define the meaning of stored numbers.
#ifndef SP_HDF5_HDF5_ATTRIBUTES_H
#define SP_HDF5_HDF5_ATTRIBUTES_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "shardprop/status.h"

enum { SP_MISSING_VALUES = 16 };  // most values in the attributes

/// The stored values of a data set that denote missing values.
typedef struct sp_hdf5_missing {
  int count;                            ///< number of values
  double value[SP_MISSING_VALUES + 1];  ///< _FillValue and missing_value, rounded to the type of the data set
  bool fill[SP_MISSING_VALUES + 1];     ///< whether the value is _FillValue
  int by_default;    ///< in a netCDF file without _FillValue: index, from 1, of netCDF's default fill value; 0: none
  bool ranged;       ///< whether `low` and `high` apply
  bool by_range;     ///< they are from the attribute valid_range, not from valid_min and valid_max
  double low, high;  ///< values outside are missing; infinite: not limited
} sp_hdf5_missing;

/// Read the attributes of the data set `id`, whose values have the type `dtype`.
/// scale_factor 1 and add_offset 0 are accepted.
/// Errors: SP_ERR_DATA naming file, data set, attribute and a remedy, for attributes that change the stored values
/// (scale_factor, add_offset, _Unsigned), and for attributes that are not numbers as expected.
sp_status sp_hdf5_check_attributes(const char *path, const char *name, hid_t id, sp_dtype dtype, sp_hdf5_missing *out);

/// Add the missing values of a part of a virtual data set to those of the whole.
/// Errors: SP_ERR_DATA, without the place, for more than SP_MISSING_VALUES different values.
sp_status sp_hdf5_add_missing(sp_hdf5_missing *whole, const sp_hdf5_missing *part);

/// Returns whether the data set can have missing values, so that rows must be checked when they are read.
static inline bool sp_hdf5_may_miss(const sp_hdf5_missing *missing) { return missing->count > 0 || missing->ranged; }

/// Returns the index of the first of n values that denotes a missing value, or -1.
int64_t sp_hdf5_first_missing(const sp_hdf5_missing *missing, sp_dtype dtype, const void *values, int64_t n);

/// Fail for value number i, which is missing. Returns SP_ERR_DATA; the message, "value -999 is …",
/// does not name the place.
sp_status sp_hdf5_fail_missing_value(const sp_hdf5_missing *missing, sp_dtype dtype, const void *values, int64_t i);

#endif
