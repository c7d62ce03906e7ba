// SPDX-License-Identifier: Apache-2.0
// The numerical derivative of a function.
#ifndef SP_BASE_DERIVATIVE_H
#define SP_BASE_DERIVATIVE_H

typedef struct sp_derivative {
  double value, error;  ///< `error` is the estimated absolute error of the value; infinite when there is no estimate
} sp_derivative;

/// Returns the derivative of f at x: central differences (f(x + h) - f(x - h)) / 2h for decreasing h, starting with
/// h = step, extrapolated to h = 0. Of all estimates the one with the smallest error is returned. Source: Ridders 1982,
/// "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4 (2). Where f is not smooth (a
/// kink near x, values that are not finite), the method is repeated with a smaller first step, until the error is at
/// most `enough` times the value, or at most the error that the noise causes at the first step.
///   f      receives the point x, sets it to the point where f was evaluated (rounded, for example), returns the value
///   noise  the uncertainty of a value of f
sp_derivative sp_derivative_of(double (*f)(void *context, double *x), void *context, double x, double step,
                               double noise, double enough);

#endif
