// SPDX-License-Identifier: Apache-2.0
// Values on the wire as bfloat16, which halves the bytes. The sender keeps the rounding error and adds it to the values
// of the next step, so that it is delayed but not lost (error feedback: Seide, Fu, Droppo, Li & Yu 2014, Interspeech,
// "1-bit stochastic gradient descent"; Karimireddy, Rebjock, Stich & Jaggi 2019, arXiv:1901.09847).
#ifndef SP_EXCHANGE_WIRE_H
#define SP_EXCHANGE_WIRE_H

#include <stdint.h>

/// wire = value + rest, rounded; rest = the rounding error, or 0 if it is not finite. Shapes: (n), disjoint.
void sp_wire_encode(int64_t n, const float *value, float *rest, uint16_t *wire);
/// value = wire.
void sp_wire_decode(int64_t n, const uint16_t *wire, float *value);
/// wire = target - value, rounded; value += wire. With every call value approaches target.
void sp_wire_encode_change(int64_t n, const float *target, float *value, uint16_t *wire);
/// Set wire to the change that preserves the bits of any value when it is added.
void sp_wire_no_change(int64_t n, uint16_t *wire);
/// value += wire, with the same bits as sp_wire_encode_change computes for the sender's value.
void sp_wire_add_change(int64_t n, const uint16_t *wire, float *value);

#endif
