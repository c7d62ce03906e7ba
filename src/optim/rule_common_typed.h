// SPDX-License-Identifier: Apache-2.0
// Functions shared by the loops of all rules and of the moving average, for one type: a template that their templates
// include, see compute/each_real.h.

/// Weight decay. When it is off, the members are neutral elements: g + 0 p, and 1 p.
typedef struct TYPED(pull) {
  REAL coupled;  ///< factor of p that is added to the gradient
  REAL kept;     ///< factor of p before the step
} TYPED(pull);

/// Returns the factors, computed in float64 and then rounded: rounding first would give 1 - 0.99f a relative error of
/// 1e-6.
static inline TYPED(pull) TYPED(pull_of)(double lr, double weight_decay, bool coupled) {
  return (TYPED(pull)){.coupled = coupled ? (REAL)weight_decay : 0,
                       .kept = coupled ? 1 : (REAL)(1 - lr * weight_decay)};
}

/// Return the sum of two addends, or 0 if it is not finite; then set the bits of *nonfinite.
static inline REAL TYPED(finite_sum)(REAL a, REAL b, REAL_BITS *nonfinite) {
  REAL sum = a + b;
  bool finite = sum - sum == 0;  // the difference of infinities is NaN
  *nonfinite |= finite ? 0 : ~(REAL_BITS)0;
  return finite ? sum : 0;
}

/// Replace denormal numbers by 0: state would remain denormal permanently and make updates several times slower.
static inline REAL TYPED(kept_in_state)(REAL x) { return x > -REAL_MIN && x < REAL_MIN ? 0 : x; }

/// Replace a divisor of 0 by infinity, so that the value does not change.
static inline REAL TYPED(divisor)(REAL root) { return root == 0 ? (REAL)INFINITY : root; }
