// SPDX-License-Identifier: Apache-2.0
// Functions of one number, in either precision, with the same bits on every processor: sp_exp_float, sp_exp_double and so
// on. docs/numerics.md lists formulas and errors.
#ifndef SP_COMPUTE_FUNCTIONS_H
#define SP_COMPUTE_FUNCTIONS_H

#include <stdbool.h>
#include <string.h>

#include "compute/functions_double.h"
#include "compute/functions_float.h"

/// The polynomial with all coefficients of an array.
#define SP_POLYNOMIAL(real, terms, x) SP_POLYNOMIAL_OF(real)((int)(sizeof(terms) / sizeof *(terms)), terms, x)
#define SP_POLYNOMIAL_OF(real) sp_polynomial_##real

#define SP_TEMPLATE "compute/functions_typed.h"
#include "compute/each_real.h"

#endif
