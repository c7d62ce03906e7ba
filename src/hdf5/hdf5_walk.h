// SPDX-License-Identifier: Apache-2.0
// Every data set below the root of an HDF5 file.
#ifndef SP_HDF5_HDF5_WALK_H
#define SP_HDF5_HDF5_WALK_H

#include <hdf5.h>
#include <stdbool.h>

#include "shardprop/status.h"

enum { SP_HDF5_MAX_VISITED = 100000 };

/// Call `visit` with the path ("/train/images") and the open data set of every hard, soft and external link that leads
/// to one, in the order of their names, until it returns false. Groups are entered through hard links only and never
/// inside themselves. A link whose object cannot be opened, or is not there, is visited with an invalid `dataset`, and
/// HDF5's error stack says why.
///   visited  the number of links looked at; no more than SP_HDF5_MAX_VISITED are. NULL is fine
/// Errors: SP_ERR_DATA naming a group that cannot be listed.
sp_status sp_hdf5_walk(const char *path, hid_t file, bool (*visit)(const char *name, hid_t dataset, void *context),
                       void *context, int *visited);

#endif
