// SPDX-License-Identifier: Apache-2.0
// Functions of one number of one type: a template, see compute/functions.h. Without branches, so that compilers vectorise
// loops over them. Every operation is one of IEEE 754 in a fixed order, so all processors give the same bits.
// Comparisons are written so that NaN remains NaN.

/// Returns c[0] + c[1] x + … + c[terms - 1] x^(terms - 1) by Horner's rule.
__attribute__((always_inline)) static inline REAL TYPED(sp_polynomial)(int terms, const REAL *c, REAL x) {
  REAL sum = c[terms - 1];
  SP_UNROLL_FULLY
  for (int i = terms - 2; i >= 0; i--) sum = REAL_FMA(sum, x, c[i]);
  return sum;
}

#define POLYNOMIAL(name, x) SP_POLYNOMIAL(REAL, TYPED(name), x)

static inline REAL TYPED(sp_from_bits)(REAL_BITS bits) {
  REAL x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline REAL_BITS TYPED(sp_to_bits)(REAL x) {
  REAL_BITS bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

#define REAL_INTEGERS ((REAL)((REAL_BITS)1 << REAL_DIGITS))  // from here to twice this, numbers are the integers

// --- exponential ----------------------------------------------------------------------------------------------------
//     x = n log 2 + r, |r| <= log(2) / 2;  e^x = 2^n (1 + r + r^2 q(r))
// n is found by adding a number so large that its unit is 1. Its last bits are then n plus a constant, which makes them
// exponents of the powers of two that the result is multiplied by: two, because one alone would leave the range. At most
// the last multiplication rounds.

/// Returns p = 1 + r + r^2 q(r), sets *rest to what rounding p left, and *exponent to the bits of n + large.
static inline REAL TYPED(sp_exp_reduced)(REAL x, REAL large, REAL *rest, REAL_BITS *exponent) {
  REAL shifted = REAL_FMA(x, TYPED(sp_log2_e), large), n = shifted - large;
  REAL r = REAL_FMA(n, -TYPED(sp_ln2), x);
  r = REAL_FMA(n, -TYPED(sp_ln2_rest), r);
  REAL high = 1 + r, low = REAL_FMA(r * r, POLYNOMIAL(sp_exp_terms, r), 1 - high + r), p = high + low;
  *rest = high - p + low;
  *exponent = TYPED(sp_to_bits)(shifted);
  return p;
}

// What makes the last bits of a number the sum of the exponents of two powers of two whose product is 2^n.
static const REAL TYPED(sp_exp_bias) = REAL_INTEGERS * (REAL)1.5 + 2 * REAL_BIAS;

/// Returns p 2^n, with *exponent of sp_exp_reduced for large = sp_exp_bias.
static inline REAL TYPED(sp_exp_scaled)(REAL p, REAL_BITS exponent) {
  REAL_BITS half = exponent >> 1;
  return p * TYPED(sp_from_bits)(half << REAL_DIGITS) * TYPED(sp_from_bits)((exponent - half) << REAL_DIGITS);
}

/// Returns e^x.
static inline REAL TYPED(sp_exp)(REAL x) {
  REAL rest;
  REAL_BITS exponent;
  x = x > TYPED(sp_exp_most) ? TYPED(sp_exp_most) : x;
  x = x < TYPED(sp_exp_least) ? TYPED(sp_exp_least) : x;
  REAL p = TYPED(sp_exp_reduced)(x, TYPED(sp_exp_bias), &rest, &exponent);
  return TYPED(sp_exp_scaled)(p, exponent);
}

/// Returns e^x for x <= 0, with the bits of sp_exp; sets *rest to what rounding it left.
static inline REAL TYPED(sp_exp_falling_rest)(REAL x, REAL *rest) {
  const int spare = REAL_BIAS / 2;
  REAL_BITS exponent;
  x = x < TYPED(sp_exp_least) ? TYPED(sp_exp_least) : x;
  REAL p = TYPED(sp_exp_reduced)(x, REAL_INTEGERS * (REAL)1.5 + (REAL)(REAL_BIAS + spare), rest, &exponent);
  REAL power = TYPED(sp_from_bits)(exponent << REAL_DIGITS);
  REAL back = TYPED(sp_from_bits)((REAL_BITS)(REAL_BIAS - spare) << REAL_DIGITS);
  *rest *= power * back;
  return p * power * back;
}

/// Returns e^x for x <= 0, with the bits of sp_exp.
static inline REAL TYPED(sp_exp_falling)(REAL x) {
  REAL rest;
  return TYPED(sp_exp_falling_rest)(x, &rest);
}

// --- logarithm ------------------------------------------------------------------------------------------------------
//     x = 2^k (1 + f), 3/4 <= 1 + f < 3/2;  log x = k log 2 + f - (h - s (h + z r(z)))
//     with h = f^2 / 2, s = f / (2 + f), z = s^2, from log(1 + f) = 2 atanh s = 2 s + s z r(z)
// k log 2 + f is kept in two numbers. The form with h is that of fdlibm's log (Sun Microsystems 1993).

/// Returns k log 2 + log(1 + f) to within a few units, and sets *low to what is to be added.
static inline REAL TYPED(sp_log_sum)(REAL k, REAL f, REAL *low) {
  REAL high = REAL_FMA(k, TYPED(sp_ln2_short), f), lost = REAL_FMA(k, TYPED(sp_ln2_short), -high) + f;
  REAL s = f / (2 + f), z = s * s, h = f * f / 2;
  REAL rest = REAL_FMA(s, REAL_FMA(z, POLYNOMIAL(sp_log_terms, z), h), -h);
  *low = lost + REAL_FMA(k, TYPED(sp_ln2_short_rest), rest);
  return high;
}

/// Returns log x: -infinity for 0, NaN below.
static inline REAL TYPED(sp_log)(REAL x) {
  const REAL_BITS mantissa = ((REAL_BITS)1 << REAL_DIGITS) - 1, half = (REAL_BITS)1 << (REAL_DIGITS - 1);
  const REAL_BITS start = (REAL_BITS)(REAL_BIAS - 1) << REAL_DIGITS | half;  // the bits of 3/4
  bool denormal = x < REAL_MIN;
  REAL_BITS bits = TYPED(sp_to_bits)(denormal ? x * REAL_INTEGERS : x) + half;
  REAL f = TYPED(sp_from_bits)((bits & mantissa) + start) - 1;
  // The exponent becomes the last bits of a number whose unit is 1.
  REAL shifted = TYPED(sp_from_bits)(bits >> REAL_DIGITS | TYPED(sp_to_bits)(REAL_INTEGERS));
  REAL k = shifted - (denormal ? REAL_INTEGERS + REAL_BIAS + REAL_DIGITS : REAL_INTEGERS + REAL_BIAS);
  REAL low, high = TYPED(sp_log_sum)(k, f, &low), y = high + low;
  return x > 0 ? (x == (REAL)INFINITY ? x : y) : (x == 0 ? -(REAL)INFINITY : (REAL)NAN);
}

/// Returns log(1 + x) for 0 <= x <= 1.
static inline REAL TYPED(sp_log1p_unit)(REAL x) {
  bool large = x >= (REAL)0.5;
  REAL low, high = TYPED(sp_log_sum)(large ? 1 : 0, large ? x / 2 - (REAL)0.5 : x, &low);
  return high + low;
}

// --- functions made of these ----------------------------------------------------------------------------------------

/// Returns tanh x:  |x| < 1: x + x^3 q(x^2);  else 1 - 2 e / (1 + e), e = e^(-2 |x|), with the sign of x.
static inline REAL TYPED(sp_tanh)(REAL x) {
  REAL size = REAL_ABS(x), square = size * size, e = TYPED(sp_exp_falling)(-2 * size);
  REAL small = REAL_FMA(size * square, POLYNOMIAL(sp_tanh_terms, square), size);
  return REAL_COPYSIGN(size < 1 ? small : 1 - 2 * e / (1 + e), x);
}

/// Returns 1 / (1 + e^-x) = a / d, where a = 1 and d = 1 + e^-x, or for x < 0 a = e^x and d = 1 + e^x. What rounding left of
/// a, d and the quotient is added in the end, times 1 / d.
static inline REAL TYPED(sp_sigmoid)(REAL x) {
  REAL rest, e = TYPED(sp_exp_falling_rest)(-REAL_ABS(x), &rest);
  REAL a = x < 0 ? e : 1, a_rest = x < 0 ? rest : 0, d = 1 + e, d_rest = 1 - d + e + rest;
  REAL y = a / d;
  return REAL_FMA(REAL_FMA(-y, d, a) + REAL_FMA(-y, d_rest, a_rest), x < 0 ? 1 - y : y, y);
}

/// Returns log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
static inline REAL TYPED(sp_softplus)(REAL x) {
  REAL rest, e = TYPED(sp_exp_falling_rest)(-REAL_ABS(x), &rest);
  bool large = e >= (REAL)0.5;
  REAL low, high = TYPED(sp_log_sum)(large ? 1 : 0, large ? e / 2 - (REAL)0.5 : e, &low);
  return (x > 0 ? x : 0) + (high + (low + (large ? rest / 2 : rest)));
}

/// Returns erf x:  |x| < 1: x + x q(x^2);  else 1 - e^-g(|x|), g = -log(1 - erf), with the sign of x.
static inline REAL TYPED(sp_erf)(REAL x) {
  REAL size = REAL_ABS(x), end = size > TYPED(sp_erf_end) ? TYPED(sp_erf_end) : size;
  REAL small = REAL_FMA(size, POLYNOMIAL(sp_erf_terms, size * size), size);
  REAL large = 1 - TYPED(sp_exp_falling)(-POLYNOMIAL(sp_erfc_terms, end));
  return REAL_COPYSIGN(size < 1 ? small : large, x);
}

#undef POLYNOMIAL
#undef REAL_INTEGERS
