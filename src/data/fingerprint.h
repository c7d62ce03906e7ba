// SPDX-License-Identifier: Apache-2.0
// A fingerprint of the contents of a data set, computed from a bounded part of them.
#ifndef SP_DATA_FINGERPRINT_H
#define SP_DATA_FINGERPRINT_H

#include <stdint.h>

#include "data/row_dataset.h"

/// Compute a number that distinguishes contents without reading all of them: the XXH3 of at most a few MiB of stored
/// rows of all columns, namely the first rows, the last rows and stretches spread evenly between them. It
/// depends only on the rows, not on their files, chunks or cache. Errors: SP_ERR_DATA when a row cannot be read;
/// SP_ERR_MEMORY.
sp_status sp_dataset_fingerprint(sp_dataset *dataset, uint64_t *fingerprint);

#endif
