// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10 for 16 counters at a time, so that compilers can use vector instructions. base/random.h has it for one.
#ifndef SP_COMPUTE_PHILOX_H
#define SP_COMPUTE_PHILOX_H

#include <stdint.h>

#include "base/random.h"

enum { SP_PHILOX_COUNTERS = 16 };

/// Sets word[w][j] to word w of sp_random_bits with the counter (first + j, high). Not inlined:
/// by itself gcc 12 keeps it in fewer shuffles.
__attribute__((noinline)) static void sp_philox_draw(sp_random_key key, uint64_t first, uint64_t high,
                                                     uint32_t word[4][SP_PHILOX_COUNTERS]) {
  enum { COUNTERS = SP_PHILOX_COUNTERS };
  uint32_t c0[COUNTERS], c1[COUNTERS], c2[COUNTERS], c3[COUNTERS];
  uint32_t k0 = key.word[0], k1 = key.word[1];
  for (int j = 0; j < COUNTERS; j++) {
    c0[j] = (uint32_t)(first + (uint64_t)j);
    c1[j] = (uint32_t)((first + (uint64_t)j) >> 32);
    c2[j] = (uint32_t)high;
    c3[j] = (uint32_t)(high >> 32);
  }
  for (int round = 0; round < 10; round++) {
    for (int j = 0; j < COUNTERS; j++) {
      uint64_t p0 = (uint64_t)0xd2511f53u * c0[j], p1 = (uint64_t)0xcd9e8d57u * c2[j];
      c0[j] = (uint32_t)(p1 >> 32) ^ c1[j] ^ k0;
      c1[j] = (uint32_t)p1;
      c2[j] = (uint32_t)(p0 >> 32) ^ c3[j] ^ k1;
      c3[j] = (uint32_t)p0;
    }
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  for (int j = 0; j < COUNTERS; j++) word[0][j] = c0[j];
  for (int j = 0; j < COUNTERS; j++) word[1][j] = c1[j];
  for (int j = 0; j < COUNTERS; j++) word[2][j] = c2[j];
  for (int j = 0; j < COUNTERS; j++) word[3][j] = c3[j];
}

#endif
