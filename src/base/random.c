// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10, and the distributions and permutations derived from it.
#include "base/random.h"

static uint64_t mix(uint64_t x) {  // the finaliser of SplitMix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

sp_random_key sp_random_key_make(uint64_t seed, sp_purpose purpose, uint64_t stream) {
  uint64_t key = mix(seed + 0x9e3779b97f4a7c15u);
  key = mix(key ^ ((uint64_t)purpose * 0x9e3779b97f4a7c15u));
  key = mix(key ^ (stream + 0x9e3779b97f4a7c15u));
  return (sp_random_key){{(uint32_t)key, (uint32_t)(key >> 32)}};
}

void sp_random_bits(sp_random_key key, uint64_t counter_low, uint64_t counter_high, uint32_t bits[4]) {
  uint32_t c0 = (uint32_t)counter_low, c1 = (uint32_t)(counter_low >> 32);
  uint32_t c2 = (uint32_t)counter_high, c3 = (uint32_t)(counter_high >> 32);
  uint32_t k0 = key.word[0], k1 = key.word[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xd2511f53u * c0, p1 = (uint64_t)0xcd9e8d57u * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  bits[0] = c0;
  bits[1] = c1;
  bits[2] = c2;
  bits[3] = c3;
}

static double unit(uint32_t high, uint32_t low) { return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53; }

double sp_random_uniform(sp_random_key key, uint64_t counter) { return sp_random_uniform_at(key, counter, 0); }

double sp_random_uniform_at(sp_random_key key, uint64_t counter_low, uint64_t counter_high) {
  uint32_t bits[4];
  sp_random_bits(key, counter_low, counter_high, bits);
  return unit(bits[0], bits[1]);
}

// --- permutation --------------------------------------------------------------------------------------------------

enum { ROUNDS = 8 };

static uint32_t round_function(sp_random_key key, int round, uint32_t half) {
  uint64_t x = (uint64_t)half | (uint64_t)(key.word[0] ^ (uint32_t)round * 0x9e3779b9u) << 32;
  return (uint32_t)mix(x + ((uint64_t)key.word[1] << 17) + (uint64_t)round);
}

static int half_bits(int64_t count) {  // smallest h with 4^h >= count
  int h = 1;
  while (h < 31 && ((int64_t)1 << (2 * h)) < count) h++;
  return h;
}

int64_t sp_random_permute(sp_random_key key, int64_t count, int64_t index) {
  int h = half_bits(count);
  uint32_t mask = (uint32_t)(((uint64_t)1 << h) - 1);
  uint64_t x = (uint64_t)index;
  do {
    uint32_t left = (uint32_t)(x >> h), right = (uint32_t)x & mask;
    for (int round = 0; round < ROUNDS; round++) {
      uint32_t next = left ^ (round_function(key, round, right) & mask);
      left = right;
      right = next;
    }
    x = (uint64_t)left << h | right;
  } while (x >= (uint64_t)count);
  return (int64_t)x;
}

int64_t sp_random_unpermute(sp_random_key key, int64_t count, int64_t index) {
  int h = half_bits(count);
  uint32_t mask = (uint32_t)(((uint64_t)1 << h) - 1);
  uint64_t x = (uint64_t)index;
  do {
    uint32_t left = (uint32_t)(x >> h), right = (uint32_t)x & mask;
    for (int round = ROUNDS - 1; round >= 0; round--) {
      uint32_t previous = right ^ (round_function(key, round, left) & mask);
      right = left;
      left = previous;
    }
    x = (uint64_t)left << h | right;
  } while (x >= (uint64_t)count);
  return (int64_t)x;
}
