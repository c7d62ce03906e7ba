// SPDX-License-Identifier: Apache-2.0
// What the loops of all rules and of the moving average share, for one type: a template that their templates include, see
// compute/each_real.h.

/// Weight decay. Where it is off these are the neutral elements of their operations: g + 0 p, and 1 p.
typedef struct TYPED(pull) {
  REAL coupled;  ///< times p is added to the gradient
  REAL kept;     ///< of p, before the step
} TYPED(pull);

/// lr * weight_decay is taken before rounding, as everything that is subtracted from 1: 1 - 0.99f would be off by 1e-6 of
/// itself.
static inline TYPED(pull) TYPED(pull_of)(double lr, double weight_decay, bool coupled) {
  return (TYPED(pull)){.coupled = coupled ? (REAL)weight_decay : 0,
                       .kept = coupled ? 1 : (REAL)(1 - lr * weight_decay)};
}

/// State fades to 0, not into denormal numbers: they would stay for ever, and cost several times as much.
static inline REAL TYPED(kept_in_state)(REAL x) { return x > -REAL_MIN && x < REAL_MIN ? 0 : x; }

/// A divisor of 0 becomes infinite: the value does not change.
static inline REAL TYPED(divisor)(REAL root) { return root == 0 ? (REAL)INFINITY : root; }
