// SPDX-License-Identifier: Apache-2.0
// The cosine of an angle in turns, with the same bits on every processor.
#ifndef SP_COMPUTE_COSINE_H
#define SP_COMPUTE_COSINE_H

#include "compute/functions.h"

/// Returns cos(2 pi t) for |t| < 2^49; NaN for NaN.
///     t = n / 4 + r, |r| <= 1/8, exactly; then by n mod 4 one of +-cos(2 pi r) = 1 + z c(z) and +-sin(2 pi r) =
///     2 pi r + r z s(z), with z = r^2
static inline double sp_cos_turns(double t) {
  const double integers = 0x1.8p52, two_pi = 0x1.921fb54442d18p+2, two_pi_rest = 0x1.1a62633145c07p-52;
  double shifted = 4 * t + integers, r = t - (shifted - integers) / 4, z = r * r;
  uint64_t n = sp_to_bits_double(shifted);
  double cosine = fma(z, SP_POLYNOMIAL(double, sp_cos_terms_double, z), 1);
  double sine = fma(r, two_pi, r * fma(z, SP_POLYNOMIAL(double, sp_sin_terms_double, z), two_pi_rest));
  double size = n & 1 ? sine : cosine;
  return (n + 1) & 2 ? -size : size;
}

#endif
