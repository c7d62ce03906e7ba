// SPDX-License-Identifier: Apache-2.0
// A sum whose last addition is left to the loop that uses it, so that the sum need not be written to memory and read
// again.
#ifndef SP_COMPUTE_ADDENDS_H
#define SP_COMPUTE_ADDENDS_H

#include <stddef.h>

/// Value i is first[i] + second[i], or first[i] if second is NULL.
typedef struct sp_addends {
  const void *first, *second;
} sp_addends;

/// Returns the addends from an offset in bytes on.
static inline sp_addends sp_addends_from(sp_addends sum, size_t offset) {
  return (sp_addends){(const char *)sum.first + offset, sum.second ? (const char *)sum.second + offset : NULL};
}

#endif
