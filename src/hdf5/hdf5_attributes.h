// SPDX-License-Identifier: Apache-2.0
// The attributes by which netCDF and its relatives say what stored numbers mean.
#ifndef SP_HDF5_HDF5_ATTRIBUTES_H
#define SP_HDF5_HDF5_ATTRIBUTES_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "shardprop/status.h"

enum { SP_MISSING_VALUES = 16 };  // of the attributes

/// Which stored values of a data set stand for missing ones.
typedef struct sp_hdf5_missing {
  int count;                            ///< of the values
  double value[SP_MISSING_VALUES + 1];  ///< _FillValue and missing_value, as the data set's own type holds them
  bool fill[SP_MISSING_VALUES + 1];     ///< is it _FillValue?
  int by_default;  ///< in a file of netCDF, without _FillValue: which value, from 1, is netCDF's own for the type; 0: none
  bool ranged;
  double low, high;  ///< valid_min and valid_max, or valid_range: what is outside is missing
} sp_hdf5_missing;

/// Read the attributes of the data set `id`, whose values are of a type. scale_factor 1 and add_offset 0 change nothing.
/// Errors: SP_ERR_DATA naming file, data set, attribute and a remedy: attributes that give stored numbers another value
/// (scale_factor, add_offset, _Unsigned), and such that are no numbers of the kind they should be.
sp_status sp_hdf5_check_attributes(const char *path, const char *name, hid_t id, sp_dtype dtype, sp_hdf5_missing *out);

/// Is there anything to look for? Then the rows that are read are looked through.
static inline bool sp_hdf5_may_miss(const sp_hdf5_missing *missing) { return missing->count > 0 || missing->ranged; }

/// The first of n values that stands for a missing one, or -1.
int64_t sp_hdf5_first_missing(const sp_hdf5_missing *missing, sp_dtype dtype, const void *values, int64_t n);

/// "value -999 is missing_value": SP_ERR_DATA for value number i, without the place.
sp_status sp_hdf5_fail_missing_value(const sp_hdf5_missing *missing, sp_dtype dtype, const void *values, int64_t i);

#endif
