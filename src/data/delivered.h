// SPDX-License-Identifier: Apache-2.0
// Values as they are delivered and the stored ones they come from, for messages.
#ifndef SP_DATA_DELIVERED_H
#define SP_DATA_DELIVERED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

typedef struct sp_delivered {
  sp_dtype precision, stored;
  bool transformed;
  int64_t rows, size;
  const void *values;    ///< (rows, size) in the precision, after the transforms
  const void *original;  ///< (rows, size) as the file stores them; NULL where a transform changes how many there are
} sp_delivered;

/// Value i as a message shows it, in a buffer of at least 80 bytes: as the file stores it, "1e+39", or where transforms
/// changed it, "0.5 (128 in the file)". Returns the buffer.
const char *sp_delivered_text(const sp_delivered *delivered, int64_t i, char *buffer);

/// What to do about value i, which is not finite: the file may store a finite one that is too large for float32.
const char *sp_delivered_remedy(const sp_delivered *delivered, int64_t i);

#endif
