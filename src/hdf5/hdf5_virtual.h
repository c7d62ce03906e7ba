// SPDX-License-Identifier: Apache-2.0
// Whether the parts of a virtual data set give every one of its rows.
#ifndef SP_HDF5_HDF5_VIRTUAL_H
#define SP_HDF5_HDF5_VIRTUAL_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"

/// Where a part goes. An unlimited mapping goes as far as there is data.
typedef struct sp_hdf5_mapping {
  hid_t to;           ///< the selection in the virtual data set
  bool numbered;      ///< each block is a part of its own
  hsize_t available;  ///< of an unlimited mapping: numbered parts, or places along the unlimited dimension of the part
} sp_hdf5_mapping;

/// Places along the unlimited dimension of the selection `from` that a part of this extent has; 0 for a limited one.
hsize_t sp_hdf5_available(hid_t from, int rank, const hsize_t *extent);

/// Errors: SP_ERR_DATA naming the first row of the data set `id` that no mapping gives, for which HDF5 would read fill
/// values.
sp_status sp_hdf5_check_coverage(const char *path, const char *name, hid_t id, const sp_hdf5_mapping *mapping,
                                 int64_t count);

#endif
