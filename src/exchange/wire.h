// SPDX-License-Identifier: Apache-2.0
// Values on the wire as bfloat16, half the bytes: what the rounding takes off is kept by the sender and goes with the next
// step's values, so that it is late but not lost (error feedback: Seide, Fu, Droppo, Li & Yu 2014, Interspeech, "1-bit
// stochastic gradient descent"; Karimireddy, Rebjock, Stich & Jaggi 2019, arXiv:1901.09847).
#ifndef SP_EXCHANGE_WIRE_H
#define SP_EXCHANGE_WIRE_H

#include <stdint.h>

/// wire = value + rest, rounded; rest = what that took off. Shapes: (n), disjoint; 0 to rest where it is not finite.
void sp_wire_encode(int64_t n, const float *value, float *rest, uint16_t *wire);
/// value = wire.
void sp_wire_decode(int64_t n, const uint16_t *wire, float *value);
/// wire = target - value, rounded; value += wire: with every call value comes nearer to target.
void sp_wire_encode_change(int64_t n, const float *target, float *value, uint16_t *wire);
/// The wire of no change at all: added to any value it leaves its bits.
void sp_wire_no_change(int64_t n, uint16_t *wire);
/// value += wire: what sp_wire_encode_change does to the sender's value, bit by bit.
void sp_wire_add_change(int64_t n, const uint16_t *wire, float *value);

#endif
