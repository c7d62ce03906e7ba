// SPDX-License-Identifier: Apache-2.0
// The files that a data set refers to: parts of a virtual data set and external raw files.
#ifndef SP_HDF5_HDF5_PARTS_H
#define SP_HDF5_HDF5_PARTS_H

#include <hdf5.h>
#include <stdbool.h>

#include "hdf5/hdf5_attributes.h"
#include "shardprop/status.h"

/// Check that everything that the open data set `id` of the file at `path` refers to exists: the parts of a virtual
/// data set, the parts of these, and external raw files. For missing ones HDF5 would read fill values or zeros.
/// Makes no call that lets HDF5 follow a virtual data set that refers to itself: such a call would not return.
/// Adds to *missing what the attributes of parts declare missing (netCDF conventions), as the virtual data set itself lacks
/// these attributes.
/// Errors: those of sp_hdf5_check_attributes for a part; SP_ERR_DATA naming the part and the data set that refers to it; for a virtual data set that refers to
/// itself, with the cycle, or whose parts leave rows out; for a data set to which no value was ever written.
sp_status sp_hdf5_check_parts(const char *path, const char *name, hid_t id, sp_hdf5_missing *missing);

/// Returns whether the data set `id` of the file at `path` has data in the file `other`, under any name: behind an
/// external link, as a part of a virtual data set, or as an external raw file. Parts of parts are not checked.
bool sp_hdf5_lies_in(const char *path, hid_t id, const char *other);

#endif
