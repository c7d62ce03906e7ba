// SPDX-License-Identifier: Apache-2.0
// The hash of a checkpoint's values, which two runs with the same bits share.
#ifndef SP_CHECKPOINT_CHECKPOINT_HASH_H
#define SP_CHECKPOINT_CHECKPOINT_HASH_H

#include "shardprop/status.h"

enum { SP_CHECKPOINT_HASH = 65 };  ///< 64 hexadecimal digits and a terminating zero

/// Compute the SHA-256 (FIPS 180-4) of the values of all tensors of the checkpoint at `path`: the parameters, then each
/// slot in order, each tensor in the order of declaration and row-major, as bytes in the byte order of the checkpoint. A
/// slot has no values for statistics, except for `average`. Gaps, padding, names, progress and configuration are left
/// out. So the hash does not depend on ranks, nodes or the layout of files. All values are verified on the way. Writes
/// lower-case digits to `hash`. Collective: no. Errors: those of sp_checkpoint_verify.
sp_status sp_checkpoint_hash(const char *path, char hash[SP_CHECKPOINT_HASH]);

#endif
