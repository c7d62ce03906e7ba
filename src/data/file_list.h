// SPDX-License-Identifier: Apache-2.0
// The files that names and glob patterns stand for.
#ifndef SP_DATA_FILE_LIST_H
#define SP_DATA_FILE_LIST_H

#include "base/memory.h"
#include "config/options.h"

/// Replace every pattern (* ? [) that is not itself the name of a file by the files that match it, sorted by their
/// bytes, so that all ranks see one order in any locale. Plain names stay; opening them shows whether they are there.
/// Ownership: the list lives in `arena`.
/// Errors: SP_ERR_DATA when there is no name, or nothing matches a pattern.
sp_status sp_file_list(const sp_strings *patterns, sp_arena *arena, sp_strings *out);

#endif
