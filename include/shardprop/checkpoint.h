// SPDX-License-Identifier: Apache-2.0
// Checkpoints: the state of a run at a step, as it lies on the disk.
// Public. Includes shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_CHECKPOINT_H
#define SHARDPROP_CHECKPOINT_H

#include <stdint.h>

#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_checkpoint sp_checkpoint;

/// Open a checkpoint: a run's directory (its best one where it validates, else its last), a directory of checkpoints, a
/// checkpoint or its state.h5. What it says of itself is read and checked, its values are not.
///
/// Collective: no, any process may.  Ownership: copies; the caller closes *checkpoint.
/// Errors:     SP_ERR_USAGE when there is none; SP_ERR_CORRUPT, SP_ERR_IO naming the file; *checkpoint is untouched.
SP_API sp_status sp_checkpoint_open(const char *name, sp_checkpoint **checkpoint);

/// The directory of the checkpoint that was found.
///
/// Collective: no.  Ownership: valid until it is closed.  Errors: none.
SP_API const char *sp_checkpoint_path(const sp_checkpoint *checkpoint);

/// Updates done, and the epoch of the next one, from 0.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_checkpoint_step(const sp_checkpoint *checkpoint);
SP_API int64_t sp_checkpoint_epoch(const sp_checkpoint *checkpoint);

/// The resolved configuration of its run, as YAML.
///
/// Collective: no.  Ownership: valid until it is closed.  Errors: none.
SP_API const char *sp_checkpoint_config(const sp_checkpoint *checkpoint);

/// The name of a tensor of the parameters, "dense_1/weight", and its number of values; NULL where there is none of that
/// number, from 0. `values` may be NULL.
///
/// Collective: no.  Ownership: valid until it is closed.  Errors: none.
SP_API const char *sp_checkpoint_tensor(const sp_checkpoint *checkpoint, int64_t index, int64_t *values);

/// Read the values of a tensor, row-major, converted to float64, and compare them with their checksums.
///
///   slot  NULL for the parameters, or a state of the optimizer: "square_avg"; "average" of the parameters,
///         where the run has optimizer.average
///
/// Shapes:     values: (count); count must be the tensor's number of values.
/// Collective: no.  Ownership: borrows.
/// Errors:     SP_ERR_USAGE for an unknown name or another count; SP_ERR_CORRUPT naming file, tensor and block;
///             SP_ERR_MEMORY, SP_ERR_IO; values are untouched.
SP_API sp_status sp_checkpoint_read(const sp_checkpoint *checkpoint, const char *slot, const char *tensor,
                                    double *values, int64_t count);

/// Read all of it and compare it with its checksums.
///
/// Collective: no.  Errors: SP_ERR_CORRUPT naming what is damaged first; SP_ERR_IO.
SP_API sp_status sp_checkpoint_check(const sp_checkpoint *checkpoint);

/// Free it. NULL is fine.
///
/// Collective: no.  Errors: none.
SP_API void sp_checkpoint_close(sp_checkpoint *checkpoint);

#ifdef __cplusplus
}
#endif
#endif
