// SPDX-License-Identifier: Apache-2.0
// Loops over the functions of compute/functions.h.
#include "compute/function.h"

#include "compute/functions.h"
#include "compute/hot.h"

#define LOOP(name, real)                                             \
  static void name##_##real(int64_t n, const void *from, void *to) { \
    const real *x = from;                                            \
    real *y = to;                                                    \
    SP_SAME_OR_APART                                                 \
    for (int64_t i = 0; i < n; i++) y[i] = sp_##name##_##real(x[i]); \
  }

#define SP_FUNCTION(name) LOOP(name, float)
#include "compute/function_list.h"
#undef SP_FUNCTION
#define SP_FUNCTION(name) LOOP(name, double)
#include "compute/function_list.h"
#undef SP_FUNCTION

const sp_function_kernels SP_KERNELS(sp_function_kernels) = {
    .of_float =
        {
#define SP_FUNCTION(name) name##_float,
#include "compute/function_list.h"
#undef SP_FUNCTION
        },
    .of_double =
        {
#define SP_FUNCTION(name) name##_double,
#include "compute/function_list.h"
#undef SP_FUNCTION
        },
};
