// SPDX-License-Identifier: Apache-2.0
// Visits every data set below the root of an HDF5 file.
#ifndef SP_HDF5_HDF5_WALK_H
#define SP_HDF5_HDF5_WALK_H

#include <hdf5.h>
#include <stdbool.h>

#include "shardprop/status.h"

enum { SP_HDF5_MAX_VISITED = 100000 };

/// Called with the path ("/train/images") and the open data set, or with an invalid `dataset` for a link whose object is
/// missing or cannot be opened; then HDF5's error stack has the reason. Returns whether to continue.
typedef bool sp_hdf5_visit(const char *name, hid_t dataset, void *context);

/// Called with the path of a soft or external link to a group, and with "is a soft link to the group /train".
typedef void sp_hdf5_visit_link(const char *name, const char *about, void *context);

/// Call `visit` for every hard, soft and external link to a data set, in the order of their names, until it returns false.
/// Groups are entered through hard links, and never inside themselves. With `visit_link`, it is called for the other
/// links to groups, and a group of another file is entered through the first of them; without it, these are ignored.
///   visited  the number of links examined, at most SP_HDF5_MAX_VISITED. NULL is fine
/// Errors: SP_ERR_DATA naming a group that cannot be listed.
sp_status sp_hdf5_walk(const char *path, hid_t file, sp_hdf5_visit *visit, sp_hdf5_visit_link *visit_link,
                       void *context, int *visited);

#endif
