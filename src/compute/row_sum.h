// SPDX-License-Identifier: Apache-2.0
// Sums over a row, in float64 and in one order everywhere: value i belongs to sum i % 16, and the 16 sums are then added in
// pairs. Vector units of any width can keep this order.
#ifndef SP_COMPUTE_ROW_SUM_H
#define SP_COMPUTE_ROW_SUM_H

#include <stdint.h>

enum { SP_ROW_SUMS = 16 };

/// Adds sum j + span to sum j, for spans 8, 4, 2, 1. Returns the total.
static inline double sp_row_sum_pairs(double sum[SP_ROW_SUMS]) {
  for (int span = SP_ROW_SUMS / 2; span > 0; span /= 2) {
    for (int j = 0; j < span; j++) sum[j] += sum[j + span];
  }
  return sum[0];
}

/// Adds `term`, an expression in the index `i`, to the sums (SP_ROW_SUMS) for i = begin … end - 1; begin must be a multiple
/// of SP_ROW_SUMS.
#define SP_ROW_SUM_ADD(sum, i, begin, end, term)                          \
  do {                                                                    \
    const int64_t whole_ = (end) - ((end) - (begin)) % SP_ROW_SUMS;       \
    for (int64_t at_ = (begin); at_ < whole_; at_ += SP_ROW_SUMS) {       \
      for (int j_ = 0; j_ < SP_ROW_SUMS; j_++) {                          \
        const int64_t i = at_ + j_;                                       \
        (sum)[j_] += (term);                                              \
      }                                                                   \
    }                                                                     \
    for (int64_t i = whole_; i < (end); i++) (sum)[i - whole_] += (term); \
  } while (0)

/// Sets `total` to the sum of `term`, an expression in the index `i`, for i = 0 … n - 1.
#define SP_ROW_SUM(total, i, n, term)              \
  do {                                             \
    double sums_[SP_ROW_SUMS] = {0};               \
    SP_ROW_SUM_ADD(sums_, i, (int64_t)0, n, term); \
    (total) = sp_row_sum_pairs(sums_);             \
  } while (0)

#endif
