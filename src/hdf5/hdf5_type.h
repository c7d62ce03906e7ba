// SPDX-License-Identifier: Apache-2.0
// The type of the values of a data set.
#ifndef SP_HDF5_HDF5_TYPE_H
#define SP_HDF5_HDF5_TYPE_H

#include <hdf5.h>

#include "base/dtype.h"
#include "shardprop/status.h"

/// Get the smallest of our types that holds every value of the open data set `id`: integers and enumerations keep their
/// signedness, floats of up to 4 bytes become float32.
/// Errors: SP_ERR_DATA naming file, data set and what it holds, for other types and for values of more than 8 bytes.
sp_status sp_hdf5_examine_type(const char *path, const char *name, hid_t id, sp_dtype *dtype);

#endif
