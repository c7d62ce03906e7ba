// SPDX-License-Identifier: Apache-2.0
// Includes the file named by SP_TEMPLATE twice, for float and for double. In that file,
//   REAL                        is the type, and TYPED(name) a name with a suffix for the type
//   REAL_BITS, REAL_EXPONENT    are an unsigned integer of the same size, and the mask of the exponent in it
//   REAL_MIN                    is the smallest normal number
//   REAL_FMA(a, b, c)           is a b + c, rounded once
//   REAL_SQRT, REAL_TANH        are functions; REAL_EXP accepts values of at most 0
//   REAL_PLUS(x, a, y)          is x + a y. In float32 it is rounded once, as in PyTorch; processors without such an
//                               instruction give the same bits, but are slower
// A source file includes this file once for each of its templates.
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "compute/exp.h"
#include "compute/hot.h"

#define REAL float
#define REAL_BITS uint32_t
#define REAL_EXPONENT UINT32_C(0x7f800000)
#define REAL_MIN FLT_MIN
#define REAL_FMA fmaf
#define REAL_SQRT sqrtf
#define REAL_EXP sp_exp_falling
#define REAL_TANH sp_tanh
#define REAL_PLUS(x, a, y) fmaf(a, y, x)
#define TYPED(name) name##_float
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_MIN
#undef REAL_FMA
#undef REAL_SQRT
#undef REAL_EXP
#undef REAL_TANH
#undef REAL_PLUS
#undef TYPED

#define REAL double
#define REAL_BITS uint64_t
#define REAL_EXPONENT UINT64_C(0x7ff0000000000000)
#define REAL_MIN DBL_MIN
#define REAL_FMA fma
#define REAL_SQRT sqrt
#define REAL_EXP exp
#define REAL_TANH tanh
#define REAL_PLUS(x, a, y) ((x) + (a) * (y))
#define TYPED(name) name##_double
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_MIN
#undef REAL_FMA
#undef REAL_SQRT
#undef REAL_EXP
#undef REAL_TANH
#undef REAL_PLUS
#undef TYPED

#undef SP_TEMPLATE
