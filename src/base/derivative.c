// SPDX-License-Identifier: Apache-2.0
// Ridders' derivative.
#include "base/derivative.h"

#include <math.h>

enum { COLUMNS = 8, TRIES = 4 };

static sp_derivative extrapolate(double (*f)(void *context, double *x), void *context, double x, double h,
                                 double noise) {
  double table[COLUMNS][COLUMNS];  // [order of extrapolation][halvings]
  sp_derivative best = {0, INFINITY};
  for (int i = 0; i < COLUMNS; i++, h /= 2) {
    double high = x + h, low = x - h, up = f(context, &high), down = f(context, &low), factor = 1;
    double rounding = 2 * noise / (high - low);
    table[0][i] = (up - down) / (high - low);
    for (int j = 1; j <= i; j++) {
      factor *= 4;  // the error is even in h: each order removes the next power of h^2
      table[j][i] = (table[j - 1][i] * factor - table[j - 1][i - 1]) / (factor - 1);
      double error = fmax(fabs(table[j][i] - table[j - 1][i]), fabs(table[j][i] - table[j - 1][i - 1])) + rounding;
      if (error < best.error) best = (sp_derivative){table[j][i], error};
    }
    if (i > 0 && isfinite(best.error) && fabs(table[i][i] - table[i - 1][i - 1]) > 2 * best.error) break;
  }
  return best;
}

sp_derivative sp_derivative_of(double (*f)(void *context, double *x), void *context, double x, double step,
                               double noise, double enough) {
  sp_derivative best = {0, INFINITY};
  const double least = 2 * noise / step;  // a smaller step is not more accurate
  for (int i = 0; i < TRIES && !(best.error <= enough * fabs(best.value) + least); i++, step /= 64) {
    sp_derivative now = extrapolate(f, context, x, step, noise);
    if (now.error < best.error) best = now;
  }
  return best;
}
