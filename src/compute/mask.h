// SPDX-License-Identifier: Apache-2.0
// Random masks: which units of a row are dropped, and applying a mask to values.
#ifndef SP_COMPUTE_MASK_H
#define SP_COMPUTE_MASK_H

#include <stdint.h>

#include "base/dtype.h"
#include "base/random.h"
#include "compute/cpu.h"

/// Compute the mask of a row: keep[u] is 0 if the random number of unit u is below `threshold`, otherwise 1. A unit is
/// thus dropped with probability threshold / 2^32. The number of unit u is word u % 64 / 16 of sp_random_bits with the
/// counter (u / 64 * 16 + u % 16, row): a function of key, row and unit alone, in an order that fills vector registers.
void sp_mask_draw(sp_random_key key, int64_t row, int64_t n, uint32_t threshold, uint8_t *keep);

/// y = x * factor where keep is 1, and x * 0 elsewhere, for n values: NaN remains NaN. y may be x.
void sp_mask_apply(sp_dtype precision, int64_t n, double factor, const uint8_t *keep, const void *x, void *y);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_mask_kernels {
  void (*draw)(sp_random_key key, int64_t row, int64_t n, uint32_t threshold, uint8_t *keep);
  void (*apply)(sp_dtype precision, int64_t n, double factor, const uint8_t *keep, const void *x, void *y);
} sp_mask_kernels;

#define SP_CPU(name) extern const sp_mask_kernels sp_mask_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
