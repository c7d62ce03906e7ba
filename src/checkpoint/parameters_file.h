// SPDX-License-Identifier: Apache-2.0
// Parameters to start from, out of a checkpoint or of any HDF5 file that names them alike.
#ifndef SP_CHECKPOINT_PARAMETERS_FILE_H
#define SP_CHECKPOINT_PARAMETERS_FILE_H

#include "base/dtype.h"
#include "comm/comm.h"
#include "model/parameters.h"

/// Read /parameters/<tensor> of every tensor of the table from `path`: an HDF5 file (written with h5py, say) with
/// integers or floats of any size, or a checkpoint or run (as sp_checkpoint_find takes it), which is verified first.
/// Shapes must be those of the table; what else is in the file does not matter.
///   parameters  (table->blocks) blocks in the precision, on every rank; gaps and padding become 0
///   shared      the ranks of a node pass the same memory
/// Collective: yes; rank 0 reads.
/// Errors: SP_ERR_DATA with everything that is missing or of another shape, SP_ERR_CORRUPT for a damaged checkpoint.
sp_status sp_parameters_read(const sp_comm *comm, const char *path, const sp_parameter_table *table, sp_dtype precision,
                             void *parameters, bool shared);

#endif
