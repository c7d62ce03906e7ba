// SPDX-License-Identifier: Apache-2.0
// Expansion of file names and glob patterns.
#ifndef SP_DATA_FILE_LIST_H
#define SP_DATA_FILE_LIST_H

#include "base/memory.h"
#include "config/options.h"

/// Replace every pattern (* ? [) that is not the name of an existing file by the files that match it, sorted by bytes,
/// so that all ranks see the same order in any locale. Plain names are kept; opening them shows whether they exist.
/// Ownership: the list is allocated in `arena`.
/// Errors: SP_ERR_DATA when the list is empty, or no file matches a pattern.
sp_status sp_file_list(const sp_strings *patterns, sp_arena *arena, sp_strings *out);

/// Log a warning that names the first file which is in the list more than once, under any name or link.
void sp_file_list_warn_of_repeats(const sp_strings *files);

#endif
