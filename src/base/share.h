// SPDX-License-Identifier: Apache-2.0
// Divides n items, in order and as evenly as possible, by the one rule used everywhere: rows over lanes, lanes over
// ranks, blocks over shards.
#ifndef SP_BASE_SHARE_H
#define SP_BASE_SHARE_H

#include <stdint.h>

/// Returns where share i of `shares` begins: floor(i * total / shares), without overflow for any total. Share i ends
/// where share i + 1 begins. total >= 0, 0 <= i <= shares <= 2^31.
static inline int64_t sp_share_begin(int64_t total, int64_t shares, int64_t i) {
  return total / shares * i + total % shares * i / shares;
}

/// Returns the share that holds item number `index`.
static inline int64_t sp_share_of(int64_t total, int64_t shares, int64_t index) {
  int64_t low = 0, high = shares - 1;
  while (low < high) {
    int64_t middle = low + (high - low + 1) / 2;
    if (sp_share_begin(total, shares, middle) <= index) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

#endif
