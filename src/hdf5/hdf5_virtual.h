// SPDX-License-Identifier: Apache-2.0
// Checks that the parts of a virtual data set provide all of its rows.
#ifndef SP_HDF5_HDF5_VIRTUAL_H
#define SP_HDF5_HDF5_VIRTUAL_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"

/// The mapping of a part. An unlimited mapping extends as far as the data.
typedef struct sp_hdf5_mapping {
  hid_t to;       ///< the selection in the virtual data set
  bool numbered;  ///< each block is a separate part
  hsize_t
      available;  ///< of an unlimited mapping: numbered parts, or elements along the unlimited dimension of the part
} sp_hdf5_mapping;

/// Returns the number of elements along the unlimited dimension of the selection `from` in a part of this extent; 0 for
/// a limited selection.
hsize_t sp_hdf5_available(hid_t from, int rank, const hsize_t *extent);

/// Check that the mappings cover the data set `id`. Errors: SP_ERR_DATA naming the first row that is not covered, for
/// which HDF5 would read fill values.
sp_status sp_hdf5_check_coverage(const char *path, const char *name, hid_t id, const sp_hdf5_mapping *mapping,
                                 int64_t count);

#endif
