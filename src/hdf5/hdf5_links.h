// SPDX-License-Identifier: Apache-2.0
// Why a data set cannot be opened: a link that leads nowhere, or a name that is not there.
#ifndef SP_HDF5_HDF5_LINKS_H
#define SP_HDF5_HDF5_LINKS_H

#include <hdf5.h>

#include "shardprop/status.h"

/// Why nothing can be opened under the name: a link on the way that leads nowhere, with what it leads to, or "path: name:
/// no such data set; the file has …" with the nearest name first. Call it right after the call that failed.
sp_status sp_hdf5_fail_link(const char *path, const char *name, hid_t file);

/// What a soft or external link leads to and what is missing there, "is a soft link to /x, which leads nowhere: …", without
/// the path and the name of the link. SP_OK: it leads somewhere, or is of another kind.
sp_status sp_hdf5_explain_link(const char *path, const char *name, hid_t file);

#endif
