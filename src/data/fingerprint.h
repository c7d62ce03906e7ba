// SPDX-License-Identifier: Apache-2.0
// A fingerprint of a data set's contents, from a bounded part of them.
#ifndef SP_DATA_FINGERPRINT_H
#define SP_DATA_FINGERPRINT_H

#include <stdint.h>

#include "data/row_dataset.h"

/// A number that tells contents apart without reading all of them: the XXH3 of at most a few MiB of stored rows, the first,
/// the last and stretches spread evenly between, of features and targets. The same rows give the same number whatever
/// their files, chunks and cache are. Errors: SP_ERR_DATA: cannot be read; SP_ERR_MEMORY.
sp_status sp_dataset_fingerprint(sp_dataset *dataset, uint64_t *fingerprint);

#endif
