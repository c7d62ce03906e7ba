// SPDX-License-Identifier: Apache-2.0
// x^y = e^(y log x), where log x and the exponent are kept in two numbers.
//     x = 2^k (1 + f), 3/4 <= 1 + f < 3/2; s = f / (2 + f), z = s^2
//     log x = k log 2 + 2 s + s z (2/3 + z p(z)), from log(1 + f) = 2 atanh s
#include "compute/power.h"

#include "compute/functions.h"

/// A number and what rounding it left.
typedef struct two_part {
  double high, low;
} two_part;

static two_part times(double a, double b) {
  double high = a * b;
  return (two_part){high, fma(a, b, -high)};
}

static two_part plus(double large, double small) {  // |large| >= |small|, or large = 0
  double high = large + small;
  return (two_part){high, large - high + small};
}

/// Returns log(1 + f).
static two_part log1p_of(double f) {
  const double third = 0x1.5555555555555p-1, third_rest = 0x1.5555555555555p-55;  // 2/3
  two_part d = plus(2, f);
  double s = f / d.high, s_rest = (fma(-s, d.high, f) - s * d.low) / d.high;
  two_part z = times(s, s);
  z.low += 2 * s * s_rest;
  two_part factor = plus(third, z.high * SP_POLYNOMIAL(double, sp_pow_terms_double, z.high));
  factor.low += third_rest;
  two_part cube = times(s, z.high);
  cube.low += s * z.low + s_rest * z.high;
  two_part rest = times(cube.high, factor.high);
  rest.low += cube.high * factor.low + cube.low * factor.high;
  two_part sum = plus(2 * s, rest.high);
  sum.low += 2 * s_rest + rest.low;
  return sum;
}

/// Returns log x for a finite x > 0.
static two_part log_of(double x) {
  int exponent;
  double m = frexp(x, &exponent);  // 1/2 <= m < 1
  if (m < 0.75) {
    m *= 2;
    exponent--;
  }
  two_part f = log1p_of(m - 1), sum = plus(exponent * sp_ln2_short_double, f.high);
  sum.low += f.low + exponent * sp_ln2_short_rest_double;
  return sum;
}

double sp_power(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (!(x >= 0) || isnan(y)) return (double)NAN;
  if (x == 0 || isinf(x)) return (x == 0) == (y > 0) ? 0 : (double)INFINITY;
  if (isinf(y)) return (x < 1) == (y > 0) ? 0 : (double)INFINITY;
  two_part l = log_of(x), e = times(y, l.high);
  if (!(fabs(e.high) < 800)) return sp_exp_double(e.high);
  double rest, low = fma(y, l.low, e.low);
  uint64_t sum;
  double p = sp_exp_reduced_double(e.high, sp_exp_bias_double, &rest, &sum);
  return sp_exp_scaled_double(p + (rest + p * low), sum);
}
