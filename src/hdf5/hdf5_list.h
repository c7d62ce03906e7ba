// SPDX-License-Identifier: Apache-2.0
// Lists the contents of an HDF5 file, as text or JSON.
#ifndef SP_HDF5_HDF5_LIST_H
#define SP_HDF5_HDF5_LIST_H

#include <stdbool.h>

#include "base/text.h"
#include "shardprop/status.h"

/// Append one line per data set of the file, or with `json` one member of an array: path, type, shape, layout, size. A soft
/// or external link to a group has a line of its own, followed by the data sets of a group in another file, once.
/// Errors: those of sp_hdf5_file_open; SP_ERR_DATA for a group or data set that cannot be examined.
sp_status sp_hdf5_list(const char *path, bool json, sp_text *out);

#endif
