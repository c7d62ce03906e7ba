// SPDX-License-Identifier: Apache-2.0
// Explains why a data set cannot be opened: a dangling link, or a missing name.
#ifndef SP_HDF5_HDF5_LINKS_H
#define SP_HDF5_HDF5_LINKS_H

#include <hdf5.h>

#include "shardprop/status.h"

/// Fail with the reason why nothing can be opened under the name: a dangling link on the way, with its target, or
/// "path: name: no such data set; the file has …" with the nearest name first.
/// Call it directly after the call that failed.
sp_status sp_hdf5_fail_link(const char *path, const char *name, hid_t file);

/// Fail with the target of a dangling soft or external link and the reason, "is a soft link to /x, which cannot be
/// followed: …", without the path and the name of the link.
/// Returns SP_OK if the link has a target or is of another kind.
sp_status sp_hdf5_explain_link(const char *path, const char *name, hid_t file);

#endif
