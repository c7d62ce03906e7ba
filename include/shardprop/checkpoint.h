// SPDX-License-Identifier: Apache-2.0
// Checkpoints: the state of a run after a step, as stored on disk.
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

/// Open a checkpoint. `name` is a run directory (the best checkpoint is opened when the run has a validation set, else
/// the last one), a directory of checkpoints, one checkpoint, or its state.h5. The metadata are read and checked; the
/// values are not.
///
/// Collective: no; any process may call it.  Ownership: copies the name; the caller closes *checkpoint.
/// Errors:     SP_ERR_USAGE when there is no checkpoint; SP_ERR_CORRUPT and SP_ERR_IO, naming the file; *checkpoint is
///             untouched.
SP_API sp_status sp_checkpoint_open(const char *name, sp_checkpoint **checkpoint);

/// Returns the directory of the checkpoint that was opened.
///
/// Collective: no.  Ownership: valid until it is closed.  Errors: none.
SP_API const char *sp_checkpoint_path(const sp_checkpoint *checkpoint);

/// Returns the number of updates done, and the epoch of the next update, counted from 0.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_checkpoint_step(const sp_checkpoint *checkpoint);
SP_API int64_t sp_checkpoint_epoch(const sp_checkpoint *checkpoint);

/// Returns the resolved configuration of the run, as YAML.
///
/// Collective: no.  Ownership: valid until it is closed.  Errors: none.
SP_API const char *sp_checkpoint_config(const sp_checkpoint *checkpoint);

/// Returns the name of parameter tensor `index` (from 0), such as "dense_1/weight", and sets *values to its number of
/// values. Returns NULL when there is no such tensor. `values` may be NULL.
///
/// Collective: no.  Ownership: valid until it is closed.  Errors: none.
SP_API const char *sp_checkpoint_tensor(const sp_checkpoint *checkpoint, int64_t index, int64_t *values);

/// Read the values of a tensor, row-major and converted to float64, and verify their checksums.
///
///   slot  NULL for the parameters; the name of an optimizer slot, such as "square_avg"; or "average" for the average
///         of the parameters, when the run sets optimizer.average
///
/// Shapes:     values: (count); count must be the tensor's number of values.
/// Collective: no.  Ownership: borrows.
/// Errors:     SP_ERR_USAGE for an unknown name or a wrong count; SP_ERR_CORRUPT naming file, tensor and block;
///             SP_ERR_MEMORY, SP_ERR_IO; values are untouched.
SP_API sp_status sp_checkpoint_read(const sp_checkpoint *checkpoint, const char *slot, const char *tensor,
                                    double *values, int64_t count);

/// Read the whole checkpoint and verify all checksums.
///
/// Collective: no.  Errors: SP_ERR_CORRUPT naming the first damaged part; SP_ERR_IO.
SP_API sp_status sp_checkpoint_check(const sp_checkpoint *checkpoint);

/// Free a checkpoint. `checkpoint` may be NULL.
///
/// Collective: no.  Errors: none.
SP_API void sp_checkpoint_close(sp_checkpoint *checkpoint);

#ifdef __cplusplus
}
#endif
#endif
