// SPDX-License-Identifier: Apache-2.0
// Exponential and hyperbolic tangent for float32 in plain arithmetic, which compilers vectorise and which gives the
// same bits with all instruction sets. float64 calls libm.
#ifndef SP_COMPUTE_EXP_H
#define SP_COMPUTE_EXP_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/// Returns e^x for x <= 0, with a relative error of at most 8.2e-8 (one unit in the last place; all values tested); 0
/// below the logarithm of the smallest normal number. NaN gives NaN.
///     x = n log 2 + r, |r| <= log(2) / 2; e^x = 2^n (1 + r + r^2 p(r))
/// Source of p, and of log 2 in two parts: Moshier's Cephes library, expf.
static inline float sp_exp_falling(float x) {
  const float round = 12582912;  // 1.5 * 2^23: the unit of a number of that size is 1
  float t = x * 1.44269504f + round, n = t - round;
  float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1;
  uint32_t bits;  // of t, with n in the lowest bits; adding the bias and shifting gives 2^n
  memcpy(&bits, &t, sizeof bits);
  bits = (bits + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return x < -87.336f ? 0 : p * power;
}

/// Returns tanh x, with a relative error of at most 1.5e-7 (1.6 units in the last place). NaN gives NaN.
///     |x| < 0.625: x + x^3 q(x^2); else (1 - e) / (1 + e) with e = e^(-2 |x|), and the sign of x
/// Source of q: Moshier's Cephes library, tanhf.
static inline float sp_tanh(float x) {
  float square = x * x;
  float q = -5.70498872745e-3f;
  q = q * square + 2.06390887954e-2f;
  q = q * square - 5.37397155531e-2f;
  q = q * square + 1.33314422036e-1f;
  q = q * square - 3.33332819422e-1f;
  float size = fabsf(x), e = sp_exp_falling(-2 * size);
  float large = copysignf((1 - e) / (1 + e), x);
  return size < 0.625f ? x + x * square * q : large;
}

#endif
