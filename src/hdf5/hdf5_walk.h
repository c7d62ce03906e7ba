// SPDX-License-Identifier: Apache-2.0
// Visits every data set below the root of an HDF5 file.
#ifndef SP_HDF5_HDF5_WALK_H
#define SP_HDF5_HDF5_WALK_H

#include <hdf5.h>
#include <stdbool.h>

#include "shardprop/status.h"

enum { SP_HDF5_MAX_VISITED = 100000 };

/// Call `visit` with the path ("/train/images") and the open data set of every hard, soft and external link to a data
/// set, in the order of their names, until it returns false. Groups are entered through hard links only, and never
/// inside themselves. A link whose object is missing or cannot be opened is visited with an invalid `dataset`; HDF5's
/// error stack has the reason.
///   visited  the number of links examined, at most SP_HDF5_MAX_VISITED. NULL is fine
/// Errors: SP_ERR_DATA naming a group that cannot be listed.
sp_status sp_hdf5_walk(const char *path, hid_t file, bool (*visit)(const char *name, hid_t dataset, void *context),
                       void *context, int *visited);

#endif
