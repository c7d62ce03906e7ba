// SPDX-License-Identifier: Apache-2.0
// What a data set refers to outside itself: parts of a virtual data set and external raw files.
#ifndef SP_HDF5_HDF5_PARTS_H
#define SP_HDF5_HDF5_PARTS_H

#include <hdf5.h>
#include <stdbool.h>

#include "shardprop/status.h"

/// Check that everything which the open data set `id` of the file at `path` refers to is there: the parts of a virtual
/// data set, with their parts, and external raw files. HDF5 would read fill values or zeros for what is missing.
/// Asks nothing of `id` that makes HDF5 follow a virtual data set which refers to itself: it would not come back.
/// Errors: SP_ERR_DATA naming the part and who refers to it; a virtual data set that refers to itself, with the circle,
/// or whose parts leave rows out; a data set that has no values because none were ever written.
sp_status sp_hdf5_check_parts(const char *path, const char *name, hid_t id);

/// Does the data set `id` of the file at `path` lie in the file `other`, whatever that is called: behind an external
/// link, as a part of a virtual data set, or as an external raw file? Parts of parts do not count.
bool sp_hdf5_lies_in(const char *path, hid_t id, const char *other);

#endif
