// SPDX-License-Identifier: Apache-2.0
// Delivered values and the stored values they come from, for messages.
#ifndef SP_DATA_DELIVERED_H
#define SP_DATA_DELIVERED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

typedef struct sp_delivered {
  const char *column;  ///< its name; NULL: unknown
  sp_dtype precision, stored;
  bool transformed;
  int64_t rows, size;
  const void *values;    ///< (rows, size) in the precision, after the transforms
  const void *original;  ///< (rows, size) as stored in the file; NULL where a transform changes the number of values
} sp_delivered;

/// Format value i in a buffer of at least 80 bytes: as the file stores it, "1e+39", or, if it was transformed, "0.5
/// (128 in the file)". Returns the buffer.
const char *sp_delivered_text(const sp_delivered *delivered, int64_t i, char *buffer);

/// Returns a remedy for value i, which is not finite. The stored value may be finite, but too large for float32.
const char *sp_delivered_remedy(const sp_delivered *delivered, int64_t i);

#endif
