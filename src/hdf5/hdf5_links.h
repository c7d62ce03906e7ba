// Why a data set cannot be opened: a link that leads nowhere, or a name that is not there.
#ifndef SP_HDF5_HDF5_LINKS_H
#define SP_HDF5_HDF5_LINKS_H

#include <hdf5.h>

#include "shardprop/status.h"

/// Why nothing can be opened under the name: a link on the way that leads nowhere, with what it leads to, or "path: name:
/// no such data set; the file has …" with the nearest name first. Call it right after the call that failed.
sp_status sp_hdf5_fail_link(const char *path, const char *name, hid_t file);

#endif
