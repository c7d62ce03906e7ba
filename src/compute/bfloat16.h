// SPDX-License-Identifier: Apache-2.0
// Rounding to bfloat16: the upper half of a float32, 8 bits of precision.
#ifndef SP_COMPUTE_BFLOAT16_H
#define SP_COMPUTE_BFLOAT16_H

#include <stdint.h>

/// n values to nearest, ties to even. What is not a number stays that; what is beyond the largest number becomes infinite.
void sp_bfloat16_from(int64_t n, const float *x, uint16_t *y);
/// The same, as float32 again.
void sp_bfloat16_round(int64_t n, const float *x, float *y);

#endif
