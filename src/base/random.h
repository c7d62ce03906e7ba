// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: every value is a pure function of a key and a counter. There is no generator state to
// save, and any rank or thread computes the same value.
#ifndef SP_BASE_RANDOM_H
#define SP_BASE_RANDOM_H

#include <stdint.h>

/// The purpose of a stream of numbers. Streams of different purposes are independent.
typedef enum sp_purpose {
  SP_RANDOM_INITIAL = 1,
  SP_RANDOM_ORDER = 2,
  SP_RANDOM_LAYER = 3,
  SP_RANDOM_DATA = 4,
  SP_RANDOM_TRANSFORM = 5
} sp_purpose;

typedef struct sp_random_key {
  uint32_t word[2];
} sp_random_key;

/// Returns the key of a stream. `stream` distinguishes streams of one purpose (a tensor, an epoch, a layer and step).
sp_random_key sp_random_key_make(uint64_t seed, sp_purpose purpose, uint64_t stream);

/// Compute 128 random bits from one counter. Source: Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as
/// easy as 1, 2, 3".
void sp_random_bits(sp_random_key key, uint64_t counter_low, uint64_t counter_high, uint32_t bits[4]);

/// Returns a value that is uniform in [0, 1), with 53 bits. compute/normal.h has normal ones.
double sp_random_uniform(sp_random_key key, uint64_t counter);
/// The uniform value of a counter of 128 bits; with counter_high 0 that of sp_random_uniform.
double sp_random_uniform_at(sp_random_key key, uint64_t counter_low, uint64_t counter_high);

/// Returns the value at position `index` of a random permutation of 0 … count-1: a balanced Feistel network over the
/// next power of four, applied until the result is in range. A bijection for every count >= 1; constant memory.
int64_t sp_random_permute(sp_random_key key, int64_t count, int64_t index);
/// The inverse of sp_random_permute.
int64_t sp_random_unpermute(sp_random_key key, int64_t count, int64_t index);

#endif
