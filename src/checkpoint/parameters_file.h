// SPDX-License-Identifier: Apache-2.0
// Initial parameters from a checkpoint or from any HDF5 file that uses the same names.
#ifndef SP_CHECKPOINT_PARAMETERS_FILE_H
#define SP_CHECKPOINT_PARAMETERS_FILE_H

#include "base/dtype.h"
#include "comm/comm.h"
#include "model/parameters.h"

/// Read /parameters/<tensor> for every tensor of the table from `path`: an HDF5 file (written with h5py, for example)
/// with integers or floats of any size, or a checkpoint or run (as for sp_checkpoint_find), which is verified first.
/// Shapes must be those of the table; anything else in the file is ignored.
///   parameters  (table->blocks) blocks in the precision, on every rank; gaps and padding become 0
///   shared      the ranks of a node pass the same memory
/// Collective: yes; rank 0 reads.
/// Errors: SP_ERR_DATA with all tensors that are missing or have another shape; SP_ERR_CORRUPT for a damaged
/// checkpoint.
sp_status sp_parameters_read(const sp_comm *comm, const char *path, const sp_parameter_table *table, sp_dtype precision,
                             void *parameters, bool shared);

#endif
