// SPDX-License-Identifier: Apache-2.0
// Normally distributed random numbers.
#ifndef SP_COMPUTE_NORMAL_H
#define SP_COMPUTE_NORMAL_H

#include <stdint.h>

#include "base/random.h"
#include "compute/cpu.h"

/// Set x[i] to the standard normal number of counter first + i, for n numbers: sqrt(-2 log(1 - u)) cos(2 pi v), with u and v
/// uniform in [0, 1) from words 0 and 1, and 2 and 3, of sp_random_bits. Source: Box & Muller 1958, "A note on the generation
/// of random normal deviates".
void sp_normals(sp_random_key key, uint64_t first, int64_t n, double *x);

/// Returns the standard normal number of one counter.
static inline double sp_normal(sp_random_key key, uint64_t counter) {
  double x;
  sp_normals(key, counter, 1, &x);
  return x;
}

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_normal_kernels {
  void (*normals)(sp_random_key key, uint64_t first, int64_t n, double *x);
} sp_normal_kernels;

#define SP_CPU(name) extern const sp_normal_kernels sp_normal_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
