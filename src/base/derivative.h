// SPDX-License-Identifier: Apache-2.0
// The derivative of a function that can only be evaluated.
#ifndef SP_BASE_DERIVATIVE_H
#define SP_BASE_DERIVATIVE_H

typedef struct sp_derivative {
  double value, error;  ///< an estimate of how far off the value is; infinite where there is none to be had
} sp_derivative;

/// Central differences (f(x + h) - f(x - h)) / 2h for falling h, from step on, extrapolated to h = 0; of all estimates
/// the one with the smallest error. Source: Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in
/// Engineering Software 4 (2). Where f is rough (a kink near x, values that are not finite), it is tried again from
/// smaller steps on, until the error is below `enough` of the value, or what the noise leaves of the first step's.
///   f      takes where it is wanted, sets x to where it was evaluated (rounded, for example), returns the value
///   noise  what a value of f is uncertain by
sp_derivative sp_derivative_of(double (*f)(void *context, double *x), void *context, double x, double step,
                               double noise, double enough);

#endif
