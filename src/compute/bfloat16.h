// SPDX-License-Identifier: Apache-2.0
// Rounding to bfloat16: the upper half of a float32, 8 bits of precision.
#ifndef SP_COMPUTE_BFLOAT16_H
#define SP_COMPUTE_BFLOAT16_H

#include <stdint.h>

/// Round n values to nearest, ties to even. NaN remains NaN; values beyond the largest number become infinite.
void sp_bfloat16_from(int64_t n, const float *x, uint16_t *y);
/// The same, with results stored as float32.
void sp_bfloat16_round(int64_t n, const float *x, float *y);

#endif
