// SPDX-License-Identifier: Apache-2.0
// Random masks: the choice of kernels.
#include "compute/mask.h"

static const sp_mask_kernels *const kernels[] = {
#define SP_CPU(name) &sp_mask_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_mask_draw(sp_random_key key, int64_t row, int64_t n, uint32_t threshold, uint8_t *keep) {
  kernels[sp_cpu()]->draw(key, row, n, threshold, keep);
}

void sp_mask_apply(sp_dtype precision, int64_t n, double factor, const uint8_t *keep, const void *x, void *y) {
  kernels[sp_cpu()]->apply(precision, n, factor, keep, x, y);
}
