// SPDX-License-Identifier: Apache-2.0
// Values on the wire as bfloat16.
#include "exchange/wire.h"

#include <string.h>

#include "compute/bfloat16.h"
#include "compute/hot.h"

static inline float widen(uint16_t wire) {
  uint32_t bits = (uint32_t)wire << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

SP_HOT static void keep_rest(int64_t n, const uint16_t *restrict wire, float *restrict rest) {
  for (int64_t i = 0; i < n; i++) {
    float left = rest[i] - widen(wire[i]);
    rest[i] = left - left == 0 ? left : 0;  // a value that is not finite stops the run and is not sent twice
  }
}

SP_HOT static void add(int64_t n, const float *restrict value, float *restrict sum) {
  for (int64_t i = 0; i < n; i++) sum[i] = value[i] + sum[i];
}

void sp_wire_encode(int64_t n, const float *value, float *rest, uint16_t *wire) {
  add(n, value, rest);
  sp_bfloat16_from(n, rest, wire);
  keep_rest(n, wire, rest);
}

SP_HOT void sp_wire_decode(int64_t n, const uint16_t *restrict wire, float *restrict value) {
  for (int64_t i = 0; i < n; i++) value[i] = widen(wire[i]);
}

void sp_wire_encode_change(int64_t n, const float *target, float *value, uint16_t *wire) {
  enum { PIECE = 1024 };
  float change[PIECE];
  for (int64_t begin = 0; begin < n; begin += PIECE) {
    int64_t count = n - begin < PIECE ? n - begin : PIECE;
    for (int64_t i = 0; i < count; i++) change[i] = target[begin + i] - value[begin + i];
    sp_bfloat16_from(count, change, wire + begin);
  }
  sp_wire_add_change(n, wire, value);
}

void sp_wire_no_change(int64_t n, uint16_t *wire) {
  enum { MINUS_ZERO = 0x8000 };  // adding 0 would change -0 to 0
  for (int64_t i = 0; i < n; i++) wire[i] = MINUS_ZERO;
}

SP_HOT void sp_wire_add_change(int64_t n, const uint16_t *restrict wire, float *restrict value) {
  for (int64_t i = 0; i < n; i++) value[i] += widen(wire[i]);
}
